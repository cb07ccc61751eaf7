from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8sedu.cli import main
from k8sedu.etcd.api import PutRequest
from k8sedu.etcd.live import LiveGroup

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


def run(*arguments: str | Path) -> tuple[int, str, str]:
    """Exit code, output and error stream of a call."""
    result = CliRunner().invoke(main, ["etcd", "inspect", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.conformance("etcd/datadir/expected.json")
def test_json_of_a_real_directory(conformance_path: Path) -> None:
    """`--json` has the revisions, the term, the keys and the leases that the real etcd told."""
    expected = json.loads(conformance_path.read_text(encoding="utf-8"))
    code, output, _ = run(conformance_path.parent, "--json")
    found = json.loads(output)
    assert code == 0
    assert (found["revision"], found["kvs"]) == (expected["final"]["revision"], expected["final"]["kvs"])
    assert (found["compacted_revision"], found["leases"]) == (expected["compacted_revision"], expected["leases"])
    assert found["raft_term"] == expected["status"]["raftTerm"]


def test_the_table_of_a_real_directory() -> None:
    """For people there are keys with their lives, leases with their keys, terms, and every page of the file."""
    code, output, _ = run(CONFORMANCE / "datadir")
    assert code == 0
    assert "revision 43, compacted up to 34, term 4" in output
    assert "34 35.1t | 36 38t | 42.1" in output
    assert "104                    9000  /k1/a" in output
    assert "8 pages of 4096 bytes: 2 meta, 2 leaf, 4 free" in output
    assert "5 to 7  free, a stale copy of a leaf page, 29 elements" in output
    assert "the database had entry 92; 3 committed entries of the log were applied on top" in output
    assert "d1834a065554356d  default, this one" in output
    assert "snapshot 0000000000000004-0000000000000052.snap: entry 82, term 4" in output


def test_json_tells_history_and_identity() -> None:
    """`--json` has the lives of each key, whose directory it is, and how far log, backend and applied state reach."""
    found = json.loads(run(CONFORMANCE / "datadir", "--json")[1])
    assert found["history"]["/k1/b"] == [["34", "35.1t"], ["36", "38t"], ["42.1"]]
    assert (found["member_id"], found["members"]) == ("d1834a065554356d", {"d1834a065554356d": "default"})
    assert (found["flushed_index"], found["consistent_index"], found["committed_index"], found["raft_index"]) == (92, 95, 95, 95)
    assert found["terms"] == {"1": [1, 1], "2": [2, 34], "3": [35, 62], "4": [63, 95]}


def test_a_term_without_an_entry_is_told() -> None:
    """A member that stood for election in vain knows a later term than its log."""
    output = run(CONFORMANCE / "cluster/m3")[1]
    assert "revision 132, nothing compacted, term 16" in output
    assert "  16  none                so far the elections went" in output
    found = json.loads(run(CONFORMANCE / "cluster/m3", "--json")[1])
    assert (found["raft_term"], found["last_term"]) == (16, 7)


def test_a_torn_log_is_told(tmp_path: Path) -> None:
    """A log that ends in the middle of a record is read up to it, and the place is said."""
    shutil.copytree(CONFORMANCE / "datadir" / "member", tmp_path / "member", copy_function=shutil.copyfile)
    log = next((tmp_path / "member/wal").iterdir())
    log.chmod(0o644)
    log.write_bytes(log.read_bytes().rstrip(b"\0")[:-3])
    code, output, _ = run(tmp_path)
    assert code == 0
    assert f"of {log.name}; nobody was told of it" in output


def test_the_release_is_an_option() -> None:
    """Who knows the release says it; a text that names none is told with exit code 1."""
    assert run(CONFORMANCE / "datadir", "--release", "3.4.34")[0] == 0
    code, _, error = run(CONFORMANCE / "datadir", "--release", "newest")
    assert code == 1
    assert "met the release 'newest'" in error


def test_several_members_are_compared() -> None:
    """Members of one cluster stand side by side, with what holds of them."""
    code, output, error = run(*(CONFORMANCE / "cluster" / name for name in ("m1", "m2", "m3")))
    assert (code, error) == (0, "")
    assert "123 to 152" in output
    assert "holds   log matching" in output
    assert "holds   one cluster" in output
    assert "     7 " + " " * 51 + "█" * 13 in output
    both = json.loads(run(CONFORMANCE / "cluster/m1", CONFORMANCE / "cluster/m2", "--json")[1])
    assert ([member["name"] for member in both["members"]], both["broken"]) == (["m1", "m2"], {})
    assert both["logs"][0] == {"first": 1, "last": 3, "terms": [1, 1]}


def test_members_of_different_clusters_contradict_each_other() -> None:
    """Directories that do not belong together are told, with exit code 1."""
    code, output, error = run(CONFORMANCE / "cluster/m1", CONFORMANCE / "datadir")
    assert code == 1
    assert "broken  committed entries agree" in output
    assert "one_cluster is broken: m1 belongs to the cluster 60af5509c73d32f, datadir to 53a67049d75b715." in error
    assert "committed_entries_agree is broken: m1 and datadir both committed index" in error


def test_a_folder_that_is_no_member(tmp_path: Path) -> None:
    """A folder that is no member's is told in one sentence, with exit code 1; none at all is a wrong call."""
    code, output, error = run(tmp_path)
    assert (code, output) == (1, "")
    assert error.startswith(f"Error: {tmp_path}: met no folder member/wal, expected")
    assert run()[0] == run(tmp_path / "nothing")[0] == 2


def test_random_bytes_as_a_database(tmp_path: Path) -> None:
    """A database of random bytes is told by its name."""
    shutil.copytree(CONFORMANCE / "datadir" / "member", tmp_path / "member", copy_function=shutil.copyfile)
    database = tmp_path / "member/snap/db"
    database.chmod(0o644)
    database.write_bytes(bytes(range(256)) * 50)
    code, _, error = run(tmp_path)
    assert code == 1
    assert f"{database}: met no valid meta page in 12800 bytes" in error


def test_a_folder_of_members(tmp_path: Path) -> None:
    """A folder that holds the directories of several members stands for all of them; one that holds none is named."""
    code, output, _ = run(CONFORMANCE / "cluster")
    assert code == 0
    assert output == run(*(CONFORMANCE / "cluster" / name for name in ("m1", "m2", "m3")))[1]
    code, _, told = run(tmp_path)
    assert code == 1
    assert "met no folder member/wal, expected the directory of an etcd member" in told


def test_a_folder_of_the_model_is_told(tmp_path: Path) -> None:
    """A folder that `k8sedu etcd serve` has written has no database; the sentence says so."""
    with LiveGroup(folder=tmp_path) as live:
        live.do(PutRequest("a", "1"))
    code, _, told = run(tmp_path)
    assert code == 1
    assert "a folder that `k8sedu etcd serve` has written has none" in told

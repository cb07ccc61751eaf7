from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from k8sedu.cli import main

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


def test_several_members_are_compared() -> None:
    """Members of one cluster stand side by side, with what holds of them."""
    code, output, error = run(*(CONFORMANCE / "cluster" / name for name in ("m1", "m2", "m3")))
    assert (code, error) == (0, "")
    assert "123 to 152" in output
    assert "holds   log matching" in output
    both = json.loads(run(CONFORMANCE / "cluster/m1", CONFORMANCE / "cluster/m2", "--json")[1])
    assert ([member["name"] for member in both["members"]], both["broken"]) == (["m1", "m2"], {})


def test_members_of_different_clusters_contradict_each_other() -> None:
    """Directories that do not belong together are told, with exit code 1."""
    code, output, error = run(CONFORMANCE / "cluster/m1", CONFORMANCE / "datadir")
    assert code == 1
    assert "broken  committed entries agree" in output
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

from __future__ import annotations

import json
import random
import shutil
import signal
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd import members as cluster
from k8sedu.etcd.datadir import load
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.member import MemberError, describe
from k8sedu.etcd.wal import WalError

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


@pytest.mark.conformance("etcd/datadir/expected.json")
def test_a_real_directory(conformance_path: Path) -> None:
    """The directory of a real member is read exactly: keys, revision, compaction, leases, term, and where it stood at each start."""
    expected = json.loads(conformance_path.read_text(encoding="utf-8"))
    member = load(conformance_path.parent)
    found = member.to_json()
    final = expected["final"]
    assert {name: found[name] for name in ("revision", "kvs")} == {name: final[name] for name in ("revision", "kvs")}
    assert found["compacted_revision"] == expected["compacted_revision"]
    assert found["leases"] == expected["leases"]
    assert (found["raft_term"], found["raft_index"]) == (expected["status"]["raftTerm"], expected["status"]["raftIndex"])
    assert found["consistent_index"] == expected["status"]["raftAppliedIndex"]
    revisions = {point.term: point.revision for point in reversed(member.points())}
    assert [(start["raft_term"], start["revision"]) for start in expected["starts"]] == [
        (start["raft_term"], revisions[start["raft_term"]]) for start in expected["starts"]
    ]
    member.server.store.check()
    member.server.lessor.check()


@pytest.mark.conformance("etcd/cluster/expected.json")
def test_a_real_cluster(conformance_path: Path) -> None:
    """Three real members whose leader was killed again and again agree on everything, and each answer they gave stands in their logs."""
    expected = json.loads(conformance_path.read_text(encoding="utf-8"))
    members = [load(conformance_path.parent / name) for name in expected["members"]]
    assert {member.name: member.server.store.revision for member in members} == {
        name: final["revision"] for name, final in expected["final"].items()
    }
    assert {member.log.entries[-1].Index for member in members} == {final["raftIndex"] for final in expected["final"].values()}
    assert cluster.check(members) == dict.fromkeys(cluster.INVARIANTS)
    stood = {(point.term, point.revision) for point in members[0].points()}
    told = {(response["raft_term"], response["revision"]) for response in expected["responses"]}
    assert {revision for _, revision in told} <= {revision for _, revision in stood}
    revisions = [response["revision"] for response in expected["responses"]]
    terms = [response["raft_term"] for response in expected["responses"]]
    assert revisions == sorted(revisions)
    assert terms == sorted(terms)


@pytest.fixture
def copies(tmp_path: Path) -> list[Path]:
    """The directories of a real cluster, to be damaged."""
    for name in ("m1", "m2", "m3"):
        shutil.copytree(CONFORMANCE / "cluster" / name, tmp_path / name, copy_function=shutil.copyfile)
        for folder in (tmp_path / name).rglob("*"):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
    return [tmp_path / name for name in ("m1", "m2", "m3")]


def test_a_broken_cluster_is_told(copies: list[Path]) -> None:
    """A member whose log holds another entry at a committed index breaks Log Matching, agreement and equality, each by name."""
    members = [load(copy) for copy in copies]
    entries = list(members[0].log.entries)
    entries[50] = entries[50]._replace(Data=entries[49].Data)
    broken = members[0]._replace(log=members[0].log._replace(entries=tuple(entries)))
    verdict = cluster.check([broken, *members[1:]])
    assert {name for name, sentence in verdict.items() if sentence} == {"log_matching", "committed_entries_agree"}
    assert "m1 and m2" in str(verdict["log_matching"])
    other = members[0]._replace(server=load(copies[1]).server)
    other.server.store.put("x", "y")
    assert cluster.same_state_at_same_index([other, members[2]]) is not None


def test_a_damaged_directory_is_told_by_file(copies: list[Path]) -> None:
    """What is missing or damaged is named."""
    log = next((copies[0] / "member/wal").iterdir())
    data = bytearray(log.read_bytes())
    data[3000] ^= 0xFF
    log.write_bytes(data)
    with pytest.raises(WalError, match=rf"{log.name}, offset \d+"):
        load(copies[0])
    (copies[1] / "member/snap/db").unlink()
    with pytest.raises(MemberError, match="no file member/snap/db"):
        load(copies[1])
    shutil.rmtree(copies[2] / "member/wal")
    with pytest.raises(MemberError, match="no folder member/wal"):
        load(copies[2])


def test_entries_are_described() -> None:
    """Every entry of a real log has a few words that say what it is."""
    words = {describe(entry).split(" ")[0] for entry in load(CONFORMANCE / "datadir").log.entries}
    assert words == {"membership", "no-op", "v2", "Put", "DeleteRange", "Txn", "Compaction", "LeaseGrant", "LeaseRevoke"}


def test_a_real_directory_can_be_drawn() -> None:
    """A real member's store has the same form as the model's own, so the same pictures show it."""
    frame = store_frame(load(CONFORMANCE / "datadir").server.store)
    assert (frame.revision, frame.compact_revision) == (43, 34)
    assert frame["keys"]["/k1/a"].lives == (("32", "35t"), ("39",))


# -- against an etcd of this machine ----------------------------------------------------------------------------------------------------


@pytest.mark.skipif(shutil.which("etcd") is None, reason="there is no etcd on PATH to read a directory of (Debian: etcd-server)")
@pytest.mark.parametrize("seed", [1, 2])
def test_the_directory_of_a_killed_etcd(tmp_path: Path, seed: int, real_etcd: Any) -> None:
    """A real etcd that is killed in the middle of its work leaves a directory that says what its last answers said."""
    generator = random.Random(seed)
    with real_etcd(tmp_path / "data") as (client, process):
        for number in range(60):
            key = b64encode(b"/k%d" % generator.randrange(8)).decode()
            if generator.random() < 0.2:
                post(client, "kv/deleterange", {"key": key})
            else:
                post(client, "kv/put", {"key": key, "value": b64encode(b"%d" % number).decode()})
            if number == 30:
                post(client, "kv/compaction", {"revision": "10"})
                post(client, "lease/grant", {"ID": "77", "TTL": "600"})
        everything = post(client, "kv/range", {"key": "AA==", "range_end": "AA=="})
        process.send_signal(signal.SIGKILL)
        process.wait()
        member = load(tmp_path / "data")
    store = member.server.store
    assert store.revision == int(everything["header"]["revision"])
    assert [(b64encode(kv.key).decode(), str(kv.mod_revision), str(kv.version)) for kv in store.range(b"\0", b"\0").kvs] == [
        (kv["key"], kv["mod_revision"], kv["version"]) for kv in everything["kvs"]
    ]
    assert [lease.lease_id for lease in member.server.lessor.leases] == [77]


def post(client: str, path: str, data: Any) -> Any:
    """Ask the real etcd."""
    request = urllib.request.Request(f"{client}/v3/{path}", json.dumps(data).encode())
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)



from __future__ import annotations

import json
import random
import shutil
import signal
import struct
import threading
import time
import urllib.error
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd import members as cluster
from k8sedu.etcd.bolt import MAGIC, VERSION, Bolt, fnv1a
from k8sedu.etcd.datadir import load
from k8sedu.etcd.errors import CompactedError
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.json_form import to_json
from k8sedu.etcd.member import MemberError, assemble, describe
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


@pytest.mark.parametrize(("folder", "root"), [("datadir", 3), ("datadir", 7), ("cluster/m1", 7), ("cluster/m2", 8), ("cluster/m3", 6)])
def test_the_log_makes_up_for_a_backend_that_is_late(folder: str, root: int) -> None:
    """With a stale copy of an older root as the tree that counts, the log brings it to the very same data, even from nothing."""
    whole = load(CONFORMANCE / folder)
    meta, data = whole.bolt.meta, bytearray(whole.bolt.data)
    place = meta.page * meta.page_bytes + 16
    form = struct.pack("<IIIIQQQQQ", MAGIC, VERSION, meta.page_bytes, 0, root, 0, meta.freelist, meta.high_water, meta.transaction)
    data[place : place + len(form) + 8] = form + fnv1a(form).to_bytes(8, "little")
    late = assemble(whole.name, Bolt(bytes(data)), whole.log, whole.snapshots)
    assert late.flushed_index < whole.flushed_index
    assert late.flushed().store.revision < late.server.store.revision
    ignored = {"flushed_index": 0, "members": {}}
    assert {**late.to_json(), **ignored} == {**whole.to_json(), **ignored}


def test_a_received_database_counts_if_it_was_not_put_in_place(copies: list[Path]) -> None:
    """A leader's database lies beside a follower's old one until the follower has put it in its place; the newer one is read."""
    whole = load(copies[0])
    folder = copies[0] / "member/snap"
    (folder / "db").rename(folder / f"{122:016x}.snap.db")
    older = bytearray((CONFORMANCE / "cluster/m1/member/snap/db").read_bytes())
    place = older.index((152).to_bytes(8, "big"), whole.bolt.meta.root * 4096)
    older[place : place + 8] = (100).to_bytes(8, "big")
    (folder / "db").write_bytes(older)
    member = load(copies[0])
    assert member.bolt.name.endswith("000000000000007a.snap.db")
    assert member.to_json() == whole.to_json()


def test_reading_changes_nothing(copies: list[Path]) -> None:
    """A directory that was read has the same bytes and dates as before, and one that may not be written can be read."""
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in copies[0].rglob("*") if path.is_file()}
    for folder in copies[0].rglob("*"):
        folder.chmod(0o555 if folder.is_dir() else 0o444)
    load(copies[0])
    assert before == {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in copies[0].rglob("*") if path.is_file()}
    assert load(copies[0] / "member").server.store.revision == 132


def test_the_release_can_be_told() -> None:
    """A directory tells two numbers of its release; who knows the third can say it, and a text that is none is refused."""
    assert load(CONFORMANCE / "datadir").server.store.release[:2] == (3, 4)
    assert load(CONFORMANCE / "datadir", release="3.4.34").server.store.release.keeps_tombstone
    with pytest.raises(MemberError, match="met the release 'newest', expected one like"):
        load(CONFORMANCE / "datadir", release="newest")


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


needs_etcd = pytest.mark.skipif(not shutil.which("etcd"), reason="there is no etcd on PATH to read a directory of (Debian: etcd-server)")


def text(raw: str) -> str:
    """Text as the gateway wants it."""
    return b64encode(raw.encode()).decode()


def some_request(generator: random.Random, number: int) -> tuple[str, dict[str, Any]]:
    """A write by its path and body: puts with and without a lease, deletions, transactions, leases, compactions."""
    key, value = text(f"/k{generator.randrange(12)}"), text(f"{number}" * generator.randrange(1, 60))
    leased = {"key": key, "value": value, "lease": str(generator.choice([0, 0, 77, 78]))}
    put, counted = {"requestPut": leased}, {"requestPut": {"key": text(f"/t{number % 5}"), "value": value}}
    gone = {"requestDeleteRange": {"key": text("/k1"), "range_end": text("/k2")}}
    compare = {"key": key, "target": "VERSION", "result": "GREATER", "version": "1"}
    requests: list[tuple[str, dict[str, Any]]] = [
        ("kv/put", leased), ("kv/put", leased), ("kv/put", {"key": key, "value": value}),
        ("kv/deleterange", {"key": key}), ("kv/deleterange", {"key": text("/k3"), "range_end": text("/k5")}),
        ("kv/txn", {"compare": [compare], "success": [put, counted, gone], "failure": [put]}),
        ("lease/grant", {"ID": str(generator.choice([77, 78, 79])), "TTL": "600"}),
        ("lease/revoke", {"ID": str(generator.choice([77, 79, 79]))}),
        ("kv/compaction", {"revision": str(max(number - generator.randrange(30), 1)), "physical": generator.random() < 0.5}),
    ]  # fmt: skip
    return generator.choice(requests)


def row(kv: dict[str, str]) -> tuple[str, ...]:
    """A key as the gateway tells it."""
    return tuple(kv.get(name, "") for name in ("key", "create_revision", "mod_revision", "version", "value", "lease"))


def everything(client: str) -> dict[str, Any]:
    """What a real etcd says it holds: all keys now and at many revisions of the past, and all leases with their keys."""
    whole = {"key": "AA==", "range_end": "AA=="}
    revision = int(post(client, "kv/range", whole)["header"]["revision"])
    answers = {at: try_to_post(client, "kv/range", {**whole, "revision": str(at)}) for at in sampled(revision)}
    leases = [lease["ID"] for lease in post(client, "lease/leases", {}).get("leases", [])]
    held = {int(lease): post(client, "lease/timetolive", {"ID": lease, "keys": True}) for lease in leases}
    return {
        "revision": revision,
        "past": {at: [row(kv) for kv in answer.get("kvs", [])] if answer else "compacted" for at, answer in answers.items()},
        "leases": {lease: (answer["grantedTTL"], sorted(answer.get("keys", []))) for lease, answer in held.items()},
    }


def read_everything(folder: Path) -> dict[str, Any]:
    """The same from the directory."""
    server = load(folder).server
    past: dict[int, Any] = {}
    for at in sampled(server.store.revision):
        try:
            kvs = server.store.range(b"\0", b"\0", revision=at).kvs
            past[at] = [row(to_json(kv, text=lambda raw: b64encode(raw).decode(), number=str)) for kv in kvs]
        except CompactedError:
            past[at] = "compacted"
    leases = {lease.lease_id: (str(lease.ttl_s), sorted(b64encode(key).decode() for key in lease.keys)) for lease in server.lessor.leases}
    return {"revision": server.store.revision, "past": past, "leases": leases}


def sampled(revision: int) -> list[int]:
    """Revisions all over the past, the newest hundred among them."""
    return sorted({*range(1, revision + 1, 7), *range(max(revision - 100, 1), revision + 1)})


@needs_etcd
@pytest.mark.parametrize("seed", [1, 2])
def test_the_directory_of_a_killed_etcd(tmp_path: Path, seed: int, real_etcd: Any) -> None:
    """A real etcd that is killed with kill -9 leaves a directory that says what its last answers said: keys, leases, the whole history."""
    generator = random.Random(seed)
    with real_etcd(tmp_path / "data") as (client, process):
        for number in range(1, 150):
            path, body = some_request(generator, number)
            try_to_post(client, path, body)
        last = everything(client)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert read_everything(tmp_path / "data") == last


@needs_etcd
@pytest.mark.parametrize("seed", [3, 4])
def test_an_etcd_that_is_killed_while_it_writes(tmp_path: Path, seed: int, real_etcd: Any) -> None:
    """Killed in the middle of writes, a directory holds all that was acknowledged, and says what the real etcd says after its restart."""
    folder, acknowledged = tmp_path / "data", [0]
    with real_etcd(folder) as (client, process):
        writers = [threading.Thread(target=write_until_dead, args=(client, random.Random(10 * seed + n), acknowledged)) for n in range(3)]
        for writer in writers:
            writer.start()
        time.sleep(0.4 + 0.3 * (seed % 3))
        process.send_signal(signal.SIGKILL)
        for writer in writers:
            writer.join()
        process.wait()
    found = read_everything(folder)
    assert found["revision"] >= acknowledged[0] > 1
    with real_etcd(folder) as (client, _):
        assert everything(client) == found


def write_until_dead(client: str, generator: random.Random, acknowledged: list[int]) -> None:
    """Write as fast as answers come, and note the largest revision that was answered."""
    number = 1
    while True:
        path, body = some_request(generator, number)
        number += 1
        try:
            answer = try_to_post(client, path, body)
        except (OSError, ValueError):
            return
        acknowledged[0] = max(acknowledged[0], int(answer.get("header", {}).get("revision", 0)))


def try_to_post(client: str, path: str, body: Any) -> Any:
    """Ask the real etcd; a refusal is an answer too, without a revision."""
    try:
        return post(client, path, body)
    except urllib.error.HTTPError:
        return {}


def post(client: str, path: str, data: Any) -> Any:
    """Ask the real etcd."""
    request = urllib.request.Request(f"{client}/v3/{path}", json.dumps(data).encode())
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)

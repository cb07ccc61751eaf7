from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd import members as cluster
from k8sedu.etcd.datadir import load
from k8sedu.etcd.member import Member
from k8sedu.etcd.wal import Contents
from k8sedu.trace import Frozen

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


@pytest.fixture
def members() -> list[Member]:
    """A real cluster, read anew for each test."""
    return [load(CONFORMANCE / "cluster" / name) for name in ("m1", "m2", "m3")]


def broken(members: list[Member]) -> set[str]:
    """The names of the invariants that do not hold."""
    return {name for name, sentence in cluster.check(members).items() if sentence}


def with_log(member: Member, change: dict[int, dict[str, Any]], *, commit: int | None = None, until: int | None = None) -> Member:
    """The member with other entries in its log: which fields are different, by index."""
    entries = tuple(entry._replace(**change.get(entry.Index, {})) for entry in member.log.entries if until is None or entry.Index <= until)
    state = member.log.hard_state if commit is None else member.log.hard_state._replace(commit=commit)
    log: Contents = member.log._replace(entries=entries, hard_state=state)
    return member._replace(log=log)


@pytest.mark.conformance("etcd/cluster/expected.json")
def test_real_logs_side_by_side(conformance_path: Path) -> None:
    """Real members agree, each of their terms had the leader that was seen, and each answer was given in the term that the logs tell."""
    expected = json.loads(conformance_path.read_text(encoding="utf-8"))
    found = [load(conformance_path.parent / name) for name in expected["members"]]
    assert not broken(found)
    final = {(end["revision"], end["raftTerm"], end["raftIndex"]) for end in expected["final"].values()}
    assert {(member.server.store.revision, member.last_term, member.log.entries[-1].Index) for member in found} == final
    spans: dict[int, list[int]] = {}
    for point in found[0].points():
        spans.setdefault(point.term, []).append(point.revision)
    for response in expected["responses"]:
        if response["raft_term"] in spans and "error" not in response:
            assert response["revision"] <= spans[response["raft_term"]][-1]
    assert {member.identity.name for member in found} == set(expected["members"])


def test_another_entry_at_a_committed_index(members: list[Member]) -> None:
    """A member whose log holds other data at a committed index breaks Log Matching and agreement; the sentences name members and index."""
    members[0] = with_log(members[0], {51: {"Data": b""}})
    assert broken(members) == {"log_matching", "committed_entries_agree"}
    assert cluster.log_matching(members) == "m1 and m2 agree at index 152 and differ before it, at index 51."
    assert str(cluster.committed_entries_agree(members)).startswith("m1 and m2 both committed index 51")


def test_another_entry_that_is_not_committed(members: list[Member]) -> None:
    """Logs may differ in what is not committed, as long as the terms differ too: an old leader wrote it, and the new one overwrites it."""
    members[0] = with_log(members[0], {}, commit=150, until=150)
    members[1] = with_log(members[1], {151: {"Term": 6, "Data": b""}}, commit=150, until=151)
    assert cluster.log_matching(members) is None
    assert cluster.committed_entries_agree(members) is None
    members[1] = with_log(members[1], {151: {"Term": 7, "Data": b"x"}}, commit=150, until=151)
    assert cluster.log_matching(members) is not None


def test_terms_and_revisions_fall_in_no_log(members: list[Member]) -> None:
    """A term that falls along a log is told, and so is a missing index."""
    assert "3/70 behind 5/69" in str(cluster.terms_never_fall([with_log(members[0], {70: {"Term": 3}})]))
    assert "7/199 behind 7/151" in str(cluster.terms_never_fall([with_log(members[0], {152: {"Index": 199}})]))
    assert cluster.revision_only_grows(members) is None


def test_different_data_at_one_index(members: list[Member]) -> None:
    """Members that applied equally much and hold different data are told, by index; those that applied less, by the common revision."""
    members[0].server.store.put("x", "y")
    assert cluster.same_state_at_same_index(members) == "m1 and m2 hold different data at index 152."
    members[0].server.consistent_index += 1
    assert cluster.same_state_at_same_index(members) is None
    members[1].server.store.put("x", "z")
    members[1].server.store.put("x", "z")
    members[1].server.consistent_index += 2
    assert cluster.same_state_at_same_index(members) == "m1 and m2 hold different data at revision 133."


def test_directories_of_different_clusters(members: list[Member]) -> None:
    """Directories of different clusters, or twice that of one member, are no cluster."""
    stranger = load(CONFORMANCE / "datadir")
    assert cluster.one_cluster([members[0], stranger]) == "m1 belongs to the cluster 60af5509c73d32f, datadir to 53a67049d75b715."
    assert cluster.one_cluster([members[0], members[0]]) == "m1 and m1 are both the member 9f96153b9c30132c."


def test_stretches_cover_the_logs(members: list[Member]) -> None:
    """Stretches of equal terms follow each other without a gap, and show where a log is shorter."""
    short = with_log(members[1], {}, until=130)
    found = list(cluster.stretches([members[0], short]))
    assert [index for first, last, _ in found for index in range(first, last + 1)] == [index for index, _ in cluster.side_by_side(members)]
    assert found[-2:] == [(123, 130, (7, 7)), (131, 152, (7, None))]
    assert list(cluster.stretches([])) == []


def test_terms_are_drawn_over_indexes(members: list[Member]) -> None:
    """The chart has a row per term, the newest above, full where all have the entry and shaded where one has not."""
    lines = list(cluster.term_chart([members[0], with_log(members[1], {}, until=130)], columns=152))
    assert [line.split()[0] for line in lines[:6]] == ["7", "6", "5", "3", "2", "1"]
    assert lines[0].count(cluster.FULL) == 8
    assert lines[0].endswith(cluster.SHADED * 22)
    assert sum(line.count(cluster.FULL) + line.count(cluster.SHADED) for line in lines) == 152
    assert lines[-1].split() == ["1", "152", "index"]
    assert list(cluster.term_chart([])) == []
    assert len(list(cluster.term_chart([with_log(members[0], {}, until=1)]))) == 3


def test_the_comparison_is_a_value(members: list[Member]) -> None:
    """What pictures need is a frozen value of numbers and texts only."""
    value = cluster.comparison(members)
    assert isinstance(value, Frozen)
    assert (value.names, value.commits, value.broken) == (("m1", "m2", "m3"), (152, 152, 152), ())
    assert value.terms[-1] == (152, (7, 7, 7))
    assert value.points[0][-1] == (152, 7, 132)
    json.dumps(value)

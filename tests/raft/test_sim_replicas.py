"""Laws of the replicated master: one leader, one order of entries, silence without a majority, and everything again after it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import simpy

from k8sedu.raft.config import Config
from k8sedu.raft.sim.replicas import Replicas

NAMES = ("a", "b", "c")
SECOND = 1_000_000


class Lines:
    """A state machine that remembers what it was told."""

    def __init__(self) -> None:
        """Begin with none."""
        self.lines: list[str] = []

    def apply(self, data: str) -> int:
        """Remember a line, and say how many there are."""
        self.lines.append(data)
        return len(self.lines)

    def dump(self) -> str:
        """All lines as text."""
        return json.dumps(self.lines)

    def load(self, data: str) -> None:
        """Begin with the lines of a snapshot."""
        self.lines = json.loads(data or "[]")


def group(seed: int = 0, **more: Any) -> tuple[simpy.Environment, Replicas]:
    """Three servers that have had time to elect a leader."""
    env = simpy.Environment(initial_time=0)
    replicas = Replicas(env, NAMES, machine=Lines, seed=seed, config=Config(pre_vote=True, check_quorum=True), **more)
    replicas.start()
    env.run(until=2 * SECOND)
    return env, replicas


def lines(replicas: Replicas) -> dict[str, list[str]]:
    """What each server that is up has applied."""
    return {name: member.machine.lines for name, member in replicas.members.items() if member.is_up}  # type: ignore[attr-defined]  # they are Lines


@pytest.mark.parametrize("seed", range(5))
def test_what_the_leader_takes_is_applied_everywhere_once(seed: int) -> None:
    """All state machines are told the same, in the same order, and whoever listens hears of each."""
    env, replicas = group(seed)
    heard: list[tuple[str, str, object]] = []
    replicas.on_applied = lambda name, _index, data, outcome: heard.append((name, data, outcome))
    for number in range(5):
        assert replicas.propose(f"x{number}") is not None
    env.run(until=4 * SECOND)
    assert set(map(tuple, lines(replicas).values())) == {tuple(f"x{number}" for number in range(5))}
    assert sorted(heard) == sorted((name, f"x{number}", number + 1) for name in NAMES for number in range(5))


@pytest.mark.parametrize("seed", range(5))
def test_a_lost_leader_is_replaced_and_nothing_agreed_is_lost(seed: int) -> None:
    """Another one leads, goes on with the same log, and the old one catches up after its restart."""
    env, replicas = group(seed)
    replicas.propose("before")
    env.run(until=3 * SECOND)
    first = replicas.leader
    assert first is not None
    replicas.crash(first)
    assert replicas.propose("nobody hears") is None
    env.run(until=5 * SECOND)
    assert replicas.leader not in {None, first}
    replicas.propose("after")
    env.run(until=6 * SECOND)
    replicas.restart(first)
    env.run(until=8 * SECOND)
    assert set(map(tuple, lines(replicas).values())) == {("before", "after")}


def test_without_a_majority_nothing_is_agreed_and_the_leader_resigns() -> None:
    """A leader that nobody answers steps down; after the restart the group works again."""
    env, replicas = group(3)
    alone = replicas.leader
    assert alone is not None
    others = [name for name in NAMES if name != alone]
    for name in others:
        replicas.crash(name)
    replicas.propose("lonely")
    env.run(until=4 * SECOND)
    assert (replicas.leader, replicas.has_quorum, lines(replicas)) == (None, False, {alone: []})
    replicas.restart(others[0])
    env.run(until=6 * SECOND)
    assert replicas.leader is not None
    assert replicas.propose("together") is not None
    env.run(until=7 * SECOND)
    assert all(told[-1] == "together" for told in lines(replicas).values())


def test_a_partition_leaves_the_majority_at_work() -> None:
    """The side with two servers elects and agrees, the third learns of it when the wall is gone."""
    env, replicas = group(1)
    alone = replicas.leader
    assert alone is not None
    replicas.partition([[alone]])
    env.run(until=4 * SECOND)
    assert replicas.leader != alone
    replicas.propose("majority")
    env.run(until=5 * SECOND)
    assert lines(replicas)[alone] == []
    replicas.heal()
    env.run(until=7 * SECOND)
    assert set(map(tuple, lines(replicas).values())) == {("majority",)}


def test_a_snapshot_stands_in_for_the_log() -> None:
    """A server that was down while the others compacted is given the state, not the entries."""
    env, replicas = group(2, compact_every=4)
    late = next(name for name in NAMES if name != replicas.leader)
    replicas.crash(late)
    for number in range(20):
        replicas.propose(f"x{number}")
    env.run(until=4 * SECOND)
    replicas.restart(late)
    env.run(until=7 * SECOND)
    assert len(lines(replicas)[late]) == 20
    assert replicas.members[late].disk.snapshot.index > 1


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_is_the_same_history(seed: int) -> None:
    """Who leads, and how many messages that took, depends on nothing else."""
    told = []
    for _ in range(2):
        env, replicas = group(seed)
        env.run(until=4 * SECOND)
        told.append((replicas.leader, replicas.messages))
    assert told[0] == told[1]


def test_a_run_can_begin_with_the_leader_that_one_wants() -> None:
    """Who is told to stand for election at once leads within milliseconds."""
    env = simpy.Environment(initial_time=0)
    replicas = Replicas(env, NAMES, machine=Lines, seed=0, config=Config())
    replicas.start()
    replicas.campaign("b")
    env.run(until=10_000)
    assert replicas.leader == "b"

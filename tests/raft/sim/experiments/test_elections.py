from __future__ import annotations

from random import Random

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.messages import Message
from k8sedu.raft.sim.experiments.elections import Group, names, server

CONFIG = Config(election_ticks_min=150_000, election_ticks_max=300_000, heartbeat_ticks=75_000)


def group_of(up: int, *, size: int, seed: int, lengths: dict[str, int] | None = None) -> tuple[Group, list[Message]]:
    """Some servers of a group, and every message that they send."""
    luck, sent = Random(seed), []

    def delay_us(message: Message) -> int:
        sent.append(message)
        return luck.randint(500, 6_000)

    lengths = lengths or {}
    nodes = {name: server(name, names(size), CONFIG, Random(f"{seed}{name}"), log_length=lengths.get(name, 0)) for name in names(up)}
    return Group(nodes, delay_us=delay_us), sent


@pytest.mark.parametrize("seed", range(20))
def test_time_never_runs_backwards(seed: int) -> None:
    """Whatever is due next happens next, and no server's clock is ahead of the group's."""
    group, _ = group_of(5, size=5, seed=seed)
    before_us = 0
    for _ in range(100):
        node, _ = group.advance()
        assert group.now_us >= before_us
        assert node.now_ticks == group.now_us
        before_us = group.now_us


@pytest.mark.parametrize("seed", range(20))
def test_a_majority_elects_one_leader_per_term(seed: int) -> None:
    """Three of five servers find a leader, and no term has two."""
    group, _ = group_of(3, size=5, seed=seed)
    leaders: dict[int, set[str]] = {}
    for _ in range(300):
        node, _ = group.advance()
        if node.role == "leader":
            leaders.setdefault(node.term, set()).add(node.id)
    assert leaders
    assert all(len(found) == 1 for found in leaders.values())


def test_a_minority_elects_nobody() -> None:
    """Two of five servers try for ever."""
    group, _ = group_of(2, size=5, seed=1)
    for _ in range(300):
        assert group.advance()[0].role != "leader"


def test_messages_to_the_crashed_are_not_carried() -> None:
    """What is sent to a server that is down costs nothing."""
    group, sent = group_of(3, size=5, seed=2)
    while group.advance()[0].role != "leader":
        pass
    assert {message.receiver for message in sent} == set(names(3))


def test_a_timer_goes_before_a_message_of_the_same_microsecond() -> None:
    """As in AvailSim: n2 stands for election at the very moment n1's request arrives, and so votes for itself."""
    nodes = {name: server(name, names(2), CONFIG, Random(3)) for name in names(2)}
    gap_us = 1_000
    nodes["n1"].deadline_ticks, nodes["n2"].deadline_ticks = 200_000, 200_000 + gap_us
    group = Group(nodes, delay_us=lambda _: gap_us)
    group.advance()
    group.advance()
    assert {node.voted_for for node in nodes.values()} == {"n1", "n2"}


def test_only_long_enough_logs_win() -> None:
    """A server with the shortest of three logs never leads, whoever's timer runs out first."""
    for seed in range(20):
        group, _ = group_of(3, size=3, seed=seed, lengths={"n1": 1, "n2": 2, "n3": 2})
        while True:
            node, _ = group.advance()
            if node.role == "leader":
                break
        assert node.id != "n1", seed

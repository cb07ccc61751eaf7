"""Wrong input gets one clear sentence: what was met, what was expected."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu import raft
from k8sedu.errors import K8sEduError
from k8sedu.raft.config import Config
from k8sedu.raft.sim import Clients
from k8sedu.sim.faults import crash, request
from k8sedu.sim.network import Network

WRONG: dict[str, tuple[Any, str]] = {
    "size 0": (lambda: raft.simulate(size=0), "size is 0, expected 1 to 99 servers"),
    "size a text": (lambda: raft.simulate(size="5"), "size is '5', expected a whole number"),  # type: ignore[arg-type]
    "too many": (lambda: raft.simulate(size=60, spares=60), "size is 60, expected 1 to 99 servers"),
    "negative spares": (lambda: raft.simulate(spares=-1), "spares is -1, expected 0 or more"),
    "negative duration": (lambda: raft.simulate(duration_ms=-5), "duration_ms is -5, expected a time above 0"),
    "duration a text": (lambda: raft.simulate(duration_ms="3s"), "duration_ms is '3s', expected a number"),  # type: ignore[arg-type]
    "negative fault time": (lambda: raft.simulate(faults=[crash("n1", at_ms=-1)]), "the time is -1 ms, expected a number from 0 on"),
    "unknown node": (lambda: raft.simulate(size=3, faults=[crash("n9", at_ms=1)]), "names node 'n9', expected one of n1, n2, n3"),
    "after the end": (
        lambda: raft.simulate(duration_ms=100, faults=[crash("n1", at_ms=200)]),
        "is after the end, expected a time up to 100 ms",
    ),
    "no fault": (lambda: raft.simulate(faults=["at 5 explode n1"]), "explode"),
    "no command": (lambda: raft.simulate(faults=[request("hello world", at_ms=5)]), "'hello world', expected 'key=value'"),
    "a read": (lambda: raft.simulate(faults=[request("x?", at_ms=5)]), "expected one that writes"),
    "unknown rule": (lambda: raft.Rules.without("gravity"), "'gravity', expected one of vote_persistence"),
    "timers upside down": (
        lambda: raft.simulate(config=Config(election_ticks_min=300, election_ticks_max=150)),
        "election_ticks_max is 150",
    ),
    "heartbeats too rare": (lambda: raft.simulate(config=Config(heartbeat_ticks=200)), "heartbeat_ticks is 200, expected less than"),
    "tick of nothing": (lambda: raft.simulate(tick_us=0), "tick_us is 0, expected at least 1"),
    "disk of nothing": (lambda: raft.simulate(disk_ms=(5, 1)), "expected 0 <= shortest <= longest"),
    "loss of 200 %": (lambda: raft.simulate(network=Network(loss=2)), "loss is 2, expected a ratio"),
    "negative clients": (lambda: raft.simulate(clients=-1), "number of clients is -1, expected 0 or more"),
    "shares over 1": (lambda: raft.simulate(clients=Clients(1, reads_ratio=0.9, adds_ratio=0.9)), "sum to at most 1"),
    "log of a stranger": (lambda: raft.simulate(size=3, logs={"n7": [1]}), "logs names the server 'n7'"),
    "log with falling terms": (lambda: raft.simulate(logs={"n1": [2, 1]}), "expected terms from 1 on that never fall"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_input_is_told_in_one_sentence(name: str) -> None:
    """Whatever is wrong, the error names it and says what was expected, in one line."""
    call, sentence = WRONG[name]
    with pytest.raises(K8sEduError) as caught:
        call()
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)

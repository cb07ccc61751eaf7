"""Histories of clients: the search agrees with trying every order, and small stories are judged as a person would."""

from __future__ import annotations

from itertools import combinations, permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.linearizability import Operation, as_seen_at, execute, first_anomaly, history_of, is_linearizable
from k8sedu.raft.rules import Rules
from k8sedu.raft.search import find_violation
from k8sedu.raft.sim import simulate
from k8sedu.sim.faults import crash
from k8sedu.sim.network import Network


def op(text, called, answered=None, answer=""):
    """`c1 x+=1` as an operation."""
    client, _, command = text.partition(" ")
    verb = next(verb for verb in ("+=", "=", "?") if verb in command)
    key, _, value = command.partition(verb)
    return Operation(client, key, verb, value, called, answered, answer)


HISTORIES = {
    "nothing happened": ([], True),
    "read what was written": ([op("c1 x=4", 1, 2, "4"), op("c2 x?", 3, 4, "4")], True),
    "read before the write was called": ([op("c2 x?", 1, 2, "4"), op("c1 x=4", 3, 4, "4")], False),
    "an old value after the write was answered": ([op("c1 x=4", 1, 2, "4"), op("c2 x?", 3, 4, "")], False),
    "at the same time, old": ([op("c1 x=4", 1, 4, "4"), op("c2 x?", 2, 3, "")], True),
    "at the same time, new": ([op("c1 x=4", 1, 4, "4"), op("c2 x?", 2, 3, "4")], True),
    "new, then old again": ([op("c1 x=4", 1, 9, "4"), op("c2 x?", 2, 3, "4"), op("c2 x?", 4, 5, "")], False),
    "two writes, read apart in both orders": (
        [op("c1 x=1", 1, 9, "1"), op("c2 x=2", 1, 9, "2"), op("c3 x?", 2, 3, "1"), op("c3 x?", 4, 5, "2"), op("c3 x?", 6, 7, "1")],
        False,
    ),
    "added once": ([op("c1 x+=1", 1, 2, "1"), op("c2 x?", 3, 4, "1")], True),
    "added twice": ([op("c1 x+=1", 1, 2, "1"), op("c2 x?", 3, 4, "2")], False),
    "no answer, took effect": ([op("c1 x=4", 1), op("c2 x?", 3, 4, "4")], True),
    "no answer, never took effect": ([op("c1 x=4", 1), op("c2 x?", 3, 4, "")], True),
    "no answer, took effect late": ([op("c1 x=4", 1), op("c2 x?", 3, 4, ""), op("c2 x?", 5, 6, "4")], True),
    "no answer, took effect and went away": ([op("c1 x=4", 1), op("c2 x?", 3, 4, "4"), op("c2 x?", 5, 6, "")], False),
    "keys are independent": ([op("c1 x=4", 1, 2, "4"), op("c2 y?", 3, 4, "")], True),
}


@pytest.mark.parametrize("name", HISTORIES)
def test_stories(name):
    """Each small story is judged as the definition says."""
    history, verdict = HISTORIES[name]
    assert is_linearizable(history) is verdict


def every_order_tried(history):
    """The definition, word by word: some order of all answered and some unanswered operations respects time and explains every answer."""
    open_ones = [one for one in history if one.answered is None]
    answered = [one for one in history if one.answered is not None]
    for count in range(len(open_ones) + 1):
        for chosen in combinations(open_ones, count):
            if any(explains(order) for order in permutations([*answered, *chosen])):
                return True
    return False


def explains(order):
    values = {}
    for position, one in enumerate(order):
        if any(later.answered is not None and later.answered < one.called for later in order[position + 1 :]):
            return False
        values[one.key], answer = execute(values.get(one.key, ""), one)
        if one.answered is not None and answer != one.answer:
            return False
    return True


@st.composite
def histories(draw):
    """Up to five operations on one or two keys, with answers that are sometimes right."""
    history = []
    for number in range(draw(st.integers(0, 5))):
        called = draw(st.integers(0, 8))
        command = draw(st.sampled_from(["x=1", "x=2", "x+=1", "x?", "x?", "y?"]))
        answered = draw(st.none() | st.integers(called + 1, 12))
        answer = draw(st.sampled_from(["", "1", "2", "3"])) if answered else ""
        if "?" not in command and "+" not in command and answered:
            answer = command[-1]
        history.append(op(f"c{number} {command}", called, answered, answer))
    return history


@given(histories())
def test_agrees_with_every_order(history):
    """The search with memory answers what trying all orders answers."""
    assert is_linearizable(history) == every_order_tried(history)


@given(histories())
def test_anomaly_is_the_first(history):
    """The operation that is blamed is the one with whose answer the history became inexplicable, and not a moment earlier."""
    blamed = first_anomaly(history)
    if blamed is None:
        assert is_linearizable(history)
    else:
        assert not is_linearizable(as_seen_at(history, blamed.answered))
        assert is_linearizable(as_seen_at(history, blamed.answered - 1))


def test_long_history_is_quick():
    """A thousand requests of which few overlap are judged without exponential work."""
    history = [op(f"c1 x={number}", 2 * number, 2 * number + 3, str(number)) for number in range(1_000)]
    assert is_linearizable(history)


def test_history_is_read_from_a_trace():
    """The client steps of a recorded run are a history: here of a request that took effect twice."""
    trace = find_violation(Rules.without("client_sessions"))
    anomaly = first_anomaly(history_of(trace))
    assert f'"{anomaly}"' in trace[-1].detail.message


def test_simulated_clients_see_one_store():
    """Three clients of a group in time, with a crashed leader and a lossy network, see answers that one ordinary store could give."""
    network, faults = Network(loss=0.05), [crash("n1", at_ms=900)]
    trace = simulate(size=3, seed=4, duration_ms=3_000, clients=3, network=network, faults=faults, frames=False)
    history = history_of(trace)
    assert sum(operation.answered is not None for operation in history) > 10
    assert is_linearizable(history)

"""Did the clients see one store, or did the replication show through?

A history is *linearizable* if every request can be thought to take effect at one moment between its call and its answer, such that
executing the requests in the order of those moments on a single ordinary store gives exactly the answers that the clients got. It is the
strongest thing that clients can ask of a replicated store, and they can check it without knowing how it works inside.

The search tries the orders: next may be any request that was called before every other unplaced one was answered. A request without an
answer (the client has given up, or the run has ended) may have taken effect at any time after its call, or never. What has been placed
and the value it left decide everything that can follow, so each such pair is tried once. Keys do not influence each other and are
checked one by one.

Source: Herlihy and Wing 1990; Wing and Gong 1993 (the search); Lowe 2017 (remembering what was tried).
Left out: operations on several keys at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from k8sedu.trace import Trace


class Operation(NamedTuple):
    """One request of a client: what it asked, when, and what it was told."""

    client: str
    key: str
    verb: str
    """`=` sets, `+=` adds and returns the sum, `?` reads."""
    value: str
    called: int
    """A moment of any clock, as long as all operations use the same one."""
    answered: int | None = None
    """None: no answer was seen, so nobody knows whether it took effect."""
    answer: str = ""

    def __str__(self) -> str:
        return f"{self.client}: {self.key}{self.verb}{self.value}" + (f" → {self.answer or 'nothing'}" if self.answered is not None else "")


def is_linearizable(history: Iterable[Operation]) -> bool:
    """Is there an order of the operations that explains every answer?

    >>> write = Operation("c1", "x", "=", "4", called=1, answered=3, answer="4")
    >>> is_linearizable([write, Operation("c2", "x", "?", "", called=2, answered=4, answer="")])  # at the same time: either way
    True
    >>> is_linearizable([write, Operation("c2", "x", "?", "", called=5, answered=6, answer="")])  # an old value, too late
    False

    Complexity: exponential in the number of operations that overlap, linear in their number otherwise.
    """
    by_key: dict[str, list[Operation]] = {}
    for operation in history:
        by_key.setdefault(operation.key, []).append(operation)
    return all(_has_order(operations) for operations in by_key.values())


def first_anomaly(history: Sequence[Operation]) -> Operation | None:
    """The operation whose answer, when it came, could no longer be explained; None for a linearizable history."""
    if is_linearizable(history):
        return None
    for operation in sorted((one for one in history if one.answered is not None), key=lambda one: one.answered or 0):
        if not is_linearizable(as_seen_at(history, operation.answered or 0)):
            return operation
    raise AssertionError("a history that fails as a whole fails at some answer")


def as_seen_at(history: Iterable[Operation], now: int) -> list[Operation]:
    """What was known at a moment: later calls have not happened, later answers are open."""
    known = [operation for operation in history if operation.called <= now]
    return [one if one.answered is not None and one.answered <= now else one._replace(answered=None, answer="") for one in known]


def execute(value: str, operation: Operation) -> tuple[str, str]:
    """What an ordinary store does: the new value of the key, and the answer.

    >>> execute("4", Operation("c1", "x", "+=", "2", called=0))
    ('6', '6')
    """
    if operation.verb == "?":
        return value, value
    if operation.verb == "=":
        return operation.value, operation.value
    number = int(value) if re.fullmatch(r"-?\d+", value) else 0
    result = str(number + int(operation.value))
    return result, result


def _has_order(operations: list[Operation]) -> bool:
    """The search for one key: `placed` is a bit set of the operations that are already in the order."""
    must_place = sum(1 << number for number, operation in enumerate(operations) if operation.answered is not None)
    tried = {(0, "")}
    to_try = [(0, "")]
    while to_try:
        placed, value = to_try.pop()
        if placed & must_place == must_place:
            return True
        for number in _may_be_next(operations, placed):
            operation = operations[number]
            new_value, answer = execute(value, operation)
            state = (placed | 1 << number, new_value)
            if (operation.answered is None or answer == operation.answer) and state not in tried:
                tried.add(state)
                to_try.append(state)
    return False


def _may_be_next(operations: list[Operation], placed: int) -> list[int]:
    """The unplaced operations that were called before any other unplaced one was answered."""
    waiting = [number for number in range(len(operations)) if not placed >> number & 1]
    answers = [answered for number in waiting if (answered := operations[number].answered) is not None]
    limit = min(answers)
    return [number for number in waiting if operations[number].called <= limit]


def history_of(trace: Trace) -> list[Operation]:
    """The requests of a recorded run, from its `client_request` and `client_reply` steps.

    A request that is sent again is the same operation; its call is the first sending. A command that nobody's client sent may take
    effect any time, and nobody is told.
    """
    calls: dict[tuple[str, int], Operation] = {}
    for step in trace:
        if step.kind not in ("client_request", "client_reply"):
            continue
        name = (step.actor, step.detail.get("serial", -step.index))
        if step.kind == "client_request":
            calls.setdefault(name, _called(step.actor, step.detail["command"], step.index))
        elif calls[name].answered is None:
            calls[name] = calls[name]._replace(answered=step.index, answer=step.detail["answer"])
    return list(calls.values())


def _called(client: str, command: str, called: int) -> Operation:
    match = re.fullmatch(r"(\w+)(\+=|=|\?)(.*)", command, re.DOTALL)
    assert match, f"met the command {command!r}"
    return Operation(client, match[1], match[2], match[3], called)

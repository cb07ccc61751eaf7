"""What goes wrong in a run, and when: crashes, partitions, lost messages, and also the requests of clients.

A fault is a value with a time, so a list of faults is the whole plan of an experiment: it can be written as text, shrunk by a search,
copied out of the laboratory and graded. It does nothing by itself; the simulation of a system carries it out. Requests and orders to
a node (`request`, `transfer`, `snapshot`) are here too, since for the run they are the same: something from outside, at a time.

    faults = [crash("n1", at_ms=900), restart("n1", at_ms=2_000)]

Left out: faults that depend on what happens ("crash whoever becomes leader"). Run once, look, and name the node and the time.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from k8sedu.sim.grammar import FaultError, format_fault, format_ms, known_name, parse_fault
from k8sedu.trace import Frozen

__all__ = [
    "Fault",
    "FaultError",
    "align_timers",
    "block",
    "change",
    "check_faults",
    "clock_drift",
    "crash",
    "delay_message",
    "drop",
    "drop_next",
    "duplication",
    "heal",
    "loss",
    "partition",
    "pause",
    "reordering",
    "request",
    "restart",
    "resume",
    "set_timer",
    "slow_disk",
    "snapshot",
    "spread_timers",
    "timeout",
    "transfer",
]


class Fault(NamedTuple):
    """One fault. Make it with the function of its name, which checks it, or read it from a line.

    >>> fault = Fault.parse("at 900 crash n1")
    >>> fault.kind, fault.at_us, fault.arguments
    ('crash', 900000, Frozen(node='n1'))
    >>> fault.format()
    'at 900 crash n1'
    """

    kind: str
    at_us: int
    arguments: Frozen

    @classmethod
    def parse(cls, line: str) -> Fault:
        """The fault that this line says.

        Raises:
            FaultError: the line is not one of the forms of `k8sedu.sim.grammar`.
        """
        return _checked(cls(*parse_fault(line)))

    def format(self) -> str:
        """This fault as a line; `parse` gives an equal fault back."""
        return format_fault(*self)

    def names(self) -> tuple[str, ...]:
        """The nodes that this fault names."""
        given = self.arguments
        single = (given.get(field) for field in ("node", "sender", "receiver", "to"))
        grouped = (name for group in given.get("groups", ()) for name in group)
        return (*(name for name in single if name is not None), *grouped, *given.get("voters", ()), *given.get("learners", ()))


def crash(node: str, *, at_ms: float) -> Fault:
    """The node stops and forgets everything that it has not written to its disk."""
    return _fault("crash", at_ms, node=node)


def restart(node: str, *, at_ms: float) -> Fault:
    """A crashed node starts again from its disk."""
    return _fault("restart", at_ms, node=node)


def pause(node: str, *, at_ms: float, until_ms: float | None = None) -> Fault:
    """The node stands still and forgets nothing, like a process in a long garbage collection."""
    return _fault("pause", at_ms, node=node, until_us=_optional_us(until_ms))


def resume(node: str, *, at_ms: float) -> Fault:
    """A paused node goes on where it stood."""
    return _fault("resume", at_ms, node=node)


def partition(groups: str | Iterable[str | Iterable[str]], *, at_ms: float, until_ms: float | None = None) -> Fault:
    """The network falls into groups that cannot reach each other; nodes that are not named form one more group.

    >>> partition("n1 n2 | n3", at_ms=1200, until_ms=2000).arguments.groups
    (('n1', 'n2'), ('n3',))
    """
    parts = groups.split("|") if isinstance(groups, str) else groups
    named = tuple(tuple(part.split() if isinstance(part, str) else part) for part in parts)
    return _fault("partition", at_ms, groups=named, until_us=_optional_us(until_ms))


def block(*, sender: str, receiver: str, at_ms: float, until_ms: float | None = None) -> Fault:
    """One direction of one link is cut; the other direction still works."""
    return _fault("block", at_ms, sender=sender, receiver=receiver, until_us=_optional_us(until_ms))


def heal(*, at_ms: float) -> Fault:
    """Every link works again, whatever had cut it."""
    return _fault("heal", at_ms)


def drop(message: int, *, at_ms: float) -> Fault:
    """The message in flight with this number is lost."""
    return _fault("drop", at_ms, message=message)


def drop_next(message_kind: str, *, sender: str, receiver: str, at_ms: float) -> Fault:
    """The next message of this kind that is sent on this link from now on is lost."""
    return _fault("drop_next", at_ms, message_kind=message_kind, sender=sender, receiver=receiver)


def delay_message(message: int, *, by_ms: float, at_ms: float) -> Fault:
    """The message in flight with this number arrives later."""
    return _fault("delay_message", at_ms, message=message, by_us=exact_us(by_ms))


def timeout(node: str, *, at_ms: float) -> Fault:
    """The node's election timer runs out now."""
    return _fault("timeout", at_ms, node=node)


def set_timer(node: str, *, in_ms: float, at_ms: float) -> Fault:
    """The node's election timer is set to run out this much later."""
    return _fault("set_timer", at_ms, node=node, in_us=exact_us(in_ms))


def spread_timers(*, at_ms: float) -> Fault:
    """The election timers are set far apart, so that no vote is split."""
    return _fault("spread_timers", at_ms)


def align_timers(*, at_ms: float) -> Fault:
    """The election timers are set to run out together, so that the vote is split."""
    return _fault("align_timers", at_ms)


def request(data: str, *, at_ms: float, node: str | None = None) -> Fault:
    """A client asks for this, at the node named or at the leader it knows."""
    return _fault("request", at_ms, data=data, node=node)


def transfer(to: str, *, at_ms: float) -> Fault:
    """The leader is told to hand leadership over to this node."""
    return _fault("transfer", at_ms, to=to)


def change(voters: Sequence[str], *, learners: Sequence[str] = (), at_ms: float) -> Fault:
    """The group is told to become these voters and learners."""
    return _fault("change", at_ms, voters=tuple(voters), learners=tuple(learners))


def snapshot(node: str, *, at_ms: float) -> Fault:
    """The node is told to write a snapshot and forget the log before it."""
    return _fault("snapshot", at_ms, node=node)


def slow_disk(node: str, *, write_ms: float, at_ms: float, until_ms: float | None = None) -> Fault:
    """Each write of the node's disk takes this long; nothing is sent before it is done."""
    return _fault("slow_disk", at_ms, node=node, write_us=exact_us(write_ms), until_us=_optional_us(until_ms))


def clock_drift(node: str, *, ppm: int, at_ms: float) -> Fault:
    """From now on the node's clock gains this many microseconds per second; a negative number makes it slow."""
    return _fault("clock_drift", at_ms, node=node, ppm=ppm)


def loss(ratio: float, *, at_ms: float, until_ms: float | None = None) -> Fault:
    """From now on the network loses this share of all messages."""
    return _fault("loss", at_ms, ratio=float(ratio), until_us=_optional_us(until_ms))


def duplication(ratio: float, *, at_ms: float, until_ms: float | None = None) -> Fault:
    """From now on the network delivers this share of all messages twice."""
    return _fault("duplication", at_ms, ratio=float(ratio), until_us=_optional_us(until_ms))


def reordering(*, on: bool, at_ms: float) -> Fault:
    """May messages on the same link overtake each other from now on?"""
    return _fault("reordering", at_ms, on=on)


def check_faults(faults: Iterable[Fault], *, nodes: Sequence[str], duration_us: int) -> None:
    """Make sure that a run with these nodes and this length can carry out all of these faults.

    >>> check_faults([crash("n9", at_ms=900)], nodes=["n1", "n2"], duration_us=3_000_000)
    Traceback (most recent call last):
    k8sedu.sim.grammar.FaultError: 'at 900 crash n9' names node 'n9', expected one of n1, n2

    Raises:
        FaultError: an unknown node, or a time after the end.
    """
    for fault in faults:
        if fault.at_us > duration_us:
            raise FaultError(f"{fault.format()!r} is after the end, expected a time up to {format_ms(duration_us)} ms")
        for name in fault.names():
            if name not in nodes:
                raise FaultError(f"{fault.format()!r} names node {name!r}, expected one of {', '.join(nodes)}")


def exact_us(time_ms: object) -> int:
    """Milliseconds, as people type them, in whole microseconds.

    >>> exact_us(0.5), exact_us(900)
    (500, 900000)

    Raises:
        FaultError: not a number, negative, or with a part finer than a microsecond.
    """
    if isinstance(time_ms, bool) or not isinstance(time_ms, int | float) or not math.isfinite(time_ms) or time_ms < 0:
        raise FaultError(f"the time is {time_ms!r} ms, expected a number from 0 on")
    time_us = round(time_ms * 1000)
    if abs(time_us - time_ms * 1000) > max(1e-6, time_us * 1e-15):
        raise FaultError(f"the time is {time_ms!r} ms, expected whole microseconds: at most three decimals")
    return time_us


def _optional_us(time_ms: float | None) -> int | None:
    return None if time_ms is None else exact_us(time_ms)


def _fault(kind: str, at_ms: float, **arguments: Any) -> Fault:
    return _checked(Fault(kind, exact_us(at_ms), Frozen(arguments)))


def _checked(fault: Fault) -> Fault:
    """What the form of a line does not guarantee, or what a call by hand can get wrong."""
    given, names = fault.arguments, fault.names()
    for name in (*names, given.get("message_kind", "any")):
        known_name(name)
    if given.get("until_us") is not None and given.until_us <= fault.at_us:
        raise FaultError(f"{fault.format()!r} ends before it begins, expected a later 'until'")
    if not all(given.get("groups", names)) or ("voters" in given and not given.voters) or given.get("groups") == ():
        raise FaultError(f"a {fault.kind} at {format_ms(fault.at_us)} ms has no node in it, expected at least one name in each group")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise FaultError(f"{fault.format()!r} names {twice!r} twice, expected each node once")
    if not 0 <= given.get("ratio", 0) <= 1 or abs(given.get("ppm", 0)) > 999_999:
        raise FaultError(f"{fault.format()!r} is out of range, expected a ratio from 0 to 1, and at most 999999 ppm")
    if not isinstance(given.get("data", ""), str) or not _is_count(given.get("message", 0)):
        raise FaultError(f"a {fault.kind} has {given!r}, expected a text as data and a whole number from 0 on as message")
    return fault


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0

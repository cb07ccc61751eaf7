"""One election after another, as fast as Python can: real servers, a queue of messages, and nothing else.

The experiments of the papers ask one number of each run, and ask for thousands of runs. So there is no trace here, no client and no disk:
only the servers that are still up (the same `Node` as everywhere), their timers, and the messages on their way. Ticks are microseconds.
A server that crashed is simply absent, and what is sent to it is lost.

Time jumps from one event to the next. When a timer and a message are due in the same microsecond the timer goes first, as in AvailSim.

Source: thesis §9 (ongardie/dissertation, leaderelection/); ongardie/availsim sim.rs.
Left out: SimPy. Five timers and a heap need no processes, and a plain loop is three times as fast.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from random import Random

from k8sedu.raft.config import Config
from k8sedu.raft.curves import Curve
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.ready import HardState, Ready
from k8sedu.raft.rules import Rules
from k8sedu.raft.storage import Storage

ELECTIONS_ONLY = Rules.without("no_op_on_election")
"""A new leader of these experiments writes nothing: the papers' logs keep their lengths while leaders come and go."""


class Group:
    """The servers of one trial and what is on its way between them.

    `delay_us` says how long a message travels, or None for one that need not be carried.

    >>> nodes = {name: server(name, ("n1", "n2", "n3"), Config(), Random(name)) for name in ("n1", "n2", "n3")}
    >>> group = Group(nodes, delay_us=lambda message: 10)
    >>> while group.advance()[0].role != "leader":
    ...     pass
    >>> 150 < group.now_us < 330
    True
    """

    __slots__ = ("_delay_us", "_inflight", "_sent", "_wakes", "nodes", "now_us")

    def __init__(self, nodes: Mapping[str, Node], *, delay_us: Callable[[Message], int | None]) -> None:
        self.nodes = nodes
        self.now_us = 0
        self._delay_us = delay_us
        self._inflight: list[tuple[int, int, Message]] = []
        self._sent = 0
        self._wakes = {name: node.due_ticks() for name, node in nodes.items()}

    def advance(self) -> tuple[Node, Ready]:
        """Let the next thing happen: a timer runs out or a message arrives. Returns who acted, and what came of it.

        Complexity: O(n) for n servers, O(log m) for m messages on their way.
        """
        wakes = self._wakes
        due_us = min(wakes.values())
        if self._inflight and self._inflight[0][0] < due_us:
            due_us, _, message = heapq.heappop(self._inflight)
            node = self.nodes[message.receiver]
            node.tick(due_us - node.now_ticks)
            ready = node.step(message)
        else:
            node = self.nodes[next(name for name, wake in wakes.items() if wake == due_us)]
            ready = node.tick(due_us - node.now_ticks)
        self.now_us = due_us
        wakes[node.id] = due_us + node.due_ticks()
        for message in ready.messages:
            if message.receiver in wakes:
                self._send(message)
        return node, ready

    def _send(self, message: Message) -> None:
        delay_us = self._delay_us(message)
        if delay_us is not None:
            self._sent += 1
            heapq.heappush(self._inflight, (self.now_us + delay_us, self._sent, message))


def server(name: str, voters: tuple[str, ...], config: Config, generator: Random, *, log_length: int = 0, term: int = 0) -> Node:
    """A follower with a fresh timer and a log of the given length: in an election only the end of a log matters."""
    storage = Storage(Snapshot(0, 0, voters))
    storage.entries = [Entry(term, index) for index in range(1, log_length + 1)]
    storage.hard_state = HardState(term)
    return Node(name, storage=storage, config=config, rules=ELECTIONS_ONLY, generator=generator)


def curves_of(times_ms: Mapping[str, list[float | None]]) -> dict[str, Curve]:
    """One curve per name; a trial without a time did not end."""
    finished = {name: [time_ms for time_ms in found if time_ms is not None] for name, found in times_ms.items()}
    return {name: Curve.measured(name, finished[name], unfinished=len(found) - len(finished[name])) for name, found in times_ms.items()}


def names(size: int) -> tuple[str, ...]:
    """n1, n2, … as everywhere in k8sedu."""
    return tuple(f"n{number}" for number in range(1, size + 1))

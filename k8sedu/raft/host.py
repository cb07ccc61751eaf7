"""A server with what it stands on: a node, its disk and its state machine.

It does what every driver of the core must do with a `Ready`: write first, then load or apply, then say which clients can be answered. The
messages are left to the caller, who owns the network. A crash throws node and machine away; the disk stays.

Source: etcd-io/raft README ("Usage"): the order of saving, sending and applying.
Left out: a disk that takes time; `sim.server` has one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from k8sedu.raft.config import Config
from k8sedu.raft.machine import Machine
from k8sedu.raft.messages import Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.paper import log_of_terms
from k8sedu.raft.ready import HardState, Read, Ready
from k8sedu.raft.rules import Rules
from k8sedu.raft.storage import Storage


class Answer(NamedTuple):
    """The outcome of a client's request: whose, the request's number, and what to tell it."""

    client: str
    serial: int
    text: str


class Host:
    """One machine of a group.

    >>> host = Host("n1", Storage(Snapshot(0, 0, ("n1",))), config=Config(), rules=Rules())
    >>> host.carry_out(host.node.campaign())
    []
    >>> host.carry_out(host.node.propose("c1:1 x=4"))
    [Answer(client='c1', serial=1, text='4')]
    """

    __slots__ = ("config", "machine", "name", "node", "reads", "rules", "storage")

    def __init__(self, name: str, storage: Storage, *, config: Config, rules: Rules) -> None:
        self.name, self.storage, self.config, self.rules = name, storage, config, rules
        self.node = self.boot()

    def boot(self) -> Node:
        """Start from the disk: everything else is learned anew."""
        self.node = Node(self.name, storage=self.storage, config=self.config, rules=self.rules)
        self.machine = Machine(remembers_sessions=self.rules.client_sessions)
        self.machine.load(self.storage.snapshot.data)
        self.reads: list[Read] = []
        return self.node

    def carry_out(self, ready: Ready) -> list[Answer]:
        """Write what must survive, apply what is committed; returns what clients can be told now."""
        self.storage.save(ready, rules=self.rules)
        if ready.snapshot is not None:
            self.machine.load(ready.snapshot.data)
        answers = []
        for entry in ready.committed:
            if entry.kind == "normal" and entry.data:
                text = self.machine.apply(entry.data)
                answers += _answer(entry.data, text)
        if ready.reads or self.reads:
            answers += self._serve_reads(ready.reads)
        return answers

    def compact(self) -> Snapshot:
        """Replace the applied part of the log by a snapshot."""
        snapshot = self.node.compact(self.node.last_applied, self.machine.dump())
        self.storage.compact(snapshot)
        return snapshot

    def _serve_reads(self, new: tuple[Read, ...]) -> list[Answer]:
        """A confirmed read waits until its index is applied here."""
        last_applied = self.node.last_applied
        reads = [*self.reads, *new]
        self.reads = [read for read in reads if read.index > last_applied]
        answers = []
        for read in reads:
            if read.index <= last_applied:
                key = read.context.partition(" ")[2].rstrip("?")
                answers += _answer(read.context, self.machine.read(key))
        return answers


def _answer(text: str, answer: str) -> list[Answer]:
    """To whom an answer goes; commands without a session have nobody waiting."""
    session, space, _ = text.partition(" ")
    client, _, serial = session.partition(":")
    return [Answer(client, int(serial), answer)] if space else []


def disk_with(first: Snapshot, terms: Sequence[int] = (), *, term: int = 0) -> Storage:
    """A disk on which a log lies already, told by the terms of its entries; the server's own term may be higher.

    >>> disk_with(Snapshot(0, 0, ("n1",)), (1, 1, 4)).hard_state.term
    4
    """
    storage = Storage(first)
    storage.entries = list(log_of_terms(terms))
    storage.hard_state = HardState(max(term, terms[-1] if terms else 0))
    return storage

"""One server on its machine: the pure `Node` plus what a real one has around it, a disk, a clock and a queue.

While its disk writes, or while it is paused, a server does nothing; messages wait in its inbox. A crash throws the node away and keeps
the `Storage`. A clock may run fast or slow: ticks are counted by the server's own clock, and only the simulation knows the true time.
"""

from __future__ import annotations

from collections import deque
from random import Random
from typing import NamedTuple

from k8sedu.raft.config import Config
from k8sedu.raft.frames import EMPTY, node_frame
from k8sedu.raft.machine import Machine
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.node import Node
from k8sedu.raft.ready import Read, Ready
from k8sedu.raft.rules import Rules
from k8sedu.raft.state import NEVER_TICKS
from k8sedu.raft.storage import Storage
from k8sedu.trace import Frozen

EXACT_PPM = 1_000_000
"""The rate of a clock that neither gains nor loses, in parts per million."""


class Waiting(NamedTuple):
    """A request that a leader has accepted and not yet answered."""

    term: int
    client: str
    serial: int


class Server:
    """A node, its storage and state machine, and its place in simulated time."""

    __slots__ = (
        "alarm_role",
        "alarm_ticks",
        "base_ticks",
        "base_us",
        "busy_until_us",
        "cached_log",
        "config",
        "disk_us",
        "epoch",
        "generator",
        "inbox",
        "log_key",
        "machine",
        "name",
        "node",
        "paused_us",
        "rate_ppm",
        "reads",
        "rules",
        "slow_disks",
        "status",
        "storage",
        "tick_us",
        "unsaved",
        "values",
        "waiting",
        "wake_at_us",
    )

    def __init__(
        self, name: str, storage: Storage, *, config: Config, rules: Rules, generator: Random, tick_us: int, disk_us: tuple[int, int]
    ) -> None:
        self.name, self.storage, self.config, self.rules = name, storage, config, rules
        self.generator, self.tick_us, self.disk_us = generator, tick_us, disk_us
        self.rate_ppm = EXACT_PPM
        self.slow_disks: dict[int, tuple[int, int]] = {}
        """By the fault that slowed it; the newest counts."""
        self.paused_us = 0
        self.status = "up"
        self.epoch = 0
        self.boot(now_us=0)

    # -- life and death ------------------------------------------------------------------------------------------------------------

    def boot(self, *, now_us: int) -> None:
        """Start from what the disk holds; the machine is rebuilt from the snapshot and, as entries commit, from the log."""
        self.status = "up"
        self.epoch += 1
        self.base_us = now_us - self.generator.randrange(self.tick_us)
        self.base_ticks = 0
        self.node = Node(self.name, storage=self.storage, config=self.config, rules=self.rules, generator=self.generator)
        self.values: Frozen | None = None
        self.start_machine()
        self.inbox: deque[tuple[int, Message]] = deque()
        self.waiting: dict[int, Waiting] = {}
        self.reads: list[Read] = []
        self.busy_until_us: int | None = None
        self.unsaved: Ready | None = None
        self.wake_at_us: int | None = None
        self.alarm_ticks, self.alarm_role = NEVER_TICKS, "follower"
        self.log_key = (-1, -1, -1)
        self.cached_log: tuple[Entry, ...] = ()

    def start_machine(self) -> None:
        """Begin with the state machine as the snapshot holds it; a server with another machine has its own way."""
        self.machine = Machine(remembers_sessions=self.rules.client_sessions)
        self.machine.load(self.storage.snapshot.data)

    def crash(self) -> None:
        """Lose everything that is not on disk."""
        self.status = "stopped"
        self.epoch += 1
        self.inbox.clear()
        self.waiting.clear()
        self.reads.clear()
        self.busy_until_us = self.unsaved = self.wake_at_us = None

    @property
    def is_free(self) -> bool:
        """May it take the next message now?"""
        return self.status == "up" and self.busy_until_us is None

    # -- its clock -----------------------------------------------------------------------------------------------------------------

    def ticks_at(self, now_us: int) -> int:
        """What its own clock says at a true time."""
        passed_us = now_us - self.base_us
        if self.rate_ppm == EXACT_PPM:
            return self.base_ticks + passed_us // self.tick_us
        return self.base_ticks + passed_us * self.rate_ppm // EXACT_PPM // self.tick_us

    def true_us(self, ticks: int) -> int:
        """The true time at which its own clock will have reached `ticks`."""
        local_us = (ticks - self.base_ticks) * self.tick_us
        if self.rate_ppm != EXACT_PPM:
            local_us = -(-local_us * EXACT_PPM // self.rate_ppm)
        return self.base_us + local_us

    def drift(self, *, ppm: int, now_us: int) -> None:
        """From now on the clock gains (or loses) `ppm` microseconds per second."""
        self.base_ticks, self.base_us = self.ticks_at(now_us), now_us
        self.rate_ppm = EXACT_PPM + ppm

    def due_us(self) -> int | None:
        """When it must be woken for its next timer."""
        node = self.node
        wait_ticks = node.due_ticks()
        self.alarm_ticks, self.alarm_role = node.now_ticks + wait_ticks, node.role
        return None if wait_ticks >= NEVER_TICKS else self.true_us(self.alarm_ticks)

    # -- its state machine -----------------------------------------------------------------------------------------------------------

    def restore(self, snapshot: Snapshot) -> None:
        """Take over the applied state of a received snapshot."""
        self.machine.load(snapshot.data)
        self.values = None

    def apply(self, entries: tuple[Entry, ...]) -> list[tuple[Waiting, str]]:
        """Execute committed commands; returns the requests of clients that can now be answered."""
        answers = []
        for entry in entries:
            answer = self.machine.apply(entry.data) if entry.kind == "normal" and entry.data else ""
            waiting = self.waiting.pop(entry.index, None)
            if waiting is not None and waiting.term == entry.term:
                answers.append((waiting, answer))
        self.values = None  # the next frame takes a new picture of the machine
        return answers

    def snapshot(self) -> Snapshot:
        """Write a snapshot of everything applied, and forget the log up to there."""
        snapshot = self.node.compact(self.node.last_applied, self.machine.dump())
        self.storage.compact(snapshot)
        return snapshot

    # -- its picture -----------------------------------------------------------------------------------------------------------------

    def take_frame(self) -> Frozen:
        """Its state as a frozen value, the log shared with the last frame if it is the same."""
        node, is_up = self.node, self.status == "up"
        log = node.log
        key = (log.truncations, log.snapshot_index, log.last_index)
        if key != self.log_key:
            self.log_key, self.cached_log = key, tuple(log.entries)
        values = self.values = Frozen(self.machine.values) if self.values is None else self.values
        runs_timer = is_up and node.role != "leader" and node.is_voter
        return node_frame(
            node,
            status=self.status,
            timer_due_us=self.true_us(node.deadline_ticks) if runs_timer else None,
            timer_total_us=node.timeout_ticks * self.tick_us,
            heartbeat_due_us=self.true_us(node.heartbeat_due_ticks) if is_up and node.role == "leader" else None,
            machine=values if is_up else EMPTY,
            log=self.cached_log,
            disk_busy_until_us=self.busy_until_us,
        )

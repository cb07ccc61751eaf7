"""The five replicas in simulated time: who leads, what the log says, and a new master's first seconds.

The servers are those of `k8sedu.raft`. Who wins an election is not yet a working master: it has to go through its state first
(`rebuild_us`), which takes some seconds in a small cell and most of a minute in a large one.

Source: Verma et al., EuroSys 2015, section 3.1: a failover takes about 10 s, up to a minute in a large cell. How these come about is our
model: a silent leader is given up after 6 to 10 s (the paper's replicas wait for a Chubby lock to run out), votes take milliseconds, and
the new master needs 4 s and 0.24 ms for each machine and task, which is a minute for 10,000 machines with 200,000 tasks.
Left out: lost messages; lessons 1 to 3 lose enough of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import simpy

from k8sedu.borg.borgmaster import CellState, Outcome
from k8sedu.borg.checkpoint import Checkpoint
from k8sedu.raft.config import Config
from k8sedu.raft.sim.replicas import Replicas
from k8sedu.sim.network import Network

TICK_US = 100_000
CONFIG = Config(election_ticks_min=60, election_ticks_max=100, heartbeat_ticks=10, pre_vote=True, check_quorum=True)
REBUILD_US, REBUILD_US_PER_OBJECT = 4_000_000, 240
LAN = Network(delay_ms=(0.5, 1.5))
TOLD = frozenset({"election_timeout", "grant_vote", "become_candidate", "become_leader", "restore_snapshot"})
"""What of a server's own events is worth a step."""

Told = Callable[[str, str, Mapping[str, Any]], None]


class Applied(NamedTuple):
    """A change that a majority has: who applied it first, its place in the log, its line, and what it did."""

    replica: str
    position: int
    line: str
    outcome: Outcome


def rebuild_us(objects: int) -> int:
    """How long a new master goes through a state of so many machines and tasks before it works.

    >>> rebuild_us(30), rebuild_us(210_000)
    (4007200, 54400000)
    """
    return REBUILD_US + REBUILD_US_PER_OBJECT * objects


class Masters:
    """The replicas of one Borgmaster.

    Args:
        env: the time, in microseconds.
        state: makes the state that the cell begins with, once for each replica.
        told: is told (kind, replica, detail) of elections, failures, and of a master that is ready.
        settled: is given each change of the log once, when it first takes effect anywhere.
    """

    def __init__(
        self, env: simpy.Environment, names: Iterable[str], state: Callable[[], CellState], *, seed: int, told: Told,
        settled: Callable[[Applied], None], config: Config = CONFIG,
    ) -> None:  # fmt: skip
        self.env, self.told, self.settled = env, told, settled
        self.names = tuple(names)
        self.group = Replicas(env, self.names, machine=state, seed=seed, config=config, tick_us=TICK_US, network=LAN)
        self.group.on_event, self.group.on_applied = self._event, self._applied
        self.position = 0
        """How much of the log has taken effect."""
        self.ready: str | None = None
        """The replica that is the working master."""
        self.leading: dict[str, int] = {}
        """Who believes to lead → in which term."""
        self.worked = False

    def start(self) -> None:
        """Switch the replicas on; the first one stands for election at once, so that a run begins with a master."""
        self.group.start()
        self.group.campaign(self.names[0])

    def state_of(self, name: str) -> CellState:
        """A replica's own copy of the cell's state."""
        machine = self.group.members[name].machine
        assert isinstance(machine, CellState)
        return machine

    @property
    def state(self) -> CellState | None:
        """The working master's copy."""
        return self.state_of(self.ready) if self.ready else None

    def propose(self, line: str) -> bool:
        """Ask the working master to write a change; it takes effect when a majority has it. False when nobody works."""
        return self.ready is not None and self.ready == self.group.leader and self.group.propose(line) is not None

    def is_up(self, name: str) -> bool:
        """Whether a replica runs."""
        return self.group.members[name].is_up

    # -- failures ----------------------------------------------------------------------------------------------------------------------

    def crash(self, name: str) -> bool:
        """A replica stops; its disk stays. False if it was down."""
        if not self.is_up(name):
            return False
        self.group.crash(name)
        self.told("replica_down", name, {"leader": name in self.leading})
        self._stops_leading(name)
        return True

    def restart(self, name: str) -> bool:
        """A replica starts from its checkpoint and catches up from the others. False if it was up."""
        if self.is_up(name):
            return False
        self.group.restart(name)
        disk = self.group.members[name].disk
        self.told("replica_up", name, {"snapshot": disk.snapshot.index, "log": len(disk.entries)})
        return True

    def partition(self, groups: Iterable[Iterable[str]]) -> None:
        """The replicas fall into groups that do not hear each other; who is not named forms another."""
        named = tuple(tuple(group) for group in groups)
        self.group.partition(named)
        self.told("partition", "", {"groups": named})

    def heal(self) -> None:
        """All replicas hear each other again."""
        self.group.heal()
        self.told("heal", "", {})

    # -- checkpoints -------------------------------------------------------------------------------------------------------------------

    def compact(self) -> None:
        """Each replica that runs writes a checkpoint: a snapshot of its state in place of the log so far."""
        for name, member in self.group.members.items():
            applied = member.node.last_applied
            if member.is_up and applied > member.disk.snapshot.index:
                member.disk.compact(member.node.compact(applied, member.machine.dump()))
                if name == self.ready:
                    self.told("checkpoint", name, {"index": applied, "changes": self.state_of(name).changes})

    def checkpoint(self, name: str) -> Checkpoint:
        """What a replica's disk holds, up to what is known to be agreed on."""
        member = self.group.members[name]
        kept = [entry for entry in member.disk.entries if entry.index <= member.node.last_applied]
        return Checkpoint(member.disk.snapshot.data, tuple(entry.data for entry in kept if entry.kind == "normal" and entry.data))

    # -- inside ------------------------------------------------------------------------------------------------------------------------

    def _event(self, name: str, kind: str, detail: Mapping[str, Any]) -> None:
        if kind == "become_leader":
            self._begins_to_lead(name, detail["term"])
        elif kind == "become_follower":
            self._stops_leading(name)
        if kind in TOLD:
            self.told(kind, name, detail)

    def _begins_to_lead(self, name: str, term: int) -> None:
        self.leading[name] = term
        objects = self.state_of(name).objects
        wait_us = rebuild_us(objects) if self.worked else 0
        self.env.timeout(wait_us).callbacks.append(lambda _: self._is_ready(name, term, objects))

    def _is_ready(self, name: str, term: int, objects: int) -> None:
        if self.is_up(name) and self.leading.get(name) == term:
            self.ready, self.worked = name, True
            self.told("master_ready", name, {"term": term, "objects": objects})

    def _stops_leading(self, name: str) -> None:
        self.leading.pop(name, None)
        if self.ready == name:
            self.ready = None
            self.told("master_lost", name, {})

    def _applied(self, name: str, position: int, line: str, outcome: object) -> None:
        if position > self.position:
            self.position = position
            assert isinstance(outcome, Outcome)
            self.settled(Applied(name, position, line, outcome))

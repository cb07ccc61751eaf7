"""How long a cell is without a master, measured over many failovers and cells of any size.

The election is simulated with five real servers of `k8sedu.raft`; how long the winner goes through its state is the model of `masters`, so
that nobody has to build a cell of 200,000 tasks five times to learn that it is large.

Source: Verma et al., EuroSys 2015, section 3.1: about 10 s, and up to a minute in a large cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import simpy

from k8sedu.borg.borgmaster import REPLICAS, CellState
from k8sedu.borg.sim.masters import Masters, rebuild_us
from k8sedu.errors import K8sEduError

SETTLE_US = 5_000_000
LONGEST_US = 120_000_000


class FailoverError(K8sEduError, ValueError):
    """A cell of less than nothing."""


class Failover(NamedTuple):
    """The phases of one failover, in seconds."""

    silence_s: float
    votes_s: float
    state_s: float

    @property
    def whole_s(self) -> float:
        """From the loss of the master until another one works."""
        return self.silence_s + self.votes_s + self.state_s


def failover(*, seed: int = 0, machines: int = 30, tasks: int = 300) -> Failover:
    """Let a master crash, and see how long it takes until another one works.

    >>> small, large = failover(), failover(machines=10_000, tasks=200_000)
    >>> 8 < small.whole_s < 15, 50 < large.whole_s < 70
    (True, True)

    Raises:
        FailoverError: fewer than no machines or tasks.
    """
    if machines < 0 or tasks < 0:
        raise FailoverError(f"met a cell of {machines} machines and {tasks} tasks, expected numbers from 0 on")
    env, heard = simpy.Environment(initial_time=0), list[tuple[str, int]]()

    def told(kind: str, _actor: str, _detail: Mapping[str, Any]) -> None:
        heard.append((kind, int(env.now)))

    masters = Masters(env, REPLICAS, lambda: CellState([]), seed=seed, told=told, settled=lambda _: None)
    masters.start()
    env.run(until=SETTLE_US)
    heard.clear()
    masters.crash(REPLICAS[0])
    while not any(kind == "become_leader" for kind, _ in heard) and env.now < LONGEST_US:
        env.step()
    elected_us = int(env.now)
    stood_us = max((at_us for kind, at_us in heard if kind == "election_timeout"), default=elected_us)
    return Failover((stood_us - SETTLE_US) / 1e6, (elected_us - stood_us) / 1e6, rebuild_us(machines + tasks) / 1e6)

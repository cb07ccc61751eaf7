"""Which machines answer, and how fast the master gives up those that do not.

A machine that has left several polls unanswered is taken for down, and its tasks are placed elsewhere. But from the master's chair a
thousand dead machines look like one broken switch, and behind a broken switch the tasks still run. So the master gives up silent machines
one after the other, with a pause between: a single machine is given up at once, of a whole row most come back before it is their turn.

Source: Verma et al., EuroSys 2015, sections 3.3 (missed polls) and 4 ("rate-limits finding new places for tasks from machines that become
unreachable, because it cannot distinguish between large-scale machine failure and a network partition").
Left out: disruptions per job, which Borg counts as well.
"""

from __future__ import annotations

from collections.abc import Iterable

from k8sedu.errors import K8sEduError

MISSED_MAX = 3
DRAIN_EVERY_MS = 10_000


class ReachabilityError(K8sEduError, ValueError):
    """Numbers with which no machine could be watched."""


class Reachability:
    """The elected master's knowledge of who answers. It is not in the log: a new master begins with the assumption that all do.

    >>> watch = Reachability(missed_max=2, drain_every_ms=5_000)
    >>> watch.missed("m1"), watch.missed("m1"), watch.missed("m2"), watch.missed("m2")
    (False, True, False, True)
    >>> watch.due(now_ms=0), watch.due(now_ms=1_000), watch.due(now_ms=5_000)
    ('m1', None, 'm2')

    Args:
        missed_max: how many polls in a row may stay unanswered.
        drain_every_ms: at most one machine is given up in this time; 0 gives up all at once.
    """

    def __init__(self, *, missed_max: int = MISSED_MAX, drain_every_ms: int = DRAIN_EVERY_MS) -> None:
        if missed_max < 1 or drain_every_ms < 0:
            raise ReachabilityError(f"met {missed_max} missed polls and {drain_every_ms} ms, expected at least 1 and 0")
        self.missed_max, self.drain_every_ms = missed_max, drain_every_ms
        self.counts: dict[str, int] = {}
        self.silent: dict[str, None] = {}
        """Unreachable, and not given up yet, the longest silent first."""
        self._drained_ms: int | None = None

    def missed(self, machine: str) -> bool:
        """A poll was not answered; True when that makes the machine unreachable."""
        self.counts[machine] = count = self.counts.get(machine, 0) + 1
        if count != self.missed_max:
            return False
        self.silent[machine] = None
        return True

    def answered(self, machine: str) -> bool:
        """A poll was answered; True when the machine had been unreachable."""
        was_silent = self.counts.pop(machine, 0) >= self.missed_max
        self.silent.pop(machine, None)
        return was_silent

    def due(self, *, now_ms: int) -> str | None:
        """The next machine to be given up, if one may be given up now."""
        if not self.silent or (self._drained_ms is not None and now_ms - self._drained_ms < self.drain_every_ms):
            return None
        self._drained_ms = now_ms
        machine = next(iter(self.silent))
        del self.silent[machine]
        return machine

    def begin_anew(self, machines: Iterable[str] = ()) -> None:
        """A new master: nothing is known, except that these have been given up before."""
        self.counts = dict.fromkeys(machines, self.missed_max)
        self.silent.clear()
        self._drained_ms = None

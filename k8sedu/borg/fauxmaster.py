"""The Fauxmaster: the real code of master and scheduler over a checkpoint, with borglets that obey at once.

Nobody tries out a new configuration on a cell that carries a search engine. So one takes a checkpoint of it, and asks: what would a pass
place now? How many more such tasks would fit? Whom would this job push out? Nothing real is touched, and the answers are those of the real
code.

Source: Verma et al., EuroSys 2015, section 3.1: for debugging, for capacity planning, and before a cell's configuration is changed.
Left out: real binaries, and everything that takes time.
"""

from __future__ import annotations

from random import Random
from typing import NamedTuple

from k8sedu.borg.borglet import Borglet
from k8sedu.borg.borgmaster import CellState, change, job_as_json
from k8sedu.borg.cached_copy import CachedCopy
from k8sedu.borg.checkpoint import Checkpoint
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import Scheduler
from k8sedu.borg.scoring import SCORERS
from k8sedu.workload.jobs import Job


class Answer(NamedTuple):
    """What came of a question: what was placed where, what would not fit, and who was evicted."""

    placed: tuple[tuple[str, str], ...]
    refused: tuple[str, ...]
    evicted: tuple[str, ...]


class Fauxmaster:
    """A checkpoint that can be asked.

    >>> from k8sedu.workload import Job, Machine, Resources
    >>> state = CellState([Machine("m1", Resources.of(cpu="4"))])
    >>> state.submit(Job("batch", "ann", Resources.of(cpu="1"), tasks=3, priority=100))
    >>> faux = Fauxmaster(Checkpoint(state.dump(), ()))
    >>> faux.schedule_all_pending().placed
    (('batch/0', 'm1'), ('batch/1', 'm1'), ('batch/2', 'm1'))
    >>> web = Job("web", "bob", Resources.of(cpu="2"), priority=200)
    >>> faux.how_many_fit(web), faux.would_evict(web)
    (0, ('batch/2',))

    Args:
        checkpoint: what to begin with.
        count: after so many of its changes; all of them without a number.
        scorer: how machines are judged.
    """

    def __init__(self, checkpoint: Checkpoint, *, count: int | None = None, scorer: str = "hybrid") -> None:
        self.state = checkpoint.replay(count)
        self.scorer = scorer
        self.borglets = {name: Borglet(name) for name in self.state.books.machines}
        for placed in self.state.books.placed():
            self.borglets[placed.machine].start(placed.task)

    def submit(self, job: Job) -> None:
        """Add a job, as its user would."""
        self.state.apply(change("submit", job=job_as_json(job)))

    def schedule_all_pending(self) -> Answer:
        """One pass over everything that waits; what it decides is carried out here."""
        copy = CachedCopy(self.state, PendingQueue())
        done = Scheduler(copy.cell, rng=Random(0), scorer=SCORERS[self.scorer]).schedule(copy.queue)  # one question, one answer
        placed, evicted = list[tuple[str, str]](), list[str]()
        for decision in done.placed:
            victims = [victim.name for victim in decision.victims]
            outcome = self.state.apply(change("place", task=decision.task.name, machine=decision.machine, victims=victims))
            assert not outcome.refused, outcome.refused
            for victim in victims:
                self.borglets[decision.machine].stop(victim)
            self.borglets[decision.machine].start(decision.task.name)
            placed.append((decision.task.name, decision.machine))
            evicted += victims
        return Answer(tuple(placed), tuple(task.name for task in done.refused), tuple(evicted))

    def how_many_fit(self, job: Job, *, most: int = 1_000) -> int:
        """How many tasks like those of this job would find room beside what is here, nobody evicted; this cell stays as it is."""
        return len(self._asked(job._replace(tasks=most, priority=0)).placed)

    def would_evict(self, job: Job) -> tuple[str, ...]:
        """Who would be pushed out if this job came; this cell stays as it is."""
        return self._asked(job).evicted

    def _asked(self, job: Job) -> Answer:
        """The same question to a copy in which nothing else waits."""
        other = Fauxmaster(Checkpoint(self.state.dump(), ()), scorer=self.scorer)
        other.state.pending.clear()
        other.submit(job._replace(name=_free_name(job.name, other.state)))
        return other.schedule_all_pending()

    def check(self) -> None:
        """Assert that the borglets run what the state says."""
        self.state.check()
        for name, borglet in self.borglets.items():
            assert sorted(borglet.running) == sorted(placed.task for placed in self.state.books.on(name)), name


def _free_name(name: str, state: CellState) -> str:
    while name in state.jobs:
        name += "-again"
    return name

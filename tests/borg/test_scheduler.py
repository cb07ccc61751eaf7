"""The scheduler against a naive twin: the same rules in plain Python, machine by machine, with nothing remembered."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8sedu.borg import invariants
from k8sedu.borg.bands import is_prod
from k8sedu.borg.cell import Cell
from k8sedu.borg.jobs import BorgJob, Constraint, Task, tasks_of
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import ALL_OFF, ALL_ON, Scheduler, Switches
from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.weights import PACKING, Weights
from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Machine
from k8sedu.workload.resources import GIB, Resources

EXACT = [
    ALL_OFF,
    ALL_OFF._replace(equivalence_classes=True),
    ALL_OFF._replace(score_caching=True),
    ALL_ON._replace(relaxed_randomization=False),
]
"""The settings that remember and do not choose differently."""
EVERY = [Switches(bool(bits & 1), bool(bits & 2), bool(bits & 4), enough=3) for bits in range(8)]


def machines(rng: Random, count: int) -> list[Machine]:
    """Small machines of two shapes in three racks, some with flash."""
    sizes = ((8_000, 16 * GIB), (4_000, 32 * GIB))
    return [
        Machine(f"m{n}", Resources(*rng.choice(sizes)), Frozen(rack=f"r{n % 3}", flash=rng.choice(("yes", "no")))) for n in range(count)
    ]


def jobs(rng: Random, count: int) -> list[BorgJob]:
    """Jobs of every band, some picky, some with wishes and packages."""
    flash = (Constraint("flash", "yes"),)
    return [
        BorgJob(
            f"j{n}", f"u{rng.randrange(3)}", Resources(rng.choice((500, 1_000, 2_000, 3_000)), rng.choice((1, 2, 4, 8)) * GIB),
            tasks=rng.randint(1, 5), priority=rng.choice((0, 25, 100, 110, 120, 200, 300, 400)), ports=rng.choice((0, 1)),
            hard=flash if rng.random() < 0.2 else (), soft=flash if rng.random() < 0.3 else (),
            packages=("p",) if rng.random() < 0.3 else (),
        )
        for n in range(count)
    ]  # fmt: skip


def naive(cell: Cell, task: Task, weights: Weights) -> tuple[str, list[Task]] | None:
    """Where the hybrid puts a task, and whom it evicts: every machine looked at, from its list of tasks alone."""
    best: tuple[float, str, list[Task]] | None = None
    for at, machine in enumerate(cell.machines):
        found = judge(cell, at, machine, task, weights)
        if found is not None and (best is None or found[0] > best[0]):
            best = (found[0], machine.name, found[1])
    return best and (best[1], best[2])


def judge(cell: Cell, at: int, machine: Machine, task: Task, weights: Weights) -> tuple[float, list[Task]] | None:
    """The score of one machine, and the victims there."""
    prod, here = is_prod(task.priority), list(cell.on(at))
    facts = {(key, str(value)) for key, value in machine.attributes.items()}
    if not cell.up[at] or any(((c.key, c.value) in facts) != c.wanted for c in task.requirement.hard):
        return None
    held = {each: each.limit if prod else cell.reservation(each) for each in here}
    whole = [*machine.capacity, cell.ports]
    free = [have - sum(held[each][row] for each in here) for row, have in enumerate(whole)]
    now, victims = list(free), list[Task]()
    limit = 120 if 120 <= task.priority < 360 else task.priority
    for each in sorted([one for one in here[::-1] if one.priority < limit], key=lambda one: one.priority):
        if all(need <= have or not need for need, have in zip(task.limit, now, strict=True)):
            break
        victims.append(each)
        now = [have + mine for have, mine in zip(now, held[each], strict=True)]
    if any(need > have for need, have in zip(task.limit, now, strict=True) if need):
        return None
    before = [max(free[row] / whole[row], 0.0) for row in (0, 1)]
    after = [max((free[row] - task.limit[row]) / whole[row], 0.0) for row in (0, 1)]
    left = sum(after) / 2
    score = 1 - left - 2 * ((left - min(after)) - (sum(before) / 2 - min(before)))
    met = [((c.key, c.value) in facts) == c.wanted for c in task.requirement.soft]
    score += weights.soft * sum(met) / len(met) if met else 0
    score += weights.packages if task.requirement.packages and cell.package("p")[at] else 0
    score += weights.mix if any(is_prod(each.priority) != prod for each in here) else 0
    mates = [one for one in cell.running() if one.job.name == task.job.name]
    racks = [cell.machines[cell.number(cell.where(one) or "")].attributes.rack for one in mates]
    crowd = sum(cell.where(one) == machine.name for one in mates) + racks.count(machine.attributes.rack)
    score -= weights.spread * crowd / (2 * task.job.tasks)
    return score - weights.eviction * sum(1 + victim.priority / 1_000 for victim in victims), victims


@pytest.mark.parametrize("seed", range(4))
def test_it_decides_as_its_naive_twin(seed: int) -> None:
    """With all switches off, machine and victims are those of plain Python, with every criterion in the score."""
    rng = Random(seed)
    cell, queue = Cell(machines(rng, 7)), PendingQueue(task for job in jobs(rng, 12) for task in tasks_of(job))
    scheduler = Scheduler(cell, rng=rng, switches=ALL_OFF)
    for task in queue.scan():
        expected = naive(cell, task, Weights())
        met = scheduler.decide(task)
        assert (met and (met.machine, list(met.victims))) == expected, task
        if met is not None:
            scheduler.apply(met)
            queue.extend(met.victims)
    cell.check()


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("weights", [Weights(), PACKING], ids=["weights", "packing"])
def test_memory_changes_no_decision(seed: int, weights: Weights) -> None:
    """Score caching and equivalence classes decide, over several passes, what a scheduler without memory decides."""
    runs = [several_passes(seed, switches, weights) for switches in EXACT]
    assert all(run[0] == runs[0][0] for run in runs)
    off, classes, caching, both = (run[1] for run in runs)
    assert both <= classes < off
    assert both <= caching <= off


def several_passes(seed: int, switches: Switches, weights: Weights) -> tuple[list[object], int]:
    """Three passes with tasks that end in between: all decisions, and the examinations that they took."""
    rng = Random(seed)
    cell, made = Cell(machines(rng, 8)), jobs(rng, 14)
    queue = PendingQueue(task for job in made for task in tasks_of(job))
    scheduler, told = Scheduler(cell, rng=Random(1), switches=switches, weights=weights), list[object]()
    for _ in range(3):
        told += [(each.task.name, each.machine, [one.name for one in each.victims]) for each in scheduler.schedule(queue).placed]
        for task in cell.running()[::5]:
            cell.remove(task)
    return told, scheduler.examiner.examinations


@pytest.mark.parametrize("switches", EVERY, ids=lambda each: "".join(str(int(flag)) for flag in each[:3]))
@pytest.mark.parametrize("scorer", SCORERS)
def test_the_promises_hold_after_every_pass(switches: Switches, scorer: str) -> None:
    """Whatever is on and whoever scores: nobody waits in vain, limits hold, production is safe from production."""
    rng = Random(5)
    cell, queue = Cell(machines(rng, 9)), PendingQueue(task for job in jobs(rng, 14) for task in tasks_of(job))
    scheduler = Scheduler(cell, rng=rng, switches=switches, scorer=SCORERS[scorer])
    for _ in range(2):
        done = scheduler.schedule(queue)
        invariants.check(cell, done.placed, queue)
        for task in cell.running()[::4]:
            cell.remove(task)
    cell.check()
    queue.check()


def test_relaxed_randomization_finds_the_only_machine() -> None:
    """However few machines are enough, a task that fits on one machine of the cell is placed there."""
    many = [Machine(f"m{n}", Resources(1_000, GIB)) for n in range(300)]
    cell = Cell([*many, Machine("big", Resources(8_000, GIB))])
    task = Task(BorgJob("j", "u", Resources(4_000), priority=200), 0)
    found = Scheduler(cell, rng=Random(3), switches=ALL_ON._replace(enough=2)).decide(task)
    assert found is not None
    assert found.machine == "big"


@settings(max_examples=12, stateful_step_count=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
class Life(RuleBasedStateMachine):
    """A cell lives: jobs come, tasks end, machines fail and return, reservations sink; promises and books hold throughout."""

    @initialize(seed=st.integers(0, 10_000), bits=st.integers(0, 7))
    def begin(self, seed: int, bits: int) -> None:
        """An empty cell, and some setting of the switches."""
        self.rng = Random(seed)
        self.cell, self.queue, self.number = Cell(machines(self.rng, 6)), PendingQueue(), 0
        self.scheduler = Scheduler(self.cell, rng=Random(seed), switches=EVERY[bits])

    @rule()
    def submit(self) -> None:
        """A job comes."""
        self.number += 1
        self.queue.extend(tasks_of(jobs(self.rng, 1)[0]._replace(name=f"job-{self.number}")))

    @rule()
    def work(self) -> None:
        """A whole pass keeps every promise."""
        done = self.scheduler.schedule(self.queue)
        invariants.check(self.cell, done.placed, self.queue)

    @rule(pick=st.integers(0, 1_000))
    def end(self, pick: int) -> None:
        """A task ends."""
        running = self.cell.running()
        if running:
            self.cell.remove(running[pick % len(running)])

    @rule(pick=st.integers(0, 1_000), percent=st.integers(10, 100))
    def reserve(self, pick: int, percent: int) -> None:
        """A reservation sinks, or rises again."""
        running = self.cell.running()
        if running:
            task = running[pick % len(running)]
            self.cell.reserve(task, tuple(most * percent // 100 for most in task.limit))

    @rule(at=st.integers(0, 5))
    def fail_or_return(self, at: int) -> None:
        """A machine fails, or is back."""
        if self.cell.up[at]:
            self.queue.extend(self.cell.lose(at))
        else:
            self.cell.return_(at)

    @invariant()
    def books_agree(self) -> None:
        """Columns, rows and lists of tasks say the same."""
        if hasattr(self, "cell"):
            self.cell.check()
            self.queue.check()


TestLife = Life.TestCase

"""What each idea of section 3.4 saves, counted in examinations.

The cell is packed from scratch, and then lives on for a few passes: some tasks end, their jobs submit them again, and whoever could not be
placed is looked at once more. Equivalence classes and relaxed randomization save in the first pass; score caching cannot, since nothing is
known yet: it saves in the later ones.

Source: Verma et al., EuroSys 2015, section 3.4: with all three on, minutes; with all three off, not finished after three days.
"""

from __future__ import annotations

from random import Random

from k8sedu.borg.cell import Cell
from k8sedu.borg.findings import SwitchCount
from k8sedu.borg.jobs import Task, tasks_of
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import ALL_OFF, ALL_ON, Scheduler, Switches
from k8sedu.borg.synthetic import Assumptions, SyntheticCell, make_cell
from k8sedu.borg.weights import PACKING
from k8sedu.raft.sim.experiments.runner import Block, Executor, measure
from k8sedu.sim.seeds import stream

IDEAS = ("score_caching", "equivalence_classes", "relaxed_randomization")

FULL = Assumptions(cpu_fill=0.95, memory_fill=0.95)
"""A cell that is asked for nearly everything it has, so that some tasks stay pending."""

CHURN = 0.02
"""The part of the running tasks that ends between two passes."""


def settings(enough: int = ALL_ON.enough) -> dict[str, Switches]:
    """All off, each alone on, each alone off, all on."""
    off, on = ALL_OFF._replace(enough=enough), ALL_ON._replace(enough=enough)
    only = {f"only {_words(idea)}": off._replace(**{idea: True}) for idea in IDEAS}
    without = {f"without {_words(idea)}": on._replace(**{idea: False}) for idea in IDEAS}
    return {"all off": off, **only, **without, "all on": on}


def switches(
    *,
    passes: int = 5,
    seed: int = 0,
    enough: int = 32,
    assumptions: Assumptions = FULL,
    executor: Executor | None = None,
    progress: bool | None = None,
) -> list[SwitchCount]:
    """Count the examinations of every setting, on the same cell.

    >>> found = switches(passes=1, assumptions=Assumptions(machines=30, jobs=30, tasks=150))
    >>> found[0].name, found[-1].name, found[0].scratch > 3 * found[-1].scratch
    ('all off', 'all on', True)
    """
    jobs = {name: (chosen, passes, assumptions) for name, chosen in settings(enough).items()}
    found = measure(_count, jobs, trials=1, seed=seed, executor=executor, progress=progress)
    return [SwitchCount(name, *found[name][0]) for name in jobs]


def _count(_block: Block, job: tuple[Switches, int, Assumptions], *, seed: int) -> list[tuple[int, int, int, float]]:
    chosen, passes, assumptions = job
    made = make_cell(stream(seed, "cell"), assumptions)
    cell, queue = Cell(made.machines), PendingQueue(task for job in made.jobs for task in tasks_of(job))
    scheduler = Scheduler(cell, rng=stream(seed, "scheduler"), weights=PACKING, switches=chosen)
    scheduler.schedule(queue)
    scratch, placed, cpu = scheduler.examiner.examinations, len(cell.running()), _cpu_percent(cell, made)
    churn = stream(seed, "churn")
    for _ in range(passes):
        _end_some(cell, queue, churn)
        scheduler.schedule(queue)
    return [(scratch, scheduler.examiner.examinations - scratch, placed, cpu)]


def _end_some(cell: Cell, queue: PendingQueue, rng: Random) -> None:
    """Some tasks end, and wait again; by name, so that every setting ends the same ones where they run."""
    running = sorted(cell.running(), key=lambda task: task.name)
    ended: list[Task] = rng.sample(running, max(1, int(len(running) * CHURN)))
    for task in ended:
        cell.remove(task)
        queue.add(task)


def _cpu_percent(cell: Cell, made: SyntheticCell) -> float:
    asked = sum(job.limit.cpu_millicores * job.tasks for job in made.jobs)
    return round(100 * int(cell.used()[0].sum()) / asked, 2)


def _words(idea: str) -> str:
    return idea.replace("_", " ")

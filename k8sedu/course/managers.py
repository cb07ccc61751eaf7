"""One workload, many managers: the same machines, jobs and failures under each of them.

A manager of the course is a function `simulate(workload, seed=…, duration_ms=…, faults=…, frames=…, **settings) -> Trace`. The table below
names them, with the settings that make them comparable; a new one is one line. Who knows no priorities ignores them, and who reschedules
nothing loses what a machine takes with it: that is the result, and no fault of the comparison.

    runs = compare(cell, faults=["at 14000 crash m2", "at 20000 crash master"])
    workload.views.comparison(runs)

In `faults`, `master` is whoever decides: Mesos' master, Swarm's manager, the elected Borgmaster, Kubernetes' scheduler.

Left out: tuning. Everybody runs with the defaults that their papers and documents give, as far as the model has them; Kubernetes alone is
told to give failed nodes up sooner, since with its defaults nothing would come of a failure within a run.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Executor
from functools import partial
from typing import Any, NamedTuple, Protocol

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.processes import chosen
from k8sedu.sim.faults import Fault
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload import Mix, Workload, make

MASTER = "master"

LARGE_TASKS = 200
"""From so many tasks on a run takes long enough that further processes pay."""


class UnknownManagerError(K8sEduError, LookupError):
    """A manager that the table does not name."""


class Simulate(Protocol):
    """What makes a system a manager of this course."""

    def __call__(
        self, workload: Workload | None = None, *, seed: int = 0, duration_ms: int = 30_000, faults: Iterable[Fault | str] = (),
        frames: bool = True, **settings: Any,
    ) -> Trace:  # fmt: skip
        """Run the workload."""


class Manager(NamedTuple):
    """One manager: where its `simulate` is, with which settings it runs, and what it calls the one who decides."""

    title: Words
    package: str
    settings: Mapping[str, Any] = {}
    master: str = MASTER

    @property
    def simulate(self) -> Simulate:
        """The function, imported now."""
        function: Simulate = importlib.import_module(self.package).simulate
        return function


SOONER = {"grace_period_ms": 6_000, "heartbeat_ms": 2_000, "monitor_ms": 1_000, "toleration_s": 0}
"""Kubernetes gives a silent node 50 s, and its pods five minutes more: longer than a run. Here it notices as soon as Borg does."""

MANAGERS = {
    "swarm-spread": Manager(Words("Swarm, spread", "Swarm 分散"), "k8sedu.swarm", {"strategy": "spread"}, master="manager"),
    "swarm-binpack": Manager(Words("Swarm, binpack", "Swarm 装箱"), "k8sedu.swarm", {"strategy": "binpack"}, master="manager"),
    "swarm-mode": Manager(Words("Swarm mode", "Swarm 模式"), "k8sedu.swarm", {"mode": "swarm"}, master="manager-1"),
    "mesos": Manager(Words("Mesos, two frameworks", "Mesos 两个框架"), "k8sedu.mesos", {"frameworks": "kinds"}),
    "borg": Manager(Words("Borg", "Borg"), "k8sedu.borg"),
    "kube": Manager(Words("Kubernetes", "Kubernetes"), "k8sedu.kube.scheduler", SOONER, master="scheduler"),
    "kube-most-allocated": Manager(Words("Kubernetes, MostAllocated", "Kubernetes MostAllocated"), "k8sedu.kube.scheduler",
                                   {**SOONER, "strategy": "MostAllocated"}, master="scheduler"),
}  # fmt: skip
"""All managers that can be compared, by the name that the command line takes."""

USUAL = ("swarm-spread", "swarm-binpack", "mesos", "borg")
"""Those that are compared where nobody says otherwise."""


def compare(
    workload: Workload | None = None,
    *,
    managers: Iterable[str] = USUAL,
    seed: int = 0,
    duration_ms: int = 30_000,
    faults: Iterable[Fault | str] = (),
    frames: bool = False,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> dict[str, Trace]:
    """Run one workload under each of these managers; a trace for each, in their order, and the same ones wherever they were computed.

    Args:
        workload: machines and jobs; None makes some from the seed, with two users.
        managers: names of `MANAGERS`.
        seed: of everything that is drawn at random.
        duration_ms: how long each run is.
        faults: what fails, and when; `master` is whoever decides.
        frames: keep the state after each step, for films.
        executor: a pool of concurrent.futures or a Dask client; it stays open. Otherwise a large workload starts processes of its own.
        workers: at most so many processes; one per processor otherwise.
        progress: whether a bar is shown; None is for a large workload where somebody may be looking.

    Raises:
        UnknownManagerError: a name is not in the table.
        K8sEduError: a fault or a duration makes no sense; the sentence is the manager's.
    """
    names = tuple(dict.fromkeys(managers))
    for name in names:
        found(name)  # better to hear of a wrong name before the first run than after the third
    given = workload if workload is not None else made(seed)
    plan = [fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults]
    is_large = sum(job.tasks for job in given.jobs) >= LARGE_TASKS
    run = partial(_run, given, plan, seed=seed, duration_ms=duration_ms, frames=frames)
    with chosen(executor, workers=workers, runs=len(names) if is_large else 1) as computing:
        runs = _mapped(computing, run, names)
        return dict(zip(names, _watched(runs, names, progress=progress if progress is not None or is_large else False), strict=True))


def _run(given: Workload, plan: list[Fault], name: str, *, seed: int, duration_ms: int, frames: bool) -> Trace:
    """One manager's run, in whichever process."""
    manager = found(name)
    faults = list(_addressed(plan, manager))
    return manager.simulate(given, seed=seed, duration_ms=duration_ms, faults=faults, frames=frames, **manager.settings)


def _mapped(executor: Executor | None, run: Callable[[str], Trace], names: tuple[str, ...]) -> Iterator[Trace]:
    """The runs in order; all are asked for at once, and none is left behind when one fails or somebody presses Ctrl-C."""
    if executor is None:
        yield from map(run, names)
        return
    futures = [executor.submit(run, name) for name in names]
    try:
        for future in futures:
            yield future.result()
    except BaseException:
        for future in futures:
            future.cancel()
        raise


def _watched(runs: Iterator[Trace], names: tuple[str, ...], *, progress: bool | None) -> Iterator[Trace]:
    """The runs, with a bar on the error stream that names the one that is waited for."""
    from tqdm.auto import tqdm

    is_seen = ("ipykernel" in sys.modules or sys.stderr.isatty()) if progress is None else progress
    with tqdm(total=len(names), unit=" managers", disable=not is_seen, leave=False) as bar:
        for name in names:
            bar.set_description(name)
            yield next(runs)
            bar.update()


def made(seed: int) -> Workload:
    """The workload that stands for "some workload": twelve machines, two users, more work than there is room for at the busiest time."""
    return make(stream(seed, "workload"), Mix(machines=12, jobs=40, users=2, mean_gap_ms=400))


def titled(runs: Mapping[str, Trace], language: str | None = None) -> dict[str, Trace]:
    """The same runs by the titles of their managers, for charts and tables."""
    return {found(name).title.in_(language): trace for name, trace in runs.items()}


def found(name: str) -> Manager:
    """The manager of this name.

    Raises:
        UnknownManagerError: the table does not name it.
    """
    if name not in MANAGERS:
        raise UnknownManagerError(f"met the manager {name!r}, expected one of {', '.join(MANAGERS)}")
    return MANAGERS[name]


def _addressed(plan: list[Fault], manager: Manager) -> Iterator[Fault]:
    """The faults in the words of this manager."""
    for fault in plan:
        if fault.arguments.get("node") == MASTER:
            yield fault._replace(arguments=fault.arguments.evolve(node=manager.master))
        else:
            yield fault

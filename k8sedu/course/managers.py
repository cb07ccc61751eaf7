"""One workload, many managers: the same machines, jobs and failures under each of them.

A manager of the course is a function `simulate(workload, seed=…, duration_ms=…, faults=…, frames=…, **settings) -> Trace`. The table below
names them, with the settings that make them comparable; a new one is one line. Who knows no priorities ignores them, and who reschedules
nothing loses what a machine takes with it: that is the result, and no fault of the comparison.

    runs = compare(cell, faults=["at 14000 crash m2", "at 20000 crash master"])
    workload.views.comparison(runs)

In `faults`, `master` is whoever decides: Mesos' master, Swarm's manager, the elected Borgmaster.

Left out: tuning. Everybody runs with the defaults that their papers and documents give, as far as the model has them.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.sim.faults import Fault
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload import Mix, Workload, make

MASTER = "master"


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


MANAGERS = {
    "swarm-spread": Manager(Words("Swarm, spread", "Swarm 分散"), "k8sedu.swarm", {"strategy": "spread"}, master="manager"),
    "swarm-binpack": Manager(Words("Swarm, binpack", "Swarm 装箱"), "k8sedu.swarm", {"strategy": "binpack"}, master="manager"),
    "swarm-mode": Manager(Words("Swarm mode", "Swarm 模式"), "k8sedu.swarm", {"mode": "swarm"}, master="manager-1"),
    "mesos": Manager(Words("Mesos, two frameworks", "Mesos 两个框架"), "k8sedu.mesos", {"frameworks": "kinds"}),
    "borg": Manager(Words("Borg", "Borg"), "k8sedu.borg"),
}
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
) -> dict[str, Trace]:
    """Run one workload under each of these managers; a trace for each, in their order.

    Args:
        workload: machines and jobs; None makes some from the seed, with two users.
        managers: names of `MANAGERS`.
        seed: of everything that is drawn at random.
        duration_ms: how long each run is.
        faults: what fails, and when; `master` is whoever decides.
        frames: keep the state after each step, for films.

    Raises:
        UnknownManagerError: a name is not in the table.
        K8sEduError: a fault or a duration makes no sense; the sentence is the manager's.
    """
    wanted = [(name, found(name)) for name in dict.fromkeys(managers)]
    given = workload if workload is not None else made(seed)
    plan = [fault if isinstance(fault, Fault) else Fault.parse(fault) for fault in faults]
    return {
        name: manager.simulate(
            given, seed=seed, duration_ms=duration_ms, faults=list(_addressed(plan, manager)), frames=frames, **manager.settings
        )
        for name, manager in wanted
    }


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

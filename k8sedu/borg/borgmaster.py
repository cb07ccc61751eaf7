"""The Borgmaster's state: what must survive when a master dies, as a machine that five replicas run alike.

Whatever the elected master decides becomes one line in the replicated log, and only when a majority of the five has it does it count.
Each replica applies the same lines in the same order to its own `CellState`, so whichever is elected next already has all of it. What the
master merely *guesses* (polls that went unanswered, shares of link shards, the scheduler's copy) is not in the log: it is found out anew.

Assignments come from a scheduler that works on a copy, and a copy may be old. So `apply` looks at each once more and refuses what no
longer holds: the task is placed already, the machine is down, the room is taken, a victim is gone. Nothing is locked; the scheduler's next
copy shows why, and it tries again. (Omega, later, made this its principle.)

Source: Verma et al., EuroSys 2015, sections 3.1, 3.4 (stale assignments), 4 (task::machine pairs that crashed are not repeated).
Left out: packages, the web interface, and the name service; `kubernetes` shows the last one.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.borg.bands import is_prod
from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.resources import Resources

REPLICAS = ("b1", "b2", "b3", "b4", "b5")
"""The five replicas of a Borgmaster."""


class ChangeError(K8sEduError, ValueError):
    """A line of the log that is no change of a cell."""


class Outcome(NamedTuple):
    """What became of a change: why it was refused ("" if it was not), and the tasks that it moved or took off."""

    refused: str = ""
    tasks: tuple[str, ...] = ()


def change(do: str, **what: Any) -> str:
    """A change as one line of the log.

    >>> change("place", task="web/0", machine="m1")
    '{"do":"place","machine":"m1","task":"web/0"}'
    """
    return json.dumps({"do": do, **what}, sort_keys=True, separators=(",", ":"))


class CellState:
    """Everything that the replicas agree on: jobs, which task runs where, machines that are down, pairs that crashed.

    >>> state = CellState([Machine("m1", Resources.of(cpu="4"))])
    >>> state.submit(Job("web", "ann", Resources.of(cpu="3"), tasks=2))
    >>> state.apply(change("place", task="web/0", machine="m1")).refused
    ''
    >>> state.apply(change("place", task="web/1", machine="m1")).refused
    'no room for web/1 on m1: too little cpu'
    >>> copy = CellState([])
    >>> copy.load(state.dump())
    >>> copy.dump() == state.dump(), list(copy.pending)
    (True, ['web/1'])

    Args:
        machines: all of the cell, up.
        overcommit: whether non-prod tasks may be given what others have asked for and do not use, as reclamation does. Then only what
            production has asked for is checked; what is used is the master's estimate, and no estimate is in the log.
        avoids_crashed_pairs: whether a task is never tried again where it has crashed.
    """

    def __init__(self, machines: Iterable[Machine], *, overcommit: bool = False, avoids_crashed_pairs: bool = True) -> None:
        self.avoids_crashed_pairs = avoids_crashed_pairs
        self.books = Cluster(machines, overcommit=overcommit)
        self.jobs: dict[str, Job] = {}
        self.pending: dict[str, None] = {}
        """The tasks that wait, in the order in which they began to."""
        self.crashed: dict[tuple[str, str], None] = {}
        """The pairs of task and machine that are not tried again."""
        self.changes = 0
        """How many lines were applied."""

    def job_of(self, task: str) -> Job:
        """The job of a task."""
        return self.jobs[task.rpartition("/")[0]]

    def submit(self, job: Job) -> None:
        """The same as the line that says so; for tests and lessons."""
        self.apply(change("submit", job=job_as_json(job)))

    def apply(self, line: str) -> Outcome:
        """Carry out one line of the log. The same lines give the same state on every replica. O(1) but for a lost machine.

        Raises:
            ChangeError: the line is none of the changes in `CHANGES`.
        """
        what = json.loads(line)
        carry_out = CHANGES.get(what.get("do"))
        if carry_out is None:
            raise ChangeError(f"met the change {what.get('do')!r}, expected one of {', '.join(CHANGES)}")
        self.changes += 1
        return carry_out(self, what)

    # -- the changes -------------------------------------------------------------------------------------------------------------------

    def _submit(self, what: Mapping[str, Any]) -> Outcome:
        job = job_from_json(what["job"])
        if job.name in self.jobs:
            return Outcome(f"the job {job.name} is there already")
        self.jobs[job.name] = job
        self.pending.update(dict.fromkeys(job.task_names))
        return Outcome(tasks=job.task_names)

    def _place(self, what: Mapping[str, Any]) -> Outcome:
        task, machine, victims = what["task"], what["machine"], tuple(what.get("victims", ()))
        refused = self.why_stale(task, machine, victims)
        if refused:
            return Outcome(refused)
        for victim in victims:
            self._unplace(victim)
            self.pending[victim] = None
        self.books.place(task, self.job_of(task), machine)
        del self.pending[task]
        return Outcome(tasks=(task, *victims))

    def why_stale(self, task: str, machine: str, victims: Iterable[str] = ()) -> str:
        """Why an assignment can no longer be carried out; "" when it can."""
        victims = tuple(victims)
        if task not in self.pending:
            where = self.books.where(task)
            return f"{task} runs on {where} already" if where else f"{task} does not wait any more"
        if machine not in self.books.machines or not self.books.is_up(machine):
            return f"{machine} is down"
        if (task, machine) in self.crashed:
            return f"{task} has crashed on {machine} before"
        gone = next((victim for victim in victims if self.books.where(victim) != machine), None)
        if gone is not None:
            return f"{gone} does not run on {machine} any more"
        return self._why_no_room(task, machine, victims)

    def _why_no_room(self, task: str, machine: str, victims: tuple[str, ...]) -> str:
        job, free = self.job_of(task), self.books.machines[machine].capacity
        if self.books.overcommit and not is_prod(job.priority):
            return ""
        for placed in self.books.on(machine):
            if placed.task not in victims and (is_prod(placed.job.priority) or not self.books.overcommit):
                free = free.minus(placed.job.request)
        lacking = job.request.lacking(free)
        return f"no room for {task} on {machine}: too little {' and '.join(lacking)}" if lacking else ""

    def _unplace(self, task: str) -> bool:
        if task not in self.books:
            return False
        self.books.remove(task)
        return True

    def _finish(self, what: Mapping[str, Any]) -> Outcome:
        done = tuple(task for task in what["tasks"] if self._unplace(task))
        return Outcome(tasks=done)

    def _fail(self, what: Mapping[str, Any]) -> Outcome:
        task, machine = what["task"], what["machine"]
        if self.avoids_crashed_pairs:
            self.crashed[task, machine] = None
        if self.books.where(task) == machine:
            self._unplace(task)
            self.pending[task] = None
            return Outcome(tasks=(task,))
        return Outcome()

    def _lost(self, what: Mapping[str, Any]) -> Outcome:
        """Tasks that a machine does not know any more, though they should run there: it was switched off and on between two polls."""
        lost = tuple(task for task in what["tasks"] if self.books.where(task) == what["machine"])
        for task in lost:
            self._unplace(task)
            self.pending[task] = None
        return Outcome(tasks=lost)

    def _down(self, what: Mapping[str, Any]) -> Outcome:
        lost = tuple(placed.task for placed in self.books.lose(what["machine"]))
        self.pending.update(dict.fromkeys(lost))
        return Outcome(tasks=lost)

    def _up(self, what: Mapping[str, Any]) -> Outcome:
        self.books.return_(what["machine"])
        return Outcome()

    # -- as a whole --------------------------------------------------------------------------------------------------------------------

    @property
    def objects(self) -> int:
        """Machines and tasks: what a new master has to go through before it can work."""
        return len(self.books.machines) + len(self.pending) + sum(1 for _ in self.books.placed())

    def dump(self) -> str:
        """The whole state as text: the snapshot part of a checkpoint."""
        machines = [[name, list(machine.capacity), dict(machine.attributes)] for name, machine in self.books.machines.items()]
        placed = [[one.task, one.machine] for one in self.books.placed()]
        down = [name for name in self.books.machines if not self.books.is_up(name)]
        whole = {
            "machines": machines, "overcommit": self.books.overcommit, "jobs": [job_as_json(job) for job in self.jobs.values()],
            "pending": list(self.pending), "placed": placed, "down": down, "crashed": [list(pair) for pair in self.crashed],
            "changes": self.changes, "avoids": self.avoids_crashed_pairs,
        }  # fmt: skip
        return json.dumps(whole, separators=(",", ":"))

    def load(self, text: str) -> None:
        """Become the state that a dump holds; an empty text is the beginning, in which this one is already."""
        if not text:
            return
        whole = json.loads(text)
        machines = [Machine(name, Resources(*capacity), Frozen(attributes)) for name, capacity, attributes in whole["machines"]]
        self.books = Cluster(machines, overcommit=whole["overcommit"])
        self.jobs = {job.name: job for job in map(job_from_json, whole["jobs"])}
        for task, machine in whole["placed"]:
            self.books.place(task, self.job_of(task), machine)
        for machine in whole["down"]:
            self.books.lose(machine)
        self.pending = dict.fromkeys(whole["pending"])
        self.crashed = dict.fromkeys((task, machine) for task, machine in whole["crashed"])
        self.changes, self.avoids_crashed_pairs = whole["changes"], whole["avoids"]

    def check(self) -> None:
        """Assert that nothing is in two places; O(tasks)."""
        self.books.check()
        for task in self.pending:
            assert task not in self.books, task
            assert task.rpartition("/")[0] in self.jobs, task


CHANGES: dict[str, Callable[[CellState, Mapping[str, Any]], Outcome]] = {
    "submit": CellState._submit,
    "place": CellState._place,
    "finish": CellState._finish,
    "fail": CellState._fail,
    "lost": CellState._lost,
    "down": CellState._down,
    "up": CellState._up,
}
"""What a line of the log may say."""


def job_as_json(job: Job) -> list[Any]:
    """A job as plain values, in the order of its fields."""
    return [list(value) if isinstance(value, Resources) else dict(value) if isinstance(value, Frozen) else value for value in job]


def job_from_json(values: list[Any]) -> Job:
    """The job that `job_as_json` wrote.

    >>> job = Job("web", "ann", Resources.of(cpu="1"), tasks=2, constraints=Frozen(ssd="yes"))
    >>> job_from_json(job_as_json(job)) == job
    True
    """
    fields = dict(zip(Job._fields, values, strict=True))
    return Job(**{**fields, "request": Resources(*fields["request"]), "constraints": Frozen(fields["constraints"])})

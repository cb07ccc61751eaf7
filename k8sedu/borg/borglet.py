"""The borglet: the agent on every machine, which starts and stops tasks and says what runs when it is asked.

A borglet never calls the master. It is *polled*, so the master alone decides how much traffic there is, and after a failure no storm of
reports breaks over a master that has just begun to work. Its answer is always the whole truth about the machine, never "what is new":
whoever has lost the last answer has lost nothing. A task that has ended stays in the report until the master has written it down
(`forget`), so a master that dies between hearing and writing costs nothing either.

When no master asks, a borglet simply goes on: tasks survive the loss of all masters.

Source: Verma et al., EuroSys 2015, section 3.3.
Left out: log rotation, health checks, and how a container is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.workload.resources import Resources

State: TypeAlias = Literal["running", "finished", "failed"]


class BorgletError(K8sEduError, ValueError):
    """An order that this borglet cannot carry out."""


class Running(NamedTuple):
    """What a borglet says of one task: its state, what it uses just now, and which start on this machine it was.

    Without the number, a task that failed, was started again and failed again between two polls would look as if nothing had happened.
    """

    state: State = "running"
    used: Resources = Resources()
    start: int = 1


class Report(NamedTuple):
    """The whole state of one machine: every task that it knows, in the order in which they were started."""

    machine: str
    tasks: Mapping[str, Running]

    @property
    def items(self) -> int:
        """How many lines the report has: one for the machine, one per task. What messages are measured in here."""
        return 1 + len(self.tasks)


class Borglet:
    """The agent of one machine.

    >>> borglet = Borglet("m1")
    >>> borglet.start("web/0")
    >>> borglet.end("web/0", "finished")
    >>> borglet.report().tasks["web/0"].state
    'finished'
    >>> borglet.forget(["web/0"])
    >>> borglet.report().items
    1
    """

    def __init__(self, machine: str) -> None:
        self.machine = machine
        self._tasks: dict[str, Running] = {}
        self._starts: dict[str, int] = {}

    def __contains__(self, task: str) -> bool:
        """Whether the task runs here now."""
        return task in self._tasks and self._tasks[task].state == "running"

    @property
    def running(self) -> tuple[str, ...]:
        """The tasks that run, in the order in which they were started."""
        return tuple(task for task, known in self._tasks.items() if known.state == "running")

    def start(self, task: str, used: Resources = Resources()) -> None:  # noqa: B008  # a NamedTuple never changes
        """Start a task; starting one that runs already is harmless, since the master may repeat an order.

        >>> borglet = Borglet("m1")
        >>> borglet.start("web/0"), borglet.start("web/0"), borglet.running
        (None, None, ('web/0',))
        """
        if task not in self:
            self._tasks.pop(task, None)
            self._starts[task] = number = self._starts.get(task, 0) + 1
            self._tasks[task] = Running("running", used, number)

    def stop(self, task: str) -> bool:
        """End a task on the master's order and forget it; False if it does not run here."""
        known = self._tasks.pop(task, None)
        return known is not None and known.state == "running"

    def end(self, task: str, state: State) -> None:
        """A task ends by itself: it has done its work, or it crashed.

        Raises:
            BorgletError: it does not run here.
        """
        if task not in self:
            raise BorgletError(f"{task} does not run on {self.machine}, expected one of {', '.join(self.running) or 'none'}")
        self._tasks[task] = Running(state, start=self._starts[task])

    def use(self, task: str, used: Resources) -> None:
        """What a running task uses has changed."""
        if task in self:
            self._tasks[task] = self._tasks[task]._replace(used=used)

    def forget(self, tasks: Iterable[str]) -> None:
        """The master has written down that these have ended."""
        for task in tasks:
            if task in self._tasks and task not in self:
                del self._tasks[task]

    def report(self) -> Report:
        """The answer to a poll: everything, every time. O(tasks)."""
        return Report(self.machine, dict(self._tasks))

    def crash(self) -> tuple[str, ...]:
        """The machine fails: what ran is lost, and so is what had ended and was not yet written down."""
        lost = self.running
        self._tasks.clear()
        return lost

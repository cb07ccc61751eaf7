"""Allocs: room that is reserved on a machine, whatever runs in it, and what runs in it.

An alloc is placed like a task and holds its room until it is given back, used or not. So a helper, a log saver for a web server say, always
finds a place beside it, and a task that is restarted keeps its place. If an alloc has to move, its tasks move along. Kubernetes made a pod
of this idea.

Source: Verma et al., EuroSys 2015, section 2.4.
Left out: allocs that grow and shrink while tasks run in them.
"""

from __future__ import annotations

from collections.abc import Mapping
from operator import ge, sub

from k8sedu.borg.jobs import Task


class Allocs:
    """Which allocs there are, what is left in each, and who runs in it.

    >>> from k8sedu.borg.jobs import BorgJob
    >>> from k8sedu.workload.resources import Resources
    >>> pair = Task(BorgJob("pair", "ann", Resources.of(cpu="2"), is_alloc_set=True), 0)
    >>> web = Task(BorgJob("web", "ann", Resources.of(cpu="1"), alloc_set="pair"), 0)
    >>> allocs = Allocs()
    >>> allocs.open(pair)
    >>> allocs.put(web, pair)
    >>> allocs.left(pair)[0], allocs.inside(pair), web in allocs
    (1000, (Task(web/0),), True)
    """

    def __init__(self) -> None:
        self._inside: dict[Task, dict[Task, None]] = {}
        self._alloc_of: dict[Task, Task] = {}

    def __contains__(self, task: Task) -> bool:
        """Whether a task runs in an alloc."""
        return task in self._alloc_of

    def open(self, alloc: Task) -> None:
        """An alloc is there, and empty."""
        self._inside[alloc] = {}

    def inside(self, alloc: Task) -> tuple[Task, ...]:
        """The tasks in an alloc; none for whatever is no alloc."""
        return tuple(self._inside.get(alloc, ()))

    def left(self, alloc: Task) -> tuple[int, ...]:
        """What its tasks have not taken of it. O(tasks inside)."""
        left = alloc.limit
        for task in self._inside[alloc]:
            left = tuple(map(sub, left, task.limit))
        return left

    def has_room(self, task: Task, alloc: Task) -> bool:
        """Whether a task fits into what is left."""
        return alloc in self._inside and all(map(ge, self.left(alloc), task.limit))

    def choose(self, task: Task) -> Task | None:
        """The alloc for a task whose job asks for an alloc set, None if there is none with room. O(allocs).

        The one with the task's own index comes first, so that a server and its log saver find each other.
        """
        wanted = [alloc for alloc in self._inside if alloc.job.name == task.requirement.alloc_set]
        wanted.sort(key=lambda alloc: (alloc.index != task.index, alloc.index))
        return next((alloc for alloc in wanted if self.has_room(task, alloc)), None)

    def put(self, task: Task, alloc: Task) -> None:
        """A task starts in an alloc."""
        self._inside[alloc][task] = None
        self._alloc_of[task] = alloc

    def leave(self, task: Task) -> None:
        """A task ends, inside of an alloc or not; or an alloc itself is given back."""
        self._inside.pop(task, None)
        if task in self._alloc_of:
            del self._inside[self._alloc_of.pop(task)][task]

    def check(self, where: Mapping[Task, int]) -> None:
        """Assert that nobody has more than was reserved, and that all who are together are on one machine. O(tasks)."""
        for alloc, tasks in self._inside.items():
            assert min(self.left(alloc)) >= 0, alloc
            assert all(where[task] == where[alloc] and self._alloc_of[task] is alloc for task in tasks), alloc

"""The pending queue: from high to low priority, and round robin between users within a priority.

Why round robin? Ann submits a job of ten thousand tasks, and a second later Bob one of a single task, both with the same priority. In the
order of arrival Bob waits until all of Ann's tasks were looked at: he is blocked behind the head of the line. Taking turns between users,
his is the second task of the scan. And why only *within* a priority? Because a high priority is meant to go first, whoever else waits.

`FifoQueue` is the order of arrival, to see the difference; with `blocking=True` it even stops a priority at the first task that fits
nowhere.

Source: Verma et al., EuroSys 2015, section 3.2.
Left out: the back-off of tasks that could not be placed for long.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from k8sedu.borg.jobs import Task
from k8sedu.errors import K8sEduError

ONE_LINE = ""
"""In a `FifoQueue` everybody stands in the same line."""


class QueueError(K8sEduError, ValueError):
    """A task that waits twice, or one that is taken out and does not wait."""


class PendingQueue:
    """Tasks that wait for a machine. A scan takes O(1) per task.

    >>> from k8sedu.borg.jobs import BorgJob, tasks_of
    >>> from k8sedu.workload.resources import Resources
    >>> small = Resources.of(cpu="1")
    >>> queue = PendingQueue()
    >>> queue.extend(tasks_of(BorgJob("big", "ann", small, tasks=3, priority=200)))
    >>> queue.extend(tasks_of(BorgJob("one", "bob", small, priority=200)))
    >>> queue.extend(tasks_of(BorgJob("top", "eve", small, priority=300)))
    >>> [task.name for task in queue.order()]
    ['top/0', 'big/0', 'one/0', 'big/1', 'big/2']
    """

    blocking = False

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._lines: dict[int, dict[str, deque[Task]]] = {}
        """priority → user → tasks; the users in the order of whose turn is next."""
        self._waiting: dict[Task, None] = {}
        self._kept: dict[Task, None] = {}
        self.extend(tasks)

    def __len__(self) -> int:
        """How many tasks wait."""
        return len(self._waiting)

    def __contains__(self, task: Task) -> bool:
        """Whether this task waits."""
        return task in self._waiting

    def __iter__(self) -> Iterator[Task]:
        """The tasks that wait, in the order in which they began to; `order` is the one in which they are looked at."""
        return iter(self._waiting)

    def line_of(self, task: Task) -> str:
        """In whose line a task stands: its user's."""
        return task.job.user

    def add(self, task: Task) -> None:
        """Put a task at the end of its user's line.

        Raises:
            QueueError: it waits already.
        """
        if task in self._waiting:
            raise QueueError(f"{task.name} waits already, expected a task that does not")
        self._waiting[task] = None
        self._lines.setdefault(task.job.priority, {}).setdefault(self.line_of(task), deque()).append(task)

    def extend(self, tasks: Iterable[Task]) -> None:
        """Add several, in their order."""
        for task in tasks:
            self.add(task)

    def remove(self, task: Task) -> None:
        """Take a task out that need not wait any more: it was killed. O(length of its line).

        Raises:
            QueueError: it does not wait.
        """
        if task not in self._waiting:
            raise QueueError(f"{task.name} does not wait, expected a pending task")
        del self._waiting[task]
        lines, user = self._lines[task.job.priority], self.line_of(task)
        lines[user].remove(task)
        if not lines[user]:
            del lines[user]

    def order(self) -> list[Task]:
        """The order in which a scan would look at the tasks now, without touching the queue. O(tasks)."""
        found = []
        for priority in sorted(self._lines, reverse=True):
            lines = [list(line) for line in self._lines[priority].values()]
            for turn in range(max(map(len, lines), default=0)):
                found += [line[turn] for line in lines if turn < len(line)]
        return found

    def scan(self) -> Iterator[Task]:
        """One pass over all pending tasks. Each task that comes out is off the queue, unless `keep` is said before the next one.

        Tasks that are added during the scan, victims of preemption above all, are met in the same scan where their turn is still to come.
        A scan may be left at any time; what it has not reached stays in its place.
        """
        done: dict[int, None] = {}
        try:
            while (priority := max((each for each in self._lines if each not in done), default=None)) is not None:
                done[priority] = None
                yield from self._turns(priority)
        finally:
            self._put_back()

    def keep(self, task: Task) -> None:
        """The task could not be placed: it goes on waiting, at its place in the line."""
        self._kept[task] = None

    def _turns(self, priority: int) -> Iterator[Task]:
        lines = self._lines[priority]
        while lines:
            user = next(iter(lines))
            task = lines[user].popleft()
            line = lines.pop(user)
            if line:
                lines[user] = line  # the user's next turn is after everybody else's
            del self._waiting[task]
            yield task
            if self.blocking and task in self._kept:
                break
        if not lines:
            del self._lines[priority]

    def _put_back(self) -> None:
        """Kept tasks stand in front again, in their old order; whose turn is next stays as it was."""
        kept: dict[tuple[int, str], list[Task]] = {}
        for task in self._kept:
            self._waiting[task] = None
            kept.setdefault((task.job.priority, self.line_of(task)), []).append(task)
        for (priority, user), tasks in kept.items():
            self._lines.setdefault(priority, {}).setdefault(user, deque()).extendleft(reversed(tasks))
        self._kept.clear()

    def check(self) -> None:
        """Assert that the lines and the set of those who wait agree; O(tasks)."""
        standing = [task for lines in self._lines.values() for line in lines.values() for task in line]
        assert len(standing) == len(self._waiting), (standing, list(self._waiting))
        assert all(task in self._waiting for task in standing)
        assert all(task.job.priority == priority for priority, lines in self._lines.items() for line in lines.values() for task in line)
        assert all(line for lines in self._lines.values() for line in lines.values()), "an empty line"


class FifoQueue(PendingQueue):
    """The same in the order of arrival within a priority: what round robin is good for, seen by its absence.

    >>> from k8sedu.borg.jobs import BorgJob, tasks_of
    >>> from k8sedu.workload.resources import Resources
    >>> big, one = (BorgJob(name, user, Resources(), tasks=n) for name, user, n in (("big", "ann", 3), ("one", "bob", 1)))
    >>> [task.name for task in FifoQueue([*tasks_of(big), *tasks_of(one)]).order()]
    ['big/0', 'big/1', 'big/2', 'one/0']

    Args:
        tasks: who waits from the start.
        blocking: stop a priority at the first task that fits nowhere, as a strict line would.
    """

    def __init__(self, tasks: Iterable[Task] = (), *, blocking: bool = False) -> None:
        super().__init__(tasks)
        self.blocking = blocking

    def line_of(self, task: Task) -> str:  # noqa: ARG002 (one line for all: the task makes no difference)
        """Everybody's line is the same one."""
        return ONE_LINE


def positions(queue: PendingQueue) -> dict[str, int]:
    """After how many decisions each user's first task is looked at: head-of-line blocking as a number; O(tasks).

    >>> from k8sedu.borg.jobs import BorgJob, tasks_of
    >>> from k8sedu.workload.resources import Resources
    >>> both = [BorgJob("big", "ann", Resources(), tasks=1_000), BorgJob("one", "bob", Resources())]
    >>> waiting = [task for job in both for task in tasks_of(job)]
    >>> positions(FifoQueue(waiting)), positions(PendingQueue(waiting))
    ({'ann': 0, 'bob': 1000}, {'ann': 0, 'bob': 1})
    """
    first: dict[str, int] = {}
    for position, task in enumerate(queue.order()):
        first.setdefault(task.job.user, position)
    return first

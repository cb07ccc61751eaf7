"""Swarm mode's scheduler: filters, a tree of preferences, and an order of nodes. No scores.

Tasks of one service and version are alike, so they are placed as a group. First the *tree*: a preference such as `node.labels.zone` splits
the nodes into branches, and tasks are dealt out so that the branches come to hold equally many of this service (not: of everything).
Within a branch nodes are ordered: a node where tasks of this service have failed at least five times within five minutes comes last; then
the one with fewer tasks of this service; then the one with fewer tasks at all. How much is left on a node does not matter as long as it is
enough: swarm mode always spreads, and cannot pack.

Source: moby/swarmkit, manager/scheduler/scheduler.go (scheduleTaskGroup, scheduleNTasksOnSubtree, scheduleNTasksOnNodes), nodeset.go.
Left out: the heap that keeps only as many nodes as there are tasks; here all nodes are sorted. Where Go walks a map in any order, names
decide, so that a run can be repeated.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cmp_to_key
from typing import NamedTuple

from k8sedu.swarm.mode.constraints import value_of
from k8sedu.swarm.mode.pipeline import NodeInfo, Pipeline, first_failing
from k8sedu.swarm.mode.store import Store
from k8sedu.swarm.mode.task import STATES, Task

FAILURES_MAX = 5
FAILURES_WINDOW_MS = 300_000


class Decision(NamedTuple):
    """What became of a task in one round: assigned to a node, or why not. `verdicts`: node → why it is out, or ""."""

    task: Task
    verdicts: dict[str, str]


class Failures:
    """Which services failed where, lately. It is in the leader's memory only: the next leader begins with none."""

    def __init__(self) -> None:
        self.when: dict[tuple[str, str, int], list[int]] = {}

    def add(self, task: Task, *, now_ms: int) -> None:
        """A task has failed on its node, or was rejected there."""
        self.when.setdefault((task.node, task.service, task.version), []).append(now_ms)

    def count(self, node: str, task: Task, *, now_ms: int) -> int:
        """How often tasks like this one failed there within the last five minutes."""
        times = self.when.get((node, task.service, task.version), [])
        return sum(now_ms - time_ms <= FAILURES_WINDOW_MS for time_ms in times)


class Branch:
    """A branch of the tree: how many tasks of the service it holds, and below it either further branches or nodes."""

    def __init__(self) -> None:
        self.tasks = 0
        self.next: dict[str, Branch] = {}
        self.nodes: list[NodeInfo] = []


class Round:
    """One round of the scheduler over the tasks that wait.

    >>> from k8sedu.swarm.mode.service import Spec
    >>> from k8sedu.swarm.mode.store import Node
    >>> store = Store()
    >>> for name in "ab":
    ...     store.put(Node(name))
    >>> for slot in (1, 2, 3):
    ...     store.put(Task(f"t{slot}", "web", 1, Spec("web:1"), slot=slot, state="pending"))
    >>> [(each.task.name, each.task.node) for each in Round(store, now_ms=0).decide()]
    [('web.1', 'a'), ('web.2', 'b'), ('web.3', 'a')]
    """

    def __init__(self, store: Store, *, now_ms: int, failures: Failures | None = None) -> None:
        self.store, self.now_ms = store, now_ms
        self.failures = failures or Failures()
        self.infos = {name: NodeInfo(node) for name, node in sorted(store.nodes.items())}
        for task in store.tasks.values():
            if task.is_active and task.node in self.infos:
                self.infos[task.node].add(task)

    def decide(self) -> list[Decision]:
        """First the tasks whose node is fixed (global services), then the others, group by group."""
        waiting = [task for task in self.store.tasks.values() if task.state == "pending" and task.is_wanted]
        decisions = [self._confirm(task) for task in waiting if task.node]
        groups: dict[tuple[str, int], list[Task]] = {}
        for task in waiting:
            if not task.node:
                groups.setdefault((task.service, task.version), []).append(task)
        for tasks in groups.values():
            decisions += Group(self, tasks).place()
        return decisions

    def assigned(self, task: Task, info: NodeInfo, message: str) -> Task:
        """Book a task on a node."""
        placed = task._replace(node=info.node.name, state="assigned", message=message, since_ms=self.now_ms)
        info.add(placed)
        return placed

    def verdicts(self, task: Task) -> dict[str, str]:
        """Node → the filter at which it is out, or an empty text."""
        return {name: getattr(first_failing(task, info), "name", "") for name, info in self.infos.items()}

    def _confirm(self, task: Task) -> Decision:
        info, pipeline = self.infos.get(task.node), Pipeline(task)
        if info is None or not pipeline.passes(info):
            return Decision(task._replace(message=pipeline.explain() or "no such node"), {task.node: pipeline.explain()})
        return Decision(self.assigned(task, info, "scheduler confirmed task can run on preassigned node"), {task.node: ""})


class Group:
    """Tasks of one service and version, which are dealt out together."""

    def __init__(self, around: Round, tasks: list[Task]) -> None:
        self.round, self.left = around, list(tasks)
        self.like = tasks[0]
        self.pipeline = Pipeline(self.like)
        self.decisions: list[Decision] = []

    def place(self) -> list[Decision]:
        """Deal out as many as find a place; the rest is told why not."""
        verdicts = self.round.verdicts(self.like)
        self._deal(len(self.left), self._tree())
        explanation = self.pipeline.explain()
        sorry = f"no suitable node ({explanation})" if explanation else "no suitable node"
        now = self.round.verdicts(self.like)
        placed = [decision._replace(verdicts=verdicts) for decision in self.decisions]
        return [*placed, *(Decision(task._replace(message=sorry), now) for task in self.left)]

    def _tree(self) -> Branch:
        root = Branch()
        for info in self.round.infos.values():
            branch, count = root, self._count(info)
            for preference in self.like.spec.preferences:
                value = value_of(info.node, preference)
                branch.tasks += count
                branch = branch.next.setdefault(value or "", Branch())
            branch.tasks += count
            if self.pipeline.passes(info):
                branch.nodes.append(info)
        return root

    def _deal(self, count: int, branch: Branch) -> int:
        """Deal out so many tasks below a branch; how many found a place. Branches are made even, and the full ones drop out."""
        if not branch.next:
            return self._fill(count, branch.nodes)
        dealt, held, full = 0, branch.tasks, list[str]()
        while dealt < count and len(full) < len(branch.next):
            each, more = divmod(held + count - dealt, len(branch.next) - len(full))
            for value, below in branch.next.items():
                if value in full or below.tasks > each or (below.tasks == each and not more):
                    continue
                wanted = each - below.tasks + (1 if more else 0)
                done = self._deal(wanted, below)
                if done < wanted:
                    full.append(value)
                    held -= below.tasks
                else:
                    more = max(0, more - 1)
                dealt += done
        return dealt

    def _fill(self, count: int, nodes: list[NodeInfo]) -> int:
        """Put tasks on the nodes of a branch: first fill up those with fewest, then go round.

        The walk looks at the next node only, never back. So where some nodes hold tasks of the service already, a round may leave the
        first one short: with 0, 0 and 2 tasks, four more make it 1, 3 and 2. That is how swarmkit does it.
        """
        ordered = sorted((info for info in nodes if self.pipeline.passes(info)), key=cmp_to_key(self._compare))
        full, at, dealt = list[int](), 0, 0
        while ordered and self.left and dealt < count and at >= 0:
            info = ordered[at % len(ordered)]
            task = self.round.assigned(self.left.pop(0), info, "scheduler assigned task to node")
            self.decisions.append(Decision(task, {}))
            dealt += 1
            if dealt < count:
                if at + 1 >= len(ordered) or self._compare(ordered[at + 1], info) < 0:
                    at += 1
                at = self._next_open(at, ordered, full)
        return dealt

    def _next_open(self, at: int, ordered: list[NodeInfo], full: list[int]) -> int:
        """The next node from here on that still comes into question, or -1; one that does not is not asked again."""
        for place in range(at, at + len(ordered)):
            if place % len(ordered) not in full:
                if self.pipeline.passes(ordered[place % len(ordered)]):
                    return place
                full.append(place % len(ordered))
        return -1

    def _compare(self, a: NodeInfo, b: NodeInfo) -> int:
        """Below zero where the first node is to be preferred."""
        failures = [self.round.failures.count(info.node.name, self.like, now_ms=self.round.now_ms) for info in (a, b)]
        if max(failures) >= FAILURES_MAX and failures[0] != failures[1]:
            return failures[0] - failures[1]
        mine, theirs = ((self._count(info), info.tasks) for info in (a, b))
        return (mine > theirs) - (mine < theirs)

    def _count(self, info: NodeInfo) -> int:
        return info.by_service.get(self.like.service, 0)


def changed(decisions: Iterable[Decision], store: Store) -> Iterator[Task]:
    """The tasks that a round has changed: those assigned, and those for which there is news about why not."""
    for task, _ in decisions:
        old = store.tasks[task.task_id]
        if (STATES[task.state], task.message) != (STATES[old.state], old.message):
            yield task

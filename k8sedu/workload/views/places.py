"""Where a task's block stands in the columns of its machine: whoever leaves makes a hole, and nobody else moves.

A picture in which everything slides down when one task ends cannot be followed. So a block keeps its place until its task leaves. A new one
goes into the lowest hole that is high enough; only where no hole is, though all together would do, the column is pushed together once.

Left out: places that are the same in all columns of a machine. A task may need much memory and little CPU.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple, TypeAlias

from k8sedu.trace import Frozen


class Span(NamedTuple):
    """A block's place in a column, in amounts of the resource: where it begins, from below, and how high it is."""

    start: int
    size: int

    @property
    def end(self) -> int:
        """Where the next one may begin."""
        return self.start + self.size


Columns: TypeAlias = Mapping[str, Mapping[str, Span]]
"""Resource → task → place."""


class Places:
    """Follows a schedule frame by frame.

    >>> def frame(*tasks):
    ...     machine = Frozen(capacity=Frozen(cpu=4), used=Frozen(), tasks=tasks)
    ...     return Frozen(machines=Frozen(m1=machine), tasks=Frozen({task: Frozen(request=Frozen(cpu=1)) for task in tasks}))
    >>> places = Places()
    >>> _ = places.follow(frame("a/0", "b/0"))
    >>> places.follow(frame("b/0"))["m1"]["cpu"]
    {'b/0': Span(start=1, size=1)}
    >>> places.follow(frame("b/0", "c/0"))["m1"]["cpu"]["c/0"]
    Span(start=0, size=1)
    """

    def __init__(self) -> None:
        self._seen: dict[str, tuple[str, ...]] = {}
        self._columns: dict[str, dict[str, dict[str, Span]]] = {}

    def follow(self, frame: Frozen) -> Mapping[str, Columns]:
        """The places of all blocks in the next frame; machines in which nothing happened cost nothing."""
        for name, machine in frame.machines.items():
            if self._seen.get(name) is not machine.tasks:
                self._seen[name] = machine.tasks
                self._columns[name] = {key: self._column(name, key, frame) for key in machine.capacity}
        return dict(self._columns)

    def _column(self, name: str, key: str, frame: Frozen) -> dict[str, Span]:
        machine = frame.machines[name]
        whole = max(machine.capacity[key], machine.used.get(key, 0))
        before = self._columns.get(name, {}).get(key, {})
        kept = {task: span for task, span in before.items() if task in machine.tasks and span.end <= whole}
        for task in machine.tasks:
            if task not in kept:
                size = frame.tasks[task].request.get(key, 0)
                kept = _pushed_together(kept) if _hole(kept, size, whole) is None else kept
                kept[task] = Span(_hole(kept, size, whole) or 0, size)
        return kept


def _hole(column: Mapping[str, Span], size: int, whole: int) -> int | None:
    """The lowest place where a block of this size fits."""
    start = 0
    for span in sorted(column.values()):
        if span.start - start >= size:
            return start
        start = max(start, span.end)
    return start if start + size <= whole else None


def _pushed_together(column: Mapping[str, Span]) -> dict[str, Span]:
    """The same blocks without holes, in their order."""
    packed, start = dict[str, Span](), 0
    for task, span in sorted(column.items(), key=lambda entry: entry[1].start):
        packed[task] = Span(start, span.size)
        start += span.size
    return packed

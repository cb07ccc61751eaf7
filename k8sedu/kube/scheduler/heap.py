"""A heap from which one can also take what is not on top: the form of the scheduler's queues.

Removing from the middle of a heap is dear, so what is taken out stays in the heap's list as a shell, and is thrown away when it comes to
the top. Shells are swept out when they are the larger part.

Source: kubernetes, pkg/scheduler/backend/heap/heap.go, which keeps an index of places instead.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

ItemT = TypeVar("ItemT")


class Heap(Generic[ItemT]):
    """Items by name, the smallest on top. Push, pop and remove cost O(log items) on average.

    >>> heap = Heap(lambda word: len(word))
    >>> for word in ("three", "a", "of"):
    ...     heap.push(word, word)
    >>> heap.remove("of"), heap.pop(), heap.peek(), len(heap)
    ('of', 'a', 'three', 1)

    Args:
        order: what items are compared by; of equals, the one that was pushed first is the smaller.
    """

    def __init__(self, order: Callable[[ItemT], Any]) -> None:
        self._order = order
        self._heap: list[tuple[Any, int, str]] = []
        self._items: dict[str, tuple[int, ItemT]] = {}
        self._pushed = 0

    def __len__(self) -> int:
        """How many items there are."""
        return len(self._items)

    def __contains__(self, name: str) -> bool:
        """Whether the item of that name is there."""
        return name in self._items

    def __iter__(self) -> Iterator[ItemT]:
        """The items from the smallest to the largest; O(items × log items)."""
        alive = sorted(entry for entry in self._heap if self._is_alive(entry))
        return (self._items[name][1] for _, _, name in alive)

    def push(self, name: str, item: ItemT) -> None:
        """Put an item in, in the place of an older one of that name."""
        self._pushed += 1
        self._items[name] = (self._pushed, item)
        heapq.heappush(self._heap, (self._order(item), self._pushed, name))
        if len(self._heap) > 2 * len(self._items) + 8:
            self._heap = [entry for entry in self._heap if self._is_alive(entry)]
            heapq.heapify(self._heap)

    def get(self, name: str) -> ItemT | None:
        """The item of that name."""
        found = self._items.get(name)
        return found[1] if found is not None else None

    def peek(self) -> ItemT | None:
        """The smallest item."""
        while self._heap and not self._is_alive(self._heap[0]):
            heapq.heappop(self._heap)
        return self._items[self._heap[0][2]][1] if self._heap else None

    def pop(self) -> ItemT | None:
        """The smallest item, taken out."""
        item = self.peek()
        if item is not None:
            del self._items[heapq.heappop(self._heap)[2]]
        return item

    def remove(self, name: str) -> ItemT | None:
        """The item of that name, taken out."""
        found = self._items.pop(name, None)
        return found[1] if found is not None else None

    def check(self) -> None:
        """Assert that every item is in the heap's list once, with the order that it has now; O(items)."""
        alive = [entry for entry in self._heap if self._is_alive(entry)]
        assert len(alive) == len(self._items)
        assert all(order == self._order(self._items[name][1]) for order, _, name in alive), "an item has changed its place in the heap"

    def _is_alive(self, entry: tuple[Any, int, str]) -> bool:
        found = self._items.get(entry[2])
        return found is not None and found[0] == entry[1]

"""A B-tree: a sorted map whose nodes hold many keys, so that a million keys are four steps away.

This is the blue tree of the course notes, key → history. Every node has up to `order` children; a node that overflows splits and hands
its middle key up, a node that gets too small borrows from a neighbour or merges with it. All leaves are therefore at the same depth. Keys
live in inner nodes too: that is the difference to the B+tree beside it.

Why not a hash table? Because "all keys from /pods/ to /pods0" must be neighbours.

Source: Bayer and McCreight, 1972; google/btree, which etcd uses with degree 32 (here `order` 64).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from k8sedu.errors import K8sEduError

Key = TypeVar("Key")
Value = TypeVar("Value")


class OrderError(K8sEduError, ValueError):
    """A tree whose nodes would be too small to split."""


class TreeEvent(NamedTuple):
    """What happened to the shape of a tree: `split`, `merge`, `borrow`, `grow_root`, `shrink_root`, and to which nodes."""

    kind: str
    nodes: tuple[int, ...]


class Node(Generic[Key, Value]):
    """One node; a leaf has no children. Its id never changes and is never used again."""

    __slots__ = ("children", "id", "keys", "values")

    def __init__(self, number: int) -> None:
        self.id = number
        self.keys: list[Any] = []
        self.values: list[Value] = []
        self.children: list[Node[Key, Value]] = []


class BTree(Generic[Key, Value]):
    """A sorted map; finding, inserting and deleting cost O(log n).

    >>> tree = BTree(order=3)
    >>> for key in "abcdefg": tree.insert(key, key.upper())
    >>> tree.get("c"), len(tree), list(tree.items("b", "d")), len(tree.path("g"))
    ('C', 7, [('b', 'B'), ('c', 'C')], 3)
    """

    def __init__(self, *, order: int = 64, traced: bool = False) -> None:
        if order < 3:
            raise OrderError(f"order is {order}, expected at least 3: a node of fewer children cannot be split.")
        self.order = order
        self.most, self.least = order - 1, (order + 1) // 2 - 1
        """How many keys a node may have, and how few, unless it is the root."""
        self.events: list[TreeEvent] | None = [] if traced else None
        """What happened to its shape since somebody last cleared the list; None when nobody asked."""
        self._nodes = 0
        self.size = 0
        self.root: Node[Key, Value] = self._new()

    def __len__(self) -> int:
        return self.size

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def get(self, key: Any, default: Any = None) -> Any:
        """The value of a key."""
        node = self.root
        while True:
            keys = node.keys
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return node.values[place]
            children = node.children
            if not children:
                return default
            node = children[place]

    def path(self, key: Any) -> tuple[int, ...]:
        """The nodes that a search for the key walks through, from the root down."""
        node, walked = self.root, []
        while True:
            walked.append(node.id)
            place = bisect_left(node.keys, key)
            found = place < len(node.keys) and node.keys[place] == key
            if found or not node.children:
                return tuple(walked)
            node = node.children[place]

    def items(self, start: Any = None, end: Any = None) -> Iterator[tuple[Any, Value]]:
        """Keys and values in order, from `start` up to but not including `end`; None for no bound."""
        for key, value in _walk(self.root, start):
            if end is not None and key >= end:
                return
            yield key, value

    def nodes(self) -> Iterator[Node[Key, Value]]:
        """All nodes, each before its children, from left to right."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(reversed(node.children))

    # -- inserting ------------------------------------------------------------------------------------------------------------------------

    def insert(self, key: Any, value: Value) -> None:
        """Add a key, or give it another value."""
        node, place, is_there = self._search(key)
        if is_there:
            node.values[place] = value
        else:
            self._add(node, place, key, value)

    def setdefault(self, key: Any, make: Callable[[Any], Value]) -> Value:
        """The value of a key; a new key gets `make(key)`. One walk through the tree where `get` and `insert` would be two."""
        node, place, is_there = self._search(key)
        if is_there:
            return node.values[place]
        value = make(key)
        self._add(node, place, key, value)
        return value

    def _search(self, key: Any) -> tuple[Node[Key, Value], int, bool]:
        """The node and the place in it where the key is, or would be in a leaf."""
        node = self.root
        while True:
            keys = node.keys
            place = bisect_left(keys, key)
            if place < len(keys) and keys[place] == key:
                return node, place, True
            if not node.children:
                return node, place, False
            node = node.children[place]

    def _add(self, leaf: Node[Key, Value], place: int, key: Any, value: Value) -> None:
        leaf.keys.insert(place, key)
        leaf.values.insert(place, value)
        self.size += 1
        if len(leaf.keys) > self.most:
            self._split_up(leaf, self._way_to(leaf, key))

    def _way_to(self, node: Node[Key, Value], key: Any) -> list[tuple[Node[Key, Value], int]]:
        """The nodes above the one that holds the key, each with the place of the child on the way."""
        above, way = self.root, []
        while above is not node:
            place = bisect_left(above.keys, key)
            way.append((above, place))
            above = above.children[place]
        return way

    def _split_up(self, node: Node[Key, Value], way: list[tuple[Node[Key, Value], int]]) -> None:
        """Split a node that is too full; its parent may then be too full as well."""
        while len(node.keys) > self.most:
            middle = len(node.keys) // 2
            right = self._new()
            key, value = node.keys[middle], node.values[middle]
            right.keys, right.values, right.children = node.keys[middle + 1 :], node.values[middle + 1 :], node.children[middle + 1 :]
            del node.keys[middle:], node.values[middle:], node.children[middle + 1 :]
            self._tell("split", node, right)
            if way:
                parent, place = way.pop()
            else:
                parent, place = self._new(), 0
                parent.children.append(node)
                self.root = parent
                self._tell("grow_root", parent)
            parent.keys.insert(place, key)
            parent.values.insert(place, value)
            parent.children.insert(place + 1, right)
            node = parent

    # -- deleting -------------------------------------------------------------------------------------------------------------------------

    def delete(self, key: Any) -> bool:
        """Remove a key; False if it was not there."""
        node, place, is_there = self._search(key)
        if not is_there:
            return False
        way = self._way_to(node, key)
        if node.children:
            node, place = self._take_from_leaf(node, place, way)
        del node.keys[place], node.values[place]
        self.size -= 1
        self._fill_up(node, way)
        return True

    def _take_from_leaf(self, node: Node[Key, Value], place: int, way: list[tuple[Node[Key, Value], int]]) -> tuple[Node[Key, Value], int]:
        """A key in an inner node gives its place to the key before it, which stands in a leaf; that one is removed there."""
        way.append((node, place))
        leaf = node.children[place]
        while leaf.children:
            way.append((leaf, len(leaf.keys)))
            leaf = leaf.children[-1]
        node.keys[place], node.values[place] = leaf.keys[-1], leaf.values[-1]
        return leaf, len(leaf.keys) - 1

    def _fill_up(self, node: Node[Key, Value], way: list[tuple[Node[Key, Value], int]]) -> None:
        """Help a node that has become too small; its parent may then need help as well."""
        while way and len(node.keys) < self.least:
            parent, place = way.pop()
            left = parent.children[place - 1] if place else None
            right = parent.children[place + 1] if place + 1 < len(parent.children) else None
            if left is not None and len(left.keys) > self.least:
                self._borrow(parent, place - 1, giver=left, taker=node)
            elif right is not None and len(right.keys) > self.least:
                self._borrow(parent, place, giver=right, taker=node)
            else:
                self._merge(parent, place - 1 if left is not None else place)
            node = parent
        if not self.root.keys and self.root.children:
            self._tell("shrink_root", self.root)
            self.root = self.root.children[0]

    def _borrow(self, parent: Node[Key, Value], place: int, *, giver: Node[Key, Value], taker: Node[Key, Value]) -> None:
        """Turn one key around the parent's key at `place`: the neighbour's goes up, the parent's comes down."""
        from_left = giver is parent.children[place]
        source, target = (-1, 0) if from_left else (0, len(taker.keys))
        taker.keys.insert(target, parent.keys[place])
        taker.values.insert(target, parent.values[place])
        parent.keys[place], parent.values[place] = giver.keys.pop(source), giver.values.pop(source)
        if giver.children:
            taker.children.insert(0 if from_left else len(taker.children), giver.children.pop(source))
        self._tell("borrow", giver, taker)

    def _merge(self, parent: Node[Key, Value], place: int) -> None:
        """Join two neighbours and the parent's key between them; the right one is gone."""
        left, right = parent.children[place], parent.children.pop(place + 1)
        left.keys += [parent.keys.pop(place), *right.keys]
        left.values += [parent.values.pop(place), *right.values]
        left.children += right.children
        self._tell("merge", left, right)

    # -- its shape ------------------------------------------------------------------------------------------------------------------------

    def _new(self) -> Node[Key, Value]:
        self._nodes += 1
        return Node(self._nodes)

    def _tell(self, kind: str, *nodes: Node[Key, Value]) -> None:
        if self.events is not None:
            self.events.append(TreeEvent(kind, tuple(node.id for node in nodes)))

    def check(self) -> None:
        """Assert order, sizes and equal depth of all leaves; O(n)."""
        keys = [key for key, _ in self.items()]
        assert all(low < high for low, high in pairwise(keys)), "keys are out of order"
        assert len(keys) == self.size
        depths = {self._check_node(node, depth) for node, depth in _with_depth(self.root)} - {None}
        assert len(depths) <= 1, f"leaves at the depths {sorted(filter(None, depths))}"

    def _check_node(self, node: Node[Key, Value], depth: int) -> int | None:
        least = 0 if node is self.root else self.least
        assert least <= len(node.keys) <= self.most, f"node {node.id} has {len(node.keys)} keys"
        assert len(node.values) == len(node.keys)
        assert not node.children or len(node.children) == len(node.keys) + 1
        return None if node.children else depth


def _walk(node: Node[Any, Value], start: Any) -> Iterator[tuple[Any, Value]]:
    place = bisect_left(node.keys, start) if start is not None else 0
    if not node.children:
        yield from zip(node.keys[place:], node.values[place:], strict=True)
        return
    yield from _walk(node.children[place], start)
    for number in range(place, len(node.keys)):
        yield node.keys[number], node.values[number]
        yield from _walk(node.children[number + 1], None)


def _with_depth(root: Node[Any, Any]) -> Iterator[tuple[Node[Any, Any], int]]:
    waiting = [(root, 1)]
    while waiting:
        node, depth = waiting.pop()
        yield node, depth
        waiting += [(child, depth + 1) for child in node.children]

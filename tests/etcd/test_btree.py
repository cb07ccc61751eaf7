from __future__ import annotations

import random

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8sedu.etcd.btree import BTree, OrderError


class BTreeMachine(RuleBasedStateMachine):
    """A tree with tiny nodes against a plain dictionary."""

    @initialize(order=st.integers(3, 6))
    def begin(self, order: int) -> None:
        """Any order from the smallest on."""
        self.tree: BTree[int, int] = BTree(order=order, traced=True)
        self.plain: dict[int, int] = {}

    @rule(key=st.integers(0, 40), value=st.integers())
    def insert(self, key: int, value: int) -> None:
        """Add or replace."""
        self.tree.insert(key, value)
        self.plain[key] = value

    @rule(key=st.integers(0, 40), value=st.integers())
    def setdefault(self, key: int, value: int) -> None:
        """A key that is there keeps its value; a new one gets what is made of it."""
        assert self.tree.setdefault(key, lambda made_of: value + made_of) == self.plain.setdefault(key, value + key)

    @rule(key=st.integers(0, 40))
    def delete(self, key: int) -> None:
        """Remove, also what is not there."""
        assert self.tree.delete(key) == (self.plain.pop(key, None) is not None)

    @rule(start=st.integers(-1, 41), end=st.integers(-1, 41))
    def items(self, start: int, end: int) -> None:
        """A range is half open and in order."""
        assert list(self.tree.items(start, end)) == [(key, self.plain[key]) for key in sorted(self.plain) if start <= key < end]

    @rule(key=st.integers(0, 40))
    def path(self, key: int) -> None:
        """A walk begins at the root and is no longer than the tree is high."""
        walked = self.tree.path(key)
        assert walked[0] == self.tree.root.id
        assert self.tree.get(key) == self.plain.get(key)

    @invariant()
    def is_sound(self) -> None:
        """Order, sizes, depth, and the same content."""
        if hasattr(self, "tree"):
            self.tree.check()
            assert dict(self.tree.items()) == self.plain


TestBTreeMachine = BTreeMachine.TestCase


def test_a_full_node_splits_in_its_middle() -> None:
    """The fourth key of a node for three splits it: the middle key goes up and makes a new root."""
    tree: BTree[str, int] = BTree(order=4, traced=True)
    for number, key in enumerate("abcd"):
        tree.insert(key, number)
    assert [event.kind for event in tree.events or []] == ["split", "grow_root"]
    assert tree.root.keys == ["c"]
    assert [child.keys for child in tree.root.children] == [["a", "b"], ["d"]]


def test_too_small_nodes_merge() -> None:
    """When keys go, neighbours merge until one node is left."""
    tree: BTree[int, int] = BTree(order=4, traced=True)
    for key in range(9):
        tree.insert(key, key)
    for key in range(8):
        tree.delete(key)
    kinds = [event.kind for event in tree.events or []]
    assert "merge" in kinds
    assert kinds[-1] == "shrink_root"
    assert (tree.root.keys, tree.root.children) == ([8], [])


@pytest.mark.parametrize("order", [3, 4, 5, 6, 7])
@pytest.mark.parametrize("seed", range(4))
def test_a_deep_tree_is_emptied_in_any_order(order: int, seed: int) -> None:
    """A tree of many floors stays sound after every deletion, wherever the keys stood."""
    keys = list(range(300))
    random.Random(seed).shuffle(keys)
    tree: BTree[int, int] = BTree(order=order)
    for key in keys:
        tree.insert(key, -key)
    for count, key in enumerate(sorted(keys, key=lambda key: key * 7919 % 307 + seed), start=1):
        assert tree.delete(key)
        tree.check()
        assert len(tree) == len(keys) - count
    assert (tree.root.keys, tree.root.children) == ([], [])


def test_a_large_tree_is_flat() -> None:
    """With 64 children per node, ten thousand keys are at most three steps away."""
    tree: BTree[int, int] = BTree()
    for number in range(10_000):
        tree.insert(number * 7919 % 10_000, number)
    tree.check()
    assert max(len(tree.path(key)) for key in range(0, 10_000, 97)) == 3


def test_an_order_that_cannot_split_is_refused() -> None:
    """A node of fewer than three children cannot be split."""
    with pytest.raises(OrderError, match="order is 2, expected at least 3"):
        BTree(order=2)

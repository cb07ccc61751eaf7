from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from k8sedu.etcd.bptree import BPlusTree, PageSizeError, RevisionOrderError
from k8sedu.etcd.revision import Revision


class BPlusTreeMachine(RuleBasedStateMachine):
    """A tree with tiny pages against a plain dictionary."""

    @initialize(records=st.integers(1, 9), keys=st.integers(2, 4))
    def begin(self, records: int, keys: int) -> None:
        """Pages of any size."""
        self.tree: BPlusTree[int] = BPlusTree(page_records=records, branch_keys=keys, traced=True)
        self.plain: dict[Revision, int] = {}
        self.newest = Revision(1)

    @rule(same_main=st.booleans())
    def append(self, *, same_main: bool) -> None:
        """The next change, of this transaction or of a new one."""
        self.newest = Revision(self.newest.main, self.newest.sub + 1) if same_main else Revision(self.newest.main + 1)
        self.tree.append(self.newest, self.newest.main)
        self.plain[self.newest] = self.newest.main

    @rule(main=st.integers(0, 40), sub=st.integers(0, 2))
    def delete(self, main: int, sub: int) -> None:
        """Remove, also what is not there."""
        revision = Revision(main, sub)
        assert self.tree.delete(revision) == (self.plain.pop(revision, None) is not None)

    @rule(main=st.integers(0, 40), sub=st.integers(0, 3))
    def get(self, main: int, sub: int) -> None:
        """A record is found at exactly its revision."""
        assert self.tree.get(Revision(main, sub)) == self.plain.get(Revision(main, sub))

    @rule(first=st.integers(0, 40), last=st.integers(0, 40))
    def items(self, first: int, last: int) -> None:
        """A range includes both ends and follows the links."""
        low, high = Revision(first), Revision(last)
        assert list(self.tree.items(low)) == [(key, self.plain[key]) for key in sorted(self.plain) if low <= key]
        assert list(self.tree.items(low, high)) == [(key, self.plain[key]) for key in sorted(self.plain) if low <= key <= high]

    @invariant()
    def is_sound(self) -> None:
        """Order, links, free pages, and the same content."""
        if hasattr(self, "tree"):
            self.tree.check()
            assert dict(self.tree.items()) == self.plain
            assert all(self.tree.get(revision) == record for revision, record in self.plain.items())


TestBPlusTreeMachine = BPlusTreeMachine.TestCase


def tree_of(mains: int, *, page_records: int = 4) -> BPlusTree[int]:
    """A tree with revisions 2 and on."""
    tree: BPlusTree[int] = BPlusTree(page_records=page_records, branch_keys=4, traced=True)
    for main in range(2, mains + 2):
        tree.append(Revision(main), main)
    return tree


def test_a_full_page_stays_full() -> None:
    """Because revisions only grow, a full page is left full and a new one begins."""
    leaves = [page for page in tree_of(9).pages() if page.kind == "leaf"]
    assert [len(page.keys) for page in leaves] == [4, 4, 1]
    assert [page.next for page in leaves] == [leaves[1].id, leaves[2].id, None]


def test_holes_stay_until_a_page_is_empty() -> None:
    """A removed record leaves a hole; an empty page is free, and its number is used for the next page."""
    tree = tree_of(8)
    tree.delete(Revision(3)), tree.delete(Revision(4))
    (first, *_) = [page for page in tree.pages() if page.kind == "leaf"]
    assert first.holes == (Revision(3), Revision(4))
    tree.delete(Revision(2)), tree.delete(Revision(5))
    assert tree.free
    freed = tree.free[0]
    for main in range(10, 15):
        tree.append(Revision(main), main)
    assert freed in [page.id for page in tree.pages()]


def test_a_nearly_empty_page_is_merged() -> None:
    """A page under a quarter full goes into its left neighbour, if it fits."""
    tree = tree_of(24, page_records=8)
    for main in (*range(2, 8), *range(10, 17)):
        tree.delete(Revision(main))
    tree.check()
    assert any(event.kind == "merge" for event in tree.events or [])


def test_what_cannot_be_is_refused() -> None:
    """Pages without room and revisions that are not the largest are refused."""
    with pytest.raises(PageSizeError, match="expected at least 1 and 2"):
        BPlusTree(page_records=0)
    with pytest.raises(RevisionOrderError, match=r"revision 3\.0 is appended behind 3\.0"):
        tree_of(2).append(Revision(3), 3)

"""A B+tree in pages: the records of the store, in the order of their revisions.

This is the grey tree of the course notes, revision → record. Only leaf pages hold records; branch pages say where each child page begins.
New revisions are always the largest, so they go to the last page; when that is full it is left full and a new one begins. Compaction
removes records from the middle: their place stays empty, a hole, until the page is empty and its number is free for use again, or so
empty that it is merged into its neighbour.

Source: bbolt (etcd's backend): page.go, node.go (rebalance below a quarter), FillPercent 0.9 for the bucket of revisions. Left out: copy
on write and byte sizes. bbolt's leaves are not linked either: it finds the next page through the parents; the links are the textbook's,
and what makes "everything from revision 7 on" a walk to the right.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Generic, NamedTuple, TypeVar

from k8sedu.errors import K8sEduError
from k8sedu.etcd.btree import TreeEvent
from k8sedu.etcd.revision import Revision

Record = TypeVar("Record")

BEGINNING = Revision(0)
"""Before every revision that can be written."""


class PageSizeError(K8sEduError, ValueError):
    """A tree whose pages would be too small."""


class RevisionOrderError(K8sEduError, ValueError):
    """A record whose revision is there already, or not the largest where it must be."""


class PageView(NamedTuple):
    """One page for people to look at."""

    id: int
    kind: str
    """`branch` or `leaf`."""
    keys: tuple[Revision, ...]
    """Of a leaf its revisions; of a branch the first revision of each child."""
    children: tuple[int, ...]
    next: int | None
    """Of a leaf the page to its right."""
    holes: tuple[Revision, ...]
    """Removed revisions whose place in the page is still empty; known only to a tree that is traced."""


class Page(Generic[Record]):
    """One page; `items` are records in a leaf, child pages in a branch."""

    __slots__ = ("holes", "id", "is_leaf", "items", "keys", "next")

    def __init__(self, number: int, *, is_leaf: bool) -> None:
        self.id, self.is_leaf = number, is_leaf
        self.keys: list[Revision] = []
        self.items: list[Any] = []
        self.next: Page[Record] | None = None
        self.holes: list[Revision] = []


class BPlusTree(Generic[Record]):
    """A sorted map from revisions to records; appending costs O(1) on average, finding and deleting O(log n).

    >>> tree = BPlusTree(page_records=2, branch_keys=2)
    >>> for main in range(2, 7): tree.append(Revision(main), f"r{main}")
    >>> tree.get(Revision(3)), len(tree), [record for _, record in tree.items(Revision(4), Revision(5))]
    ('r3', 5, ['r4', 'r5'])
    """

    def __init__(self, *, page_records: int = 64, branch_keys: int = 64, traced: bool = False) -> None:
        if page_records < 1 or branch_keys < 2:
            raise PageSizeError(f"pages hold {page_records} records and {branch_keys} keys, expected at least 1 and 2.")
        self.page_records, self.branch_keys = page_records, branch_keys
        self.events: list[TreeEvent] | None = [] if traced else None
        """What happened to its pages since somebody last cleared the list; None when nobody asked."""
        self.free: list[int] = []
        """Numbers of pages that are empty and will be used again."""
        self._pages = 0
        self.size = 0
        self.root: Page[Record] = self._new(is_leaf=True)
        self._last = self.root  # where the next record goes

    def __len__(self) -> int:
        return self.size

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def get(self, revision: Revision) -> Record | None:
        """The record at exactly this revision."""
        page = self.root
        while not page.is_leaf:
            page = page.items[bisect_right(page.keys, revision) - 1]
        keys = page.keys
        if not keys:
            return None
        place = revision.main - keys[0].main  # right at once where every transaction wrote one record
        if not 0 <= place < len(keys) or keys[place] != revision:
            place = bisect_left(keys, revision)
            if place == len(keys) or keys[place] != revision:
                return None
        found: Record = page.items[place]
        return found

    def path(self, revision: Revision) -> tuple[int, ...]:
        """The pages that a search for the revision walks through, from the root down."""
        return tuple(page.id for page, _ in self._way(revision))

    def items(self, first: Revision = BEGINNING, last: Revision | None = None) -> Iterator[tuple[Revision, Record]]:
        """Records from one revision to another, both included, along the links between the leaves."""
        page: Page[Record] | None = self._leaf(first)
        place = bisect_left(page.keys, first) if page else 0
        while page is not None:
            end = len(page.keys) if last is None else bisect_right(page.keys, last)
            yield from zip(page.keys[place:end], page.items[place:end], strict=True)
            if end < len(page.keys):
                return
            page, place = page.next, 0

    def pages(self) -> Iterator[PageView]:
        """All pages, floor by floor from the root down, each floor from left to right."""
        floor = [self.root]
        while floor:
            for page in floor:
                children = () if page.is_leaf else tuple(child.id for child in page.items)
                kind, follower = ("leaf" if page.is_leaf else "branch"), page.next
                yield PageView(page.id, kind, tuple(page.keys), children, follower.id if follower else None, tuple(page.holes))
            floor = [child for page in floor if not page.is_leaf for child in page.items]

    def _leaf(self, revision: Revision) -> Page[Record]:
        """The leaf where the revision is, or would be; news is read from the last one, without a search."""
        newest = self._last.keys
        return self._last if newest and newest[0] <= revision else self._way(revision)[-1][0]

    def _way(self, revision: Revision) -> list[tuple[Page[Record], int]]:
        """The pages from the root to the leaf, each with its place in its parent."""
        page, place = self.root, 0
        way = [(page, place)]
        while not page.is_leaf:
            place = max(bisect_right(page.keys, revision) - 1, 0)
            page = page.items[place]
            way.append((page, place))
        return way

    # -- inserting ------------------------------------------------------------------------------------------------------------------------

    def append(self, revision: Revision, record: Record) -> None:
        """Add the newest record.

        Raises:
            RevisionOrderError: its revision is not the largest.
        """
        page = self._last
        keys = page.keys
        if keys and keys[-1] >= revision:
            raise RevisionOrderError(f"revision {revision} is appended behind {keys[-1]}, expected a larger one.")
        if len(keys) + len(page.holes) < self.page_records:
            keys.append(revision)
            page.items.append(record)
        else:
            self._begin_page(revision, record)
        self.size += 1

    def _begin_page(self, revision: Revision, record: Record) -> None:
        """The last page is full: begin a new one beside it, and in full branches above it."""
        way = self._way(revision)
        new = self._new(is_leaf=True)
        new.keys, new.items = [revision], [record]
        self._last.next, self._last = new, new
        self._tell("split", way[-1][0], new)
        self._hang(new, [page for page, _ in way[:-1]])

    def _hang(self, new: Page[Record], branches: list[Page[Record]]) -> None:
        """Tell the parent of a new last page; when that is full, begin a new parent beside it, up to a new root."""
        while branches:
            parent = branches.pop()
            if len(parent.keys) < self.branch_keys:
                parent.keys.append(new.keys[0])
                parent.items.append(new)
                return
            child, new = new, self._new(is_leaf=False)
            new.keys, new.items = [child.keys[0]], [child]
            self._tell("split", parent, new)
        old, self.root = self.root, self._new(is_leaf=False)
        first = (old.keys or old.holes or [Revision(0)])[0]
        self.root.keys, self.root.items = [first, new.keys[0]], [old, new]
        self._tell("grow_root", self.root)

    # -- deleting -------------------------------------------------------------------------------------------------------------------------

    def delete(self, revision: Revision) -> bool:
        """Remove a record and leave a hole; False if it was not there."""
        way = self._way(revision)
        page = way[-1][0]
        place = bisect_left(page.keys, revision)
        if place == len(page.keys) or page.keys[place] != revision:
            return False
        del page.keys[place], page.items[place]
        self.size -= 1
        page.holes.append(revision)
        page.holes.sort()
        if page is self._last and page.keys:
            return True  # it is still being filled
        if not page.keys:
            self._drop(way)
        elif len(page.keys) * 4 < self.page_records:
            self._merge(way)
        return True

    def _drop(self, way: list[tuple[Page[Record], int]]) -> None:
        """Take an empty page out of the tree, and branches that have no other child; its number is free again."""
        page, place = way[-1]
        if page is self.root:
            page.holes.clear()
            return
        left = self._left_of(way)
        if left is not None:
            left.next = page.next
        if page is self._last:
            assert left is not None, "an empty last page has a neighbour, or it would be the root"
            self._last = left
        for (parent, _), (child, place) in zip(reversed(way[:-1]), reversed(way), strict=False):
            del parent.keys[place], parent.items[place]
            self._release(child)
            if parent.items:
                break
        self._lower_root()

    def _merge(self, way: list[tuple[Page[Record], int]]) -> None:
        """Move what is left of a nearly empty page into its left neighbour under the same parent, if it fits."""
        (parent, _), (page, place) = way[-2] if len(way) > 1 else (self.root, 0), way[-1]
        if page is self.root or not place:
            return
        left = parent.items[place - 1]
        if len(left.keys) + len(page.keys) > self.page_records or page is self._last:
            return
        left.keys += page.keys
        left.items += page.items
        left.holes.clear()
        left.next = page.next
        del parent.keys[place], parent.items[place]
        self._tell("merge", left, page)
        self._release(page)
        self._lower_root()

    def _left_of(self, way: list[tuple[Page[Record], int]]) -> Page[Record] | None:
        """The leaf to the left of the one that the way leads to."""
        for (parent, _), (_, place) in zip(reversed(way[:-1]), reversed(way), strict=False):
            if place:
                page: Page[Record] = parent.items[place - 1]
                while not page.is_leaf:
                    page = page.items[-1]
                return page
        return None

    def _lower_root(self) -> None:
        while not self.root.is_leaf and len(self.root.items) == 1:
            old, self.root = self.root, self.root.items[0]
            self._tell("shrink_root", old)
            self._release(old)

    # -- its shape ------------------------------------------------------------------------------------------------------------------------

    def _new(self, *, is_leaf: bool) -> Page[Record]:
        if self.free:
            return Page(self.free.pop(0), is_leaf=is_leaf)
        self._pages += 1
        return Page(self._pages, is_leaf=is_leaf)

    def _release(self, page: Page[Record]) -> None:
        self.free = sorted([*self.free, page.id])
        self._tell("free", page)

    def _tell(self, kind: str, *pages: Page[Record]) -> None:
        if self.events is not None:
            self.events.append(TreeEvent(kind, tuple(page.id for page in pages)))

    def check(self) -> None:
        """Assert order, links, sizes and equal depth of all leaves; O(n)."""
        leaves = self._check_under(self.root, None, None)
        assert leaves[-1] is self._last
        assert all(left.next is right for left, right in pairwise(leaves)), "the leaves are not linked from left to right"
        assert leaves[-1].next is None
        revisions = [revision for leaf in leaves for revision in leaf.keys]
        assert all(low < high for low, high in pairwise(revisions)), "revisions are out of order"
        assert len(revisions) == self.size
        used = [page.id for page in self.pages()]
        assert sorted(used + self.free) == list(range(1, self._pages + 1)), "a page is lost, or used twice"

    def _check_under(self, page: Page[Record], low: Revision | None, high: Revision | None) -> list[Page[Record]]:
        assert len(page.keys) == len(page.items)
        assert page.keys == sorted(page.keys)
        if page.is_leaf:
            assert len(page.keys) + len(page.holes) <= self.page_records, f"page {page.id} holds too much"
            assert all((low is None or key >= low) and (high is None or key < high) for key in page.keys), f"page {page.id} is misplaced"
            return [page]
        assert 1 <= len(page.keys) <= self.branch_keys, f"page {page.id} has {len(page.keys)} children"
        assert len({child.is_leaf for child in page.items}) == 1
        ends = [*page.keys[1:], high]
        return [leaf for key, end, child in zip(page.keys, ends, page.items, strict=True) for leaf in self._check_under(child, key, end)]

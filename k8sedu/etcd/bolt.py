"""bbolt: the file behind the second tree, page by page, as a real etcd leaves it.

The file is a row of pages of equal size. Two of them, the meta pages, take turns: each names the root of everything as of one
transaction, with a checksum, and the newer valid one counts. Pages are never overwritten while somebody may still need them: a change
writes new pages and then a new meta page, so a crash leaves the old tree intact. Branch pages lead to leaf pages; a leaf holds keys with
values, or with a bucket, which is a tree of its own; a small bucket lies inline in the leaf that names it.

So a file always holds more than the tree that counts: free pages, and stale copies of older trees. `page_map` says what each page is.

Source: bbolt 1.3, page.go, bucket.go, db.go (meta, mmap), freelist.go.
Left out: writing; that needs none of this to be understood.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.errors import K8sEduError

BRANCH, LEAF, META, FREELIST = 0x01, 0x02, 0x04, 0x10
KINDS = {BRANCH: "branch", LEAF: "leaf", META: "meta", FREELIST: "freelist"}
MAGIC, VERSION = 0xED0CDAED, 2
HEADER = struct.Struct("<QHHI")
"""Of a page: its number, flags, count of elements, and how many further pages it runs over."""
META_FORM = struct.Struct("<IIIIQQQQQQ")
"""magic, version, page size, flags, root page, root sequence, freelist page, high water, transaction, checksum."""
LEAF_ELEMENT = struct.Struct("<IIII")
"""flags (1 for a bucket), where key and value lie from here, and their sizes."""
BRANCH_ELEMENT = struct.Struct("<IIQ")
BUCKET = struct.Struct("<QQ")
"""Root page (0 when the bucket is inline) and sequence."""
NO_FREELIST = 2**64 - 1
"""The freelist is not written: whoever opens the file counts the pages that are in use."""
PAGE_BYTES_MIN = 512


class BoltError(K8sEduError, ValueError):
    """A file that is no database, or a damaged one; the sentence names page and offset."""


class Meta(NamedTuple):
    """A meta page."""

    page: int
    page_bytes: int
    root: int
    freelist: int
    high_water: int
    """The number of the first page that was never used."""
    transaction: int


class PageHead(NamedTuple):
    """What a page says of itself."""

    number: int
    kind: str
    count: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    overflow: int


class Element(NamedTuple):
    """A key of a leaf with its value; of a bucket the value is its root page and what is inline."""

    key: bytes
    value: bytes
    is_bucket: bool
    page: int


class PageUse(NamedTuple):
    """What a page is for: `meta`, `freelist`, `branch`, `leaf`, `overflow` of the page before, or `free` (perhaps with a stale copy)."""

    number: int
    use: str
    owner: str
    """The bucket that it belongs to; empty for the root, the meta pages and free ones."""
    elements: int
    stale: str
    """Of a free page, what it was before."""


def fnv1a(data: bytes) -> int:
    """The checksum of meta pages, FNV-1a with 64 bits.

    >>> hex(fnv1a(b""))
    '0xcbf29ce484222325'
    """
    value = 0xCBF29CE484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


class Bolt:
    """A database file, read only.

    Args:
        data: the whole file.
        name: how errors call it.

    Raises:
        BoltError: neither meta page is valid.
    """

    def __init__(self, data: bytes, *, name: str = "db") -> None:
        self.data, self.name = data, name
        self.metas = tuple(self._metas())
        if not self.metas:
            raise BoltError(f"{name}: met no valid meta page in {len(data)} bytes, expected a bbolt database.")
        self.meta = max(self.metas, key=lambda meta: meta.transaction)
        self.page_bytes = self.meta.page_bytes

    def _metas(self) -> Iterator[Meta]:
        """Both meta pages, as far as they are valid. Where the second one is depends on the page size, which only a meta page tells."""
        for page_bytes in dict.fromkeys((4096, *(1 << shift for shift in range(9, 17)))):
            for number in (0, 1):
                meta = self._meta_at(number, number * page_bytes)
                if meta is not None and (number == 0 or meta.page_bytes == page_bytes):
                    yield meta
            if self._meta_at(1, page_bytes) is not None:
                return

    def _meta_at(self, number: int, offset: int) -> Meta | None:
        form = self.data[offset + HEADER.size : offset + HEADER.size + META_FORM.size]
        if len(form) < META_FORM.size:
            return None
        magic, version, page_bytes, _, root, _, freelist, high_water, transaction, checksum = META_FORM.unpack(form)
        is_sound = page_bytes >= PAGE_BYTES_MIN and not page_bytes & (page_bytes - 1)
        if (magic, version) != (MAGIC, VERSION) or fnv1a(form[:-8]) != checksum or not is_sound:
            return None
        return Meta(number, page_bytes, root, freelist, high_water, transaction)

    # -- pages -----------------------------------------------------------------------------------------------------------------------------

    def head(self, number: int) -> PageHead:
        """What a page says of itself.

        Raises:
            BoltError: there is no such page, or it is another one.
        """
        offset = number * self.page_bytes
        if not 0 <= number < self.meta.high_water or offset + self.page_bytes > len(self.data):
            raise BoltError(f"{self.name}: met page {number}, expected one of the {self._pages()} pages of the file.")
        found, flags, count, overflow = HEADER.unpack_from(self.data, offset)
        if found != number or flags not in KINDS or overflow > self.meta.high_water:
            raise BoltError(f"{self.name}, page {number}, offset {offset}: met page {found} with flags {flags:#x}, expected a sound page.")
        return PageHead(number, KINDS[flags], count, overflow)

    def _pages(self) -> int:
        return min(self.meta.high_water, len(self.data) // self.page_bytes)

    def _bytes_of(self, head: PageHead) -> bytes:
        return self.data[head.number * self.page_bytes : (head.number + head.overflow + 1) * self.page_bytes]

    def tree(self, root: int) -> Iterator[tuple[PageHead, list[Element], list[int]]]:
        """The pages of a tree from left to right: each with its elements (a leaf) or its children (a branch).

        Raises:
            BoltError: a page is damaged, or the tree bites its own tail.
        """
        waiting, seen = [root], set()
        while waiting:
            number = waiting.pop()
            if number in seen:
                raise BoltError(f"{self.name}, page {number}: met this page twice in one tree, expected a tree.")
            seen.add(number)
            head = self.head(number)
            data = self._bytes_of(head)
            if head.kind == "leaf":
                yield head, list(self._elements(data, head.count, number)), []
            elif head.kind == "branch":
                children = self._children(data, head)
                yield head, [], children
                waiting.extend(reversed(children))
            else:
                raise BoltError(f"{self.name}, page {number}: met a {head.kind} page in a tree, expected a branch or a leaf.")

    def _children(self, data: bytes, head: PageHead) -> list[int]:
        end = HEADER.size + head.count * BRANCH_ELEMENT.size
        if not head.count or end > len(data):
            raise BoltError(f"{self.name}, page {head.number}: met {head.count} children, expected as many as fit.")
        return [child for _, _, child in BRANCH_ELEMENT.iter_unpack(data[HEADER.size : end])]

    def _elements(self, data: bytes, count: int, number: int) -> Iterator[Element]:
        """The elements of a leaf, also of an inline one."""
        room = len(data)
        for place in range(count):
            offset = HEADER.size + place * LEAF_ELEMENT.size
            if offset + LEAF_ELEMENT.size > len(data):
                raise BoltError(f"{self.name}, page {number}, offset {offset}: met {count} elements, expected as many as fit.")
            flags, position, key_bytes, value_bytes = LEAF_ELEMENT.unpack_from(data, offset)
            start = offset + position
            end = start + key_bytes + value_bytes
            room -= LEAF_ELEMENT.size + key_bytes + value_bytes
            if end > len(data) or room < 0:
                raise BoltError(f"{self.name}, page {number}, offset {offset}: met an element up to {end}, expected at most {len(data)}.")
            yield Element(data[start : start + key_bytes], data[start + key_bytes : end], bool(flags & 1), number)

    # -- buckets ---------------------------------------------------------------------------------------------------------------------------

    def buckets(self) -> dict[str, Element]:
        """The buckets of the file by name; etcd has key, meta, lease, members and a few more."""
        return {element.key.decode("utf-8", "backslashreplace"): element for element in self._leaves(self.meta.root) if element.is_bucket}

    def items(self, bucket: str) -> Iterator[Element]:
        """All keys of a bucket with their values, in order; nothing if there is no such bucket.

        Raises:
            BoltError: a page of it is damaged.
        """
        element = self.buckets().get(bucket)
        if element is None:
            return
        root = self._root_of(element)
        if root:
            yield from self._leaves(root)
            return
        inline = element.value[BUCKET.size :]
        if len(inline) < HEADER.size:
            raise BoltError(f"{self.name}, page {element.page}: met an inline bucket of {len(inline)} bytes, expected more.")
        yield from self._elements(inline, HEADER.unpack_from(inline)[2], element.page)

    def _root_of(self, bucket: Element) -> int:
        if len(bucket.value) < BUCKET.size:
            raise BoltError(f"{self.name}, page {bucket.page}: met a bucket of {len(bucket.value)} bytes, expected more.")
        root: int = BUCKET.unpack_from(bucket.value)[0]
        return root

    def root_of(self, bucket: str) -> int | None:
        """The root page of a bucket; None if it is inline or not there."""
        element = self.buckets().get(bucket)
        return (self._root_of(element) or None) if element is not None else None

    def _leaves(self, root: int) -> Iterator[Element]:
        for _, elements, _ in self.tree(root):
            yield from elements

    # -- the whole file ------------------------------------------------------------------------------------------

    def page_map(self) -> tuple[PageUse, ...]:
        """What every page of the file is for.

        Raises:
            BoltError: a page in use is damaged.
        """
        uses = {number: PageUse(number, "meta", "", 0, "") for number in (0, 1)}
        if self.meta.freelist != NO_FREELIST:
            self._note(uses, self.head(self.meta.freelist), "")
        for head, _, _ in self.tree(self.meta.root):
            self._note(uses, head, "")
        for name in self.buckets():
            root = self.root_of(name)
            for head, _, _ in self.tree(root) if root else ():
                self._note(uses, head, name)
        return tuple(uses.get(number) or self._free(number) for number in range(self._pages()))

    def _note(self, uses: dict[int, PageUse], head: PageHead, owner: str) -> None:
        uses[head.number] = PageUse(head.number, head.kind, owner, head.count, "")
        for further in range(head.number + 1, head.number + head.overflow + 1):
            uses[further] = PageUse(further, "overflow", owner, 0, "")

    def _free(self, number: int) -> PageUse:
        found, flags, count, _ = HEADER.unpack_from(self.data, number * self.page_bytes)
        stale = KINDS.get(flags, "") if found == number else ""
        return PageUse(number, "free", "", count if stale else 0, stale)

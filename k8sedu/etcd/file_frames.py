"""The two trees of a real member, page by page as its file has them, in the form of `frames.store_frame`.

So the picture of the model's trees can be drawn of a real etcd, with its own page numbers. Only the lower tree is on disk; the upper one
is built from it whenever a member starts, and so it is here. What only the log knows is not in the file and not in the frame.

bbolt's leaves are not linked, as the leaves of a textbook's B+tree are: a search for the next record goes by the branch above. `next` names
the page to the right nevertheless. And a real page has no holes: a page from which something is deleted is written anew elsewhere, and
the old one stays as a stale copy until it is reused (`Bolt.page_map`).

Source: bbolt 1.3, node.go, cursor.go.
"""

from __future__ import annotations

from itertools import pairwise

from k8sedu.etcd.bolt import Bolt, Element
from k8sedu.etcd.frames import record_row, store_frame
from k8sedu.etcd.member import Member, record_of
from k8sedu.trace import Frozen

BUCKET = "key"


def database_frame(member: Member) -> Frozen:
    """Both trees as of the backend: the index as a start would build it, the pages as they lie in the file.

    Raises:
        BoltError, MemberError: the file is damaged.
    """
    return Frozen({**store_frame(member.flushed().store), "pages": pages_frame(member.bolt)})


def pages_frame(bolt: Bolt) -> Frozen:
    """The pages of the bucket of records: `{root, first, pages}` as in `store_frame`. Ids are the numbers of the pages in the file.

    A bucket so small that it lies inline in another page is shown as one leaf with that page's number.

    Raises:
        BoltError, MemberError: the file is damaged.
    """
    root = bolt.root_of(BUCKET)
    if root is None:
        bucket = bolt.buckets().get(BUCKET)
        number = str(bucket.page) if bucket is not None else "none"
        return Frozen(root=number, first=number, pages=Frozen({number: _leaf(bolt, list(bolt.items(BUCKET)), None)}))
    tree = list(bolt.tree(root))
    leaves = [str(head.number) for head, _, _ in tree if head.kind == "leaf"]
    follower: dict[str, str | None] = {**dict(pairwise(leaves)), leaves[-1]: None}
    pages = {str(head.number): _leaf(bolt, elements, follower[str(head.number)]) for head, elements, _ in tree if head.kind == "leaf"}
    for head, _, children in reversed(tree):
        if head.kind == "branch":
            names = tuple(map(str, children))
            keys = tuple(pages[name]["keys"][0] for name in names)
            pages[str(head.number)] = Frozen(kind="branch", keys=keys, records=(), holes=(), children=names, next=None)
    ordered = [str(head.number) for head, _, _ in tree]
    return Frozen(root=str(root), first=leaves[0], pages=Frozen({name: pages[name] for name in ordered}))


def _leaf(bolt: Bolt, elements: list[Element], follower: str | None) -> Frozen:
    rows = tuple(record_row(*record_of(bolt, element)) for element in elements)
    return Frozen(kind="leaf", keys=tuple(row[0] for row in rows), records=rows, holes=(), children=(), next=follower)

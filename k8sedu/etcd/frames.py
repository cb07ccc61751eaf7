"""A store as a frozen value, node by node and page by page: what a trace remembers of it and what the pictures are drawn from.

It has texts and numbers only, so that it can be saved, compared, and made from a real member's directory as well:

    revision, compact_revision
    index     {root, nodes: {id: {keys, lives, children}}}          `lives`, one row per key: (("2", "3t"), ("5",))
    pages     {root, first, pages: {id: {kind, keys, records, holes, children, next}}}
              a record is (revision, key, value, is_tombstone, lease); revisions are texts like "4.1"
    keys      {key: {lives, value, create_revision, mod_revision, version, lease}} of the keys that are there or have a past

Ids of nodes and pages are texts. Branches in which nothing happened are the same objects as in the frame before.
"""

from __future__ import annotations

from typing import Any

from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.bptree import PageView
from k8sedu.etcd.btree import Node
from k8sedu.etcd.keyindex import KeyIndex
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.revision import Revision
from k8sedu.trace import Frozen

EMPTY = Frozen()


def readable(raw: bytes) -> str:
    r"""Bytes as text for people: UTF-8, and what is none as escapes.

    >>> readable("键".encode()), readable(b"a\xff")
    ('键', 'a\\xff')
    """
    return raw.decode("utf-8", "backslashreplace")


def store_frame(store: Store, before: Frozen = EMPTY) -> Frozen:
    """The store as it is now; what did not change is shared with the frame `before`. O(records)."""
    frame = Frozen(
        revision=store.revision,
        compact_revision=store.compact_revision,
        index=_index_frame(store, before.get("index", EMPTY)),
        pages=_pages_frame(store, before.get("pages", EMPTY)),
        keys=Frozen({readable(key): _key_frame(store, history) for key, history in store.index.items()}),
    )
    return shared(frame, before)  # type: ignore[no-any-return]  # shared keeps the type


def shared(new: Any, old: Any) -> Any:
    """The new value, made of the parts of the old one wherever these are equal; O(size of the new one).

    >>> old = Frozen(a=Frozen(x=1), b=2)
    >>> shared(Frozen(a=Frozen(x=1), b=3), old)["a"] is old["a"]
    True
    """
    if new == old and type(new) is type(old):
        return old
    if isinstance(new, Frozen) and isinstance(old, Frozen):
        return Frozen({name: shared(value, old.get(name)) for name, value in new.items()})
    return new


def _index_frame(store: Store, before: Frozen) -> Frozen:
    nodes = Frozen({str(node.id): _node_frame(node) for node in store.index.nodes()})
    return shared(Frozen(root=str(store.index.root.id), nodes=nodes), before)  # type: ignore[no-any-return]  # shared keeps the type


def _node_frame(node: Node[bytes, KeyIndex]) -> Frozen:
    return Frozen(
        keys=tuple(readable(key) for key in node.keys),
        lives=tuple(tuple(history.lives()) for history in node.values),
        children=tuple(str(child.id) for child in node.children),
    )


def _pages_frame(store: Store, before: Frozen) -> Frozen:
    views = list(store.backend.pages())
    first = next(str(view.id) for view in views if view.kind == "leaf")
    pages = Frozen({str(view.id): _page_frame(store, view) for view in views})
    return shared(Frozen(root=str(views[0].id), first=first, pages=pages), before)  # type: ignore[no-any-return]  # shared keeps the type


def _page_frame(store: Store, view: PageView) -> Frozen:
    is_leaf = view.kind == "leaf"
    return Frozen(
        kind=view.kind,
        keys=tuple(map(str, view.keys)),
        records=tuple(record_row(revision, store.backend.get(revision)) for revision in view.keys) if is_leaf else (),
        holes=tuple(map(str, view.holes)),
        children=tuple(map(str, view.children)),
        next=None if view.next is None else str(view.next),
    )


def record_row(revision: Revision, kv: KeyValue | None) -> tuple[str, str, str, bool, int]:
    """A record as a row: revision, key, value, whether it is a tombstone, lease."""
    assert kv is not None, f"a page names {revision} and does not hold it"
    return str(revision), readable(kv.key), readable(kv.value), not kv.version, kv.lease


def _key_frame(store: Store, history: KeyIndex) -> Frozen:
    kv = store.get(history.key)
    return Frozen(
        lives=tuple(history.lives()),
        value=readable(kv.value) if kv else None,
        create_revision=kv.create_revision if kv else 0,
        mod_revision=kv.mod_revision if kv else history.modified.main,
        version=kv.version if kv else 0,
        lease=kv.lease if kv else 0,
    )

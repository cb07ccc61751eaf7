"""Reading many keys: filter, sort, cut, in exactly that order.

The order is the surprise. A limit is applied last, so `limit=1` with a sort gives the first of all keys; but a store that is asked
neither to filter nor to sort stops after `limit` keys, and a sort target without a sort order sorts only those. `count` never shrinks: it
tells how many keys there are, not how many were sent.

Source: etcd 3.5, server/etcdserver/apply.go (applierV3backend.Range, pruneKVs), server/storage/mvcc/kvstore_txn.go (rangeKeys).
Left out: the order of keys that compare equal. Go's sort does not promise one; here they stay in key order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from k8sedu.etcd.api import NO_END, KeyValue, RangeRequest, Text, to_bytes

Bounds: TypeAlias = tuple[bytes, bytes | None]
"""The first key of a range and the first behind it, None for no end."""

SORT_KEYS: dict[str, Callable[[KeyValue], Any]] = {
    "KEY": lambda kv: kv.key,
    "VERSION": lambda kv: kv.version,
    "CREATE": lambda kv: kv.create_revision,
    "MOD": lambda kv: kv.mod_revision,
    "VALUE": lambda kv: kv.value,
}
SORT_ORDERS = ("NONE", "ASCEND", "DESCEND")


def bounds(key: Text, range_end: Text) -> Bounds:
    r"""The keys that a request means, as a half-open range.

    >>> bounds("a", ""), bounds("a", "c"), bounds("a", b"\0")
    ((b'a', b'a\x00'), (b'a', b'c'), (b'a', None))
    """
    first, end = to_bytes(key), to_bytes(range_end)
    if not end:
        return first, first + b"\0"
    return first, None if end == NO_END else end


def fetch_limit(request: RangeRequest) -> int:
    """How many keys are enough to answer; 0 for all. One more than asked for, to know whether there are more."""
    return 0 if request.limit <= 0 or request.sort_order != "NONE" or _has_filters(request) else request.limit + 1


def arrange(found: list[KeyValue], request: RangeRequest) -> tuple[tuple[KeyValue, ...], bool]:
    """Filter, sort and cut what was found; also tells whether the limit left keys out."""
    kept = [kv for kv in found if _passes(kv, request)] if _has_filters(request) else found
    order = "ASCEND" if request.sort_order == "NONE" and request.sort_target != "KEY" else request.sort_order
    if order != "NONE":
        kept = sorted(kept, key=SORT_KEYS[request.sort_target], reverse=order == "DESCEND")
    more = 0 < request.limit < len(kept)
    if more:
        kept = kept[: request.limit]
    if request.keys_only:
        kept = [kv._replace(value=b"") for kv in kept]
    return tuple(kept), more


def _has_filters(request: RangeRequest) -> bool:
    by_change = request.min_mod_revision or request.max_mod_revision
    return bool(by_change or request.min_create_revision or request.max_create_revision)


def _passes(kv: KeyValue, request: RangeRequest) -> bool:
    """Is the key within all limits that are set?"""
    limits = (
        (kv.mod_revision, request.min_mod_revision, request.max_mod_revision),
        (kv.create_revision, request.min_create_revision, request.max_create_revision),
    )
    return all((not low or revision >= low) and (not high or revision <= high) for revision, low, high in limits)

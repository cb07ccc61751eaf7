"""Transactions: if all comparisons hold do this, else that, as one revision or not at all.

The surprise: every comparison, those of nested transactions too, is answered before the first operation runs. A nested `if` therefore
does not see what the outer `then` writes. That is what makes the choice of branches one consistent view, and it lets everything that can
fail (a missing lease, a compacted revision) be found out before anything is written.

Source: etcd 3.5, server/etcdserver/apply.go (Txn, compareToPath, checkRequests, applyTxn).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from k8sedu.etcd.api import (
    Compare,
    DeleteRangeRequest,
    Header,
    KeyValue,
    PutRequest,
    RangeRequest,
    RequestOp,
    ResponseOp,
    TxnRequest,
    TxnResponse,
    to_bytes,
)
from k8sedu.etcd.errors import CompactedError, FutureRevisionError, KeyNotFoundError, LeaseNotFoundError

if TYPE_CHECKING:
    from k8sedu.etcd.mvcc import Store

RESULTS = {"EQUAL": operator.eq, "GREATER": operator.gt, "LESS": operator.lt, "NOT_EQUAL": operator.ne}
FIELDS = {"VERSION": "version", "CREATE": "create_revision", "MOD": "mod_revision", "VALUE": "value", "LEASE": "lease"}
"""Compare target → the field of `KeyValue` and of `Compare` that it is about."""


class Choice(NamedTuple):
    """Which branch a transaction takes, and the choices of the transactions in that branch, in order."""

    succeeded: bool
    inner: tuple[Choice, ...] = ()

    def branch(self, request: TxnRequest) -> tuple[RequestOp, ...]:
        """The operations that will run."""
        return request.success if self.succeeded else request.failure


def holds(compare: Compare, found: list[KeyValue]) -> bool:
    """Does the comparison hold for every key that was found?

    A key that is not there counts as one with all numbers zero; but it has no value, so that a comparison of its value fails, even
    NOT_EQUAL.

    >>> holds(Compare(b"a", "VERSION", "EQUAL", version=0), []), holds(Compare(b"a", "VALUE", "NOT_EQUAL", value=b"x"), [])
    (True, False)
    """
    if not found and compare.target == "VALUE":
        return False
    field = FIELDS[compare.target]
    operand = to_bytes(compare.value) if compare.target == "VALUE" else getattr(compare, field)
    return all(RESULTS[compare.result](getattr(kv, field), operand) for kv in found or [KeyValue(b"")])


def choose(store: Store, request: TxnRequest) -> Choice:
    """Answer all comparisons on the store as it is now, those of nested transactions included."""
    succeeded = all(holds(compare, store.find(compare.key, compare.range_end)) for compare in request.compare)
    branch = request.success if succeeded else request.failure
    return Choice(succeeded, tuple(choose(store, operation) for operation in branch if isinstance(operation, TxnRequest)))


def check_runs(store: Store, request: TxnRequest, choice: Choice) -> None:
    """Find out before the first write whether an operation of the chosen branches would fail: all puts first, then all ranges.

    Raises:
        KeyNotFoundError, LeaseNotFoundError, FutureRevisionError, CompactedError: one would, so none runs.
    """
    operations = tuple(chosen(request, choice))
    for operation in operations:
        if isinstance(operation, PutRequest):
            _check_put(store, operation)
    for operation in operations:
        if isinstance(operation, RangeRequest) and operation.revision:
            _check_range(store, operation)


def chosen(request: TxnRequest, choice: Choice) -> Iterator[RequestOp]:
    """The operations that will run, those inside nested transactions in place of these."""
    inner = iter(choice.inner)
    for operation in choice.branch(request):
        if isinstance(operation, TxnRequest):
            yield from chosen(operation, next(inner))
        else:
            yield operation


def _check_put(store: Store, request: PutRequest) -> None:
    if (request.ignore_value or request.ignore_lease) and not store.find(request.key):
        raise KeyNotFoundError
    if request.lease and not store.knows_lease(request.lease):
        raise LeaseNotFoundError


def _check_range(store: Store, request: RangeRequest) -> None:
    """Stricter than a range outside a transaction: there a negative revision means now, here it is a compacted one."""
    if request.revision > store.revision:
        raise FutureRevisionError
    if request.revision < store.compact_revision:
        raise CompactedError


def run(store: Store, request: TxnRequest, choice: Choice) -> tuple[ResponseOp, ...]:
    """Run the chosen branch; the caller has opened the revision and closes it."""
    inner = iter(choice.inner)
    return tuple(_run_one(store, operation, inner) for operation in choice.branch(request))


def _run_one(store: Store, operation: RequestOp, inner: Iterator[Choice]) -> ResponseOp:
    if isinstance(operation, PutRequest):
        return store.do_put(operation)
    if isinstance(operation, RangeRequest):
        return store.do_range(operation)
    if isinstance(operation, DeleteRangeRequest):
        return store.do_delete_range(operation)
    choice = next(inner)
    return TxnResponse(Header(), choice.succeeded, run(store, operation, choice))

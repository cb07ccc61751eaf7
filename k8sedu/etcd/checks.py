"""What a member refuses before it bothers the cluster: requests that could never succeed, whatever the store holds.

The interesting check is about transactions. All writes of a transaction share one main revision, so no key may be written twice in it:
"put a, put a" is refused, and so is a put into a range that is deleted beside it, because the sub revision would decide silently. Two
deletes of one key are harmless, and so are puts in the two branches of a nested transaction, of which only one runs.

Source: etcd 3.5, server/etcdserver/api/v3rpc/key.go (checkRangeRequest, checkPutRequest, checkTxnRequest, checkIntervals).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from k8sedu.etcd.api import DeleteRangeRequest, PutRequest, RangeRequest, RequestOp, TxnRequest, to_bytes
from k8sedu.etcd.errors import (
    DuplicateKeyError,
    EmptyKeyError,
    InvalidSortOptionError,
    LeaseProvidedError,
    TooManyOpsError,
    ValueProvidedError,
)
from k8sedu.etcd.ranges import SORT_KEYS, SORT_ORDERS

Interval: TypeAlias = tuple[bytes, bytes]
"""The first key of a deleted range and the first behind it."""


def check(request: Any, *, max_txn_ops: int) -> None:
    """Refuse what can never succeed; requests without rules pass.

    >>> check(PutRequest(b"", b"1"), max_txn_ops=128)
    Traceback (most recent call last):
        ...
    k8sedu.etcd.errors.EmptyKeyError: etcdserver: key is not provided

    Raises:
        EtcdError: one of the refusals of this module's imports.
    """
    if isinstance(request, TxnRequest):
        _check_txn(request, max_txn_ops)
        _check_intervals(request.success)
        _check_intervals(request.failure)
    elif type(request) in RULES:
        RULES[type(request)](request)


def _check_delete(request: DeleteRangeRequest) -> None:
    _need_key(request.key)


def _need_key(key: bytes | str) -> None:
    if not key:
        raise EmptyKeyError


def _check_put(request: PutRequest) -> None:
    _need_key(request.key)
    if request.ignore_value and request.value:
        raise ValueProvidedError
    if request.ignore_lease and request.lease:
        raise LeaseProvidedError


def _check_range(request: RangeRequest) -> None:
    _need_key(request.key)
    if request.sort_target not in SORT_KEYS or request.sort_order not in SORT_ORDERS:
        raise InvalidSortOptionError


def _check_txn(request: TxnRequest, room: int) -> None:
    """A nested transaction has only the operations left that the outer one did not use."""
    used = max(len(request.compare), len(request.success), len(request.failure))
    if used > room:
        raise TooManyOpsError
    for compare in request.compare:
        _need_key(compare.key)
    for operation in (*request.success, *request.failure):
        if isinstance(operation, TxnRequest):
            _check_txn(operation, room - used)
        else:
            check(operation, max_txn_ops=room)


def _check_intervals(operations: Iterable[RequestOp]) -> tuple[set[bytes], list[Interval]]:
    """The keys that these operations put and the ranges that they delete; refuses when they get into each other's way."""
    operations = tuple(operations)
    deleted = [_interval(operation) for operation in operations if isinstance(operation, DeleteRangeRequest)]
    written: set[bytes] = set()
    for operation in operations:
        if isinstance(operation, TxnRequest):
            _check_branches(operation, written, deleted)
    for operation in operations:
        if isinstance(operation, PutRequest):
            _add(to_bytes(operation.key), written, deleted)
    return written, deleted


def _check_branches(request: TxnRequest, written: set[bytes], deleted: list[Interval]) -> None:
    """Only one branch of a nested transaction runs, so its two branches may write the same keys."""
    on_success, deleted_on_success = _check_intervals(request.success)
    on_failure, deleted_on_failure = _check_intervals(request.failure)
    for key in sorted(on_success):
        _add(key, written, deleted)
    for key in sorted(on_failure):
        _add(key, written - on_success, deleted)
    written |= on_failure
    deleted += deleted_on_success + deleted_on_failure


def _add(key: bytes, written: set[bytes], deleted: list[Interval]) -> None:
    if key in written or any(_covers(interval, key) for interval in deleted):
        raise DuplicateKeyError
    written.add(key)


def _interval(request: DeleteRangeRequest) -> Interval:
    key = to_bytes(request.key)
    return key, to_bytes(request.range_end) or key + b"\0"


def _covers(interval: Interval, key: bytes) -> bool:
    """Does a delete hit this key? A range without end is compared as it is written and so hits nothing, exactly as in etcd."""
    first, end = interval
    return first <= key < end


RULES: dict[type, Callable[[Any], None]] = {PutRequest: _check_put, RangeRequest: _check_range, DeleteRangeRequest: _check_delete}
"""What is asked of a request by itself; a transaction needs to know how much room it has."""

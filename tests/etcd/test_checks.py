from __future__ import annotations

from typing import Any

import pytest

from k8sedu.etcd.api import (
    CompactionRequest,
    Compare,
    DeleteRangeRequest,
    HashKVRequest,
    LeaseGrantRequest,
    PutRequest,
    RangeRequest,
    TxnRequest,
)
from k8sedu.etcd.checks import check
from k8sedu.etcd.errors import (
    DuplicateKeyError,
    EmptyKeyError,
    EtcdError,
    InvalidSortOptionError,
    LeaseProvidedError,
    TooManyOpsError,
    ValueProvidedError,
)


def txn(*success: Any, failure: tuple[Any, ...] = (), compare: tuple[Compare, ...] = ()) -> TxnRequest:
    """A transaction."""
    return TxnRequest(compare, success, failure)


def put(key: str) -> PutRequest:
    """A put without conditions."""
    return PutRequest(key, "x")


REFUSED = [
    (PutRequest("", "x"), EmptyKeyError),
    (PutRequest("a", "x", ignore_value=True), ValueProvidedError),
    (PutRequest("a", lease=7, ignore_lease=True), LeaseProvidedError),
    (RangeRequest(""), EmptyKeyError),
    (RangeRequest("a", sort_target="SIZE"), InvalidSortOptionError),  # type: ignore[arg-type]  # what a client may send
    (RangeRequest("a", sort_order="RANDOM"), InvalidSortOptionError),  # type: ignore[arg-type]  # what a client may send
    (DeleteRangeRequest(""), EmptyKeyError),
    (txn(compare=(Compare(""),)), EmptyKeyError),
    (txn(put("")), EmptyKeyError),
    (txn(failure=(DeleteRangeRequest(""),)), EmptyKeyError),
    (txn(txn(failure=(RangeRequest(""),))), EmptyKeyError),
    (txn(put("a"), put("b"), put("c"), put("d"), put("e")), TooManyOpsError),
    (txn(put("a"), put("b"), txn(put("c"), put("d"))), TooManyOpsError),
    (txn(put("a"), put("a")), DuplicateKeyError),
    (txn(failure=(put("a"), put("a"))), DuplicateKeyError),
    (txn(put("b"), DeleteRangeRequest("a", "c")), DuplicateKeyError),
    (txn(DeleteRangeRequest("a"), put("a")), DuplicateKeyError),
    (txn(put("a"), txn(put("a"))), DuplicateKeyError),
    (txn(put("a"), txn(failure=(put("a"),))), DuplicateKeyError),
    (txn(txn(put("a")), txn(put("a"))), DuplicateKeyError),
    (txn(txn(DeleteRangeRequest("a", "c")), put("b")), DuplicateKeyError),
]
ACCEPTED = [
    PutRequest("a"),
    PutRequest("a", ignore_value=True, ignore_lease=True),
    RangeRequest("\0", "\0", sort_target="MOD", sort_order="DESCEND"),
    DeleteRangeRequest("\0", "\0"),
    CompactionRequest(5),
    HashKVRequest(),
    LeaseGrantRequest(TTL=5),
    txn(),
    txn(put("a"), put("b"), put("c"), put("d")),
    txn(put("a"), failure=(put("a"),)),
    txn(DeleteRangeRequest("a", "c"), DeleteRangeRequest("b")),
    txn(put("c"), DeleteRangeRequest("a", "c")),
    txn(put("a"), RangeRequest("a")),
    txn(txn(put("a"), failure=(put("a"),))),
    txn(put("b"), DeleteRangeRequest("a", "\0")),
]


@pytest.mark.parametrize(("request_", "error"), REFUSED)
def test_what_can_never_succeed_is_refused(request_: Any, error: type[EtcdError]) -> None:
    """Each refusal is etcd's own, and what is refused alone is refused inside a transaction too, however deep."""
    with pytest.raises(error):
        check(request_, max_txn_ops=4)
    if not isinstance(request_, TxnRequest):
        for wrapped in (txn(request_), txn(failure=(txn(request_),))):
            with pytest.raises(error):
                check(wrapped, max_txn_ops=4)


@pytest.mark.parametrize("request_", ACCEPTED)
def test_what_may_succeed_passes(request_: Any) -> None:
    """Branches of which only one runs, deletes of one key, and requests without rules are no reason to refuse; nor is an endless range."""
    check(request_, max_txn_ops=4)


@pytest.mark.parametrize("room", [1, 3, 128])
def test_the_room_of_a_transaction(room: int) -> None:
    """As many operations as there is room for pass, one more does not; comparisons are counted like operations."""
    full = tuple(put(f"k{number}") for number in range(room))
    check(txn(*full, failure=full, compare=tuple(Compare("a") for _ in full)), max_txn_ops=room)
    for one_more in (txn(*full, put("z")), txn(failure=(*full, put("z"))), txn(compare=tuple(Compare("a") for _ in (*full, 1)))):
        with pytest.raises(TooManyOpsError):
            check(one_more, max_txn_ops=room)

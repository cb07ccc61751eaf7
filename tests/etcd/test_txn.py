from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from k8sedu.etcd.api import (
    Compare,
    DeleteRangeRequest,
    KeyValue,
    PutRequest,
    RangeRequest,
    RangeResponse,
    RequestOp,
    TxnRequest,
    TxnResponse,
)
from k8sedu.etcd.errors import CompactedError, EtcdError, FutureRevisionError, KeyNotFoundError, LeaseNotFoundError
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.txn import FIELDS, choose, chosen, holds

KEYS = ["a", "b", "c"]
MEANS = {"EQUAL": {0}, "GREATER": {1}, "LESS": {-1}, "NOT_EQUAL": {-1, 1}}
KV = KeyValue(b"a", 5, 5, 5, b"5", 5)
OPERANDS: dict[str, list[Any]] = {target: [b"4", b"5", b"6"] if target == "VALUE" else [4, 5, 6] for target in FIELDS}


def compare(target: Any, result: Any, operand: Any, key: str = "a") -> Compare:
    """A comparison of one field."""
    return Compare(key, target, result)._replace(**{FIELDS[target]: operand})


# -- one comparison -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", MEANS)
@pytest.mark.parametrize("target", FIELDS)
def test_a_comparison_asks_how_the_key_stands_to_the_operand(target: str, result: str) -> None:
    """GREATER means that what is stored is greater than the operand, for every field; the other operands are not looked at."""
    for operand, sign in zip(OPERANDS[target], (1, 0, -1), strict=True):
        assert holds(compare(target, result, operand), [KV]) == (sign in MEANS[result])


@pytest.mark.parametrize("result", MEANS)
@pytest.mark.parametrize("target", FIELDS)
def test_a_key_that_is_not_there_is_all_zero_and_has_no_value(target: str, result: str) -> None:
    """Its numbers compare as zero, and no comparison of its value holds."""
    if target == "VALUE":
        assert not any(holds(compare(target, result, operand), []) for operand in (b"", b"5"))
        return
    for operand, sign in ((-1, 1), (0, 0), (1, -1)):
        assert holds(compare(target, result, operand), []) == (sign in MEANS[result])


@given(st.lists(st.integers(1, 3), max_size=4), st.sampled_from(sorted(MEANS)), st.integers(0, 4))
def test_a_comparison_of_a_range_holds_for_every_key(versions: list[int], result: str, operand: int) -> None:
    """One key for which it does not hold is enough."""
    found = [KeyValue(b"%d" % number, version=version) for number, version in enumerate(versions)]
    asked = compare("VERSION", result, operand)
    assert holds(asked, found) == all(holds(asked, [kv]) for kv in found or [KeyValue(b"")])


# -- whole transactions -------------------------------------------------------------------------------------------------------------------

compares = st.sampled_from([compare("VERSION", result, version, key) for result in MEANS for version in (0, 1, 2) for key in KEYS])
operations = st.sampled_from(
    [
        operation for key in KEYS
        for operation in (
            PutRequest(key, "x"), PutRequest(key, "y"), DeleteRangeRequest(key), RangeRequest(key), RangeRequest(key, revision=3),
            RangeRequest(key, revision=-1), PutRequest(key, ignore_value=True), PutRequest(key, lease=7),
        )
    ]
)  # fmt: skip


@st.composite
def branches(draw: Any, inner: Any) -> TxnRequest:
    """Transactions over these operations."""
    few = st.lists(inner, max_size=3).map(tuple)
    return TxnRequest(tuple(draw(st.lists(compares, max_size=2))), draw(few), draw(few))


transactions = branches(st.one_of(operations, operations, branches(operations)))


def shape(response: TxnResponse) -> list[Any]:
    """The kinds of the responses, those of inner transactions in place of these."""
    return [
        kind for inner in response.responses
        for kind in (shape(inner) if isinstance(inner, TxnResponse) else [type(inner).__name__.removesuffix("Response")])
    ]  # fmt: skip


def store_of(keys: list[str]) -> Store:
    """A store in which these keys were put."""
    store = Store(order=3, page_records=2)
    for key in keys:
        store.put(key, "before")
    return store


@given(st.lists(st.sampled_from(KEYS), max_size=3), transactions)
def test_all_or_nothing_as_one_revision(keys: list[str], request: TxnRequest) -> None:
    """What was chosen before runs as a whole and is one revision if it changed anything; a refused transaction leaves no trace."""
    store = store_of(keys)
    before, choice = store.dump(), choose(store, request)
    planned = [type(operation).__name__.removesuffix("Request") for operation in chosen(request, choice)]
    try:
        response = store.txn(request)
    except EtcdError:
        assert store.dump() == before
        store.check()
        return
    assert (response.succeeded, shape(response)) == (choice.succeeded, planned)
    new = list(store.changes(before["revision"] + 1))
    assert store.revision == response.header.revision == before["revision"] + bool(new)
    assert [revision.sub for revision, _ in new] == list(range(len(new)))
    store.check()


@pytest.mark.parametrize("is_nested", [False, True])
@pytest.mark.parametrize(
    ("operation", "error"),
    [
        (PutRequest("b", ignore_value=True), KeyNotFoundError),
        (PutRequest("b", "x", ignore_lease=True), KeyNotFoundError),
        (PutRequest("b", "x", lease=7), LeaseNotFoundError),
        (RangeRequest("a", revision=5), FutureRevisionError),
        (RangeRequest("a", revision=3), CompactedError),
        (RangeRequest("a", revision=-1), CompactedError),
    ],
)
def test_what_would_fail_is_found_before_anything_is_written(operation: RequestOp, error: type[EtcdError], *, is_nested: bool) -> None:
    """An operation that would fail behind a write leaves nothing written; in the branch that is not chosen it does no harm."""
    store = store_of(["a", "a", "a"])
    store.compact(4)
    inner = TxnRequest((), (operation,)) if is_nested else operation
    before = store.dump()
    with pytest.raises(error):
        store.txn(TxnRequest((), (PutRequest("c", "x"), inner)))
    assert store.dump() == before
    store.check()
    assert store.txn(TxnRequest((), (PutRequest("c", "x"),), (inner,))).succeeded


@given(st.lists(st.sampled_from(KEYS), max_size=3), transactions)
def test_the_choice_does_not_depend_on_what_runs(keys: list[str], request: TxnRequest) -> None:
    """Every comparison is answered on the state before, so taking the writes away changes no choice."""

    def without_writes(part: Any) -> Any:
        if isinstance(part, TxnRequest):
            return part._replace(success=tuple(map(without_writes, part.success)), failure=tuple(map(without_writes, part.failure)))
        return RangeRequest("a")

    def verdicts(response: TxnResponse) -> list[Any]:
        return [response.succeeded, *(verdicts(inner) for inner in response.responses if isinstance(inner, TxnResponse))]

    store = store_of(keys)
    verdict = verdicts(store.txn(without_writes(request)))
    try:
        response = store.txn(request)
    except EtcdError:
        reject()
    assert verdicts(response) == verdict


def test_reads_see_the_writes_before_them() -> None:
    """Unlike comparisons, the ranges of a branch see what the operations before them have written."""
    store, write = store_of(["a"]), (PutRequest("b", "1"), DeleteRangeRequest("a"))
    response = store.txn(TxnRequest((), (RangeRequest("a", "c"), *write, RangeRequest("a", "c"))))
    read = [[kv.key for kv in each.kvs] for each in response.responses if isinstance(each, RangeResponse)]
    assert read == [[b"a"], [b"b"]]

"""Laws of the JSON form: what is written is read again, and what is zero is not written."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import Compare, DeleteRangeRequest, PutRequest, RangeRequest, TxnRequest
from k8sedu.etcd.json_form import FormError, from_json, to_json

TEXT = st.binary(max_size=6)
NUMBER = st.integers(0, 2**63 - 1)
PUT = st.builds(PutRequest, key=TEXT, value=TEXT, lease=NUMBER, prev_kv=st.booleans(), ignore_value=st.booleans())
RANGE = st.builds(
    RangeRequest, key=TEXT, range_end=TEXT, limit=NUMBER, revision=NUMBER, sort_order=st.sampled_from(["NONE", "ASCEND", "DESCEND"]),
    sort_target=st.sampled_from(["KEY", "VERSION", "CREATE", "MOD", "VALUE"]), keys_only=st.booleans(), count_only=st.booleans(),
)  # fmt: skip
DELETE = st.builds(DeleteRangeRequest, key=TEXT, range_end=TEXT, prev_kv=st.booleans())
COMPARE = st.builds(
    Compare, key=TEXT, target=st.sampled_from(["VERSION", "CREATE", "MOD", "LEASE"]),
    result=st.sampled_from(["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]), value=st.just(b""), range_end=TEXT,
)  # fmt: skip
SIMPLE = st.one_of(PUT, RANGE, DELETE)
OPERATIONS = st.lists(SIMPLE, max_size=3).map(tuple)
TXN = st.builds(TxnRequest, compare=st.lists(COMPARE, max_size=3).map(tuple), success=OPERATIONS, failure=OPERATIONS)


@given(st.one_of(SIMPLE, TXN))
def test_a_request_is_read_as_it_was_written(request_: PutRequest | RangeRequest | DeleteRangeRequest | TxnRequest) -> None:
    """Through JSON text and back nothing changes, nested transactions and bytes that are no UTF-8 included."""
    written = json.loads(json.dumps(to_json(request_)))
    assert from_json(type(request_), written) == request_


@given(st.one_of(SIMPLE, TXN))
def test_nothing_zero_is_written(request_: PutRequest | RangeRequest | DeleteRangeRequest | TxnRequest) -> None:
    """No false, no 0, no empty text: as in protobuf, what is absent is zero."""

    def zeros(data: object) -> list[object]:
        inside = data.values() if isinstance(data, dict) else data if isinstance(data, list) else ()
        found = [each for each in inside if each in (0, "", False, "NONE", "KEY", "EQUAL")]
        return found + [zero for each in inside for zero in zeros(each)]

    assert zeros(to_json(request_)) == []


@pytest.mark.parametrize("data", [{"keys": "a"}, {"key": 7}, {"key": "a", "lease": "x"}, [], "put", {"key": "\u4e00"}])
def test_what_is_no_request_is_refused(data: object) -> None:
    """A field that does not exist, a wrong type, or a character that is no byte: a typed error, nothing else."""
    with pytest.raises(FormError):
        from_json(PutRequest, data)  # type: ignore[arg-type]  # wrong on purpose

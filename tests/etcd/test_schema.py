from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd import api
from k8sedu.etcd.protobuf import ProtobufError, decode, encode
from k8sedu.etcd.schema import (
    ENTRY,
    HARD_STATE,
    MARKED_SNAPSHOT,
    REQUEST,
    Checkpoints,
    ConfState,
    InternalRequest,
    LogEntry,
    LogState,
    MarkedSnapshot,
    decode_request,
    encode_request,
    request_id_of,
)
from k8sedu.etcd.server import Server

KEYS = st.binary(max_size=12)
NUMBERS = st.integers(-(2**63), 2**63 - 1)
FLAGS = st.booleans()
RANGES = st.builds(
    api.RangeRequest, KEYS, KEYS, NUMBERS, NUMBERS, st.sampled_from(("NONE", "ASCEND", "DESCEND")),
    st.sampled_from(("KEY", "VERSION", "CREATE", "MOD", "VALUE")), FLAGS, FLAGS, FLAGS, NUMBERS, NUMBERS, NUMBERS, NUMBERS,
)  # fmt: skip
PUTS = st.builds(api.PutRequest, KEYS, KEYS, NUMBERS, FLAGS, FLAGS, FLAGS)
DELETES = st.builds(api.DeleteRangeRequest, KEYS, KEYS, FLAGS)
RESULTS = st.sampled_from(("EQUAL", "GREATER", "LESS", "NOT_EQUAL"))


def compare(target: Any, field: str, result: Any, keys: tuple[bytes, bytes], operand: Any) -> api.Compare:
    """A comparison with the one operand that its target asks for."""
    return api.Compare(keys[0], target, result, range_end=keys[1])._replace(**{field: operand})


OPERANDS: dict[str, tuple[str, Any]] = {
    "VERSION": ("version", NUMBERS), "CREATE": ("create_revision", NUMBERS), "MOD": ("mod_revision", NUMBERS), "VALUE": ("value", KEYS),
    "LEASE": ("lease", NUMBERS),
}  # fmt: skip
COMPARES = st.one_of(
    *(
        st.builds(partial(compare, target, field), RESULTS, st.tuples(KEYS, KEYS), operand)
        for target, (field, operand) in OPERANDS.items()
    )
)
OPERATIONS = st.recursive(
    RANGES | PUTS | DELETES,
    lambda inner: st.builds(
        api.TxnRequest, st.lists(COMPARES, max_size=2).map(tuple), st.lists(inner, max_size=2).map(tuple),
        st.lists(inner, max_size=2).map(tuple),
    ),
    max_leaves=6,
)  # fmt: skip
CHECKPOINTS = st.builds(api.LeaseCheckpointRequest, NUMBERS, NUMBERS)
REQUESTS = (
    OPERATIONS
    | st.builds(api.CompactionRequest, NUMBERS, FLAGS)
    | st.builds(api.LeaseGrantRequest, NUMBERS, NUMBERS)
    | st.builds(api.LeaseRevokeRequest, NUMBERS)
    | CHECKPOINTS
)


@given(REQUESTS, st.integers(0, 2**63 - 1))
def test_a_request_is_read_as_it_was_written(request_said: Any, number: int) -> None:
    """Whatever can stand in the log comes back from its bytes: nested transactions, every option, and who asked."""
    raw = encode_request(request_said, request_id=number)
    assert decode_request(raw) == request_said
    assert request_id_of(raw) == number


@given(st.lists(CHECKPOINTS, max_size=4).map(tuple))
def test_all_checkpoints_of_an_entry_are_read(checkpoints: tuple[api.LeaseCheckpointRequest, ...]) -> None:
    """An entry of a real leader notes many leases at once, or none: all are read, and none is made up."""
    found = decode_request(encode(REQUEST, InternalRequest(lease_checkpoint=Checkpoints(checkpoints))))
    assert (found.checkpoints if isinstance(found, Checkpoints) else (found,)) == checkpoints
    assert decode_request(encode_request(found)) == found


def test_all_checkpoints_of_an_entry_are_applied() -> None:
    """Each lease that an entry names has its rest noted; those that are gone are passed over."""
    server = Server(is_primary=False)
    for index, lease in enumerate((7, 8), start=1):
        server.apply(index, 1, api.LeaseGrantRequest(1_000, lease), now_ms=0)
    noted = Checkpoints(tuple(api.LeaseCheckpointRequest(lease, lease * 10) for lease in (7, 8, 9)))
    server.apply(3, 1, decode_request(encode_request(noted)), now_ms=0)
    server.apply(4, 1, Checkpoints(), now_ms=0)
    assert [(lease.lease_id, lease.remaining_s) for lease in server.lessor.leases] == [(7, 70), (8, 80)]
    assert server.consistent_index == 4


@given(REQUESTS, st.data())
def test_a_cut_request_is_refused(request_said: Any, data: st.DataObject) -> None:
    """The bytes of a request that end too early are refused with a typed error, or are another request; never anything else."""
    raw = encode_request(request_said, request_id=2**60)
    with contextlib.suppress(ProtobufError):
        decode_request(raw[: data.draw(st.integers(0, len(raw) - 1))])


@given(st.binary(max_size=200))
def test_random_bytes_are_a_request_or_refused(data: bytes) -> None:
    """Whatever the bytes, there is a request, nothing that concerns us, or a ProtobufError."""
    with contextlib.suppress(ProtobufError):
        decode_request(data)


@pytest.mark.parametrize(
    ("message", "value", "raw"),
    [
        (ENTRY, LogEntry("EntryNormal", 2, 3), "0800 1002 1803"),
        (ENTRY, LogEntry("EntryConfChange", 1, 1, b"x"), "0801 1001 1801 220178"),
        (HARD_STATE, LogState(5, 2**64 - 1, 0), "0805 10ffffffffffffffffff01 1800"),
        (MARKED_SNAPSHOT, MarkedSnapshot(7, 2, ConfState((1, 300))), "0807 1002 1a07 0801 08ac02 2800"),
    ],
)
def test_the_bytes_of_raft(message: Any, value: Any, raw: str) -> None:
    """Raft's own messages are written as etcd's: zeros too, members as numbers without a sign."""
    assert encode(message, value) == bytes.fromhex(raw)
    assert decode(message, bytes.fromhex(raw)) == value

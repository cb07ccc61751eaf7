"""The messages in etcd's files, as tables: which field has which number.

Three groups: what the store holds (`KEY_VALUE`, `LEASE`), what the log carries (`REQUEST`, the one envelope of everything that members
apply), and what Raft itself writes (`ENTRY`, `HARD_STATE`, `SNAPSHOT`).

Source: etcd 3.5, api/mvccpb/kv.proto, api/etcdserverpb/rpc.proto and raft_internal.proto, server/lease/leasepb/lease.proto,
server/storage/wal/walpb/record.proto, server/etcdserver/api/snap/snappb/snap.proto; etcd-io/raft raftpb/raft.proto.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8sedu.etcd import api
from k8sedu.etcd.protobuf import Field, Message, ProtobufError, decode, encode
from k8sedu.etcd.txn import FIELDS

KEY_VALUE = Message(
    api.KeyValue,
    {
        1: Field("key", "bytes"), 2: Field("create_revision", "int"), 3: Field("mod_revision", "int"), 4: Field("version", "int"),
        5: Field("value", "bytes"), 6: Field("lease", "int"),
    },
)  # fmt: skip


class StoredLease(NamedTuple):
    """A lease in the backend: no expiry, because clocks of members differ; the countdown begins anew after a restart."""

    ID: int = 0
    TTL: int = 0
    RemainingTTL: int = 0


LEASE = Message(StoredLease, {1: Field("ID", "int"), 2: Field("TTL", "int"), 3: Field("RemainingTTL", "int")})

# -- requests -----------------------------------------------------------------------------------------------------------------------------

RANGE = Message(
    api.RangeRequest,
    {
        1: Field("key", "bytes"), 2: Field("range_end", "bytes"), 3: Field("limit", "int"), 4: Field("revision", "int"),
        5: Field("sort_order", ("NONE", "ASCEND", "DESCEND")), 6: Field("sort_target", ("KEY", "VERSION", "CREATE", "MOD", "VALUE")),
        7: Field("serializable", "bool"), 8: Field("keys_only", "bool"), 9: Field("count_only", "bool"),
        10: Field("min_mod_revision", "int"), 11: Field("max_mod_revision", "int"),
        12: Field("min_create_revision", "int"), 13: Field("max_create_revision", "int"),
    },
)  # fmt: skip
PUT = Message(
    api.PutRequest,
    {
        1: Field("key", "bytes"), 2: Field("value", "bytes"), 3: Field("lease", "int"), 4: Field("prev_kv", "bool"),
        5: Field("ignore_value", "bool"), 6: Field("ignore_lease", "bool"),
    },
)  # fmt: skip
DELETE_RANGE = Message(api.DeleteRangeRequest, {1: Field("key", "bytes"), 2: Field("range_end", "bytes"), 3: Field("prev_kv", "bool")})
COMPARE = Message(
    api.Compare,
    {
        1: Field("result", ("EQUAL", "GREATER", "LESS", "NOT_EQUAL")), 2: Field("target", ("VERSION", "CREATE", "MOD", "VALUE", "LEASE")),
        3: Field("key", "bytes"), 4: Field("version", "int"), 5: Field("create_revision", "int"), 6: Field("mod_revision", "int"),
        7: Field("value", "bytes"), 8: Field("lease", "int"), 64: Field("range_end", "bytes"),
    },
    choose=lambda compare: (FIELDS[compare.target], "result", "target", "key", "range_end"),
)  # fmt: skip


class OneOf(NamedTuple):
    """An envelope that holds one of several messages, the others are None."""

    request_range: Any = None
    request_put: Any = None
    request_delete_range: Any = None
    request_txn: Any = None


class TxnForm(NamedTuple):
    """A transaction with its operations in envelopes."""

    compare: tuple[api.Compare, ...] = ()
    success: tuple[OneOf, ...] = ()
    failure: tuple[OneOf, ...] = ()


_ENVELOPES = {
    api.RangeRequest: "request_range", api.PutRequest: "request_put", api.DeleteRangeRequest: "request_delete_range",
}  # fmt: skip
_TXN_FIELDS: dict[int, Field] = {1: Field("compare", COMPARE, repeated=True)}
TXN = Message(TxnForm, _TXN_FIELDS)
OPERATION = Message(
    OneOf,
    {
        1: Field("request_range", RANGE), 2: Field("request_put", PUT), 3: Field("request_delete_range", DELETE_RANGE),
        4: Field("request_txn", TXN),
    },
)  # fmt: skip
_TXN_FIELDS |= {2: Field("success", OPERATION, repeated=True), 3: Field("failure", OPERATION, repeated=True)}

COMPACTION = Message(api.CompactionRequest, {1: Field("revision", "int"), 2: Field("physical", "bool")})
LEASE_GRANT = Message(api.LeaseGrantRequest, {1: Field("TTL", "int"), 2: Field("ID", "int")})
LEASE_REVOKE = Message(api.LeaseRevokeRequest, {1: Field("ID", "int")})
CHECKPOINT = Message(api.LeaseCheckpointRequest, {1: Field("ID", "int"), 2: Field("remaining_TTL", "int")})


class Checkpoints(NamedTuple):
    """Several checkpoints of leases in one entry."""

    checkpoints: tuple[api.LeaseCheckpointRequest, ...] = ()


class RequestHeader(NamedTuple):
    """Who proposed a request, and its number, by which the proposer recognises it when it is applied."""

    ID: int = 0
    username: str = ""


class InternalRequest(NamedTuple):
    """The envelope in the log: exactly one request is set. Members of the v2 API's kind (`v2`) are kept as raw bytes."""

    header: RequestHeader | None = None
    ID: int = 0
    v2: bytes = b""
    range: Any = None
    put: Any = None
    delete_range: Any = None
    txn: Any = None
    compaction: Any = None
    lease_grant: Any = None
    lease_revoke: Any = None
    lease_checkpoint: Any = None


REQUEST = Message(
    InternalRequest,
    {
        1: Field("ID", "int"), 2: Field("v2", "bytes"), 3: Field("range", RANGE), 4: Field("put", PUT),
        5: Field("delete_range", DELETE_RANGE),
        6: Field("txn", TXN), 7: Field("compaction", COMPACTION), 8: Field("lease_grant", LEASE_GRANT),
        9: Field("lease_revoke", LEASE_REVOKE),
        11: Field("lease_checkpoint", Message(Checkpoints, {1: Field("checkpoints", CHECKPOINT, repeated=True)})),
        100: Field("header", Message(RequestHeader, {1: Field("ID", "int"), 2: Field("username", "text")})),
    },
)  # fmt: skip



class V2Request(NamedTuple):
    """A request of the v2 API, as far as one must look to know that it is one."""

    ID: int = 0
    Method: str = ""
    Path: str = ""


V2_REQUEST = Message(V2Request, {1: Field("ID", "int"), 2: Field("Method", "text"), 3: Field("Path", "text")})

_SLOTS = {
    api.RangeRequest: "range", api.PutRequest: "put", api.DeleteRangeRequest: "delete_range", api.TxnRequest: "txn",
    api.CompactionRequest: "compaction", api.LeaseGrantRequest: "lease_grant", api.LeaseRevokeRequest: "lease_revoke",
    api.LeaseCheckpointRequest: "lease_checkpoint", Checkpoints: "lease_checkpoint",
}  # fmt: skip


def encode_request(request: Any, *, request_id: int = 0) -> bytes:
    """A request as the data of a log entry.

    >>> decode_request(encode_request(api.PutRequest(b"a", b"1"), request_id=7))
    PutRequest(key=b'a', value=b'1', lease=0, prev_kv=False, ignore_value=False, ignore_lease=False)
    """
    slot = _SLOTS[type(request)]
    item: Any = _open_txn(request) if slot == "txn" else request
    if isinstance(request, api.LeaseCheckpointRequest):
        item = Checkpoints((request,))
    return encode(REQUEST, InternalRequest(RequestHeader(request_id), **{slot: item}))


def decode_request(data: bytes) -> Any:
    """The request in the data of a log entry; None for one that this model has no part in (the v2 API, membership, authentication).

    Raises:
        ProtobufError: the bytes are no request.
    """
    try:
        found = decode(REQUEST, data)
    except ProtobufError:
        decode(V2_REQUEST, data)  # up to 3.4 members publish their addresses by a request of the v2 API without an envelope
        return None
    for slot in dict.fromkeys(_SLOTS.values()):
        item = getattr(found, slot)
        if item is not None:
            return _close_txn(item) if slot == "txn" else _one_if_one(item) if slot == "lease_checkpoint" else item
    return None


def request_id_of(data: bytes) -> int:
    """The number by which the member that proposed an entry knows it again; 0 for none.

    Raises:
        ProtobufError: the bytes are no request.
    """
    header = decode(REQUEST, data).header
    return header.ID if header is not None else 0


def _one_if_one(form: Checkpoints) -> Any:
    """A leader of etcd notes many leases in one entry; a single one needs no list."""
    return form.checkpoints[0] if len(form.checkpoints) == 1 else form


def _open_txn(request: api.TxnRequest) -> TxnForm:
    return TxnForm(request.compare, _open(request.success), _open(request.failure))


def _open(operations: tuple[Any, ...]) -> tuple[OneOf, ...]:
    return tuple(
        OneOf(request_txn=_open_txn(each)) if isinstance(each, api.TxnRequest) else OneOf(**{_ENVELOPES[type(each)]: each})
        for each in operations
    )


def _close_txn(form: TxnForm) -> api.TxnRequest:
    return api.TxnRequest(form.compare, _close(form.success), _close(form.failure))


def _close(operations: tuple[OneOf, ...]) -> tuple[Any, ...]:
    found = (next(item for item in (*each, api.RangeRequest()) if item is not None) for each in operations)
    return tuple(_close_txn(item) if isinstance(item, TxnForm) else item for item in found)


# -- Raft ---------------------------------------------------------------------------------------------------------------------------------


class LogEntry(NamedTuple):
    """An entry as Raft writes it."""

    Type: str = "EntryNormal"
    Term: int = 0
    Index: int = 0
    Data: bytes = b""


class LogState(NamedTuple):
    """Raft's hard state as it is written: the vote is the member's ID."""

    term: int = 0
    vote: int = 0
    commit: int = 0


class ConfState(NamedTuple):
    """Who is a member."""

    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    voters_outgoing: tuple[int, ...] = ()
    learners_next: tuple[int, ...] = ()
    auto_leave: bool = False


class SnapshotMetadata(NamedTuple):
    """Up to which entry a snapshot reaches."""

    conf_state: ConfState | None = None
    index: int = 0  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    term: int = 0


class RaftSnapshot(NamedTuple):
    """A snapshot: the applied state, and where in the log it stands."""

    data: bytes = b""
    metadata: SnapshotMetadata = SnapshotMetadata()


ENTRY = Message(
    LogEntry,
    {
        1: Field("Type", ("EntryNormal", "EntryConfChange", "EntryConfChangeV2"), always=True), 2: Field("Term", "int", always=True),
        3: Field("Index", "int", always=True), 4: Field("Data", "bytes"),
    },
)  # fmt: skip
HARD_STATE = Message(
    LogState, {1: Field("term", "int", always=True), 2: Field("vote", "uint", always=True), 3: Field("commit", "int", always=True)}
)
CONF_STATE = Message(
    ConfState,
    {
        1: Field("voters", "uint", repeated=True), 2: Field("learners", "uint", repeated=True),
        3: Field("voters_outgoing", "uint", repeated=True), 4: Field("learners_next", "uint", repeated=True),
        5: Field("auto_leave", "bool", always=True),
    },
)  # fmt: skip
SNAPSHOT = Message(
    RaftSnapshot,
    {
        1: Field("data", "bytes"),
        2: Field("metadata", Message(SnapshotMetadata, {
            1: Field("conf_state", CONF_STATE), 2: Field("index", "int", always=True), 3: Field("term", "int", always=True),
        })),
    },
)  # fmt: skip


class MarkedSnapshot(NamedTuple):
    """A log's note that a snapshot up to this entry is safe on disk."""

    index: int = 0  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    term: int = 0
    conf_state: ConfState | None = None


MARKED_SNAPSHOT = Message(
    MarkedSnapshot, {1: Field("index", "int", always=True), 2: Field("term", "int", always=True), 3: Field("conf_state", CONF_STATE)}
)


class FileSnapshot(NamedTuple):
    """What a `.snap` file holds: a snapshot and its checksum."""

    crc: int = 0
    data: bytes = b""


FILE_SNAPSHOT = Message(FileSnapshot, {1: Field("crc", "int", always=True), 2: Field("data", "bytes")})

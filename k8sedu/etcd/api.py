"""What clients and etcd say to each other: the requests and responses of the v3 API, field for field.

The names are etcd's own (`range_end`, `create_revision`, `prev_kv`), so that this page, the real documentation and a packet on the wire can
be read side by side. Two ways to name many keys with one request: `range_end` is the first key *behind* the range, and the single zero byte
stands for "no end". Everything is a frozen tuple. Keys and values are bytes; where a request is given text, it is encoded as UTF-8.

`json_form` writes these values as the JSON of etcd's gateway, `protobuf` as the bytes in its log.

Source: etcd 3.5, api/etcdserverpb/rpc.proto, api/mvccpb/kv.proto.
Left out: authentication, membership, alarms, defragmentation.
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias

Text: TypeAlias = bytes | str
"""A key or a value in a request; text is encoded as UTF-8."""

NO_END = b"\0"
"""As `range_end`: every key from the first one on. As `key` too: every key there is."""

Comparison: TypeAlias = Literal["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]
CompareTarget: TypeAlias = Literal["VERSION", "CREATE", "MOD", "VALUE", "LEASE"]
SortOrder: TypeAlias = Literal["NONE", "ASCEND", "DESCEND"]
SortTarget: TypeAlias = Literal["KEY", "VERSION", "CREATE", "MOD", "VALUE"]
EventType: TypeAlias = Literal["PUT", "DELETE"]
FilterType: TypeAlias = Literal["NOPUT", "NODELETE"]


def to_bytes(text: Text) -> bytes:
    """A key or value as bytes.

    >>> to_bytes("a"), to_bytes(b"a")
    (b'a', b'a')
    """
    if type(text) is bytes:
        return text
    return text.encode() if isinstance(text, str) else bytes(text)


def prefix_end(prefix: Text) -> bytes:
    r"""The `range_end` that turns a key into "everything that begins so".

    >>> prefix_end("/pods/"), prefix_end(b"a\xff"), prefix_end(b"")
    (b'/pods0', b'b', b'\x00')
    """
    kept = to_bytes(prefix).rstrip(b"\xff")
    return kept[:-1] + bytes([kept[-1] + 1]) if kept else NO_END


# -- what the store holds ---------------------------------------------------------------------------------------------------------------


class KeyValue(NamedTuple):
    """A key as it stood at one revision."""

    key: bytes
    create_revision: int = 0
    """Main revision of the put that created it; a put after a deletion creates it anew."""
    mod_revision: int = 0
    """Main revision of its last change."""
    version: int = 0
    """How often it was put since it was created."""
    value: bytes = b""
    lease: int = 0
    """The lease whose end deletes it; 0 for none."""


class Event(NamedTuple):
    """One change, as watchers are told of it. Of a deleted key only name and revision are told."""

    type: EventType
    kv: KeyValue
    prev_kv: KeyValue | None = None


class Header(NamedTuple):
    """What every response begins with: who answered, at which revision of the store, in which term of the cluster."""

    revision: int = 0
    raft_term: int = 0
    member_id: int = 0
    cluster_id: int = 0


# -- keys and values --------------------------------------------------------------------------------------------------------------------


class PutRequest(NamedTuple):
    """Write a key."""

    key: Text = b""
    value: Text = b""
    lease: int = 0
    prev_kv: bool = False
    ignore_value: bool = False
    """Keep the value that is there."""
    ignore_lease: bool = False
    """Keep the lease that is there."""


class RangeRequest(NamedTuple):
    """Read one key, or all keys from `key` up to but not including `range_end`."""

    key: Text = b""
    range_end: Text = b""
    limit: int = 0
    revision: int = 0
    """Read the past: the store as it was at this revision; 0 or less for now."""
    sort_order: SortOrder = "NONE"
    sort_target: SortTarget = "KEY"
    serializable: bool = False
    """Let one member answer from what it has, without asking the others."""
    keys_only: bool = False
    count_only: bool = False
    min_mod_revision: int = 0
    max_mod_revision: int = 0
    min_create_revision: int = 0
    max_create_revision: int = 0


class DeleteRangeRequest(NamedTuple):
    """Delete one key or a range of keys."""

    key: Text = b""
    range_end: Text = b""
    prev_kv: bool = False


class Compare(NamedTuple):
    """A condition of a transaction; the operand is in the field of its target (`version`, `create_revision`, …)."""

    key: Text = b""
    target: CompareTarget = "VERSION"
    result: Comparison = "EQUAL"
    version: int = 0
    create_revision: int = 0
    mod_revision: int = 0
    value: Text = b""
    lease: int = 0
    range_end: Text = b""


class TxnRequest(NamedTuple):
    """If all of `compare` holds do `success`, else `failure`; the whole is one revision."""

    compare: tuple[Compare, ...] = ()
    success: tuple[RequestOp, ...] = ()
    failure: tuple[RequestOp, ...] = ()


RequestOp: TypeAlias = PutRequest | RangeRequest | DeleteRangeRequest | TxnRequest


class CompactionRequest(NamedTuple):
    """Forget what was before a revision."""

    revision: int = 0
    physical: bool = False
    """Answer only when the records are really gone from the backend."""


class PutResponse(NamedTuple):
    """The key is written."""

    header: Header = Header()
    prev_kv: KeyValue | None = None


class RangeResponse(NamedTuple):
    """What was found; `count` is how many there are, whatever limit and filters left out."""

    header: Header = Header()
    kvs: tuple[KeyValue, ...] = ()
    more: bool = False
    count: int = 0  # type: ignore[assignment]  # also a tuple method, which nobody calls here


class DeleteRangeResponse(NamedTuple):
    """How many keys are gone."""

    header: Header = Header()
    deleted: int = 0
    prev_kvs: tuple[KeyValue, ...] = ()


class TxnResponse(NamedTuple):
    """Which branch ran, and what each of its operations answered."""

    header: Header = Header()
    succeeded: bool = False
    responses: tuple[ResponseOp, ...] = ()


ResponseOp: TypeAlias = PutResponse | RangeResponse | DeleteRangeResponse | TxnResponse


class CompactionResponse(NamedTuple):
    """The past is forgotten."""

    header: Header = Header()


class HashKVRequest(NamedTuple):
    """Ask for the hash of everything up to a revision; 0 for now."""

    revision: int = 0


class HashKVResponse(NamedTuple):
    """Members whose hashes differ at one revision do not hold the same data."""

    header: Header = Header()
    hash: int = 0
    compact_revision: int = 0
    hash_revision: int = 0


# -- leases -----------------------------------------------------------------------------------------------------------------------------


class LeaseGrantRequest(NamedTuple):
    """Ask for a lease of TTL seconds; with ID 0 the server chooses one."""

    TTL: int = 0
    ID: int = 0


class LeaseRevokeRequest(NamedTuple):
    """End a lease now; its keys go with it."""

    ID: int = 0


class LeaseCheckpointRequest(NamedTuple):
    """Tell all members how much of a long lease is left, so that a new leader does not begin it anew."""

    ID: int = 0
    remaining_TTL: int = 0


class LeaseKeepAliveRequest(NamedTuple):
    """Begin the countdown of a lease anew."""

    ID: int = 0


class LeaseTimeToLiveRequest(NamedTuple):
    """Ask how much of a lease is left, and on which keys it lies."""

    ID: int = 0
    keys: bool = False


class LeaseLeasesRequest(NamedTuple):
    """Ask for all leases."""


class LeaseGrantResponse(NamedTuple):
    """The lease as granted: the server may have raised its TTL."""

    header: Header = Header()
    ID: int = 0
    TTL: int = 0


class LeaseRevokeResponse(NamedTuple):
    """The lease and its keys are gone."""

    header: Header = Header()


class LeaseCheckpointResponse(NamedTuple):
    """The rest is noted."""

    header: Header = Header()


class LeaseKeepAliveResponse(NamedTuple):
    """The full TTL again; 0 when there is no such lease."""

    header: Header = Header()
    ID: int = 0
    TTL: int = 0


class LeaseTimeToLiveResponse(NamedTuple):
    """What is left in seconds; -1 when there is no such lease."""

    header: Header = Header()
    ID: int = 0
    TTL: int = 0
    grantedTTL: int = 0
    keys: tuple[bytes, ...] = ()


class LeaseStatus(NamedTuple):
    """One lease in a list."""

    ID: int = 0


class LeaseLeasesResponse(NamedTuple):
    """All leases."""

    header: Header = Header()
    leases: tuple[LeaseStatus, ...] = ()


# -- watches ----------------------------------------------------------------------------------------------------------------------------


class WatchCreateRequest(NamedTuple):
    """Ask to be told of changes from a revision on; 0 for from now on."""

    key: Text = b""
    range_end: Text = b""
    start_revision: int = 0
    progress_notify: bool = False
    filters: tuple[FilterType, ...] = ()
    prev_kv: bool = False
    watch_id: int = 0
    fragment: bool = False


class WatchCancelRequest(NamedTuple):
    """End a watch."""

    watch_id: int = 0


class WatchProgressRequest(NamedTuple):
    """Ask how far all watches of this stream have come."""


class WatchResponse(NamedTuple):
    """News for one watch."""

    header: Header = Header()
    watch_id: int = 0
    created: bool = False
    canceled: bool = False
    compact_revision: int = 0
    """With `canceled`: the watch asked for a past that is forgotten; it can begin here."""
    cancel_reason: str = ""
    fragment: bool = False
    """More events of the same revision follow in the next response."""
    events: tuple[Event, ...] = ()


# -- the server -------------------------------------------------------------------------------------------------------------------------


class StatusRequest(NamedTuple):
    """Ask one member how it is."""


class StatusResponse(NamedTuple):
    """How one member is."""

    header: Header = Header()
    version: str = ""
    dbSize: int = 0
    leader: int = 0
    raftIndex: int = 0
    raftTerm: int = 0
    raftAppliedIndex: int = 0
    errors: tuple[str, ...] = ()
    dbSizeInUse: int = 0
    isLearner: bool = False


Replicated: TypeAlias = (
    PutRequest | RangeRequest | DeleteRangeRequest | TxnRequest | CompactionRequest
    | LeaseGrantRequest | LeaseRevokeRequest | LeaseCheckpointRequest
)  # fmt: skip
"""What goes through the log. A range does when it stands inside a transaction that writes."""

"""One member's state machine: what it does with each entry of the log once that is committed.

Raft hands the same entries in the same order to every member, so the state machine may depend on nothing else: not on the clock, not on
chance. Leases show how that is done. Time decides only what the leader *proposes* (revoke lease 7); the deletion itself is an entry like
any other, so all members delete the same keys at the same revision. A member remembers the index of the last entry it applied, the
consistent index, together with the data; so an entry that is seen twice after a restart changes nothing.

Source: etcd 3.5, server/etcdserver/apply.go, server.go (applyEntryNormal, revokeExpiredLeases), server/etcdserver/cindex.
Left out: the quota on the size of the database, and alarms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from k8sedu.etcd.api import (
    CompactionRequest,
    DeleteRangeRequest,
    HashKVRequest,
    Header,
    LeaseCheckpointRequest,
    LeaseCheckpointResponse,
    LeaseGrantRequest,
    LeaseGrantResponse,
    LeaseKeepAliveRequest,
    LeaseKeepAliveResponse,
    LeaseLeasesRequest,
    LeaseLeasesResponse,
    LeaseRevokeRequest,
    LeaseRevokeResponse,
    LeaseStatus,
    LeaseTimeToLiveRequest,
    LeaseTimeToLiveResponse,
    PutRequest,
    RangeRequest,
    StatusRequest,
    StatusResponse,
    TxnRequest,
)
from k8sedu.etcd.checks import check
from k8sedu.etcd.errors import EtcdError, LeaseNotFoundError
from k8sedu.etcd.lease import Lessor
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.schema import Checkpoints
from k8sedu.etcd.watch import WatchHub

MAX_LEASE_ID = 2**63 - 1


class Server:
    """A store, its leases and its watches, driven by the entries of a log.

    >>> server = Server()
    >>> server.apply(1, 1, PutRequest("a", "1"), now_ms=0).header
    Header(revision=2, raft_term=1, member_id=1, cluster_id=1)
    >>> server.apply(1, 1, PutRequest("a", "1"), now_ms=0), server.store.revision
    (None, 2)

    Used alone it is an etcd of one member: `do` answers every request.

    >>> server.do(PutRequest("b", "2"), now_ms=0).header.revision
    3
    """

    def __init__(
        self, *, release: str = "3.5.1", order: int = 64, page_records: int = 64, min_ttl_s: int = 2, max_txn_ops: int = 128,
        member_id: int = 1, cluster_id: int = 1, is_primary: bool = True, traced: bool = False,
    ) -> None:  # fmt: skip
        self.lessor = Lessor(min_ttl_s=min_ttl_s, is_primary=is_primary)
        self.store = Store(
            order=order, page_records=page_records, release=release, max_txn_ops=max_txn_ops, leases=self.lessor, traced=traced
        )
        self.hub = WatchHub(self.store)
        self.member_id, self.cluster_id = member_id, cluster_id
        self.consistent_index = 0
        """The index of the last entry that was applied."""
        self.term = 0
        """The term of that entry, or of the leader that this member knows."""
        self._writers: dict[type, Callable[[Any, int], Any]] = {
            PutRequest: self._write,
            DeleteRangeRequest: self._write,
            TxnRequest: self._write,
            CompactionRequest: lambda request, _: self.store.handle(request),
            LeaseGrantRequest: self._grant,
            LeaseRevokeRequest: self._revoke,
            LeaseCheckpointRequest: self._checkpoint,
            Checkpoints: self._checkpoints,
        }
        self._readers: dict[type, Callable[[Any, int], Any]] = {
            RangeRequest: lambda request, _: self.store.handle(request),
            TxnRequest: lambda request, _: self.store.handle(request),
            HashKVRequest: lambda request, _: self.store.handle(request),
            LeaseKeepAliveRequest: self._keep_alive,
            LeaseTimeToLiveRequest: self._time_to_live,
            LeaseLeasesRequest: self._leases,
            StatusRequest: self._status,
        }

    # -- the log --------------------------------------------------------------------------------------------------------------------------

    def apply(self, index: int, term: int, request: Any, *, now_ms: int) -> Any:
        """Apply the entry at an index of the log; `request` is None for an entry without one, such as a new leader's.

        Returns:
            The response, or the EtcdError with which etcd refuses; None for an entry that is old, or empty.
        """
        if index <= self.consistent_index:
            return None
        self.consistent_index, self.term = index, term
        if request is None:
            return None
        try:
            return self._stamp(self._writers[type(request)](request, now_ms))
        except EtcdError as refusal:
            return refusal

    def is_write(self, request: Any) -> bool:
        """Must this request go through the log?"""
        return type(request) in self._writers and not (isinstance(request, TxnRequest) and is_read_only(request))

    def prepare(self, request: Any) -> Any:
        """What a member does before it proposes: refuse what cannot succeed, and choose what members must not choose differently.

        Raises:
            EtcdError: nothing is proposed.
        """
        check(request, max_txn_ops=self.store.max_txn_ops)
        if isinstance(request, LeaseGrantRequest) and not request.ID:
            return request._replace(ID=self._free_lease_id())
        return request

    def do(self, request: Any, *, now_ms: int) -> Any:
        """Answer any request, as an etcd of a single member does.

        Raises:
            EtcdError: the request is refused.
        """
        request = self.prepare(request)
        if not self.is_write(request):
            return self.read(request, now_ms=now_ms)
        response = self.apply(self.consistent_index + 1, self.term or 1, request, now_ms=now_ms)
        if isinstance(response, EtcdError):
            raise response
        return response

    def read(self, request: Any, *, now_ms: int) -> Any:
        """Answer a request that changes no data; a lease's keep-alive is one, because its countdown is no data.

        Raises:
            EtcdError: the request is refused.
        """
        return self._stamp(self._readers[type(request)](request, now_ms))

    def due(self, *, now_ms: int) -> tuple[LeaseRevokeRequest | LeaseCheckpointRequest, ...]:
        """What the leader has to propose now because time has passed."""
        revokes = tuple(LeaseRevokeRequest(lease_id) for lease_id in self.lessor.expired(now_ms=now_ms))
        checkpoints = tuple(LeaseCheckpointRequest(lease_id, rest_s) for lease_id, rest_s in self.lessor.due_checkpoints(now_ms=now_ms))
        return revokes + checkpoints

    def expire(self, *, now_ms: int) -> tuple[int, ...]:
        """Let a single member end its leases that are due; returns which."""
        ended = tuple(request.ID for request in self.due(now_ms=now_ms) if isinstance(request, LeaseRevokeRequest))
        for lease_id in ended:
            self.do(LeaseRevokeRequest(lease_id), now_ms=now_ms)
        return ended

    def _stamp(self, response: Any) -> Any:
        """Say who answers, in which term: a header is what every response begins with."""
        header = Header(response.header.revision or self.store.revision, self.term, self.member_id, self.cluster_id)
        return type(response)(header, *response[1:])

    # -- what the entries do --------------------------------------------------------------------------------------------------------------

    def _write(self, request: Any, _now_ms: int) -> Any:
        before = self.store.revision
        response = self.store.handle(request)
        if self.store.revision > before:
            self.hub.notify(self.store.revision)
        return response

    def _grant(self, request: LeaseGrantRequest, now_ms: int) -> LeaseGrantResponse:
        lease = self.lessor.grant(request.ID, request.TTL, now_ms=now_ms)
        return LeaseGrantResponse(Header(), lease.lease_id, lease.ttl_s)

    def _revoke(self, request: LeaseRevokeRequest, _now_ms: int) -> LeaseRevokeResponse:
        """All keys of the lease go at one revision, in key order."""
        keys = self.lessor.revoke(request.ID)
        if self.store.delete_keys(keys):
            self.hub.notify(self.store.revision)
        return LeaseRevokeResponse()

    def _checkpoint(self, request: LeaseCheckpointRequest, now_ms: int) -> LeaseCheckpointResponse:
        if request.ID in self.lessor:
            self.lessor.checkpoint(request.ID, request.remaining_TTL, now_ms=now_ms)
        return LeaseCheckpointResponse()

    def _checkpoints(self, request: Checkpoints, now_ms: int) -> LeaseCheckpointResponse:
        for checkpoint in request.checkpoints:
            self._checkpoint(checkpoint, now_ms)
        return LeaseCheckpointResponse()

    # -- what needs no entry --------------------------------------------------------------------------------------------------------------

    def _keep_alive(self, request: LeaseKeepAliveRequest, now_ms: int) -> LeaseKeepAliveResponse:
        """A lease that is gone is answered with no time, not with an error."""
        try:
            lease = self.lessor.renew(request.ID, now_ms=now_ms)
        except LeaseNotFoundError:
            return LeaseKeepAliveResponse(Header(), request.ID)
        return LeaseKeepAliveResponse(Header(), request.ID, lease.ttl_s)

    def _time_to_live(self, request: LeaseTimeToLiveRequest, now_ms: int) -> LeaseTimeToLiveResponse:
        if request.ID not in self.lessor:
            return LeaseTimeToLiveResponse(Header(), request.ID, TTL=-1)
        lease = self.lessor.get(request.ID)
        keys = lease.keys if request.keys else ()
        rest_s = self.lessor.remaining_s(request.ID, now_ms=now_ms)
        return LeaseTimeToLiveResponse(Header(), request.ID, rest_s, lease.ttl_s, keys)

    def _leases(self, _request: LeaseLeasesRequest, _now_ms: int) -> LeaseLeasesResponse:
        return LeaseLeasesResponse(Header(), tuple(LeaseStatus(lease.lease_id) for lease in self.lessor.leases))

    def _status(self, _request: StatusRequest, _now_ms: int) -> StatusResponse:
        index = self.consistent_index
        return StatusResponse(
            version=str(self.store.release), leader=self.member_id, raftIndex=index, raftTerm=self.term, raftAppliedIndex=index
        )

    def _free_lease_id(self) -> int:
        """A lease ID that nobody has; drawn from the consistent index, so that a run repeats itself."""
        lease_id = (self.consistent_index + 1) * 0x9E3779B97F4A7C15 % MAX_LEASE_ID or 1
        while lease_id in self.lessor:
            lease_id = lease_id % MAX_LEASE_ID + 1
        return lease_id

    # -- a member as a value --------------------------------------------------------------------------------------------------------------

    def dump(self) -> dict[str, Any]:
        """Everything that was applied, as plain data: what a snapshot holds."""
        return {
            "consistent_index": self.consistent_index, "term": self.term, "store": self.store.dump(), "lessor": self.lessor.dump(),
        }  # fmt: skip

    def restore(self, dump: dict[str, Any], *, now_ms: int) -> None:
        """Take over the state of a dump: first the leases, then the records that lie on them."""
        self.consistent_index, self.term = dump["consistent_index"], dump["term"]
        self.lessor.restore(dump["lessor"], now_ms=now_ms)
        self.store.restore(dump["store"])
        self.hub.restored()


def is_read_only(request: TxnRequest) -> bool:
    """Does a transaction only read, whichever branch it takes? Then it needs no entry in the log."""
    return all(isinstance(operation, RangeRequest) for operation in (*request.success, *request.failure))

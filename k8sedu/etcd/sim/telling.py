"""What a step says about a request and its outcome, and what a client is told: the few words that lessons, captions and checks need."""

from __future__ import annotations

from typing import Any

from k8sedu.etcd.accounts import finished, refused
from k8sedu.etcd.api import (
    CompactionRequest,
    Compare,
    DeleteRangeRequest,
    Event,
    LeaseCheckpointRequest,
    LeaseGrantRequest,
    LeaseKeepAliveResponse,
    LeaseRevokeRequest,
    LeaseTimeToLiveResponse,
    PutRequest,
    RangeRequest,
    RangeResponse,
    TxnRequest,
    TxnResponse,
)
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.sim.frames import text
from k8sedu.trace import Frozen

_SIGNS = {"EQUAL": "=", "NOT_EQUAL": "!=", "GREATER": ">", "LESS": "<"}


def detail_of(request: Any, response: Any, account: Frozen | None = None, *, revision: int = 0) -> dict[str, Any]:
    """The words of a step about an applied request; of a transaction also its account, which was begun before it ran."""
    told = _request(request)
    if account is not None:
        is_refused = isinstance(response, EtcdError)
        told["account"] = refused(account, response) if is_refused else finished(account, response, revision=revision)
    if isinstance(response, EtcdError):
        return {**told, "error": str(response), "code": response.code}
    if isinstance(request, DeleteRangeRequest):
        told["deleted"] = response.deleted
    if isinstance(request, TxnRequest):
        told["succeeded"] = response.succeeded
    return told


def _request(request: Any) -> dict[str, Any]:
    if isinstance(request, PutRequest):
        return {"key": text(request.key), "value": text(request.value), "lease": request.lease}
    if isinstance(request, DeleteRangeRequest):
        return {"key": text(request.key), "range_end": text(request.range_end)}
    if isinstance(request, TxnRequest):
        return {
            "compare": tuple(map(compare_text, request.compare)),
            "success": tuple(map(operation_text, request.success)),
            "failure": tuple(map(operation_text, request.failure)),
        }
    if isinstance(request, CompactionRequest):
        return {"at": request.revision}
    if isinstance(request, LeaseGrantRequest):
        return {"lease": request.ID, "ttl_s": request.TTL}
    if isinstance(request, LeaseRevokeRequest):
        return {"lease": request.ID}
    if isinstance(request, LeaseCheckpointRequest):
        return {"lease": request.ID, "remaining_s": request.remaining_TTL}
    return {}


def compare_text(compare: Compare) -> str:
    """A condition as one line.

    >>> compare_text(Compare("a", "MOD", "EQUAL", mod_revision=5))
    'mod a = 5'
    """
    operands = {
        "MOD": compare.mod_revision, "CREATE": compare.create_revision, "VERSION": compare.version, "LEASE": compare.lease,
        "VALUE": text(compare.value),
    }  # fmt: skip
    return f"{compare.target.lower()} {text(compare.key)} {_SIGNS[compare.result]} {operands[compare.target]}"


def operation_text(operation: Any) -> str:
    """An operation of a transaction as one line.

    >>> operation_text(PutRequest("a", "1"))
    'put a 1'
    """
    if isinstance(operation, PutRequest):
        return f"put {text(operation.key)} {text(operation.value)}"
    if isinstance(operation, RangeRequest | DeleteRangeRequest):
        verb = "get" if isinstance(operation, RangeRequest) else "delete"
        return f"{verb} {text(operation.key)}" + (f" to {text(operation.range_end)}" if operation.range_end else "")
    return "txn"


def answer_of(response: Any) -> dict[str, Any]:
    """What a client is told, as plain data."""
    if isinstance(response, EtcdError):
        return {"ok": False, "error": str(response), "code": response.code}
    told: dict[str, Any] = {"ok": True, "revision": response.header.revision, "term": response.header.raft_term}
    if isinstance(response, RangeResponse):
        told["kvs"] = _kvs(response)
    elif isinstance(response, TxnResponse):
        told["succeeded"] = response.succeeded
        told["kvs"] = [row for one in response.responses if isinstance(one, RangeResponse) for row in _kvs(one)]
    elif isinstance(response, LeaseKeepAliveResponse | LeaseTimeToLiveResponse):
        told["ttl_s"] = response.TTL
    return told


def _kvs(response: RangeResponse) -> list[list[Any]]:
    return [[text(kv.key), text(kv.value), kv.mod_revision, kv.version] for kv in response.kvs]


def event_row(event: Event) -> list[Any]:
    """One event of a watch: type, key, value, revision."""
    return [event.type, text(event.kv.key), text(event.kv.value), event.kv.mod_revision]


"""What stands in an entry of the log: one request as compact JSON, with an ID by which the member that proposed it knows it again.

The ID does one thing: when the entry is applied, the member that took the request finds who waits for the answer. It does *not* make a
retry harmless. etcd does not recognise a request that comes twice: a client that asks again after a timeout may put twice, and the key's
version then grows by two. Whoever cannot bear that compares `mod_revision` in a transaction.

Source: etcd 3.5, server/etcdserver/v3_server.go (processInternalRaftRequestOnce), api/etcdserverpb/raft_internal.proto.
Left out: the bytes of a real entry; `k8sedu.etcd.schema` has them.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from k8sedu.etcd.api import (
    CompactionRequest,
    DeleteRangeRequest,
    LeaseCheckpointRequest,
    LeaseGrantRequest,
    LeaseRevokeRequest,
    PutRequest,
    Replicated,
    TxnRequest,
)
from k8sedu.etcd.json_form import from_json, to_json

KINDS: dict[str, type] = {
    "put": PutRequest,
    "delete_range": DeleteRangeRequest,
    "txn": TxnRequest,
    "compact": CompactionRequest,
    "lease_grant": LeaseGrantRequest,
    "lease_revoke": LeaseRevokeRequest,
    "lease_checkpoint": LeaseCheckpointRequest,
}
"""What can stand in an entry, by the word for it; the steps of a trace are called the same."""

_WORDS = {kind: word for word, kind in KINDS.items()}


def kind_of(request: Replicated) -> str:
    """The word for a request.

    >>> kind_of(PutRequest("a"))
    'put'
    """
    return _WORDS[type(request)]


def write_entry(request_id: str, request: Replicated) -> str:
    """The text of an entry.

    >>> write_entry("n1.1.3", PutRequest("a", "1"))
    '{"id":"n1.1.3","put":{"key":"a","value":"1"}}'
    """
    return json.dumps({"id": request_id, kind_of(request): to_json(request)}, separators=(",", ":"), ensure_ascii=False)


@lru_cache(maxsize=4096)  # every member reads the same entry
def read_entry(text: str) -> tuple[str, Any]:
    """The ID and the request of an entry; of an empty one `("", None)`.

    >>> read_entry('{"id":"n1.1.4","lease_revoke":{"ID":7}}')
    ('n1.1.4', LeaseRevokeRequest(ID=7))
    """
    if not text:
        return "", None
    data = json.loads(text)
    request_id = data.pop("id")
    (word, fields), = data.items()
    return request_id, from_json(KINDS[word], fields)

"""Transcripts: what somebody asked a real etcd, and every answer, asked again of the model.

A transcript is a file of JSON lines. The first names the release that answered; each further line is one request and its answer or
refusal. Replaying it says step by step whether the model answers the same, field for field. What cannot be the same (who answered, in
which term, how many seconds are left) is taken out on both sides.

Source: the format "k8sedu etcd transcript 1".
Left out: anything that depends on time. No lease ends within a transcript.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import (
    CompactionRequest,
    DeleteRangeRequest,
    HashKVRequest,
    LeaseGrantRequest,
    LeaseLeasesRequest,
    LeaseRevokeRequest,
    LeaseTimeToLiveRequest,
    PutRequest,
    RangeRequest,
    TxnRequest,
    WatchCreateRequest,
)
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.json_form import FormError, from_json, to_json
from k8sedu.etcd.releases import Release, ReleaseError
from k8sedu.etcd.server import Server

FORMAT = "k8sedu etcd transcript 1"

REQUESTS: dict[str, Any] = {
    "put": PutRequest,
    "range": RangeRequest,
    "delete_range": DeleteRangeRequest,
    "txn": TxnRequest,
    "compact": CompactionRequest,
    "hash_kv": HashKVRequest,
    "lease_grant": LeaseGrantRequest,
    "lease_revoke": LeaseRevokeRequest,
    "lease_keys": LeaseTimeToLiveRequest,
    "lease_list": LeaseLeasesRequest,
    "watch": WatchCreateRequest,
}
"""The operations of a transcript."""


class TranscriptError(K8sEduError, ValueError):
    """A file that is no transcript; the sentence names the line."""


class Step(NamedTuple):
    """One request, what was answered then, and what the model answers."""

    line: int
    op: str
    request: dict[str, Any]
    expected: dict[str, Any]
    met: dict[str, Any]

    @property
    def differs(self) -> bool:
        """Does the model answer something else?"""
        return self.expected != self.met


def replay(lines: Iterable[str], *, name: str = "transcript") -> Iterator[Step]:
    """Ask the model everything that a transcript asked, from an empty store on.

    Raises:
        TranscriptError: a line is damaged; the sentence says which.
    """
    numbered = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    number, first = next(numbered, (1, ""))
    server = Server(release=_release(first, f"{name}, line {number}"))
    for number, line in numbered:
        yield _step(server, number, line, f"{name}, line {number}")


def _release(line: str, where: str) -> str:
    header = _object(line, where)
    if header.get("format") != FORMAT:
        raise TranscriptError(f"{where}: met the format {header.get('format')!r}, expected {FORMAT!r}.")
    try:
        return str(Release.parse(str(header.get("etcd"))))
    except ReleaseError as error:
        raise TranscriptError(f"{where}: {error}") from None


def _object(line: str, where: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise TranscriptError(f"{where}: met {line[:40].strip()!r}, expected a JSON object.")
    return found


def _step(server: Server, number: int, line: str, where: str) -> Step:
    data = _object(line, where)
    op, request = data.get("op"), data.get("request", {})
    if op not in REQUESTS or not isinstance(request, dict):
        raise TranscriptError(f"{where}: met the operation {op!r}, expected one of {', '.join(REQUESTS)} with an object as request.")
    if not isinstance(data.get("response", data.get("error")), dict):
        raise TranscriptError(f"{where}: met no answer, expected an object 'response' or 'error'.")
    try:
        value = from_json(REQUESTS[op], request)
    except FormError as error:
        raise TranscriptError(f"{where}: {error}") from None
    expected = {"error": data["error"]} if "error" in data else {"response": comparable(data["response"])}
    return Step(number, op, request, expected, answer(server, value))


def answer(server: Server, request: Any) -> dict[str, Any]:
    """The model's answer in the form of a transcript."""
    try:
        if isinstance(request, WatchCreateRequest):
            return {"response": comparable(_history(server, request))}
        return {"response": comparable(to_json(server.do(request, now_ms=0)))}
    except EtcdError as refusal:
        return {"error": {"code": refusal.code, "message": refusal.message}}


def _history(server: Server, request: WatchCreateRequest) -> dict[str, Any]:
    """All events of a watch from its first revision to now, in one."""
    hub, stream = server.hub, -1
    created = hub.create(request, stream=stream)
    hub.sync()
    responses = [created, *hub.receive(stream)]
    hub.cancel(created.watch_id, stream=stream)
    hub.receive(stream)
    whole = next((response for response in responses if response.canceled), created)
    events = tuple(event for response in responses for event in response.events)
    found: dict[str, Any] = to_json(whole._replace(events=events))
    return {name: value for name, value in found.items() if name in ("events", "canceled", "compact_revision")}


def comparable(response: Any) -> Any:
    """A response without what differs from run to run: who answered, and what time has left of a lease."""
    if isinstance(response, list):
        return [comparable(item) for item in response]
    if not isinstance(response, dict):
        return response
    kept = {name: comparable(item) for name, item in response.items() if name not in ("cluster_id", "member_id", "raft_term")}
    if "grantedTTL" in kept:
        kept.pop("TTL", None)
    if "leases" in kept:
        kept["leases"] = sorted(int(lease["ID"]) if isinstance(lease, dict) else lease for lease in kept["leases"])
    if "keys" in kept and isinstance(kept["keys"], list):
        kept["keys"] = sorted(kept["keys"])
    return {name: item for name, item in kept.items() if item or name == "header"}  # absent and zero are the same

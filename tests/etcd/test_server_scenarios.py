"""The named scenarios that were recorded from a real etcd, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd import api
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.json_form import from_json, to_json
from k8sedu.etcd.server import Server
from k8sedu.etcd.transcript import comparable

NAMES = {"put": api.PutRequest, "range": api.RangeRequest, "delete": api.DeleteRangeRequest}
OTHERS = {
    "compact": api.CompactionRequest, "grant": api.LeaseGrantRequest, "revoke": api.LeaseRevokeRequest, "ttl": api.LeaseTimeToLiveRequest,
    "keepalive": api.LeaseKeepAliveRequest, "leases": api.LeaseLeasesRequest, "hashkv": api.HashKVRequest,
}  # fmt: skip
OPERANDS = {"VERSION": "version", "CREATE": "create_revision", "MOD": "mod_revision", "VALUE": "value", "LEASE": "lease"}


class Player:
    """Plays one scenario: a server, a clock that only `sleep` moves, and the named watches."""

    def __init__(self, release: str) -> None:
        self.server = Server(release=release, max_txn_ops=4, min_ttl_s=1)
        self.now_ms = 0
        self.streams: dict[str, int] = {}
        self.waiting: dict[str, list[api.WatchResponse]] = {}

    def play(self, step: dict[str, Any]) -> Any:
        """Do a step and return what came back, in the form of the recording."""
        if step["op"] == "sleep":
            for _ in range(step["s"] * 2):
                self.now_ms += 500
                self.server.expire(now_ms=self.now_ms)
            return None
        if step["op"] == "watch":
            return self.watch(step)
        if step["op"] == "events":
            return self.events(step)
        try:
            return flat(comparable(to_json(self.server.do(request_of(step), now_ms=self.now_ms))))
        except EtcdError as refusal:
            return {"error": refusal.message}

    def watch(self, step: dict[str, Any]) -> None:
        """Open a named watch on a stream of its own."""
        stream = self.streams.setdefault(step["name"], len(self.streams) + 1)
        self.waiting[step["name"]] = [self.server.hub.create(request_of(step), stream=stream)]

    def events(self, step: dict[str, Any]) -> Any:
        """What a watch has received since."""
        hub, stream = self.server.hub, self.streams[step["name"]]
        hub.sync()
        for _ in range(3 if "wait" in step else 0):
            hub.tick_progress()
        responses = [*self.waiting.pop(step["name"], []), *hub.receive(stream)]
        return [watch_response(response) for response in responses]


def watch_response(response: api.WatchResponse) -> Any:
    """As recorded: the watch ID only where it is the sign of a failure."""
    found = flat(comparable(to_json(response)))
    return {name: value for name, value in found.items() if name != "watch_id" or value == -1}


def flat(response: dict[str, Any]) -> Any:
    """The header's revision beside the other fields."""
    if isinstance(response, list):
        return [flat(item) for item in response]
    if not isinstance(response, dict):
        return response
    found = {name: flat(value) for name, value in response.items() if name != "header"}
    return {**response.get("header", {}), **found} if "header" in response else found


def request_of(step: dict[str, Any]) -> Any:
    """The request that a step describes."""
    if step["op"] == "txn":
        branches = {ours: [named(item) for item in step.get(theirs, [])] for ours, theirs in (("success", "then"), ("failure", "else"))}
        return from_json(api.TxnRequest, {"compare": [compare_of(item) for item in step.get("compare", [])], **branches})
    kind = api.WatchCreateRequest if step["op"] == "watch" else {**NAMES, **OTHERS}[step["op"]]
    return from_json(kind, fields(step))


def fields(step: dict[str, Any]) -> dict[str, Any]:
    """A step without what belongs to the recording; `end` is short for range_end."""
    names = {"end": "range_end"}
    return {names.get(name, name): value for name, value in step.items() if name not in ("op", "resp", "name")}


def named(item: dict[str, Any]) -> dict[str, Any]:
    """An operation inside a transaction, in the API's form."""
    if item["op"] == "txn":
        inner = {
            "compare": [compare_of(each) for each in item.get("compare", [])],
            "success": [named(each) for each in item.get("then", [])],
            "failure": [named(each) for each in item.get("else", [])],
        }
        return {"request_txn": inner}
    name = {"put": "request_put", "range": "request_range", "delete": "request_delete_range"}[item["op"]]
    return {name: fields(item)}


def compare_of(item: dict[str, Any]) -> dict[str, Any]:
    """A comparison: `arg` is the operand of whatever the target is."""
    found = {("range_end" if name == "end" else name): value for name, value in item.items() if name != "arg"}
    return {**found, OPERANDS[item["target"]]: item["arg"]}


@pytest.mark.conformance("etcd/scenarios.jsonl")
def test_scenarios(conformance_path: Path) -> None:
    """Every step of every recorded scenario is answered as the real etcd answered it."""
    for line in conformance_path.read_text(encoding="utf-8").splitlines():
        scenario = json.loads(line)
        player = Player(scenario["etcd"])
        for number, step in enumerate(scenario["steps"]):
            met = player.play(step)
            if "resp" in step:
                expected = comparable(step["resp"])
                assert tolerant(met, step) == tolerant(expected, step), f"{scenario['name']}, step {number}: {step}"


def tolerant(response: Any, step: dict[str, Any]) -> Any:
    """How often progress is notified, and what a lease has left, depend on time; what they say does not."""
    if "wait" in step:
        return [item for number, item in enumerate(response) if number == 0 or item != response[number - 1]]
    return response

"""The model against a real etcd, where there is one on PATH: random requests, every field of every answer."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sedu.etcd import api
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.json_form import to_json
from k8sedu.etcd.server import Server
from k8sedu.etcd.transcript import comparable

ETCD = shutil.which("etcd")
needs_etcd = pytest.mark.skipif(ETCD is None, reason="there is no etcd on PATH to compare with (Debian: etcd-server)")

PATHS = {
    api.PutRequest: "kv/put", api.RangeRequest: "kv/range", api.DeleteRangeRequest: "kv/deleterange", api.TxnRequest: "kv/txn",
    api.CompactionRequest: "kv/compaction", api.LeaseGrantRequest: "lease/grant", api.LeaseRevokeRequest: "lease/revoke",
    api.LeaseTimeToLiveRequest: "lease/timetolive", api.LeaseLeasesRequest: "lease/leases",
}  # fmt: skip

KEYS = st.sampled_from([b"a", b"a/1", b"b", b"c", b"d\xff", b"\x00", b"zz"])
ENDS = st.sampled_from([b"", b"", b"b", b"c", b"a0", b"\x00", b"zzz"])
VALUES = st.sampled_from([b"", b"1", b"2", b"10", bytes(range(8))])
LEASES = st.sampled_from([0, 0, 0, 101, 102, 999])
REVISIONS = st.sampled_from([0, 0, 0, 1, 2, 3, 5, 8, 13, 21, 34, -1])
FLAGS = st.sampled_from([False, False, True])

def only_operand(compare: api.Compare) -> api.Compare:
    """A comparison carries one operand, the one of its target."""
    fields = {"VERSION": "version", "CREATE": "create_revision", "MOD": "mod_revision", "VALUE": "value", "LEASE": "lease"}
    field = fields[compare.target]
    return api.Compare(compare.key, compare.target, compare.result, range_end=compare.range_end, **{field: getattr(compare, field)})


puts = st.builds(api.PutRequest, KEYS | st.just(b""), VALUES, LEASES, FLAGS, FLAGS, FLAGS)
ranges = st.builds(
    api.RangeRequest, KEYS, ENDS, st.integers(0, 4), REVISIONS,
    st.sampled_from(["NONE", "ASCEND", "DESCEND"]), st.sampled_from(["KEY", "CREATE", "MOD", "VERSION", "VALUE"]),
    st.just(False), FLAGS, FLAGS, REVISIONS, REVISIONS, REVISIONS, REVISIONS,
)  # fmt: skip
deletes = st.builds(api.DeleteRangeRequest, KEYS, ENDS, FLAGS)
compares = st.builds(
    api.Compare, KEYS, st.sampled_from(["VERSION", "CREATE", "MOD", "VALUE", "LEASE"]),
    st.sampled_from(["EQUAL", "GREATER", "LESS", "NOT_EQUAL"]), st.integers(0, 3), REVISIONS, REVISIONS, VALUES, LEASES, ENDS,
).map(only_operand)  # fmt: skip


def txns(operations: st.SearchStrategy[Any]) -> st.SearchStrategy[api.TxnRequest]:
    """Transactions of a few of these operations."""
    branch = st.lists(operations, max_size=3).map(tuple)
    return st.builds(api.TxnRequest, st.lists(compares, max_size=2).map(tuple), branch, branch)


operations = puts | ranges | deletes
requests = st.one_of(
    puts, puts, puts, ranges, ranges, deletes, txns(operations | txns(operations)),
    st.builds(api.CompactionRequest, st.integers(0, 40), st.just(True)),
    st.builds(api.LeaseGrantRequest, st.just(1000), st.sampled_from([101, 102])),
    st.builds(api.LeaseRevokeRequest, st.sampled_from([101, 102, 999])),
    st.builds(api.LeaseTimeToLiveRequest, st.sampled_from([101, 102]), st.just(True)), st.builds(api.LeaseLeasesRequest),
)  # fmt: skip
watches = st.builds(
    api.WatchCreateRequest, KEYS, st.just(b"\0"), st.integers(1, 60),
    filters=st.sampled_from([(), ("NOPUT",), ("NODELETE",)]), prev_kv=FLAGS, progress_notify=st.just(False), watch_id=st.just(0),
    fragment=st.just(False),
)  # fmt: skip
LAST = [
    api.PutRequest(b"zzz-gone", b"1"),
    api.TxnRequest(success=(api.DeleteRangeRequest(b"zzz-gone"), api.PutRequest(b"zzz", b"the last change"))),
]
"""Every watch sees this end, whatever it filters, so that one knows when all was told."""


def post(client: str, path: str, data: Any) -> Any:
    """Ask the real etcd through its JSON gateway."""
    request = urllib.request.Request(f"{client}/v3/{path}", json.dumps(data).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        return json.load(error)


def ask_real(client: str, request: Any) -> Any:
    """The real answer: a response, or code and message of a refusal."""
    answer = post(client, PATHS[type(request)], in_json(request))
    return {"code": answer["code"], "message": answer["error"]} if "error" in answer else comparable(answer)


def in_json(value: Any) -> Any:
    """A request or response as the gateway writes it."""
    return to_json(value, text=lambda raw: base64.b64encode(raw).decode(), number=str)


def model_history(server: Server, request: api.WatchCreateRequest) -> dict[str, Any]:
    """What the model tells the same watch."""
    server.hub.create(request, stream=1)
    server.hub.sync()
    return in_one([in_json(response) for response in server.hub.receive(1)])


def in_one(responses: list[dict[str, Any]]) -> dict[str, Any]:
    """The events of all responses, and why the watch ended if it did."""
    events = [comparable(event) for response in responses for event in response.get("events", ())]
    ends = [(response["canceled"], response.get("compact_revision")) for response in responses if response.get("canceled")]
    return {"events": events, "ends": ends}


def real_history(client: str, request: api.WatchCreateRequest, revision: int) -> dict[str, Any]:
    """What the real etcd tells a watch, from its first revision up to the one of `LAST`, in one."""
    data = json.dumps({"create_request": in_json(request)}).encode()
    told: list[Any] = []
    with urllib.request.urlopen(f"{client}/v3/watch", data, timeout=20) as response:
        for line in response:
            told.append(json.loads(line)["result"])
            events = told[-1].get("events")
            if told[-1].get("canceled") or (events and events[-1]["kv"]["mod_revision"] == str(revision)):
                return in_one(told)
    raise AssertionError("the watch ended before all was told")


def ask_model(server: Server, request: Any) -> Any:
    """The model's answer in the same form."""
    try:
        response = server.do(request, now_ms=0)
    except EtcdError as refusal:
        return {"code": refusal.code, "message": refusal.message}
    return comparable(in_json(response))


@needs_etcd
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(requests, min_size=60, max_size=120), asked=st.lists(watches, min_size=4, max_size=8))
def test_a_real_etcd_answers_the_same(real_etcd: Any, script: list[Any], asked: list[api.WatchCreateRequest]) -> None:
    """Whatever is asked, and whatever past is watched, the model and a real etcd answer the same in every field."""
    version = subprocess.run([str(ETCD), "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    server = Server(release=version)
    with TemporaryDirectory() as folder, real_etcd(Path(folder) / "etcd") as (client, _):
        for number, request in enumerate([*script, *LAST]):
            real, model = ask_real(client, request), ask_model(server, request)
            assert model == real, f"request {number}: {request}"
        for wish in asked:
            watch = wish._replace(start_revision=wish.start_revision % server.store.revision + 1)
            assert model_history(server, watch) == real_history(client, watch, server.store.revision), f"{watch}"
    server.store.check()

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
    api.LeaseTimeToLiveRequest: "lease/timetolive", api.HashKVRequest: "maintenance/hash",
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
    st.sampled_from(["NONE", "ASCEND", "DESCEND"]), st.sampled_from(["KEY", "CREATE", "MOD"]),
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
    st.builds(api.LeaseTimeToLiveRequest, st.sampled_from([101, 102]), st.just(True)),
)  # fmt: skip


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
    data = to_json(request, text=lambda raw: base64.b64encode(raw).decode(), number=str)
    answer = post(client, PATHS[type(request)], data)
    return {"code": answer["code"], "message": answer["error"]} if "error" in answer else comparable(answer)


def ask_model(server: Server, request: Any) -> Any:
    """The model's answer in the same form."""
    try:
        response = server.do(request, now_ms=0)
    except EtcdError as refusal:
        return {"code": refusal.code, "message": refusal.message}
    return comparable(to_json(response, text=lambda raw: base64.b64encode(raw).decode(), number=str))


@needs_etcd
@settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
@given(script=st.lists(requests, min_size=60, max_size=120))
def test_a_real_etcd_answers_the_same(real_etcd: Any, script: list[Any]) -> None:
    """Whatever is asked, the model and a real etcd answer the same in every field."""
    version = subprocess.run([str(ETCD), "--version"], capture_output=True, text=True, check=True).stdout.split()[2]
    server = Server(release=version)
    with TemporaryDirectory() as folder, real_etcd(Path(folder) / "etcd") as (client, _):
        for number, request in enumerate(script):
            real, model = ask_real(client, request), ask_model(server, request)
            assert model == real, f"request {number}: {request}"
    server.store.check()

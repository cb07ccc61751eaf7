from __future__ import annotations

import json
import urllib.request
from base64 import b64encode
from pathlib import Path
from typing import Any

import etcd3gw

from k8sedu.etcd.gateway import Gateway
from k8sedu.etcd.live import LiveGroup


def post(url: str, path: str, data: Any) -> Any:
    """Ask a gateway; the answer, also if it is a refusal."""
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    request = urllib.request.Request(f"{url}/v3/{path}", raw, {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {"status": error.code, **json.load(error)}


def b64(text: str) -> str:
    """A key or value as the gateway writes it."""
    return b64encode(text.encode()).decode()


def lines_of(url: str, path: str, raw: bytes, *, headers: dict[str, str] | None = None) -> tuple[int, list[Any]]:
    """The status and the lines of an answer that is a stream."""
    request = urllib.request.Request(f"{url}/v3/{path}", raw, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, [json.loads(line) for line in response.read().splitlines()]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, [json.loads(line) for line in error.read().splitlines()]


def get(url: str) -> Any:
    """What a GET answers, also if it is a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {"status": error.code, **json.load(error)}


def test_a_group_behind_one_address() -> None:
    """Every member has an address of its own; members stop and start by a POST, and requests go on being answered."""
    with Gateway(LiveGroup(3, tick_ms=10, timeout_ms=5_000)) as gateway:
        url = gateway.url
        for number in range(3):
            answer = post(f"{url}/k8sedu/n{number + 1}", "kv/put", {"key": b64("a"), "value": b64(str(number))})
            assert (answer["header"]["member_id"], answer["header"]["revision"]) == (str(number + 1), str(number + 2))
        assert [member["name"] for member in post(url, "cluster/member/list", {})["members"]] == ["n1", "n2", "n3"]
        hashes = [post(f"{url}/k8sedu/{name}", "maintenance/hash", {})["hash"] for name in ("n1", "n2", "n3")]
        assert len(set(hashes)) == 1
        leader = next(member["name"] for member in get(f"{url}/k8sedu/members")["members"] if member["role"] == "leader")
        assert {member["name"]: member["status"] for member in post_own(url, f"{leader}/stop")["members"]}[leader] == "stopped"
        assert post(f"{url}/k8sedu/{leader}", "kv/range", {"key": b64("a")})["code"] == 14
        assert get(f"{url}/k8sedu/{leader}/health")["status"] == 503
        assert post(url, "kv/put", {"key": b64("a"), "value": b64("new")})["header"]["revision"] == "5"
        status = post(url, "maintenance/status", {})
        assert int(status["raftTerm"]) > 1
        assert status["leader"] == status["header"]["member_id"] != leader.removeprefix("n")
        assert (int(status["raftIndex"]), int(status["dbSize"]) % 4096) == (int(status["raftAppliedIndex"]), 0)
        assert post_own(url, f"{leader}/stop")["status"] == 409
        post_own(url, f"{leader}/start")
        assert post(url, "maintenance/transfer-leadership", {"targetID": leader.removeprefix("n")})["header"]
        assert post(f"{url}/k8sedu/{leader}", "kv/range", {"key": b64("a")})["kvs"][0]["value"] == b64("new")


def post_own(url: str, path: str) -> Any:
    """Ask for something that only k8sedu has."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{url}/k8sedu/{path}", b""), timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {"status": error.code, **json.load(error)}


def test_without_a_majority_the_gateway_says_etcds_errors() -> None:
    """Without a majority a stream and a plain request tell etcd's error, each in its own form, and health says why."""
    with Gateway(LiveGroup(3, tick_ms=10, timeout_ms=300)) as gateway:
        for name in ("n1", "n2"):
            post_own(gateway.url, f"{name}/stop")
        put = post(gateway.url, "kv/put", {"key": b64("a")})
        assert (put["status"], put["code"], put["error"]) == (503, 14, "etcdserver: no leader")
        assert post(gateway.url, "kv/range", {"key": b64("a")})["error"] == "etcdserver: request timed out"
        told = {"grpc_code": 14, "http_code": 503, "message": "etcdserver: no leader", "http_status": "Service Unavailable"}
        assert lines_of(gateway.url, "lease/keepalive", b'{"ID": "7"}') == (503, [{"error": told}])
        headers = {"Grpc-Metadata-hasleader": "true"}
        assert lines_of(gateway.url, "kv/range", b'{"key": "YQ=="}', headers=headers)[1][0]["error"] == "etcdserver: no leader"
        assert get(f"{gateway.url}/health") == {"status": 503, "health": "false", "reason": "RAFT NO LEADER"}


def test_the_python_client_of_etcd_and_a_group(tmp_path: Path) -> None:
    """etcd3gw works unchanged against a group with folders, also while its leader stops."""
    live = LiveGroup(3, folder=tmp_path, tick_ms=10)
    with Gateway(live) as gateway:
        client = etcd3gw.Etcd3Client(host="127.0.0.1", port=int(gateway.url.rpartition(":")[2]), api_path="/v3/")
        lease = client.lease(ttl=60)
        assert client.put("/nodes/a", "up", lease=lease)
        events, cancel = client.watch("/nodes/a")
        live.stop_member("n3")
        assert client.replace("/nodes/a", "up", "down")
        assert next(events)["kv"]["value"] == b"down"
        cancel()
        live.stop_member("n1")
        live.start_member("n3")
        assert client.get("/nodes/a") == [b"down"]
        assert 0 < lease.refresh() <= 60
        assert [member["name"] for member in client.members()] == ["n1", "n2", "n3"]
        assert lease.revoke()
        client.session.close()

from __future__ import annotations

import http.client
import json
import os
import socket
import threading
import time
import urllib.request
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import etcd3gw
import pytest

from k8sedu.etcd.api import LeaseGrantRequest, PutRequest, RangeRequest
from k8sedu.etcd.errors import FAILED_PRECONDITION, CompactedError
from k8sedu.etcd.gateway import SILENCE_S, Gateway, ListenError
from k8sedu.etcd.gateway_json import BadRequestError, read_request, read_watch, route, write_error
from k8sedu.etcd.live import LiveGroup


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    """A gateway on a free port."""
    with Gateway() as found:
        yield found


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


@pytest.fixture
def client(gateway: Gateway) -> Iterator[Any]:
    """The Python client that is made for a real etcd."""
    found = etcd3gw.Etcd3Client(host="127.0.0.1", port=int(gateway.url.rpartition(":")[2]), api_path="/v3/")
    yield found
    found.session.close()


def test_the_python_client_of_etcd(client: Any) -> None:
    """etcd3gw, written for a real etcd, works unchanged: put, get, prefix, create, replace, delete, lease, status."""
    assert client.put("/pods/a", "1")
    assert client.get("/pods/a") == [b"1"]
    assert client.create("/pods/b", "2")
    assert not client.create("/pods/b", "3")
    assert client.replace("/pods/b", "2", "4")
    assert [value for value, _ in client.get_prefix("/pods/")] == [b"1", b"4"]
    lease = client.lease(ttl=60)
    client.put("/nodes/a", "up", lease=lease)
    assert lease.keys() == [b"/nodes/a"]
    assert 0 < lease.ttl() <= 60
    assert lease.refresh() == 60
    assert lease.revoke()
    assert client.get("/nodes/a") == []
    assert client.delete("/pods/a")
    assert client.status()["version"] == "3.5.1"


def test_the_python_clients_watch(client: Any) -> None:
    """A watch of etcd3gw receives what is put while it stands."""
    events, cancel = client.watch("a")
    client.put("a", "1")
    event = next(events)
    assert (event["kv"]["key"], event["kv"]["value"]) == (b"a", b"1")
    cancel()


def test_what_is_no_request_is_told(gateway: Gateway) -> None:
    """Malformed JSON, wrong types and unknown paths are told in one sentence, with the gateway's status."""
    assert post(gateway.url, "kv/put", b"{")["status"] == 400
    assert post(gateway.url, "kv/put", b"[" * 50_000)["status"] == 400
    assert "expected an object" in post(gateway.url, "kv/put", [])["message"]
    assert "base64" in post(gateway.url, "kv/put", {"key": "*"})["error"]
    assert "expected an integer" in post(gateway.url, "kv/range", {"key": "YQ==", "limit": "x"})["error"]
    assert "expected one of NONE, ASCEND, DESCEND" in post(gateway.url, "kv/range", {"key": "YQ==", "sort_order": "UP"})["error"]
    assert post(gateway.url, "kv/range", {"key": "YQ==", "sort_order": 3})["status"] == 400
    assert "header" in post(gateway.url, "kv/range", {"key": "YQ==", "sort_order": "2"})
    assert post(gateway.url, "kv/dance", {})["status"] == 404
    assert post(gateway.url, "kv/range", {"key": ""}) == {
        "status": 400, "error": "etcdserver: key is not provided", "code": 3, "message": "etcdserver: key is not provided",
    }  # fmt: skip
    assert post(gateway.url, "watch", {})["status"] == 400


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
def test_only_post_asks(gateway: Gateway, method: str) -> None:
    """What is asked with another method is not allowed, as etcd says; where there is nothing, there is nothing by any method."""
    for path, status in (("/v3/kv/put", 405), ("/v3/watch", 405), ("/v3/kv/dance", 404)):
        connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rpartition(":")[2]), timeout=20)
        connection.request(method, path, body=b"{}" if method != "GET" else None)
        assert connection.getresponse().status == status
        connection.close()


def test_a_huge_body_is_refused_unread(gateway: Gateway) -> None:
    """A body of 100 MB is refused at once, without being taken in."""
    connection = http.client.HTTPConnection("127.0.0.1", int(gateway.url.rpartition(":")[2]), timeout=20)
    connection.putrequest("POST", "/v3/kv/put")
    connection.putheader("Content-Length", str(100_000_000))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.load(response)["error"]) == (400, "etcdserver: request is too large")
    connection.close()


def test_bad_clients_disturb_nobody(gateway: Gateway) -> None:
    """Clients that connect and say nothing, stop in the middle, or hang up in a watch do not keep others waiting."""
    port = int(gateway.url.rpartition(":")[2])
    body = json.dumps({"create_request": {"key": b64("a")}}).encode()
    with ExitStack() as stack:
        for number in range(20):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            if number % 2:
                connection.sendall(b"POST /v3/kv/put HTTP/1.1\r\nContent-Length: 100\r\n\r\n{")
        with socket.create_connection(("127.0.0.1", port)) as watching:
            watching.sendall(b"POST /v3/watch HTTP/1.1\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))
            heard = b""
            while b"created" not in heard:
                heard += (piece := watching.recv(4096))
                assert piece, f"the watch ended after {heard!r}"
        started = time.monotonic()
        for number in range(30):
            assert "header" in post(gateway.url, "kv/put", {"key": b64("a"), "value": b64(str(number))})
        assert time.monotonic() - started < SILENCE_S, "somebody waited for a client that says nothing"


def test_many_writers_at_once(gateway: Gateway) -> None:
    """Requests from many threads get revisions of their own, and none is lost."""
    revisions: list[int] = []

    def write(number: int) -> None:
        for turn in range(20):
            answer = post(gateway.url, "kv/put", {"key": b64(f"k{number}"), "value": b64(str(turn))})
            revisions.append(int(answer["header"]["revision"]))

    threads = [threading.Thread(target=write, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(revisions) == list(range(2, 122))


def test_a_lease_ends_by_the_clock() -> None:
    """A lease that nobody keeps alive ends in real time, and its key goes."""
    with LiveGroup(min_ttl_s=1) as member:
        lease = member.do(LeaseGrantRequest(TTL=1))
        member.do(PutRequest("a", "1", lease.ID))
        deadline = time.monotonic() + 10
        while member.do(RangeRequest("a")).count and time.monotonic() < deadline:
            time.sleep(0.05)
        answer = member.do(RangeRequest("a"))
    assert (answer.count, answer.header.revision) == (0, 3)


def test_the_journal_is_told_everything() -> None:
    """A journal sees each request with its response or refusal, so that a notebook can draw what a terminal does."""
    seen: list[tuple[Any, Any]] = []
    with LiveGroup(journal=lambda request, response: seen.append((request, response))) as member:
        member.do(PutRequest("a", "1"))
        with pytest.raises(Exception, match="key is not provided"):
            member.do(PutRequest(""))
    assert [type(response).__name__ for _, response in seen] == ["PutResponse", "EmptyKeyError"]


def test_a_taken_port_is_told(gateway: Gateway) -> None:
    """A port on which somebody listens is told in one sentence."""
    with pytest.raises(ListenError, match=r"cannot listen on 127\.0\.0\.1:\d+: .*, expected a free port"):
        Gateway(port=int(gateway.url.rpartition(":")[2]))


@pytest.mark.parametrize(
    ("path", "name"), [("/v3/kv/put", "kv/put"), ("/v3beta/lease/grant", "lease/grant"), ("/v3alpha/watch", "watch"), ("/x", None)]
)
def test_paths_of_all_versions(path: str, name: str | None) -> None:
    """The paths of old gateways lead to the same requests."""
    assert route(path) == name


def test_generous_reading() -> None:
    """Numbers may be numbers or texts, enumerations words or numbers, names in camel case; unknown fields are skipped."""
    one = read_request("/v3/kv/range", {"key": "YQ==", "rangeEnd": "Yg==", "limit": "3", "sortOrder": 2, "keysOnly": True, "new": 1})
    other = read_request("/v3/kv/range", {"key": "YQ==", "range_end": "Yg==", "limit": 3, "sort_order": "DESCEND", "keys_only": True})
    assert one == other == RangeRequest(b"a", b"b", 3, sort_order="DESCEND", keys_only=True)
    assert read_watch({"cancelRequest": {"watchId": "7"}}).watch_id == 7
    assert write_error(CompactedError()) == (400, {"error": CompactedError.message, "code": 11, "message": CompactedError.message})


@pytest.mark.parametrize("data", [1, {"key": 1}, {"key": "YQ"}, {"lease": 2**63}, {"lease": True}, {"prev_kv": 1}])
def test_wrong_types_are_refused(data: Any) -> None:
    """A value of the wrong type is refused, never taken for another."""
    with pytest.raises(BadRequestError, match="expected"):
        read_request("/v3/kv/put", data)


def lines_of(url: str, path: str, raw: bytes, *, headers: dict[str, str] | None = None) -> tuple[int, list[Any]]:
    """The status and the lines of an answer that is a stream."""
    request = urllib.request.Request(f"{url}/v3/{path}", raw, {"Content-Type": "application/json", **(headers or {})})
    try:
        with urllib.request.urlopen(request, timeout=20) as response:
            return response.status, [json.loads(line) for line in response.read().splitlines()]
    except urllib.error.HTTPError as error:
        with error:
            return error.code, [json.loads(line) for line in error.read().splitlines()]


STREAMS = [b'{"ID": "7"}', b'{"ID": "7"}\n{"ID": 7} {"ID": "8"}', b"", b'{"ID": "7"}{', b'{"ID": "7"}[1]{"ID": "8"}']


def test_one_body_keeps_many_leases_alive(gateway: Gateway) -> None:
    """Several requests in one body are answered by a line each, in their order; at the first that is none the stream ends."""
    post(gateway.url, "lease/grant", {"ID": "7", "TTL": "60"})
    found = [lines_of(gateway.url, "lease/keepalive", raw) for raw in STREAMS]
    assert [(status, len(lines)) for status, lines in found] == [(200, 1), (200, 3), (200, 0), (200, 1), (200, 1)]
    assert [line["result"].get("TTL") for line in found[1][1]] == ["60", "60", None]


def test_one_body_begins_many_watches(gateway: Gateway) -> None:
    """A body with several watch requests opens them all on one stream, and a body in chunks is read like any other."""
    port = int(gateway.url.rpartition(":")[2])
    body = b"".join(json.dumps({"create_request": {"key": b64(key)}}).encode() for key in "ab")
    with socket.create_connection(("127.0.0.1", port), timeout=20) as watching:
        watching.sendall(b"POST /v3/watch HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n")
        for piece in (body[:9], body[9:]):
            watching.sendall(b"%x\r\n%b\r\n" % (len(piece), piece))
        watching.sendall(b"0\r\n\r\n")
        heard = b""
        while heard.count(b"created") < 2:
            heard += watching.recv(4096)
        post(gateway.url, "kv/put", {"key": b64("b"), "value": b64("1")})
        while b"events" not in heard:
            heard += watching.recv(4096)
    assert b'"watch_id": "1", "events"' in heard


@pytest.mark.parametrize("chunk", [b"x\r\n", b"ffffffff\r\n", b"-1\r\n"])
def test_chunks_that_are_none_are_refused(gateway: Gateway, chunk: bytes) -> None:
    """A chunk without a size, or of a size that nobody may send, is refused at once."""
    with socket.create_connection(("127.0.0.1", int(gateway.url.rpartition(":")[2])), timeout=20) as connection:
        connection.sendall(b"POST /v3/kv/put HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk)
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


def get(url: str) -> Any:
    """What a GET answers, also if it is a refusal."""
    try:
        with urllib.request.urlopen(url, timeout=20) as response:
            return json.load(response)
    except urllib.error.HTTPError as error:
        with error:
            return {"status": error.code, **json.load(error)}


def test_a_real_gateway_writes_the_same(gateway: Gateway, real_etcd: Any, tmp_path: Path) -> None:
    """A real etcd's gateway answers the same requests with the same JSON, header aside."""
    if not any((Path(folder) / "etcd").exists() for folder in os.environ["PATH"].split(os.pathsep)):
        pytest.skip("there is no etcd on PATH to compare with (Debian: etcd-server)")
    script = [
        ("kv/put", {"key": b64("a"), "value": b64("1"), "prev_kv": True}),
        ("kv/put", {"key": b64("a"), "value": b64("2"), "prev_kv": True}),
        ("kv/range", {"key": b64("a"), "range_end": "AA==", "sort_order": "DESCEND", "sort_target": "MOD"}), ("kv/range", {"key": ""}),
        ("kv/txn", {"compare": [{"key": b64("a"), "target": "VERSION", "version": "2"}], "success": [{"requestPut": {"key": b64("b")}}]}),
        (
            "kv/txn",
            {"compare": [{"key": "YQ==", "target": 3, "result": 1, "value": "Mw=="}], "failure": [{"request_range": {"key": "YQ=="}}]},
        ),
        ("kv/deleterange", {"key": b64("a"), "prev_kv": True}), ("kv/range", {"key": b64("a"), "revision": "99"}),
        ("kv/compaction", {"revision": "3"}), ("kv/compaction", {"revision": 3}), ("lease/grant", {"ID": "7", "TTL": "60"}),
        ("lease/grant", {"ID": "7", "TTL": "60"}), ("lease/keepalive", {"ID": "7"}), ("lease/leases", {}), ("lease/revoke", {"ID": 7}),
        ("lease/timetolive", {"ID": "7", "keys": True}), ("kv/lease/revoke", {"ID": "8"}), ("kv/range", {"key": 1}), ("kv/put", [1]),
    ]  # fmt: skip
    with real_etcd(tmp_path / "etcd") as (url, _):
        for path, data in script:
            real, ours = post(url, path, data), post(gateway.url, path, data)
            if "error" in real and path in ("kv/range", "kv/put") and "json" in str(real["error"]):
                assert ours["status"] == real["status"]
                continue
            if real.get("code") == FAILED_PRECONDITION:  # 412 up to etcd 3.4, 400 since
                real["status"] = ours["status"]
            assert without_who(ours) == without_who(real), (path, data)
        for raw in STREAMS:
            real_lines, our_lines = (lines_of(where, "lease/keepalive", raw) for where in (url, gateway.url))
            assert without_who(our_lines[1]) == without_who(real_lines[1]), raw
            assert our_lines[0] == real_lines[0], raw
        for path in ("maintenance/status", "cluster/member/list"):
            assert set(post(url, path, {})) == set(post(gateway.url, path, {})), path
        assert type(post(url, "maintenance/hash", {})["hash"]) is type(post(gateway.url, "maintenance/hash", {})["hash"]) is int
        assert set(get(f"{url}/version")) == set(get(f"{gateway.url}/version"))
        assert get(f"{url}/health")["health"] == get(f"{gateway.url}/health")["health"] == "true"


def without_who(answer: Any) -> Any:
    """An answer without who gave it."""
    if isinstance(answer, list):
        return [without_who(item) for item in answer]
    if not isinstance(answer, dict):
        return answer
    return {name: without_who(value) for name, value in answer.items() if name not in ("member_id", "cluster_id", "raft_term")}

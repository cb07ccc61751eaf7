"""The model as an etcd that `curl` can talk to: HTTP in front of a live group.

One thread per connection, because a watch stays open for hours and must not keep others waiting. A client cannot harm them: a body has a
greatest size and a connection that says nothing is closed after a while; what is no JSON is answered with a sentence. The gateway listens
on the loopback device, so nobody else can reach it, unless it is told otherwise.

    with Gateway() as gateway:
        print(gateway.url)

A request is taken by the leader. Three things are k8sedu's own, and their paths say so:

    /k8sedu/n2/v3/…                            a request that n2 shall take: every member has an address of its own
    POST /k8sedu/n2/stop, /k8sedu/n2/start     stop a member as kill -9 would, and start it from its disk
    GET  /k8sedu/members                       where each member stands

Source: etcd 3.5, server/embed/serve.go, server/etcdserver/api/etcdhttp/{base,metrics}.go; grpc-gateway's streams (one JSON object
{"result": …} per line) and its headers for metadata (Grpc-Metadata-hasleader).
Left out: TLS and authentication. This is for teaching.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.etcd.errors import EtcdError, RequestTooLargeError
from k8sedu.etcd.gateway_json import (
    STREAMS,
    BadRequestError,
    read_documents,
    read_request,
    read_watch,
    route,
    write,
    write_error,
    write_stream_error,
)
from k8sedu.etcd.live import LiveGroup

BODY_BYTES = 1_572_864
"""The greatest body, as etcd's --max-request-bytes."""
SILENCE_S = 30
"""A connection that says nothing for so long is closed."""
NEWS_S = 1.0
NOT_FOUND = {"error": "Not Found", "code": 5, "message": "Not Found"}
NOT_ALLOWED = {"error": "Method Not Allowed", "code": 12, "message": "Method Not Allowed"}
_MEMBER = re.compile(r"/k8sedu/(n\d+)(/.*)")


class ListenError(K8sEduError, OSError):
    """The address cannot be listened on."""


class Gateway:
    """A server for a live group, in the background.

    Args:
        live: what answers; a new single member in memory if none is given.
        host: where to listen.
        port: 0 for any that is free.

    Raises:
        ListenError: somebody else listens there.
    """

    def __init__(self, live: LiveGroup | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.live = live or LiveGroup()
        try:
            self._http = _Http((host, port), _Handler)
        except OSError as error:
            raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}, expected a free port here.") from error
        self._http.live = self.live
        self.live.group.client_url = self.url
        self._thread = threading.Thread(target=self._http.serve_forever, name="k8sedu-etcd-gateway", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def stop(self) -> None:
        """Take no more requests, end all watches, and stop the group."""
        self._http.is_over.set()
        self._http.shutdown()
        self._http.server_close()
        self.live.stop()
        self._thread.join()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def serve(*, host: str = "127.0.0.1", port: int = 0, **group: Any) -> Gateway:
    """Serve a new store in the background; `group` is what `LiveGroup` takes, such as `members=3`. `.url` says where, `.stop()` ends it.

    >>> with serve() as gateway:
    ...     gateway.url.startswith("http://127.0.0.1:")
    True
    """
    return Gateway(LiveGroup(**group), host=host, port=port)


class _Http(ThreadingHTTPServer):
    """A server that does not wait for open watches when it stops."""

    daemon_threads = True
    block_on_close = False
    live: LiveGroup

    def __init__(self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler]) -> None:
        self.is_over = threading.Event()
        super().__init__(address, handler)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away in the middle is nobody's concern."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server_version = "k8sedu"
    timeout = SILENCE_S
    disable_nagle_algorithm = True
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that http.server gave it)
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        """Health, version and members, for those who look first."""
        live, (member, path) = self.server.live, self._place()
        release = live.server.store.release
        if path == "/health":
            reason = live.health(member=member)
            self._send(503 if reason else 200, {"health": "false" if reason else "true", "reason": reason})
        elif path == "/version":
            self._send(200, {"etcdserver": str(release), "etcdcluster": f"{release.major}.{release.minor}.0"})
        elif path == "/k8sedu/members":
            self._send(200, {"members": live.standings()})
        else:
            self._refuse_method()

    def _refuse_method(self) -> None:
        """What is asked with POST is not asked with anything else; a body, if there is one, is not read."""
        self.close_connection = True
        self._send(*((404, NOT_FOUND) if route(self._place()[1]) is None else (405, NOT_ALLOWED)))

    do_PUT = do_DELETE = do_PATCH = _refuse_method  # noqa: N815 (the names that http.server calls)

    def do_POST(self) -> None:
        """A request of the v3 API, or one of the few that are our own."""
        member, path = self._place()
        name = route(path)
        try:
            raw = self._body()
            if member and path in ("/stop", "/start"):
                self._switch(member, path)
            elif name is None:
                self._send(404, NOT_FOUND)
            elif name == "watch":
                self._watch(member, read_documents(raw))
            elif name in STREAMS:
                self._answer_each(member, path, read_documents(raw))
            else:
                request = read_request(path, next(read_documents(raw), {}))
                self._send(200, write(self._do(request, member)))
        except EtcdError as refusal:
            self._send(*write_error(refusal))

    def _place(self) -> tuple[str, str]:
        """The member that is addressed, empty for whoever leads, and the path without it."""
        match = _MEMBER.fullmatch(self.path)
        return (match[1], match[2]) if match else ("", self.path)

    def _do(self, request: Any, member: str) -> Any:
        requires_leader = self.headers.get("Grpc-Metadata-hasleader", "") == "true"
        return self.server.live.do(request, member=member, requires_leader=requires_leader)

    def _switch(self, member: str, path: str) -> None:
        live = self.server.live
        try:
            (live.stop_member if path == "/stop" else live.start_member)(member)
        except (K8sEduError, OSError) as error:
            self._send(409, {"error": str(error)})
        else:
            self._send(200, {"members": live.standings()})

    # -- bodies ---------------------------------------------------------------------------------------------------------------------------

    def _body(self) -> bytes:
        """The body of the request; one that is too large is not even read.

        Raises:
            RequestTooLargeError, BadRequestError: it cannot be a request.
        """
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            return b"".join(self._chunks())
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.close_connection = True
            raise BadRequestError(f"met the Content-Length {length[:40]!r}, expected a number")
        if int(length) > BODY_BYTES:
            self.close_connection = True
            raise RequestTooLargeError
        return self.rfile.read(int(length))

    def _chunks(self) -> Iterator[bytes]:
        """A body of which nobody has said how long it is."""
        total = 0
        while True:
            line = self.rfile.readline(80).split(b";")[0].strip()
            if not re.fullmatch(rb"[0-9A-Fa-f]{1,8}", line):
                self.close_connection = True
                raise BadRequestError(f"met {line[:40]!r}, expected the size of a chunk")
            size = int(line, 16)
            total += size
            if total > BODY_BYTES:
                self.close_connection = True
                raise RequestTooLargeError
            if not size:
                break
            yield self.rfile.read(size)
            self.rfile.readline(80)
        while self.rfile.readline(1_000).strip():
            pass  # trailers, which say nothing here

    def _send(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _begin_stream(self, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _line(self, data: dict[str, Any]) -> None:
        raw = json.dumps(data).encode() + b"\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))
        self.wfile.flush()

    # -- streams --------------------------------------------------------------------------------------------------------------------------

    def _answer_each(self, member: str, path: str, documents: Iterator[Any]) -> None:
        """Answer one request after the other, a line each; at the first that is none the stream ends, as etcd's does."""
        has_begun = False
        try:
            for data in documents:
                line = {"result": write(self._do(read_request(path, data), member))}
                if not has_begun:
                    self._begin_stream()
                    has_begun = True
                self._line(line)
        except EtcdError as refusal:
            if not has_begun:
                self._begin_stream(write_stream_error(refusal)[0])
                has_begun = True
            if not isinstance(refusal, BadRequestError) or not has_begun:
                self._line(write_stream_error(refusal)[1])
        if not has_begun:
            self._begin_stream()
        self.wfile.write(b"0\r\n\r\n")

    def _watch(self, member: str, documents: Iterator[Any]) -> None:
        """A stream that stays open until the client goes away, or its member stops."""
        requests = [read_watch(data) for data in documents] or [read_watch({})]
        live = self.server.live
        stream = live.open_stream(member=member)
        self.close_connection = True
        try:
            self._begin_stream()
            for request in requests:
                first = live.watch(stream, request)
                if first is not None:
                    self._line({"result": write(first)})
            while not self.server.is_over.is_set() and self._is_there():
                news = live.news(stream, timeout_s=NEWS_S)
                if news is None:
                    break
                for response in news:
                    self._line({"result": write(response)})
            self.wfile.write(b"0\r\n\r\n")
        finally:
            live.close_stream(stream)

    def _is_there(self) -> bool:
        """Has the client not hung up?"""
        self.connection.settimeout(0)
        try:
            return bool(self.connection.recv(1))
        except BlockingIOError:
            return True
        finally:
            self.connection.settimeout(SILENCE_S)

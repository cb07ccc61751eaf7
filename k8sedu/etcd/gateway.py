"""The model as an etcd that `curl` can talk to: HTTP in front of a live member.

One thread per connection, because a watch stays open for hours and must not keep others waiting. A client cannot harm them: a body has a
greatest size and a connection that says nothing is closed after a while; what is no JSON is answered with a sentence. The gateway listens
on the loopback device, so nobody else can reach it, unless it is told otherwise.

    with Gateway() as gateway:
        print(gateway.url)

Source: etcd 3.5, server/embed/serve.go; grpc-gateway's streams (one JSON object {"result": …} per line).
Left out: TLS and authentication. This is for teaching.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import LeaseKeepAliveRequest, WatchResponse
from k8sedu.etcd.errors import EtcdError, RequestTooLargeError
from k8sedu.etcd.gateway_json import BadRequestError, read_request, read_watch, route, write, write_error
from k8sedu.etcd.live import LiveMember

BODY_BYTES = 1_572_864
"""The greatest body, as etcd's --max-request-bytes."""
SILENCE_S = 30
"""A connection that says nothing for so long is closed."""
NEWS_S = 1.0


class ListenError(K8sEduError, OSError):
    """The address cannot be listened on."""


class Gateway:
    """A server for one live member, in the background.

    Args:
        member: what answers; a new one in memory if none is given.
        host: where to listen.
        port: 0 for any that is free.

    Raises:
        ListenError: somebody else listens there.
    """

    def __init__(self, member: LiveMember | None = None, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self.member = member or LiveMember()
        try:
            self._http = _Http((host, port), _Handler)
        except OSError as error:
            raise ListenError(f"cannot listen on {host}:{port}: {error.strerror or error}, expected a free port here.") from error
        self._http.member = self.member
        self._thread = threading.Thread(target=self._http.serve_forever, name="k8sedu-etcd-gateway", daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        """Where it listens."""
        host, port = self._http.server_address[:2]
        return f"http://{host!s}:{port}"

    def stop(self) -> None:
        """Take no more requests, end all watches, and stop the member."""
        self._http.is_over.set()
        self._http.shutdown()
        self._http.server_close()
        self.member.stop()
        self._thread.join()

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def serve(*, host: str = "127.0.0.1", port: int = 0, **member: Any) -> Gateway:
    """Serve a new store in the background; `member` is what `LiveMember` takes. `.url` says where, `.stop()` ends it.

    >>> with serve() as gateway:
    ...     gateway.url.startswith("http://127.0.0.1:")
    True
    """
    return Gateway(LiveMember(**member), host=host, port=port)


class _Http(ThreadingHTTPServer):
    """A server that does not wait for open watches when it stops."""

    daemon_threads = True
    block_on_close = False
    member: LiveMember

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
    server: _Http

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name that http.server gave it)
        """Say nothing on the terminal."""

    def do_GET(self) -> None:
        """Health and version, for those who look first."""
        release = str(self.server.member.server.store.release)
        pages = {"/health": {"health": "true"}, "/version": {"etcdserver": release, "etcdcluster": release}}
        if self.path in pages:
            self._send(200, pages[self.path])
        else:
            self._send(404, {"error": "Not Found", "code": 5, "message": "Not Found"})

    def do_POST(self) -> None:
        """A request of the v3 API."""
        try:
            name = route(self.path)
            data = self._body()
            if name is None:
                self._send(404, {"error": "Not Found", "code": 5, "message": "Not Found"})
            elif name == "watch":
                self._watch(data)
            else:
                self._answer(read_request(self.path, data))
        except EtcdError as refusal:
            self._send(*write_error(refusal))

    def _body(self) -> Any:
        """The JSON of the request; one that is too large is not even read.

        Raises:
            RequestTooLargeError, BadRequestError: it cannot be a request.
        """
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal():
            self.close_connection = True
            raise BadRequestError(f"met the Content-Length {length[:40]!r}, expected a number")
        if int(length) > BODY_BYTES:
            self.close_connection = True
            raise RequestTooLargeError
        raw = self.rfile.read(int(length))
        try:
            return json.loads(raw or b"{}")
        except (ValueError, RecursionError) as error:
            raise BadRequestError(f"met {raw[:40]!r}, expected JSON") from error

    def _answer(self, request: Any) -> None:
        response = write(self.server.member.do(request))
        self._send(200, {"result": response} if isinstance(request, LeaseKeepAliveRequest) else response)

    def _send(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    # -- watches --------------------------------------------------------------------------------------------------------------------------

    def _watch(self, data: Any) -> None:
        """A stream that stays open until the client goes away."""
        request = read_watch(data)
        member = self.server.member
        stream = member.open_stream()
        self.close_connection = True
        try:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            first = member.watch(stream, request)
            if first is not None:
                self._chunk(first)
            while not self.server.is_over.is_set() and self._is_there():
                for response in member.news(stream, timeout_s=NEWS_S):
                    self._chunk(response)
            self.wfile.write(b"0\r\n\r\n")
        finally:
            member.close_stream(stream)

    def _is_there(self) -> bool:
        """Has the client not hung up?"""
        self.connection.settimeout(0)
        try:
            return bool(self.connection.recv(1))
        except BlockingIOError:
            return True
        finally:
            self.connection.settimeout(SILENCE_S)

    def _chunk(self, response: WatchResponse) -> None:
        raw = json.dumps({"result": write(response)}).encode() + b"\n"
        self.wfile.write(b"%x\r\n%b\r\n" % (len(raw), raw))
        self.wfile.flush()

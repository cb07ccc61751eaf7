"""A member in real time: the model behind a lock, with a clock, and if wanted with a log on disk.

Everything that an etcd answers is decided by `server`; here are the three things that a core must not have. A lock, because requests come
from many connections at once. A clock, by which leases end. And a disk: with `folder`, every request that changes something is in the
log, and flushed, before it is answered, so that whoever has an answer still has it after `kill -9`.

Source: etcd 3.5, server/etcdserver/server.go (processInternalRaftRequestOnce, run).
Left out: snapshots; at a restart the whole log is read again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from k8sedu.etcd.api import WatchCancelRequest, WatchCreateRequest, WatchProgressRequest, WatchResponse
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.schema import LogEntry, LogState, decode_request, encode_request
from k8sedu.etcd.server import Server
from k8sedu.etcd.wal import WalError
from k8sedu.etcd.waldir import WalFolder, segments

TICK_S = 0.2
PROGRESS_TICKS = 3_000
"""Quiet watchers that asked for it are told how far the store is after so many ticks: ten minutes."""

Journal = Callable[[Any, Any], None]
"""Is told of every request and its response, or the refusal."""


class LiveMember:
    """An etcd of one member that runs.

    >>> from k8sedu.etcd.api import PutRequest
    >>> with LiveMember() as member:
    ...     member.do(PutRequest("a", "1")).header.revision
    2
    """

    def __init__(self, *, folder: Path | None = None, release: str = "3.5.1", journal: Journal | None = None, **sizes: Any) -> None:
        self.server = Server(release=release, **sizes)
        self.journal = journal
        self.changed = threading.Condition()
        """Held while the server is asked; notified whenever it may have news for watchers."""
        self.log: WalFolder | None = None
        self._stopped = threading.Event()
        self._streams = 0
        self._started_ms = int(time.monotonic() * 1000)
        if folder is not None:
            self._open(folder)
        self._clock = threading.Thread(target=self._tick, name="k8sedu-etcd-clock", daemon=True)
        self._clock.start()

    def __enter__(self) -> LiveMember:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def now_ms(self) -> int:
        """Milliseconds since the start; leases count in them."""
        return int(time.monotonic() * 1000) - self._started_ms

    def do(self, request: Any) -> Any:
        """Answer any request but a watch.

        Raises:
            EtcdError: the request is refused.
        """
        with self.changed:
            try:
                response = self._do(request)
            except EtcdError as refusal:
                response = refusal
            if self.journal is not None:
                self.journal(request, response)
        if isinstance(response, EtcdError):
            raise response
        return response

    def _do(self, request: Any) -> Any:
        server = self.server
        request = server.prepare(request)
        if not server.is_write(request):
            return server.read(request, now_ms=self.now_ms)
        index, term = server.consistent_index + 1, server.term or 1
        if self.log is not None:
            entry = LogEntry(Term=term, Index=index, Data=encode_request(request, request_id=index))
            self.log.save([entry], LogState(term, 1, index))
        response = server.apply(index, term, request, now_ms=self.now_ms)
        self.changed.notify_all()
        if isinstance(response, EtcdError):
            raise response
        return response

    # -- the disk -------------------------------------------------------------------------------------------------------------------------

    def _open(self, folder: Path) -> None:
        """Begin a log, or apply the one that is there again; each start is a term of its own, as the election of a real member would be."""
        wal = folder / "member" / "wal"
        try:
            segments(wal)
        except WalError:
            self.log = WalFolder.create(wal, metadata=b"k8sedu")
            self.server.term = 1
            return
        self.log, contents = WalFolder.open(wal)
        for entry in contents.entries:
            self.server.apply(entry.Index, entry.Term, decode_request(entry.Data) if entry.Data else None, now_ms=self.now_ms)
        index, term = self.server.consistent_index + 1, contents.hard_state.term + 1
        self.log.save([LogEntry(Term=term, Index=index)], LogState(term, 1, index))
        self.server.apply(index, term, None, now_ms=self.now_ms)

    # -- watches --------------------------------------------------------------------------------------------------------------------------

    def open_stream(self) -> int:
        """A new connection for watches."""
        with self.changed:
            self._streams += 1
            return self._streams

    def watch(self, stream: int, request: Any) -> WatchResponse | None:
        """A request on a watch stream; its answer, if it has one."""
        with self.changed:
            if isinstance(request, WatchCreateRequest):
                response = self.server.hub.create(request, stream=stream)
                self.changed.notify_all()
                return self._stamped(response)
            if isinstance(request, WatchCancelRequest):
                cancelled = self.server.hub.cancel(request.watch_id, stream=stream)
                return self._stamped(cancelled) if cancelled else None
            assert isinstance(request, WatchProgressRequest)
            self.server.hub.progress(stream)
            self.changed.notify_all()
            return None

    def news(self, stream: int, *, timeout_s: float) -> list[WatchResponse]:
        """Wait for what a stream's watches have to tell, but no longer than this."""
        with self.changed:
            self.server.hub.sync()
            found = self.server.hub.receive(stream)
            if not found:
                self.changed.wait(timeout_s)
                self.server.hub.sync()
                found = self.server.hub.receive(stream)
            return [self._stamped(response) for response in found]

    def close_stream(self, stream: int) -> None:
        """The connection is gone."""
        with self.changed:
            self.server.hub.close(stream)

    def _stamped(self, response: WatchResponse) -> WatchResponse:
        server = self.server
        header = response.header._replace(raft_term=server.term, member_id=server.member_id, cluster_id=server.cluster_id)
        return response._replace(header=header)

    # -- the clock ------------------------------------------------------------------------------------------------------------------------

    def _tick(self) -> None:
        ticks = 0
        while not self._stopped.wait(TICK_S):
            ticks += 1
            with self.changed:
                for request in self.server.due(now_ms=self.now_ms):
                    self._do(request)
                if ticks % PROGRESS_TICKS == 0:
                    self.server.hub.tick_progress()
                    self.changed.notify_all()

    def stop(self) -> None:
        """Stop the clock and close the log."""
        self._stopped.set()
        self._clock.join()
        with self.changed:
            if self.log is not None:
                self.log.close()
                self.log = None

"""An etcd that runs elsewhere, followed through its JSON gateway: a watch on everything, kept in a store of our own.

    remote = Remote("http://127.0.0.1:2379")     # `k8sedu etcd serve` in a terminal, or a real etcd
    remote.store.get("a")

A watch tells every change since the last compaction, in order; so the copy has the same records under the same revisions, and the same
past. When the connection breaks, the watch begins again where it was: that is all a client of etcd ever has to remember.

Source: etcd 3.5, api/etcdserverpb/rpc.proto (Watch over the gateway: one JSON object {"result": …} per line).
Left out: reads, which change nothing, and compactions that come later: no watch tells of them.
"""

from __future__ import annotations

import json
import threading
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Mapping
from itertools import groupby
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import KeyValue
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.revision import Revision

EVERYTHING = {"key": "AA==", "range_end": "AA=="}
TIMEOUT_S = 5.0
QUIET_S = 30.0
"""A watch that has nothing to tell for so long is asked anew: perhaps the connection is dead."""
AGAIN_S = 0.5
"""So long after a broken connection the next one is tried."""

Changed = Callable[[int, tuple[KeyValue, ...]], None]
"""Is told a revision and what changed in it; a deletion has version 0."""


class RemoteError(K8sEduError, OSError):
    """An address at which no etcd answers."""


class Remote:
    """A copy of a store that lives elsewhere.

    Args:
        url: where it listens, such as "http://127.0.0.1:2379".
        order, page_records: how large the nodes and pages of the copy's trees are.

    Raises:
        RemoteError: nobody answers there, or no etcd does.
    """

    def __init__(self, url: str, *, order: int = 64, page_records: int = 64) -> None:
        self.url, self._order, self._page_records = url.rstrip("/"), order, page_records
        self.store = self._empty()
        self.lock = threading.Condition()
        """Held while the copy changes, and notified after that."""
        self.changed: Changed | None = None
        self._is_over = threading.Event()
        now = int(self._post("maintenance/status", {}).get("header", {}).get("revision", 0))
        threading.Thread(target=self._follow, name="k8sedu-etcd-remote", daemon=True).start()
        with self.lock:
            self.lock.wait_for(lambda: self.store.revision >= now, timeout=TIMEOUT_S)

    def stop(self) -> None:
        """Follow no longer."""
        self._is_over.set()

    # -- what comes -----------------------------------------------------------------------------------------------------------------------

    def _follow(self) -> None:
        while not self._is_over.is_set():
            try:
                self._watch()
            except (OSError, ValueError, KeyError):
                self._is_over.wait(AGAIN_S)  # it stopped, or is no etcd any more: perhaps it comes back

    def _watch(self) -> None:
        """One connection, from where the copy stands on."""
        create = {"create_request": {**EVERYTHING, "start_revision": str(self.store.revision + 1)}}
        with self._open("watch", create, QUIET_S) as lines:
            for line in lines:
                response = json.loads(line)["result"]
                if self._is_over.is_set():
                    return
                if "compact_revision" in response:
                    self._take_over(int(response["compact_revision"]))
                    return
                self._take(response)

    def _take(self, response: Mapping[str, Any]) -> None:
        kvs = [read_kv(event["kv"]) for event in response.get("events", ())]
        for main, group in groupby(kvs, key=lambda kv: kv.mod_revision):
            changes = tuple(group)
            with self.lock:
                self._put_back(main, changes)
                self.store.revision = main
                self.lock.notify_all()
            if self.changed is not None:
                self.changed(main, changes)

    def _take_over(self, revision: int) -> None:
        """The past before this revision is gone: begin with what was there at it."""
        found = self._post("kv/range", {**EVERYTHING, "revision": str(revision)})
        kvs = sorted((read_kv(kv) for kv in found.get("kvs", ())), key=lambda kv: (kv.mod_revision, kv.key))
        with self.lock:
            self.store = self._empty()
            self.store.revision = self.store.compact_revision = revision
            for main, group in groupby(kvs, key=lambda kv: kv.mod_revision):
                self._put_back(main, tuple(group))
            self.lock.notify_all()

    def _empty(self) -> Store:
        return Store(order=self._order, page_records=self._page_records)

    def _put_back(self, main: int, kvs: tuple[KeyValue, ...]) -> None:
        for sub, kv in enumerate(kvs):
            self.store.put_back(Revision(main, sub), kv)

    # -- the wire -------------------------------------------------------------------------------------------------------------------------

    def _open(self, path: str, data: Any, timeout_s: float) -> Any:
        body = json.dumps(data).encode()
        try:
            request = urllib.request.Request(f"{self.url}/v3/{path}", body, {"Content-Type": "application/json"})
            return urllib.request.urlopen(request, timeout=timeout_s)
        except (OSError, ValueError) as error:
            raise RemoteError(f"met no etcd at {self.url} ({error}), expected one that answers /v3/{path}.") from error

    def _post(self, path: str, data: Any) -> dict[str, Any]:
        with self._open(path, data, TIMEOUT_S) as response:
            found: dict[str, Any] = json.load(response)
            return found


def read_kv(data: Mapping[str, Any]) -> KeyValue:
    """A key with its value as the gateway writes it; what is zero is not there.

    >>> read_kv({"key": "YQ==", "create_revision": "2", "mod_revision": "3", "version": "2", "value": "MQ=="})
    KeyValue(key=b'a', create_revision=2, mod_revision=3, version=2, value=b'1', lease=0)
    """
    created, modified, version, lease = (int(data.get(name, 0)) for name in ("create_revision", "mod_revision", "version", "lease"))
    return KeyValue(b64decode(data["key"]), created, modified, version, b64decode(data.get("value", "")), lease)

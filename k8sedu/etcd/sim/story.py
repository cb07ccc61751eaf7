"""A story of one store: requests one after another, each told in the steps that it takes through the two trees.

A request becomes several steps: it is asked, walks through the index, finds (or makes) a revision, walks through the pages, and is
answered. Each step's frame is the store as `etcd.frames` describes it, and beside it the way so far:

    walk   {command, key, nodes, revisions, pages}      ids of nodes and pages, texts of revisions
    txn    the account of a transaction so far, see `etcd.accounts`; None for other requests

Within a put the index changes one step before the pages do; that is the order of etcd, too.

Left out: time. A step lasts one second, because it has to be looked at.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8sedu.etcd import accounts
from k8sedu.etcd.api import (
    CompactionRequest,
    DeleteRangeRequest,
    PutRequest,
    RangeRequest,
    RangeResponse,
    TxnRequest,
    TxnResponse,
    WatchCreateRequest,
    to_bytes,
)
from k8sedu.etcd.commands import parse
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.frames import readable, store_frame
from k8sedu.etcd.ranges import bounds
from k8sedu.etcd.revision import Revision
from k8sedu.etcd.server import Server
from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Frozen, Trace

STEP_US = 1_000_000
SYSTEM = "etcd-store"


def tell(lines: str | Iterable[str], *, order: int = 4, page_records: int = 4, release: str = "3.5.1") -> Trace:
    """Run commands on an empty store and remember every step of the way.

    >>> trace = tell(["put a 1", "put a 2", "get a at 2"])
    >>> [step.kind for step in trace][-5:]
    ['ask', 'index_walk', 'key_found', 'store_walk', 'answer']
    >>> trace[-1].detail.value
    '1'

    Args:
        lines: commands such as `put a 1`, see `etcd.commands`; a text counts line by line, empty lines and those with # are left out.
        order: how many children a node of the index may have.
        page_records: how many records fit into a page.
        release: which etcd is modelled.

    Raises:
        CommandError: a line that is no command.
        OrderError, PageSizeError: trees that cannot be.
    """
    commands = tuple(_clean(lines))
    requests = [parse(command) for command in commands]
    server = Server(order=order, page_records=page_records, release=release, traced=True)
    parameters = {"lines": commands, "order": order, "page_records": page_records, "release": release}
    teller = _Teller(server, Recorder(SYSTEM, seed=0, parameters=parameters))
    for command, request in zip(commands, requests, strict=True):
        teller.tell(command, request)
    return teller.recorder.trace()


def _clean(lines: str | Iterable[str]) -> Iterable[str]:
    for line in lines.splitlines() if isinstance(lines, str) else lines:
        command = line.partition("#")[0].strip()
        if command:
            yield command


class _Teller:
    """Carries requests out, step by step."""

    def __init__(self, server: Server, recorder: Recorder) -> None:
        self.server, self.recorder = server, recorder
        self.store = server.store
        self.now_us = 0
        self.picture = store_frame(self.store)
        self.walk = Frozen(command="", key="", nodes=(), revisions=(), pages=())
        self.account: Frozen | None = None
        self._step("start", {})

    def tell(self, command: str, request: Any) -> None:
        """One request from the question to the answer."""
        self.walk = Frozen(command=command, key="", nodes=(), revisions=(), pages=())
        self.account = accounts.asked(request) if isinstance(request, TxnRequest) else None
        self._step("ask", {"command": command})
        if isinstance(request, TxnRequest):
            self._compare(request)
        elif isinstance(request, PutRequest | RangeRequest | DeleteRangeRequest):
            self._walk_index(request)
        try:
            response = self._do(request)
        except EtcdError as refusal:
            self.account = self.account and accounts.refused(self.account, refusal)
            self._step("refused", {"message": refusal.message, "code": refusal.code})
            return
        if isinstance(request, RangeRequest):
            self._read(request, response)
        else:
            self._show_changes(request)
        if self.account is not None:
            self.account = accounts.finished(self.account, response, revision=self.store.revision)
        self._step("answer", {"revision": self.store.revision, **_answer(request, response)})

    def _do(self, request: Any) -> Any:
        if isinstance(request, WatchCreateRequest):
            return self.server.hub.create(request)
        return self.server.do(request, now_ms=0)

    def _step(self, kind: str, detail: dict[str, Any]) -> None:
        self.recorder.record(self.now_us, kind, "store", detail, self.picture.evolve(walk=self.walk, txn=self.account))
        self.now_us += STEP_US

    # -- reading ---------------------------------------------------------------------------------------------------------------------------

    def _walk_index(self, request: PutRequest | RangeRequest | DeleteRangeRequest) -> None:
        """From the root of the index to the key."""
        key = to_bytes(request.key)
        nodes = tuple(map(str, self.store.index.path(key)))
        is_there = self.store.index.get(key) is not None
        self.walk = self.walk.evolve(key=readable(key), nodes=nodes)
        is_range = bool(getattr(request, "range_end", b""))
        self._step("index_walk", {"key": readable(key), "nodes": nodes, "found": is_there, "range": is_range})

    def _read(self, request: RangeRequest, response: RangeResponse) -> None:
        """The index names the revisions, the pages hold their records."""
        main = request.revision if request.revision > 0 else self.store.revision
        revisions = tuple(_found(self.store, request, main))
        self.walk = self.walk.evolve(revisions=tuple(map(str, revisions)))
        detail = {"key": self.walk["key"], "revisions": self.walk["revisions"], "at": request.revision, "count": response.count}
        self._step("key_found" if revisions else "key_missing", detail)
        if revisions and not request.count_only:
            pages = tuple(dict.fromkeys(str(page) for revision in revisions for page in self.store.backend.path(revision)))
            self.walk = self.walk.evolve(pages=pages)
            self._step("store_walk", {"revisions": self.walk["revisions"], "pages": pages})

    # -- writing ---------------------------------------------------------------------------------------------------------------------------

    def _compare(self, request: TxnRequest) -> None:
        self.account = accounts.compared(self.store, request)
        verdicts = tuple(row["holds"] for row in self.account["txn"]["compare"])
        self._step("compare", {"verdicts": verdicts, "succeeded": all(verdicts)})

    def _show_changes(self, request: Any) -> None:
        """First what happened to the index, then what happened to the pages."""
        before, after = self.picture, store_frame(self.store, self.picture)
        index_events, page_events = self.store.index.events or [], self.store.backend.events or []
        told = {"splits": _count(index_events, "split"), "merges": _count(index_events, "merge")}
        pages = {"splits": _count(page_events, "split"), "freed": _count(page_events, "free")}
        index_events.clear()
        page_events.clear()
        if after is before:
            return
        revisions = _new_revisions(before, after) if not isinstance(request, CompactionRequest) else ()
        self.walk = self.walk.evolve(revisions=revisions)
        self.picture = before.evolve(index=after["index"], keys=after["keys"])
        if after["index"] is not before["index"]:
            kind = "index_compact" if isinstance(request, CompactionRequest) else "index_change"
            self._step(kind, {"revisions": revisions, **told})
        self.picture = after
        way = tuple(dict.fromkeys(str(page) for text in revisions for page in self.store.backend.path(_revision(text))))
        self.walk = self.walk.evolve(pages=way)
        holes = len(_records(before) - _records(after))
        kind = "pages_compact" if isinstance(request, CompactionRequest) else "pages_append"
        self._step(kind, {"revisions": revisions, "removed": holes, **pages})


def _found(store: Any, request: RangeRequest, main: int) -> Iterable[Revision]:
    first, end = bounds(request.key, request.range_end)
    for _, history in store.index.items(first, end):
        found = history.find(main)
        if found is not None:
            yield found.modified


def _revision(text: str) -> Revision:
    main, _, sub = text.partition(".")
    return Revision(int(main), int(sub))


def _records(frame: Frozen) -> set[str]:
    return {row[0] for page in frame["pages"]["pages"].values() for row in page["records"]}


def _new_revisions(before: Frozen, after: Frozen) -> tuple[str, ...]:
    """The revisions that a request has written, in their order."""
    return tuple(sorted(_records(after) - _records(before), key=_revision))


def _count(events: Iterable[Any], kind: str) -> int:
    return sum(event.kind == kind for event in events)


def _answer(request: Any, response: Any) -> dict[str, Any]:
    """What the client is told, in a few words."""
    if isinstance(request, RangeRequest):
        kvs = response.kvs
        value = readable(kvs[0].value) if len(kvs) == 1 else None
        mod_revision = kvs[0].mod_revision if len(kvs) == 1 else 0
        return {"verb": "get", "count": response.count, "value": value, "mod_revision": mod_revision}
    if isinstance(request, DeleteRangeRequest):
        return {"verb": "delete", "count": response.deleted}
    if isinstance(request, TxnRequest):
        assert isinstance(response, TxnResponse)
        return {"verb": "txn", "succeeded": response.succeeded}
    return {"verb": type(request).__name__.removesuffix("Request").lower()}



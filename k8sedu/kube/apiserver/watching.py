"""Watches: being told of every change, in order, from the moment of one's list on.

What etcd tells is a change of a key; what a client is told depends on what it selects. A pod whose label is taken away has been *modified*,
but for somebody who watches that label it is *deleted*: it has left the selection. So each change is judged twice, by how the object was
and by how it is.

A bookmark is no change but a promise: you have seen everything up to this version. Without it, a client that watches something quiet would
remember an old version, and after a break would be told that it is too old. Then the one way is to list anew. So it is, too, for a watch
that begins exactly where etcd was compacted: etcd still tells the change, but no longer how the object was before, and nothing may be
guessed.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/storage/etcd3/watcher.go and event.go (parseEvent), storage/cacher/cache_watcher.go
(convertToWatchEvent).
"""

from __future__ import annotations

from collections import deque
from typing import Any, Literal, NamedTuple

from k8sedu.etcd.api import Event, WatchCreateRequest, prefix_end
from k8sedu.kube.apiserver.selection import Selection
from k8sedu.kube.apiserver.storage import Storage
from k8sedu.kube.fields import Value
from k8sedu.kube.kinds import registry_key
from k8sedu.kube.objects.meta import ApiObject, ObjectMeta
from k8sedu.kube.status import ApiError, ExpiredError, InternalError

WATCH_EXPIRED = "The resourceVersion for the provided watch is too old."
PAST_IS_GONE = 'etcd event received with PrevKv=nil (key="{}", modRevision={}, type={})'
INITIAL_EVENTS_END = "k8s.io/initial-events-end"
"""The annotation of the bookmark that ends what was there already."""


class WatchEvent(NamedTuple):
    """What a client is told: `object` as it is now, as it was last when it is deleted, or the Status of an error."""

    type: Literal["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"]
    object: Any


class Watch:
    """One watch over one connection.

    Events wait in the hub of etcd until they are received; who never receives loses nothing and blocks nobody. After an ERROR nothing more
    comes.
    """

    def __init__(self, storage: Storage, cls: type[ApiObject], selection: Selection, *, stream: int, wants_bookmarks: bool) -> None:
        self.storage, self.cls, self.selection, self.stream = storage, cls, selection, stream
        self.wants_bookmarks = wants_bookmarks
        self.is_open = True
        self._bookmark_due = False
        self._ready: deque[WatchEvent] = deque()

    def begin(self, revision: int) -> None:
        """Be told of what changed after this revision."""
        prefix = registry_key(self.cls, self.selection.namespace, "")
        request = WatchCreateRequest(prefix, prefix_end(prefix), start_revision=revision + 1, prev_kv=True)
        self.storage.hub.create(request, stream=self.stream)

    def tell(self, event: WatchEvent) -> None:
        """Put an event in front of what etcd will tell."""
        self._ready.append(event)

    def fail(self, error: ApiError) -> None:
        """End with an error, which is told as an event: the connection was already open when it happened."""
        self.tell(WatchEvent("ERROR", error.status()))
        self.close()

    def close(self) -> None:
        """End the watch; what waits is forgotten."""
        self.is_open = False
        self.storage.hub.close(self.stream)

    def bookmark(self) -> None:
        """Promise a bookmark, which is sent once everything before it has been received."""
        self._bookmark_due = self.wants_bookmarks

    def receive(self, most: int | None = None) -> list[WatchEvent]:
        """Take what has been told since the last time, or as much of it as one wants."""
        if self.is_open and (most is None or len(self._ready) < most):
            self._fetch()
        return [self._ready.popleft() for _ in range(len(self._ready) if most is None else min(most, len(self._ready)))]

    def _fetch(self) -> None:
        """Empty the hub; a response that did not fit comes when there is room again."""
        self.storage.tell()
        hub = self.storage.hub
        hub.sync()
        while responses := hub.receive(self.stream):
            for response in responses:
                if response.canceled:
                    self.fail(ExpiredError(WATCH_EXPIRED))
                    return
                for event in response.events:
                    if _lacks_past(event):
                        self.fail(InternalError.of(PAST_IS_GONE.format(event.kv.key.decode(), event.kv.mod_revision, event.type)))
                        return
                    self._ready.extend(self._judged(event))
            hub.sync()
        if self._bookmark_due:
            self._bookmark_due = False
            self.tell(bookmark(self.cls, self.storage.revision))

    def _judged(self, event: Event) -> list[WatchEvent]:
        """What a change means to who selects: something comes, changes, goes, or is none of its business."""
        revision = event.kv.mod_revision
        new = self.storage.decode(self.cls, event.kv) if event.type == "PUT" else None
        old = self.storage.decode(self.cls, event.prev_kv) if event.prev_kv is not None else None
        is_in, was_in = (each is not None and self.selection.matches(each) for each in (new, old))
        if is_in:
            return [WatchEvent("MODIFIED" if was_in else "ADDED", new)]
        if was_in:
            assert old is not None
            return [WatchEvent("DELETED", old.evolve(metadata=old.metadata.evolve(resource_version=str(revision))))]
        return []


def _lacks_past(event: Event) -> bool:
    """Whether a change does not say how the object was before, though it was there."""
    is_create = event.type == "PUT" and event.kv.create_revision == event.kv.mod_revision
    return event.prev_kv is None and not is_create


def bookmark(cls: type[ApiObject], revision: int, *, ends_initial: bool = False) -> WatchEvent:
    """The promise that everything up to this revision has been told: an object with nothing but its version."""
    meta = ObjectMeta(resource_version=str(revision))
    return WatchEvent("BOOKMARK", cls(metadata=meta.evolve(annotations={INITIAL_EVENTS_END: "true"}) if ends_initial else meta))


def shown(event: WatchEvent) -> dict[str, Any]:
    """An event as the line of JSON that a client reads.

    >>> from k8sedu.kube.objects import Node
    >>> shown(bookmark(Node, 7))
    {'type': 'BOOKMARK', 'object': {'apiVersion': 'v1', 'kind': 'Node', 'metadata': {'resourceVersion': '7'}}}
    """
    return {"type": event.type, "object": event.object.document() if isinstance(event.object, Value) else event.object}

"""Informers: a copy of part of the cluster, kept up to date by list and watch.

A controller must not ask the API server for everything all the time. So it lists once, watches from there, and keeps what it was told in a
cache; it reads the cache and writes to the server. The cache is always a little behind, and that is fine, because whatever was missed will
be told: the next event comes, or the write fails with a conflict.

When the watch breaks because its version is too old, the informer lists anew and works out what must have happened meanwhile: what is in
the cache and not in the list was deleted. It cannot say how it looked last; that is why such a deletion is marked `is_stale`.

Source: kubernetes, staging/src/k8s.io/client-go/tools/cache (reflector.go, delta_fifo.go, shared_informer.go, store.go).
Left out: threads. `step` does one piece of work and says what; somebody with a clock calls it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Literal, NamedTuple, TypeVar, cast

from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.apiserver.watching import Watch, WatchEvent
from k8sedu.kube.kinds import resource
from k8sedu.kube.objects.meta import ApiObject

ObjectT = TypeVar("ObjectT", bound=ApiObject)
IndexFunction = Callable[[Any], Iterable[str]]
PAGE = 500


class Change(NamedTuple, Generic[ObjectT]):
    """What a handler is told."""

    type: Literal["added", "updated", "deleted", "synced"]
    """`synced` is a reminder: nothing has changed."""
    new: ObjectT | None
    old: ObjectT | None
    is_stale: bool = False
    """The object was found to be gone; how it looked last is not known."""

    @property
    def object(self) -> ObjectT:
        """The object as it is, or was."""
        found = self.new if self.new is not None else self.old
        assert found is not None
        return found


Handler = Callable[[Change[ObjectT]], None]


class Cache(Generic[ObjectT]):
    """Objects by `namespace/name`, and by whatever one wants to find them with.

    >>> from k8sedu.kube.objects import Pod
    >>> cache = Cache(Pod, {"node": lambda pod: [pod.spec.node_name]})
    >>> cache.put(Pod.of({"metadata": {"name": "a"}, "spec": {"nodeName": "n1"}}))
    >>> [pod.name for pod in cache.by("node", "n1")], cache.by("node", "n2")
    (['a'], [])
    """

    def __init__(self, cls: type[ObjectT], indexes: Mapping[str, IndexFunction] | None = None) -> None:
        self.cls, self.indexes = cls, dict(indexes or {})
        self._objects: dict[str, ObjectT] = {}
        self._found: dict[str, dict[str, dict[str, None]]] = {name: {} for name in self.indexes}

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[ObjectT]:
        return iter(self._objects.values())

    def get(self, key: str) -> ObjectT | None:
        """The object of that key."""
        return self._objects.get(key)

    def beyond(self, found: Mapping[str, Any]) -> list[str]:
        """The keys that are here and not there."""
        return [key for key in self._objects if key not in found]

    def by(self, index: str, value: str) -> list[ObjectT]:
        """The objects that an index finds; O(those found)."""
        return [self._objects[key] for key in self._found[index].get(value, ())]

    def put(self, found: ObjectT) -> None:
        """Take in an object in the place of an older one."""
        self.drop(found.key)
        self._objects[found.key] = found
        for name, of in self.indexes.items():
            for value in of(found):
                self._found[name].setdefault(value, {})[found.key] = None

    def drop(self, key: str) -> None:
        """Forget an object."""
        old = self._objects.pop(key, None)
        if old is None:
            return
        for name, of in self.indexes.items():
            for value in of(old):
                keys = self._found[name].get(value, {})
                keys.pop(key, None)
                if not keys:
                    self._found[name].pop(value, None)

    def check(self) -> None:
        """Assert that every index finds exactly what it should; O(objects)."""
        for name, of in self.indexes.items():
            expected: dict[str, set[str]] = {}
            for key, found in self._objects.items():
                for value in of(found):
                    expected.setdefault(value, set()).add(key)
            assert {value: set(keys) for value, keys in self._found[name].items()} == expected


class Informer(Generic[ObjectT]):
    """A cache that keeps itself up to date, and tells its handlers.

    >>> from random import Random
    >>> from k8sedu.kube.objects import Namespace
    >>> server = ApiServer(Random(1))
    >>> informer = Informer(server, Namespace)
    >>> heard = []
    >>> informer.handlers.append(lambda change: heard.append((change.type, change.object.name)))
    >>> informer.step(now_ms=0), len(informer.cache)
    ('listed', 4)
    >>> _ = server.delete("namespaces", "kube-public", now_ms=0); informer.step(now_ms=0), heard[-1]
    ('heard 1', ('updated', 'kube-public'))
    """

    def __init__(
        self, server: ApiServer, kind: type[ObjectT], *, namespace: str = "", label_selector: str = "", field_selector: str = "",
        indexes: Mapping[str, IndexFunction] | None = None, resync_ms: int = 0,
    ) -> None:  # fmt: skip
        self.server, self.cls = server, resource(kind)
        self.cache: Cache[ObjectT] = Cache(kind, indexes)
        self.handlers: list[Handler[ObjectT]] = []
        self.resync_ms = resync_ms
        """How often handlers are reminded of everything, in milliseconds; 0 for never."""
        self.resource_version = ""
        """The version up to which everything is known."""
        self.lists = 0
        """How often everything had to be listed."""
        self._selected: dict[str, Any] = {"namespace": namespace, "label_selector": label_selector, "field_selector": field_selector}
        self._watch: Watch | None = None
        self._synced_ms = 0

    @property
    def has_synced(self) -> bool:
        """Has the first list come in? Before, a controller would take a missing object for a deleted one."""
        return self.lists > 0

    def step(self, *, now_ms: int) -> str:
        """Do what is to be done, and say what: `listed`, `heard n`, `expired`, `resynced`, or nothing."""
        if self._watch is None:
            self._list()
            self._synced_ms = now_ms
            return "listed"
        events = self._watch.receive()
        if events:
            return self._hear(events)
        if self.resync_ms and now_ms - self._synced_ms >= self.resync_ms:
            self._synced_ms = now_ms
            for found in list(self.cache):
                self._tell(Change("synced", found, found))
            return "resynced"
        return ""

    def run(self, *, now_ms: int) -> None:
        """Step until there is nothing to be done."""
        while self.step(now_ms=now_ms):
            pass

    def break_off(self) -> None:
        """The connection is lost; the next step goes on from the last version that was heard of."""
        if self._watch is not None:
            self._watch.close()
            self._open()

    def _open(self) -> None:
        self._watch = self.server.watch(self.cls, resource_version=self.resource_version, allow_bookmarks=True, **self._selected)

    def _list(self) -> None:
        """List in pages, compare with what is known, and watch from there."""
        pages: list[Any] = [self.server.list(self.cls, limit=PAGE, **self._selected)]
        while pages[-1].continue_:
            pages.append(self.server.list(self.cls, limit=PAGE, continue_=pages[-1].continue_, **self._selected))
        found = {each.key: cast(ObjectT, each) for page in pages for each in page.items}
        self.resource_version = pages[0].resource_version
        self.lists += 1
        self._open()
        for key in self.cache.beyond(found):
            old = self.cache.get(key)
            self.cache.drop(key)
            self._tell(Change("deleted", None, old, is_stale=True))
        for each in found.values():
            self._take(each)

    def _take(self, new: ObjectT) -> None:
        """Take in an object as it is now."""
        old = self.cache.get(new.key)
        if old is not None and old.metadata.resource_version == new.metadata.resource_version:
            return
        self.cache.put(new)
        self._tell(Change("updated" if old is not None else "added", new, old))

    def _hear(self, events: list[WatchEvent]) -> str:
        for event in events:
            if event.type == "ERROR":
                self._watch = None
                return "expired"
            found = event.object
            self.resource_version = found.metadata.resource_version
            if event.type == "DELETED":
                self.cache.drop(found.key)
                self._tell(Change("deleted", None, found))
            elif event.type != "BOOKMARK":
                self._take(found)
        return f"heard {len(events)}"

    def _tell(self, change: Change[ObjectT]) -> None:
        for handler in self.handlers:
            handler(change)

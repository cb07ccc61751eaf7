"""Objects in etcd: one key each, JSON as the value, and the key's revision as the object's version.

The API server keeps nothing of its own. `resourceVersion` is not even stored: it is the etcd revision at which the key was last written,
put into the object when it is read. So a version of one object can be compared with that of another (they are one clock), and "write only
if nobody else has" is one transaction of etcd: *if the revision of the key is still that, put*.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/storage/etcd3/store.go.
Left out: protobuf as the form of values (kinds of one's own are stored as JSON by the real one, too), and encryption.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from typing import Any, TypeVar, cast

from k8sedu.etcd.api import Compare, DeleteRangeRequest, KeyValue, PutRequest, TxnRequest, prefix_end
from k8sedu.etcd.mvcc import Store
from k8sedu.etcd.watch import WatchHub
from k8sedu.kube.kinds import registry_key
from k8sedu.kube.objects.meta import ApiObject

ObjectT = TypeVar("ObjectT", bound=ApiObject)
_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)
SNAPSHOTS = 4
"""So many lists that are being read page by page are remembered."""

ETCD_RELEASE = "3.6.0"
"""An etcd that keeps a deletion exactly at the compacted revision; an older one drops it, and a watch from there would never hear of it."""


class Storage:
    """Typed objects over an etcd store.

    >>> from k8sedu.kube.objects import ConfigMap
    >>> storage = Storage()
    >>> made = storage.create(ConfigMap.of({"metadata": {"name": "a", "namespace": "default"}, "data": {"x": "1"}}))
    >>> made.metadata.resource_version, storage.store.get("/registry/configmaps/default/a").value
    ('2', b'{"metadata":{"name":"a","namespace":"default"},"data":{"x":"1"}}')
    >>> storage.replace(made, made.evolve(data={"x": "2"})).metadata.resource_version
    '3'
    >>> storage.replace(made, made.evolve(data={"x": "3"})) is None
    True

    What was decoded is remembered by key and revision, so that a list costs a decoding only for what has changed; O(log keys) per request.
    """

    def __init__(self, store: Store | None = None) -> None:
        self.store = store if store is not None else Store(release=ETCD_RELEASE)
        self.hub = WatchHub(self.store)
        self._told = self.store.revision
        self._decoded: dict[bytes, tuple[int, ApiObject]] = {}
        self._snapshots: dict[tuple[bytes, int], tuple[list[bytes], tuple[KeyValue, ...]]] = {}

    @property
    def revision(self) -> int:
        """The store's clock."""
        return self.store.revision

    def get(self, cls: type[ObjectT], namespace: str, name: str) -> ObjectT | None:
        """The object as it is now."""
        kv = self.store.get(registry_key(cls, namespace, name))
        return self.decode(cls, kv) if kv is not None else None

    def create(self, found: ObjectT) -> ObjectT | None:
        """Store a new object; None if the key is taken."""
        key = _key(found)
        return self._write(found, Compare(key, "VERSION", "EQUAL", version=0), key)

    def replace(self, old: ObjectT, new: ObjectT) -> ObjectT | None:
        """Store an object in the place of the one that was read; None if that is no longer the last one."""
        key = _key(old)
        return self._write(new, Compare(key, "MOD", "EQUAL", mod_revision=int(old.metadata.resource_version)), key)

    def delete(self, old: ApiObject) -> int | None:
        """Delete the object that was read, and tell the revision; None if that is no longer the last one."""
        key = _key(old)
        compare = Compare(key, "MOD", "EQUAL", mod_revision=int(old.metadata.resource_version))
        answer = self.store.txn(TxnRequest((compare,), (DeleteRangeRequest(key),)))
        if not answer.succeeded:
            return None
        self._decoded.pop(key.encode(), None)
        self.tell()
        return answer.header.revision

    def _write(self, found: ObjectT, compare: Compare, key: str) -> ObjectT | None:
        answer = self.store.txn(TxnRequest((compare,), (PutRequest(key, encode(found)),)))
        if not answer.succeeded:
            return None
        written = with_version(found, answer.header.revision)
        self._decoded[key.encode()] = (answer.header.revision, written)
        self.tell()
        return written

    def page(self, prefix: str, *, start: str = "", limit: int = 0, revision: int = 0) -> tuple[tuple[KeyValue, ...], int]:
        """Some keys that begin so, as they were at a revision, from a start on; and how many there are from there.

        etcd counts to the end of the range for every page. So what it answers is remembered while somebody is reading pages of it: as the
        real server does since 1.34 (KEP-4988), and a list of n keys in pages costs O(n), not O(n²).

        Raises:
            CompactedError: that revision is forgotten.
        """
        end = prefix_end(prefix)
        if not limit:
            answer = self.store.range(prefix + start, end, revision=revision)
            return answer.kvs, answer.count
        self.store.range(prefix, revision=revision)  # is that revision still there?
        key = (prefix.encode(), revision or self.store.revision)
        known = self._snapshots.pop(key) if key in self._snapshots else _snapshot(self.store.range(prefix, end, revision=key[1]).kvs)
        keys, kvs = self._snapshots[key] = known
        while len(self._snapshots) > SNAPSHOTS:
            del self._snapshots[next(iter(self._snapshots))]
        place = bisect_left(keys, (prefix + start).encode())
        return kvs[place : place + limit], len(kvs) - place

    def decode(self, cls: type[ObjectT], kv: KeyValue) -> ObjectT:
        """The object that a key held."""
        known = self._decoded.get(kv.key)
        if known is not None and known[0] == kv.mod_revision:
            return cast(ObjectT, known[1])
        document: dict[str, Any] = json.loads(kv.value)
        found = with_version(cls.of({"apiVersion": cls.API_VERSION, "kind": cls.KIND, **document}), kv.mod_revision)
        if known is None or known[0] < kv.mod_revision:
            self._decoded[kv.key] = (kv.mod_revision, found)
        return found

    def tell(self) -> None:
        """Tell the watches what has been written, by whomever."""
        if self.store.revision > self._told:
            self.hub.notify(self._told + 1)
            self._told = self.store.revision

    def check(self) -> None:
        """Assert that what is remembered is what is stored; O(objects)."""
        self.store.check()
        self.hub.check()
        for key, (revision, found) in self._decoded.items():
            kv = self.store.get(key)
            assert kv is None or kv.mod_revision > revision or kv.value == encode(found), f"{key!r} is remembered otherwise than stored"
            assert found.metadata.resource_version == str(revision)


def encode(found: ApiObject) -> bytes:
    """An object as the bytes of its key: without its version and kind, which are the key's revision and place."""
    document = found.document()
    for name in ("apiVersion", "kind"):
        document.pop(name, None)
    document.get("metadata", {}).pop("resourceVersion", None)
    return _ENCODER.encode(document).encode()


def _snapshot(kvs: tuple[KeyValue, ...]) -> tuple[list[bytes], tuple[KeyValue, ...]]:
    return [kv.key for kv in kvs], kvs


def with_version(found: ObjectT, revision: int) -> ObjectT:
    """The object as of a revision."""
    return found.evolve(metadata=found.metadata.evolve(resource_version=str(revision)))


def _key(found: ApiObject) -> str:
    return registry_key(type(found), found.namespace, found.name)

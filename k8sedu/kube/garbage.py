"""The garbage collector: what has lost its last owner goes as well.

A ReplicaSet does not delete its pods, a Deployment not its ReplicaSets. Each object names its owners by UID, and one controller for all
kinds watches everything, keeps the graph of who belongs to whom, and deletes what belongs to nobody any more. By UID, because a new
ReplicaSet of the same name is not the old one.

Three ways to go. *Background*: the owner is gone at once, the rest follows. *Foreground*: the owner waits, marked and with a finalizer,
until those that block it are gone. *Orphan*: the rest loses its owner reference and lives on. A namespace on its way out is emptied here
too, by the same rules as a foreground deletion, though in the real system that is another controller.

Source: kubernetes, pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem, processDeletingDependentsItem,
attemptToOrphanWorker), graph_builder.go; pkg/controller/namespace/deletion.
Left out: kinds that the collector learns of while it runs, and owners that it would have to look up because it has not seen them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from k8sedu.kube.apiserver.deletion import FOREGROUND, ORPHAN
from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.kinds import KINDS
from k8sedu.kube.objects.cluster import Event, Namespace
from k8sedu.kube.objects.meta import ApiObject, OwnerReference
from k8sedu.kube.status import ApiError, ConflictError, NotFoundError
from k8sedu.kube.workqueue import WorkQueue

KEPT_KINDS = [cls for cls in KINDS.values() if cls is not Event]
"""Events end by themselves; nobody owns them."""


class GarbageCollector:
    """The graph of owners and dependents, and the work that it makes.

    >>> from random import Random
    >>> server = ApiServer(Random(1))
    >>> owner = server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "owner"}}, now_ms=0)
    >>> reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner.metadata.uid}
    >>> meta = {"name": "owned", "ownerReferences": [reference]}
    >>> _ = server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}, now_ms=0)
    >>> collector = GarbageCollector(server)
    >>> collector.run(now_ms=0), server.delete("configmaps", "owner", now_ms=1) and collector.run(now_ms=1)
    ([], ['delete configmaps default/owned (Background)'])

    An event costs O(owners of the object), a deletion O(its dependents).
    """

    def __init__(self, server: ApiServer) -> None:
        self.server = server
        self.queue: WorkQueue[str] = WorkQueue()
        self.known: dict[str, ApiObject] = {}
        """UID → the object, as it was last heard of."""
        self.dependents: dict[str, dict[str, None]] = {}
        """UID of an owner → UIDs of those that name it, whether it exists or not."""
        self.inside: dict[str, dict[str, None]] = {}
        """Namespace → UIDs of what is in it."""
        self._informers: list[Informer[Any]] = [Informer(server, cls) for cls in KEPT_KINDS]
        self._namespaces = next(informer for informer in self._informers if informer.cls is Namespace)
        for informer in self._informers:
            informer.handlers.append(self._hear)

    # -- hearing --------------------------------------------------------------------------------------------------------------------------

    def _hear(self, change: Change[Any]) -> None:
        if change.old is not None and (change.new is None or change.new.metadata.uid != change.old.metadata.uid):
            self._forget(change.old)
        if change.new is not None:
            self._learn(change.new, change.old)

    def _learn(self, new: ApiObject, old: ApiObject | None) -> None:
        uid = new.metadata.uid
        self.known[uid] = new
        if new.NAMESPACED:
            self.inside.setdefault(new.namespace, {})[uid] = None
        before = {owner.uid for owner in old.metadata.owner_references} if old is not None else set()
        after = {owner.uid for owner in new.metadata.owner_references}
        for owner in sorted(before - after):
            self._cut(owner, uid)
        for owner in sorted(after):
            self.dependents.setdefault(owner, {})[uid] = None
        self.queue.add(uid)
        for owner in sorted(after | before):
            if owner in self.known and self.known[owner].metadata.deletion_timestamp:
                self.queue.add(owner)

    def _forget(self, old: ApiObject) -> None:
        uid = old.metadata.uid
        self.known.pop(uid, None)
        if old.NAMESPACED:
            self._leave(old.namespace, uid)
        for owner in old.metadata.owner_references:
            self._cut(owner.uid, uid)
            self.queue.add(owner.uid)
        for dependent in self.dependents.get(uid, {}):
            self.queue.add(dependent)

    def _leave(self, namespace: str, uid: str) -> None:
        """One less in a namespace; if it is on its way out, it may be empty now."""
        found = self.inside.get(namespace, {})
        found.pop(uid, None)
        if not found:
            self.inside.pop(namespace, None)
            self._look_at_namespace(namespace)

    def _look_at_namespace(self, name: str) -> None:
        found = self._namespaces.cache.get(name)
        if found is not None:
            self.queue.add(found.metadata.uid)

    def _cut(self, owner: str, dependent: str) -> None:
        found = self.dependents.get(owner, {})
        found.pop(dependent, None)
        if not found:
            self.dependents.pop(owner, None)

    # -- doing ----------------------------------------------------------------------------------------------------------------------------

    def run(self, *, now_ms: int) -> list[str]:
        """Work until there is nothing left to be done now; tells what was done."""
        done: list[str] = []
        while True:
            for informer in self._informers:
                informer.run(now_ms=now_ms)
            uid = self.queue.get(now_ms=now_ms)
            if uid is None:
                return done
            while uid is not None:
                done += self._try(uid, now_ms)
                uid = self.queue.get(now_ms=now_ms)

    def _try(self, uid: str, now_ms: int) -> list[str]:
        """Look at one object; a conflict means that it has changed, so it is looked at again."""
        done: list[str] = []
        try:
            for word in self._look(uid, now_ms):
                done.append(word)  # noqa: PERF402 (what was done before a failure is told too)
            self.queue.forget(uid)
        except NotFoundError:
            self.queue.forget(uid)
        except ApiError:
            self.queue.add_rate_limited(uid, now_ms=now_ms)
        self.queue.done(uid)
        return done

    def _look(self, uid: str, now_ms: int) -> Iterator[str]:
        found = self.known.get(uid)
        if found is None:
            return
        meta = found.metadata
        if meta.deletion_timestamp:
            if ORPHAN in meta.finalizers:
                yield from self._orphan(found)
            elif FOREGROUND in meta.finalizers:
                yield from self._wait_for_dependents(found, now_ms)
            elif isinstance(found, Namespace):
                yield from self._empty(found, now_ms)
            return
        if meta.owner_references:
            yield from self._judge(found, now_ms)

    def _judge(self, found: ApiObject, now_ms: int) -> Iterator[str]:
        """Decide about an object that has owners: let it live, cut what is gone, or delete it."""
        references = found.metadata.owner_references
        solid = [owner for owner in references if self._is_solid(found, owner)]
        waiting = [owner for owner in references if self._is_waiting(found, owner)]
        if solid:
            gone = [owner for owner in references if owner not in solid]
            if gone:
                yield self._cut_references(found, [owner.uid for owner in gone])
        elif waiting and self._children(found):
            yield self._delete(found, "Foreground", now_ms)
        else:
            yield self._delete(found, "Background", now_ms)

    def _owner(self, found: ApiObject, reference: OwnerReference) -> ApiObject | None:
        """The owner, if it is there; one in another namespace is none."""
        owner = self.known.get(reference.uid)
        if owner is None or (owner.NAMESPACED and owner.namespace != found.namespace):
            return None
        same = (owner.KIND, owner.API_VERSION.rpartition("/")[0]) == (reference.kind, reference.api_version.rpartition("/")[0])
        return owner if same and owner.name == reference.name else None

    def _is_waiting(self, found: ApiObject, reference: OwnerReference) -> bool:
        owner = self._owner(found, reference)
        return owner is not None and bool(owner.metadata.deletion_timestamp) and FOREGROUND in owner.metadata.finalizers

    def _is_solid(self, found: ApiObject, reference: OwnerReference) -> bool:
        return self._owner(found, reference) is not None and not self._is_waiting(found, reference)

    def _children(self, found: ApiObject) -> list[ApiObject]:
        return [self.known[uid] for uid in self.dependents.get(found.metadata.uid, {}) if uid in self.known]

    def _wait_for_dependents(self, found: ApiObject, now_ms: int) -> Iterator[str]:
        """Let an owner go that waits in the foreground, once nobody blocks it."""
        children = self._children(found)
        blocking = [child for child in children if any(_blocks(owner, found) for owner in child.metadata.owner_references)]
        if not blocking:
            yield self._drop_finalizer(found, FOREGROUND)
        for child in blocking:
            if not child.metadata.deletion_timestamp:
                yield from self._judge(child, now_ms)

    def _orphan(self, found: ApiObject) -> Iterator[str]:
        for child in self._children(found):
            yield self._cut_references(child, [found.metadata.uid])
        yield self._drop_finalizer(found, ORPHAN)

    def _empty(self, found: Namespace, now_ms: int) -> Iterator[str]:
        """Delete what is in a namespace on its way out; let it go once it is empty."""
        content = [self.known[uid] for uid in self.inside.get(found.name, {})]
        for each in content:
            if not each.metadata.deletion_timestamp:
                yield self._delete(each, "Background", now_ms)
        if not content and found.spec.finalizers:
            self.server.finalize_namespace(found.name)
            yield f"finalize namespaces {found.name}"

    # -- writing --------------------------------------------------------------------------------------------------------------------------

    def _delete(self, found: ApiObject, policy: Any, now_ms: int) -> str:
        if ORPHAN in found.metadata.finalizers or FOREGROUND in found.metadata.finalizers:
            policy = "Orphan" if ORPHAN in found.metadata.finalizers else "Foreground"
        uid = found.metadata.uid
        last = self.server.delete(type(found), found.name, namespace=found.namespace, propagation=policy, uid=uid, now_ms=now_ms)
        self.known[uid] = last  # heard of again soon, but until then nobody need delete it once more
        return f"delete {found.RESOURCE} {found.key} ({policy})"

    def _cut_references(self, found: ApiObject, uids: list[str]) -> str:
        fresh = self._fresh(found)
        kept = tuple(owner for owner in fresh.metadata.owner_references if owner.uid not in uids)
        self.server.update(fresh.evolve(metadata=fresh.metadata.evolve(owner_references=kept)))
        return f"cut {found.RESOURCE} {found.key}"

    def _drop_finalizer(self, found: ApiObject, finalizer: str) -> str:
        fresh = self._fresh(found)
        kept = tuple(each for each in fresh.metadata.finalizers if each != finalizer)
        self.server.update(fresh.evolve(metadata=fresh.metadata.evolve(finalizers=kept)))
        return f"release {found.RESOURCE} {found.key} ({finalizer})"

    def _fresh(self, found: ApiObject) -> ApiObject:
        """The object as it is now, if it is still the same one."""
        fresh = self.server.get(type(found), found.name, namespace=found.namespace)
        if fresh.metadata.uid != found.metadata.uid:
            raise ConflictError.of(type(found), found.name, "it is another object of the same name")
        return fresh

    def check(self) -> None:
        """Assert that the graph is what the known objects say; O(objects)."""
        expected: dict[str, set[str]] = {}
        for uid, found in self.known.items():
            for owner in found.metadata.owner_references:
                expected.setdefault(owner.uid, set()).add(uid)
        assert {uid: set(found) for uid, found in self.dependents.items()} == expected
        assert {uid for found in self.inside.values() for uid in found} == {uid for uid, found in self.known.items() if found.NAMESPACED}
        self.queue.check()


def _blocks(owner: OwnerReference, found: ApiObject) -> bool:
    return owner.uid == found.metadata.uid and bool(owner.block_owner_deletion)

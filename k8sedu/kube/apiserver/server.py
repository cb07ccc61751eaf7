"""The API server: the one door to etcd, where every wish is checked, completed, stored and told.

It is no orchestra's conductor. It starts nothing and decides nothing about pods; it keeps objects, and tells those who watch. All else in
Kubernetes is done by programs that read and write here, and that is why three of its rules matter so much:

- *Versions.* Each object carries the etcd revision of its last change. Who writes back an object that somebody else has changed meanwhile
  gets a conflict, and must read and decide again.
- *Lists and watches.* A list is a snapshot of one revision, a watch goes on from there: nothing is missed, nothing comes twice.
- *Two halves.* What is wanted and what is are written by different people through different doors.

A call whose answer depends on the time is told `now_ms`; names and UIDs come from the random stream that the server was given. So the same
calls make the same objects, on every machine.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go; API concepts.
Left out: who may do what (authentication, authorization), quotas, webhooks, custom resources, and server-side apply.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import Any, Literal, TypeVar, cast, overload

from k8sedu.etcd.mvcc import Store
from k8sedu.kube.apiserver.admission import admit
from k8sedu.kube.apiserver.bodies import read, refuse, same_object, taken
from k8sedu.kube.apiserver.deletion import Deletion, Propagation, is_gone, marked
from k8sedu.kube.apiserver.listing import Listing, Token, list_page, revision_of
from k8sedu.kube.apiserver.selection import select
from k8sedu.kube.apiserver.storage import Storage, with_version
from k8sedu.kube.apiserver.strategy import DIVIDED, finish_create, generated, prepare_create, prepare_status, prepare_update, scheduled
from k8sedu.kube.apiserver.watching import Watch, WatchEvent, bookmark
from k8sedu.kube.defaults import fill_in
from k8sedu.kube.fields import plain
from k8sedu.kube.kinds import KINDS, registry_key, resource
from k8sedu.kube.objects.cluster import Namespace
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.service import Service
from k8sedu.kube.patches import PATCHES
from k8sedu.kube.services.addresses import ServiceAddresses, keep
from k8sedu.kube.status import AlreadyExistsError, BadRequestError, ConflictError, NotFoundError, ServerTimeoutError
from k8sedu.kube.validation import problems_of, problems_of_update

Document = dict[str, Any]
ObjectT = TypeVar("ObjectT", bound=ApiObject)
NAMESPACES = ("default", "kube-node-lease", "kube-public", "kube-system")
CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
"""What every cluster begins with."""
GENERATED_TRIES = 8
PatchType = Literal["strategic", "merge", "json"]


class ApiServer:
    """Objects, kept in an etcd store.

    >>> server = ApiServer(Random(7))
    >>> spec = {"containers": [{"name": "c", "image": "nginx"}]}
    >>> pod = server.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"}, "spec": spec}, now_ms=0)
    >>> watch = server.watch("pods", resource_version=pod.metadata.resource_version)
    >>> newer = server.patch("pods", "web", {"metadata": {"labels": {"app": "web"}}})
    >>> [(event.type, dict(event.object.labels)) for event in watch.receive()]
    [('MODIFIED', {'app': 'web'})]
    >>> server.update(pod.evolve(metadata=pod.metadata.evolve(labels={"app": "db"})))
    Traceback (most recent call last):
        ...
    k8sedu.kube.status.ConflictError: Operation cannot be fulfilled on pods "web": the object has been modified; please apply …

    A request on one object costs O(log objects), a list O(objects that it shows); a watch costs only what changes.
    """

    def __init__(
        self, rng: Random, *, store: Store | None = None, now_ms: int = 0, addresses: ServiceAddresses | None = None,
    ) -> None:  # fmt: skip
        self.rng = rng
        self.storage = Storage(store)
        self.addresses = addresses or ServiceAddresses()
        """The cluster IPs and node ports, and which of them Services have."""
        self.watches: dict[int, Watch] = {}
        self._streams = 0
        if self.storage.get(Namespace, "", "default") is None:
            self._begin(now_ms)
        self.addresses.learn(self.list(Service).items)

    def _begin(self, now_ms: int) -> None:
        for name in NAMESPACES:
            self.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}, now_ms=now_ms)
        for name, value in CLASSES.items():
            made = {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": name}, "value": value}
            self.create(made, now_ms=now_ms)

    @property
    def resource_version(self) -> str:
        """The version of everything: the revision of the store."""
        return str(self.storage.revision)

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    @overload
    def get(self, kind: type[ObjectT], name: str, *, namespace: str = "default", resource_version: str = "") -> ObjectT: ...
    @overload
    def get(self, kind: str, name: str, *, namespace: str = "default", resource_version: str = "") -> Any: ...
    def get(self, kind: Any, name: str, *, namespace: str = "default", resource_version: str = "") -> Any:
        """The object as it is; `resource_version` says how new it must at least be.

        Raises:
            NotFoundError: there is none.
            ServerTimeoutError: the store is not yet at that version.
        """
        cls = resource(kind)
        revision_of(resource_version, self.storage.revision)
        found = self.storage.get(cls, namespace, name)
        if found is None:
            raise NotFoundError.of(cls, name)
        return found

    @overload
    def list(self, kind: type[ObjectT], *, namespace: str = "", **options: Any) -> Listing[ObjectT]: ...
    @overload
    def list(self, kind: str, *, namespace: str = "", **options: Any) -> Listing[Any]: ...
    def list(  # type: ignore[misc]  # the options are listed here only
        self, kind: Any, *, namespace: str = "", label_selector: str = "", field_selector: str = "", limit: int = 0, continue_: str = "",
        resource_version: str = "", resource_version_match: Literal["", "Exact", "NotOlderThan"] = "",
    ) -> Listing[Any]:  # fmt: skip
        """All objects that are selected, as of one moment.

        Args:
            kind: class or name.
            namespace: of this namespace only; of all when empty.
            label_selector: only those with these labels.
            field_selector: only those with these fields.
            limit: at most so many; the answer says how to go on.
            continue_: where an earlier answer told to go on.
            resource_version: how new the answer must at least be, or with `resource_version_match="Exact"` of which moment.
            resource_version_match: how `resource_version` is meant.

        Raises:
            BadRequestError: a selector, version or token that cannot be.
            ExpiredError: that moment is forgotten.
        """
        cls = resource(kind)
        selection = select(cls, namespace=namespace, label_selector=label_selector, field_selector=field_selector)
        if continue_ and resource_version not in {"", "0"}:
            raise BadRequestError("specifying resource version is not allowed when using continue")
        revision = revision_of(resource_version, self.storage.revision)
        exact = revision if resource_version_match == "Exact" or (limit and resource_version_match != "NotOlderThan") else 0
        token = Token.decoded(continue_) if continue_ else None
        return list_page(self.storage, cls, selection, limit=limit, token=token, revision=exact)

    def watch(
        self, kind: type[ApiObject] | str, *, namespace: str = "", label_selector: str = "", field_selector: str = "",
        resource_version: str = "", allow_bookmarks: bool = False, send_initial_events: bool = False,
    ) -> Watch:  # fmt: skip
        """Be told of every change after `resource_version`; without one, first of what is there as if it had just been added.

        A version that is forgotten, or that the store has not yet reached, is told as an ERROR event: the connection is already open.

        Raises:
            BadRequestError: a selector that cannot be.
        """
        cls = resource(kind)
        selection = select(cls, namespace=namespace, label_selector=label_selector, field_selector=field_selector)
        self._streams += 1
        watch = Watch(self.storage, cls, selection, stream=self._streams, wants_bookmarks=allow_bookmarks)
        self.watches = {stream: other for stream, other in self.watches.items() if other.is_open} | {self._streams: watch}
        from_now = resource_version in {"", "0"} or send_initial_events
        try:
            revision = revision_of(resource_version, self.storage.revision)
        except ServerTimeoutError as error:
            watch.fail(error)
            return watch
        if from_now:
            self._tell_what_is_there(watch, with_end=send_initial_events and allow_bookmarks)
        watch.begin(self.storage.revision if from_now else revision)
        return watch

    def _tell_what_is_there(self, watch: Watch, *, with_end: bool) -> None:
        for found in list_page(self.storage, watch.cls, watch.selection).items:
            watch.tell(WatchEvent("ADDED", found))
        if with_end:
            watch.tell(bookmark(watch.cls, self.storage.revision, ends_initial=True))

    def send_bookmarks(self) -> None:
        """Promise a bookmark to every watch that asked for them; the real server does so about once a minute."""
        for watch in self.watches.values():
            watch.bookmark()

    def compact(self, resource_version: str = "") -> None:
        """Forget what was before a version (without one, before now); the real server does so every five minutes."""
        self.storage.tell()
        self.storage.store.compact(int(resource_version or self.storage.revision))

    # -- writing --------------------------------------------------------------------------------------------------------------------------

    @overload
    def create(self, found: ObjectT, *, namespace: str = "", now_ms: int) -> ObjectT: ...
    @overload
    def create(self, found: Mapping[str, Any], *, namespace: str = "", now_ms: int) -> Any: ...
    def create(self, found: Any, *, namespace: str = "", now_ms: int) -> Any:
        """Store a new object, checked and completed.

        Raises:
            AlreadyExistsError: the name is taken.
            InvalidError: it can be read, and must not be.
            NotFoundError, ForbiddenError: its namespace is not there, or on its way out; or there is no such priority.
            BadRequestError: it cannot be read.
        """
        cls, document = taken(found, namespace)
        metadata = document["metadata"]
        if metadata.pop("resourceVersion", ""):
            raise BadRequestError("resourceVersion should not be set on objects to be created")
        prefix = metadata.get("generateName", "") if not metadata.get("name") else ""
        for _ in range(GENERATED_TRIES):
            if prefix:
                metadata["name"] = generated(prefix, self.rng)
            if self.storage.get(cls, metadata.get("namespace", ""), metadata.get("name", "")) is None:
                break
        fill_in(document, cls)
        prepare_create(document, cls, rng=self.rng, now_ms=now_ms)
        admit(self.storage, document, cls)
        made = finish_create(read(cls, document))
        refuse(made, problems_of(made))
        if self.storage.get(cls, made.namespace, made.name) is not None:
            raise AlreadyExistsError.of(cls, made.name)
        if isinstance(made, Service):
            made = self.addresses.given(made, rng=self.rng)
        stored = self.storage.create(made)
        if stored is None:
            raise AlreadyExistsError.of(cls, made.name)
        return stored

    @overload
    def update(self, found: ObjectT, *, namespace: str = "") -> ObjectT: ...
    @overload
    def update(self, found: Mapping[str, Any], *, namespace: str = "") -> Any: ...
    def update(self, found: Any, *, namespace: str = "") -> Any:
        """Store the new state of an object, all but its status.

        With a `resourceVersion`, only if that is still the last one; without, whatever was there.

        Raises:
            ConflictError: somebody else has changed it since.
            NotFoundError: there is none.
            InvalidError, BadRequestError: it must not be so, or something was changed that never changes.
        """
        cls, document = taken(found, namespace)
        return self._change(cls, document, status=False)

    def update_status(self, found: ObjectT) -> ObjectT:
        """Store the new status of an object, and nothing else of it.

        Raises:
            ConflictError: somebody else has changed it since.
            NotFoundError: there is none, or the kind has no status of its own.
        """
        cls, document = taken(found, "")
        if cls.KIND not in DIVIDED:
            raise NotFoundError("the server could not find the requested resource")
        return cast(ObjectT, self._change(cls, document, status=True))

    def patch(
        self, kind: type[ApiObject] | str, name: str, patch: Any, *, namespace: str = "default",
        type: PatchType = "strategic",  # noqa: A002 (kubectl's word)
        subresource: Literal["", "status"] = "",
    ) -> Any:  # fmt: skip
        """Change part of an object, in one of three languages.

        Raises:
            ConflictError: the patch names a version, and that is no longer the last one.
            NotFoundError, InvalidError, BadRequestError: as for an update.
        """
        cls = resource(kind)
        before = self.get(cls, name, namespace=namespace).document()
        document = PATCHES[type](before, plain(patch))
        if not isinstance(document, dict) or not isinstance(document.get("metadata"), dict):
            raise BadRequestError("the patch leaves no object: there is no metadata")
        read(cls, document)
        return self._change(cls, plain(document), status=subresource == "status", before=before)

    def _change(self, cls: type[ApiObject], document: Document, *, status: bool, before: Document | None = None) -> ApiObject:
        """Lay a document over the stored object, if it may be; `before` is that object's document, where somebody has it."""
        metadata = document["metadata"]
        old = self.get(cls, metadata.get("name", ""), namespace=metadata.get("namespace", ""))
        same_object(cls, metadata, old)
        before = before or old.document()
        if status:
            document = prepare_status(document, before)
        else:
            fill_in(document, cls)
            prepare_update(document, before, cls)
            if cls is Service:
                keep(document["spec"], before["spec"])
        document["metadata"]["resourceVersion"] = old.metadata.resource_version
        new = read(cls, document)
        if new == old:
            return old
        refuse(new, problems_of_update(new, old) if not status else [])
        if is_gone(new):
            return self._remove(old, new)
        if isinstance(new, Service) and isinstance(old, Service):
            new = self.addresses.changed(new, old, rng=self.rng)
        stored = self.storage.replace(old, new)
        if stored is None:
            raise ConflictError.of(cls, old.name)
        return stored

    # -- deleting -------------------------------------------------------------------------------------------------------------------------

    def delete(
        self, kind: type[ApiObject] | str, name: str, *, namespace: str = "default", propagation: Propagation | None = None,
        grace_period_s: int | None = None, uid: str = "", resource_version: str = "", now_ms: int,
    ) -> Any:  # fmt: skip
        """Delete an object, or mark it for deletion if a finalizer or a grace period delays it; returns it as it was last.

        Args:
            kind: class or name.
            name: the object's name.
            namespace: where it is.
            propagation: what becomes of the objects that it owns; as earlier deletes have said, else in the background.
            grace_period_s: seconds that a pod's containers get; as the pod says, else 30.
            uid: delete it only if it is this one and not a later one of the same name.
            resource_version: delete it only if nobody has changed it since.
            now_ms: the time.

        Raises:
            NotFoundError: there is none.
            ConflictError: it is another one, or has been changed.
        """
        cls = resource(kind)
        old = self.get(cls, name, namespace=namespace)
        same_object(cls, {"uid": uid, "resourceVersion": resource_version}, old)
        new = marked(old, Deletion(propagation, grace_period_s), now_ms=now_ms)
        if new is None or is_gone(new):
            return self._remove(old, new or old)
        return self.storage.replace(old, new) if new != old else old

    def delete_collection(self, kind: type[ApiObject] | str, *, namespace: str = "default", now_ms: int, **options: Any) -> int:
        """Delete all objects that are selected; returns how many."""
        found = self.list(resource(kind), namespace=namespace, **options).items
        for each in found:
            self.delete(type(each), each.name, namespace=each.namespace, now_ms=now_ms)
        return len(found)

    def finalize_namespace(self, name: str) -> None:
        """Let a namespace go that is being deleted and has been emptied.

        Raises:
            ConflictError: it is not being deleted.
        """
        old = self.get(Namespace, name, namespace="")
        if not old.metadata.deletion_timestamp:
            raise ConflictError.of(Namespace, name, "it is not being deleted")
        new = old.evolve(spec=old.spec.without("finalizers"))
        if is_gone(new):
            self._remove(old, new)
        else:
            self.storage.replace(old, new)

    def _remove(self, old: ObjectT, last: ObjectT) -> ObjectT:
        revision = self.storage.delete(old)
        if revision is None:
            raise ConflictError.of(type(old), old.name)
        if isinstance(old, Service):
            self.addresses.take_back(old)
        return with_version(last, revision)

    # -- binding --------------------------------------------------------------------------------------------------------------------------

    def bind(self, name: str, node: str, *, namespace: str = "default", uid: str = "", now_ms: int) -> Pod:
        """Give a pod its node; it is the one write that may, and it may only once.

        Raises:
            ConflictError: the pod has a node, is being deleted, or is another one.
            NotFoundError: there is no such pod.
        """
        old = self.get(Pod, name, namespace=namespace)
        same_object(Pod, {"uid": uid}, old)
        if old.metadata.deletion_timestamp:
            raise ConflictError.of(Pod, name, f"pod {name} is being deleted, cannot be assigned to a host")
        if old.spec.node_name:
            raise ConflictError.of(Pod, name, f"pod {name} is already assigned to node \"{old.spec.node_name}\"")
        if old.spec.scheduling_gates:
            raise ConflictError.of(Pod, name, f"pod {name} has non-empty .spec.schedulingGates")
        new = old.evolve(spec=old.spec.evolve(node_name=node), status=scheduled(old.status, now_ms=now_ms))
        stored = self.storage.replace(old, new)
        assert stored is not None, "nobody writes between reading and writing"
        return stored

    def check(self) -> None:
        """Assert that what is remembered is what is stored, and that every stored object is sound; O(objects)."""
        self.storage.check()
        for cls in KINDS.values():
            for kv in self.storage.page(registry_key(cls, "", ""))[0]:
                found = self.storage.decode(cls, kv)
                assert registry_key(cls, found.namespace, found.name).encode() == kv.key, f"{kv.key!r} holds {found.key}"
                assert problems_of(found) == [], f"{found.key} is stored and invalid"
                assert not is_gone(found), f"{found.key} should be gone"

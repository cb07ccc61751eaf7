"""Everything that moves in one run: users, the API server, the scheduler, kubelets, controllers, and who writes it down.

Nobody here speaks with anybody but the API server. Whoever wants something writes an object; whoever is concerned is told a few
milliseconds later, all by one shared set of informers, and does his part. The books of the run (`scribe`) follow what the API server knows,
not what really is: a task counts as lost when its node is marked, and not when the node fails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import simpy

from k8sedu.kube import times
from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.kinds import RESOURCES
from k8sedu.kube.objects import ApiObject, Node, Pod, PodDisruptionBudget, Taint
from k8sedu.kube.scheduler import invariants
from k8sedu.kube.scheduler.cluster import FINISHED
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.sim.books import Books
from k8sedu.kube.scheduler.sim.cast import Cast, Document, Entrance, Part
from k8sedu.kube.scheduler.sim.controllers import Controllers
from k8sedu.kube.scheduler.sim.desk import Desk
from k8sedu.kube.scheduler.sim.kubelets import Kubelets
from k8sedu.kube.scheduler.sim.picture import Picture
from k8sedu.kube.scheduler.sim.settings import SCHEDULER, RunError, Settings
from k8sedu.kube.scheduler.sim.upheaval import Upheaval
from k8sedu.kube.status import ApiError, NotFoundError
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.workload.cluster import Cluster as ClusterBooks
from k8sedu.workload.sim import Scribe

SECOND_US = 1_000_000
KINDS = {found.KIND: found for found in RESOURCES.values()}
ALWAYS = ("Node", "Pod", "PodDisruptionBudget", "ReplicaSet", "Namespace")
"""Kinds that the informers follow in any case, nodes before the pods on them."""


class UnavailableError(ApiError):
    """The API server does not answer."""

    code = 503
    reason = "ServiceUnavailable"

    def __init__(self) -> None:
        super().__init__("the server is currently unable to handle the request")


class World:
    """One cluster in time."""

    def __init__(self, cast: Cast, settings: Settings, recorder: Recorder, *, seed: int) -> None:
        self.env = simpy.Environment(initial_time=0)
        self.cast, self.settings, self.seed = cast, settings, seed
        self.has_frames = recorder.frames
        self.scribe = Scribe(recorder, ClusterBooks(cast.workload.machines, overcommit=True), actor=SCHEDULER)
        self.server = ApiServer(stream(seed, "apiserver"))
        self.api_works = True
        self._is_told, self._checked = True, -1
        self.informers: dict[str, Informer[Any]] = {kind: Informer(self.server, KINDS[kind]) for kind in _kinds(cast)}
        self.kubelets = Kubelets(self, [document["metadata"]["name"] for document in cast.objects if document["kind"] == "Node"])
        self.controllers, self.desk, self.books = Controllers(self), Desk(self), Books(self)
        self.upheaval, self.picture = Upheaval(self), Picture()
        for informer in self.informers.values():
            informer.handlers += [self.desk.hear, self.kubelets.hear, self.controllers.hear, self.books.hear]

    @property
    def now_us(self) -> int:
        """Simulated time."""
        return int(self.env.now)

    @property
    def now_ms(self) -> int:
        """The same in milliseconds, as the cores count."""
        return self.now_us // 1_000

    def run(self) -> None:
        """Let everything happen, to the end."""
        for document in self.cast.objects:
            self._create(document)
        self._tell()
        for part in self.cast.running:
            self._run_already(part)
        self.desk.start()
        self.controllers.start()
        for entrance in self.cast.entrances:
            self.later(entrance.at_ms * 1_000, lambda entrance=entrance: self._enter(entrance))  # type: ignore[misc]  # a default argument binds the loop's value
        self.upheaval.plan()
        self.env.run(until=self.settings.duration_ms * 1_000)
        self.note("end", "", {"waiting": len(self.desk.queue)})

    def later(self, delay_us: int, action: Callable[[], object]) -> None:
        """Do something after a while."""

        def happen(_: simpy.Event) -> None:
            action()

        self.env.timeout(delay_us).callbacks.append(happen)

    # -- coming in -------------------------------------------------------------------------------------------------------------------------

    def _create(self, document: Document) -> Any:
        if document["kind"] == "Pod" and not has(self.settings.release, "scheduling_gates"):
            document = {**document, "spec": {name: value for name, value in document.get("spec", {}).items() if name != "schedulingGates"}}
        try:
            made = self.server.create(document, now_ms=self.now_ms)
        except ApiError as error:
            if error.code >= 500:
                raise
            meta = document.get("metadata", {})
            raise RunError(f"the API server refuses the {document.get('kind', 'object')} {meta.get('name', '')}: {error}") from error
        if document.get("status") and made.KIND in {"PersistentVolumeClaim", "PersistentVolume"}:  # as their controllers would
            made = self.server.update_status(made.evolve(status=type(made).of(document).status))
        self.changed()
        return made

    def _run_already(self, part: Part) -> None:
        """A pod that has a node when the story begins."""
        document = self.books.roles.cast(part)
        pod = self._create({**document, "metadata": {**document["metadata"], "ownerReferences": self._owners(document)}})
        started = document.get("status", {}).get("startTime") or times.to_text(0)
        status = {"phase": "Running", "startTime": started, "conditions": [{"type": "PodScheduled", "status": "True"}]}
        pod = self.server.patch("pods", pod.name, {"status": status}, namespace=pod.namespace, subresource="status")
        if pod.spec.node_name not in self.kubelets.running:
            raise RunError(f"the pod {pod.name} runs on {pod.spec.node_name!r}, expected one of the nodes")
        self.kubelets.adopt(pod)
        self._tell()
        self.redraw()
        self.scribe.submit(0, part.job)
        self.redraw()
        self.scribe.place(0, part.task, part.job, pod.spec.node_name, pod=pod.key)

    def _enter(self, entrance: Entrance) -> None:
        """A user creates objects, and asks again while nobody answers."""
        if not self.api_works:
            self.later(SECOND_US, lambda: self._enter(entrance))
            return
        if entrance.job is not None:
            late = {"arrived_us": entrance.at_ms * 1_000} if self.now_us - entrance.at_ms * 1_000 > SECOND_US else {}
            self.redraw()
            self.scribe.submit(self.now_us, entrance.job, **late)
        for document in entrance.objects:
            made = self._create(document)
            if isinstance(made, Node):
                self.kubelets.join(made.name)
        for part in entrance.parts:
            self.create_pod(part)

    def create_pod(self, part: Part) -> None:
        """A pod for a task, the first or a successor."""
        if not self.api_works:
            self.later(SECOND_US, lambda: self.create_pod(part))
            return
        document = self.books.roles.cast(part)
        self._create({**document, "metadata": {**document["metadata"], "ownerReferences": self._owners(document)}})

    def _owners(self, document: Document) -> list[Document]:
        """The owners as the API server knows them; one that is not there is known by its name alone."""
        found = []
        for owner in document["metadata"].get("ownerReferences", []):
            try:
                uid = self.server.get(owner["kind"], owner["name"], namespace=document["metadata"].get("namespace", "default")).metadata.uid
            except ApiError:
                uid = owner.get("uid") or owner["name"]
            found.append({**owner, "uid": uid})
        return found

    # -- speaking with the API server ------------------------------------------------------------------------------------------------------

    def call(self, request: Callable[[ApiServer, int], Any]) -> Any:
        """Ask the API server.

        Raises:
            UnavailableError: it does not answer.
            ApiError: it refuses.
        """
        if not self.api_works:
            raise UnavailableError
        answer = request(self.server, self.now_ms)
        self.changed()
        return answer

    def patch(self, found: ApiObject, change: Mapping[str, Any]) -> Any:
        """Change the status of an object; raises as `call`."""
        return self.call(lambda server, _: server.patch(type(found), found.name, change, namespace=found.namespace, subresource="status"))

    def ask_for(self, pod: Pod) -> Pod | None:
        """A pod as the API server has it now, if it still is this one; raises `UnavailableError`."""
        if not self.api_works:
            raise UnavailableError
        try:
            found = self.server.get(Pod, pod.name, namespace=pod.namespace)
        except NotFoundError:
            return None
        return found if found.metadata.uid == pod.metadata.uid else None

    def try_to_patch(self, found: ApiObject, change: Mapping[str, Any]) -> None:
        """The same; if it fails, it is not done."""
        try:
            self.patch(found, change)
        except ApiError:
            return

    def write_taints(self, node: Node, taints: tuple[Taint, ...]) -> None:
        """Give a node these taints, whatever else has changed of it."""
        self.call(lambda server, _: server.update(_latest(server, node).evolve(spec=_latest(server, node).spec.evolve(taints=taints))))

    def bind(self, pod: Pod, node: str) -> None:
        """Give a pod its node; raises as `call`."""
        where, uid = pod.namespace, pod.metadata.uid
        self.call(lambda server, now_ms: server.bind(pod.name, node, namespace=where, uid=uid, now_ms=now_ms))

    def end(self, pod: Pod, why: str, *, by: str = "", actor: str = SCHEDULER) -> None:
        """Delete a pod: it gets its grace period; raises as `call`."""
        self.books.reasons[pod.metadata.uid] = (why, by)
        where, uid = pod.namespace, pod.metadata.uid
        last = self.call(lambda server, now_ms: server.delete("pods", pod.name, namespace=where, uid=uid, now_ms=now_ms))
        grace_s = last.metadata.deletion_grace_period_seconds or 0
        self.note("terminate", actor, {"pod": pod.key, "node": pod.spec.node_name, "why": why, "by": by, "grace_s": grace_s})

    def changed(self) -> None:
        """Something was written: those who watch are told soon."""
        if self._is_told:
            self._is_told = False
            self.later(self.settings.watch_ms * 1_000, self._tell)

    def _tell(self) -> None:
        self._is_told = True
        if self.api_works:
            for informer in self.informers.values():
                informer.run(now_ms=self.now_ms)

    def tell_all(self, handler: Callable[[Change[Any]], None]) -> None:
        """Somebody begins anew and lists everything."""
        for informer in self.informers.values():
            for found in list(informer.cache):
                handler(Change("added", found, None))

    # -- looking ---------------------------------------------------------------------------------------------------------------------------

    def pods(self) -> Iterator[Pod]:
        """All pods that those who watch know of."""
        return iter(self.informers["Pod"].cache)

    def pod(self, key: str) -> Pod | None:
        """One of them."""
        return self.informers["Pod"].cache.get(key)

    def node(self, name: str) -> Node | None:
        """A node that those who watch know of."""
        return self.informers["Node"].cache.get(name)

    def pods_on(self, node: str) -> list[Pod]:
        """The pods of a node that have not ended."""
        return [pod for pod in self.pods() if pod.spec.node_name == node and pod.status.phase not in FINISHED]

    def budgets(self) -> list[PodDisruptionBudget]:
        """All budgets."""
        return list(self.informers["PodDisruptionBudget"].cache)

    def is_waiting(self, pod: Pod) -> bool:
        """Is this very pod there, without a node, and not about to go?"""
        known = self.pod(pod.key)
        return (
            known is not None and known.metadata.uid == pod.metadata.uid and not known.spec.node_name
            and not known.metadata.deletion_timestamp and known.status.phase not in FINISHED
        )  # fmt: skip

    def duration_ms(self, pod: Pod) -> int | None:
        """How long the pod's work takes; None for ever."""
        task = self.books.roles.task_of(pod.key)
        return self.books.roles.parts[task].job.duration_ms if task else None

    # -- writing down ----------------------------------------------------------------------------------------------------------------------

    def note(self, kind: str, actor: str, detail: Mapping[str, Any]) -> None:
        """Write down a step of Kubernetes' own."""
        self.redraw()
        self.scribe.note(self.now_us, kind, actor, detail)

    def bound(self, pod: Pod, node: str, **more: Any) -> None:
        """The API server has taken a binding."""
        self.books.place(pod, node, **more)

    def lose_node(self, name: str) -> None:
        """A node was marked as unreachable."""
        self.books.lose_node(name)

    def regain_node(self, name: str) -> None:
        """It speaks again."""
        self.books.regain_node(name)

    def consider(self, decision: Decision) -> None:
        """The next step shows what the scheduler looked at."""
        self.books.consider(decision)

    def refused(self, pod: Pod, decision: Decision, **more: Any) -> None:
        """No node can take this pod now."""
        self.books.refuse(pod, decision, **more)

    def promises_hold(self, desk: Desk, pod: Pod, node: str) -> None:
        """When a node is chosen: the pod takes no room that was promised to somebody more important, and it has no gate."""
        if self.has_frames:
            invariants.check_placement(desk.cluster.table, desk.nominator, pod, node)

    def redraw(self) -> None:
        """What Kubernetes adds to the picture; and every promise is held to it."""
        if self.has_frames:
            self.check()
            places = {entry.pod: place for place, entry in enumerate(self.desk.queue.entries())}
            player = self.books.roles.player
            self.scribe.queue.sort(key=lambda task: places.get(player.get(task, ""), -1))  # who is being placed stands in front
            self.scribe.more = self.picture.of(self)

    def check(self) -> None:
        """Assert every invariant."""
        desk, kubelets = self.desk, self.kubelets
        for part in (desk.queue, desk.nominator, desk.tree, self.kubelets, self.scribe.cluster):
            part.check()
        if desk.cluster.table.version != self._checked:
            self._checked = desk.cluster.table.version
            desk.cache.check()
        touched = {name: kubelets.running[name] for name in kubelets.touched}
        invariants.check_running(touched, {name: node for name in touched if (node := self.node(name)) is not None})
        kubelets.touched.clear()
        self.books.check()


def _kinds(cast: Cast) -> tuple[str, ...]:
    given = [document["kind"] for document in cast.objects] + [one["kind"] for entrance in cast.entrances for one in entrance.objects]
    return tuple(kind for kind in dict.fromkeys((*ALWAYS, *given)) if kind in KINDS)


def _latest(server: ApiServer, node: Node) -> Node:
    return server.get(Node, node.name, namespace="")

"""The scheduler in simulated time: it takes a pod, thinks, assumes, and lets the binding follow while it thinks about the next one.

Everything that the scheduler decides is decided by the cores (queue, framework, preemption, cache). Here is only *when*: thinking takes a
millisecond and a little for each node, a request to the API server takes twenty, news take five. So the scheduler always decides on a
slightly old picture, and that is why it assumes, and why a binding can fail.

Source: kubernetes 1.35, pkg/scheduler/schedule_one.go (ScheduleOne, schedulingCycle, bindingCycle, handleSchedulingFailure).
"""

from __future__ import annotations

from collections.abc import Generator, Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import simpy

from k8sedu.kube.informers import Change
from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import events, ties
from k8sedu.kube.scheduler.cache import SchedulerCache
from k8sedu.kube.scheduler.cluster import FINISHED, Cluster
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.node_tree import NodeTree
from k8sedu.kube.scheduler.nominator import Nominator
from k8sedu.kube.scheduler.queue import SchedulingQueue
from k8sedu.kube.scheduler.queued_pod import Move, QueuedPod
from k8sedu.kube.scheduler.releases import has, minor
from k8sedu.kube.scheduler.sampling import Rotation, num_feasible_nodes_to_find
from k8sedu.kube.scheduler.sim.eviction import Evictor
from k8sedu.kube.scheduler.sim.settings import SCHEDULER
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.table import Rows
from k8sedu.kube.scheduler.ties import TieBreak
from k8sedu.kube.status import ApiError
from k8sedu.sim.seeds import stream

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World

SECOND_US = 1_000_000
ASK_AGAIN_US = 100_000
"""How often a plugin is asked again whether a pod may be bound that it lets wait."""
PREEMPTION = "DefaultPreemption"


class Desk:
    """One scheduler: its queue, its cache, and the pod that it is thinking about."""

    def __init__(self, world: World) -> None:
        self.world, self.settings = world, world.settings
        self.works, self.generation = True, 0
        """A scheduler that is started again is another one: what the old one had begun is void."""
        self.ties: TieBreak = _tie_break(world)
        self.rng = stream(world.seed, "preemption")
        self.alarm = world.env.event()
        self._next_request_us = 0
        self._begin()

    def _begin(self) -> None:
        settings, profile = self.settings, self.settings.chosen_profile
        self.cluster = Cluster(release=settings.release)
        self.cache = SchedulerCache(self.cluster)
        self.framework = Framework(profile, self.cluster)
        self.evictor = Evictor(self)
        self.queue = SchedulingQueue(
            settings.release, initial_backoff_ms=settings.initial_backoff_ms, max_backoff_ms=settings.max_backoff_ms, pre_enqueue=self._gate
        )
        self.nominator, self.tree, self.rotation = Nominator(), NodeTree(), Rotation()
        self.thinking, self.messages = "", dict[str, str]()
        """The pod that is being thought about; why each pod that waits was refused last."""
        self.decision: Decision | None = None
        """The last attempt."""
        self._order: Rows | None = None
        self._ordered_at = -1

    def _gate(self, pod: Pod) -> str:
        """Who keeps a pod out of the active queue: a plugin, or its own preemption that is under way."""
        if has(self.settings.release, "async_preemption") and self.evictor.is_busy_for(pod):
            return PREEMPTION
        return self.framework.pre_enqueue(pod).plugin

    # -- working ---------------------------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Begin to work."""
        self.world.env.process(self._loop())
        self.world.env.process(self._ticks())

    def stop(self) -> None:
        """Forget everything; what has been sent is on its way."""
        self.works, self.generation = False, self.generation + 1
        self._begin()

    def resume(self) -> None:
        """Learn everything anew from the API server, and go on."""
        self.works = True
        self.world.tell_all(self.hear)
        self.wake()

    def wake(self) -> None:
        """There is something to do."""
        if not self.alarm.triggered:
            self.alarm.succeed()

    def _loop(self) -> Generator[simpy.Event, Any, None]:
        while True:
            queued = self.queue.pop(now_ms=self.world.now_ms) if self.works else None
            if queued is None:
                self.alarm = self.world.env.event()
                yield self.alarm
            else:
                yield from self._attempt(queued)

    def _ticks(self) -> Generator[simpy.Event, Any, None]:
        """Every second the backoff queue is flushed, every 30 s those who have waited for five minutes."""
        seconds = 0
        while True:
            yield self.world.env.timeout(SECOND_US)
            seconds += 1
            moves = self.queue.flush_backoff(now_ms=self.world.now_ms)
            if seconds % 30 == 0:
                moves += self.queue.flush_unschedulable(now_ms=self.world.now_ms)
            self.tell_moves(moves)

    def tell_moves(self, moves: Iterable[Move]) -> None:
        """Pods have changed their queue."""
        for move in moves:
            self.world.note("move", SCHEDULER, {"pod": move.pod, "event": move.event, "to": move.to})
            self.wake()

    # -- one attempt -----------------------------------------------------------------------------------------------------------------------

    def _attempt(self, queued: QueuedPod) -> Generator[simpy.Event, Any, None]:
        world, generation = self.world, self.generation
        if not world.is_waiting(queued.pod):
            self.queue.done(queued.pod.metadata.uid)
            return
        self.thinking = queued.key
        decision = self._decide(queued.pod)
        world.note("pop", SCHEDULER, {"pod": queued.key, "attempts": queued.attempts, "priority": queued.pod.spec.priority or 0})
        yield world.env.timeout(self.settings.cycle_us + self.settings.node_us * decision.evaluated)
        if generation != self.generation:
            return
        if not world.is_waiting(queued.pod):  # it was deleted, or somebody else was faster
            self.thinking = ""
            self.queue.done(queued.pod.metadata.uid)
            return
        self.decision = decision
        if decision.node:
            self._assume(queued, decision)
        else:
            yield from self._refuse(queued, decision)

    def _decide(self, pod: Pod) -> Decision:
        order = self._visits()
        node = self.nominator.node_of(pod)
        known = pod.evolve(status=pod.status.evolve(nominated_node_name=node)) if node else pod
        percentage = self.framework.profile.percentage_of_nodes_to_score or self.settings.percentage_of_nodes_to_score
        decision = self.framework.schedule(
            known, start=self.rotation.begin(len(order)), want=num_feasible_nodes_to_find(len(order), percentage), order=order,
            nominated=self.nominator.for_pod(pod), tie_break=self.ties,
        )  # fmt: skip
        self.rotation.advance(decision.advance, nodes=len(order))
        if decision.node:
            self.world.promises_hold(self, pod, decision.node)
        return decision

    def _visits(self) -> Rows:
        """The rows of the nodes in the order of the visit; worked out anew when a node has changed."""
        table = self.cluster.table
        if self._order is None or self._ordered_at != table.nodes_version:
            self._order = np.array([table.row(name) for name in self.tree.order()], dtype=np.intp)
            self._ordered_at = table.nodes_version
        return self._order

    # -- it fits ---------------------------------------------------------------------------------------------------------------------------

    def _assume(self, queued: QueuedPod, decision: Decision) -> None:
        """Believe that the pod is there, ask who has a say, and send the binding."""
        pod, node, cycle = queued.pod, decision.node, decision.cycle
        self.cache.assume(pod, node)
        self.thinking = ""
        status = self.framework.run("reserve", cycle, node)
        if status.is_success:
            status = self.framework.run("permit", cycle, node)
        if not status.is_success and status.code is not Code.WAIT:
            self._take_back(queued, decision, status.message, [status.plugin] if status.is_rejected else [])
            return
        self.nominator.delete(pod)
        self.messages.pop(pod.key, None)
        self.world.consider(decision)
        self.world.note("assume", SCHEDULER, {"pod": pod.key, "node": node, "score": decision.totals.get(node)})
        self.world.env.process(self._bind(queued, decision, status))

    def _bind(self, queued: QueuedPod, decision: Decision, status: Status) -> Generator[simpy.Event, Any, None]:
        generation, pod, node = self.generation, queued.pod, decision.node
        if status.code is Code.WAIT:
            status = yield from self._wait_for_permit(pod, decision, status)
        if status.is_success:
            yield self.world.env.timeout(self._turn_us() + self.settings.bind_ms * 1_000)
            if generation == self.generation:
                status = self.framework.run("pre_bind", decision.cycle, node)
        if generation != self.generation:
            return
        try:
            if not status.is_success:
                self._take_back(queued, decision, status.message, [status.plugin] if status.is_rejected else [])
                return
            self.framework.run("bind", decision.cycle, node)
            self.world.bind(pod, node)
        except ApiError as error:
            self._take_back(queued, decision, str(error), [])
            return
        self.cache.finish_binding(pod, now_ms=self.world.now_ms)
        self.queue.done(pod.metadata.uid)
        self.framework.run("post_bind", decision.cycle, node)
        self.world.bound(pod, node, score=decision.totals.get(node))

    def _wait_for_permit(self, pod: Pod, decision: Decision, status: Status) -> Generator[simpy.Event, Any, Status]:
        """A plugin lets the pod wait, with its place kept; it is asked again until it agrees or its time is up."""
        world, generation = self.world, self.generation
        until_us = world.now_us + status.timeout_s * SECOND_US
        world.note("permit_wait", SCHEDULER, {"pod": pod.key, "node": decision.node, "plugin": status.plugin, "until_us": until_us})
        while generation == self.generation and status.code is Code.WAIT:
            if not world.is_waiting(pod):
                return Status(Code.ERROR, (f'pod "{pod.name}" is gone',), status.plugin)
            if world.now_us >= until_us:
                return Status(Code.UNSCHEDULABLE, (f'pod "{pod.name}" rejected due to timeout after waiting',), status.plugin)
            yield world.env.timeout(ASK_AGAIN_US)
            asked = self.framework.run("permit", decision.cycle, decision.node)
            status = asked if asked.code is not Code.WAIT else status
        return status

    def _turn_us(self) -> int:
        """How long a request waits because the scheduler may send only so many a second."""
        if not self.settings.client_qps:
            return 0
        every_us, now_us = SECOND_US // self.settings.client_qps, self.world.now_us
        self._next_request_us = max(self._next_request_us, now_us) + every_us
        return max(0, self._next_request_us - self.settings.client_burst * every_us - now_us)

    def _take_back(self, queued: QueuedPod, decision: Decision, why: str, plugins: list[str]) -> None:
        """It came to nothing: the room is free again, and others may want it."""
        pod, node = queued.pod, decision.node
        self.thinking = ""
        self.framework.unreserve(decision.cycle, node)
        if self.cache.state_of(pod) == "assumed":
            self.cache.forget(pod)
        placed = pod.evolve(spec=pod.spec.evolve(node_name=node))
        moves = self.queue.move(events.ASSIGNED_POD_DELETE, placed, None, now_ms=self.world.now_ms)
        to = ""
        if self.world.is_waiting(pod):
            to = self.queue.return_unschedulable(queued, plugins, now_ms=self.world.now_ms)
            self.messages[pod.key] = why
        else:
            self.queue.done(pod.metadata.uid)
        self.world.note("bind_failed", SCHEDULER, {"pod": pod.key, "node": node, "why": why, "to": to})
        self.tell_moves(moves)
        self.wake()

    # -- it fits nowhere -------------------------------------------------------------------------------------------------------------------

    def _refuse(self, queued: QueuedPod, decision: Decision) -> Generator[simpy.Event, Any, None]:
        """Look for victims, tell why, and put the pod where it waits."""
        world, pod, generation = self.world, queued.pod, self.generation
        candidates = decision.diagnosis.candidates()
        decision.cycle.state[f"{PREEMPTION}.offset"] = self.rng.randrange(len(candidates)) if candidates else 0
        found = self.framework.post_filter(decision)
        message = decision.message
        if found.nominated_node:
            self.nominator.add(pod, found.nominated_node)
            yield from self.evictor.make_room(pod, found.nominated_node, found.victims)
        elif (account := decision.cycle.state.get(PREEMPTION)) is not None and account.was_looked_for:
            self.nominator.delete(pod)
        if generation != self.generation:
            return
        self.thinking = ""
        if not world.is_waiting(pod):
            self.queue.done(pod.metadata.uid)
            return
        self.messages[pod.key] = message
        to = self.queue.return_unschedulable(queued, decision.diagnosis.plugins, now_ms=world.now_ms)
        world.consider(decision)
        world.refused(pod, decision, message=message, to=to, until_ms=queued.backoff_until_ms)
        self.write_status(pod, message)
        self.wake()

    def write_status(self, pod: Pod, message: str) -> None:
        """Tell in the pod's status why it waits, and which node it was promised."""
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
        told = {"status": {"conditions": [condition], "nominatedNodeName": self.nominator.node_of(pod)}}
        self.world.try_to_patch(pod, told)

    # -- hearing ---------------------------------------------------------------------------------------------------------------------------

    def hear(self, change: Change[Any]) -> None:
        """The API server tells of a change; a scheduler that is stopped hears nothing."""
        if not self.works:
            return
        if isinstance(change.object, Pod):
            self._hear_pod(change.old, change.new)
        elif isinstance(change.object, Node):
            self._hear_node(change.old, change.new)
        elif change.new is not None:
            self.cluster.update(change.new)
        else:
            self.cluster.remove(change.object)

    def move(self, event: events.ClusterEvent, old: Any, new: Any) -> None:
        """Something has happened that may help pods which wait."""
        self.tell_moves(self.queue.move(event, old, new, now_ms=self.world.now_ms))

    def _hear_node(self, old: Node | None, new: Node | None) -> None:
        if new is None:
            assert old is not None
            self.tree.remove(old.name)
            self.cache.remove_node(old)
            self.move(events.NODE_DELETE, old, None)
            return
        is_new = new.name not in self.tree
        self.tree.update(new)
        self.cache.add_node(new)
        for event in (events.NODE_ADD,) if is_new or old is None else tuple(events.node_changes(old, new)):
            self.move(event, None if is_new else old, new)

    def _hear_pod(self, old: Pod | None, new: Pod | None) -> None:
        if new is not None and has_node(new):
            self._hear_placed(old, new)
        elif old is not None and has_node(old):
            self.cache.remove_pod(old)
            self.move(events.ASSIGNED_POD_DELETE, old, None)
        elif new is not None and self._is_mine(new):
            self._hear_waiting(old, new)
        elif old is not None:
            self._forget(old)

    def _hear_placed(self, old: Pod | None, new: Pod) -> None:
        """A pod that has a node: it is known and has changed, or it was bound, by whomever."""
        if old is not None and has_node(old) and self.cache.state_of(new) == "added":
            self.cache.update_pod(new)
            for event in events.pod_changes(old, new):
                self.move(event, old, new)
            return
        self.queue.delete(new)
        self.nominator.delete(new)
        self.messages.pop(new.key, None)
        self.cache.add_pod(new)
        self.move(events.ASSIGNED_POD_ADD, None, new)

    def _hear_waiting(self, old: Pod | None, new: Pod) -> None:
        """A pod without a node: a new one, or one that has changed. One that is assumed has its place already."""
        if self.cache.state_of(new) == "assumed":
            return
        if new.status.nominated_node_name:
            self.nominator.update(new)
        is_known = self.queue.find(new.key) is not None or self.queue.is_in_flight(new.metadata.uid)
        if old is not None and is_known:
            self.tell_moves(self.queue.update(old, new, now_ms=self.world.now_ms))
            return
        to = self.queue.add(new, now_ms=self.world.now_ms)
        gate = self.queue.find(new.key)
        if to == "unschedulable" and gate is not None:
            self.world.note("gate", SCHEDULER, {"pod": new.key, "plugin": gate.gating_plugin})
        self.wake()

    def _forget(self, pod: Pod) -> None:
        """A pod that waited is gone; if it was promised a node, others may have that."""
        self.queue.delete(pod)
        self.messages.pop(pod.key, None)
        if self.nominator.node_of(pod):
            self.nominator.delete(pod)
            self.move(events.ASSIGNED_POD_DELETE, pod, None)

    def _is_mine(self, pod: Pod) -> bool:
        """Does the pod wait, and for this scheduler?"""
        mine = pod.spec.scheduler_name in {"", "default-scheduler", self.framework.profile.name}
        return mine and not pod.metadata.deletion_timestamp and pod.status.phase not in FINISHED


def has_node(pod: Pod) -> bool:
    """Is the pod on a node, and has it not ended?"""
    return bool(pod.spec.node_name) and pod.status.phase not in FINISHED


def _tie_break(world: World) -> TieBreak:
    chosen = world.settings.tie_break or ("heap" if minor(world.settings.release) >= minor("1.35") else "random")
    if chosen == "random":
        return ties.at_random(stream(world.seed, "ties"))
    return ties.first if chosen == "first" else ties.heap_order

"""The scheduling queue: three places to wait, and why a pod changes from one to another.

- **active**: pods that may be tried now, the highest priority first, then who came first. The scheduler takes from here.
- **backoff**: pods that failed a moment ago and wait a little, 1 s, 2 s, 4 s, … at most 10 s.
- **unschedulable**: pods that fit nowhere. They are *not* tried again until an event may help them, or five minutes have passed.

A pod that fails goes to the unschedulable ones, unless something that may help has happened while it was tried: those events are kept for
every pod that is *in flight*. An event takes a pod to the backoff queue, or to the active one if its backoff is over. Since 1.33 the
scheduler takes from the backoff queue when nothing else is to be done: waiting protects others, and there are none.

A gated pod waits with the unschedulable ones, and is not even looked at.

Source: kubernetes 1.35, pkg/scheduler/backend/queue/scheduling_queue.go, active_queue.go; KEP-4247 (hints), KEP-3521 (gates).
Left out: threads, and groups of pods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler import events, hints
from k8sedu.kube.scheduler.backoff import INITIAL_MS, MAX_MS, WINDOW_MS, Backoff
from k8sedu.kube.scheduler.events import ANYTHING, ClusterEvent
from k8sedu.kube.scheduler.heap import Heap
from k8sedu.kube.scheduler.queued_pod import Entry, Move, QueuedPod, QueueName, entry_of, priority_sort
from k8sedu.kube.scheduler.releases import has

MAX_IN_UNSCHEDULABLE_MS = 300_000
"""Who waits for longer is tried again whatever has happened."""
LEFTOVERS_EVERY_MS = 30_000
"""How often those are looked for."""
GATES = "SchedulingGates"


class QueueError(K8sEduError, ValueError):
    """A pod that is returned twice, or that was never taken."""


def scheduling_gates(pod: Pod) -> str:
    """The plugin SchedulingGates: its own name for a pod with a gate, else nothing."""
    return GATES if pod.spec.scheduling_gates else ""


class SchedulingQueue:
    """All pods that wait for a node. Each call costs O(log pods), an event O(unschedulable pods).

    >>> def pod(name, priority=0): return Pod.of({"metadata": {"name": name, "uid": name}, "spec": {"priority": priority}})
    >>> queue = SchedulingQueue()
    >>> for each in (pod("low"), pod("high", 10)):
    ...     _ = queue.add(each, now_ms=0)
    >>> queue.pop(now_ms=1).key, (low := queue.pop(now_ms=2)).key
    ('high', 'low')
    >>> queue.return_unschedulable(low, ["NodeResourcesFit"], now_ms=3)
    'unschedulable'
    >>> gone = Pod.of({"metadata": {"name": "old"}, "spec": {"nodeName": "n1"}})
    >>> queue.move(events.ASSIGNED_POD_DELETE, gone, None, now_ms=4)
    [Move(pod='low', event='AssignedPodDelete', to='backoff')]

    Args:
        release: of Kubernetes. Hints look at objects since 1.32; the backoff queue is taken from, and has windows, since 1.33.
        initial_backoff_ms: after the first failure.
        max_backoff_ms: after many.
        sort: what pods are compared by in the active queue.
        pre_enqueue: the name of the plugin that gates a pod, or nothing.
    """

    def __init__(
        self, release: str = "1.35", *, initial_backoff_ms: int = INITIAL_MS, max_backoff_ms: int = MAX_MS,
        sort: Callable[[QueuedPod], Any] = priority_sort, pre_enqueue: Callable[[Pod], str] = scheduling_gates,
    ) -> None:  # fmt: skip
        self.takes_from_backoff = has(release, "pop_from_backoff")
        self.hints_look_at_objects = has(release, "queueing_hints")
        self.counts_rejections = has(release, "rejections_counted")
        self.backoff = Backoff(initial_backoff_ms, max_backoff_ms, windows=self.takes_from_backoff)
        self.pre_enqueue = pre_enqueue
        self._active: Heap[QueuedPod] = Heap(sort)
        self._backoff: Heap[QueuedPod] = Heap(lambda queued: (queued.backoff_until_ms, *sort(queued)))
        self._errors: Heap[QueuedPod] = Heap(lambda queued: queued.backoff_until_ms)
        """Who failed because something went wrong backs off too, but is not taken early: the API server needs the pause."""
        self._unschedulable: dict[str, QueuedPod] = {}
        self._in_flight: dict[str, int] = {}
        """UID → how many events there had been when the pod was popped."""
        self._events: list[tuple[ClusterEvent, Any, Any]] = []
        self._forgotten = 0
        """How many events at the beginning are no longer kept."""

    def __len__(self) -> int:
        """How many pods wait; those in flight do not."""
        return len(self._active) + len(self._backoff) + len(self._errors) + len(self._unschedulable)

    # -- coming and going ------------------------------------------------------------------------------------------------------------------

    def add(self, pod: Pod, *, now_ms: int) -> QueueName:
        """A new pod; it is active, unless it is gated."""
        return self._to_active(QueuedPod(pod, now_ms=now_ms))

    def pop(self, *, now_ms: int) -> QueuedPod | None:  # noqa: ARG002 (every call says when it is)
        """The pod that is tried next; it is in flight until `done`, or until it is returned."""
        queued = self._active.pop()
        if queued is None and self.takes_from_backoff:
            queued = self._backoff.pop()
        if queued is None:
            return None
        queued.attempts += 1
        queued.backoff_until_ms, queued.unschedulable_plugins, queued.pending_plugins = 0, (), ()
        self._in_flight[queued.pod.metadata.uid] = self._forgotten + len(self._events)
        return queued

    def return_unschedulable(
        self, queued: QueuedPod, plugins: Iterable[str] = (), *, pending: Iterable[str] = (), now_ms: int
    ) -> QueueName:
        """A popped pod comes back: plugins have rejected it, or, if none is named, something went wrong. Returns where it waits now.

        Raises:
            QueueError: it waits already.
        """
        if self.find(queued.key) is not None:
            raise QueueError(f"{queued.key} waits already, expected a pod that was popped")
        queued.unschedulable_plugins, queued.pending_plugins = tuple(plugins), tuple(pending)
        queued.unschedulable_count += not queued.has_failed
        queued.consecutive_errors_count = queued.consecutive_errors_count + 1 if queued.has_failed else 0
        queued.timestamp_ms = now_ms
        queued.backoff_until_ms = self.backoff.until_ms(self._count(queued), now_ms)
        to = self._requeue(queued, self._strategy_of_flight(queued), now_ms=now_ms)
        self.done(queued.pod.metadata.uid)
        return to

    def done(self, uid: str) -> None:
        """The pod is in flight no longer: it is bound, returned, or gone."""
        self._in_flight.pop(uid, None)
        oldest = min(self._in_flight.values(), default=self._forgotten + len(self._events))
        del self._events[: oldest - self._forgotten]
        self._forgotten = oldest

    def update(self, old: Pod, new: Pod, *, now_ms: int) -> list[Move]:
        """A pod that has no node was changed; that alone may help it."""
        if new.metadata.uid in self._in_flight:
            self._events.extend((event, old, new) for event in events.pod_changes(old, new))
            return []
        for heap in (self._active, self._backoff, self._errors):
            queued = heap.get(new.key)
            if queued is not None:
                queued.pod = new
                heap.push(new.key, queued)
                return []
        queued = self._unschedulable.get(new.key)
        if queued is None:
            return [Move(new.key, events.POD_UPDATE.label, self.add(new, now_ms=now_ms))]
        queued.pod = new
        moves = (self._move([queued], event, old, new, now_ms=now_ms) for event in events.pod_changes(old, new))
        return next((found for found in moves if found), [])

    def delete(self, pod: Pod) -> None:
        """The pod is gone, or has a node; forget it."""
        for heap in (self._active, self._backoff, self._errors):
            heap.remove(pod.key)
        self._unschedulable.pop(pod.key, None)

    # -- waking ----------------------------------------------------------------------------------------------------------------------------

    def move(self, event: ClusterEvent, old: Any, new: Any, *, now_ms: int) -> list[Move]:
        """Something has happened in the cluster: whom may it help? `old` or `new` is None for what was added or deleted."""
        return self._move(list(self._unschedulable.values()), event, old, new, now_ms=now_ms, tells_flight=True)

    def activate(self, pod: Pod) -> list[Move]:
        """A plugin wants this pod to be tried at once, backoff or not."""
        queued = self._unschedulable.pop(pod.key, None) or self._backoff.remove(pod.key) or self._errors.remove(pod.key)
        if queued is not None:
            return [Move(pod.key, events.FORCE_ACTIVATE.label, self._to_active(queued))]
        if pod.metadata.uid in self._in_flight:
            self._events.append((events.FORCE_ACTIVATE, None, pod))
        return []

    def flush_backoff(self, *, now_ms: int) -> list[Move]:
        """Activate all whose backoff is over; the scheduler does so every second."""
        found = []
        for heap in (self._backoff, self._errors):
            while (first := heap.peek()) is not None and self.backoff.is_over(first.backoff_until_ms, now_ms):
                heap.pop()
                found.append(Move(first.key, events.BACKOFF_COMPLETE, self._to_active(first)))
        return found

    def flush_unschedulable(self, *, now_ms: int) -> list[Move]:
        """Try those again who have waited for more than five minutes; the scheduler looks for them every 30 s."""
        waited = [queued for queued in self._unschedulable.values() if now_ms - queued.timestamp_ms > MAX_IN_UNSCHEDULABLE_MS]
        return self._move(waited, events.WILDCARD, None, None, now_ms=now_ms)

    def next_ms(self, *, now_ms: int) -> int | None:
        """When something will happen here by itself, after now; None if nothing will."""
        moments = [self.backoff.flushed_ms(first.backoff_until_ms) for heap in (self._backoff, self._errors) if (first := heap.peek())]
        waits = [queued.timestamp_ms for queued in self._unschedulable.values() if not queued.is_gated]
        if waits:
            moments.append(_tick_after(min(waits) + MAX_IN_UNSCHEDULABLE_MS, LEFTOVERS_EVERY_MS))
        return max(min(moments), _tick_after(now_ms, WINDOW_MS)) if moments else None

    # -- looking ---------------------------------------------------------------------------------------------------------------------------

    def find(self, key: str) -> QueuedPod | None:
        """The pod of this key, wherever it waits."""
        return self._active.get(key) or self._backoff.get(key) or self._errors.get(key) or self._unschedulable.get(key)

    def is_in_flight(self, uid: str) -> bool:
        """Was this pod popped, and has not come back?"""
        return uid in self._in_flight

    def entries(self) -> Iterator[Entry]:
        """Everybody who waits: the active ones in the order in which they are tried, then the others."""
        yield from (entry_of(queued, "active") for queued in self._active)
        for heap in (self._backoff, self._errors):
            yield from (entry_of(queued, "backoff") for queued in heap)
        yield from (entry_of(queued, "unschedulable") for queued in self._unschedulable.values())

    def check(self) -> None:
        """Assert that each pod waits in one place, is in order there, and that no event is kept for nobody; O(pods)."""
        for heap in (self._active, self._backoff, self._errors):
            heap.check()
            assert all(queued.pod.metadata.uid not in self._in_flight for queued in heap), "a pod waits and is in flight"
            assert not any(queued.is_gated for queued in heap), "a gated pod may be tried"
        keys = [entry.pod for entry in self.entries()]
        assert len(keys) == len(dict.fromkeys(keys)) == len(self), "a pod waits twice"
        assert all(queued.has_failed for queued in self._errors)
        assert not any(queued.has_failed for queued in self._backoff)
        assert self._in_flight or not self._events, "events are kept and nobody is in flight"
        assert all(self._forgotten <= seen <= self._forgotten + len(self._events) for seen in self._in_flight.values())

    # -- where to --------------------------------------------------------------------------------------------------------------------------

    def _count(self, queued: QueuedPod) -> int:
        """After how many failures a pod backs off: of errors in a row if it was one, else of rejections (before 1.34: of attempts)."""
        if not self.counts_rejections:
            return queued.attempts
        return queued.consecutive_errors_count or queued.unschedulable_count

    def _strategy_of_flight(self, queued: QueuedPod) -> str:
        """What the events that happened while the pod was in flight mean for it."""
        if queued.has_failed:
            return "backoff"
        seen = self._in_flight.get(queued.pod.metadata.uid, self._forgotten + len(self._events)) - self._forgotten
        if not self.hints_look_at_objects:
            return "backoff" if self._events[seen:] else ""
        found = [self._strategy(queued, *happened) for happened in self._events[seen:]]
        return "active" if "active" in found else "backoff" if "backoff" in found else ""

    def _strategy(self, queued: QueuedPod, event: ClusterEvent, old: Any, new: Any) -> str:
        """Is the pod worth trying: at once ("active"), after its backoff ("backoff"), or not ("")?"""
        if event.resource == ANYTHING:
            return "backoff" if not isinstance(new, Pod) or new.metadata.uid == queued.pod.metadata.uid else ""
        by_kind = not self.hints_look_at_objects
        if any(hints.may_help(plugin, event, queued.pod, old, new, by_kind=by_kind) for plugin in queued.pending_plugins):
            return "active"
        rejecting = queued.unschedulable_plugins
        helped = any(hints.may_help(plugin, event, queued.pod, old, new, by_kind=by_kind) for plugin in rejecting)
        return "backoff" if helped or queued.has_failed else ""

    def _move(
        self, waiting: list[QueuedPod], event: ClusterEvent, old: Any, new: Any, *, now_ms: int, tells_flight: bool = False
    ) -> list[Move]:
        found = []
        for queued in waiting:
            if queued.is_gated and not self._interests_gate(queued, event):
                continue
            strategy = self._strategy(queued, event, old, new)
            if strategy:
                del self._unschedulable[queued.key]
                found.append(Move(queued.key, event.label, self._requeue(queued, strategy, now_ms=now_ms)))
        if tells_flight and self._in_flight:
            self._events.append((event, old, new))
        return [move for move in found if move.to != "unschedulable"]

    def _interests_gate(self, queued: QueuedPod, event: ClusterEvent) -> bool:
        registered = hints.events_of(queued.gating_plugin)
        return registered is None or event in registered

    def _requeue(self, queued: QueuedPod, strategy: str, *, now_ms: int) -> QueueName:
        if not strategy:
            self._unschedulable[queued.key] = queued
            return "unschedulable"
        if strategy == "backoff" and queued.backoff_until_ms and not self.backoff.is_over(queued.backoff_until_ms, now_ms):
            return self._to_backoff(queued)
        return self._to_active(queued)

    def _to_active(self, queued: QueuedPod) -> QueueName:
        return "unschedulable" if self._is_held(queued) else self._push(self._active, queued, "active")

    def _to_backoff(self, queued: QueuedPod) -> QueueName:
        if self.takes_from_backoff and self._is_held(queued):  # before 1.33 the gates are looked at when the backoff is over
            return "unschedulable"
        return self._push(self._errors if queued.has_failed else self._backoff, queued, "backoff")

    def _push(self, heap: Heap[QueuedPod], queued: QueuedPod, name: QueueName) -> QueueName:
        heap.push(queued.key, queued)
        return name

    def _is_held(self, queued: QueuedPod) -> bool:
        """Ask the gates; a pod that is held waits with the unschedulable ones."""
        queued.gating_plugin = self.pre_enqueue(queued.pod)
        if queued.gating_plugin:
            queued.unschedulable_plugins = tuple(dict.fromkeys((*queued.unschedulable_plugins, queued.gating_plugin)))
            self._unschedulable[queued.key] = queued
        return queued.is_gated


def _tick_after(moment_ms: int, every_ms: int) -> int:
    """The first tick of a clock after this moment."""
    return (moment_ms // every_ms + 1) * every_ms

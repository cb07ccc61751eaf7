"""Victims that the scheduler deletes: their grace periods begin, and who wanted their place waits.

Since 1.33 the requests are sent beside the scheduling cycle, and the pod that caused them may not be tried again before all are sent: it
would look at a node on which nothing has changed yet. Before, the scheduler stood still until they were sent.

Source: kubernetes 1.35, pkg/scheduler/framework/preemption/preemption.go (prepareCandidate, prepareCandidateAsync); KEP-4832.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import simpy

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.preemption import BY_SCHEDULER
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.sim.settings import SCHEDULER
from k8sedu.kube.status import ApiError

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.desk import Desk


class Evictor:
    """Sends the deletions of victims."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.world = desk, desk.world
        self._busy: dict[str, None] = {}

    def is_busy_for(self, pod: Pod) -> bool:
        """Are deletions on their way that this pod has caused?"""
        return pod.metadata.uid in self._busy

    def make_room(self, pod: Pod, node: str, victims: Sequence[Pod]) -> Generator[simpy.Event, Any, None]:
        """Delete the victims, and take back what less important pods were promised there."""
        told = {"pod": pod.key, "node": node, "victims": tuple(victim.key for victim in victims)}
        self.world.note("nominate", SCHEDULER, told)
        if has(self.world.settings.release, "async_preemption"):
            self._busy[pod.metadata.uid] = None
            self.world.env.process(self._send(pod, node, victims))
        else:
            yield from self._send(pod, node, victims)

    def _send(self, pod: Pod, node: str, victims: Sequence[Pod]) -> Generator[simpy.Event, Any, None]:
        generation = self.desk.generation
        yield self.world.env.timeout(self.world.settings.bind_ms * 1_000)
        if generation != self.desk.generation:
            return
        for lower in self.desk.nominator.below(pod, node):
            self.desk.nominator.delete(lower)
            self.world.note("denominate", SCHEDULER, {"pod": lower.key, "node": node, "by": pod.key})
            self.world.try_to_patch(lower, {"status": {"nominatedNodeName": ""}})
        try:
            for victim in victims:
                self._delete(victim, pod)
        except ApiError:  # the pod is tried again at once, and finds other victims, or the same
            self._busy.pop(pod.metadata.uid, None)
            self.desk.tell_moves(self.desk.queue.activate(pod))
        self._busy.pop(pod.metadata.uid, None)

    def _delete(self, victim: Pod, pod: Pod) -> None:
        known = self.world.ask_for(victim)
        if known is None or known.metadata.deletion_timestamp:
            return  # it ends already, perhaps because of somebody else
        message = "default-scheduler: preempting to accommodate a higher priority pod"
        target = {"type": "DisruptionTarget", "status": "True", "reason": BY_SCHEDULER, "message": message}
        self.world.patch(known, {"status": {"conditions": [target]}})
        self.world.end(known, "preempt", by=pod.key)

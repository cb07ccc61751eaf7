"""The books of a run: what happens to pods, told as what happens to tasks.

The scribe's words are the same for all managers: a task is placed, refused, preempted, lost, finished. A pod that ends is one of these,
depending on why it ended; and if somebody owns it, a successor takes its role.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from k8sedu.kube.informers import Change
from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.cluster import FINISHED
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.sim.roles import Roles
from k8sedu.kube.scheduler.sim.settings import CONTROLLER
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World


class Books:
    """Follows the pods and tells the scribe."""

    def __init__(self, world: World) -> None:
        self.world, self.scribe = world, world.scribe
        self.roles = Roles()
        self.reasons: dict[str, tuple[str, str]] = {}
        """UID of a pod that was told to end → why ("preempt", "taint", "drain", "delete"), and because of which pod."""
        self.failed_us: dict[str, int] = {}
        """Node → when it failed, while nobody has noticed."""
        self._bound: dict[str, str] = {}

    # -- the scheduler's decisions ---------------------------------------------------------------------------------------------------------

    def place(self, pod: Pod, node: str, **more: Any) -> None:
        """A pod was bound to a node."""
        before = self._bound.setdefault(pod.metadata.uid, node)
        assert before == node, f"{pod.key} is bound to {node}, and was to {before}"
        task = self.roles.plays(pod)
        if task and task in self.scribe.queue and self.scribe.cluster.is_up(node):
            self.world.redraw()
            self.scribe.place(self.world.now_us, task, self.roles.parts[task].job, node, pod=pod.key, **more)

    def consider(self, decision: Decision) -> None:
        """The next step shows the verdict on every node."""
        if self.world.has_frames:
            totals, rejected = decision.totals, decision.diagnosis.statuses()
            verdicts: dict[str, tuple[str, float | None]] = {name: ("", totals.get(name)) for name in decision.feasible}
            verdicts |= {name: (status.message, None) for name, status in rejected.items()}
            ordered = {machine.name: verdicts[machine.name] for machine in self.world.cast.workload.machines if machine.name in verdicts}
            self.scribe.consider(self.roles.task_of(decision.pod), ordered, chosen=decision.node)

    def refuse(self, pod: Pod, decision: Decision, **more: Any) -> None:
        """A pod fits nowhere now."""
        task = self.roles.plays(pod)
        if task:
            self.world.redraw()
            self.scribe.refuse(self.world.now_us, task, Frozen(decision.diagnosis.counts()), pod=pod.key, **more)

    # -- what the API server tells ---------------------------------------------------------------------------------------------------------

    def hear(self, change: Change[Any]) -> None:
        """A pod has changed."""
        if isinstance(change.object, Pod) and (task := self.roles.plays(change.object)):
            if change.new is None:
                self._gone(task, change.object)
            elif change.new.status.phase in FINISHED:
                self._ended(task, change.new)
            elif change.new.metadata.deletion_timestamp:
                self._leaving(task, change.new)
            elif change.new.spec.node_name and task in self.scribe.queue:
                self.place(change.new, change.new.spec.node_name, by="somebody else")

    def _ended(self, task: str, pod: Pod) -> None:
        """The pod has succeeded, or its kubelet has rejected it."""
        if task in self.scribe.queue and self.scribe.cluster.is_up(pod.spec.node_name):  # it went on while nobody could see it
            self.place(pod, pod.spec.node_name)
        if task not in self.scribe.cluster:
            return
        self.world.redraw()
        if pod.status.phase == "Succeeded":
            self.scribe.finish(self.world.now_us, task)
            del self.roles.player[task]
            return
        self.scribe.fail(self.world.now_us, task)
        self._succeed(task)

    def _leaving(self, task: str, pod: Pod) -> None:
        """The pod should end. If its node is silent nobody will tell when it has, so its successor comes now."""
        if pod.spec.node_name in self.world.controllers.silent:
            self._succeed(task)

    def _gone(self, task: str, pod: Pod) -> None:
        why, by = self.reasons.pop(pod.metadata.uid, ("delete", ""))
        if task in self.scribe.cluster:
            self.world.redraw()
            if why == "preempt":
                self.scribe.preempt(self.world.now_us, task, by=self.roles.task_of(by))
            elif why == "delete" and not self.roles.parts[task].is_replaced:
                self.scribe.delete(self.world.now_us, task)
                del self.roles.player[task]
                return
            else:
                self.scribe.lose(self.world.now_us, task, why=why)
        self._succeed(task)

    def _succeed(self, task: str) -> None:
        """Somebody makes a new pod for the task; where nobody does, it waits no longer."""
        if self.roles.parts[task].is_replaced:
            self.world.create_pod(self.roles.parts[task])
        else:
            del self.roles.player[task]
            if task in self.scribe.queue:
                self.scribe.withdraw(task)
                self.world.note("delete", CONTROLLER, {"task": task, "machine": "", "why": "no owner makes another pod"})

    # -- nodes -----------------------------------------------------------------------------------------------------------------------------

    def lose_node(self, name: str) -> None:
        """The node was marked: all that ran there counts as lost, since it failed."""
        if name in self.scribe.cluster.machines and self.scribe.cluster.is_up(name):
            self.world.redraw()
            self.scribe.machine_down(self.world.now_us, name, since_us=self.failed_us.get(name, self.world.now_us))

    def regain_node(self, name: str) -> None:
        """The node speaks again: what is still meant to run there does so."""
        self.failed_us.pop(name, None)
        if name not in self.scribe.cluster.machines or self.scribe.cluster.is_up(name):
            return
        self.world.redraw()
        self.scribe.machine_up(self.world.now_us, name)
        for pod in self.world.pods_on(name):
            if not pod.metadata.deletion_timestamp:
                self.place(pod, name, again=True)

    def check(self) -> None:
        """Assert that a task runs in the books only where its pod is bound."""
        for placed in self.scribe.cluster.placed():
            pod = self.world.pod(self.roles.player.get(placed.task, ""))
            if pod is not None and pod.spec.node_name:
                told = f"{placed.task} is booked on {placed.machine}, its pod is on {pod.spec.node_name}"
                assert pod.spec.node_name == placed.machine, told

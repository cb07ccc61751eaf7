"""What goes wrong and what is ordered: faults and orders, carried out at their time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from k8sedu.kube.objects import Node, Pod, Taint
from k8sedu.kube.scheduler.sim.orders import LABEL, TAINT, Order
from k8sedu.kube.scheduler.sim.settings import APISERVER, SCHEDULER, USER
from k8sedu.kube.status import ApiError
from k8sedu.sim.faults import Fault

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.sim.world import World

CORDON = Taint(key="node.kubernetes.io/unschedulable", effect="NoSchedule")
DRAIN_AGAIN_US = 5_000_000


class Upheaval:
    """Carries faults and orders out."""

    def __init__(self, world: World) -> None:
        self.world = world

    def plan(self) -> None:
        """Everything will happen at its time."""
        for fault in self.world.settings.faults:
            self.world.later(fault.at_us, lambda fault=fault: FAULTS[fault.kind](self, fault))  # type: ignore[misc]  # a default argument binds the loop's value
        for order in self.world.settings.changes:
            self.world.later(order.at_us, lambda order=order: self._carry_out(order))  # type: ignore[misc]  # as above

    # -- faults ----------------------------------------------------------------------------------------------------------------------------

    def _crash(self, fault: Fault) -> None:
        world, name = self.world, fault.arguments.node
        if name == SCHEDULER:
            world.desk.stop()
            world.note("scheduler_down", SCHEDULER, {})
        elif name == APISERVER:
            world.api_works = False
            world.note("apiserver_down", APISERVER, {})
        elif world.kubelets.working[name]:
            lost = world.kubelets.crash(name)
            world.books.failed_us.setdefault(name, world.now_us)
            world.note("node_crash", name, {"pods": lost})

    def _restart(self, fault: Fault) -> None:
        world, name = self.world, fault.arguments.node
        if name == SCHEDULER and not world.desk.works:
            world.note("scheduler_up", SCHEDULER, {})
            world.desk.resume()
        elif name == APISERVER and not world.api_works:
            world.api_works = True
            world.kubelets.beat()
            world.note("apiserver_up", APISERVER, {})
            world.changed()
        elif name in world.kubelets.working and not world.kubelets.working[name]:
            world.kubelets.restart(name)
            self._speaks_again(name)
            world.note("node_restart", name, {})

    def _pause(self, fault: Fault) -> None:
        world, name = self.world, fault.arguments.node
        world.kubelets.reach(name, on=False)
        world.books.failed_us.setdefault(name, world.now_us)
        world.note("node_cut_off", name, {})
        until_us = fault.arguments.get("until_us")
        if until_us is not None:
            world.later(until_us - world.now_us, lambda: self._resume(fault))

    def _resume(self, fault: Fault) -> None:
        name = fault.arguments.node
        self.world.kubelets.reach(name, on=True)
        self._speaks_again(name)
        self.world.note("node_back", name, {})

    def _speaks_again(self, name: str) -> None:
        """If nobody has noticed, nothing has happened, as far as the control plane knows."""
        if name not in self.world.controllers.silent:
            self.world.books.failed_us.pop(name, None)

    # -- orders ----------------------------------------------------------------------------------------------------------------------------

    def _carry_out(self, order: Order) -> None:
        problem = ""
        try:
            ORDERS[order.verb](self, order)
        except ApiError as error:
            problem = str(error)
        self.world.note("order", USER, {"order": order.text, "problem": problem})

    def _pod(self, order: Order) -> Pod:
        key = self.world.books.roles.find(order.name)
        namespace, _, name = (key or f"default/{order.name}").partition("/")
        found: Pod = self.world.call(lambda server, _: server.get(Pod, name, namespace=namespace))
        return found

    def _node(self, order: Order, change: Callable[[Node], Node]) -> None:
        self.world.call(lambda server, _: server.update(change(server.get(Node, order.name, namespace=""))))

    def _delete(self, order: Order) -> None:
        self.world.end(self._pod(order), "delete", actor=USER)

    def _ungate(self, order: Order) -> None:
        pod = self._pod(order)
        self.world.call(lambda server, _: server.update(pod.evolve(spec=pod.spec.without("scheduling_gates"))))

    def _bind(self, order: Order) -> None:
        pod = self._pod(order)
        self.world.call(lambda server, now_ms: server.bind(pod.name, order.argument, namespace=pod.namespace, now_ms=now_ms))

    def _cordon(self, order: Order) -> None:
        self._node(order, lambda node: _with_taints(node, (*_others(node, CORDON.key), CORDON), unschedulable=True))

    def _uncordon(self, order: Order) -> None:
        self._node(order, lambda node: _with_taints(node, _others(node, CORDON.key), unschedulable=False))

    def _taint(self, order: Order) -> None:
        found = TAINT.fullmatch(order.argument)
        assert found is not None
        taint = Taint.of({name: value for name, value in found.groupdict().items() if value})
        self._node(order, lambda node: _with_taints(node, (*_others(node, taint.key), taint)))

    def _untaint(self, order: Order) -> None:
        self._node(order, lambda node: _with_taints(node, _others(node, order.argument)))

    def _label(self, order: Order) -> None:
        found = LABEL.fullmatch(order.argument)
        assert found is not None
        self._node(order, lambda node: _with_labels(node, {**node.labels, found["key"]: found["value"]}))

    def _unlabel(self, order: Order) -> None:
        self._node(order, lambda node: _with_labels(node, {key: value for key, value in node.labels.items() if key != order.argument}))

    def _drain(self, order: Order) -> None:
        """Cordon, and evict as far as budgets allow; what they protect is tried again every five seconds."""
        self._cordon(order)
        self._evict_from(order.name)

    def _evict_from(self, name: str) -> None:
        world = self.world
        for pod in world.pods_on(name):
            owner = pod.controller
            if pod.metadata.deletion_timestamp or (owner is not None and owner.kind == "DaemonSet"):
                continue
            if world.api_works and world.controllers.may_disturb(pod):
                world.end(pod, "drain", actor=USER)
                world.informers["Pod"].run(now_ms=world.now_ms)  # a drain waits for the answer, and counts anew
        if any(not pod.metadata.deletion_timestamp for pod in world.pods_on(name)):
            world.later(DRAIN_AGAIN_US, lambda: self._evict_from(name))


def _others(node: Node, key: str) -> tuple[Taint, ...]:
    return tuple(taint for taint in node.spec.taints if taint.key != key)


def _with_taints(node: Node, taints: tuple[Taint, ...], **more: Any) -> Node:
    return node.evolve(spec=node.spec.evolve(taints=taints, **more))


def _with_labels(node: Node, labels: Mapping[str, str]) -> Node:
    return node.evolve(metadata=node.metadata.evolve(labels=labels))


FAULTS: dict[str, Callable[[Upheaval, Fault], None]] = {
    "crash": Upheaval._crash, "restart": Upheaval._restart, "pause": Upheaval._pause, "resume": Upheaval._resume,
}  # fmt: skip
ORDERS: dict[str, Callable[[Upheaval, Order], None]] = {
    "delete": Upheaval._delete, "ungate": Upheaval._ungate, "bind": Upheaval._bind, "drain": Upheaval._drain,
    "cordon": Upheaval._cordon, "uncordon": Upheaval._uncordon, "taint": Upheaval._taint, "untaint": Upheaval._untaint,
    "label": Upheaval._label, "unlabel": Upheaval._unlabel,
}  # fmt: skip

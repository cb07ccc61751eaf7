"""What the scheduler and its cluster promise, by name.

Each promise is a pure predicate: given what there is to look at, it returns an empty text if all is well, and otherwise one sentence that
says what is wrong. Tests, runs, pictures and homework share them.

Source: kubernetes 1.35, pkg/scheduler; pkg/kubelet (a kubelet admits no pod that does not fit).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.nominator import Nominator
from k8sedu.kube.scheduler.pods import PodInfo, amounts_of, whole
from k8sedu.kube.scheduler.table import NodeTable


class BrokenPromiseError(AssertionError):
    """The scheduler is wrong: a bug here, or a plugin that should not have been let in."""


def no_gate_is_passed(pod: Pod) -> str:
    """A pod with a scheduling gate is not placed."""
    return f"{pod.key} has a scheduling gate and is placed" if pod.spec.scheduling_gates else ""


def promised_room_is_kept(table: NodeTable, nominator: Nominator, pod: Pod, node: str) -> str:
    """A pod takes no room that was promised to a pod of at least its priority."""
    promised = nominator.for_pod(pod).get(node, ())
    if not promised:
        return ""
    row = table.row(node)
    asked = _sum([PodInfo(each, table.release).requests for each in (pod, *promised)])
    names = ", ".join(each.key for each in promised)
    for name, amount in asked.items():
        free = int(table.allocatable(name)[row]) - int(table.requested(name)[row])
        if amount > free:
            return f"{pod.key} is placed on {node} and takes {name} that was promised to {names}: {amount} are asked for, {free} are free"
    return ""


def no_node_is_overcommitted(node: Node, pods: Iterable[Pod]) -> str:
    """What runs on a node asks together for no more than the node may give."""
    there = whole(node.status.allocatable)
    for name, amount in _sum([amounts_of(pod.spec).requests for pod in pods]).items():
        if amount > there.get(name, 0):
            return f"the pods on {node.name} ask for {amount} {name}, and it has {there.get(name, 0)}"
    return ""


def check_placement(table: NodeTable, nominator: Nominator, pod: Pod, node: str) -> None:
    """Assert what must hold at the moment when a pod is assumed on a node.

    Raises:
        BrokenPromiseError: naming the promise.
    """
    _raise(("no gate is passed", no_gate_is_passed(pod)), ("promised room is kept", promised_room_is_kept(table, nominator, pod, node)))


def check_running(running: Mapping[str, Mapping[str, Pod]], nodes: Mapping[str, Node]) -> None:
    """Assert that no node runs more than it has. O(pods).

    Raises:
        BrokenPromiseError: naming the promise.
    """
    for name, pods in running.items():
        if name in nodes:
            _raise(("no node is overcommitted", no_node_is_overcommitted(nodes[name], pods.values())))


def _raise(*told: tuple[str, str]) -> None:
    for name, sentence in told:
        if sentence:
            raise BrokenPromiseError(f"{name}: {sentence}")


def _sum(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for part in parts:
        for name, amount in part.items():
            total[name] = total.get(name, 0) + amount
    return total

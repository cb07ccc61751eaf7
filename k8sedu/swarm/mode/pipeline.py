"""The filters of swarm mode's scheduler, and how they explain that no node is left.

Seven: Ready, Resource, Plugin, Constraint, Platform, HostPort, MaxReplicas. A node is out at the first filter that it does not pass, and
each filter counts the nodes that it has sent away. The explanation lists them, the busiest first: "no suitable node (scheduling constraints
not satisfied on 2 nodes; insufficient resources on 1 node)". Whoever has used Docker has met this sentence.

Source: moby/swarmkit, manager/scheduler/filter.go and pipeline.go.
Left out: the filter for cluster volumes (CSI), and generic resources.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from k8sedu.swarm.mode.constraints import Constraint
from k8sedu.swarm.mode.service import Port, Spec
from k8sedu.swarm.mode.store import Node
from k8sedu.swarm.mode.task import Task

NORMAL = {"x86_64": "amd64", "aarch64": "arm64"}


class NodeInfo:
    """A node in the scheduler's books: what is left of it, and how many tasks it has, in all and of each service."""

    def __init__(self, node: Node) -> None:
        self.node = node
        self.cpu_millicores, self.memory_bytes = node.cpu_millicores, node.memory_bytes
        self.tasks = 0
        self.by_service: dict[str, int] = {}
        self.ports: list[tuple[int, str]] = []

    def add(self, task: Task) -> None:
        """A task takes its room. One that is to be shut down takes room until it has ended, but is counted no more."""
        self.cpu_millicores -= task.spec.cpu_millicores
        self.memory_bytes -= task.spec.memory_bytes
        self.ports += [(port.published, port.protocol) for port in host_ports(task.spec)]
        if task.is_wanted:
            self.tasks += 1
            self.by_service[task.service] = self.by_service.get(task.service, 0) + 1


class Filter(NamedTuple):
    """A filter: whether it concerns the task at all, the test, and the words for nodes that it sent away."""

    name: str
    concerns: Callable[[Task], bool]
    keeps: Callable[[Task, NodeInfo], bool]
    one: str
    many: str

    def explain(self, nodes: int) -> str:
        """As Docker says it."""
        return self.one if nodes == 1 else self.many.format(nodes)


def first_failing(task: Task, info: NodeInfo) -> Filter | None:
    """The filter at which this node is out, or None.

    >>> first_failing(Task("t1", "web", 1, Spec("web:1")), NodeInfo(Node("n1", status="down"))).name
    'Ready'
    """
    return next((each for each in FILTERS if each.concerns(task) and not each.keeps(task, info)), None)


class Pipeline:
    """The filters for one task or for others like it, and how many nodes each of them has sent away since the last node that passed."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.sent_away: dict[str, int] = {}

    def passes(self, info: NodeInfo) -> bool:
        """Whether the node comes into question; one that does lets the counting begin anew."""
        failing = first_failing(self.task, info)
        if failing is None:
            self.sent_away.clear()
            return True
        self.sent_away[failing.name] = self.sent_away.get(failing.name, 0) + 1
        return False

    def explain(self) -> str:
        """Why no node is left: the filter that sent away most comes first.

        >>> pipeline = Pipeline(Task("t1", "web", 1, Spec("web:1", cpu_millicores=9_000)))
        >>> [pipeline.passes(NodeInfo(Node(name))) for name in "ab"], pipeline.explain()
        ([False, False], 'insufficient resources on 2 nodes')
        """
        counted = [(each, self.sent_away[each.name]) for each in FILTERS if each.name in self.sent_away]
        return "; ".join(each.explain(nodes) for each, nodes in sorted(counted, key=lambda pair: -pair[1]))


def host_ports(spec: Spec) -> list[Port]:
    """The ports that a task takes on its node itself."""
    return [port for port in spec.ports if port.mode == "host" and port.published]


# -- the seven ---------------------------------------------------------------------------------------------------------------------------


def _ready(_: Task, info: NodeInfo) -> bool:
    return info.node.status == "ready" and info.node.availability == "active"


def _resource(task: Task, info: NodeInfo) -> bool:
    return task.spec.cpu_millicores <= info.cpu_millicores and task.spec.memory_bytes <= info.memory_bytes


def _plugin(task: Task, info: NodeInfo) -> bool:
    has = [(kind, name.removesuffix(":latest")) for kind, name in info.node.plugins]
    return all((kind, name.removesuffix(":latest")) in has for kind, name in task.spec.plugins)


def _constraint(task: Task, info: NodeInfo) -> bool:
    return all(Constraint.parse(text).matches(info.node) for text in task.spec.constraints)


def _platform(task: Task, info: NodeInfo) -> bool:
    """An empty word fits every system or architecture."""
    os, architecture = info.node.platform
    here = NORMAL.get(architecture, architecture)
    return any((not want or want == os) and (not arch or NORMAL.get(arch, arch) == here) for want, arch in task.spec.platforms)


def _host_port(task: Task, info: NodeInfo) -> bool:
    return not any((port.published, port.protocol) in info.ports for port in host_ports(task.spec))


def _max_replicas(task: Task, info: NodeInfo) -> bool:
    return info.by_service.get(task.service, 0) < task.spec.max_replicas_per_node


FILTERS = (
    Filter("Ready", lambda _: True, _ready, "1 node not available for new tasks", "{} nodes not available for new tasks"),
    Filter(
        "Resource", lambda task: bool(task.spec.cpu_millicores or task.spec.memory_bytes), _resource,
        "insufficient resources on 1 node", "insufficient resources on {} nodes",
    ),
    Filter("Plugin", lambda task: bool(task.spec.plugins), _plugin, "missing plugin on 1 node", "missing plugin on {} nodes"),
    Filter(
        "Constraint", lambda task: bool(task.spec.constraints), _constraint,
        "scheduling constraints not satisfied on 1 node", "scheduling constraints not satisfied on {} nodes",
    ),
    Filter(
        "Platform", lambda task: bool(task.spec.platforms), _platform, "unsupported platform on 1 node", "unsupported platform on {} nodes"
    ),
    Filter(
        "HostPort", lambda task: bool(host_ports(task.spec)), _host_port,
        "host-mode port already in use on 1 node", "host-mode port already in use on {} nodes",
    ),
    Filter(
        "MaxReplicas", lambda task: task.spec.max_replicas_per_node > 0, _max_replicas,
        "max replicas per node limit exceed", "max replicas per node limit exceed",
    ),
)  # fmt: skip
"""In the order in which they are asked."""

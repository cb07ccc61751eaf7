"""Two profiles on the same pods: who goes where, and how evenly the cluster is filled.

Source: none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler import ties
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.explain import homeless
from k8sedu.kube.scheduler.explain_text import cut, pad, wide
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.profiles import Profile
from k8sedu.kube.scheduler.ties import TieBreak
from k8sedu.language import Words

RESOURCES = ("cpu", "memory", "pods")

HEAD = tuple(Words(*pair) for pair in (
    ("resource", "资源"), ("profile", "配置"), ("mean %", "均值 %"), ("deviation", "标准差"), ("least %", "最低 %"), ("most %", "最高 %"),
    ("empty nodes", "空节点"), ("pending", "未调度"),
))  # fmt: skip
ELSEWHERE = Words("{number} of {pods} pods go elsewhere: {shown}", "{pods} 个 Pod 中 {number} 个去向不同：{shown}")
NOWHERE = Words("nowhere", "无处可去")


class Imbalance(NamedTuple):
    """How evenly one resource is taken: percent of what a node can give, over all nodes that have it."""

    mean: float
    deviation: float
    """The standard deviation over the nodes: 0 where all are filled alike."""
    least: float
    most: float


class Side(NamedTuple):
    """What one profile made of the pods."""

    profile: str
    placements: Mapping[str, str]
    """Pod → node, "" where it fits nowhere."""
    taken: Mapping[str, Mapping[str, float]]
    """Resource → node → percent that is taken, all pods counted."""
    pods: Mapping[str, int]
    """Node → how many pods it has."""

    @property
    def imbalance(self) -> dict[str, Imbalance]:
        """Resource → how evenly it is taken."""
        return {resource: _imbalance(list(shares.values())) for resource, shares in self.taken.items()}

    @property
    def empty_nodes(self) -> int:
        """Nodes without a pod: they could be switched off."""
        return sum(not number for number in self.pods.values())

    @property
    def pending(self) -> tuple[str, ...]:
        """The pods that fit nowhere."""
        return tuple(pod for pod, node in self.placements.items() if not node)


def _imbalance(shares: list[float]) -> Imbalance:
    if not shares:
        return Imbalance(0.0, 0.0, 0.0, 0.0)
    mean = sum(shares) / len(shares)
    return Imbalance(mean, math.sqrt(sum((share - mean) ** 2 for share in shares) / len(shares)), min(shares), max(shares))


class Comparison(NamedTuple):
    """Two profiles on the same input."""

    one: Side
    other: Side

    @property
    def sides(self) -> tuple[Side, Side]:
        """Both."""
        return (self.one, self.other)

    @property
    def differences(self) -> dict[str, tuple[str, str]]:
        """Pod → (node with the one profile, node with the other), where they differ."""
        pairs = {pod: (node, self.other.placements[pod]) for pod, node in self.one.placements.items()}
        return {pod: pair for pod, pair in pairs.items() if pair[0] != pair[1]}

    def imbalance(self) -> list[dict[str, object]]:
        """One row per resource and profile: mean, deviation, least, most, empty nodes, pending pods. For tables of data."""
        return [
            {"resource": resource, "profile": side.profile, **side.imbalance[resource]._asdict(),
             "empty_nodes": side.empty_nodes, "pending": len(side.pending)}
            for resource in RESOURCES
            for side in self.sides
        ]

    def text(self, language: str | None = None) -> str:
        """The table of imbalance, and who goes elsewhere."""
        rows = [[head.in_(language) for head in HEAD], *map(_cells, self.imbalance())]
        widths = [max(map(wide, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(pad(row[place], widths[place], right=place > 1) for place in range(len(row))) for row in rows]
        return "\n".join([*lines, *self._elsewhere(language)])

    def _elsewhere(self, language: str | None) -> Iterator[str]:
        nowhere = NOWHERE.in_(language)
        found = [f"{pod} {one or nowhere} / {other or nowhere}" for pod, (one, other) in self.differences.items()]
        shown = ", ".join([*found[:3], *(["…"] if len(found) > 3 else [])])
        known = {"number": len(found), "pods": len(self.one.placements), "shown": shown or "–"}
        yield cut(ELSEWHERE.in_(language).format(**known))

    def __repr__(self) -> str:
        return self.text()


def _cells(row: Mapping[str, object]) -> list[str]:
    return [f"{value:.1f}" if isinstance(value, float) else cut(str(value), 28) for value in row.values()]


def compare(one: Profile, other: Profile, cluster: Cluster, pods: Iterable[Pod], *, tie_break: TieBreak = ties.first) -> Comparison:
    """Place the same pods twice, one after the other, each time on the cluster as it is now; the cluster stays as it is.

    Pods that run already are placed anew, as if they came now.

    Args:
        one: a profile.
        other: another one.
        cluster: where the pods go.
        pods: in the order in which they are placed.
        tie_break: who is taken of equals.

    >>> from k8sedu.kube.objects import Node
    >>> from k8sedu.kube.scheduler.profiles import default_profile, most_allocated
    >>> there = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}
    >>> nodes = [Node.of({"metadata": {"name": name}, "status": there}) for name in "ab"]
    >>> asks = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}
    >>> pods = [Pod.of({"metadata": {"name": f"p{number}"}, "spec": asks}) for number in range(2)]
    >>> found = compare(default_profile(), most_allocated(), Cluster(nodes), pods)
    >>> found.one.placements, found.other.placements, found.other.empty_nodes
    ({'default/p0': 'a', 'default/p1': 'b'}, {'default/p0': 'a', 'default/p1': 'a'}, 1)
    """
    queue = list(pods)
    return Comparison(_side(one, cluster, queue, tie_break), _side(other, cluster, queue, tie_break))


def _side(profile: Profile, cluster: Cluster, pods: Iterable[Pod], tie_break: TieBreak) -> Side:
    framework, placements = Framework(profile, cluster), {}
    with cluster.table.trial() as trial:
        queue = [homeless(pod) for pod in pods]
        for pod in queue:
            if cluster.table.has_pod(framework.cycle(pod).pod.key):
                trial.remove_pod(framework.cycle(pod).pod)
        for pod in queue:
            decision = framework.schedule(pod, tie_break=tie_break)
            placements[decision.pod] = decision.node
            if decision.node:
                trial.add_pod(decision.cycle.pod, decision.node)
        nodes = Nodes(cluster.table)
        taken = {resource: _shares(nodes, resource) for resource in RESOURCES}
        return Side(profile.name, placements, taken, dict(zip(nodes.names, nodes.pod_count.tolist(), strict=True)))


def _shares(nodes: Nodes, resource: str) -> dict[str, float]:
    """Node → percent that is taken, of the nodes that have the resource."""
    taken = nodes.pod_count if resource == "pods" else nodes.requested(resource)
    pairs = zip(nodes.names, taken.tolist(), nodes.allocatable(resource).tolist(), strict=True)
    return {name: 100 * amount / there for name, amount, there in pairs if there}

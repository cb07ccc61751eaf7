"""NodeResourcesFit: is there room, and how much would be left.

The filter compares what the pod asks for with what the node's pods have not asked for yet: requests, not usage. The score is one of three
strategies over the resources that the profile names.

Source: kubernetes 1.35, plugins/noderesources/{fit,resource_allocation}.go, apis/config/v1/defaults.go.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Literal

import numpy as np

from k8sedu.kube.fields import FieldError, Value
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins import allocation
from k8sedu.kube.scheduler.plugins.allocation import Point, Share
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import Code, Ints, Rejection, SchedulerError

NATIVE = ("cpu", "memory", "ephemeral-storage")


class ResourceSpec(Value):
    """A resource that is scored, and how much it counts (1 to 100)."""

    name: str = ""
    weight: int = 1


class ShapePoint(Value):
    """A point of a shape: utilization 0 to 100, score 0 to 10."""

    utilization: int = 0
    score: int = 0


class RequestedToCapacityRatioParam(Value):
    """The shape along which utilization is scored."""

    shape: tuple[ShapePoint, ...] = ()


CPU_AND_MEMORY = (ResourceSpec(name="cpu", weight=1), ResourceSpec(name="memory", weight=1))


class ScoringStrategy(Value):
    """Which formula, over which resources."""

    type: Literal["LeastAllocated", "MostAllocated", "RequestedToCapacityRatio"] = "LeastAllocated"
    resources: tuple[ResourceSpec, ...] = CPU_AND_MEMORY
    requested_to_capacity_ratio: RequestedToCapacityRatioParam | None = None


class NodeResourcesFitArgs(Value):
    """What the filter ignores, and how is scored."""

    api_version: str = ""
    kind: Literal["", "NodeResourcesFitArgs"] = ""
    ignored_resources: tuple[str, ...] = ()
    ignored_resource_groups: tuple[str, ...] = ()
    scoring_strategy: ScoringStrategy = ScoringStrategy()


class NodeResourcesFit(Plugin):
    """Rejects nodes without room; scores the others by how full they would be."""

    NAME: ClassVar[str] = "NodeResourcesFit"
    ARGS = NodeResourcesFitArgs

    def check_args(self) -> None:
        """Weights are from 1 to 100, and a shape is a shape."""
        strategy = self.args.scoring_strategy
        check_weights(strategy.resources, "scoringStrategy.resources")
        if strategy.type == "RequestedToCapacityRatio":
            shape_of(strategy)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Nodes are out that have too little left; every resource that lacks is a reason of its own."""
        full = np.asarray(nodes.pod_count + 1 > nodes.allocatable("pods"))
        found = [Rejection(full, Code.UNSCHEDULABLE, "Too many pods")] if full.any() else []
        for resource, asked in self._compared(cycle.pod):
            found += self._lacking(nodes, resource, asked)
        return found

    def _compared(self, pod: PodInfo) -> Iterator[tuple[str, int]]:
        """What the pod asks for, in the order in which it is compared."""
        requests = pod.requests
        for resource in (*NATIVE, *(name for name in requests if name not in NATIVE)):
            asked = requests.get(resource, 0)
            if asked > 0 and not self._ignores(resource):
                yield resource, asked

    def _ignores(self, resource: str) -> bool:
        """Devices may be somebody else's business."""
        args = self.args
        if not args.ignored_resources and not args.ignored_resource_groups:
            return False
        prefix, slash, _ = resource.partition("/")
        is_extended = bool(slash) and prefix != "kubernetes.io" and not prefix.endswith(".kubernetes.io")
        return is_extended and (resource in args.ignored_resources or prefix in args.ignored_resource_groups)

    def _lacking(self, nodes: Nodes, resource: str, asked: int) -> list[Rejection]:
        allocatable = nodes.allocatable(resource)
        lacking = asked > allocatable - nodes.requested(resource)
        reason = f"Insufficient {resource}"
        if not lacking.any():
            return []
        if not has(self.release, "unresolvable_fit"):
            return [Rejection(lacking, Code.UNSCHEDULABLE, reason)]
        never = asked > allocatable
        return [Rejection(never, Code.UNRESOLVABLE, reason), Rejection(lacking & ~never, Code.UNSCHEDULABLE, reason)]

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """How full the node would be, by the strategy of the profile."""
        strategy = self.args.scoring_strategy
        shares = shares_of(strategy.resources, cycle.pod, nodes, guesses=True)
        if not shares:
            return np.zeros(len(nodes), dtype=np.int64)
        if strategy.type == "RequestedToCapacityRatio":
            return allocation.rounded_mean(shares, allocation.along_shape(shape_of(strategy)))
        formula = allocation.least_allocated if strategy.type == "LeastAllocated" else allocation.most_allocated
        return allocation.weighted_mean(shares, formula)


def check_weights(resources: Sequence[ResourceSpec], path: str, most: int = 100) -> None:
    """Refuse weights that the configuration does not take.

    Raises:
        FieldError: a weight that is too small or too large.
    """
    for place, spec in enumerate(resources):
        if not 1 <= spec.weight <= most:
            raise FieldError(f"{path}[{place}].weight", spec.weight, f"1 to {most}" if most > 1 else "1: balance knows no weights")


def shares_of(resources: Sequence[ResourceSpec], pod: PodInfo, nodes: Nodes, *, guesses: bool) -> list[Share]:
    """What each node has of each resource, and what would be taken with the pod there.

    A device that the pod does not ask for is left out: it must not draw pods to nodes without devices, or away from them.

    Args:
        resources: which, with their weights.
        pod: the pod.
        nodes: the nodes.
        guesses: count 100m and 200 MB where containers say nothing.
    """
    if not resources:
        raise SchedulerError("met a scoring strategy without resources, expected one or more")
    asked = pod.amounts.scored if guesses else pod.requests
    found = []
    for spec in resources:
        amount = asked.get(spec.name, 0)
        if amount or spec.name in NATIVE:
            taken = nodes.nonzero_requested(spec.name) if guesses else nodes.requested(spec.name)
            found.append(Share(nodes.allocatable(spec.name), taken + amount, spec.weight))
    return found


def shape_of(strategy: ScoringStrategy) -> list[Point]:
    """The points of a shape.

    Raises:
        FieldError: no shape, a point out of its range, or utilizations that do not grow.
    """
    param = strategy.requested_to_capacity_ratio
    points = [Point(each.utilization, each.score) for each in (param.shape if param else ())]
    path = "scoringStrategy.requestedToCapacityRatio.shape"
    if not points:
        raise FieldError(path, [], "one or more points {utilization, score}")
    for place, (x, y) in enumerate(points):
        if not 0 <= x <= 100 or (place and x <= points[place - 1].utilization):
            raise FieldError(f"{path}[{place}].utilization", x, "0 to 100, growing from point to point")
        if not 0 <= y <= 10:
            raise FieldError(f"{path}[{place}].score", y, "0 to 10")
    return points

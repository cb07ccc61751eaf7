"""Nodes and pods as plain values, and the real objects that they stand for.

What a student's function is given must be JSON, so a node is a dict: cores in thousandths, memory in MiB, and what its pods have asked for.
The model schedules on objects; here one becomes the other.

>>> nodes = [{"name": "n1", "allocatable": {"cpu": 4000, "memory": 8192, "pods": 10}, "requested": {"cpu": 3500, "memory": 0, "pods": 2}}]
>>> reasons({"requests": {"cpu": 600}}, nodes[0]), reasons({"requests": {"cpu": 500}}, nodes[0])
(['Insufficient cpu'], [])
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from k8sedu.kube import scheduler
from k8sedu.kube.objects import Node, Pod, Toleration
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.messages import fit_error

PlainNode: TypeAlias = Mapping[str, Any]
"""`name`, `allocatable` and `requested` (each with `cpu` in millicores, `memory` in MiB, `pods`), and perhaps `labels`, `unschedulable`,
`taints` (dicts with `key`, `value`, `effect`), and `running`: labels of pods that run there and ask for nothing."""

PlainPod: TypeAlias = Mapping[str, Any]
"""`requests` (`cpu`, `memory`), and perhaps `nodeSelector` and `tolerations` as in a manifest."""


def cluster(nodes: Sequence[PlainNode]) -> scheduler.Cluster:
    """What the scheduler knows of these nodes and of what runs there."""
    return scheduler.Cluster([found for node in nodes for found in (_node(node), *_running(node))])


def pod(asked: PlainPod) -> Pod:
    """The pod that asks for this."""
    made = sketch.pod("asked", **_amounts(asked.get("requests", {})), nodeSelector=dict(asked.get("nodeSelector", {})))
    borne = tuple(Toleration.of(each) for each in asked.get("tolerations", ()))
    return made.evolve(spec=made.spec.evolve(tolerations=borne))


def reasons(asked: PlainPod, node: PlainNode) -> list[str]:
    """Why kube-scheduler refuses this node for the pod: what the first plugin says that does; nothing if the node is fine."""
    decision = scheduler.schedule(pod(asked), cluster([node]))
    status = decision.diagnosis.statuses().get(node["name"])
    return list(status.reasons) if status else []


def message(given: Mapping[str, Sequence[str]]) -> str:
    """What the event FailedScheduling says when every node was refused for these reasons.

    >>> message({"n1": ["Insufficient cpu"], "n2": ["Insufficient cpu", "Insufficient memory"]})
    '0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.'
    """
    return fit_error(len(given), given)


def allowed(counts: Mapping[str, int], max_skew: int, matches_itself: bool, min_domains: int) -> list[str]:  # noqa: FBT001 (as students write it)
    """The zones that a constraint with DoNotSchedule leaves to the next pod, when so many pods of its selector run in each.

    >>> allowed({"a": 3, "b": 1, "c": 2}, 1, True, 1), allowed({"a": 3, "b": 1, "c": 2}, 1, False, 1)
    (['b'], ['b', 'c'])
    """
    nodes = [{**_empty(zone), "labels": {sketch.ZONE: zone}, "running": [{"app": "web"}] * count} for zone, count in counts.items()]
    constraint = {
        "maxSkew": max_skew, "topologyKey": sketch.ZONE, "whenUnsatisfiable": "DoNotSchedule", "minDomains": min_domains,
        "labelSelector": {"matchLabels": {"app": "web"}},
    }  # fmt: skip
    asked = sketch.pod("asked", labels={"app": "web" if matches_itself else "other"}, topologySpreadConstraints=[constraint])
    return sorted(scheduler.schedule(asked, cluster(nodes)).feasible)


def _empty(name: str) -> dict[str, Any]:
    return {"name": name, "allocatable": {"cpu": 64_000, "memory": 65_536, "pods": 200}, "requested": {"cpu": 0, "memory": 0, "pods": 0}}


def _node(node: PlainNode) -> Node:
    amounts = node["allocatable"]
    return sketch.node(
        node["name"], **_amounts(amounts), pods=amounts["pods"], labels=node.get("labels", {}),
        taints=[f"{taint['key']}={taint.get('value', '')}:{taint['effect']}" for taint in node.get("taints", [])],
        unschedulable=node.get("unschedulable", False),
    )  # fmt: skip


def _running(node: PlainNode) -> Iterator[Pod]:
    """The pods of a node: one that holds all that is requested, others that only count, and those with labels."""
    held, name = node["requested"], node["name"]
    for number in range(max(held["pods"], 1 if held["cpu"] or held["memory"] else 0)):
        yield sketch.pod(f"held-{name}-{number}", node=name, **(_amounts(held) if number == 0 else {}))
    for number, labels in enumerate(node.get("running", ())):
        yield sketch.pod(f"labelled-{name}-{number}", node=name, labels=labels)


def _amounts(amounts: Mapping[str, int]) -> dict[str, Any]:
    units = {"cpu": "m", "memory": "Mi"}
    return {name: f"{amounts[name]}{unit}" for name, unit in units.items() if amounts.get(name)}

"""VolumeBinding: a pod can run only where its disks are, or can be made.

Source: kubernetes 1.35, plugins/volumebinding/{volume_binding,binder}.go.
Left out: free storage by CSIStorageCapacity (no object here tells it), and the score by capacity, which is off by default. A volume that is
made for a claim is the provisioner's work: the claim gets the annotation that asks for it, and stays unbound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np

from k8sedu.kube.fields import Value
from k8sedu.kube.objects.affinity import NodeSelector, NodeSelectorRequirement, NodeSelectorTerm
from k8sedu.kube.objects.cluster import ObjectReference
from k8sedu.kube.objects.storage import PersistentVolume, PersistentVolumeClaim
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.node_match import everywhere, matches_selector
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import SKIP, SUCCESS, Code, Ints, Rejection, Status, Truth
from k8sedu.kube.scheduler.volumes import (
    BIND_COMPLETED,
    NO_PROVISIONER,
    SELECTED_NODE,
    Claims,
    Use,
    by_size,
    claims_of,
    class_of,
    could_bind,
    uses_of,
    volume_of,
)

NOTHING_TO_BIND = "node(s) didn't find available persistent volumes to bind"
VOLUME_GONE = "node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"
UNBOUND = "pod has unbound immediate PersistentVolumeClaims"


class VolumeBindingArgs(Value):
    """How long a binding may take, and a shape for the score, which is off."""

    api_version: str = ""
    kind: Literal["", "VolumeBindingArgs"] = ""
    bind_timeout_seconds: int | None = None
    shape: tuple[Any, ...] = ()


class Verdict(NamedTuple):
    """Where the claims of a pod can be satisfied, row by row."""

    bound_reachable: Truth
    bound_exist: Truth
    others_found: Truth


class VolumeBinding(Plugin):
    """Rejects nodes that cannot reach the pod's volumes, and nodes where an unbound claim finds none and none can be made."""

    NAME: ClassVar[str] = "VolumeBinding"
    ARGS = VolumeBindingArgs

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Every claim must be there, and those that bind at once must be bound."""
        uses = list(uses_of(cycle.cluster, cycle.pod))
        if not uses:
            return PreFiltered(SKIP)
        problem = next((text for use in uses if (text := problem_of(use))), "")
        if not problem:
            claims = claims_of(cycle.cluster, cycle.pod)
            problem = UNBOUND if claims.immediate else ""
            cycle.state[self.name] = claims
        return PreFiltered(Status(Code.UNRESOLVABLE, (problem,), self.name)) if problem else PreFiltered()

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """The reasons in their order: unreachable, nothing to bind, gone."""
        found = verdict(cycle, cycle.state[self.name])
        unreachable = conflict_reason(self.release)
        reasons = {unreachable: found.bound_reachable, NOTHING_TO_BIND: found.others_found, VOLUME_GONE: found.bound_exist}
        return [Rejection(~nodes.pick(there), Code.UNRESOLVABLE, reason) for reason, there in reasons.items()]

    # -- after the choice ---------------------------------------------------------------------------------------------------------------

    def reserve(self, cycle: Cycle, node_name: str) -> Status:
        """Each claim gets its volume: the next pod must not see it free."""
        claims: Claims | None = cycle.state.get(self.name)
        chosen = bindings(cycle, claims.to_bind, cycle.table.row(node_name)) if claims else {}
        if chosen is None:
            return Status(Code.UNSCHEDULABLE, (NOTHING_TO_BIND,), self.name)
        before: list[tuple[PersistentVolumeClaim, PersistentVolume | None]] = []
        cycle.state[f"{self.name}/before"] = before
        for claim in claims.to_bind if claims else ():
            volume = cycle.cluster.get("PersistentVolume", chosen[claim.name])
            before.append((claim, volume))
            cycle.cluster.update(waiting(claim, node_name) if volume is None else promised(volume, claim))
        return SUCCESS

    def unreserve(self, cycle: Cycle, node_name: str) -> None:  # noqa: ARG002 (all plugins are called alike)
        """Volumes are free again, claims ask for nothing."""
        for claim, volume in cycle.state.pop(f"{self.name}/before", []):
            cycle.cluster.update(claim if volume is None else volume)

    def pre_bind(self, cycle: Cycle, node_name: str) -> Status:  # noqa: ARG002 (all plugins are called alike)
        """Claims and their volumes are bound for good."""
        for claim, volume in cycle.state.get(f"{self.name}/before", []):
            if volume is not None:
                kept = promised(volume, claim)
                cycle.cluster.update(kept.evolve(status=kept.status.evolve(phase="Bound")))
                cycle.cluster.update(bound_to(claim, volume.name))
        return SUCCESS

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:  # noqa: ARG002 (all plugins are called alike)
        """The score by capacity is off by default."""
        return SKIP

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:  # noqa: ARG002 (all scores are called alike)
        """Never asked, since PreScore skips."""
        return np.zeros(len(nodes), dtype=np.int64)


def promised(volume: PersistentVolume, claim: PersistentVolumeClaim) -> PersistentVolume:
    """A volume that is kept for a claim."""
    owner = ObjectReference(kind="PersistentVolumeClaim", namespace=claim.namespace or "default", name=claim.name, uid=claim.metadata.uid)
    return volume.evolve(spec=volume.spec.evolve(claim_ref=owner))


def waiting(claim: PersistentVolumeClaim, node_name: str) -> PersistentVolumeClaim:
    """A claim for which a volume is to be made where this node can reach it."""
    annotations = {**claim.metadata.annotations, SELECTED_NODE: node_name}
    return claim.evolve(metadata=claim.metadata.evolve(annotations=annotations))


def bound_to(claim: PersistentVolumeClaim, volume_name: str) -> PersistentVolumeClaim:
    """A claim that has its volume."""
    metadata = claim.metadata.evolve(annotations={**claim.metadata.annotations, BIND_COMPLETED: "yes"})
    return claim.evolve(
        metadata=metadata, spec=claim.spec.evolve(volume_name=volume_name), status=claim.status.evolve(phase="Bound")
    )  # fmt: skip


def conflict_reason(release: str) -> str:
    """How a release tells that a volume cannot be reached."""
    if has(release, "volume_affinity_reason"):
        return "node(s) didn't match PersistentVolume's node affinity"
    return "node(s) had volume node affinity conflict"


def problem_of(use: Use) -> str:
    """What is wrong with a claim before any node is looked at; "" if nothing is."""
    if use.claim is None:
        if use.is_ephemeral:
            return f'waiting for ephemeral volume controller to create the persistentvolumeclaim "{use.claim_name}"'
        return f'persistentvolumeclaim "{use.claim_name}" not found'
    if use.claim.status.phase == "Lost":
        return f'persistentvolumeclaim "{use.claim_name}" bound to non-existent persistentvolume "{use.claim.spec.volume_name}"'
    return f'persistentvolumeclaim "{use.claim_name}" is being deleted' if use.claim.metadata.deletion_timestamp else ""


def verdict(cycle: Cycle, claims: Claims) -> Verdict:
    """Where each claim can be satisfied."""
    reachable, exist, found = (everywhere(cycle.table) for _ in range(3))
    for claim in claims.bound:
        volume = volume_of(cycle.cluster, claim)
        if volume is None:
            exist[:] = False
        else:
            reachable &= reaches(cycle, volume)
    for row in cycle.table.rows.tolist() if claims.to_bind else ():
        found[row] = bindings(cycle, claims.to_bind, row) is not None
    return Verdict(reachable, exist, found)


def reaches(cycle: Cycle, volume: PersistentVolume) -> Truth:
    """From which rows a volume can be reached."""
    affinity = volume.spec.node_affinity
    needed = affinity.required if affinity else None
    found: Truth = cycle.table.remember(("volume", needed), lambda: matches_selector(cycle.table, needed))
    return found


def bindings(cycle: Cycle, claims: Sequence[PersistentVolumeClaim], row: int) -> Mapping[str, str] | None:
    """Claim → the volume that it would get on this node, "" if one is made for it; None if some claim gets none.

    The smallest volume that will do is taken; two claims never get the same.
    """
    chosen: dict[str, str] = {}
    free = [volume for volume in by_size(list(cycle.cluster.all("PersistentVolume"))) if reaches(cycle, volume)[row]]
    for claim in claims:
        selected = claim.metadata.annotations.get(SELECTED_NODE)
        if selected is not None and selected != cycle.table.name_of(row):
            return None
        fitting = () if selected is not None else (volume for volume in free if could_bind(claim, volume))
        volume = next((each for each in fitting if each.name not in chosen.values()), None)
        if volume is None and not can_be_made(cycle, claim, row):
            return None
        chosen[claim.name] = volume.name if volume else ""
    return chosen


def can_be_made(cycle: Cycle, claim: PersistentVolumeClaim, row: int) -> bool:
    """Can a volume be provisioned for a claim of a pod on this node?"""
    storage = class_of(cycle.cluster, claim)
    if storage is None or storage.provisioner in {"", NO_PROVISIONER}:
        return False
    if not storage.allowed_topologies:
        return True
    allowed = topologies(storage.allowed_topologies)
    where: Truth = cycle.table.remember(("topologies", allowed), lambda: matches_selector(cycle.table, allowed))
    return bool(where[row])


def topologies(allowed: Sequence[Mapping[str, Any]]) -> NodeSelector:
    """The `allowedTopologies` of a storage class as a node selector."""
    return NodeSelector(
        node_selector_terms=tuple(
            NodeSelectorTerm(
                match_expressions=tuple(
                    NodeSelectorRequirement(key=each["key"], operator="In", values=tuple(each["values"]))
                    for each in term.get("matchLabelExpressions", ())
                )
            )
            for term in allowed
        )
    )

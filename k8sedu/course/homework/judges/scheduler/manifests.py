"""Manifests that a student has written or repaired: the model schedules them, here and on clusters that the student has not seen.

Only wishes for a node may differ from what was given: selector, affinity, tolerations, spread. Who writes a node's name, asks for less, or
takes another scheduler, has not answered the question, and no check holds.

Source: `k8sedu.kube.scheduler`. Left out: preemption; nobody in these clusters has a lower priority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from k8sedu.course.homework.judges.manifests import Manifest
from k8sedu.course.homework.judges.scheduler.clusters import PlainNode, cluster
from k8sedu.course.homework.judges.scheduler.columns import film
from k8sedu.course.homework.judging import Judge
from k8sedu.kube import scheduler
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Deployment, Pod
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler.expansion import pods_of
from k8sedu.kube.scheduler.sketch import ZONE
from k8sedu.language import Words

WISHES = ("nodeSelector", "affinity", "tolerations", "topologySpreadConstraints")
"""The fields of a pod's spec that say where it may and would like to run."""

MAY_CHANGE = tuple(f"{spec}.{name}" for name in WISHES for spec in ("spec", "spec.template.spec"))


def wishes_only(given: str) -> Judge:
    """It is a manifest, and only wishes for a node are changed: says that the form is right, not the answer."""
    return Manifest(given, MAY_CHANGE)


# -- a pod -------------------------------------------------------------------------------------------------------------------------------


def lands(given: str, nodes: Sequence[PlainNode], *, never_on: Collection[str] = ()) -> Judge:
    """The pod gets a node of the cluster; and it waits if there are only these nodes, which it must not take."""

    def question(found: ApiObject) -> str:
        decision = scheduler.schedule(_pod(found), cluster(nodes))
        if not decision.node:
            return Words(f"stays pending: {decision.message}", f"仍处于 Pending：{decision.message}").in_()
        forbidden = [node for node in nodes if node["name"] in never_on]
        taken = scheduler.schedule(_pod(found), cluster(forbidden)).node if forbidden else ""
        return Words(f"would run on {taken}, too", f"也会在 {taken} 上运行").in_() if taken else ""

    return Manifest(given, MAY_CHANGE, question, lambda found: film(scheduler.explain(_pod(found), cluster(nodes))))


def _pod(found: ApiObject) -> Pod:
    assert isinstance(found, Pod)  # its kind was compared with the given one's
    return with_defaults(found)


# -- a Deployment ------------------------------------------------------------------------------------------------------------------------


class Wish(NamedTuple):
    """How the pods of a Deployment shall run."""

    running: int
    """So many run, and the others wait."""
    skew: int | None = None
    """At most so many more of them in one zone than in another."""
    per_node: int | None = None
    """At most so many of them on a node."""
    never_on: Collection[str] = ()
    """Nodes without any of them."""
    only_in: Collection[str] | None = None
    """Zones outside of which there are none."""


class Landed(NamedTuple):
    """Where the pods of a Deployment came to run, and what was said of those that wait."""

    nodes: tuple[str, ...]
    """A name for each pod that runs."""
    zone_of: Mapping[str, str]
    waiting: int = 0
    message: str = ""

    @property
    def zones(self) -> dict[str, int]:
        """Zone → pods; a zone without any is there as well."""
        counts = Counter(self.zone_of[name] for name in self.nodes)
        return {zone: counts[zone] for zone in sorted(set(self.zone_of.values()))}


def runs(given: str, nodes: Sequence[PlainNode], **wish: Any) -> Judge:
    """The Deployment's pods run as one wishes; `wish` has the fields of `Wish`, and `running` must be among them."""
    wanted = Wish(**wish)

    def question(found: ApiObject) -> str:
        return next(_faults(place(found, nodes), wanted), "")

    return Manifest(given, MAY_CHANGE, question, lambda found: drawn(place(found, nodes), nodes))


def _faults(landed: Landed, wish: Wish) -> Iterator[str]:
    met, most, counts = len(landed.nodes), max(Counter(landed.nodes).values(), default=0), landed.zones
    if met != wish.running:
        why = f" ({landed.message})" if landed.message else ""
        yield Words(f"lets {met} pods run, expected {wish.running}{why}", f"有 {met} 个 Pod 运行，应为 {wish.running} 个{why}").in_()
    if wish.skew is not None and max(counts.values()) - min(counts.values()) > wish.skew:
        zones = ", ".join(f"{zone}: {number}" for zone, number in counts.items())
        yield Words(f"puts {zones}, expected a skew of at most {wish.skew}", f"分布为 {zones}，偏差最多 {wish.skew}").in_()
    if wish.per_node is not None and most > wish.per_node:
        yield Words(f"puts {most} pods on one node", f"把 {most} 个 Pod 放在同一节点").in_()
    for name in sorted(set(landed.nodes) & set(wish.never_on)):
        yield Words(f"runs on {name}", f"在 {name} 上运行").in_()
    for zone in (zone for zone, number in counts.items() if number and wish.only_in is not None and zone not in wish.only_in):
        yield Words(f"runs in {zone}", f"在 {zone} 里运行").in_()


def place(found: ApiObject, nodes: Sequence[PlainNode]) -> Landed:
    """Let the model schedule the pods of a Deployment, one after the other."""
    there = cluster(nodes)
    assert isinstance(found, Deployment)  # its kind was compared with the given one's
    decisions = scheduler.place([with_defaults(pod) for pod in pods_of(found)], there)
    taken = tuple(decision.node for decision in decisions if decision.node)
    waiting = [decision.message for decision in decisions if not decision.node]
    zone_of = {node["name"]: node["labels"].get(ZONE, "") for node in nodes}
    return Landed(taken, zone_of, len(waiting), waiting[0] if waiting else "")


def drawn(landed: Landed, nodes: Sequence[PlainNode]) -> str:
    """The cluster after it as a table of plain HTML: a row per node, a dot per pod, and who waits."""
    counts = Counter(landed.nodes)
    rows = "".join(
        f"<tr><td>{escape(node['labels'].get(ZONE, ''))}</td><td>{escape(node['name'])}</td><td>{'● ' * counts[node['name']]}</td></tr>"
        for node in sorted(nodes, key=lambda node: (node["labels"].get(ZONE, ""), node["name"]))
    )
    heads = (Words("zone", "可用区（zone）"), Words("node", "节点"), Words("its pods", "它的 Pod"))
    head = "".join(f"<th>{words.in_()}</th>" for words in heads)
    waits = Words(f"{landed.waiting} wait: {landed.message}", f"{landed.waiting} 个在等待：{landed.message}").in_()
    below = f"<p>{escape(waits)}</p>" if landed.waiting else ""
    return f"<table><tr>{head}</tr>{rows}</table>{below}"

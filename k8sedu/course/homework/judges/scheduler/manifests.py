"""Manifests that a student has written or repaired: the model schedules them, here and on clusters that the student has not seen.

Only wishes for a node may differ from what was given: selector, affinity, tolerations, spread. Who writes a node's name, asks for less, or
takes another scheduler, has not answered the question, and no check holds.

Source: `k8sedu.kube.scheduler`. Left out: preemption; nobody in these clusters has a lower priority.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import lru_cache
from html import escape
from typing import Any, NamedTuple

from k8sedu.course.homework.checking import UNANSWERED
from k8sedu.course.homework.judges.scheduler.clusters import PlainNode, cluster
from k8sedu.course.homework.judges.scheduler.columns import film
from k8sedu.course.homework.judging import Judge, shown
from k8sedu.errors import K8sEduError
from k8sedu.kube import manifest, scheduler
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.fields import plain
from k8sedu.kube.objects import Deployment, Pod
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.scheduler.expansion import pods_of
from k8sedu.kube.scheduler.sketch import ZONE
from k8sedu.language import Words

CHARACTERS_MAX = 10_000
WISHES = ("nodeSelector", "affinity", "tolerations", "topologySpreadConstraints")
"""The fields of a pod's spec that say where it may and would like to run."""


class Unreadable(NamedTuple):
    """An answer that is no manifest of the kind, and why."""

    reason: str


class Manifest(Judge):
    """Asks one question of a manifest, once it is one and asks for nothing else than the given one."""

    def __init__(self, given: str, question: Callable[[ApiObject], str], picture: Callable[[ApiObject], str] | None = None) -> None:
        self.given, self.question, self.draw = given, question, picture

    def fault(self, value: Any) -> str:
        """Read it, compare it with the given one, then ask."""
        found = read(value, self.given)
        return found.reason if isinstance(found, Unreadable) else self.question(found)

    def picture(self, value: Any) -> str:
        """What the scheduler makes of it."""
        found = read(value, self.given)
        return "" if isinstance(found, Unreadable) or self.draw is None else self.draw(found)


def read(value: Any, given: str) -> ApiObject | Unreadable:
    """The object in a text, or why it is none that can stand for the given one."""
    if type(value) is not str:
        return Unreadable(Words(f"is {shown(value)}, expected a manifest as text", f"是 {shown(value)}，应为文本形式的清单").in_())
    if not value.strip():
        return Unreadable(UNANSWERED.in_())
    if len(value) > CHARACTERS_MAX:
        english = f"has {len(value)} characters, expected at most {CHARACTERS_MAX}"
        return Unreadable(Words(english, f"有 {len(value)} 个字符，最多 {CHARACTERS_MAX} 个").in_())
    return _read(value, given)


@lru_cache(maxsize=256)  # several judges ask about the same manifest
def _read(text: str, given: str) -> ApiObject | Unreadable:
    (original,) = manifest.load(given)
    try:
        objects = manifest.load(text, Words("your manifest", "你的清单").in_(), strict=True)
    except (K8sEduError, ValueError, RecursionError) as error:
        return Unreadable(Words(f"cannot be read: {error}", f"无法读取：{error}").in_())
    if len(objects) != 1 or objects[0].kind != original.kind:
        met = ", ".join(found.kind for found in objects) or "–"
        return Unreadable(Words(f"holds {met}, expected one {original.kind}", f"包含 {met}，应为一个 {original.kind}").in_())
    changed = _changed(_fixed(original), _fixed(objects[0]))
    if changed:
        english = f"changes {changed}, expected nothing else than {', '.join(WISHES)} to differ"
        return Unreadable(Words(english, f"改动了 {changed}，只允许改动 {'、'.join(WISHES)}").in_())
    return objects[0]


def _fixed(found: ApiObject) -> dict[str, Any]:
    """An object without the wishes that may differ."""
    document: dict[str, Any] = plain(found)
    spec = document["spec"]["template"]["spec"] if "template" in document.get("spec", {}) else document.get("spec", {})
    for name in WISHES:
        spec.pop(name, None)
    return document


def _changed(one: Any, other: Any, path: str = "") -> str:
    """The path of the first difference; empty where there is none."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        found = (_changed(one.get(key), other.get(key), f"{path}.{key}".lstrip(".")) for key in dict.fromkeys((*one, *other)))
        return next(filter(None, found), "")
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        parts = enumerate(zip(one, other, strict=True))
        return next(filter(None, (_changed(*pair, f"{path}[{number}]") for number, pair in parts)), "")
    return "" if type(one) is type(other) and one == other else path or "everything"


def wishes_only(given: str) -> Judge:
    """It is a manifest, and only wishes for a node are changed: says that the form is right, not the answer."""
    return Manifest(given, lambda _: "")


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

    return Manifest(given, question, lambda found: film(scheduler.explain(_pod(found), cluster(nodes))))


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

    return Manifest(given, question, lambda found: drawn(place(found, nodes), nodes))


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

"""What can be picked for a pod without writing YAML: tolerations, affinity, spread; the lists follow the cluster on the bench.

A pick is a part of the pod's spec. What the reader has written into the box and no list has is shown as "as written".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.scheduler.lab.bench import Bench
from k8sedu.kube.scheduler.sketch import HOSTNAME, ZONE
from k8sedu.language import Words
from k8sedu.stage.document import Choice

WRITTEN = "written"
Part = Mapping[str, Any]


class Pick(NamedTuple):
    """A list: which fields of the spec it is about, and what each of its lines puts there."""

    id: str
    label: Words
    holder: tuple[str, ...]
    """The way from the spec to the mapping that holds the fields."""
    fields: tuple[str, ...]
    options: Mapping[str, tuple[Words, Part]]

    def chosen(self, bench: Bench) -> str:
        """Which line the pod has now."""
        now = self._now(bench)
        return next((name for name, (_, part) in self.options.items() if part == now), WRITTEN)

    def _now(self, bench: Bench) -> Part:
        found: Any = bench.pod.document().get("spec", {})
        for step in self.holder:
            found = found.get(step, {})
        return {field: found[field] for field in self.fields if found.get(field)}

    def put(self, bench: Bench, option: str) -> Bench:
        """The bench with another line."""
        if option not in self.options:
            return bench
        document = bench.pod.document()
        holder = document.setdefault("spec", {})
        for step in self.holder:
            holder = holder.setdefault(step, {})
        for field in self.fields:
            holder.pop(field, None)
        holder.update(self.options[option][1])
        if self.holder and not holder:
            document["spec"].pop(self.holder[0])
        return bench.with_pod(document)

    def control(self, bench: Bench) -> Choice:
        """The list as it is shown."""
        now = self.chosen(bench)
        lines = [(name, words) for name, (words, _) in self.options.items()]
        if now == WRITTEN:
            lines.append((WRITTEN, Words("as written below", "如下所写")))
        return Choice(self.id, self.label, tuple(lines), now)


NOTHING: tuple[Words, Part] = (Words("none", "无"), {})


def picks(bench: Bench) -> tuple[Pick, ...]:
    """The lists for this bench."""
    return (
        Pick("tolerations", Words("tolerates", "容忍"), (), ("tolerations",), dict(_tolerations(bench))),
        Pick("node_affinity", Words("node affinity", "节点亲和"), ("affinity",), ("nodeAffinity",), dict(_node_affinity(bench))),
        Pick(
            "pod_affinity", Words("other pods", "其他 Pod"), ("affinity",), ("podAffinity", "podAntiAffinity"), dict(_pod_affinity(bench))
        ),
        Pick("spread", Words("spread", "分布"), (), ("topologySpreadConstraints",), dict(_spread(bench))),
    )


def _tolerations(bench: Bench) -> Iterator[tuple[str, tuple[Words, Part]]]:
    yield "none", NOTHING
    for key in sorted({taint.key for node in bench.nodes for taint in node.spec.taints}):
        yield key, (Words(f"taint {key}", f"污点 {key}"), {"tolerations": [{"key": key, "operator": "Exists"}]})
    yield "everything", (Words("every taint", "所有污点"), {"tolerations": [{"operator": "Exists"}]})


def _labels(bench: Bench) -> Iterator[tuple[str, str]]:
    """Labels that tell nodes apart, but not each of them."""
    found = {(key, value) for node in bench.nodes for key, value in node.labels.items() if key != HOSTNAME}
    yield from sorted(found)[:8]


def _node_affinity(bench: Bench) -> Iterator[tuple[str, tuple[Words, Part]]]:
    yield "none", NOTHING
    for key, value in _labels(bench):
        shown, term = f"{key.rpartition('/')[2]}={value}", {"matchExpressions": [{"key": key, "operator": "In", "values": [value]}]}
        must = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
        rather = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "preference": term}]}
        yield f"must {shown}", (Words(f"must: {shown}", f"必须：{shown}"), {"nodeAffinity": must})
        yield f"rather {shown}", (Words(f"rather: {shown}", f"最好：{shown}"), {"nodeAffinity": rather})


def _term(labels: Mapping[str, str], key: str) -> dict[str, Any]:
    return {"labelSelector": {"matchLabels": dict(labels)}, "topologyKey": key}


def _must(terms: dict[str, Any]) -> dict[str, Any]:
    return {"requiredDuringSchedulingIgnoredDuringExecution": [terms]}


def _rather(term: dict[str, Any]) -> dict[str, Any]:
    return {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 100, "podAffinityTerm": term}]}


def _pod_affinity(bench: Bench) -> Iterator[tuple[str, tuple[Words, Part]]]:
    yield "none", NOTHING
    own = dict(bench.pod.labels)
    if own:
        alone, apart = _term(own, HOSTNAME), _term(own, ZONE)
        yield "apart", (Words("must: no node with its own kind", "必须：节点上没有同类"), {"podAntiAffinity": _must(alone)})
        yield "rather apart", (Words("rather: no node with its own kind", "最好：节点上没有同类"), {"podAntiAffinity": _rather(alone)})
        yield "zone apart", (Words("must: no zone with its own kind", "必须：区内没有同类"), {"podAntiAffinity": _must(apart)})
    for app in sorted({pod.labels["app"] for pod in bench.running if "app" in pod.labels})[:4]:
        near = _term({"app": app}, ZONE)
        yield f"near {app}", (Words(f"must: a zone with {app}", f"必须：区内有 {app}"), {"podAffinity": _must(near)})
        yield f"rather near {app}", (Words(f"rather: a zone with {app}", f"最好：区内有 {app}"), {"podAffinity": _rather(near)})


def _spread(bench: Bench) -> Iterator[tuple[str, tuple[Words, Part]]]:
    yield "none", NOTHING
    labels = dict(bench.pod.labels)
    for name, key, words in (("zone", ZONE, Words("zones", "区")), ("node", HOSTNAME, Words("nodes", "节点"))):
        for when, must in (("DoNotSchedule", Words("must", "必须")), ("ScheduleAnyway", Words("rather", "最好"))):
            one = {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": when, "labelSelector": {"matchLabels": labels}}
            shown = Words(f"{must.en}: over {words.en}, maxSkew 1", f"{must.zh}：跨{words.zh}，maxSkew 1")
            yield f"{name} {when}", (shown, {"topologySpreadConstraints": [one]})

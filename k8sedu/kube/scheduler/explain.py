"""Why there, and why not elsewhere: every verdict and every score of one attempt, kept for whoever asks.

A scheduler stops at the first filter that rejects a node, and scores nobody if one node is left. An explanation goes on: every filter is
asked about every node by itself, and the feasible nodes are scored even where nothing depends on it. What it says of the choice is what
`Framework.schedule` has decided, and nothing else.

Source: none for the form; `annotations` has that of the kube-scheduler-simulator.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.annotations import annotations_of
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.decision import Decision, Filtered
from k8sedu.kube.scheduler.explain_text import text_of
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.profiles import Profile
from k8sedu.kube.scheduler.statuses import SUCCESS, Ints, Status

ZONES = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")

PerNode = Mapping[str, Mapping[str, int]]
"""Plugin → node → number."""


class Contribution(NamedTuple):
    """What a plugin did for a node, against what it did for the feasible nodes on average."""

    plugin: str
    weighted: int
    average: float

    @property
    def difference(self) -> float:
        """How much better than the average."""
        return self.weighted - self.average


class Explanation(NamedTuple):
    """All that was said about one pod. Everything is kept by name, so the cluster may go on."""

    pod: PodInfo
    node: str
    """Where it goes; "" if nowhere."""
    message: str
    """What the event says of a pod that goes nowhere."""
    profile_name: str
    release: str
    nodes: tuple[str, ...]
    """All nodes."""
    verdicts: Mapping[str, Status]
    """Node → the first rejection, or Success."""
    filters: Mapping[str, Mapping[str, Status]]
    """Plugin → node → what it says, asked by itself."""
    skipped_filters: tuple[str, ...]
    pre_filter: Status
    node_names: tuple[str, ...] | None
    """The nodes that PreFilter left, None if all."""
    feasible: tuple[str, ...]
    """In the order of the visit."""
    raw: PerNode
    normalized: PerNode
    weighted: PerNode
    weights: Mapping[str, int]
    skipped_scores: tuple[str, ...]
    totals: Mapping[str, int]
    was_scored: bool
    """Did anything depend on the scores? Not where fewer than two nodes were feasible."""
    usage: Mapping[str, Mapping[str, tuple[int, int]]]
    """Node → resource → (requested, allocatable), before this pod."""
    zones: Mapping[str, str]
    """Node → its zone, "" where it says none."""
    pre_filters: tuple[str, ...] = ()
    """The plugins that were asked before any node was."""
    pre_scores: tuple[str, ...] = ()
    nominated_node: str = ""
    """Where room is being made."""
    pre_enqueue: Status = SUCCESS
    """May the pod enter the queue at all? If not, everything else is what would be."""

    @property
    def winners(self) -> tuple[str, ...]:
        """The nodes with the highest total, sorted."""
        most = max(self.totals.values(), default=0)
        return tuple(sorted(name for name, total in self.totals.items() if total == most))

    @property
    def ranked(self) -> tuple[str, ...]:
        """The feasible nodes, the best first; the chosen one before its equals."""
        return tuple(sorted(self.totals, key=lambda name: (-self.totals[name], name != self.node)))

    def contributors(self, node: str = "", top: int = 3) -> tuple[Contribution, ...]:
        """The plugins that did most for a node against the average of the feasible nodes.

        Args:
            node: the chosen one if none is named.
            top: how many plugins.
        """
        name = node or self.node
        there = {plugin: scores for plugin, scores in self.weighted.items() if name in scores}
        found = [Contribution(plugin, scores[name], sum(scores.values()) / len(scores)) for plugin, scores in there.items()]
        return tuple(sorted(found, key=lambda each: -each.difference)[:top])

    def rows(self) -> list[dict[str, Any]]:
        """One row per node and plugin: what it said at which point, raw, normalised, weight, weighted. For tables of data."""
        return [*self._filter_rows(), *self._score_rows()]

    def _filter_rows(self) -> Iterator[dict[str, Any]]:
        for plugin, statuses in self.filters.items():
            for node in self.nodes:
                status = statuses.get(node, SUCCESS)
                yield {"node": node, "point": "filter", "plugin": plugin, "verdict": str(status.code), "reason": status.message}

    def _score_rows(self) -> Iterator[dict[str, Any]]:
        for plugin, scores in self.raw.items():
            for node, raw in scores.items():
                known = {"node": node, "point": "score", "plugin": plugin, "raw": raw, "normalized": self.normalized[plugin][node]}
                yield {**known, "weight": self.weights[plugin], "weighted": self.weighted[plugin][node]}

    def document(self) -> dict[str, Any]:
        """Everything as plain data, for JSON."""
        return {
            "pod": self.pod.key, "node": self.node, "message": self.message, "profile": self.profile_name, "release": self.release,
            "preFilter": self.pre_filter.document(), "nodeNames": None if self.node_names is None else list(self.node_names),
            "skippedFilters": list(self.skipped_filters), "skippedScores": list(self.skipped_scores),
            "verdicts": {node: status.document() for node, status in self.verdicts.items()},
            "filters": {plugin: {node: status.document() for node, status in found.items()} for plugin, found in self.filters.items()},
            "feasible": list(self.feasible), "raw": _plain(self.raw), "normalized": _plain(self.normalized),
            "weights": dict(self.weights), "weighted": _plain(self.weighted), "totals": dict(self.totals), "winners": list(self.winners),
            "scored": self.was_scored, "nominatedNode": self.nominated_node, "preEnqueue": self.pre_enqueue.document(),
        }  # fmt: skip

    def text(self, language: str | None = None, *, nodes: int = 6) -> str:
        """A table for the terminal.

        Args:
            language: "en" or "zh"; the chosen one if none is named.
            nodes: of how many nodes scores are shown, the best first.
        """
        return text_of(self, language, nodes=nodes)

    def annotations(self) -> dict[str, str]:
        """The same as the kube-scheduler-simulator writes it into a pod's annotations."""
        return annotations_of(self)

    def __repr__(self) -> str:
        return self.text()


def _plain(found: PerNode) -> dict[str, dict[str, int]]:
    return {plugin: dict(scores) for plugin, scores in found.items()}


def explain(pod: Pod | PodInfo, cluster: Cluster, profile: Profile | None = None, **search: Any) -> Explanation:
    """Why a pod goes where it goes, or why it goes nowhere; nothing is booked.

    A pod that is on a node already is explained as if it came now: it is taken away for the time.

    Args:
        pod: the pod.
        cluster: the cluster.
        profile: the default one if none is given.
        search: as `Framework.schedule` takes it: `start`, `want`, `order`, `nominated`, `tie_break`.

    >>> from k8sedu.kube.objects import Node
    >>> nodes = [Node.of({"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "9"}}})
    ...          for name, cpu in (("small", "1"), ("large", "4"))]
    >>> found = explain(Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c"}]}}), Cluster(nodes))
    >>> found.node, found.totals["small"], found.weighted["NodeResourcesFit"]["small"], found.contributors()[0].plugin
    ('large', 393, 93, 'NodeResourcesFit')
    """
    framework = Framework(profile, cluster)
    table = framework.table
    key = framework.cycle(pod).pod.key
    if not table.has_pod(key):
        return explain_with(framework, pod, **search)
    with table.trial() as trial:
        trial.remove_pod(key)
        return explain_with(framework, homeless(pod), **search)


def homeless(pod: Pod | PodInfo) -> Pod:
    """The pod as it was before it had a node."""
    found = pod.pod if isinstance(pod, PodInfo) else pod
    return found.evolve(spec=found.spec.without("node_name"))


def explain_with(framework: Framework, pod: Pod | PodInfo, **search: Any) -> Explanation:
    """The same with a framework that one has already."""
    decision, gates = framework.schedule(pod, **search), framework.pre_enqueue(pod)
    scores = _scores(framework, decision)
    cycle, diagnosis = decision.cycle, decision.diagnosis
    node, message = (decision.node, decision.message) if gates.is_success else ("", gates.message)
    return Explanation(
        pod=cycle.pod, node=node, message=message, pre_enqueue=gates, profile_name=framework.profile.name, release=cycle.release,
        nodes=cycle.everyone.names, verdicts=_verdicts(decision), filters=_alone(framework, decision),
        skipped_filters=tuple(name for name in framework.profile.filters if name in cycle.skipped_filters),
        pre_filter=diagnosis.pre_filter, node_names=diagnosis.names, feasible=decision.feasible, was_scored=decision.scored,
        usage=_usage(cycle.everyone), zones=_zones(cycle.everyone),
        pre_filters=framework.profile.at("pre_filter"), pre_scores=framework.profile.at("pre_score"),
        nominated_node=decision.post_filtered.nominated_node if decision.post_filtered else "", **scores,
    )  # fmt: skip


def _verdicts(decision: Decision) -> dict[str, Status]:
    rejected = decision.diagnosis.rejected
    return {name: rejected.get(name, SUCCESS) for name in decision.cycle.everyone.names}


def _alone(framework: Framework, decision: Decision) -> dict[str, dict[str, Status]]:
    """What each filter says of every node, whatever the others say. One that refuses the pod before it looks at nodes says so of all."""
    cycle, everyone = framework.cycle(decision.cycle.pod), decision.cycle.everyone
    found: dict[str, dict[str, Status]] = {}
    for plugin in framework.at("filter"):
        before = plugin.pre_filter(cycle).status if type(plugin).has("pre_filter") else SUCCESS
        if before.is_skip:
            continue
        if before.is_success:
            filtered = Filtered(everyone, [(plugin.name, framework.rejections(plugin, cycle, everyone))])
            found[plugin.name] = {**dict.fromkeys(everyone.names, SUCCESS), **filtered.statuses()}
        else:
            found[plugin.name] = dict.fromkeys(everyone.names, before)
    return found


def _scores(framework: Framework, decision: Decision) -> dict[str, Any]:
    """The scores of the feasible nodes, even of a single one."""
    empty: dict[str, Any] = {"raw": {}, "normalized": {}, "weighted": {}, "weights": {}, "skipped_scores": (), "totals": {}}
    if not len(decision.rows):
        return empty
    scored = decision.scores or framework.score(decision.cycle, Nodes(framework.table, decision.rows))
    names = decision.feasible

    def named(columns: Mapping[str, Ints]) -> dict[str, dict[str, int]]:
        return {plugin: dict(zip(names, column.tolist(), strict=True)) for plugin, column in columns.items()}

    return {
        "raw": named(scored.raw), "normalized": named(scored.normalized),
        "weighted": named({plugin: column * scored.weights[plugin] for plugin, column in scored.normalized.items()}),
        "weights": scored.weights, "skipped_scores": scored.skipped, "totals": dict(zip(names, scored.total.tolist(), strict=True)),
    }  # fmt: skip


def _usage(nodes: Nodes) -> dict[str, dict[str, tuple[int, int]]]:
    columns = {name: (nodes.requested(name).tolist(), nodes.allocatable(name).tolist()) for name in ("cpu", "memory")}
    columns["pods"] = (nodes.pod_count.tolist(), nodes.allocatable("pods").tolist())
    return {
        node: {resource: (taken[place], there[place]) for resource, (taken, there) in columns.items()}
        for place, node in enumerate(nodes.names)
    }


def _zones(nodes: Nodes) -> dict[str, str]:
    return {node.name: next((node.labels[key] for key in ZONES if key in node.labels), "") for node in nodes.objects}

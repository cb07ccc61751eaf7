"""A twin of the whole cycle: plain loops over nodes and pods, written from the rules, against the columns."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.kube import selectors
from k8sedu.kube.objects import Namespace, Node, Pod
from k8sedu.kube.objects.affinity import PodAffinityTerm
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.nodes import Nodes

HOST, ZONE = "kubernetes.io/hostname", "topology.kubernetes.io/zone"
MIB = 2**20


class Twin:
    """The scheduler as one would write it on paper: for each node, for each pod."""

    def __init__(self, nodes: list[Node], placed: list[tuple[Pod, str]], namespaces: Mapping[str, Mapping[str, str]]) -> None:
        self.nodes, self.namespaces = {node.name: node for node in nodes}, namespaces
        self.on: dict[str, list[Pod]] = {node.name: [] for node in nodes}
        for pod, name in placed:
            self.on[name].append(pod)

    def pods(self) -> Iterator[tuple[Pod, Node]]:
        """All pods with their nodes."""
        return ((pod, self.nodes[name]) for name, pods in self.on.items() for pod in pods)

    # -- filters ------------------------------------------------------------------------------------------------------------------------

    def rejects(self, pod: Pod, node: Node) -> str:
        """The first plugin that rejects, "" if none does."""
        checks = {
            "NodeUnschedulable": self.is_cordoned, "TaintToleration": self.is_tainted, "NodeAffinity": self.lacks_labels,
            "NodePorts": self.has_no_port, "NodeResourcesFit": self.has_no_room, "PodTopologySpread": self.is_uneven,
            "InterPodAffinity": self.minds_neighbours,
        }  # fmt: skip
        return next((name for name, check in checks.items() if check(pod, node)), "")

    def is_cordoned(self, pod: Pod, node: Node) -> bool:
        """NodeUnschedulable."""
        return node.spec.unschedulable

    def is_tainted(self, pod: Pod, node: Node) -> bool:
        """TaintToleration."""
        return any(taint.effect != "PreferNoSchedule" and not self.bears(pod, taint) for taint in node.spec.taints)

    def bears(self, pod: Pod, taint: Any) -> bool:
        """Does the pod tolerate this taint?"""
        return any(
            each.effect in {"", taint.effect} and each.key in {"", taint.key} and (each.operator == "Exists" or each.value == taint.value)
            for each in pod.spec.tolerations
        )

    def lacks_labels(self, pod: Pod, node: Node) -> bool:
        """NodeAffinity."""
        if any(node.labels.get(key) != value for key, value in pod.spec.node_selector.items()):
            return True
        needed = required(pod.spec.affinity and pod.spec.affinity.node_affinity)
        return bool(needed) and not any(self.meets(node, term) for term in needed.node_selector_terms)

    @staticmethod
    def meets(node: Node, term: Any) -> bool:
        """One term of node affinity."""
        conditions = [selectors.node_requirement(each) for each in term.match_expressions]
        return bool(conditions) and all(each.matches(node.labels) for each in conditions)

    def has_no_port(self, pod: Pod, node: Node) -> bool:
        """NodePorts."""

        def ports(found: Pod) -> set[int]:
            return {port.host_port for container in found.spec.containers for port in container.ports}

        return any(ports(pod) & ports(other) for other in self.on[node.name])

    def has_no_room(self, pod: Pod, node: Node) -> bool:
        """NodeResourcesFit."""
        if len(self.on[node.name]) + 1 > node.status.allocatable["pods"].value:
            return True
        asked = amounts(pod)
        return any(asked[name] > self.free(node, name) for name in asked if asked[name])

    def free(self, node: Node, name: str) -> int:
        """What is left of a resource."""
        return there(node, name) - sum(amounts(other)[name] for other in self.on[node.name])

    def is_uneven(self, pod: Pod, node: Node) -> bool:
        """PodTopologySpread."""
        hard = [each for each in pod.spec.topology_spread_constraints if each.when_unsatisfiable == "DoNotSchedule"]
        keys = [each.topology_key for each in hard]
        for each in hard:
            if each.topology_key not in node.labels:
                return True
            counts = {
                other.labels[each.topology_key]: 0
                for other in self.nodes.values()
                if all(key in other.labels for key in keys) and not self.lacks_labels(pod, other)
            }
            for other, place in self.pods():
                if all(key in place.labels for key in keys) and not self.lacks_labels(pod, place) and counted(each, pod, other):
                    counts[place.labels[each.topology_key]] += 1
            least = min(counts.values()) if len(counts) >= (each.min_domains or 1) else 0
            self_match = selectors.of(each.label_selector).matches(pod.labels)
            if counts.get(node.labels[each.topology_key], 0) + self_match - least > each.max_skew:
                return True
        return False

    def minds_neighbours(self, pod: Pod, node: Node) -> bool:
        """InterPodAffinity."""
        return not self.has_company(pod, node) or self.is_near(pod, node) or self.is_unwelcome(pod, node)

    def has_company(self, pod: Pod, node: Node) -> bool:
        """Do all required terms find somebody who matches all of them?"""
        terms = near(pod)
        friends = [(other, place) for other, place in self.pods() if terms and all(self.means(pod, term, other) for term in terms)]
        if any(term.topology_key not in node.labels for term in terms):
            return False
        if all(any(same(term, place, node) for _, place in friends) for term in terms):
            return True
        is_alone = not any(term.topology_key in place.labels for _, place in friends for term in terms)
        return is_alone and all(self.means(pod, term, pod) for term in terms)

    def is_near(self, pod: Pod, node: Node) -> bool:
        """Does a required anti-affinity term find somebody?"""
        return any(same(term, place, node) and self.means(pod, term, other) for term in far(pod) for other, place in self.pods())

    def is_unwelcome(self, pod: Pod, node: Node) -> bool:
        """Does somebody who runs refuse the pod?"""
        return any(same(term, place, node) and self.means(other, term, pod) for other, place in self.pods() for term in far(other))

    def means(self, owner: Pod, term: PodAffinityTerm, other: Pod) -> bool:
        """Does a term of its owner mean the other pod?"""
        named = term.namespaces or (() if term.namespace_selector is not None else (owner.namespace,))
        labels = self.namespaces.get(other.namespace, {})
        chosen = term.namespace_selector is not None and selectors.of(term.namespace_selector).matches(labels)
        return (other.namespace in named or chosen) and selectors.of(term.label_selector).matches(other.labels)

    # -- scores -------------------------------------------------------------------------------------------------------------------------

    def total(self, pod: Pod, feasible: list[Node]) -> dict[str, int]:
        """The sum of all scores by their weights."""
        columns = [
            (3, scaled([self.soft_taints(pod, node) for node in feasible], backwards=True)),
            (2, scaled([self.preference(pod, node) for node in feasible])), (2, self.spread(pod, feasible)),
            (2, stretched([self.wishes(pod, node) for node in feasible])),
            (1, [self.emptiness(pod, node) for node in feasible]),
            (1, [self.balance(pod, node) for node in feasible]),
            (1, [self.images(pod, node) for node in feasible]),
        ]  # fmt: skip
        return {node.name: sum(weight * column[place] for weight, column in columns) for place, node in enumerate(feasible)}

    def soft_taints(self, pod: Pod, node: Node) -> int:
        """PreferNoSchedule taints that are not tolerated."""
        return sum(taint.effect == "PreferNoSchedule" and not self.bears(pod, taint) for taint in node.spec.taints)

    def preference(self, pod: Pod, node: Node) -> int:
        """The weights of preferred node affinity."""
        affinity = pod.spec.affinity and pod.spec.affinity.node_affinity
        preferred = affinity.preferred_during_scheduling_ignored_during_execution if affinity else ()
        return sum(each.weight for each in preferred if self.meets(node, each.preference))

    def emptiness(self, pod: Pod, node: Node) -> int:
        """LeastAllocated of cpu and memory."""
        scores = []
        for name, guess in (("cpu", 100), ("memory", 200 * MIB)):
            taken = sum(amounts(each, guess)[name] for each in (*self.on[node.name], pod))
            if there(node, name):
                scores.append(0 if taken > there(node, name) else (there(node, name) - taken) * 100 // there(node, name))
        return sum(scores) // len(scores) if scores else 0

    def balance(self, pod: Pod, node: Node) -> int:
        """How alike the shares of cpu and memory are; floating point as in the real one."""
        if not any(amounts(pod)[name] for name in ("cpu", "memory")):
            return 0
        shares = []
        for name in ("cpu", "memory"):
            if there(node, name):
                taken = sum(amounts(each)[name] for each in (*self.on[node.name], pod))
                shares.append(min(1.0, taken / there(node, name)))
        return int((1 - (abs((shares[0] - shares[1]) / 2) if len(shares) == 2 else 0.0)) * 100)

    def images(self, pod: Pod, node: Node) -> int:
        """The bytes that lie there."""
        total, most = 0, 1000 * MIB * max(1, len(pod.spec.containers))
        for container in pod.spec.containers:
            holders = [each for each in self.nodes.values() if any(container.image in image.names for image in each.status.images)]
            if node in holders:
                size = next(image.size_bytes for image in node.status.images if container.image in image.names)
                total += int(size * (len(holders) / len(self.nodes)))
        return 100 * (min(max(total, 23 * MIB), most) - 23 * MIB) // (most - 23 * MIB)

    def wishes(self, pod: Pod, node: Node) -> int:
        """Preferred terms both ways, and the required affinity of those who run."""
        total = 0
        for other, place in self.pods():
            for sign, mine, theirs in ((1, wished(pod, "pod_affinity"), wished(other, "pod_affinity")),
                                       (-1, wished(pod, "pod_anti_affinity"), wished(other, "pod_anti_affinity"))):  # fmt: skip
                total += sum(sign * weight for weight, term in mine if same(term, place, node) and self.means(pod, term, other))
                total += sum(sign * weight for weight, term in theirs if same(term, place, node) and self.means(other, term, pod))
            total += sum(same(term, place, node) and self.means(other, term, pod) for term in near(other))
        return total

    def spread(self, pod: Pod, feasible: list[Node]) -> list[int]:
        """PodTopologySpread's score, normalised."""
        soft = [each for each in pod.spec.topology_spread_constraints if each.when_unsatisfiable == "ScheduleAnyway"]
        if not soft:
            return [0] * len(feasible)
        keys = [each.topology_key for each in soft]
        takes_part = [all(key in node.labels for key in keys) for node in feasible]
        raw = [self.crowd(pod, node, soft, [each for each, part in zip(feasible, takes_part, strict=True) if part]) if part else 0
               for node, part in zip(feasible, takes_part, strict=True)]  # fmt: skip
        counted_in = [score for score, part in zip(raw, takes_part, strict=True) if part]
        if not counted_in:
            return [0] * len(feasible)
        least, most = min(counted_in), max(counted_in)
        scores = [100 * (most + least - score) // most if most else 100 for score in raw]
        return [score if part else 0 for score, part in zip(scores, takes_part, strict=True)]

    def crowd(self, pod: Pod, node: Node, soft: list[Any], taking_part: list[Node]) -> int:
        """The pods in the domains of a node, by the logarithm of the number of domains."""
        total = 0.0
        for each in soft:
            key = each.topology_key
            values = {other.labels[key] for other in taking_part}
            size = len(taking_part) if key == HOST else len(values)
            keys = [every.topology_key for every in soft]
            places = [place for other, place in self.pods() if counted(each, pod, other) and place.labels.get(key) == node.labels[key]]
            if key == HOST:
                count = sum(place.name == node.name for place in places)
            else:
                count = sum(all(every in place.labels for every in keys) and not self.lacks_labels(pod, place) for place in places)
            total += count * math.log(size + 2) + (each.max_skew - 1)
        return math.floor(total + 0.5)


def amounts(pod: Pod, guess: int = 0) -> Counter[str]:
    total: Counter[str] = Counter()
    for container in pod.spec.containers:
        requests = container.resources.requests
        total["cpu"] += requests["cpu"].milli_value if "cpu" in requests else guess and 100
        total["memory"] += requests["memory"].value if "memory" in requests else guess and 200 * MIB
    return total


def there(node: Node, name: str) -> int:
    amount = node.status.allocatable.get(name)
    return 0 if amount is None else amount.milli_value if name == "cpu" else amount.value


def counted(constraint: Any, pod: Pod, other: Pod) -> bool:
    selector = selectors.of(constraint.label_selector)
    return bool(selector.requirements) and other.namespace == pod.namespace and selector.matches(other.labels)


def same(term: PodAffinityTerm, place: Node, node: Node) -> bool:
    return term.topology_key in node.labels and place.labels.get(term.topology_key) == node.labels[term.topology_key]


def near(pod: Pod) -> tuple[PodAffinityTerm, ...]:
    return required(pod.spec.affinity and pod.spec.affinity.pod_affinity)


def far(pod: Pod) -> tuple[PodAffinityTerm, ...]:
    return required(pod.spec.affinity and pod.spec.affinity.pod_anti_affinity)


def required(affinity: Any) -> Any:
    return affinity.required_during_scheduling_ignored_during_execution if affinity else ()


def wished(pod: Pod, sort: str) -> list[tuple[int, PodAffinityTerm]]:
    affinity = pod.spec.affinity and getattr(pod.spec.affinity, sort)
    preferred = affinity.preferred_during_scheduling_ignored_during_execution if affinity else ()
    return [(each.weight, each.pod_affinity_term) for each in preferred]


def scaled(scores: list[int], *, backwards: bool = False) -> list[int]:
    most = max(scores)
    shares = [100 * score // most if most else 0 for score in scores]
    return [100 - share for share in shares] if backwards else shares


def stretched(scores: list[int]) -> list[int]:
    least, most = min(scores), max(scores)
    return [int(100 * ((score - least) / (most - least))) if most > least else 0 for score in scores]


# -- random clusters ----------------------------------------------------------------------------------------------------------------------

APPS, KEYS = st.sampled_from(["web", "db", "job"]), st.sampled_from([HOST, ZONE, "rack"])
SELECTORS = st.one_of(
    st.builds(lambda app: {"matchLabels": {"app": app}}, APPS),
    st.just({}),
    st.builds(lambda app: {"matchExpressions": [{"key": "app", "operator": "NotIn", "values": [app]}]}, APPS),
)
TAINTS = st.builds(lambda key, effect: {"key": key, "value": "x", "effect": effect}, st.sampled_from("ab"),
                   st.sampled_from(["NoSchedule", "PreferNoSchedule", "NoExecute"]))  # fmt: skip
TERMS = st.builds(lambda selector, key, scope: {"labelSelector": selector, "topologyKey": key, **scope}, SELECTORS, KEYS,
                  st.sampled_from([{}, {}, {"namespaces": ["b"]}, {"namespaceSelector": {}},
                                   {"namespaceSelector": {"matchLabels": {"team": "b"}}}]))  # fmt: skip
SPREAD = st.builds(lambda skew, key, action, selector, domains: {
    "maxSkew": skew, "topologyKey": key, "whenUnsatisfiable": action, "labelSelector": selector,
    **({"minDomains": domains} if domains and action == "DoNotSchedule" else {})},
    st.integers(1, 2), KEYS, st.sampled_from(["DoNotSchedule", "ScheduleAnyway"]), SELECTORS, st.integers(0, 3))  # fmt: skip


@st.composite
def nodes_of(draw: st.DrawFn) -> list[Node]:
    made = []
    for number in range(draw(st.integers(2, 5))):
        labels = {HOST: f"n{number}", "disk": draw(st.sampled_from(["ssd", "hdd"]))}
        for key, values in ((ZONE, "yz"), ("rack", "12")):
            if draw(st.integers(0, 4)):
                labels[key] = draw(st.sampled_from(values))
        images = [{"names": ["big:1"], "sizeBytes": 700 * MIB}] if draw(st.booleans()) else []
        made.append(Node.of({
            "metadata": {"name": f"n{number}", "labels": labels},
            "spec": {"taints": draw(st.lists(TAINTS, max_size=2, unique_by=str)), "unschedulable": draw(st.integers(0, 9)) == 0},
            "status": {"allocatable": {"cpu": f"{draw(st.integers(1, 4))}", "memory": f"{draw(st.integers(1, 4))}Gi",
                                       "pods": f"{draw(st.integers(3, 9))}"}, "images": images},
        }))  # fmt: skip
    return made


@st.composite
def one_pod(draw: st.DrawFn, number: int) -> Pod:
    container: dict[str, Any] = {"name": "c", "image": draw(st.sampled_from(["big:1", "small:1"])), "resources": {"requests": {
        name: amount for name, amount in (("cpu", f"{draw(st.integers(0, 9))}00m"), ("memory", f"{draw(st.integers(0, 9))}00Mi"))
        if draw(st.integers(0, 3))}}}  # fmt: skip
    if draw(st.integers(0, 2)) == 0:
        container["ports"] = [{"containerPort": 80, "hostPort": draw(st.sampled_from([80, 81])), "protocol": "TCP"}]
    spec: dict[str, Any] = {"containers": [container], "affinity": draw(affinities()) if draw(st.booleans()) else {}}
    spec["tolerations"] = draw(st.lists(st.sampled_from([{"key": "a", "operator": "Exists"}, {"key": "b", "value": "x"}]), max_size=1))
    spec["topologySpreadConstraints"] = draw(st.lists(SPREAD, max_size=2)) if draw(st.booleans()) else []
    if draw(st.integers(0, 4)) == 0:
        spec["nodeSelector"] = {"disk": "ssd"}
    metadata = {"name": f"p{number}", "namespace": draw(st.sampled_from(["a", "b"])), "labels": {"app": draw(APPS)}}
    return Pod.of({"metadata": metadata, "spec": spec})


@st.composite
def affinities(draw: st.DrawFn) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for sort in ("podAffinity", "podAntiAffinity"):
        if draw(st.booleans()):
            found[sort] = {
                "requiredDuringSchedulingIgnoredDuringExecution": draw(st.lists(TERMS, max_size=1)),
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": draw(st.integers(1, 9)), "podAffinityTerm": term} for term in draw(st.lists(TERMS, max_size=2))
                ],
            }
    if draw(st.integers(0, 3)) == 0:
        preference = {"matchExpressions": [{"key": "disk", "operator": "In", "values": ["ssd"]}]}
        found["nodeAffinity"] = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 3, "preference": preference}]}
    return found


@settings(max_examples=settings.default.max_examples // 2)
@given(nodes_of(), st.data())
def test_columns_agree_with_plain_loops(nodes: list[Node], data: st.DataObject) -> None:
    """Pod by pod, the first plugin that rejects each node and the totals of the others are those of the twin."""
    namespaces = {"a": {"team": "a"}, "b": {"team": "b"}}
    cluster = Cluster([*nodes, *(Namespace.of({"metadata": {"name": name, "labels": labels}}) for name, labels in namespaces.items())])
    framework, placed = Framework(None, cluster), []
    for number in range(data.draw(st.integers(0, 8))):
        pod, node = data.draw(one_pod(number)), data.draw(st.sampled_from(nodes))
        cluster.table.add_pod(pod, node.name)
        placed.append((pod, node.name))
    for number in range(data.draw(st.integers(1, 4))):
        pod = data.draw(one_pod(100 + number))
        twin, decision = Twin(nodes, placed, namespaces), framework.schedule(pod)
        rejected = {node.name: why for node in nodes if (why := twin.rejects(pod, node))}
        assert {name: status.plugin for name, status in decision.diagnosis.rejected.items()} == rejected
        feasible = [node for node in nodes if node.name not in rejected]
        if feasible:
            scored = framework.score(decision.cycle, Nodes(cluster.table, decision.rows))
            assert dict(zip(scored.nodes.names, scored.total.tolist(), strict=True)) == twin.total(pod, feasible)
            cluster.table.add_pod(pod, decision.node)
            placed.append((pod, decision.node))
    cluster.table.check()


def test_a_cycle_sees_changes_on_trial() -> None:
    """What plugins count over is the table as it is now, and an attempt's own view of all nodes stays."""
    cluster = Cluster([Node.of({"metadata": {"name": "n"}})])
    cycle = Cycle(Pod.of({"metadata": {"name": "p"}}), cluster)
    with cluster.table.trial() as trial:
        trial.add_pod(Pod.of({"metadata": {"name": "q"}}), "n")
        assert cycle.all_nodes().pod_count.tolist() == [1]
    assert (cycle.all_nodes().pod_count.tolist(), len(cycle.everyone), cycle.pod.key) == ([0], 1, "default/p")

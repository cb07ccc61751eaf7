"""Laws of preemption: the victims that the real scheduler finds, who may preempt at all, and how much of the account is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.objects import Node, Pod, PodDisruptionBudget
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.preemption import dry_run, is_terminating_by_preemption, preempt, why_not_eligible
from k8sedu.kube.scheduler.profiles import default_profile
from k8sedu.kube.scheduler.sketch import budget, node, pod
from k8sedu.kube.scheduler.statuses import Code, Status

STARTED = "2026-01-01T00:00:00Z"


def _given(case: dict[str, Any]) -> tuple[Cluster, Pod, list[PodDisruptionBudget]]:
    """A case's cluster. `disruptedPods` maps to "set" there, where the API has a time."""
    budgets = [json.loads(json.dumps(found).replace('"set"', f'"{STARTED}"')) for found in case.get("pdbs", [])]
    cluster = Cluster([*map(Node.of, case["nodes"]), *map(Pod.of, case["existing_pods"])])
    return cluster, Pod.of(case["pod"]), [PodDisruptionBudget.of({"kind": "PodDisruptionBudget", **found}) for found in budgets]


def _plugins(case: dict[str, Any]) -> Framework:
    """The default profile with the case's filters alone."""
    names = {"noderesources.FitName": "NodeResourcesFit", "podtopologyspread.Name": "PodTopologySpread"}
    wanted = {names.get(each, each) for each in case["filters"]}
    profile = default_profile()
    cluster, _, _ = _given(case)
    return Framework(profile.without(*(name for name in profile.filters if name not in wanted)), cluster)


@pytest.mark.conformance("k8s/preemption_dry_run.json")
def test_the_victims_of_every_node_are_the_real_ones(conformance_path: Path) -> None:
    """On each node the same pods must go, and as many budgets are broken; on all others nobody's going helps."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        framework, (_, wanted, budgets) = _plugins(case), _given(case)
        cycle = framework.cycle(wanted)
        framework.pre_filter(cycle)
        names = framework.table.names
        searches = dry_run(framework.table, wanted, names, budgets, lambda name, c=cycle, f=framework: f.passes(c, name), wanted=len(names))
        found = [search.candidate for search in searches if search.candidate is not None]
        told = [(one.node, sorted(each.name for each in one.victims), one.pdb_violations) for one in found]
        expected = [(each["node"], sorted(each["victims"]), each["num_pdb_violations"]) for each in case["expected"]]
        assert told == expected, case["name"]


def _decide(wanted: Pod, *objects: Any, release: str = "1.35") -> Any:
    framework = Framework(default_profile(release), Cluster(objects, release=release))
    decision = framework.schedule(wanted)
    return framework, decision, framework.post_filter(decision)


def test_the_plugin_nominates_and_keeps_the_account() -> None:
    """A pod that fits nowhere is promised the cheapest node; how that was found is in the cycle's state."""
    running = [pod("low", cpu="3", priority=1, node="n1"), pod("middle", cpu="3", priority=5, node="n2")]
    framework, decision, found = _decide(pod("high", cpu="2", priority=9), node("n1"), node("n2"), *running)
    assert (found.status.is_success, found.nominated_node, [each.name for each in found.victims]) == (True, "n1", ["low"])
    account = decision.cycle.state["DefaultPreemption"]
    assert (account.nominated_node, [search.node for search in account.searches], account.rounds[-1].criterion) == (
        "n1", ["n1", "n2"], "highest_priority")  # fmt: skip
    assert framework.table.requested("cpu").tolist() == [3_000, 3_000], "nobody has gone yet"


def test_why_nothing_comes_of_it_is_told_word_for_word() -> None:
    """Nodes that no eviction helps and nodes without victims are counted in the words of the real message."""
    objects = [node("n1"), node("n2", taints=["gpu:NoSchedule"]), pod("same", cpu="4", priority=5, node="n1")]
    _, decision, found = _decide(pod("p", cpu="2", priority=5), *objects)
    assert found.status.message.endswith(
        "preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling."
    )
    assert not found.nominated_node
    assert decision.cycle.state["DefaultPreemption"].message in found.status.message


def test_whose_policy_is_never_does_not_preempt() -> None:
    """A pod may have a high priority and yet take nobody's place."""
    patient = pod("p", cpu="2", priority=9, preemptionPolicy="Never")
    _, decision, found = _decide(patient, node("n1"), pod("low", cpu="4", priority=1, node="n1"))
    assert found.status.message.endswith("preemption: not eligible due to preemptionPolicy=Never.")
    assert not decision.cycle.state["DefaultPreemption"].was_looked_for


def test_while_victims_still_end_no_others_are_sought() -> None:
    """A pod waits for its victims on the node it was promised, unless that node has become the wrong one."""
    low = pod("low", cpu="4", priority=1, node="n1")
    target = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    status = Pod.of({"status": {"conditions": [target]}}).status
    ending = low.evolve(metadata=low.metadata.evolve(deletion_timestamp=STARTED), status=status)
    table, old = (Cluster([node("n1"), ending], release=release).table for release in ("1.35", "1.25"))
    high = pod("high", cpu="2", priority=9)
    promised = high.evolve(status=high.status.evolve(nominated_node_name="n1"))
    why = "not eligible due to a terminating pod on the nominated node."
    others = Cluster([node("n1"), ending.evolve(status=low.status)]).table
    assert (why_not_eligible(promised, others, {}), why_not_eligible(promised, old, {})) == ("", why)
    assert is_terminating_by_preemption(ending)
    assert not is_terminating_by_preemption(low)
    assert why_not_eligible(promised, table, {"n1": Status(Code.UNSCHEDULABLE)}) == why
    assert why_not_eligible(promised, table, {"n1": Status(Code.UNRESOLVABLE)}) == ""
    assert why_not_eligible(high, table, {}) == ""


def test_the_search_ends_with_enough_candidates_of_which_one_is_clean() -> None:
    """As long as every candidate breaks a budget the search goes on; it begins at the offset and goes round."""
    nodes = [node(f"n{number}") for number in range(4)]
    web = {"app": "web"}
    running = [pod(f"w{number}", cpu="4", node=f"n{number}", labels=web if number != 1 else {}) for number in range(4)]
    table = Cluster([*nodes, *running]).table
    keep, wanted = [budget("keep", web, allowed=0)], pod("p", cpu="4", priority=9)

    def fits(name: str) -> Status:
        return Status() if not table.pods_on(name) else Status(Code.UNSCHEDULABLE)

    found = dry_run(table, wanted, [each.name for each in nodes], keep, fits, wanted=1, offset=2)
    assert [search.node for search in found] == ["n2", "n3", "n0", "n1"]
    statuses = {each.name: Status(Code.UNSCHEDULABLE) for each in nodes}
    assert preempt(table, wanted, statuses, keep, fits).nominated_node == "n1"


def test_promised_room_counts_while_victims_are_sought() -> None:
    """A pod that was promised the node, and is at least as important, is counted as if it were there."""
    framework = Framework(None, Cluster([node("n1", cpu="4"), pod("low", cpu="2", priority=1, node="n1")]))
    decision = framework.schedule(pod("p", cpu="3", priority=5), nominated={"n1": [pod("q", cpu="2", priority=5)]})
    assert framework.post_filter(decision).nominated_node == ""
    assert framework.post_filter(framework.schedule(pod("p", cpu="3", priority=5))).nominated_node == "n1"


@pytest.mark.parametrize("spec", [{}, {"topologySpreadConstraints": [{"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone",
    "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "web"}}}]}])  # fmt: skip
def test_many_nodes_are_asked_at_once_where_they_may_be(spec: dict[str, Any]) -> None:
    """The plugin finds what the search node by node finds; filters that look across nodes are asked node by node."""
    running = [pod(f"r{number}", cpu="3", priority=number % 3, node=f"n{number}", labels={"app": "web"}) for number in range(6)]
    nodes = [node(f"n{number}", zone="ab"[number % 2]) for number in range(6)]
    framework, decision, found = _decide(pod("p", cpu="2", priority=9, labels={"app": "web"}, **spec), *nodes, *running)
    account, cycle = decision.cycle.state["DefaultPreemption"], decision.cycle
    alone = preempt(framework.table, cycle.pod.pod, decision.diagnosis.statuses(), [], lambda name: framework.passes(cycle, name))
    assert (account.searches, account.candidate, account.rounds) == (alone.searches, alone.candidate, alone.rounds)
    assert found.nominated_node == "n0"

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Node, Pod, PodSchedulingGate
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.explain import explain
from k8sedu.kube.scheduler.explain_text import WIDTH, wide
from k8sedu.kube.scheduler.profiles import default_profile


def node(name: str, cpu: str, **more: Any) -> Node:
    metadata = {"name": name, "labels": {"topology.kubernetes.io/zone": f"zone-{name}"}}
    return Node.of({"metadata": metadata, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "9"}}, **more})


def pod(name: str = "web", cpu: str = "1", node: str = "") -> Pod:
    spec = {"containers": [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]}
    return Pod.of({"metadata": {"name": name}, "spec": {**spec, "nodeName": node} if node else spec})


TAINTED = {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}], "unschedulable": True}}


def test_all_that_was_said_stays_when_the_cluster_goes_on() -> None:
    """Verdicts of the first filter and of each alone, scores, usage and zones are values."""
    cluster = Cluster([node("a", "2"), node("b", "4"), node("c", "4", **TAINTED), pod("old", "1", "a")])
    found = explain(pod(cpu="2"), cluster)
    cluster.table.remove_node("a")
    assert (found.node, found.nodes, found.feasible, found.was_scored) == ("b", ("a", "b", "c"), ("b",), False)
    assert (found.verdicts["a"].reasons, found.verdicts["b"].is_success) == (("Insufficient cpu",), True)
    assert (found.verdicts["c"].plugin, found.filters["TaintToleration"]["c"].is_rejected) == ("NodeUnschedulable", True)
    assert (found.usage["a"]["cpu"], found.usage["b"]["pods"], found.zones["c"]) == ((1000, 2000), (0, 9), "zone-c")
    assert (found.totals["b"], found.winners, found.message) == (sum(scores["b"] for scores in found.weighted.values()), ("b",), "")


def test_a_pod_that_runs_is_explained_as_if_it_came_now() -> None:
    """It is taken away for the time: it does not stand in its own way, and it is there again afterwards."""
    cluster = Cluster([node("a", "2"), node("b", "2"), pod("web", "2", "a")])
    found = explain(cluster.table.pod("default/web"), cluster)
    assert (found.node, found.feasible, found.usage["a"]["cpu"]) == ("a", ("a", "b"), (0, 2000))
    assert cluster.table.where("default/web") == "a"


def test_three_plugins_did_most_against_the_average() -> None:
    """The difference to the mean over the feasible nodes, the largest first."""
    cluster = Cluster([node("a", "2"), node("b", "8"), node("c", "4")])
    found = explain(pod(), cluster, default_profile().without("NodeResourcesBalancedAllocation"))
    best, *_ = found.contributors()
    scores = found.weighted["NodeResourcesFit"]
    assert (found.node, best.plugin, best.weighted) == ("b", "NodeResourcesFit", scores["b"])
    assert best.difference == scores["b"] - sum(scores.values()) / 3
    assert len(found.contributors(top=2)) == 2
    assert found.contributors("a")[0].plugin != "NodeResourcesFit"


def test_rows_and_document_are_plain_data() -> None:
    """A row per node, plugin and point; a document that JSON takes."""
    found = explain(pod(), Cluster([node("a", "2"), node("b", "8")]))
    rows = found.rows()
    assert {"node": "a", "point": "filter", "plugin": "NodeName", "verdict": "Success", "reason": ""} in rows
    fit = next(row for row in rows if row["plugin"] == "NodeResourcesFit" and row["point"] == "score" and row["node"] == "b")
    assert fit["weighted"] == fit["normalized"] * fit["weight"] == found.weighted["NodeResourcesFit"]["b"]
    assert json.loads(json.dumps(found.document()))["totals"] == found.totals


def test_a_pending_pod_has_the_events_message() -> None:
    """The reasons are counted, and what preemption said stands behind them."""
    found = explain(pod(cpu="9"), Cluster([node("a", "2"), node("b", "8")]))
    assert found.node == ""
    assert found.message.startswith("0/2 nodes are available: 2 Insufficient cpu. ")
    assert found.text().splitlines()[0] == "default/web is pending   (default-scheduler, 1.35: none of 2 nodes feasible)"
    assert found.message in found.text()


def test_a_gated_pod_waits_outside_and_one_sees_what_would_be() -> None:
    """It has no node and the gate's reason; scores are those that it would get."""
    gated = pod().evolve(spec=pod().spec.evolve(scheduling_gates=(PodSchedulingGate(name="approve"),)))
    found = explain(gated, Cluster([node("a", "2"), node("b", "8")]))
    assert (found.node, found.message, found.winners) == ("", "waiting for scheduling gates: [approve]", ("b",))
    assert repr(found).splitlines()[0] == "default/web waits outside of the queue: waiting for scheduling gates: [approve]"


def test_a_pod_that_is_refused_before_any_node_is_looked_at() -> None:
    """Every node has that verdict, and the message begins with it."""
    spec = {"volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "data"}}]}
    found = explain(Pod.of({"metadata": {"name": "db"}, "spec": spec}), Cluster([node("a", "2")]))
    assert found.pre_filter.reasons == ('persistentvolumeclaim "data" not found',)
    assert found.verdicts["a"] == found.pre_filter
    assert found.message.startswith('0/1 nodes are available: persistentvolumeclaim "data" not found.')
    assert found.annotations()["kube-scheduler-simulator.sigs.k8s.io/filter-result"] == "{}"


@pytest.mark.conformance("k8s/placements/*.json")
def test_tables_fit_a_terminal(conformance_path: Path | None, recorded: Callable[[Any], Cluster]) -> None:
    """At most a hundred columns, in both languages; only the event's message may be longer, since it is copied."""
    assert conformance_path is not None
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))[:2]:
        found = explain(with_defaults(Pod.of(case.get("pod") or case["pods"][0])), recorded(case))
        for language in ("en", "zh"):
            lines = found.text(language).splitlines()
            assert all(wide(line) <= WIDTH for line in lines if line != found.message), "\n".join(lines)
            assert len(lines) <= 22

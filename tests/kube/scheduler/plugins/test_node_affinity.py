from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.node_affinity import NodeAffinity


def plugin_of(case: Any) -> NodeAffinity:
    return NodeAffinity({"addedAffinity": case["added_affinity"]} if "added_affinity" in case else {})


@pytest.mark.conformance("k8s/nodeaffinity_filter.json")
def test_filter(conformance_path: Path | None, tables: Any) -> None:
    """Nodes are out that lack the labels, and what PreFilter leaves out is out as well."""
    for case in tables.cases(conformance_path):
        plugin, cycle = plugin_of(case), Cycle(tables.pod(case), tables.cluster(case))
        names = plugin.pre_filter(cycle).node_names
        outside = set() if names is None else set(cycle.table.names) - set(names)
        found = tables.verdicts(plugin, cycle)
        for wanted in case["expected"]:
            code = str(found[wanted["node"]].code) if wanted["node"] in found else "Success"
            reasons = found[wanted["node"]].reasons if wanted["node"] in found else ()
            if wanted["node"] not in outside:
                assert (code, list(reasons)) == (wanted["code"], wanted["reasons"]), case["name"]
            assert wanted["code"] != "Success" or wanted["node"] not in outside, case["name"]


@pytest.mark.conformance("k8s/nodeaffinity_score.json")
def test_score(conformance_path: Path | None, tables: Any) -> None:
    """The weights of the preferred terms that a node meets add up, and the highest sum is 100."""
    for case in tables.cases(conformance_path):
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        found = tables.scores(plugin_of(case), Cycle(tables.pod(case), tables.cluster(case)), list(wanted))
        assert (found or dict.fromkeys(wanted, 0)) == wanted, case["name"]


def test_terms_that_name_nodes_narrow_the_search() -> None:
    """Within a term names must agree, and the names of all terms count; a term without a name opens the search again."""
    cluster = Cluster(Node.of({"metadata": {"name": name}}) for name in ("a", "b", "c"))

    def names(*terms: Any) -> Any:
        required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
        return NodeAffinity().pre_filter(Cycle(Pod.of({"spec": {"affinity": {"nodeAffinity": required}}}), cluster))

    def named(*values: str) -> Any:
        return {"key": "metadata.name", "operator": "In", "values": list(values)}

    assert names({"matchFields": [named("b")]}, {"matchFields": [named("a")]}).node_names == ("a", "b")
    assert names({"matchFields": [named("b"), named("a")]}).status.reasons == ("pod affinity terms conflict",)
    assert names({"matchFields": [named("b")]}, {"matchExpressions": [{"key": "x", "operator": "Exists"}]}).node_names is None

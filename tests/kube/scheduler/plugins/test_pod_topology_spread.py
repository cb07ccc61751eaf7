from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.pod_topology_spread import PodTopologySpread


@pytest.mark.conformance("k8s/podtopologyspread_filter.json")
def test_filter(conformance_path: Path | None, tables: Any) -> None:
    """A domain may have at most maxSkew pods more than the emptiest one; a node without the label is out for good."""
    plugin = PodTopologySpread()
    assert [each for case in tables.cases(conformance_path) for each in tables.differences(case, plugin, "1.35")] == []


@pytest.mark.conformance("k8s/podtopologyspread_score.json")
@pytest.mark.parametrize(("release", "answer"), [("1.23", "expected_le_1_23"), ("1.24", "expected"), ("1.35", "expected")])
def test_score(conformance_path: Path | None, tables: Any, release: str, answer: str) -> None:
    """The fewer pods in a node's domains, the better; the sum is rounded since 1.24, and was cut before."""
    for case in tables.cases(conformance_path):
        if release != "1.35" and not case.get("source", "").startswith("k8s"):
            continue  # what older releases do not know
        wanted = {each["node"]: each["score"] for each in case.get(answer, case["expected"])}
        found = tables.scores(PodTopologySpread(release=release), Cycle(tables.pod(case), tables.cluster(case, release)), list(wanted))
        assert found == wanted, case["name"]


@pytest.mark.conformance("k8s/podtopologyspread_score.json")
def test_raw_scores(conformance_path: Path | None, tables: Any) -> None:
    """Before normalising it is the pods in the domains by the logarithm of the number of domains."""
    for case in tables.cases(conformance_path):
        wanted = {each["node"]: each["score"] for each in case.get("raw", ())}
        if wanted and "expected_le_1_23" not in case:
            cycle, names = Cycle(tables.pod(case), tables.cluster(case)), list(wanted)
            plugin = PodTopologySpread()
            assert tables.scores(plugin, cycle, names) is not None
            nodes = tables.nodes(cycle, names)
            assert dict(zip(names, plugin.score(cycle, nodes).tolist(), strict=True)) == wanted, case["name"]

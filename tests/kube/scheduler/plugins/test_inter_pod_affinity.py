from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.inter_pod_affinity import InterPodAffinity


@pytest.mark.conformance("k8s/interpodaffinity_filter.json")
def test_filter(conformance_path: Path | None, tables: Any) -> None:
    """Company, own distance, the others' distance: the first that fails is the reason."""
    plugin = InterPodAffinity()
    assert [each for case in tables.cases(conformance_path) for each in tables.differences(case, plugin, "1.35")] == []


@pytest.mark.conformance("k8s/interpodaffinity_score.json")
def test_score(conformance_path: Path | None, tables: Any) -> None:
    """The wishes of the pod and of those who run add up per domain."""
    for case in tables.cases(conformance_path):
        args = {"hardPodAffinityWeight": case.get("hard_pod_affinity_weight", 1)}
        args["ignorePreferredTermsOfExistingPods"] = case.get("ignore_preferred_terms_of_existing_pods", False)
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        found = tables.scores(InterPodAffinity(args), Cycle(tables.pod(case), tables.cluster(case)), list(wanted))
        assert (found or dict.fromkeys(wanted, 0)) == wanted, case["name"]

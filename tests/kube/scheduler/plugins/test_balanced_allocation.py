from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.balanced_allocation import NodeResourcesBalancedAllocation


@pytest.mark.conformance("k8s/noderesources_balanced_allocation.json")
@pytest.mark.parametrize("release", ["1.32", "1.33", "1.35"])
def test_score(conformance_path: Path | None, tables: Any, release: str) -> None:
    """The less the shares differ, the better; from 1.33 on a pod that asks for nothing is skipped."""
    for case in tables.cases(conformance_path):
        plugin = NodeResourcesBalancedAllocation({"resources": case["resources"]}, release)
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        found = tables.scores(plugin, Cycle(tables.pod(case), tables.cluster(case, release)), list(wanted))
        assert found == (None if case.get("skipped_from_1_33") and release != "1.32" else wanted), case["name"]

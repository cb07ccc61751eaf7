from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.taint_toleration import TaintToleration


@pytest.mark.conformance("k8s/tainttoleration_filter.json")
@pytest.mark.parametrize("release", ["1.22", "1.23"])
def test_filter_in_the_words_of_old_releases(conformance_path: Path | None, tables: Any, release: str) -> None:
    """Up to 1.23 a node is out with the sentence about the first taint that the pod didn't tolerate."""
    plugin = TaintToleration(release=release)
    assert [each for case in tables.cases(conformance_path) for each in tables.differences(case, plugin, release)] == []


@pytest.mark.conformance("k8s/tainttoleration_filter.json")
def test_filter_in_the_words_of_today(conformance_path: Path | None, tables: Any) -> None:
    """In 1.35 the reason names no taint, so that nodes with different taints count as one reason."""
    plugin, cases = TaintToleration(), tables.cases(conformance_path)
    assert [each for case in cases for each in tables.differences(case, plugin, "1.35", reasons="reasons_1_35_plus")] == []


@pytest.mark.conformance("k8s/tainttoleration_filter.json")
def test_filter_in_between(conformance_path: Path | None, tables: Any) -> None:
    """From 1.24 to 1.34 the reason reads `untolerated taint {key: value}`."""
    for case in tables.cases(conformance_path):
        found = tables.verdicts(TaintToleration(release="1.30"), Cycle(tables.pod(case), tables.cluster(case, "1.30")))
        for wanted in case["expected"]:
            told = [each.partition(", that")[0].replace(" taint", " untolerated taint") for each in wanted["reasons"]]
            assert list(found[wanted["node"]].reasons if wanted["node"] in found else ()) == told


@pytest.mark.conformance("k8s/tainttoleration_score.json")
def test_score(conformance_path: Path | None, tables: Any) -> None:
    """Every PreferNoSchedule taint that is not tolerated costs, and the node with most of them gets nothing."""
    for case in tables.cases(conformance_path):
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        assert tables.scores(TaintToleration(), Cycle(tables.pod(case), tables.cluster(case)), list(wanted)) == wanted, case["name"]

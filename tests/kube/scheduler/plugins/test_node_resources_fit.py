from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.fields import FieldError
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.node_resources_fit import NodeResourcesFit


@pytest.mark.conformance("k8s/noderesources_fit_filter.json")
@pytest.mark.parametrize(("release", "code"), [("1.33", "code"), ("1.34", "code_1_34_plus"), ("1.35", "code_1_34_plus")])
def test_filter(conformance_path: Path | None, tables: Any, release: str, code: str) -> None:
    """Each resource that lacks is a reason; from 1.34 on a node that is too small even when empty is beyond help."""
    for case in tables.cases(conformance_path):
        args = {"ignoredResources": case["ignored_resources"], "ignoredResourceGroups": case["ignored_resource_groups"]}
        assert list(tables.differences(case, NodeResourcesFit(args, release), release, code=code)) == []


def check_scores(path: Path | None, tables: Any, strategy: str) -> None:
    for case in tables.cases(path):
        shape = {"requestedToCapacityRatio": {"shape": case["shape"]}} if "shape" in case else {}
        args = {"scoringStrategy": {"type": strategy, "resources": case["resources"], **shape}}
        if "expected_error" in case:
            with pytest.raises(FieldError) as refused:
                NodeResourcesFit(args)
            assert refused.value.path == f"scoringStrategy.{case['expected_error']['field']}"
            continue
        plugin = NodeResourcesFit(args)
        wanted = {each["node"]: each["score"] for each in case["expected"]}
        assert tables.scores(plugin, Cycle(tables.pod(case), tables.cluster(case)), list(wanted)) == wanted, case["name"]


@pytest.mark.conformance("k8s/noderesources_least_allocated.json")
def test_least_allocated(conformance_path: Path | None, tables: Any) -> None:
    """The emptier, the better."""
    check_scores(conformance_path, tables, "LeastAllocated")


@pytest.mark.conformance("k8s/noderesources_most_allocated.json")
def test_most_allocated(conformance_path: Path | None, tables: Any) -> None:
    """The fuller, the better."""
    check_scores(conformance_path, tables, "MostAllocated")


@pytest.mark.conformance("k8s/noderesources_requested_to_capacity_ratio.json")
def test_requested_to_capacity_ratio(conformance_path: Path | None, tables: Any) -> None:
    """Along a shape, rounded."""
    check_scores(conformance_path, tables, "RequestedToCapacityRatio")


@pytest.mark.parametrize(
    ("shape", "sentence"),
    [
        ([], r"shape is a list, expected one or more points"),
        ([{"utilization": 50, "score": 1}, {"utilization": 50, "score": 2}], r"shape\[1\].utilization is 50, expected 0 to 100, growing"),
        ([{"utilization": 50, "score": 11}], r"shape\[0\].score is 11, expected 0 to 10"),
    ],
)
def test_a_shape_that_cannot_be(shape: list[Any], sentence: str) -> None:
    """A shape is checked, and the sentence says which point is wrong."""
    strategy = {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": shape}}
    with pytest.raises(FieldError, match=sentence):
        NodeResourcesFit({"scoringStrategy": strategy})

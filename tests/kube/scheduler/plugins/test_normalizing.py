from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.scheduler.plugins.normalizing import scaled, stretched


@pytest.mark.conformance("k8s/normalize_score.json")
def test_scaled(conformance_path: Path | None) -> None:
    """The highest becomes 100, or 0 when reversed."""
    assert conformance_path is not None
    for case in json.loads(conformance_path.read_text())["cases"]:
        if case["max_priority"] == 100:
            assert scaled(np.array(case["scores"]), reverse=case["reverse"]).tolist() == case["expected"], case["name"]


@given(st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=9))
def test_stretched_keeps_the_order_and_reaches_both_ends(scores: list[int]) -> None:
    """From 0 to 100, nobody overtakes; all alike get nothing."""
    found = stretched(np.array(scores)).tolist()
    if len(set(scores)) == 1:
        assert set(found) == {0}
    else:
        assert (min(found), max(found)) == (0, 100)
        assert [score for _, score in sorted(zip(scores, found, strict=True))] == sorted(found)

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.iptables.probability import SCALE, chances, shown, stands_for, threshold, written


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_written_and_shown(conformance_path: Path) -> None:
    """What kube-proxy writes and what iptables-save shows are the texts that stand in real tables."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["probabilities"]:
        ours = [written(case["n"] - place) for place in range(case["n"] - 1)]
        assert [*ours, None] == case["probabilities"]
        assert [*map(shown, ours), None] == case["iptables_save"]


@given(st.integers(1, 1000))
def test_chances_are_equal(count: int) -> None:
    """Each of n endpoints gets 1/n, up to what rounding to ten digits and to 2⁻³¹ can do."""
    shares = chances(count)
    assert len(shares) == count
    assert max(abs(share - 1 / count) for share in shares) < 1e-8


@given(st.integers(2, 200))
def test_misses_multiply(count: int) -> None:
    """With exact fractions the shares are exactly equal: the law, of which the decimals are a shadow."""
    left = Fraction(1)
    for place in range(count):
        share = left * Fraction(1, count - place)
        assert share == Fraction(1, count)
        left -= share
    assert left == 0


@given(st.floats(0, 1))
def test_what_is_shown_is_kept(probability: float) -> None:
    """What iptables-save shows means the same to the kernel as what was written."""
    assert abs(threshold(shown(probability)) - threshold(probability)) <= SCALE * 5e-12 + 1


@given(st.integers(1, 90))
def test_however_it_is_written(choices: int) -> None:
    """Every way of writing 1/n stands for it, and not for one choice more or less."""
    for text in (written(choices), shown(written(choices)), f"{1 / choices:.5f}", shown(f"{1 / choices:.5f}")):
        assert stands_for(text, choices)
        assert not stands_for(text, choices + 1)

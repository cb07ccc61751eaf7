"""Laws of the other two ways to divide: the paper's numbers, and the promise that each of them breaks."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.mesos import fairness
from k8sedu.mesos.drf import Vector, consumed

CAPACITY = {"cpu": 9, "mem_gb": 18}
AMOUNT = st.integers(1, 6)
DEMANDS = st.dictionaries(st.sampled_from("ABC"), st.fixed_dictionaries({"cpu": AMOUNT, "mem_gb": AMOUNT}), min_size=1)
RULES = {"asset_fairness": fairness.asset_fairness, "ceei": fairness.ceei}


@pytest.mark.conformance("mesos/drf.json")
def test_the_numbers_beside_drf(conformance_path: Path) -> None:
    """Asset fairness and the market on the paper's input."""
    cases = [case for case in json.loads(conformance_path.read_text())["cases"] if "policy" in case]
    assert len(cases) == 2
    for case in cases:
        met = RULES[case["policy"]](case["capacity"], case["users"])
        assert {user: float(tasks) for user, tasks in met.items()} == pytest.approx(case["expected_fractional"], abs=5e-5)


def test_the_market_is_exact_where_it_can_be_computed_by_hand() -> None:
    """Both resources are used up, so x and y solve two equations: 45/11 and 18/11."""
    met = fairness.ceei(CAPACITY, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}})
    assert met == pytest.approx({"A": 45 / 11, "B": 18 / 11}, rel=1e-9)


@settings(max_examples=15, deadline=None)
@given(DEMANDS)
def test_all_three_use_no_more_than_there_is_and_leave_nothing_scarce(demands: dict[str, Vector]) -> None:
    """Each rule fills at least one resource to the brim, and none beyond."""
    for rule in (fairness.drf, fairness.asset_fairness, fairness.ceei):
        used = consumed(demands, {user: Fraction(tasks) for user, tasks in rule(CAPACITY, demands).items()})
        parts = [float(used[name]) / whole for name, whole in CAPACITY.items()]
        assert max(parts) == pytest.approx(1, abs=1e-6)


def test_asset_fairness_can_give_less_than_an_equal_part() -> None:
    """The paper's complaint: half of the cluster would have run more than asset fairness gives."""
    demands: dict[str, Vector] = {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}}
    whole = {"cpu": 30, "mem_gb": 30}
    worse: dict[str, Vector] = {"A": {"cpu": 1, "mem_gb": 3}, "B": {"cpu": 1, "mem_gb": 1}}
    given_ = fairness.asset_fairness(whole, worse)
    assert any(given_[user] < min(Fraction(15) / amount for amount in demand.values()) for user, demand in worse.items())
    assert fairness.drf(CAPACITY, demands)["A"] >= Fraction(18, 2) / 4


def test_in_the_market_lying_can_pay() -> None:
    """The paper's other complaint: B claims to need more memory than it does, and runs more tasks."""
    truth: dict[str, Vector] = {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}}
    honest = fairness.ceei(CAPACITY, truth)["B"]
    lie = fairness.ceei(CAPACITY, {**truth, "B": {"cpu": 3, "mem_gb": 2}})["B"]
    assert lie > honest

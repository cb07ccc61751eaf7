"""Laws of dominant resource fairness: the paper's table step by step, and the four properties on random demands."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.mesos.drf import FairnessError, Vector, consumed, count, dominant, dominant_shares, fill
from k8sedu.mesos.fairness import drf

CAPACITY = {"cpu": 9, "mem_gb": 18}
PAPER: dict[str, Vector] = {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}}
AMOUNT = st.integers(1, 6)
DEMANDS = st.dictionaries(st.sampled_from("ABCD"), st.fixed_dictionaries({"cpu": AMOUNT, "mem_gb": AMOUNT}), min_size=1)


@pytest.mark.conformance("mesos/drf.json")
def test_the_papers_example_step_by_step(conformance_path: Path) -> None:
    """The order, the shares after each task, and what is used in the end are those of the data."""
    case = json.loads(conformance_path.read_text())["cases"][0]
    steps = fill(case["capacity"], case["users"], first=case["sequence_tie_to_B"][0])
    assert [step.user for step in steps] == case["sequence_tie_to_B"]
    for user, shares in case["dominant_share_after_each_step"].items():
        assert [step.shares[user] for step in steps] == [Fraction(share) for share in shares]
    expected = case["expected"]
    assert count(steps, case["users"]) == expected["tasks"]
    assert steps[-1].used == expected["used"]
    for user, demand in case["users"].items():
        assert dominant(case["capacity"], demand)[0] == expected["dominant_resource"][user]
        assert steps[-1].shares[user] == Fraction(expected["dominant_share"][user])


def test_without_a_preference_the_first_user_begins() -> None:
    """A tie goes to whoever comes first in the table; the numbers in the end are the same."""
    steps = fill(CAPACITY, PAPER)
    assert steps[0].user == "A"
    assert count(steps, PAPER) == {"A": 3, "B": 2}


@given(DEMANDS)
def test_it_ends_when_nobody_fits(demands: dict[str, Vector]) -> None:
    """Pareto efficiency: no further task fits, and never more is used than there is."""
    steps = fill(CAPACITY, demands)
    used = steps[-1].used if steps else {}
    assert all(used.get(name, 0) <= whole for name, whole in CAPACITY.items())
    for demand in demands.values():
        assert any(used.get(name, Fraction(0)) + amount > CAPACITY[name] for name, amount in demand.items())


@given(DEMANDS)
def test_the_poorest_is_served_first(demands: dict[str, Vector]) -> None:
    """Each task goes to somebody whose dominant share no user that still fits falls below."""
    tasks = dict.fromkeys(demands, 0)
    for step in fill(CAPACITY, demands):
        used, shares = consumed(demands, tasks), dominant_shares(CAPACITY, demands, tasks)
        fitting = [u for u, d in demands.items() if all(used.get(n, Fraction(0)) + a <= CAPACITY[n] for n, a in d.items())]
        assert shares[step.user] == min(shares[user] for user in fitting)
        tasks[step.user] += 1


@given(DEMANDS)
def test_nobody_would_rather_have_an_equal_part(demands: dict[str, Vector]) -> None:
    """Sharing incentive, in fractions of tasks: each gets at least what a 1/n of the cluster would hold."""
    given_ = drf(CAPACITY, demands)
    for user, demand in demands.items():
        alone = min(Fraction(CAPACITY[name]) / len(demands) / amount for name, amount in demand.items())
        assert given_[user] >= alone


@given(DEMANDS)
def test_nobody_envies_another(demands: dict[str, Vector]) -> None:
    """Envy-freeness: with another user's resources nobody could run more tasks of their own."""
    given_ = drf(CAPACITY, demands)
    for user, demand in demands.items():
        for other, asked in demands.items():
            held = {name: amount * given_[other] for name, amount in asked.items()}
            assert min(held[name] / amount for name, amount in demand.items()) <= given_[user]


@given(DEMANDS, st.data())
def test_lying_does_not_pay(demands: dict[str, Vector], data: st.DataObject) -> None:
    """Strategy-proofness: who claims another demand can never run more of the real tasks."""
    user = data.draw(st.sampled_from(sorted(demands)))
    lie = data.draw(st.fixed_dictionaries({"cpu": AMOUNT, "mem_gb": AMOUNT}))
    truth = drf(CAPACITY, demands)[user]
    got = drf(CAPACITY, {**demands, user: lie})[user]
    useful = min(Fraction(lie[name]) * got / demands[user][name] for name in CAPACITY)
    assert useful <= truth


@pytest.mark.parametrize(
    ("demand", "says"),
    [({"gpu": 1}, "of which the cluster has none"), ({"cpu": 0}, "expected some"), ({"cpu": 1, "mem_gb": -1}, "below zero")],
)
def test_what_cannot_be_divided_is_refused(demand: Vector, says: str) -> None:
    """A demand of nothing would be served for ever."""
    with pytest.raises(FairnessError, match=says):
        fill(CAPACITY, {"A": demand})

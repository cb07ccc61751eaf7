from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.sim.experiments.errors import ExperimentError
from k8sedu.raft.sim.experiments.split_model import SplitModel, split

PRINTED = [
    (5, 4, 0.01, 0.0006, 0.00005), (5, 4, 0.1, 0.052, 0.0005), (5, 4, 0.2, 0.181, 0.0005), (5, 3, 0.2, 0.49, 0.005),
    (9, 7, 0.2, 0.15, 0.005), (9, 5, 0.2, 0.67, 0.005), (9, 6, 0.2, 0.345, 0.005), (7, 6, 0.2, 0.10, 0.005), (9, 5, 0.1, 0.41, 0.005),
]  # fmt: skip
"""What chapter 9 of the thesis says in words, each with the precision of its wording."""


@pytest.mark.parametrize(("size", "available", "latency", "probability", "precision"), PRINTED)
def test_the_formula_gives_the_printed_numbers(size: int, available: int, latency: float, probability: float, precision: float) -> None:
    """Every split-vote rate that the thesis prints comes out."""
    assert abs(SplitModel(size, available, latency).split_probability - probability) <= precision


def test_the_formulas_for_times_give_the_printed_numbers() -> None:
    """The first of four timers: 68 % within a quarter of the range, a fifth of it on average."""
    model = SplitModel(5, 4, 0.1)
    assert round(model.first_timeout_by(0.25), 2) == 0.68
    assert model.first_timeout_mean == 0.2
    assert model.election_mean_without_split == pytest.approx(1 + 0.2 + 0.2 - 0.25)
    assert model.election_mean == pytest.approx((1 + 0.2 + 0.1) / (1 - 0.0523) + 0.1 - 0.25)


@given(size=st.integers(1, 15), failed=st.integers(0, 7), latency=st.floats(0.001, 1))
def test_the_sum_is_a_binomial_tail(size: int, failed: int, latency: float) -> None:
    """The probability is one minus the other tail, lies in [0, 1], and grows with the latency."""
    available = max(size - failed, size // 2 + 1)
    model = SplitModel(size, available, latency).checked()
    rest = math.fsum(
        math.comb(available, count) * latency**count * (1 - latency) ** (available - count) for count in range(model.candidates - 1)
    )
    assert model.split_probability == pytest.approx(1 - rest if size > 1 else 0, abs=1e-12)
    assert model._replace(latency=latency / 2).split_probability <= model.split_probability + 1e-12


@pytest.mark.parametrize(("size", "available", "latency"), [(5, 4, 0.1), (5, 3, 0.2), (3, 3, 0.2), (4, 3, 0.1), (2, 2, 0.3), (7, 6, 0.2)])
def test_real_servers_split_as_often_as_the_formula_says(size: int, available: int, latency: float) -> None:
    """Counted over 1,000 elections the rate is within four standard errors."""
    found = split(size, available, latency, trials=1_000, seed=1)
    assert abs(found.rate - found.model.split_probability) <= 4 * found.standard_error


def test_elections_take_as_long_as_the_formula_says() -> None:
    """Where votes seldom split the mean from crash to leader is the formula's, within four standard errors."""
    found = split(5, 4, 0.05, trials=1_000, seed=2)
    assert abs(found.elections.mean_ms - found.model.election_mean) <= 4 * found.elections.standard_error_ms


def test_varying_latency_gives_the_rates_of_the_figure() -> None:
    """Latencies between 0.1 and 0.2: about 16 % with one failure of five, nearly 40 % with two."""
    one, two = (split(5, available, 0.1, latency_max=0.2, trials=1_500, seed=3) for available in (4, 3))
    assert abs(one.rate - 0.16) <= 0.01 + 4 * one.standard_error
    assert abs(two.rate - 0.39) <= 0.01 + 4 * two.standard_error


def test_a_group_of_one_never_splits() -> None:
    """There is nobody to compete with."""
    assert SplitModel(1, 1, 0.5).split_probability == 0
    assert split(1, 1, 0.5, trials=20, seed=4).rate == 0


def test_messages_as_slow_as_timeouts_never_elect_anybody() -> None:
    """Every vote splits, the formulas' means are endless, and the result file says null."""
    told = split(5, 3, 1.0, trials=5, seed=5).as_json()
    assert (told["split_probability"], told["terms_mean"], told["election_mean"]) == (1, None, None)
    assert told["curves"]["5-3-1"]["unfinished"] == 5


@pytest.mark.parametrize(("arguments", "sentence"), [
    ((5, 2, 0.1), "2 of 5 servers are up, expected 3 to 5: a majority"),
    ((5, 6, 0.1), "6 of 5 servers are up"),
    ((0, 0, 0.1), "the group has 0 servers, expected at least 1"),
    ((5, 4, 0.0), "the latency is 0 of the timeout range, expected more than 0 and at most 1"),
    ((5, 4, -0.1), "the latency is -0.1"),
    ((5, 4, float("nan")), "the latency is nan"),
])  # fmt: skip
def test_what_has_no_answer_is_refused(arguments: tuple[Any, ...], sentence: str) -> None:
    """One sentence: what was met and what was expected."""
    with pytest.raises(ExperimentError, match=sentence):
        split(*arguments)

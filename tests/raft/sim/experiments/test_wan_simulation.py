from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from k8sedu.raft.paper_curves import PAPER, WIDE_AREA
from k8sedu.raft.sim.experiments.errors import ExperimentError
from k8sedu.raft.sim.experiments.runner import Block
from k8sedu.raft.sim.experiments.wan_simulation import DELAY_US, WAN_CONFIG, run_block, wan

TOLERANCE = 0.02
THOROUGH = "K8SEDU_CONFORMANCE" in os.environ or os.environ.get("HYPOTHESIS_PROFILE") == "nightly"
"""The full number of trials takes a minute or more: in `make nightly`, and where somebody brings figures of their own."""


@pytest.mark.parametrize("seed", [1, 2])
def test_few_trials_are_as_near_to_the_thesis_as_luck_allows(seed: int) -> None:
    """With 400 trials each average is within the model's 2 % and four standard errors of the thesis'."""
    for name, curve in wan(trials=400, seed=seed).items():
        theirs = PAPER[name].mean_ms
        assert abs(curve.mean_ms - theirs) <= TOLERANCE * theirs + 4 * curve.standard_error_ms, name


@pytest.mark.conformance("raft/election_curves.json")
def test_averages_are_those_of_the_thesis(conformance_path: Path, record_property: Any) -> None:
    """Every marked average in the file is within 2 %: at 10,000 trials without further allowance, in fewer with what luck may add."""
    figures = json.loads(conformance_path.read_text())
    expected = {
        f"{failed}_failed_{logs}": mean_ms
        for logs in ("same", "diff")
        for failed, mean_ms in enumerate(figures.get(f"wan_{logs}_logs", {}).get("mean_ms", ()))
    }
    curves = wan(trials=10_000 if THOROUGH else 4_000, seed=0) if expected else {}
    deviations = {name: round(curves[name].mean_ms / mean_ms - 1, 4) for name, mean_ms in expected.items()}
    luck = {name: 0.0 if THOROUGH else 2 * curves[name].standard_error_ms / mean_ms for name, mean_ms in expected.items()}
    record_property("deviations with seed 0", deviations)
    assert [name for name, deviation in deviations.items() if abs(deviation) > TOLERANCE + luck[name]] == []
    assert all(chance < 0.03 for chance in luck.values()), "so few trials decide nothing"


@pytest.mark.nightly
@pytest.mark.parametrize("name", WIDE_AREA)
def test_the_deviation_is_the_models_and_not_luck(name: str) -> None:
    """With 60,000 trials the average is within 2 % of the thesis', and its own error far below that."""
    failed, _, logs = name.split("_")
    curve, theirs = wan([int(failed)], [logs], trials=60_000, seed=99)[name], PAPER[name].mean_ms
    assert curve.standard_error_ms < 0.003 * theirs
    assert abs(curve.mean_ms / theirs - 1) <= TOLERANCE


@pytest.mark.parametrize("name", WIDE_AREA)
def test_a_leader_that_all_follow_stays(name: str) -> None:
    """Waiting for sixteen heartbeats, as AvailSim does, finds the same leader at the same time as stopping when it is certain."""
    failed, _, logs = name.split("_")
    for number in range(25):
        block = Block(name, number, 1)
        assert run_block(block, (int(failed), logs, 16), seed=8) == run_block(block, (int(failed), logs, 0), seed=8), number


def test_no_election_is_faster_than_a_timeout_and_a_round_trip() -> None:
    """The first timer runs out after 300 ms at the earliest, and a vote is two messages away."""
    (curve,) = wan([0], ["same"], trials=300, seed=9).values()
    assert curve.times_ms[0] >= (WAN_CONFIG.election_ticks_min + 2 * DELAY_US[0]) / 1000


def test_failures_and_different_logs_cost_time() -> None:
    """Fewer voters split more often, and different logs leave fewer candidates who can win."""
    curves = wan(trials=500, seed=10)
    means = {name: curve.mean_ms or 0.0 for name, curve in curves.items()}
    assert means["0_failed_same"] < means["1_failed_same"] < means["2_failed_same"]
    assert all(means[f"{failed}_failed_same"] < means[f"{failed}_failed_diff"] for failed in (0, 1, 2))


@pytest.mark.parametrize(("arguments", "sentence"), [
    ({"failed": [3]}, "3 of 5 servers are to fail, expected 0 to 2: a majority must be up"),
    ({"failed": [-1]}, "-1 of 5 servers are to fail"),
    ({"logs": ["equal"]}, "the logs are 'equal', expected 'same' or 'diff'"),
    ({"trials": 0}, "the number of trials is 0, expected at least 1"),
])  # fmt: skip
def test_what_cannot_be_measured_is_refused(arguments: dict[str, Any], sentence: str) -> None:
    """One sentence: what was met and what was expected."""
    with pytest.raises(ExperimentError, match=sentence):
        wan(**arguments)

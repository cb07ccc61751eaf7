from __future__ import annotations

import json

from k8sedu.raft.curves import SHARES, Curve
from k8sedu.raft.sim.experiments.results import as_json, table


def test_the_file_has_the_form_of_the_figures() -> None:
    """Quantiles by share, mean, max and trials, in ms."""
    told = json.loads(as_json({"12-24": Curve.measured("12-24", [20.0, 30.0])}, seed=7))
    assert (told["experiment"], told["seed"]) == ("fig16", 7)
    assert told["curves"]["12-24"] == {
        "quantiles": {f"{share:g}": 20.0 if share <= 0.5 else 30.0 for share in SHARES}, "mean": 25.0, "max": 30.0, "trials": 2,
    }  # fmt: skip


def test_the_file_says_which_experiment_it_was() -> None:
    """Curves with failures are the wide-area simulation's."""
    assert json.loads(as_json({"1_failed_diff": Curve.measured("1_failed_diff", [500.0])}, seed=0))["experiment"] == "wan"


def test_unknown_times_are_null_and_dashes() -> None:
    """A livelock is told in words, and no program meets NaN or Infinity, which are not JSON."""
    curves = {"150-150": Curve.measured("150-150", [], unfinished=3)}
    assert json.loads(as_json(curves, seed=0))["curves"]["150-150"]["mean"] is None
    assert "150-150: 3 of 3 trials were given up without a leader." in table(curves)


def test_the_table_is_straight() -> None:
    """All lines of curves are equally long, and the paper's numbers stand beside ours."""
    lines = table({name: Curve.measured(name, [100.0, 2_000.0]) for name in ("150-155", "150-151")}).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert "287.3" in lines[1]
    assert lines[2].split()[-2:] == ["-", "-"]

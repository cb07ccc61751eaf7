"""Measured curves as JSON for programs and as a table for people.

The JSON has the form of the digitised figures: per curve the quantiles by share, mean, largest time and number of trials, times in ms.
A time that is not known, because trials were given up, is null. The table puts the paper's own median
and mean beside ours, where there is one.

Left out: the single times; `Curve.times_ms` has them in Python.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from k8sedu.raft.curves import Curve
from k8sedu.raft.paper_curves import PAPER

COLUMNS = ("curve", "p10", "median", "p90", "mean", "max", "trials", "paper's median", "paper's mean")


def as_json(curves: Mapping[str, Curve], *, seed: int) -> str:
    """The result file of an experiment.

    >>> print(as_json({"12-24": Curve.measured("12-24", [31.0, 19.5])}, seed=7)[:48])
    {
      "experiment": "fig16",
      "seed": 7,
      "curve
    """
    kind = "wan" if any("_failed_" in name for name in curves) else "fig16"
    told = {"experiment": kind, "seed": seed, "curves": {name: curve.as_json() for name, curve in curves.items()}}
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def table(curves: Mapping[str, Curve]) -> str:
    """One line per curve, all times in ms; a dash where nothing is known.

    >>> print(table({"12-24": Curve.measured("12-24", [31.0, 19.5])}))
    curve   p10  median   p90  mean   max  trials  paper's median  paper's mean
    12-24  19.5    19.5  31.0  25.2  31.0       2            30.0          34.7
    """
    rows = [COLUMNS, *(_row(curve) for curve in curves.values())]
    widths = [max(len(row[column]) for row in rows) for column in range(len(COLUMNS))]
    lines = ["  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in rows]
    return "\n".join([*lines, *(_explained(curve) for curve in curves.values() if curve.unfinished)])


def _row(curve: Curve) -> tuple[str, ...]:
    paper = PAPER.get(curve.name)
    ours = (curve.quantile(0.1), curve.median_ms, curve.quantile(0.9), curve.mean_ms, curve.max_ms)
    theirs = (paper.median_ms, paper.mean_ms) if paper else (None, None)
    return (curve.name, *map(_text, ours), str(curve.trials), *map(_text, theirs))


def _text(time_ms: float | None) -> str:
    return "-" if time_ms is None else f"{time_ms:.1f}"


def _explained(curve: Curve) -> str:
    return f"{curve.name}: {curve.unfinished} of {curve.trials} trials were given up without a leader."

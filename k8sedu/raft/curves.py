"""Election curves: how long a group was without a leader, over many trials, as one distribution.

A curve comes from a measurement of our own (`Curve.measured`), and then knows every single time, or was read off a figure of a paper, and
then knows quantiles only. Charts, tables and tests ask both the same questions. A quantile is a time that really occurred: the smallest one
that at least that share of the trials reached, without interpolation, because in a curve with steps (one per split vote) the mean of two
neighbours may be a time that never happens.

Trials that found no leader in time count as slower than all others. Then the mean is unknown, and so are quantiles that fall among them.

Left out: confidence bands; `standard_error_ms` says how far luck may have moved the mean.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

SHARES = (
    0.01, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55,
    0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999,
)  # fmt: skip
"""The shares of trials at which the figures of the paper were read off; our results report the same ones."""


class Curve(NamedTuple):
    """The distribution of one measured time.

    >>> curve = Curve.measured("12-24", [31.0, 19.5, 42.0, 27.5])
    >>> curve.median_ms, curve.mean_ms, curve.max_ms, curve.trials
    (27.5, 30.0, 42.0, 4)
    >>> curve.points()
    ((19.5, 0.25), (27.5, 0.5), (31.0, 0.75), (42.0, 1.0))
    """

    name: str
    trials: int
    mean_ms: float | None
    max_ms: float | None
    quantiles: tuple[tuple[float, float | None], ...]
    """Pairs of share and time; no time where the figure ends before, or where trials had no leader yet."""
    times_ms: tuple[float, ...] = ()
    """Every finished trial, sorted; empty for a curve from a figure."""
    unfinished: int = 0
    """Trials that were stopped before there was a leader."""

    @classmethod
    def measured(cls, name: str, times_ms: Sequence[float], *, unfinished: int = 0) -> Curve:
        """The curve of our own trials. O(n log n)."""
        ordered = tuple(sorted(times_ms))
        trials = len(ordered) + unfinished
        all_known = bool(ordered) and not unfinished
        return cls(
            name,
            trials,
            math.fsum(ordered) / trials if all_known else None,
            ordered[-1] if all_known else None,
            tuple((share, _time_of(ordered, share, trials)) for share in SHARES),
            ordered,
            unfinished,
        )

    @property
    def median_ms(self) -> float | None:
        """Half of the trials were at most this long."""
        return self.quantile(0.5)

    @property
    def standard_error_ms(self) -> float | None:
        """By how much the mean of another such run would typically differ; None for a curve from a figure."""
        if len(self.times_ms) < 2 or self.mean_ms is None:
            return None
        squares = math.fsum((time_ms - self.mean_ms) ** 2 for time_ms in self.times_ms)
        return math.sqrt(squares / (self.trials - 1) / self.trials)

    def quantile(self, share: float) -> float | None:
        """The time that this share of the trials did not exceed, e.g. 0.9; None if the curve does not know."""
        if self.times_ms:
            return _time_of(self.times_ms, share, self.trials)
        return dict(self.quantiles).get(share)

    def points(self) -> tuple[tuple[float, float], ...]:
        """(time in ms, share of trials with a leader by then), rising: the curve to draw, as steps or as a line."""
        if self.times_ms:
            return tuple((time_ms, (index + 1) / self.trials) for index, time_ms in enumerate(self.times_ms))
        known = tuple((time_ms, share) for share, time_ms in self.quantiles if time_ms is not None)
        return known if self.max_ms is None else (*known, (self.max_ms, 1.0))

    def as_json(self) -> dict[str, Any]:
        """What `k8sedu raft experiment … --json` writes for one curve."""
        values: dict[str, Any] = {
            "quantiles": {f"{share:g}": time_ms for share, time_ms in self.quantiles},
            "mean": self.mean_ms,
            "max": self.max_ms,
            "trials": self.trials,
        }
        return values | ({"unfinished": self.unfinished} if self.unfinished else {})


def _time_of(ordered: Sequence[float], share: float, trials: int) -> float | None:
    """The smallest time that `share` of the trials reached."""
    rank = max(math.ceil(share * trials - 1e-9), 1)  # 0.1 * 30 is a little more than 3
    return ordered[rank - 1] if rank <= len(ordered) else None

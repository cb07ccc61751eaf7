"""What an experiment found: machines that were needed, trial by trial, and examinations that were made.

The experiments themselves are simulations (`borg.sim.experiments`); these are their results as values, which charts, tables and files read.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple


class Compaction(NamedTuple):
    """The machines that one way of packing needed, in each trial, and how many the cell had.

    >>> found = Compaction("hybrid", 100, tuple(range(60, 71)))
    >>> found.p90, found.lowest, found.highest, found.percent
    (69, 60, 70, 69.0)
    """

    name: str
    original: int
    needed: tuple[int, ...]

    @property
    def p90(self) -> int:
        """The 90th percentile over the trials: the result, as the paper takes it."""
        return percentile(self.needed, 90)

    @property
    def lowest(self) -> int:
        """The luckiest trial: the lower end of the error bar."""
        return min(self.needed)

    @property
    def highest(self) -> int:
        """The unluckiest trial: the upper end of the error bar."""
        return max(self.needed)

    @property
    def percent(self) -> float:
        """The result in per cent of the original cell."""
        return round(100 * self.p90 / self.original, 1)


class SwitchCount(NamedTuple):
    """How many examinations one setting of the switches took, from scratch and in later passes, and how well it packed."""

    name: str
    scratch: int
    online: int
    placed: int
    cpu_percent: float


def compaction_table(found: Sequence[Compaction]) -> str:
    """The results as text, one line each."""
    lines = [f"{'':<24}{'machines':>9}{'lowest':>8}{'highest':>9}{'of the cell':>13}"]
    lines += [f"{each.name:<24}{each.p90:>9}{each.lowest:>8}{each.highest:>9}{each.percent:>11.1f} %" for each in found]
    return "\n".join(lines)


def switches_table(found: Sequence[SwitchCount]) -> str:
    """The counts as text, one line each."""
    lines = [f"{'':<26}{'from scratch':>14}{'later passes':>14}{'placed':>9}{'cpu placed':>12}"]
    lines += [f"{each.name:<26}{each.scratch:>14,}{each.online:>14,}{each.placed:>9,}{each.cpu_percent:>10.1f} %" for each in found]
    return "\n".join(lines)


def as_json(experiment: str, found: Sequence[Compaction] | Sequence[SwitchCount], *, seed: int, assumptions: Any) -> str:
    """The results with the assumptions behind them, as JSON."""
    rows = [{**each._asdict(), **({"p90": each.p90} if isinstance(each, Compaction) else {})} for each in found]
    told = {"experiment": experiment, "seed": seed, "assumptions": assumptions._asdict(), "results": rows}
    return json.dumps(told, indent=2, allow_nan=False) + "\n"


def percentile(numbers: Sequence[int], percent: int) -> int:
    """The smallest number that at least so many per cent of them do not exceed (nearest rank): of eleven, the 90th is the tenth.

    >>> percentile(range(1, 12), 90), percentile([4], 90)
    (10, 4)
    """
    rank = -(-len(numbers) * percent // 100)
    return sorted(numbers)[rank - 1]

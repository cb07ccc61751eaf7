from __future__ import annotations

import json
from pathlib import Path

from k8sedu.raft.paper_curves import FIGURE_16, PAPER, WIDE_AREA

FIGURES = json.loads((Path(__file__).parent.parent / "conformance/raft/election_curves.json").read_text())


def test_the_curves_are_those_of_the_figures() -> None:
    """Every quantile in the module is the digitised one."""
    seen = 0
    for group, curves in FIGURES.items():
        for name, figure in curves.items() if isinstance(curves, dict) else ():
            if name == "mean_ms":
                continue
            ours = PAPER[f"{name}_{group.split('_')[1]}" if group.startswith("wan") else name]
            expected = {float(share): time_ms for share, time_ms in figure["quantiles"].items()}
            differing = {share for share, time_ms in expected.items() if abs((ours.quantile(share) or 0) - (time_ms or 0)) > 0.11}
            assert differing == set(), (group, name)
            seen += 1
    assert seen >= 11


def test_the_means_of_the_wide_area_curves_are_the_figures_markers() -> None:
    """The marked averages, three with equal and three with different logs."""
    means = [PAPER[name].mean_ms for name in WIDE_AREA]
    assert means == FIGURES["wan_same_logs"]["mean_ms"] + FIGURES["wan_diff_logs"]["mean_ms"]


def test_the_printed_numbers_come_out() -> None:
    """What the paper says in words: a median of 287 ms, worst cases of 513 and 152 ms, a mean of 35 ms."""
    assert set(PAPER) == {*FIGURE_16, *WIDE_AREA}
    told = (PAPER["150-155"].median_ms, PAPER["150-200"].max_ms, PAPER["12-24"].max_ms, PAPER["12-24"].mean_ms)
    assert [round(value or 0) for value in told] == [287, 512, 152, 35]

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

from k8sedu.borg.findings import Compaction, SwitchCount
from k8sedu.borg.views import compaction_chart, switches_chart

FOUND = [Compaction("epvm", 150, (101, 112, 105)), Compaction("hybrid", 150, (89, 96, 91)), Compaction("10 cells", 150, (141, 189, 165))]
COUNTS = [SwitchCount("all off", 2_801_234, 56_789, 1_100, 93.2), SwitchCount("all on", 31_234, 0, 1_100, 93.1)]


@pytest.mark.parametrize(
    ("language", "names"),
    [("en", ["E-PVM (spread)", "hybrid", "10 cells"]), ("zh", ["E-PVM（分散）", "混合（hybrid）", "10 个 cell"])],
)
def test_a_bar_per_way_with_its_percentile_and_whiskers(language: str, names: list[str]) -> None:
    """Bars are as long as the 90th percentile in per cent; whiskers reach from the luckiest to the unluckiest trial."""
    ax = compaction_chart(FOUND, language=language)
    assert [label.get_text() for label in ax.get_yticklabels()] == names
    assert [round(bar.get_width(), 1) for bar in ax.patches] == [each.percent for each in FOUND]
    ends = [segment[:, 0].tolist() for collection in ax.collections for segment in collection.get_segments()]
    assert ends == [[pytest.approx(100 * each.lowest / 150), pytest.approx(100 * each.highest / 150)] for each in FOUND]
    plt.close(ax.figure)


def test_counts_stand_on_a_scale_of_tens() -> None:
    """Two bars per setting, each with its number beside it."""
    ax = switches_chart(COUNTS, language="en")
    assert ax.get_xscale() == "log"
    assert [text.get_text() for text in ax.texts] == ["2,801,234", "31,234", "56,789", "0"]
    plt.close(ax.figure)

"""Laws of the packing charts: a curve and a name per policy, and the published means beside them."""

from __future__ import annotations

import matplotlib.pyplot as plt
import pytest

from k8sedu.workload import packing
from k8sedu.workload.packing import Mean
from k8sedu.workload.packing.views import allocation_chart, allocation_table

OURS = {
    policy: Mean(policy, 2, {90: 90.0, 100: 91.0 + number, 130: 92.0 + number}, {90: 0.0, 100: 0.1, 130: 0.2})
    for number, policy in enumerate(packing.POLICIES)
}
THEIRS = {"bestfit": Mean("bestfit", 10, {100: 94.5, 130: 95.0}, {100: 0.1, 130: 0.1})}


def test_the_table_has_a_row_per_policy_and_the_gap() -> None:
    """Ours minus theirs, where there is a published mean."""
    table = allocation_table(OURS, published=THEIRS)
    assert list(table.index) == list(packing.POLICIES)
    assert table.loc["bestfit", "100 % gap"] == pytest.approx(0.5)
    assert table["130 % published"].count() == 1


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chart_names_every_curve(language: str) -> None:
    """With its last value; published means are rings."""
    ax = allocation_chart(OURS, published=THEIRS, language=language)
    texts = [text.get_text() for text in ax.texts]
    assert sum(f"{mean.allocation[130]:.1f}" in text for mean in OURS.values() for text in texts) == len(OURS)
    assert [line.get_marker() for line in ax.lines].count("o") == 1
    plt.close(ax.figure)  # type: ignore[arg-type]  # a figure of its own

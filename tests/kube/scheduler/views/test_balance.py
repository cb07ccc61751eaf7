"""Laws of the picture of two profiles: the same numbers as the comparison, and neither side is favoured."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from matplotlib import pyplot as plt

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.comparison import Comparison
from k8sedu.kube.scheduler.views import imbalance_chart, imbalance_table


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def compared(nodes: int) -> Comparison:
    """Pods of one size on empty nodes, spread out and packed."""
    cluster = scheduler.Cluster([sketch.node(f"n{n}") for n in range(nodes)])
    pods = [sketch.pod(f"web-{n}", cpu="1", memory="1Gi") for n in range(nodes)]
    return scheduler.compare(scheduler.default_profile(), scheduler.most_allocated(), cluster, pods)


def test_bars_are_as_long_as_nodes_are_full() -> None:
    """One profile to the left, the other to the right, cpu and memory of each node."""
    found = compared(4)
    bars: list[Any] = list(imbalance_chart(found).patches)
    lengths = sorted(round(bar.get_width(), 6) for bar in bars if bar.get_width())
    taken = [(sign * side.taken[resource][node]) for side, sign in zip(found.sides, (-1, 1), strict=True)
             for resource in ("cpu", "memory") for node in found.one.pods]  # fmt: skip
    assert lengths == sorted(round(value, 6) for value in taken if value)


def test_many_nodes_are_curves() -> None:
    """Sorted, so that flat is even and steep is packed."""
    ax = imbalance_chart(compared(30))
    assert len(ax.lines) == 4
    for line in ax.lines:
        heights: Any = line.get_ydata()
        assert list(heights) == sorted(heights, reverse=True)


def test_both_languages() -> None:
    """Title and labels follow the reader."""
    found = compared(4)
    titles = [imbalance_chart(found, language=code).get_title(loc="left") for code in ("en", "zh")]
    assert titles[0].startswith("3 of 4 pods go elsewhere")
    assert titles[1].startswith("4 个 Pod 中 3 个去向不同")


def test_the_table_has_a_row_per_resource_and_profile() -> None:
    """Packed nodes deviate more, and leave some empty."""
    table = imbalance_table(compared(4))
    assert list(table.columns) == ["mean", "deviation", "least", "most", "empty_nodes", "pending"]
    assert table.loc[("cpu", "default-scheduler"), "deviation"] == 0
    assert tuple(table.loc[("cpu", "most-allocated"), ["most", "empty_nodes"]]) == (100, 3)

"""Laws of the heat map and the tables beside it: the numbers of the explanation, and reasons where there are none."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from matplotlib import pyplot as plt

from k8sedu.kube.scheduler.explain import Explanation
from k8sedu.kube.scheduler.views import filter_table, heat_map, score_table, verdict_table


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.mark.parametrize("values", ["raw", "normalized", "weighted"])
def test_each_cell_holds_its_number(placed: Explanation, values: str) -> None:
    """Every score and every total of a feasible node stands in the map."""
    ax = heat_map(placed, values)  # type: ignore[arg-type]  # pytest gives a str
    told = [text.get_text() for text in ax.texts]
    for column in getattr(placed, values).values():
        assert all(str(score) in told for score in column.values())
    assert all(str(total) in told for total in placed.totals.values())


def test_a_refused_node_has_its_reason_instead(placed: Explanation) -> None:
    """In few words, in the reader's language."""
    english, chinese = (" ".join(text.get_text() for text in heat_map(placed, language=code).texts) for code in ("en", "zh"))
    assert "too little cpu" in english
    assert "cordoned" in english
    assert "cpu 不足" in chinese


def test_a_pending_pod_has_a_map_of_reasons(pending: Explanation) -> None:
    """Where no node passes, nobody has a score."""
    ax = heat_map(pending)
    assert ax.get_title(loc="left") == "vip: no node passes"
    assert "total" not in [label.get_text() for label in ax.get_xticklabels()]


def test_the_verdicts_are_a_table(placed: Explanation) -> None:
    """A row per node: passes, or who refuses it and why, as the system writes it."""
    table = verdict_table(placed)
    assert list(table.index) == list(placed.nodes)
    assert tuple(table.loc["n3"]) == ("Unschedulable", "NodeResourcesFit", "Insufficient cpu")
    assert table.verdict[placed.node] == "passes"


def test_scores_add_up_to_the_total(placed: Explanation) -> None:
    """Weighted columns sum to the last one; the best node stands first."""
    table = score_table(placed)
    assert (table.drop(columns="total").sum(axis=1) == table.total).all()
    assert table.index[0] == placed.node
    assert str(table.dtypes.unique()[0]) == "int64"
    assert list(score_table(placed, "raw").columns) == list(score_table(placed, "normalized").columns) == list(table.columns[:-1])


def test_each_filter_speaks_for_itself(placed: Explanation) -> None:
    """A node may be refused by several; the table shows all of them, the verdict the first."""
    table = filter_table(placed)
    for name, status in placed.verdicts.items():
        if not status.is_success:
            assert table.loc[name, status.plugin] == ", ".join(status.reasons)
        else:
            assert set(table.loc[name]) == {""}

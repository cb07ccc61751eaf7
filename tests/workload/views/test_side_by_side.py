"""Laws of the comparison's charts: every run is there, what they show is what the traces say, and nothing overlaps."""

from __future__ import annotations

from itertools import pairwise

import matplotlib.pyplot as plt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.stage import charts
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload import views
from k8sedu.workload.views.labels import spread
from k8sedu.workload.views.side_by_side import ComparisonError, half_full_us, machine_shares

JOB = Frozen(user="ann", priority=100, tasks=4, request=Frozen(cpu=1000), arrival_ms=0, duration_ms=None)
MACHINE = Frozen(capacity=Frozen(cpu=4000), attributes=Frozen())


def run(*where: str) -> Trace:
    """Four tasks that are placed one second after the other, on these machines; the second one ends at 6 s."""
    steps = [Step(0, 0, "submit", "ann", Frozen(job="a", priority=100), None)]
    for number, machine in enumerate(where):
        steps.append(Step(len(steps), (number + 1) * 1_000_000, "place", "master", Frozen(task=f"a/{number}", machine=machine), None))
    steps.append(Step(len(steps), 6_000_000, "finish", "m1", Frozen(task="a/1", machine=where[1]), None))
    parameters = Frozen(machines=Frozen(m1=MACHINE, m2=MACHINE), jobs=Frozen(a=JOB), faults=("at 3000 crash m2", "at 4000 crash master"))
    return Trace("mesos", 0, parameters, tuple(steps))


RUNS = {"spread": run("m1", "m2", "m1", "m2"), "packed": run("m1", "m1", "m1", "m1")}


@pytest.fixture(autouse=True)
def closed() -> object:
    """No figure is left open."""
    yield
    plt.close("all")


def test_shares_are_those_of_the_instant() -> None:
    """Spread leaves equal machines, packing a full and an empty one; who has ended counts no more."""
    assert list(machine_shares(RUNS["spread"], 4_500_000, "cpu")) == [0.5, 0.5]
    assert list(machine_shares(RUNS["packed"], 4_500_000, "cpu")) == [1.0, 0.0]
    assert list(machine_shares(RUNS["spread"], 6_000_000, "cpu")) == [0.5, 0.25]
    assert list(machine_shares(RUNS["spread"], 0, "gpu")) == []


def test_the_packing_chart_looks_where_half_is_in_use() -> None:
    """Four of eight cores are, from the fourth second on; where it is never half, the fullest instant counts."""
    assert half_full_us(RUNS) == 4_000_000
    assert half_full_us({"one": run("m1", "m2")}) == 2_000_000


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_page_shows_every_run(language: str, theme: str) -> None:
    """Each name stands in each chart, failures are marked, and the page saves."""
    figure = views.comparison(RUNS, language=language, theme=theme)  # type: ignore[arg-type]  # one of the two themes
    texts = [text.get_text() for ax in figure.findobj(plt.Axes) for text in ax.texts]  # type: ignore[attr-defined]  # axes have texts
    assert all(sum(text.startswith(name) for text in texts) == 3 for name in RUNS)
    assert any(text.strip().startswith("m2 ×") for text in texts)
    assert any(text.strip().startswith("master ×" if language == "en" else "主控 ×") for text in texts)
    assert len(charts.svg(figure)) > 10_000


def test_no_run_is_a_sentence() -> None:
    """There is nothing to lay side by side."""
    for chart in (views.comparison, views.packing_chart, views.utilisation_lines, views.waits_by_priority):
        with pytest.raises(ComparisonError, match="met no run"):
            chart({})


@given(heights=st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_names_stand_apart_and_in_order(heights: list[float]) -> None:
    """Whatever the lines, no two names overlap, the order is that of the lines, and all stay within the chart."""
    placed = spread(heights, apart=5.0, low=0, high=100)
    ranked = [placed[place] for place in sorted(range(len(heights)), key=lambda place: heights[place])]
    assert all(upper - lower >= 5 - 1e-3 for lower, upper in pairwise(ranked))
    assert max(placed) <= 100 + 1e-6

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from k8sedu.raft.curves import Curve
from k8sedu.raft.paper_curves import PAPER
from k8sedu.raft.views.cdf import election_cdf
from k8sedu.stage import charts


def curve(name: str, low_ms: float, high_ms: float, trials: int = 40) -> Curve:
    """Elections spread evenly between two times."""
    return Curve.measured(name, [low_ms + (high_ms - low_ms) * trial / trials for trial in range(trials)])


OURS = [curve("150-300", 110, 300), curve("12-24", 18, 60)]


def test_our_curve_lies_above_the_papers() -> None:
    """A name that the paper has brings the paper's curve: broad, and below ours."""
    ax = election_cdf(OURS)
    lines = [line for line in ax.lines if len(line.get_xdata()) > 1]
    broad, thin = lines[: len(OURS)], lines[len(OURS) :]
    assert len(thin) == len(OURS)
    assert all(below.get_linewidth() > 3 * above.get_linewidth() for below, above in zip(broad, thin, strict=True))
    assert all(below.get_zorder() < above.get_zorder() for below, above in zip(broad, thin, strict=True))
    assert list(broad[0].get_xdata()) == [time_ms for time_ms, _ in PAPER["12-24"].points()]


def test_the_papers_curves_may_be_left_out_or_chosen() -> None:
    """`paper=()` draws ours alone; `paper=[…]` draws what is given."""
    for paper, count in ((), 0), ([PAPER["150-155"]], 1):
        lines = [line for line in election_cdf(OURS, paper=paper).lines if len(line.get_xdata()) > 1]
        assert len(lines) == len(OURS) + count


def test_every_curve_is_named_at_its_own_line() -> None:
    """The name of a curve stands at a point of it, and two names do not cover each other."""
    crowded = [curve(f"150-{151 + number}", 100 + number, 300 + number) for number in range(5)]
    ax = election_cdf(crowded, paper=())
    placed = {text.get_text(): text.xy for text in ax.texts}
    assert set(placed) == {one.name for one in crowded}
    for one in crowded:
        time_ms, share = placed[one.name]
        assert one.quantile(share) == time_ms
    shares = [share for _, share in placed.values()]
    assert len(set(shares)) == len(shares)


def test_curves_of_very_different_speed_share_a_logarithmic_axis() -> None:
    """From 25 : 1 on the axis is logarithmic; else it begins at 0."""
    assert election_cdf(OURS, paper=()).get_xscale() == "linear"
    assert election_cdf([*OURS, curve("150-151", 200, 9_000)], paper=()).get_xscale() == "log"


def test_results_of_an_experiment_may_be_given_as_they_are() -> None:
    """A mapping of names to curves draws the same as the curves."""
    mapping = {one.name: one for one in OURS}
    assert charts.svg(election_cdf(mapping)) == charts.svg(election_cdf(OURS))


def test_a_curve_without_an_end_is_drawn_too() -> None:
    """Trials that found no leader leave an empty chart, not an error."""
    livelock = Curve.measured("150-150", [], unfinished=5)
    assert "No election" in election_cdf([livelock], paper=()).get_title(loc="left")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_chart_draws_on_the_axes_given(language: str) -> None:
    """With `ax=` it draws there and says so in the chosen language."""
    ax = Figure(figsize=(5, 4)).add_subplot()
    assert election_cdf(OURS, ax=ax, language=language) is ax
    assert ("ms" if language == "en" else "毫秒") in ax.get_xlabel()

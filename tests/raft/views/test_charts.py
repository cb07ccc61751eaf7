from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import Any

import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, Rectangle

from k8sedu import raft
from k8sedu.raft.views.charts import ARROWS_MAX, LETTERS_MAX, commit_timeline, message_lanes, term_timeline
from k8sedu.raft.views.spans import NoFramesError, flights, names, reigns
from k8sedu.stage import charts
from k8sedu.stage.theme import colour
from k8sedu.trace import Trace

CHARTS = [term_timeline, message_lanes, commit_timeline]


@cache
def run() -> Trace:
    """A leader crashes and comes back, one server pauses, the network falls apart for a while."""
    faults = ["at 900 crash n5", "at 1300 restart n5", "at 1500 partition n1 n2 | n3 n4 n5 until 1700", "at 1800 pause n2 until 1900"]
    return raft.simulate(size=5, seed=7, duration_ms=2_000, clients=1, faults=faults)


def written(ax: Axes) -> list[str]:
    """All words on the chart, the title first."""
    return [ax.get_title(loc="left"), *(text.get_text() for text in ax.texts), *(label.get_text() for label in ax.get_yticklabels())]


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize(("language", "theme"), [("en", "light"), ("zh", "dark")])
def test_a_chart_is_the_same_bytes_every_time(chart: Any, language: str, theme: str) -> None:
    """The same run gives the same SVG, twice in a row, in each language and on each paper."""
    first, second = (charts.svg(chart(run(), end_ms=400, language=language, theme=theme)) for _ in range(2))
    assert first == second
    assert colour("paper", theme).lower() in first.lower()  # type: ignore[arg-type]


@pytest.mark.parametrize("chart", CHARTS)
def test_a_chart_draws_on_the_axes_given(chart: Any) -> None:
    """With `ax=` it draws there, leaves the figure's size alone, and gives the same Axes back."""
    figure = Figure(figsize=(5, 4))
    ax = figure.add_subplot()
    assert chart(run(), ax=ax, end_ms=400) is ax
    assert tuple(figure.get_size_inches()) == (5, 4)


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_words_of_a_chart_do_not_cover_each_other(chart: Any, language: str) -> None:
    """Measured by the renderer itself, no word lies upon another, and none leaves the figure."""
    ax = chart(run(), end_ms=1_000 if chart is message_lanes else None, language=language)
    figure = ax.get_figure(root=True)
    figure.set_dpi(100)
    charts.svg(ax)
    texts = [*(text for text in ax.texts if text.get_text() and len(text.get_text()) > 1), *ax.get_yticklabels(), ax.title, ax._left_title]
    boxes = [(text.get_text(), text.get_window_extent()) for text in texts if text.get_text()]
    for (one, box), (other, second) in combinations(boxes, 2):
        overlap = min(box.x1, second.x1) - max(box.x0, second.x0), min(box.y1, second.y1) - max(box.y0, second.y0)
        assert min(overlap) <= 1, (one, other)
    for text, box in boxes:
        assert figure.bbox.x0 <= box.x0, text
        assert box.x1 <= figure.bbox.x1, text
        assert box.y1 <= figure.bbox.y1, text


def test_the_name_of_a_late_moment_stays_beside_its_chart() -> None:
    """What happens shortly before the end is named to the left, so that it does not run into the names of the lines."""
    late = raft.simulate(size=3, seed=2, duration_ms=1_000, faults=["at 995 partition n1 | n2 n3"])
    ax = commit_timeline(late)
    name = next(text for text in ax.texts if text.get_text() == "partition")
    assert name.get_horizontalalignment() == "right"


def test_term_timeline_fills_exactly_the_reigns_of_leaders() -> None:
    """A full band in its term's colour stands for each leader, and nobody else has one."""
    ax = term_timeline(run())
    full = [patch for patch in ax.patches if isinstance(patch, Rectangle) and patch.get_height() > 0.7 and not patch.get_hatch()]
    lanes = {name: lane for lane, name in enumerate(names(run()))}
    expected = {(lanes[reign.leader], colour(f"term-{reign.term}").lower()) for reign in reigns(run())}
    assert {(round(patch.get_y() + patch.get_height() / 2), to_hex(patch.get_facecolor())) for patch in full} == expected


def test_term_timeline_marks_faults_where_they_happen() -> None:
    """The crash has a cross in its server's lane at its time; the partition is named above all lanes."""
    ax = term_timeline(run())
    marks = [(float(line.get_xdata()[0]), int(line.get_ydata()[0])) for line in ax.lines if len(line.get_xdata()) == 1]
    assert (900.0, 4) in marks
    assert (1_300.0, 4) in marks
    assert {"partition", "healed"} <= set(written(ax))


def test_message_lanes_draw_every_message_of_the_window_once() -> None:
    """As many arrows as there were messages in the air; crossed arrows are the lost ones."""
    ax = message_lanes(run(), start_ms=1_480, end_ms=1_560)
    flown = flights(run(), start_us=1_480_000, end_us=1_560_000)
    assert sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches) == len(flown)
    assert len(flown) <= ARROWS_MAX
    crosses = [line for line in ax.lines if line.get_marker() == "x"]
    assert len(crosses) == sum(flight.is_lost for flight in flown) > 0


def test_message_lanes_carry_letters_only_when_there_is_room() -> None:
    """A short stretch shows the letter of each message, the whole run shows none."""
    election = run().where("election_timeout")[0].time_ms
    assert "V" in written(message_lanes(run(), start_ms=election - 1, end_ms=election + 8))
    assert len(flights(run())) > LETTERS_MAX
    assert "V" not in written(message_lanes(run()))


def test_message_lanes_of_a_long_run_are_thin_lines() -> None:
    """With too many messages for arrows, there is still one line for each."""
    flown = flights(run())
    assert len(flown) > ARROWS_MAX
    threads = [line for collection in message_lanes(run()).collections for line in collection.get_segments()]
    assert len(threads) == len(flown)


def test_commit_timeline_ends_where_the_servers_stand() -> None:
    """Each server is named at its last commit index, a few pixels aside."""
    ax = commit_timeline(run())
    frame = run()[-1].frame
    assert frame is not None
    placed = {text.get_text(): text.get_position()[1] for text in ax.texts if text.get_text() in frame.nodes}
    assert set(placed) == set(frame.nodes)
    top = max(node.commit_index for node in frame.nodes.values())
    assert all(abs(placed[name] - node.commit_index) < 0.2 * top for name, node in frame.nodes.items())


@pytest.mark.parametrize("chart", CHARTS)
def test_a_run_that_only_counted_cannot_be_charted(chart: Any) -> None:
    """A run without frames is refused with one sentence."""
    with pytest.raises(NoFramesError, match="frames=True"):
        chart(raft.simulate(size=3, seed=1, duration_ms=300, frames=False))


@pytest.mark.parametrize("chart", CHARTS)
@pytest.mark.parametrize("size", [1, 2, 9])
def test_a_group_of_any_size_has_charts(chart: Any, size: int) -> None:
    """One server, two and nine are drawn like five."""
    assert written(chart(raft.simulate(size=size, seed=2, duration_ms=700, faults=["at 650 request x=1"])))[0]

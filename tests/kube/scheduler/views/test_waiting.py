"""Laws of the queue over time: stretches follow each other without a gap, and backoffs are as long as the queue says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from matplotlib import pyplot as plt

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.views import backoff_table, queue_timeline
from k8sedu.kube.scheduler.views.waiting import QueueViewError, spans
from k8sedu.trace import Frozen, Trace


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def trace() -> Trace:
    """One node; a pod that fits, and one that fits when something changes, which happens again and again in vain."""
    arrivals: list[Any] = [(100, sketch.pod("first", cpu="3")), (200, sketch.pod("large", cpu="4"))]
    arrivals += [(300 + 10 * n, sketch.pod(f"small-{n}", cpu="100m")) for n in range(4)]
    changes = [f"at {1_000 + 700 * n} delete small-{n}" for n in range(4)]
    return scheduler.simulate(objects=[sketch.node("n1")], arrivals=arrivals, changes=changes, duration_ms=20_000, release="1.32")


def test_a_pod_is_in_one_place_at_a_time(trace: Trace) -> None:
    """Its stretches touch each other, and none is empty."""
    by_pod: dict[str, list[Any]] = {}
    for span in spans(trace):
        by_pod.setdefault(span.pod, []).append(span)
    assert len(by_pod) == 6
    for found in by_pod.values():
        assert all(span.start_us < span.end_us for span in found)
        assert all(left.end_us == right.start_us and left.state != right.state for left, right in pairwise(found))


def test_stretches_are_what_the_frames_say(trace: Trace) -> None:
    """At every step a pod that waits is in the queue that the frame names."""
    found = spans(trace)
    for step, after in pairwise(trace):
        assert step.frame is not None
        for entry in step.frame.more.queue if after.time_us > step.time_us else ():
            (span,) = [span for span in found if span.pod == entry.pod and span.start_us <= step.time_us < span.end_us]
            assert span.state == entry.queue


def test_the_lanes_are_those_that_waited_longest(trace: Trace) -> None:
    """In the order in which the pods came, with a tick for each attempt; both languages."""
    ax = queue_timeline(trace, pods=3)
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert len(names) == 3
    assert "large" in names
    ticks: Any = ax.collections[0]
    shown = {f"default/{name}" for name in names}
    assert len(ticks.get_offsets()) == sum(step.detail.pod in shown for step in trace.where("pop"))
    assert queue_timeline(trace, language="zh").get_title(loc="left").startswith("失败的 Pod 要等待")


@pytest.mark.parametrize("code", ["en", "zh"])
def test_the_key_does_not_squeeze_the_chart(trace: Trace, code: str) -> None:
    """Even of a single lane the time axis takes most of the figure's width; its label follows the language."""
    ax = queue_timeline(trace, pods=1, language=code)
    figure = ax.get_figure(root=True)
    assert figure is not None
    figure.canvas.draw()
    assert ax.get_position().width > 0.75
    assert ax.get_xlabel() == {"en": "time (ms)", "zh": "时间（毫秒）"}[code]


def test_the_table_has_a_row_per_stretch(trace: Trace) -> None:
    """Pod, queue, since when, how long, after how many attempts."""
    table = backoff_table(trace)
    assert list(table.columns) == ["pod", "queue", "from_s", "seconds", "attempts"]
    large = table[table.pod == "large"]
    assert large.queue.iloc[-1] == "unschedulable"
    assert large.attempts.max() >= 2


def test_it_wants_a_run_with_frames() -> None:
    """Anything else is refused in one sentence."""
    with pytest.raises(QueueViewError, match=r"expected one of kube\.scheduler\.simulate with frames"):
        queue_timeline(Trace("borg", 0, Frozen(), ()))
    bare = scheduler.simulate(objects=[sketch.node("n1")], arrivals=[(100, sketch.pod("a"))], duration_ms=1_000, frames=False)
    with pytest.raises(QueueViewError):
        backoff_table(bare)

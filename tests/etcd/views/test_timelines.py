from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import pytest

from k8sedu import etcd
from k8sedu.etcd.views import points, received, term_revision_timeline, watch_lanes
from k8sedu.trace import Trace


@pytest.fixture(scope="module")
def run() -> Trace:
    """A cluster that loses its leader twice, with two writers and two watchers."""
    faults = ["at 6000 crash n1", "at 9000 restart n1", "at 11000 crash n3", "at 14000 restart n3"]
    return etcd.simulate(seed=7, duration_ms=20_000, clients=etcd.Clients(writers=2, watchers=2), faults=faults)


def test_the_revision_only_grows(run: Trace) -> None:
    """Along a run neither term nor revision ever falls, and a revision is never skipped."""
    found = points(run)
    assert len({point.term for point in found}) >= 2
    assert all(a.term <= b.term and a.revision <= b.revision <= a.revision + 1 for a, b in pairwise(found))


def test_the_chart_shows_every_point(run: Trace) -> None:
    """One line per term, and together they hold every point; the title tells how many terms there were."""
    axes = term_revision_timeline(run, language="en")
    found = points(run)
    assert len(axes.lines) == len({point.term for point in found})
    assert sum(len(line.get_xdata()) - 1 for line in axes.lines) == len(found)  # type: ignore[arg-type]  # a list of numbers
    assert axes.get_title(loc="left").strip() == f"Through {len(axes.lines)} terms the revision only grows, to {found[-1].revision}"
    assert term_revision_timeline(run, ax=axes, language="zh").get_title(loc="left").startswith("经过")
    plt.close("all")


@pytest.mark.conformance("etcd/cluster/expected.json")
def test_a_real_cluster_in_the_same_chart(conformance_path: Path) -> None:
    """What a real cluster answered is drawn as it is: five terms of leaders, and a revision that only grows."""
    responses = json.loads(conformance_path.read_text(encoding="utf-8"))["responses"]
    found = points(responses)
    assert [point.revision for point in found] == [response["revision"] for response in responses]
    assert len(term_revision_timeline(responses).lines) == len({response["raft_term"] for response in responses})
    plt.close("all")


def test_watchers_receive_each_revision_once(run: Trace) -> None:
    """The lanes show, for every watcher, the store's revisions without a gap and without a repetition."""
    news = received(run)
    for client in sorted({row.client for row in news}):
        told = [(row.first, row.last) for row in news if row.client == client]
        assert all(before[1] < after[0] for before, after in pairwise(told))
    axes = watch_lanes(run, language="en")
    assert [label.get_text() for label in axes.get_yticklabels()] == ["store", *sorted({row.client for row in news})]
    plt.close("all")

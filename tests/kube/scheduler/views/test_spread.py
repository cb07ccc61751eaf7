"""Laws of the picture of spread: every pod is in its zone, and the skew is the plugin's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from matplotlib import pyplot as plt

from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.views import spread_chart, spread_of, spread_table
from k8sedu.kube.scheduler.views.spread import Spread


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    yield
    plt.close("all")


def test_pods_are_counted_by_zone(cluster: scheduler.Cluster) -> None:
    """Only those of the selector and the namespace; a node without the label belongs to no zone."""
    spread = spread_of(cluster, {"app": "web"})
    assert spread.counts == {"a": 0, "b": 0, "c": 2}
    assert (spread.skew, spread.outside) == (2, ("n7",))
    assert spread_of(cluster, "app=web").counts == spread.counts
    assert spread_of(cluster).counts == {"a": 1, "b": 1, "c": 2}
    assert spread_of(cluster, namespace="shop").skew == 0


def test_what_the_picture_allows_the_plugin_allows(cluster: scheduler.Cluster) -> None:
    """The zones that may take the next pod, as the remark says, are those that the filter lets pass."""
    constraint = {"maxSkew": 1, "topologyKey": sketch.ZONE, "whenUnsatisfiable": "DoNotSchedule",
                  "labelSelector": {"matchLabels": {"app": "web"}}}  # fmt: skip
    pod = sketch.pod("web-1", labels={"app": "web"}, topologySpreadConstraints=[constraint])
    verdicts = scheduler.explain(pod, cluster).filters["PodTopologySpread"]
    allowed = sorted({cluster.table.node(name).labels.get(sketch.ZONE, "") for name, status in verdicts.items() if status.is_success})
    remark = [text.get_text() for text in spread_chart(cluster, {"app": "web"}, max_skew=1).texts][-1]
    assert f"the next pod may go to {', '.join(allowed)}" in remark
    assert "without the label: n7" in remark


def test_a_tile_for_each_pod(cluster: scheduler.Cluster) -> None:
    """As many tiles as pods; of many nodes a zone becomes one block."""
    assert len(spread_chart(cluster, {"app": "web"}).patches) == 2
    many = Spread({zone: {f"{zone}{n}": ("p",) for n in range(30)} for zone in "ab"}, ())
    assert len(spread_chart(many).patches) == 2


def test_the_title_says_the_skew_in_both_languages(cluster: scheduler.Cluster) -> None:
    """A sentence that says what to see."""
    titles = [spread_chart(cluster, {"app": "web"}, language=code).get_title(loc="left") for code in ("en", "zh")]
    assert titles == ["2 pods over 3 zones: skew 2", "2 个 Pod 分布在 3 个区：偏差（skew）2"]
    assert "values of hostname" in spread_chart(cluster, topology_key=sketch.HOSTNAME).get_title(loc="left")


def test_the_table_has_a_row_per_node(cluster: scheduler.Cluster) -> None:
    """With its zone, its pods, the pods of the zone, and how far that is ahead."""
    table = spread_table(cluster, {"app": "web"})
    assert list(table.columns) == ["domain", "pods", "domain_pods", "skew"]
    assert tuple(table.loc["n5"]) == ("c", 1, 2, 2)

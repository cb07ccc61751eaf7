from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import Cluster, PluginError, default_profile, explain, filter_plugin, schedule, score_plugin
from k8sedu.kube.scheduler.own_plugins import checked_rejections
from k8sedu.kube.scheduler.plugins.plugin import Plugin


def cluster() -> Cluster:
    there = {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}
    return Cluster(
        Node.of({"metadata": {"name": name, "labels": {"disk": disk}}, "status": there})
        for name, disk in (("a", "hdd"), ("b", "ssd"), ("c", "ssd"))
    )


POD = Pod.of({"metadata": {"name": "web", "labels": {"team": "x"}}, "spec": {"containers": [{"name": "c"}]}})


def test_a_function_in_a_cell_becomes_a_filter_and_a_score() -> None:
    """The pod and the columns of nodes go in, a column comes out, and the plugin stands in the explanation."""

    @filter_plugin("SsdForX", reason="node(s) had no ssd")
    def ssd_for_x(pod: Any, nodes: Any) -> Any:
        """Team x wants fast disks."""
        return (nodes.labels("disk") == "ssd") | (pod.labels.get("team") != "x")

    @score_plugin("LastLetter", weight=7, normalize="stretched")
    def last_letter(pod: Any, nodes: Any) -> Any:
        return np.array([ord(name[-1]) for name in nodes.names])

    found = explain(POD, cluster(), default_profile().with_plugin(ssd_for_x).with_plugin(last_letter))
    assert (found.node, found.verdicts["a"].reasons, found.verdicts["a"].plugin) == ("c", ("node(s) had no ssd",), "SsdForX")
    assert (dict(found.weighted["LastLetter"]), found.weights["LastLetter"]) == ({"b": 0, "c": 700}, 7)
    assert (ssd_for_x.__doc__, ssd_for_x.__name__) == ("Team x wants fast disks.", "ssd_for_x")


def test_without_normalising_the_scores_stand_as_they_are() -> None:
    """A score that is within 0 to 100 already needs nothing; the weight of the profile wins."""

    @score_plugin("Fifty", weight=2)
    def fifty(pod: Any, nodes: Any) -> Any:
        return np.full(len(nodes), 50)

    profile = default_profile().with_plugin(fifty, weight=3)
    assert set(explain(POD, cluster(), profile).weighted["Fifty"].values()) == {150}


SCORES = {
    "one value": (lambda pod, nodes: 7, "the plugin Own answered one value, expected a column with one place for each of the 3 nodes"),
    "too short": (lambda pod, nodes: np.zeros(2, dtype=int), r"answered a column of shape \(2,\), expected a column with one place"),
    "fractions": (lambda pod, nodes: nodes.pod_count / 3, "the score Own answered a column of float64, expected whole numbers; `//`"),
    "too much": (lambda pod, nodes: nodes.pod_count + 101, "the score Own answered 101 for the node a, expected 0 to 100; normalize="),
    "too little": (lambda pod, nodes: nodes.pod_count - 1, "the score Own answered -1 for the node a, expected 0 to 100"),
}


@pytest.mark.parametrize("case", SCORES.values(), ids=SCORES)
def test_a_score_that_nobody_can_use(case: Any) -> None:
    """The sentence names the plugin, what it answered, and what was expected."""
    function, sentence = case
    with pytest.raises(PluginError, match=sentence):
        schedule(POD, cluster(), default_profile().with_plugin(score_plugin("Own")(function)))


FILTERS = {
    "numbers": (lambda pod, nodes: nodes.pod_count, "the filter Own answered a column of int64, expected True or False for each node"),
    "one truth": (lambda pod, nodes: True, "the plugin Own answered one value, expected a column"),
}


@pytest.mark.parametrize("case", FILTERS.values(), ids=FILTERS)
def test_a_filter_that_nobody_can_use(case: Any) -> None:
    """A filter answers a truth per node."""
    function, sentence = case
    with pytest.raises(PluginError, match=sentence):
        schedule(POD, cluster(), default_profile().with_plugin(filter_plugin("Own")(function)))


def test_a_class_may_do_everything_and_is_checked_as_well() -> None:
    """A class with a method `filter` answers rejections, and a sentence tells if it does not."""

    class Wrong(Plugin):
        NAME = "Wrong"

        def filter(self, cycle: Any, nodes: Any) -> Any:
            """A list of something."""
            return [nodes.pod_count > 0]

    with pytest.raises(PluginError, match=r"the filter Wrong answered a list with a column of bool, expected Rejection"):
        schedule(POD, cluster(), default_profile().with_plugin(Wrong))
    with pytest.raises(PluginError, match="answered a dict, expected a list of Rejection"):
        checked_rejections("Own", {}, None)  # type: ignore[arg-type]  # what it is told is looked at first


def test_an_unknown_way_to_normalise() -> None:
    """The sentence lists those that there are."""
    with pytest.raises(PluginError, match="met normalize='max' for Own, expected one of scaled, reversed, stretched"):
        score_plugin("Own", normalize="max")

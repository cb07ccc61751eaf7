from __future__ import annotations

import pytest

from k8sedu.kube.fields import FieldError
from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.explain import explain
from k8sedu.kube.scheduler.plugins.node_name import NodeName
from k8sedu.kube.scheduler.profiles import ProfileError, default_profile, most_allocated, requested_to_capacity_ratio


def test_a_changed_profile_is_another_one() -> None:
    """Methods make changed profiles; the one they are called on stays."""
    profile = default_profile()
    changed = profile.without("ImageLocality").with_weight("NodeAffinity", 9).named("mine")
    assert ("ImageLocality" in profile.plugins, "ImageLocality" in changed.plugins) == (True, False)
    assert (profile.weight("NodeAffinity"), changed.weight("NodeAffinity"), changed.name) == (2, 9, "mine")


def test_packing_profiles() -> None:
    """With MostAllocated the fuller node wins, and along a shape whoever the shape prefers."""
    nodes = [Node.of({"metadata": {"name": name}, "status": {"allocatable": {"cpu": "4", "memory": "4Gi", "pods": "9"}}}) for name in "ab"]
    asks = {"containers": [{"name": "c", "resources": {"requests": {"cpu": "1", "memory": "1Gi"}}}]}
    cluster = Cluster([*nodes, Pod.of({"metadata": {"name": "first"}, "spec": {**asks, "nodeName": "b"}})])
    pod = Pod.of({"metadata": {"name": "second"}, "spec": asks})
    assert [explain(pod, cluster, profile).node for profile in (default_profile(), most_allocated())] == ["a", "b"]
    shaped = explain(pod, cluster, requested_to_capacity_ratio([(0, 0), (50, 10), (100, 0)], {"cpu": 3, "memory": 1}))
    assert dict(shaped.raw["NodeResourcesFit"]) == {"a": 50, "b": 100}


def test_what_cannot_be_is_told() -> None:
    """A plugin that is not there, a weight that makes no sense, an argument that nobody knows."""
    profile = default_profile()
    with pytest.raises(ProfileError, match="met the plugin 'NodeAfinity', did you mean 'NodeAffinity'"):
        profile.without("NodeAfinity")
    with pytest.raises(ProfileError, match="met a weight for NodeName, which does not score; expected one of TaintToleration"):
        profile.with_weight("NodeName", 2)
    with pytest.raises(ProfileError, match="met the weight 0 for ImageLocality, expected 1 or more"):
        profile.with_weight("ImageLocality", 0)
    with pytest.raises(ProfileError, match="met a second plugin NodeName, expected a new name"):
        profile.with_plugin(NodeName)
    with pytest.raises(FieldError, match=r"scoringStrategy\.type is .*Most.*expected one of LeastAllocated"):
        profile.with_args("NodeResourcesFit", {"scoringStrategy": {"type": "Most"}})
    with pytest.raises(FieldError, match=r"strategy is .* expected an argument of NodeResourcesFit"):
        profile.with_args("NodeResourcesFit", {"strategy": "MostAllocated"})

from __future__ import annotations

import json
from typing import Any

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.annotations import PREFIX, read
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.explain import explain


def node(name: str, **spec: Any) -> Node:
    return Node.of({"metadata": {"name": name}, "spec": spec, "status": {"allocatable": {"cpu": "4", "memory": "8Gi", "pods": "9"}}})


def pod(**spec: Any) -> Pod:
    return Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c"}], **spec}})


NAMES = {
    "bind-result", "filter-result", "finalscore-result", "permit-result", "permit-result-timeout", "postfilter-result", "prebind-result",
    "prefilter-result", "prefilter-result-status", "prescore-result", "reserve-result", "result-history", "score-result", "selected-node",
}  # fmt: skip


def test_the_simulators_annotations() -> None:
    """Numbers are texts, a filter that lets pass says passed, and the plugins stop at the first that rejects."""
    found = explain(pod(), Cluster([node("a"), node("b"), node("c", unschedulable=True)]))
    annotations = found.annotations()
    assert {name.removeprefix(PREFIX) for name in annotations} == NAMES
    told = read(annotations)
    assert told["filter-result"]["c"] == {"NodeUnschedulable": "node(s) were unschedulable"}
    assert told["filter-result"]["a"] == dict.fromkeys(found.filters, "passed")
    assert told["finalscore-result"]["a"]["TaintToleration"] == "300"
    assert told["score-result"]["a"]["TaintToleration"] == "0"
    assert told["prefilter-result-status"]["NodePorts"] == ""
    assert (told["selected-node"], told["bind-result"]) == ("a", {"DefaultBinder": "success"})
    (attempt,) = told["result-history"]
    assert attempt == {name: text for name, text in annotations.items() if not name.endswith("result-history")}


def test_a_pod_that_names_its_nodes_and_one_that_fits_nowhere() -> None:
    """Narrowing is told by plugin; without a node nothing is reserved or bound, and PostFilter speaks of every node."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["b"]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    told = read(explain(pod(affinity=affinity), Cluster([node("a"), node("b")])).annotations())
    assert (told["prefilter-result"], list(told["filter-result"]), told["score-result"]) == ({"NodeAffinity": ["b"]}, ["b"], {})
    told = read(explain(pod(), Cluster([node("a", unschedulable=True)])).annotations())
    assert (told["selected-node"], told["bind-result"], told["postfilter-result"]) == ("", {}, {"a": {}})


def test_the_place_that_preemption_clears_is_marked() -> None:
    """The nominated node says whose doing it was."""
    asks = [{"name": "c", "resources": {"requests": {"cpu": "3"}}}]
    small = Pod.of({"metadata": {"name": "old"}, "spec": {"nodeName": "a", "containers": asks}})
    found = explain(pod(priority=9, containers=asks), Cluster([node("a"), small]))
    assert json.loads(found.annotations()[f"{PREFIX}postfilter-result"]) == {"a": {"DefaultPreemption": "preemption victim"}}

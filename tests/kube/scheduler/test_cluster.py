from __future__ import annotations

from typing import Any

from k8sedu.kube.objects import Namespace, Node, Pod, Service
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.selectors import parse


def pod(name: str, node: str = "", phase: str = "", **metadata: Any) -> Pod:
    return Pod.of({"metadata": {"name": name, **metadata}, "spec": {"nodeName": node} if node else {}, "status": {"phase": phase}})


def test_pods_on_nodes_are_kept_and_all_others_are_not() -> None:
    """A pod without a node waits in the queue, one that has finished takes nothing, and one on an unknown node is no business here."""
    cluster = Cluster([pod("early", "n"), Node.of({"metadata": {"name": "n"}})])
    assert cluster.table.where("default/early") == "n"
    assert [cluster.add(each) for each in (pod("waits"), pod("done", "n", "Succeeded"), pod("lost", "m"), pod("runs", "n", "Running"))] == [
        False, False, False, True,
    ]  # fmt: skip
    cluster.update(pod("runs", "n", "Failed"))
    assert not cluster.table.has_pod("default/runs")


def test_objects_by_kind_and_name_and_what_is_remembered_about_them() -> None:
    """A change makes forget, and what is not known is not missed when it goes."""
    cluster, shop = Cluster(), Namespace.of({"metadata": {"name": "shop", "labels": {"team": "a"}}})
    cluster.add(shop)
    asked = [cluster.remember("q", lambda: cluster.namespaces(parse("team=a"))) for _ in range(2)]
    cluster.remove(shop)
    cluster.remove(shop)
    assert asked == [("shop",), ("shop",)]
    assert cluster.remember("q", lambda: cluster.namespaces(parse("team=a"))) == ()
    service = Service.of({"metadata": {"name": "web", "namespace": "shop"}})
    cluster.add(service)
    assert (cluster.get("Service", "shop/web"), cluster.all("Service"), cluster.get("Service", "web")) == (service, (service,), None)


def test_a_node_that_comes_again_has_changed() -> None:
    """Adding what is there already updates it; pods stay."""
    cluster = Cluster([Node.of({"metadata": {"name": "n"}}), pod("p", "n")])
    cluster.add(Node.of({"metadata": {"name": "n", "labels": {"a": "b"}}}))
    assert (cluster.table.node("n").labels, cluster.table.where("default/p")) == ({"a": "b"}, "n")
    cluster.remove(cluster.table.node("n"))
    assert len(cluster.table) == 0

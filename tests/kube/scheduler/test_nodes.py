from __future__ import annotations

import numpy as np

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.table import NodeTable


def table() -> NodeTable:
    made = NodeTable(
        Node.of({"metadata": {"name": name, "labels": labels}, "status": {"allocatable": {"cpu": cpu}}})
        for name, labels, cpu in (("gone", {}, "1"), ("a", {"disk": "ssd"}, "2"), ("b", {}, "4"), ("c", {"disk": "hdd"}, "8"))
    )
    made.remove_node("gone")
    made.add_pod(Pod.of({"metadata": {"name": "p", "namespace": "shop", "labels": {"app": "web"}}}), "b")
    return made


def test_columns_have_a_place_per_node_in_the_order_of_names() -> None:
    """Whatever the rows of the table are, a plugin sees its nodes side by side."""
    nodes = Nodes(table())
    assert nodes.names == ("a", "b", "c")
    assert nodes.allocatable("cpu").tolist() == [2000, 4000, 8000]
    assert nodes.labels("disk").tolist() == ["ssd", "", "hdd"]
    assert nodes.has_label("disk").tolist() == [True, False, True]
    assert nodes.pod_count.tolist() == [0, 1, 0]
    assert nodes.each(lambda node: len(node.labels)).tolist() == [1, 0, 1]


def test_some_nodes_in_another_order() -> None:
    """The rows that are asked for decide the order of every column."""
    made = table()
    nodes = Nodes(made, np.array([made.row("c"), made.row("a")]))
    assert (nodes.names, nodes.allocatable("cpu").tolist(), nodes.labels("disk").tolist()) == (("c", "a"), [8000, 2000], ["hdd", "ssd"])


def test_pods_are_counted_by_text_by_labels_and_by_namespace() -> None:
    """A selector may be what people type or what a Service has."""
    nodes = Nodes(table())
    assert nodes.matching_pods("app=web").tolist() == nodes.matching_pods({"app": "web"}, "shop").tolist() == [0, 1, 0]
    assert nodes.matching_pods("app=web", "default").tolist() == nodes.matching_pods({}).tolist() == [0, 0, 0]

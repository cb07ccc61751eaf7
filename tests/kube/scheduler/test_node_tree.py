"""Laws of the order of nodes: what the real scheduler answers, and that no node is lost or walked over twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.objects import Node
from k8sedu.kube.scheduler.node_tree import NodeTree, zone_key


def node(name: str, **labels: str) -> Node:
    wire = {f"topology.kubernetes.io/{key}": value for key, value in labels.items()}
    return Node.of({"metadata": {"name": name, "labels": wire}})


@pytest.mark.conformance("k8s/node_tree_order.json")
def test_the_order_is_the_real_one(conformance_path: Path) -> None:
    """Nodes that come in this order are walked over in that one."""
    for case in json.loads(conformance_path.read_text())["cases"]:
        tree = NodeTree()
        for found in case["nodes"]:
            tree.add(Node.of(found))
        assert tree.order() == case["expected"], case["name"]


def test_the_old_label_decides() -> None:
    """Where a node has both labels for its zone, the old one counts."""
    found = Node.of({"metadata": {"labels": {"failure-domain.beta.kubernetes.io/zone": "old", "topology.kubernetes.io/zone": "new"}}})
    assert zone_key(found) == ":\x00:old"


def test_a_node_that_moves_goes_to_the_end_of_its_new_zone() -> None:
    """An update without another zone changes nothing; with one the node stands last there, and an empty zone is forgotten."""
    tree = NodeTree()
    for name, zone in (("n1", "a"), ("n2", "b"), ("n3", "b")):
        tree.add(node(name, zone=zone))
    tree.update(node("n2", zone="b"))
    assert tree.order() == ["n1", "n2", "n3"]
    tree.update(node("n1", zone="b"))
    assert tree.order() == ["n2", "n3", "n1"]


CHANGES = st.lists(st.tuples(st.sampled_from(["add", "remove", "update"]), st.integers(0, 7), st.sampled_from(["", "a", "b"])), max_size=40)


@given(CHANGES)
def test_whatever_changes_the_books_agree(changes: list[tuple[str, int, str]]) -> None:
    """After any changes each node is in the order once, and the first nodes of all zones come before any second one."""
    tree, zones = NodeTree(), {}
    for what, number, zone in changes:
        name = f"n{number}"
        if what == "remove":
            tree.remove(name)
            zones.pop(name, None)
        elif what == "update" or name not in zones:
            getattr(tree, what)(node(name, zone=zone) if zone else node(name))
            zones[name] = zone
        tree.check()
    order = tree.order()
    assert sorted(order) == sorted(zones)
    several = len(dict.fromkeys(zones.values()))
    assert len({zones[name] for name in order[:several]}) == several

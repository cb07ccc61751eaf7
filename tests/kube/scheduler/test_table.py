from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, precondition, rule

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.neighbours import Condition, Question
from k8sedu.kube.scheduler.snapshot import Snapshot
from k8sedu.kube.scheduler.statuses import SchedulerError
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.selectors import parse


def node(name: str, cpu: int = 4, zone: str = "a") -> Node:
    return Node.of({"metadata": {"name": name, "labels": {"zone": zone}}, "status": {"allocatable": {"cpu": cpu, "pods": "110"}}})


def pod(name: str, cpu: int = 1, app: str = "web", **affinity: Any) -> Pod:
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu, "example.com/gpu": cpu % 2}}}]
    return Pod.of({"metadata": {"name": name, "labels": {"app": app}}, "spec": {"containers": containers, "affinity": affinity}})


WEB = Question((Condition(parse("app=web")),))
FAR = {"requiredDuringSchedulingIgnoredDuringExecution": [{"labelSelector": {"matchLabels": {"app": "web"}}, "topologyKey": "zone"}]}


class TableMachine(RuleBasedStateMachine):
    """Nodes and pods come, change and go; a snapshot follows now and then."""

    nodes: Bundle[str] = Bundle("nodes")
    pods: Bundle[str] = Bundle("pods")

    def __init__(self) -> None:
        super().__init__()
        self.table, self.number = NodeTable(), 0
        self.snapshot = Snapshot(self.table)

    def name(self, kind: str) -> str:
        """A name that was never used."""
        self.number += 1
        return f"{kind}{self.number}"

    @rule(target=nodes, cpu=st.integers(1, 9), zone=st.sampled_from("ab"))
    def join(self, cpu: int, zone: str) -> str:
        """A node joins."""
        name = self.name("n")
        self.table.add_node(node(name, cpu, zone))
        return name

    @rule(name=nodes, cpu=st.integers(1, 9), zone=st.sampled_from("ab"))
    def change(self, name: str, cpu: int, zone: str) -> None:
        """A node changes; its pods stay."""
        before = self.table.pods_on(name)
        self.table.update_node(node(name, cpu, zone))
        assert self.table.pods_on(name) == before

    @rule(name=consumes(nodes))
    def leave(self, name: str) -> None:
        """A node leaves, and its pods with it."""
        gone = self.table.remove_node(name)
        assert all(not self.table.where(f"default/{each.name}") for each in gone)

    @rule(target=pods, name=nodes, cpu=st.integers(0, 3), app=st.sampled_from(["web", "db"]), far=st.booleans())
    def add(self, name: str, cpu: int, app: str, far: bool) -> str:
        """A pod takes its place."""
        found = pod(self.name("p"), cpu, app, **({"podAntiAffinity": FAR} if far else {}))
        self.table.add_pod(found, name)
        return found.name

    @rule(name=pods)
    def relabel(self, name: str) -> None:
        """A pod that is still there changes its labels."""
        if self.table.has_pod(f"default/{name}"):
            self.table.update_pod(pod(name, 2, "db"))

    @rule(name=consumes(pods))
    def remove(self, name: str) -> None:
        """A pod leaves, if its node has not taken it along."""
        if self.table.has_pod(f"default/{name}"):
            self.table.remove_pod(f"default/{name}")

    @rule()
    def ask(self) -> None:
        """A question that is asked once is kept up to date from then on."""
        self.table.neighbours.count(WEB)
        self.snapshot.neighbours.count(WEB)

    @rule()
    def follow(self) -> None:
        """The snapshot catches up, and then says what the table says."""
        self.snapshot.refresh()
        assert self.snapshot.names == self.table.names
        assert {info.key: where for info, where in self.snapshot.pods()} == {info.key: where for info, where in self.table.pods()}
        self.snapshot.check()

    @precondition(lambda self: len(self.table) > 0)
    @rule(name=nodes)
    def try_out(self, name: str) -> None:
        """What was tried out leaves no trace, and no follower hears of it."""
        before = (self.table.pod_count.tolist(), len(self.table.journal))
        with self.table.trial() as trial:
            for each in self.table.pods_on(name):
                trial.remove_pod(each)
            trial.add_pod(pod("on-trial"), name)
            assert self.table.pod_count[self.table.row(name)] == 1
        assert (self.table.pod_count.tolist(), len(self.table.journal)) == before

    @invariant()
    def holds(self) -> None:
        """The columns say what the nodes and pods say."""
        self.table.check()


TestTable = TableMachine.TestCase
TestTable.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)


def test_a_snapshot_costs_what_has_changed() -> None:
    """A refresh replays the changes since the last one, however large the table is; nobody follows, nothing is written."""
    table = NodeTable(node(f"n{number}") for number in range(200))
    assert len(table.journal) == 0
    snapshot = Snapshot(table)
    table.add_pod(pod("a"), "n7")
    table.remove_node("n8")
    assert (snapshot.refresh(), snapshot.refresh(), len(table.journal)) == (2, 0, 0)
    assert (snapshot.where("default/a"), "n8" in snapshot) == ("n7", False)
    del snapshot
    table.add_pod(pod("b"), "n7")
    other = Snapshot(table)
    table.add_pod(pod("c"), "n7")
    assert other.refresh() == 1


def test_rows_of_nodes_that_left_are_used_again_and_the_order_is_that_of_joining() -> None:
    """A column may have gaps and another order than the nodes; `rows` tells where each one is."""
    table = NodeTable(node(name) for name in "abc")
    table.remove_node("a")
    assert (table.names, table.is_dense) == (("b", "c"), False)
    table.add_node(node("d", 7))
    assert (table.names, table.rows.tolist(), table.is_dense) == (("b", "c", "d"), [1, 2, 0], False)
    assert table.allocatable("cpu")[table.rows].tolist() == [4000, 4000, 7000]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda table: table.add_node(node("a")), "met a second node 'a', expected a new name"),
        (lambda table: table.remove_node("z"), "met the node 'z', expected one of the 1 nodes of the table"),
        (lambda table: table.add_pod(pod("p"), "a"), "met the pod default/p a second time, expected a new one; it is on a"),
        (lambda table: table.remove_pod(pod("q")), "met the pod default/q, expected one that is on a node"),
    ],
)
def test_changes_that_cannot_be(change: Any, sentence: str) -> None:
    """A table says in a sentence what was met and what was expected."""
    table = NodeTable([node("a")])
    table.add_pod(pod("p"), "a")
    with pytest.raises(SchedulerError, match=sentence):
        change(table)


def test_what_is_remembered_about_nodes_is_forgotten_when_one_changes() -> None:
    """A pod that comes changes nothing about nodes; a node that changes does."""
    table, asked = NodeTable([node("a")]), []

    def answer() -> np.ndarray:
        asked.append(1)
        return np.zeros(1)

    table.remember("question", answer)
    table.add_pod(pod("p"), "a")
    table.remember("question", answer)
    table.update_node(node("a", 9))
    table.remember("question", answer)
    assert len(asked) == 2

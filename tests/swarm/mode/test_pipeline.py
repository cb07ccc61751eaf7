"""Laws of the pipeline: each filter sends away what it should, and the explanation is Docker's sentence."""

from __future__ import annotations

import pytest

from k8sedu.swarm.mode.pipeline import FILTERS, NodeInfo, Pipeline, first_failing
from k8sedu.swarm.mode.service import Port, Spec
from k8sedu.swarm.mode.store import Node
from k8sedu.swarm.mode.task import Task

GOOD = Node("n", 4_000, 8_000, labels=(("zone", "a"),), plugins=(("Volume", "rexray:latest"),))


def task(**spec: object) -> Task:
    """A task with such a spec."""
    return Task("t", "web", 1, Spec("web:1", **spec), slot=1, state="pending")  # type: ignore[arg-type]  # any field


@pytest.mark.parametrize(
    ("node", "wanted", "out"),
    [
        (GOOD._replace(status="down"), {}, "Ready"), (GOOD._replace(availability="drain"), {}, "Ready"),
        (GOOD._replace(availability="pause"), {}, "Ready"), (GOOD._replace(status="unknown"), {}, "Ready"),
        (GOOD, {"cpu_millicores": 4_001}, "Resource"), (GOOD, {"memory_bytes": 8_001}, "Resource"), (GOOD, {"cpu_millicores": 4_000}, ""),
        (GOOD, {"plugins": (("Volume", "rexray"),)}, ""), (GOOD, {"plugins": (("Network", "weave"),)}, "Plugin"),
        (GOOD, {"constraints": ("node.labels.zone==b",)}, "Constraint"), (GOOD, {"platforms": (("linux", "x86_64"),)}, ""),
        (GOOD, {"platforms": (("windows", ""), ("", "arm64"))}, "Platform"),
    ],
)  # fmt: skip
def test_each_filter_sends_away_what_it_should(node: Node, wanted: dict[str, object], out: str) -> None:
    """The first filter in their order that a node does not pass."""
    assert getattr(first_failing(task(**wanted), NodeInfo(node)), "name", "") == out


def test_host_ports_and_replicas_per_node_count_what_is_there() -> None:
    """A second task with the same host port, or one too many of the service; ingress ports are nobody's."""
    info, host = NodeInfo(GOOD), task(ports=(Port(80, 80, mode="host"),))
    info.add(host._replace(node="n", state="assigned"))
    assert first_failing(host, info).name == "HostPort"  # type: ignore[union-attr]  # there is one
    assert first_failing(task(ports=(Port(80, 80),)), info) is None
    assert first_failing(task(max_replicas_per_node=1), info).name == "MaxReplicas"  # type: ignore[union-attr]  # there is one
    assert first_failing(task(max_replicas_per_node=2), info) is None


def test_the_explanation_counts_nodes_the_busiest_filter_first() -> None:
    """As `docker service ps` prints it; one node is spoken of in the singular, and a node that passes begins the count anew."""
    pipeline = Pipeline(task(cpu_millicores=1_000, constraints=("node.labels.zone==a",)))
    for node in (GOOD._replace(cpu_millicores=500), GOOD._replace(labels=()), GOOD._replace(labels=())):
        assert not pipeline.passes(NodeInfo(node))
    assert pipeline.explain() == "scheduling constraints not satisfied on 2 nodes; insufficient resources on 1 node"
    assert pipeline.passes(NodeInfo(GOOD))
    assert pipeline.explain() == ""
    assert [each.explain(1) for each in FILTERS] == [
        "1 node not available for new tasks", "insufficient resources on 1 node", "missing plugin on 1 node",
        "scheduling constraints not satisfied on 1 node", "unsupported platform on 1 node", "host-mode port already in use on 1 node",
        "max replicas per node limit exceed",
    ]  # fmt: skip

"""Laws of scenario files: nodes and pods as lines, and what is refused."""

from __future__ import annotations

import pytest

from k8sedu.kube.scheduler.sim.scenarios import given_by
from k8sedu.kube.scheduler.sim.settings import RunError
from k8sedu.sim.scenario import parse

FULL = """
system kube.scheduler
seed 4
bind_ms 30
node.n1 cpu=4 memory=2Gi pods=9 zone=a taints=gpu=yes:NoSchedule/flaky:PreferNoSchedule label=disk=ssd
pod.old cpu=1 node=n1 app=web
pod.new at_ms=700 memory=1Gi priority=-3 tolerations=gpu gates=a/b runs_ms=500 grace_s=4 policy=Never owned=yes
"""


def test_a_line_says_all_of_a_node_or_pod() -> None:
    """Every word ends up where the API has it; who has a time comes then."""
    given = given_by(parse(FULL, where="full.scenario"))
    node, old = given.settings["objects"]
    ((at_ms, new),) = given.settings["arrivals"]
    assert (given.seed, given.settings["bind_ms"], at_ms) == (4, 30, 700)
    assert [taint.key for taint in node.spec.taints] == ["gpu", "flaky"]
    assert (node.labels["disk"], str(node.status.allocatable["pods"])) == ("ssd", "9")
    assert (old.spec.node_name, old.labels["app"]) == ("n1", "web")
    assert (new.spec.priority, new.spec.preemption_policy, [gate.name for gate in new.spec.scheduling_gates]) == (-3, "Never", ["a", "b"])
    assert (new.controller.kind, new.spec.termination_grace_period_seconds, new.spec.tolerations[0].key) == ("ReplicaSet", 4, "gpu")
    assert new.metadata.annotations == {"k8sedu/runs-ms": "500"}


def test_without_nodes_it_is_a_workload() -> None:
    """Sizes make a workload from the seed."""
    given = given_by(parse("system kube.scheduler\nseed 1\nmachines 3\njobs 5\n", where="w.scenario"))
    assert (len(given.settings["workload"].machines), len(given.settings["workload"].jobs)) == (3, 5)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("system borg\n", "scenario 'x' is about the system 'borg', expected kube.scheduler"),
        ("system kube.scheduler\nnode.n1 cores=4\n", "node.n1 says 'cores=4', expected cpu=…, memory=…"),
        ("system kube.scheduler\nnode.n1 cpu=4\npod.p cpu\n", "pod.p says 'cpu=', expected cpu=…"),
    ],
)
def test_what_is_not_known_is_told(text: str, sentence: str) -> None:
    """Another system, an unknown word, a word that says nothing."""
    with pytest.raises(RunError, match=sentence):
        given_by(parse(text, where="x.scenario"))

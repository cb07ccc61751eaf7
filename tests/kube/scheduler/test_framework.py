from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.decision import Decision
from k8sedu.kube.scheduler.explain import Explanation, explain_with
from k8sedu.kube.scheduler.framework import Framework, schedule
from k8sedu.kube.scheduler.own_plugins import filter_plugin
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.profiles import default_profile
from k8sedu.kube.scheduler.statuses import SKIP, SUCCESS, Code, Status

Case = Mapping[str, Any]
PROFILE = default_profile().without("DefaultPreemption")
"""The recordings say nothing of preemption, and dry runs take their time."""


# -- recordings of the real scheduler --------------------------------------------------------------------------------------------------


def plain(status: Status) -> tuple[str, str, frozenset[str]]:
    return str(status.code), status.plugin, frozenset(status.reasons)


def wanted(verdict: Case, plugin: str = "") -> tuple[str, str, frozenset[str]]:
    return verdict["code"], verdict.get("plugin", plugin), frozenset(verdict.get("reasons", ()))


def check_before(found: Explanation, expect: Case) -> None:
    """PreFilter: its status, the nodes that it left, who was skipped, and every filter alone."""
    assert plain(found.pre_filter) == wanted(expect["prefilter"])
    assert list(found.node_names or ()) == sorted(expect.get("prefilter_node_names", ()))
    if found.pre_filter.is_success:
        assert set(found.skipped_filters) == set(expect["skipped_filters"])
        for plugin, statuses in found.filters.items():
            alone = expect["filters_alone"].get(plugin, {}).get("nodes", {})
            said = {node: plain(status) for node, status in statuses.items() if not status.is_success}
            assert said == {node: wanted(verdict, plugin) for node, verdict in alone.items()}, plugin


def check_scores(found: Explanation, expect: Case) -> None:
    """Weighted scores of every plugin, totals, and who is best."""
    assert {plugin: dict(scores) for plugin, scores in found.weighted.items()} == expect.get("scores", {})
    assert dict(found.totals) == expect.get("total", {})
    assert list(found.winners) == expect["winners"]
    assert found.node in expect["winners"] or not expect["winners"]
    assert bool(found.node) == bool(expect["winners"])


def check_verdicts(found: Explanation, expect: Case) -> None:
    """The first rejection of every node."""
    assert {node: plain(status) for node, status in found.verdicts.items()} == {
        node: wanted(verdict) for node, verdict in expect["verdicts"].items()
    }


@pytest.mark.conformance("k8s/placements/*.json")
def test_every_recording_of_the_real_scheduler(conformance_path: Path | None, recorded: Callable[[Case], Cluster]) -> None:
    """Verdicts of each filter alone and of the first that rejects, raw and weighted scores, totals and winners agree on every node."""
    assert conformance_path is not None
    for case in json.loads(conformance_path.read_text(encoding="utf-8")):
        framework = Framework(PROFILE, recorded(case))
        if "pods" in case:
            check_sequence(framework, case)
        else:
            found, expect = explain_with(framework, with_defaults(Pod.of(case["pod"]))), case["expect"]
            check_before(found, expect)
            check_verdicts(found, expect)
            check_scores(found, expect)
            assert sorted(found.feasible) == expect["feasible"]
            assert found.was_scored == expect["scheduler_scored"]
            if found.feasible:
                assert {plugin: dict(scores) for plugin, scores in found.raw.items()} == expect["raw_scores"], case["id"]
                assert set(found.skipped_scores) == set(expect["skipped_scores"]), case["id"]


def check_sequence(framework: Framework, case: Case) -> None:
    """Pod by pod; each is booked before the next one comes."""
    for document, step in zip(case["pods"], case["expect"]["steps"], strict=True):
        pod = with_defaults(Pod.of(document))
        found = explain_with(framework, pod)
        check_verdicts(found, step)
        check_scores(found, step)
        if step["chosen"]:
            framework.table.add_pod(pod, step["chosen"])


# -- the search ---------------------------------------------------------------------------------------------------------------------------


def node(name: str, cpu: str = "4", **spec: Any) -> Node:
    return Node.of({"metadata": {"name": name}, "spec": spec, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}}})


def pod(name: str = "web", cpu: str = "1", **spec: Any) -> Pod:
    containers = [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}]
    return Pod.of({"metadata": {"name": name}, "spec": {"containers": containers, **spec}})


def test_a_search_ends_when_enough_are_found_and_the_next_one_goes_on_behind() -> None:
    """Nodes are visited from where the last search ended, round and round; those that cannot run the pod are visited, too."""
    cluster = Cluster([node("a"), node("b", unschedulable=True), node("c"), node("d"), node("e")])
    framework = Framework(None, cluster)
    one = framework.schedule(pod(), want=2)
    assert (one.feasible, one.evaluated) == (("a", "c"), 3)
    other = framework.schedule(pod(), want=3, start=one.advance)
    assert (other.feasible, other.evaluated) == (("d", "e", "a"), 3)
    last = framework.schedule(pod(), want=9, start=4)
    assert (last.feasible, last.evaluated) == (("e", "a", "c", "d"), 5)


def test_one_feasible_node_is_taken_and_nobody_scores() -> None:
    """There is nothing to choose between."""
    decision = schedule(pod(cpu="3"), Cluster([node("small", "2"), node("large")]))
    assert (decision.node, decision.scored, decision.totals) == ("large", False, {})


def test_the_node_that_was_cleared_is_tried_first() -> None:
    """A pod that has been nominated looks at its node alone, and at all of them only if that one will not do."""
    cluster = Cluster([node("a", "64"), node("b", "2")])
    waiting = pod().evolve(status=pod().status.evolve(nominated_node_name="b"))
    decision = schedule(waiting, cluster)
    assert (decision.node, decision.evaluated, decision.advance) == ("b", 1, 0)
    cluster.table.add_pod(pod("other", "2"), "b")
    assert schedule(waiting, cluster).node == "a"


def test_nominated_pods_count_as_if_they_were_there() -> None:
    """What has been cleared for a more important pod is not given to another."""
    cluster = Cluster([node("a", "2")])
    decision = Framework(None, cluster).schedule(pod(cpu="2"), nominated={"a": [pod("important", "1")]})
    assert decision.node == ""
    assert decision.diagnosis.statuses()["a"] == Status(Code.UNSCHEDULABLE, ("Insufficient cpu",), "NodeResourcesFit")
    assert len(cluster.table.pods_on("a")) == 0


def test_without_nodes_the_message_says_so() -> None:
    """The event of a cluster without nodes."""
    assert schedule(pod(), Cluster()).message == "no nodes available to schedule pods"


def test_a_pod_that_fits_nowhere_is_told_with_what_preemption_said() -> None:
    """The event's text counts reasons, and ends with what those said who could have made room."""
    message = schedule(pod(cpu="9"), Cluster([node("a"), node("b", unschedulable=True)])).message
    assert message.startswith("0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were unschedulable. ")
    assert "no new claims to deallocate, preemption:" in message


@pytest.mark.parametrize("release", [f"1.{minor}" for minor in range(22, 36)])
def test_every_release_places_a_pod(release: str) -> None:
    """The default profile of each release finds the emptier node, with its own plugins and weights."""
    cluster = Cluster([node("a"), node("b", "8"), node("c", "1")], release=release)
    found = explain_with(Framework(None, cluster), pod())
    assert (found.node, found.feasible, found.release) == ("b", ("a", "b", "c"), release)
    assert found.weighted["TaintToleration"]["b"] == (100 if release == "1.22" else 300)


def test_the_profiles_release_speaks() -> None:
    """Two releases can look at one cluster: each says it in its own words."""
    cluster = Cluster([node("a", taints=[{"key": "gpu", "value": "yes", "effect": "NoSchedule"}])])
    said = [schedule(pod(), cluster, default_profile(release)).diagnosis.statuses()["a"].message for release in ("1.23", "1.30", "1.35")]
    assert said == [
        "node(s) had taint {gpu: yes}, that the pod didn't tolerate",
        "node(s) had untolerated taint {gpu: yes}",
        "node(s) had untolerated taint(s)",
    ]


class Narrowing(Plugin):
    """Leaves one node."""

    NAME = "Narrowing"

    def pre_filter(self, cycle: Any) -> PreFiltered:
        """Only b."""
        return PreFiltered(SUCCESS, ("b",))


def test_two_plugins_that_leave_no_node_in_common() -> None:
    """Each narrows the search, and together they leave nobody; one alone leaves all others out."""
    terms = [{"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a"]}]}]
    affinity = {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}}
    cluster, profile = Cluster([node("a"), node("b")]), default_profile().with_plugin(Narrowing)
    reasons = schedule(pod(affinity=affinity), cluster, profile).diagnosis.pre_filter.reasons
    assert reasons == ("node(s) didn't satisfy plugin(s) [NodeAffinity Narrowing] simultaneously",)
    outside = schedule(pod(), cluster, profile).diagnosis.statuses()["a"]
    assert outside == Status(Code.UNRESOLVABLE, ("node(s) didn't satisfy plugin(s) [Narrowing]",))


# -- the other points ---------------------------------------------------------------------------------------------------------------------


class Noting(Plugin):
    """Notes when it is called, and answers what it is told to."""

    NAME = "Noting"
    answers: dict[str, Status]
    calls: list[str]

    def reserve(self, cycle: Any, node_name: str) -> Status:
        """Noted."""
        self.calls.append(f"reserve {node_name}")
        return self.answers.get("reserve", SUCCESS)

    def unreserve(self, cycle: Any, node_name: str) -> None:
        """Noted."""
        self.calls.append(f"unreserve {node_name}")

    def permit(self, cycle: Any, node_name: str) -> Status:
        """As told."""
        return self.answers.get("permit", SUCCESS)

    def bind(self, cycle: Any, node_name: str) -> Status:
        """As told; it skips."""
        return self.answers.get("bind", SKIP)


def test_points_after_the_choice() -> None:
    """Permit may ask to wait, a refusal ends a point and names its plugin, and the first binder that does not skip has bound."""
    framework = Framework(default_profile().with_plugin(Noting), Cluster([node("a")]))
    plugin = framework.plugins["Noting"]
    assert isinstance(plugin, Noting)
    plugin.answers, plugin.calls = {"permit": Status(Code.WAIT, timeout_s=15)}, []
    cycle = framework.cycle(pod())
    assert framework.run("reserve", cycle, "a").is_success
    assert framework.run("permit", cycle, "a") == Status(Code.WAIT, (), "Noting", 15)
    assert framework.run("bind", cycle, "a").is_success
    assert cycle.state["DefaultBinder"] == "a"
    plugin.answers = {"reserve": Status(Code.UNSCHEDULABLE, ("no",))}
    assert framework.run("reserve", cycle, "a") == Status(Code.UNSCHEDULABLE, ("no",), "Noting")
    framework.unreserve(cycle, "a")
    assert plugin.calls == ["reserve a", "reserve a", "unreserve a"]


def test_gates_keep_a_pod_out_of_the_queue() -> None:
    """A pod with gates waits for all of them."""
    framework = Framework(None, Cluster())
    assert framework.pre_enqueue(pod()).is_success
    gated = framework.pre_enqueue(pod(schedulingGates=[{"name": "a"}, {"name": "b"}]))
    assert gated == Status(Code.UNRESOLVABLE, ("waiting for scheduling gates: [a b]",), "SchedulingGates")


def test_an_own_filter_stands_behind_the_others() -> None:
    """A node's reason is that of the first plugin in the profile's order, so an own one is heard last."""

    @filter_plugin("Never", reason="never")
    def never(pod: Any, nodes: Any) -> Any:
        return nodes.allocatable("cpu") < 0

    cluster = Cluster([node("a"), node("b", unschedulable=True)])
    decision: Decision = schedule(pod(), cluster, default_profile().with_plugin(never))
    assert {name: status.reasons for name, status in decision.diagnosis.statuses().items()} == {
        "a": ("never",), "b": ("node(s) were unschedulable",),
    }  # fmt: skip
    assert decision.diagnosis.candidates() == ("a",)

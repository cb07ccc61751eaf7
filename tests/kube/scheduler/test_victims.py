"""Laws of victims: who is spared, and whom a budget protects. `test_preemption` holds them against the real scheduler's answers."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.sketch import budget, node, pod
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.scheduler.victims import Search, by_budget, importance, select_together, select_victims


def search(wanted: Pod, *running: Pod, cpu: str = "4", budgets: Any = (), **more: Any) -> Search:
    """Search on one node where only cores count."""
    table = NodeTable([node("n1", cpu=cpu)])
    for each in running:
        table.add_pod(each, "n1")
    asked = table.requested("cpu").tolist()

    def fits(_: str) -> Status:
        free = int(table.allocatable("cpu")[0] - table.requested("cpu")[0])
        amount = wanted.spec.containers[0].resources.requests["cpu"].milli_value
        return Status() if amount <= free else Status(Code.UNSCHEDULABLE, ("Insufficient cpu",))

    found = select_victims(table, wanted, "n1", budgets, fits, **more)
    assert table.requested("cpu").tolist() == asked, "the trial has left a trace"
    return found


def victims(found: Search) -> list[str]:
    return [each.name for each in found.candidate.victims] if found.candidate else []


def test_the_important_are_spared_first() -> None:
    """Of the pods of lower priority, the most important and longest running are put back first."""
    old, new = (pod(name, cpu="1", priority=5, started_ms=start) for name, start in (("old", 0), ("new", 9_000)))
    found = search(pod("p", cpu="2", priority=9), pod("low", cpu="2", priority=1), old, new)
    assert victims(found) == ["low"]
    assert [(each.pod, each.spared) for each in found.reprieves] == [("default/old", True), ("default/new", True), ("default/low", False)]


def test_it_is_not_the_smallest_set() -> None:
    """Who is important is spared, even if then a larger one must go that could have stayed."""
    running = [pod("important", cpu="1", priority=5), pod("large", cpu="3", priority=1)]
    assert victims(search(pod("p", cpu="1", priority=9), *running)) == ["large"]


def test_nobody_of_the_same_priority_is_a_victim() -> None:
    """Without pods of lower priority there is nothing to be gained, however much they take."""
    found = search(pod("p", cpu="1", priority=5), pod("q", cpu="4", priority=5))
    assert (found.candidate, found.status) == (None, Status(Code.UNRESOLVABLE, ("No preemption victims found for incoming pod",)))


def test_who_does_not_fit_even_then_costs_nobody_his_place() -> None:
    """If all lower ones together are not enough, the reason is that of the filter."""
    found = search(pod("p", cpu="4", priority=9), pod("q", cpu="1", priority=9), pod("r", cpu="3", priority=1))
    assert (found.candidate, found.status.reasons) == (None, ("Insufficient cpu",))


def test_budgets_turn_the_order_round() -> None:
    """A pod that a budget protects is put back before more important ones that none protects."""
    running = [pod("web", cpu="2", priority=1, labels={"app": "web"}), pod("batch", cpu="2", priority=5)]
    keep = [budget("keep", {"app": "web"}, allowed=0)]
    assert victims(search(pod("p", cpu="2", priority=9), *running)) == ["web"]
    assert victims(search(pod("p", cpu="2", priority=9), *running, budgets=keep)) == ["batch"]
    found = search(pod("p", cpu="4", priority=9), *running, budgets=keep)
    assert found.candidate is not None
    assert (victims(found), found.candidate.pdb_violations) == (["batch", "web"], 1)


def test_a_budget_is_used_up() -> None:
    """The first pods of a budget may go, the next would break it; other namespaces and pods without labels are not meant."""
    pods = [pod(f"w{number}", labels={"app": "web"}) for number in range(3)]
    stranger = pods[0].evolve(metadata=pods[0].metadata.evolve(namespace="other"))
    protected, others = by_budget([*pods, stranger, pod("bare")], [budget("keep", {"app": "web"}, allowed=2)])
    assert ([found.name for found in protected], [found.name for found in others]) == (["w2"], ["w0", "w1", "w0", "bare"])
    assert by_budget(pods, [budget("none", {}, allowed=0)])[0] == []


def test_somebody_may_be_let_off() -> None:
    """A rule of one's own says who may be a victim at all."""
    running = [pod("web", cpu="2", priority=1), pod("batch", cpu="2", priority=1)]
    assert victims(search(pod("p", cpu="2", priority=9), *running, eligible=lambda found: found.name == "batch")) == ["batch"]


POD = st.tuples(st.integers(1, 4), st.integers(0, 3), st.integers(0, 3))


@given(st.lists(POD, max_size=7), st.integers(1, 6), st.integers(0, 4))
def test_the_victims_are_needed_and_enough(running: list[tuple[int, int, int]], wanted: int, priority: int) -> None:
    """Without the victims the pod fits; with any single one of them back it does not; and none is as important as the pod."""
    pods = [pod(f"r{number}", cpu=str(cpu), priority=each, started_ms=start * 1_000) for number, (cpu, each, start) in enumerate(running)]
    size = sum(cpu for cpu, _, _ in running) or 1
    found = search(pod("p", cpu=str(wanted), priority=priority), *pods, cpu=str(size))
    lower = sum(cpu for cpu, each, _ in running if each < priority)
    if found.candidate is None:
        assert lower < wanted or not any(each < priority for _, each, _ in running)
        return
    chosen = {each.name for each in found.candidate.victims}
    free = {name: cpu for name, (cpu, _, _) in zip((each.name for each in pods), running, strict=True) if name in chosen}
    assert sum(free.values()) >= wanted
    assert all(sum(free.values()) - cpu < wanted for cpu in free.values())
    assert list(found.candidate.victims) == sorted(found.candidate.victims, key=importance)
    assert all((each.spec.priority or 0) < priority for each in found.candidate.victims)


NODES = st.lists(st.tuples(st.integers(2, 8), st.lists(POD, max_size=6)), min_size=1, max_size=5)


@given(NODES, st.integers(1, 8), st.integers(0, 4), st.integers(0, 2))
def test_many_nodes_at_once_are_each_by_itself(
    drawn: list[tuple[int, list[tuple[int, int, int]]]], wanted: int, priority: int, allowed: int
) -> None:
    """Asking all nodes in one pass finds on each what asking it alone finds, account and reasons included; the table is as before."""
    names, running = [f"n{number}" for number in range(len(drawn))], []
    for name, (_, pods) in zip(names, drawn, strict=True):
        for number, (cpu, each, start) in enumerate(pods):
            labels = {"app": "web"} if start % 2 else {}
            running.append(pod(f"{name}-{number}", cpu=str(cpu), priority=each, started_ms=start * 1_000, node=name, labels=labels))
    cluster = Cluster([*(node(name, cpu=str(size)) for name, (size, _) in zip(names, drawn, strict=True)), *running])
    framework, asked = Framework(None, cluster), pod("p", cpu=str(wanted), priority=priority)
    cycle = framework.cycle(asked)
    framework.pre_filter(cycle)
    before, budgets = cluster.table.requested("cpu").tolist(), [budget("keep", {"app": "web"}, allowed=allowed)]

    def fits(name: str) -> Status:
        return framework.passes(cycle, name)

    alone = [select_victims(cluster.table, asked, name, budgets, fits) for name in names]
    together = select_together(cluster.table, asked, names, budgets, lambda some: [fits(name) for name in some])
    assert together == alone
    assert cluster.table.requested("cpu").tolist() == before

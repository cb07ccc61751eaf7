"""Victims: which pods of one node must go, so that a more important one fits.

All pods of lower priority are taken away at once. If the new pod does not fit even then, nobody is a victim here. If it does, they are
put back one after the other, the most important first, as long as the new pod still fits. Who cannot be put back is a victim. Pods whose
eviction a PodDisruptionBudget forbids are put back before all others, so they are victims only where nothing else helps.

The victims are not the smallest possible set: one large pod of low priority stays a victim even if two small ones could have gone instead.

Source: kubernetes 1.35, pkg/scheduler/framework/plugins/defaultpreemption/default_preemption.go (SelectVictimsOnNode,
filterPodsWithPDBViolation), pkg/scheduler/util/utils.go (MoreImportantPod, GetEarliestPodStartTime).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from k8sedu.kube import selectors, times
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.storage import PodDisruptionBudget
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.selectors import SelectorError

NO_VICTIMS = "No preemption victims found for incoming pod"
NOBODY = Status(Code.UNRESOLVABLE, (NO_VICTIMS,))
NOT_YET_NS = 1 << 62
"""A pod that has not started is younger than all that have."""


class Candidate(NamedTuple):
    """A node on which a pod would fit, whom that costs, and how many of them a budget protects.

    The victims stand from the most to the least important.
    """

    node: str
    victims: tuple[Pod, ...]
    pdb_violations: int = 0


class Reprieve(NamedTuple):
    """What became of one pod of lower priority: spared, or a victim; and whether a budget protects it."""

    pod: str
    spared: bool
    protected: bool


class Search(NamedTuple):
    """What the search on one node found: a candidate, or why there is none; and how each pod fared, in the order of the trials."""

    node: str
    candidate: Candidate | None
    status: Status
    reprieves: tuple[Reprieve, ...] = ()


def priority_of(pod: Pod) -> int:
    """A pod's priority; 0 where nothing is said."""
    return pod.spec.priority or 0


def started_ns(pod: Pod) -> int:
    """When a pod has started, in nanoseconds since the epoch of simulations.

    Raises:
        TimeError: its status tells no point in time.
    """
    text = pod.status.start_time
    if not text:
        return NOT_YET_NS
    seconds, found = times.to_ms(text) // 1_000, times.TIME.fullmatch(text)
    return seconds * 10**9 + int(((found and found[7]) or "0").ljust(9, "0"))


def importance(pod: Pod) -> tuple[int, int, str]:
    """What pods are sorted by, the most important first: priority, who runs longest; of equals by name, where the real order is chance.

    >>> old, new = (Pod.of({"status": {"startTime": f"2026-01-0{day}T00:00:00Z"}}) for day in (1, 2))
    >>> sorted([new, old], key=importance) == [old, new]
    True
    """
    return (-priority_of(pod), started_ns(pod), pod.key)


def by_budget(pods: Iterable[Pod], budgets: Sequence[PodDisruptionBudget]) -> tuple[list[Pod], list[Pod]]:
    """The pods whose eviction would break a budget, and the others, each in their order. Each eviction uses a budget up."""
    allowed = [budget.status.disruptions_allowed for budget in budgets]
    protected: list[Pod] = []
    others: list[Pod] = []
    for pod in pods:
        matching = [place for place, budget in enumerate(budgets) if _guards(budget, pod)]
        for place in matching:
            allowed[place] -= 1
        (protected if any(allowed[place] < 0 for place in matching) else others).append(pod)
    return protected, others


def _guards(budget: PodDisruptionBudget, pod: Pod) -> bool:
    """Is the budget about this pod? One without a selector is about nobody; who is on its list of disrupted pods was counted already."""
    elsewhere = (budget.namespace or "default") != (pod.namespace or "default")
    if not pod.labels or elsewhere or pod.name in budget.status.disrupted_pods:
        return False
    try:
        selector = selectors.of(budget.spec.selector)
    except SelectorError:
        return False
    return bool(selector.requirements) and selector.matches(pod.labels)


class Lower(NamedTuple):
    """The pods of a node that may have to go: those whom a budget protects first, each part from the most to the least important."""

    protected: tuple[PodInfo, ...]
    others: tuple[PodInfo, ...]

    @property
    def in_turn(self) -> tuple[PodInfo, ...]:
        """In the order in which they are put back."""
        return (*self.protected, *self.others)


def lower_on(
    table: NodeTable, pod: Pod, node: str, budgets: Sequence[PodDisruptionBudget], eligible: Callable[[Pod], bool] = lambda _: True
) -> Lower:
    """The pods of lower priority on a node that may be victims at all."""
    found = [each for each in table.infos_on(node) if each.priority < priority_of(pod) and eligible(each.pod)]
    found.sort(key=lambda each: importance(each.pod))
    guarded = {each.key for each in by_budget([each.pod for each in found], budgets)[0]} if budgets else set()
    return Lower(tuple(each for each in found if each.pod.key in guarded), tuple(each for each in found if each.pod.key not in guarded))


def select_victims(
    table: NodeTable, pod: Pod, node: str, budgets: Sequence[PodDisruptionBudget], fits: Callable[[str], Status],
    *, eligible: Callable[[Pod], bool] = lambda _: True,
) -> Search:  # fmt: skip
    """Who would have to go from this node for the pod to fit. The table is as before in the end. O(pods of the node) trials.

    Args:
        table: nodes and pods.
        pod: who wants a place.
        node: where.
        budgets: all PodDisruptionBudgets.
        fits: whether the pod fits on a node as the table is now, nominated pods counted.
        eligible: which pods of lower priority may be victims at all.
    """
    lower = lower_on(table, pod, node, budgets, eligible)
    if not lower.in_turn:
        return Search(node, None, NOBODY)
    with table.trial() as trial:
        for found in lower.in_turn:
            trial.remove_pod(found)
        status = fits(node)
        if not status.is_success:
            return Search(node, None, status)
        spared: list[bool] = []
        for found in lower.in_turn:
            trial.add_pod(found, node)
            spared.append(fits(node).is_success)
            if not spared[-1]:
                trial.remove_pod(found)
    return _account(node, lower, spared)


def select_together(
    table: NodeTable, pod: Pod, nodes: Sequence[str], budgets: Sequence[PodDisruptionBudget],
    fits: Callable[[Sequence[str]], Sequence[Status]], *, eligible: Callable[[Pod], bool] = lambda _: True,
) -> list[Search]:  # fmt: skip
    """The same for many nodes at once, where what a filter says of one node does not depend on the pods of another.

    All lower pods go from all nodes, all nodes are asked in one pass; then each node gets its next pod back, and all are asked again. So it
    costs as many passes over the columns as the fullest node has such pods, however many nodes there are.

    Args:
        table: nodes and pods; it is as before in the end.
        pod: who wants a place.
        nodes: where.
        budgets: all PodDisruptionBudgets.
        fits: for some nodes, whether the pod fits on each as the table is now.
        eligible: which pods of lower priority may be victims at all.
    """
    lower = {node: lower_on(table, pod, node, budgets, eligible) for node in nodes}
    found = {node: Search(node, None, NOBODY) for node in nodes if not lower[node].in_turn}
    left = [node for node in nodes if node not in found]
    spared: dict[str, list[bool]] = {node: [] for node in left}
    with table.trial() as trial:
        for node in left:
            for each in lower[node].in_turn:
                trial.remove_pod(each)
        for node, status in zip(left, fits(left), strict=True):
            if not status.is_success:
                found[node] = Search(node, None, status)
        left = [node for node in left if node not in found]
        for turn in range(max((len(lower[node].in_turn) for node in left), default=0)):
            asked = [node for node in left if turn < len(lower[node].in_turn)]
            for node in asked:
                trial.add_pod(lower[node].in_turn[turn], node)
            for node, status in zip(asked, fits(asked), strict=True):
                spared[node].append(status.is_success)
                if not status.is_success:
                    trial.remove_pod(lower[node].in_turn[turn])
    return [found[node] if node in found else _account(node, lower[node], spared[node]) for node in nodes]


def _account(node: str, lower: Lower, spared: Sequence[bool]) -> Search:
    """What came of the search on one node."""
    guarded = len(lower.protected)
    pods = [each.pod for each in lower.in_turn]
    told = tuple(Reprieve(each.key, kept, place < guarded) for place, (each, kept) in enumerate(zip(pods, spared, strict=True)))
    victims = sorted((each for each, kept in zip(pods, spared, strict=True) if not kept), key=importance)
    violations = sum(each.protected and not each.spared for each in told)
    if not victims:
        return Search(node, None, Status(Code.ERROR, (f'expected at least one victim pod on node "{node}"',)), told)
    return Search(node, Candidate(node, tuple(victims), violations), Status(), told)

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
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.selectors import SelectorError

NO_VICTIMS = "No preemption victims found for incoming pod"
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


def importance(pod: Pod) -> tuple[int, int]:
    """What pods are sorted by, the most important first: priority, then who runs longest.

    >>> old, new = (Pod.of({"status": {"startTime": f"2026-01-0{day}T00:00:00Z"}}) for day in (1, 2))
    >>> sorted([new, old], key=importance) == [old, new]
    True
    """
    return (-priority_of(pod), started_ns(pod))


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
    lower = [found for found in table.pods_on(node) if priority_of(found) < priority_of(pod) and eligible(found)]
    if not lower:
        return Search(node, None, Status(Code.UNRESOLVABLE, (NO_VICTIMS,)))
    lower.sort(key=importance)
    protected, others = by_budget(lower, budgets)
    with table.trial() as trial:
        for found in lower:
            trial.remove_pod(found)
        status = fits(node)
        if not status.is_success:
            return Search(node, None, status)
        reprieves = []
        for found in (*protected, *others):
            trial.add_pod(found, node)
            spared = fits(node).is_success
            reprieves.append((found, spared))
            if not spared:
                trial.remove_pod(found)
    victims = sorted((found for found, spared in reprieves if not spared), key=importance)
    guarded = {found.key for found in protected}
    told = tuple(Reprieve(found.key, spared, found.key in guarded) for found, spared in reprieves)
    violations = sum(each.protected and not each.spared for each in told)
    if not victims:
        return Search(node, None, Status(Code.ERROR, (f'expected at least one victim pod on node "{node}"',)), told)
    return Search(node, Candidate(node, tuple(victims), violations), Status(), told)

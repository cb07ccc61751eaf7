"""Preemption: a pod that fits nowhere may take the place of less important ones.

1. Is the pod entitled to it at all? Not with `preemptionPolicy: Never`, and not while its victims from the last time still end.
2. On which nodes would evictions help? Only where the rejection was "Unschedulable"; a wrong label stays wrong however many pods go.
3. Who would have to go there (`victims`)? Enough nodes are tried, not all.
4. Which of these nodes pays (`candidates`)?

The pod is then *nominated* to that node and goes back into the queue; it is not placed. Its victims get their grace period, and whoever
deletes them, it is not this plugin: it says what is to be done. Until then the promise is kept by the `nominator`.

Source: kubernetes 1.35, pkg/scheduler/framework/preemption/preemption.go, plugins/defaultpreemption/default_preemption.go.
Left out: extenders, and pods of a group that are preempted together.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.objects.storage import PodDisruptionBudget
from k8sedu.kube.scheduler.candidates import Round, candidates_wanted, choose
from k8sedu.kube.scheduler.messages import fit_error
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import Code, Status
from k8sedu.kube.scheduler.table import NodeTable
from k8sedu.kube.scheduler.victims import Candidate, Search, priority_of, select_together, select_victims

NEVER = "not eligible due to preemptionPolicy=Never."
TERMINATING = "not eligible due to a terminating pod on the nominated node."
NOT_HELPFUL = "Preemption is not helpful for scheduling"
BY_SCHEDULER = "PreemptionByScheduler"

Fits = Callable[[str], Status]
"""Whether the pod fits on a node as the table is now."""
FitsAll = Callable[[Sequence[str]], Sequence[Status]]
"""The same for several nodes."""


class Preemption(NamedTuple):
    """What was found for a pod: where room can be made and whom it costs, if anywhere; and the whole account of how it was found."""

    pod: Pod
    status: Status
    candidate: Candidate | None = None
    searches: tuple[Search, ...] = ()
    """Every node that was searched, in order."""
    rounds: tuple[Round, ...] = ()
    """How the choice among the candidates was made."""

    @property
    def nominated_node(self) -> str:
        """The node that the pod is promised; nothing if there is none."""
        return self.candidate.node if self.candidate is not None else ""

    @property
    def victims(self) -> tuple[Pod, ...]:
        """Who has to go."""
        return self.candidate.victims if self.candidate is not None else ()

    @property
    def was_looked_for(self) -> bool:
        """Was the pod entitled to preempt at all? If not, what it was promised stays as it is."""
        return self.status.reasons not in {(NEVER,), (TERMINATING,)}

    @property
    def message(self) -> str:
        """Why nothing came of it, as the pod's message tells; nothing if something did."""
        return f"preemption: {self.status.message}" if self.status.reasons else ""

    @property
    def candidates(self) -> tuple[Candidate, ...]:
        """Where the pod would fit; nodes on which no budget is broken stand first."""
        found = [search.candidate for search in self.searches if search.candidate is not None]
        return tuple(sorted(found, key=lambda candidate: candidate.pdb_violations > 0))


def why_not_eligible(pod: Pod, table: NodeTable, statuses: Mapping[str, Status]) -> str:
    """Why a pod may not preempt others, or nothing.

    Args:
        pod: who would like to.
        table: nodes and pods.
        statuses: why each node has rejected the pod.
    """
    if pod.spec.preemption_policy == "Never":
        return NEVER
    node = pod.status.nominated_node_name
    if not node or node not in table or statuses.get(node, Status()).code is Code.UNRESOLVABLE:
        return ""
    lower = (found for found in table.pods_on(node) if priority_of(found) < priority_of(pod))
    if has(table.release, "disruption_target"):
        return TERMINATING if any(map(is_terminating_by_preemption, lower)) else ""
    return TERMINATING if any(found.metadata.deletion_timestamp for found in lower) else ""


def is_terminating_by_preemption(pod: Pod) -> bool:
    """Does this pod end because the scheduler wanted its place? Before 1.26 nobody could tell, and every ending pod counted."""
    if not pod.metadata.deletion_timestamp:
        return False
    targets = [found for found in pod.status.conditions if found.type == "DisruptionTarget"]
    return bool(targets) and targets[0].status == "True" and targets[0].reason == BY_SCHEDULER


def dry_run(
    table: NodeTable, pod: Pod, nodes: Sequence[str], budgets: Sequence[PodDisruptionBudget], fits: Fits, *, wanted: int, offset: int = 0,
    eligible: Callable[[Pod], bool] = lambda _: True, fits_all: FitsAll | None = None,
) -> Iterator[Search]:  # fmt: skip
    """Search node after node for victims, from an offset on, until enough candidates are found and one of them breaks no budget.

    Args:
        table: nodes and pods; it is as before in the end.
        pod: who wants a place.
        nodes: where evictions may help.
        budgets: all PodDisruptionBudgets.
        fits: whether the pod fits on a node as the table is now.
        wanted: how many candidates are enough.
        offset: where to begin; the real scheduler draws it at random.
        eligible: which pods of lower priority may be victims at all.
        fits_all: the same as `fits` for many nodes in one pass, where nodes do not depend on each other's pods: faster, and equal.
    """
    found: list[Candidate] = []
    in_order = [nodes[(offset + step) % len(nodes)] for step in range(len(nodes))]
    step = max(wanted, 1) if fits_all is not None else 1
    for start in range(0, len(in_order), step):
        names = in_order[start : start + step]
        if fits_all is not None:
            searches = select_together(table, pod, names, budgets, fits_all, eligible=eligible)
        else:
            searches = [select_victims(table, pod, names[0], budgets, fits, eligible=eligible)]
        for search in searches:
            yield search
            found += [search.candidate] if search.candidate is not None else []
            if search.candidate is not None and len(found) >= wanted and any(not each.pdb_violations for each in found):
                return


def preempt(
    table: NodeTable, pod: Pod, statuses: Mapping[str, Status], budgets: Sequence[PodDisruptionBudget], fits: Fits, *,
    wanted: Callable[[int], int] = candidates_wanted, offset: int = 0, eligible: Callable[[Pod], bool] = lambda _: True,
    fits_all: FitsAll | None = None,
) -> Preemption:  # fmt: skip
    """Make room for a pod that no node accepts, on paper: who would have to go, and where.

    Args:
        table: nodes and pods; it is as before in the end.
        pod: who wants a place.
        statuses: why each node has rejected the pod, in the order in which nodes are searched.
        budgets: all PodDisruptionBudgets.
        fits: whether the pod fits on a node as the table is now, nominated pods counted.
        wanted: from the number of nodes where it may help to how many candidates are enough.
        offset: where the search begins among them.
        eligible: which pods of lower priority may be victims at all.
        fits_all: as for `dry_run`.
    """
    reason = why_not_eligible(pod, table, statuses)
    if reason:
        return Preemption(pod, Status(Code.UNSCHEDULABLE, (reason,)))
    nodes = [node for node, status in statuses.items() if status.code is Code.UNSCHEDULABLE and node in table]
    found = dry_run(table, pod, nodes, budgets, fits, wanted=wanted(len(nodes)), offset=offset, eligible=eligible, fits_all=fits_all)
    searches = tuple(found)
    preemption = Preemption(pod, Status(), searches=searches)
    if not preemption.candidates:
        return preemption._replace(status=Status(Code.UNSCHEDULABLE, (_nobody(len(table), searches),)))
    best, rounds = choose(preemption.candidates)
    return preemption._replace(candidate=best, rounds=rounds)


def _nobody(nodes: int, searches: Sequence[Search]) -> str:
    """Why nothing came of it, in the words of a pod that fits nowhere; nodes that were not searched were not worth it."""
    reasons = {search.node: search.status.reasons for search in searches}
    unsearched = {f"\0{number}": (NOT_HELPFUL,) for number in range(nodes - len(searches))}
    return fit_error(nodes, {**reasons, **unsearched})

"""PodTopologySpread: the pods of a selector should lie evenly over the values of a label.

With `DoNotSchedule` a node is out where its domain would have more than `maxSkew` pods above the emptiest domain; with `ScheduleAnyway`
fuller domains cost points, and a key with many domains counts more (the logarithm of their number), since its counts are smaller.

Source: kubernetes 1.35, plugins/podtopologyspread/{filtering,scoring}.go.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PreFiltered
from k8sedu.kube.scheduler.plugins.spread_constraints import (
    HOSTNAME,
    Constraint,
    PodTopologySpreadArgs,
    check_defaults,
    constraints_of,
    have_all_keys,
    included,
    matching,
    per_domain,
)
from k8sedu.kube.scheduler.releases import has
from k8sedu.kube.scheduler.statuses import MAX_SCORE, SKIP, SUCCESS, Code, Ints, Rejection, Status, Truth

UNEVEN = "node(s) didn't match pod topology spread constraints"
LABEL_MISSING = f"{UNEVEN} (missing required label)"


class PodTopologySpread(Plugin):
    """Rejects what would be too uneven, and scores how even the pods would lie."""

    NAME: ClassVar[str] = "PodTopologySpread"
    ARGS = PodTopologySpreadArgs

    def check_args(self) -> None:
        """Constraints of a profile are for all pods: whom they mean is found out pod by pod."""
        check_defaults(self.args)

    def pre_filter(self, cycle: Cycle) -> PreFiltered:
        """Without hard constraints there is nothing to look at."""
        hard = cycle.state[f"{self.name}/hard"] = constraints_of(cycle, self.args, "DoNotSchedule")
        return PreFiltered() if hard else PreFiltered(SKIP)

    def filter(self, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """Constraint by constraint: nodes without the label are out, and nodes in a domain that is too full."""
        hard: tuple[Constraint, ...] = cycle.state[f"{self.name}/hard"]
        everyone = cycle.all_nodes()
        eligible = have_all_keys(everyone, hard)
        left = np.ones(len(nodes), dtype=bool)
        found = []
        for constraint in hard:
            domains = nodes.domain(constraint.topology_key)
            lacking, uneven = left & (domains < 0), left & (domains >= 0)
            uneven &= skew(cycle, constraint, everyone, eligible, domains) > constraint.max_skew
            found += [Rejection(lacking, Code.UNRESOLVABLE, LABEL_MISSING), Rejection(uneven, Code.UNSCHEDULABLE, UNEVEN)]
            left = left & ~lacking & ~uneven
        return found

    # -- score ------------------------------------------------------------------------------------------------------------------------

    def pre_score(self, cycle: Cycle, nodes: Nodes) -> Status:
        """Without soft constraints there is nothing to score. Otherwise: who takes part, and how much each key counts."""
        soft = constraints_of(cycle, self.args, "ScheduleAnyway")
        if not soft:
            return SKIP
        needs_all = bool(cycle.pod.spec.topology_spread_constraints) or self.args.defaulting_type != "System"
        ignored = ~have_all_keys(nodes, soft) if needs_all else np.zeros(len(nodes), dtype=bool)
        cycle.state[self.name] = _Soft(soft, needs_all, ignored)
        return SUCCESS

    def score(self, cycle: Cycle, nodes: Nodes) -> Ints:
        """The pods in the node's domains, by the keys' weights: the fewer, the better."""
        soft: _Soft = cycle.state[self.name]
        total = np.zeros(len(nodes))
        for constraint in soft.constraints:
            counts, size = self._counted(cycle, constraint, nodes, soft)
            cost = counts * math.log(size + 2) + float(constraint.max_skew - 1)
            total = np.where(nodes.has_label(constraint.topology_key), total + cost, total)
        total = np.floor(total + 0.5) if has(self.release, "rounded_spread") else total
        return np.where(soft.ignored, 0, total).astype(np.int64)

    def _counted(self, cycle: Cycle, constraint: Constraint, nodes: Nodes, soft: _Soft) -> tuple[Ints, int]:
        """The pods in each node's domain, and how many domains the feasible nodes have."""
        if constraint.topology_key == HOSTNAME:
            return matching(cycle, constraint, nodes), len(nodes) - int(soft.ignored.sum())
        everyone = cycle.everyone
        counts = included(cycle, constraint, everyone)
        if soft.needs_all:
            counts &= have_all_keys(everyone, soft.constraints)
        number = len(cycle.table.labels.values(constraint.topology_key))
        sums = per_domain(everyone.domain(constraint.topology_key), matching(cycle, constraint, everyone) * counts, number)
        domains = nodes.domain(constraint.topology_key)
        return sums[domains], len(np.unique(domains[~soft.ignored]))

    def normalize(self, cycle: Cycle, nodes: Nodes, scores: Ints) -> Ints:  # noqa: ARG002 (all normalisers are called alike)
        """The emptiest domain gets most; nodes that do not take part get nothing."""
        ignored: Truth = cycle.state[self.name].ignored
        if ignored.all():
            return np.zeros_like(scores)
        least, most = int(scores[~ignored].min()), int(scores[~ignored].max())
        if most == 0:
            return np.where(ignored, 0, MAX_SCORE)
        return np.where(ignored, 0, MAX_SCORE * (most + least - scores) // most)


class _Soft(NamedTuple):
    """What scoring notes beforehand."""

    constraints: tuple[Constraint, ...]
    needs_all: bool
    """Do only nodes take part that have every key? Not where the system's defaults spread over zones that a cluster may not have."""
    ignored: Truth


def skew(cycle: Cycle, constraint: Constraint, everyone: Nodes, eligible: Truth, domains: NDArray[np.int32]) -> Ints:
    """How far each domain would be above the emptiest one, with the pod there.

    Args:
        cycle: the attempt.
        constraint: the constraint.
        everyone: all nodes.
        eligible: which of them have all keys.
        domains: the domains that are asked about.
    """
    counts = eligible & included(cycle, constraint, everyone)
    codes, number = everyone.domain(constraint.topology_key), len(cycle.table.labels.values(constraint.topology_key))
    sums = per_domain(codes[counts], matching(cycle, constraint, everyone)[counts], number)
    there = np.bincount(codes[counts], minlength=number)[:number] > 0
    least = int(sums[:number][there].min()) if int(there.sum()) >= constraint.min_domains else 0
    return sums[domains] + int(constraint.selector.matches(cycle.pod.labels)) - least

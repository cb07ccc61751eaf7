"""What came of one attempt: a node, or the reasons why there is none.

Everything is kept as columns and told by name when somebody asks: most attempts are never looked at.

Source: kubernetes 1.35, pkg/scheduler/schedule_one.go (ScheduleResult), staging/src/k8s.io/kube-scheduler/framework/types.go (Diagnosis,
FitError).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.messages import NO_NODES, fit_error
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import PostFiltered
from k8sedu.kube.scheduler.statuses import SUCCESS, Code, Ints, Rejection, Status, Truth
from k8sedu.kube.scheduler.table import Rows


class Filtered:
    """What the filters said of some nodes.

    Args:
        nodes: the nodes.
        rejections: (plugin, its rejections) in the order in which they were asked.
        overrides: nodes that fail for another reason: the pods that are nominated there would not leave room.
    """

    def __init__(self, nodes: Nodes, rejections: Sequence[tuple[str, Sequence[Rejection]]]) -> None:
        self.nodes, self.rejections = nodes, rejections
        self.passes: Truth = np.ones(len(nodes), dtype=bool)
        self.overrides: dict[int, Status] = {}
        for _, found in rejections:
            for rejection in found:
                self.passes &= ~rejection.where

    def override(self, place: int, status: Status) -> None:
        """The node at this place fails for this reason."""
        self.overrides[place] = status
        self.passes[place] = False

    def status(self, place: int) -> Status:
        """What the first plugin said that rejects the node; Success if none does."""
        if place in self.overrides:
            return self.overrides[place]
        return next((status for plugin, found in self.rejections if (status := verdict(plugin, found, place)) is not SUCCESS), SUCCESS)

    def statuses(self) -> dict[str, Status]:
        """Node → status, of those that were rejected."""
        names = self.nodes.names
        return {names[place]: self.status(place) for place in np.flatnonzero(~self.passes).tolist()}


def verdict(plugin: str, rejections: Sequence[Rejection], place: int) -> Status:
    """What one plugin says of one node: all its reasons; unresolvable if one of them is."""
    found = [rejection for rejection in rejections if rejection.where[place]]
    if not found:
        return SUCCESS
    code = Code.UNRESOLVABLE if any(rejection.code is Code.UNRESOLVABLE for rejection in found) else found[0].code
    return Status(code, tuple(dict.fromkeys(rejection.reason for rejection in found)), plugin)


class Diagnosis:
    """Why a pod fits nowhere.

    Args:
        pre_filter: what was known before any node was looked at.
        filtered: what the filters said; None if it did not come to that.
        names: the nodes that PreFilter left, None if all.
        narrowed_by: the plugins that left only these.
        everyone: all nodes.
    """

    def __init__(
        self, everyone: Nodes, pre_filter: Status = SUCCESS, filtered: Filtered | None = None,
        names: tuple[str, ...] | None = None, narrowed_by: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.everyone, self.pre_filter, self.filtered = everyone, pre_filter, filtered
        self.names, self.narrowed_by = names, narrowed_by

    @property
    def pre_filter_message(self) -> str:
        """What the event says before it counts nodes: the reason of a PreFilter plugin, if one refused the pod."""
        return "" if self.pre_filter.is_success else self.pre_filter.message

    @cached_property
    def rejected(self) -> dict[str, Status]:
        """Node → status, of every node that was rejected."""
        if not self.pre_filter.is_success:
            return dict.fromkeys(self.everyone.names, self.pre_filter)
        found = self.filtered.statuses() if self.filtered else {}
        if self.names is None:
            return found
        outside = Status(Code.UNRESOLVABLE, (f"node(s) didn't satisfy plugin(s) [{' '.join(self.narrowed_by)}]",))
        inside = set(self.names)
        told = {name: found.get(name) if name in inside else outside for name in self.everyone.names}
        return {name: status for name, status in told.items() if status is not None}

    def statuses(self) -> dict[str, Status]:
        """Node → status, of every node that was rejected."""
        return self.rejected

    @property
    def plugins(self) -> tuple[str, ...]:
        """The plugins that rejected, sorted: an event that concerns one of them wakes the pod."""
        narrowed = self.narrowed_by if self.names is not None else ()
        return tuple(sorted({status.plugin for status in self.rejected.values() if status.plugin} | set(narrowed)))

    def counts(self) -> dict[str, int]:
        """Reason → number of nodes, as the event counts them: a node with two reasons counts twice."""
        return dict(Counter(reason for status in self.rejected.values() for reason in status.reasons))

    def candidates(self) -> tuple[str, ...]:
        """The nodes on which an eviction may help."""
        return tuple(name for name, status in self.rejected.items() if status.code is Code.UNSCHEDULABLE)


class Scored(NamedTuple):
    """What the score plugins said of the feasible nodes; each column has a place per node."""

    nodes: Nodes
    raw: Mapping[str, Ints]
    normalized: Mapping[str, Ints]
    weights: Mapping[str, int]
    skipped: tuple[str, ...]

    @property
    def total(self) -> Ints:
        """The sum of all scores by their weights."""
        total = np.zeros(len(self.nodes), dtype=np.int64)
        for name, scores in self.normalized.items():
            total += scores * self.weights[name]
        return total


class Decision:
    """What came of an attempt.

    Args:
        cycle: the attempt.
        node: the node that was chosen, "" if none.
        evaluated: how many nodes were visited.
        advance: by how many places the next search starts further on; a look at the nominated node alone moves nothing.
        rows: the feasible nodes in the order of the visit.
        diagnosis: why none, or why not the others.
    """

    def __init__(
        self, cycle: Cycle, diagnosis: Diagnosis, *, node: str = "", evaluated: int = 0, advance: int = 0, rows: Rows | None = None
    ) -> None:
        self.cycle, self.diagnosis, self.node, self.evaluated, self.advance = cycle, diagnosis, node, evaluated, advance
        self.rows: Rows = np.empty(0, dtype=np.intp) if rows is None else rows
        self.scores: Scored | None = None
        """What the score plugins said; None where fewer than two nodes are feasible, for then nobody scores."""
        self.total: Ints | None = None
        self.framework: Any = None
        """Who decided: preemption asks it whether a node would do."""
        self.nominated: Mapping[str, Sequence[Pod]] = {}
        self.post_filtered: PostFiltered | None = None
        """What came of making room, once somebody has tried."""

    @property
    def pod(self) -> str:
        """The pod, as namespace/name."""
        return self.cycle.pod.key

    @property
    def status(self) -> Status:
        """Success, or that there is no node."""
        if self.node:
            return SUCCESS
        if not self.diagnosis.pre_filter.is_success:
            return self.diagnosis.pre_filter
        return Status(Code.UNSCHEDULABLE, tuple(sorted(self.diagnosis.counts())))

    @property
    def feasible(self) -> tuple[str, ...]:
        """The nodes that passed, in the order of the visit."""
        return tuple(map(self.cycle.table.name_of, self.rows.tolist()))

    @property
    def scored(self) -> bool:
        """Was there anything to choose between?"""
        return self.scores is not None

    @property
    def totals(self) -> dict[str, int]:
        """Node → total; empty where nobody scored."""
        return {} if self.total is None else dict(zip(self.feasible, self.total.tolist(), strict=True))

    @property
    def message(self) -> str:
        """What the event says of a pod that fits nowhere, with what those said who could have made room; "" for one that was placed."""
        if self.node:
            return ""
        nodes = len(self.cycle.everyone)
        if not nodes:
            return NO_NODES
        told = () if self.framework is None else self.framework.post_filter(self).status.reasons
        reasons = {name: status.reasons for name, status in self.diagnosis.rejected.items()}
        before = self.diagnosis.pre_filter_message
        return fit_error(nodes, {} if before else reasons, pre_filter=before, post_filter=", ".join(told), release=self.cycle.release)

    def __repr__(self) -> str:
        return f"Decision({self.pod} → {self.node or 'nowhere'}, {len(self.rows)} of {self.evaluated} nodes feasible)"

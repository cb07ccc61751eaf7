"""The framework: runs the plugins of a profile for one pod after the other.

    PreFilter → Filter on every node until enough are found → (one left: taken) → PreScore → Score → Normalize → × weight → sum → the best

A filter looks at all nodes at once; a node's verdict is that of the first plugin, in the profile's order, that rejects it. A score plugin
looks at those that are left. Nothing here changes the cluster: whoever asked books the pod (`table.add_pod`), binds it, or makes room.

Source: kubernetes 1.35, pkg/scheduler/schedule_one.go, framework/runtime/framework.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler import ties
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.decision import Decision, Diagnosis, Filtered, Scored
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.own_plugins import checked_rejections, checked_scores, within_range
from k8sedu.kube.scheduler.plugins.plugin import Plugin, PostFiltered
from k8sedu.kube.scheduler.pods import PodInfo, info_of
from k8sedu.kube.scheduler.profiles import Profile, default_profile
from k8sedu.kube.scheduler.statuses import SUCCESS, Code, Ints, Rejection, Status
from k8sedu.kube.scheduler.table import NodeTable, Rows
from k8sedu.kube.scheduler.ties import TieBreak

Nominated = Mapping[str, Sequence[Pod]]
"""Node → the pods that wait for it and are at least as important as the one that is placed."""


class Framework:
    """A profile at work on a cluster.

    >>> from k8sedu.kube.objects import Node
    >>> nodes = [Node.of({"metadata": {"name": name}, "status": {"allocatable": {"cpu": cpu, "memory": "8Gi", "pods": "110"}}})
    ...          for name, cpu in (("small", "1"), ("middle", "4"), ("large", "16"))]
    >>> web = Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [{"name": "c", "resources": {"requests": {"cpu": "2"}}}]}})
    >>> decision = Framework(default_profile(), Cluster(nodes)).schedule(web)
    >>> decision.node, decision.feasible, decision.diagnosis.statuses()["small"].reasons
    ('large', ('middle', 'large'), ('Insufficient cpu',))

    Args:
        profile: which plugins; the default one if none is given.
        cluster: what the scheduler knows.
        table: nodes and pods, that of the cluster if none is given.
    """

    def __init__(self, profile: Profile | None, cluster: Cluster, table: NodeTable | None = None) -> None:
        self.profile = profile or default_profile(cluster.release)
        self.cluster = cluster
        self.table = cluster.table if table is None else table
        self.plugins: dict[str, Plugin] = {
            name: plugin(self.profile.args.get(name, {}), self.profile.release) for name, plugin in self.profile.plugins.items()
        }
        self._at: dict[str, tuple[Plugin, ...]] = {}

    def at(self, point: str) -> tuple[Plugin, ...]:
        """The plugins of an extension point, in order."""
        found = self._at.get(point)
        if found is None:
            found = self._at[point] = tuple(self.plugins[name] for name in self.profile.at(point))
        return found

    def cycle(self, pod: Pod | PodInfo) -> Cycle:
        """A new attempt for a pod."""
        return Cycle(pod, self.cluster, self.table, self.profile.release)

    # -- one pod ------------------------------------------------------------------------------------------------------------------------

    def schedule(
        self, pod: Pod | PodInfo, *, start: int = 0, want: int = 0, order: Rows | None = None,
        nominated: Nominated | None = None, tie_break: TieBreak = ties.first,
    ) -> Decision:  # fmt: skip
        """Find the best node for a pod. Nothing is booked.

        Args:
            pod: the pod.
            start: where in the order the search begins.
            want: how many feasible nodes are enough; 0 for all.
            order: the rows of the table in the order of the visit; that in which the nodes joined if none is given.
            nominated: pods that wait for a node and count as if they were there.
            tie_break: who is taken of equals.
        """
        cycle = self.cycle(pod)
        diagnosis = self.pre_filter(cycle)
        if not diagnosis.pre_filter.is_success:
            decision = Decision(cycle, diagnosis)
        else:
            decision = self._at_nominated_node(cycle, diagnosis, nominated) or self._search(
                cycle, diagnosis, start=start, want=want, order=order, nominated=nominated
            )
        decision.framework, decision.nominated = self, nominated or {}
        if len(decision.rows):
            self._choose(decision, tie_break)
        return decision

    def pre_enqueue(self, pod: Pod | PodInfo) -> Status:
        """May the pod enter the queue?"""
        info = info_of(pod, self.profile.release)
        return next((status for plugin in self.at("pre_enqueue") if not (status := plugin.pre_enqueue(info)).is_success), SUCCESS)

    def pre_filter(self, cycle: Cycle) -> Diagnosis:
        """What is known before any node is looked at: who has no business with the pod, and which nodes can be right at all."""
        names: tuple[str, ...] | None = None
        narrowed_by: list[str] = []
        for plugin in self.at("pre_filter"):
            status, only = plugin.pre_filter(cycle)
            if status.is_skip:
                cycle.skipped_filters.add(plugin.name)
            elif not status.is_success:
                return Diagnosis(cycle.everyone, status._replace(plugin=plugin.name))
            if only is not None:
                narrowed_by.append(plugin.name)
                names = only if names is None else tuple(name for name in names if name in only)
                if not names:
                    return Diagnosis(cycle.everyone, _nobody_left(narrowed_by))
        return Diagnosis(cycle.everyone, names=names, narrowed_by=tuple(narrowed_by))

    # -- filters ------------------------------------------------------------------------------------------------------------------------

    def filter(self, cycle: Cycle, nodes: Nodes, nominated: Nominated | None = None) -> Filtered:
        """What the filters say of these nodes."""
        filtered = Filtered(nodes, self._rejections(cycle, nodes))
        for name, pods in (nominated or {}).items():
            self._with_nominated(cycle, filtered, name, pods)
        return filtered

    def _rejections(self, cycle: Cycle, nodes: Nodes) -> list[tuple[str, Sequence[Rejection]]]:
        return [(plugin.name, found) for plugin in self._running(cycle) if (found := self.rejections(plugin, cycle, nodes))]

    def _running(self, cycle: Cycle) -> list[Plugin]:
        skipped = cycle.skipped_filters
        return [plugin for plugin in self.at("filter") if plugin.name not in skipped]

    @staticmethod
    def rejections(plugin: Plugin, cycle: Cycle, nodes: Nodes) -> Sequence[Rejection]:
        """What one filter says of these nodes, whatever the others say."""
        return checked_rejections(plugin.name, plugin.filter(cycle, nodes), nodes)

    def _with_nominated(self, cycle: Cycle, filtered: Filtered, name: str, pods: Sequence[Pod]) -> None:
        """A node must do with the pods that are nominated to it, and without them: they may never come."""
        others = [pod for pod in pods if info_of(pod, cycle.release).key != cycle.pod.key]
        places = np.flatnonzero(filtered.nodes.rows == self.table.row(name)) if name in self.table and others else ()
        for place in places:
            with self.table.trial() as trial:
                for pod in others:
                    trial.add_pod(pod, name)
                status = self.passes(cycle, name)
            if not status.is_success:
                filtered.override(int(place), status)

    def passes(self, cycle: Cycle, node_name: str) -> Status:
        """What the filters say of one node as the table is now: within a trial, as it would be."""
        nodes = Nodes(self.table, np.array([self.table.row(node_name)]))
        for plugin in self._running(cycle):
            rejections = self.rejections(plugin, cycle, nodes)
            status = Filtered(nodes, [(plugin.name, rejections)]).status(0)
            if not status.is_success:
                return status
        return SUCCESS

    def _at_nominated_node(self, cycle: Cycle, diagnosis: Diagnosis, nominated: Nominated | None) -> Decision | None:
        """The node that was cleared for this pod is tried alone, and taken if it will do."""
        name = cycle.pod.pod.status.nominated_node_name
        if not name or name not in self.table or (diagnosis.names is not None and name not in diagnosis.names):
            return None
        nodes = Nodes(self.table, np.array([self.table.row(name)]))
        filtered = self.filter(cycle, nodes, {name: nominated[name]} if nominated and name in nominated else None)
        if not filtered.passes[0]:
            return None
        diagnosis.filtered = filtered
        return Decision(cycle, diagnosis, evaluated=1, rows=nodes.rows)

    def _search(
        self, cycle: Cycle, diagnosis: Diagnosis, *, start: int, want: int, order: Rows | None, nominated: Nominated | None
    ) -> Decision:  # fmt: skip
        """Visit the nodes in their order until enough are found."""
        nodes = cycle.everyone if diagnosis.names is None else self._named(diagnosis.names)
        filtered = diagnosis.filtered = self.filter(cycle, nodes, nominated)
        if diagnosis.names is None and (order is not None or start):
            visited = _rotated(self.table.rows if order is None else order, start)
            passes = np.zeros(self.table.size, dtype=bool)
            passes[nodes.rows] = filtered.passes
            hits = np.flatnonzero(passes[visited])
        else:
            visited, hits = nodes.rows, np.flatnonzero(filtered.passes)
        evaluated = len(visited)
        if 0 < want < len(hits):
            hits = hits[:want]
            evaluated = int(hits[-1]) + 1
        return Decision(cycle, diagnosis, evaluated=evaluated, advance=evaluated, rows=visited[hits])

    def _named(self, names: Sequence[str]) -> Nodes:
        rows = [self.table.row(name) for name in names if name in self.table]
        return Nodes(self.table, np.array(rows, dtype=np.intp))

    # -- scores -------------------------------------------------------------------------------------------------------------------------

    def _choose(self, decision: Decision, tie_break: TieBreak) -> None:
        if len(decision.rows) == 1:
            decision.node = self.table.name_of(int(decision.rows[0]))
            return
        decision.scores = self.score(decision.cycle, Nodes(self.table, decision.rows))
        total = decision.total = decision.scores.total
        if tie_break is ties.first:
            place = int(total.argmax())
        else:
            place = tie_break(decision.feasible, total.tolist())
        decision.node = self.table.name_of(int(decision.rows[place]))

    def score(self, cycle: Cycle, nodes: Nodes) -> Scored:
        """What the score plugins say of these nodes, raw and brought to 0…100."""
        raw: dict[str, Ints] = {}
        normalized: dict[str, Ints] = {}
        cycle.skipped_scores = {plugin.name for plugin in self.at("pre_score") if plugin.pre_score(cycle, nodes).is_skip}
        for plugin in self.at("score"):
            if plugin.name not in cycle.skipped_scores:
                scores = raw[plugin.name] = checked_scores(plugin.name, plugin.score(cycle, nodes), nodes)
                if type(plugin).has("normalize"):
                    scores = checked_scores(plugin.name, plugin.normalize(cycle, nodes, scores), nodes)
                normalized[plugin.name] = within_range(plugin.name, scores, nodes)
        weights = {name: self.profile.weight(name) for name in normalized}
        skipped = tuple(plugin.name for plugin in self.at("score") if plugin.name in cycle.skipped_scores)
        return Scored(nodes, raw, normalized, weights, skipped)

    # -- after the choice -----------------------------------------------------------------------------------------------------------------

    def post_filter(self, decision: Decision) -> PostFiltered:
        """The pod fits nowhere: ask those who may make room, until one has. The reasons of those who cannot are told together."""
        if decision.post_filtered is None:
            decision.post_filtered = self._post_filter(decision)
        return decision.post_filtered

    def _post_filter(self, decision: Decision) -> PostFiltered:
        reasons: list[str] = []
        rejected_by = ""
        for plugin in self.at("post_filter"):
            found = plugin.post_filter(decision.cycle, decision)
            if found.status.is_success or found.status.code in {Code.UNRESOLVABLE, Code.ERROR}:
                return found
            reasons += found.status.reasons
            rejected_by = rejected_by or plugin.name
        return PostFiltered(Status(Code.UNSCHEDULABLE, tuple(reasons), rejected_by))

    def run(self, point: str, cycle: Cycle, node_name: str) -> Status:
        """The plugins of a point after the choice: `reserve`, `permit`, `pre_bind`, `bind`, `post_bind`. The first that refuses ends it.

        At `permit` the answer is to wait if anybody wants to; at `bind` the first that does not skip has bound the pod.
        """
        waits = SUCCESS
        for plugin in self.at(point):
            status: Status = getattr(plugin, point)(cycle, node_name)
            status = status if status.is_success else status._replace(plugin=plugin.name)
            if status.code is Code.WAIT:
                waits = status
            elif (point == "bind" or not status.is_success) and not status.is_skip:
                return status
        return waits

    def unreserve(self, cycle: Cycle, node_name: str) -> None:
        """Give back what was reserved, the last first."""
        for plugin in reversed(self.at("reserve")):
            plugin.unreserve(cycle, node_name)


def schedule(pod: Pod | PodInfo, cluster: Cluster, profile: Profile | None = None) -> Decision:
    """Where would this pod go, with every node looked at? Nothing is booked."""
    return Framework(profile, cluster).schedule(pod)


def _rotated(rows: Rows, start: int) -> Rows:
    at = start % len(rows) if len(rows) else 0
    return np.concatenate((rows[at:], rows[:at])) if at else rows


def _nobody_left(narrowed_by: Sequence[str]) -> Status:
    if len(narrowed_by) == 1:
        return Status(Code.UNRESOLVABLE, (f"node(s) didn't satisfy plugin {narrowed_by[0]}",))
    return Status(Code.UNRESOLVABLE, (f"node(s) didn't satisfy plugin(s) [{' '.join(narrowed_by)}] simultaneously",))

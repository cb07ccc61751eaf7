"""What the tests of the scheduler share: clusters from the cases of the real system's tables and recordings."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import Namespace, Node, Pod, ReplicaSet, Service, StatefulSet
from k8sedu.kube.scheduler.cluster import Cluster
from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.decision import Filtered
from k8sedu.kube.scheduler.framework import Framework
from k8sedu.kube.scheduler.nodes import Nodes
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.statuses import Status

Case = Mapping[str, Any]


class Tables:
    """Cases of `tests/conformance/k8s`, made into clusters and compared."""

    @staticmethod
    def cases(path: Path | None) -> list[Case]:
        """All cases of a file."""
        assert path is not None
        found: list[Case] = json.loads(path.read_text(encoding="utf-8"))["cases"]
        return found

    @staticmethod
    def cluster(case: Case, release: str = "1.35") -> Cluster:
        """The cluster of a case. Its pods have no names; a name is what a table of pods needs."""
        cluster = Cluster(release=release)
        for node in (*case["nodes"], *case.get("failed_nodes", ())):
            cluster.add(Node.of(node))
        for name, labels in case.get("namespaces", {}).items():
            cluster.add(Namespace.of({"metadata": {"name": name, "labels": labels}}))
        for number, found in enumerate(case.get("objects", ())):
            cls = {"Service": Service, "ReplicaSet": ReplicaSet, "StatefulSet": StatefulSet}[found["kind"]]
            cluster.add(cls.of(_named(found, f"object-{number}")))
        for number, found in enumerate(case.get("existing_pods", ())):
            cluster.add(Pod.of(_named(found, f"existing-{number}")))
        return cluster

    @staticmethod
    def pod(case: Case) -> Pod:
        """The pod to place."""
        return Pod.of(_named(case["pod"], "incoming"))

    @staticmethod
    def verdicts(plugin: Plugin, cycle: Cycle, nodes: Nodes | None = None) -> dict[str, Status]:
        """What one filter says of every node, alone: Success is left out."""
        everyone = cycle.everyone if nodes is None else nodes
        if plugin.has("pre_filter"):
            status, _ = plugin.pre_filter(cycle)
            if status.is_skip:
                return {}
            if not status.is_success:
                return dict.fromkeys(everyone.names, status)
        return Filtered(everyone, [(plugin.name, Framework.rejections(plugin, cycle, everyone))]).statuses()

    @staticmethod
    def nodes(cycle: Cycle, names: Sequence[str]) -> Nodes:
        """Nodes by name."""
        return Nodes(cycle.table, np.array([cycle.table.row(name) for name in names]))

    @staticmethod
    def scores(plugin: Plugin, cycle: Cycle, names: Sequence[str]) -> dict[str, int] | None:
        """What one score plugin says of these nodes, normalised; None if it skips the pod."""
        nodes = Tables.nodes(cycle, names)
        if plugin.has("pre_score") and plugin.pre_score(cycle, nodes).is_skip:
            return None
        scores = plugin.score(cycle, nodes)
        if plugin.has("normalize"):
            scores = plugin.normalize(cycle, nodes, scores)
        return dict(zip(names, scores.tolist(), strict=True))

    def differences(self, case: Case, plugin: Plugin, release: str, *, code: str = "code", reasons: str = "reasons") -> Iterator[str]:
        """Where a filter says something else than the case."""
        cycle = Cycle(self.pod(case), self.cluster(case, release))
        found = self.verdicts(plugin, cycle)
        for wanted in case["expected"]:
            status = found.get(wanted["node"], Status())
            if str(status.code) != wanted[code] or set(wanted.get(reasons, status.reasons)) != set(status.reasons):
                yield f"{release}, {case['name']}, {wanted['node']}: {status} instead of {wanted}"


def _named(found: Case, name: str) -> dict[str, Any]:
    metadata = {"namespace": "default", "name": name} | {key: value for key, value in found.get("metadata", {}).items() if value}
    return {**found, "metadata": metadata if name.startswith("incoming") else {**metadata, "name": name}}


@pytest.fixture
def tables() -> Tables:
    """The helper for cases."""
    return Tables()


def placed(case: Case) -> Cluster:
    """The cluster of a recording, with the API server's defaults filled in."""
    kinds = {"nodes": Node, "namespaces": Namespace, "services": Service, "replicasets": ReplicaSet, "existing_pods": Pod}
    return Cluster(with_defaults(cls.of(found)) for kind, cls in kinds.items() for found in case.get(kind, ()))


@pytest.fixture
def recorded() -> Any:
    """Makes the cluster of a recording."""
    return placed

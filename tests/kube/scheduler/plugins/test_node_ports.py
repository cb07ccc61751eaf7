from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.scheduler.plugins.node_name import NodeName
from k8sedu.kube.scheduler.plugins.node_ports import NodePorts
from k8sedu.kube.scheduler.plugins.node_unschedulable import NodeUnschedulable

PLUGINS = {plugin.NAME: plugin() for plugin in (NodeName, NodePorts, NodeUnschedulable)}


@pytest.mark.conformance("k8s/misc_filters.json")
def test_small_filters(conformance_path: Path | None, tables: Any) -> None:
    """Ports that are taken, nodes that are not the one that was named, nodes that are cordoned."""
    cases = tables.cases(conformance_path)
    assert [each for case in cases for each in tables.differences(case, PLUGINS[case["plugin"]], "1.35")] == []

"""DefaultBinder: the pod's node is written to the API server. In the model, whoever drives the scheduler does that.

Source: kubernetes 1.35, plugins/defaultbinder/default_binder.go.
"""

from __future__ import annotations

from typing import ClassVar

from k8sedu.kube.scheduler.cycle import Cycle
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.statuses import SUCCESS, Status


class DefaultBinder(Plugin):
    """Binds every pod that no other plugin has bound: `cycle.state["DefaultBinder"]` is the node's name then."""

    NAME: ClassVar[str] = "DefaultBinder"

    def bind(self, cycle: Cycle, node_name: str) -> Status:
        """The pod belongs to the node."""
        cycle.state[self.name] = node_name
        return SUCCESS

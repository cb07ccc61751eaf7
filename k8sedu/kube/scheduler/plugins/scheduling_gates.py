"""SchedulingGates: a pod with a gate does not even enter the queue.

Source: kubernetes 1.35, plugins/schedulinggates/scheduling_gates.go.
"""

from __future__ import annotations

from typing import ClassVar

from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.pods import PodInfo
from k8sedu.kube.scheduler.statuses import SUCCESS, Code, Status


class SchedulingGates(Plugin):
    """Keeps pods out until somebody has removed their gates."""

    NAME: ClassVar[str] = "SchedulingGates"

    def pre_enqueue(self, pod: PodInfo) -> Status:
        """Out, as long as there is a gate."""
        gates = [gate.name for gate in pod.spec.scheduling_gates]
        if not gates:
            return SUCCESS
        return Status(Code.UNRESOLVABLE, (f"waiting for scheduling gates: [{' '.join(gates)}]",), self.name)

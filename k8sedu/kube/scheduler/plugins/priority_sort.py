"""PrioritySort: the higher priority first, then the longer wait. The queue asks; this says who comes before whom.

Source: kubernetes 1.35, plugins/queuesort/priority_sort.go.
"""

from __future__ import annotations

from typing import ClassVar

from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.pods import PodInfo


class PrioritySort(Plugin):
    """The order of the active queue."""

    NAME: ClassVar[str] = "PrioritySort"

    @staticmethod
    def order(pod: PodInfo, queued_at_us: int) -> tuple[int, int]:
        """Sort by this: smaller comes first."""
        return (-pod.priority, queued_at_us)

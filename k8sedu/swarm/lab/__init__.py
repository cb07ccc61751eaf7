"""The laboratories of Swarm, a file each: `placement` (a strategy, containers, lost hosts) and `rollout` (a new version of a service)."""

from __future__ import annotations

from k8sedu.swarm.lab.placement import Laboratory, lab
from k8sedu.swarm.lab.rollout import RolloutLaboratory, update_lab

__all__ = ["Laboratory", "RolloutLaboratory", "lab", "update_lab"]

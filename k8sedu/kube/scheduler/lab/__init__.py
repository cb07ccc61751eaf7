"""The scheduler under the reader's hands.

- `bench`: a cluster and a pod, and what can be done to them
- `picks`: tolerations, affinity and spread from lists
- `chapters`: what the scheduler makes of each bench, as one film
- `laboratory`: sliders, lists, a box for YAML, menus on nodes; `lab` opens it
"""

from __future__ import annotations

from k8sedu.kube.scheduler.lab.laboratory import Laboratory, lab

__all__ = ["Laboratory", "lab"]

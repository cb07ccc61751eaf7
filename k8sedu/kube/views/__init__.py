"""Pictures of the whole of Kubernetes.

- `architecture`: who speaks with whom, and the way of a Deployment from `kubectl` to running containers, as a film
- `architecture_film`, `architecture_scene`: the same as a document, and one instant of it
"""

from __future__ import annotations

from k8sedu.kube.views.architecture import architecture, architecture_film, architecture_scene

__all__ = ["architecture", "architecture_film", "architecture_scene"]

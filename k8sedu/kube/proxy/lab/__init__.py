"""The live laboratory of Services.

- `bench`: a Service, its pods, a node and a client
- `chapters`: what was done, as a film
- `laboratory`: what can be touched
"""

from __future__ import annotations

from k8sedu.kube.proxy.lab.laboratory import Laboratory, lab

__all__ = ["Laboratory", "lab"]

r"""Kubernetes: objects, the API server that keeps them, and those who watch it.

Read the files in this order:

1. `quantity`, `times`, `names`, `fields`, `objects` - amounts, moments, names; how an object knows its fields; the objects themselves
2. `kinds`, `selectors`, `requests`, `defaults` - what a kind is called; which objects are meant; what a pod asks for; what is filled in
3. `yaml_form`, `manifest` - real manifests and dumps, read with the line of every mistake

The names below are loaded when they are first used, so that `import k8sedu.kube` costs next to nothing.

>>> from k8sedu import kube
>>> pod = kube.manifest.load("apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n")[0]
>>> pod.key, kube.Quantity("1000m")
('web', Quantity('1'))
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.kube import defaults, kinds, manifest, objects, requests, selectors
    from k8sedu.kube.quantity import Quantity

__all__ = ["Quantity", "defaults", "kinds", "manifest", "objects", "requests", "selectors"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Quantity": "quantity",
        "defaults": "defaults",
        "kinds": "kinds",
        "manifest": "manifest",
        "objects": "objects",
        "requests": "requests",
        "selectors": "selectors",
    },
)

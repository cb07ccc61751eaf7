r"""Kubernetes: objects, the API server that keeps them, and those who watch it.

Read the files in this order:

1. `quantity`, `times`, `names`, `fields`, `objects` - amounts, moments, names; how an object knows its fields; the objects themselves
2. `kinds`, `selectors`, `requests`, `defaults` - what a kind is called; which objects are meant; what a pod asks for; what is filled in
3. `yaml_form`, `manifest` - real manifests and dumps, read with the line of every mistake
4. `status`, `pod_rules`, `endpoint_rules`, `validation`, `patches`, `services`, `apiserver` - the one door to etcd
5. `workqueue`, `informers`, `garbage` - how controllers hear of changes, and the one that cleans up behind all others
6. `controllers`, `proxy` - who answers for a Service, and how a node brings a packet there
7. `scheduler` - which node gets which pod, and why; it works with NumPy, and is loaded only when it is named
8. `views` - who speaks with whom, as a film

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
    from k8sedu.kube import (
        apiserver,
        defaults,
        informers,
        kinds,
        manifest,
        objects,
        patches,
        proxy,
        requests,
        scheduler,
        selectors,
        status,
        views,
    )
    from k8sedu.kube.apiserver import ApiServer
    from k8sedu.kube.garbage import GarbageCollector
    from k8sedu.kube.informers import Informer
    from k8sedu.kube.quantity import Quantity
    from k8sedu.kube.workqueue import WorkQueue

__all__ = [
    "ApiServer",
    "GarbageCollector",
    "Informer",
    "Quantity",
    "WorkQueue",
    "apiserver",
    "defaults",
    "informers",
    "kinds",
    "manifest",
    "objects",
    "patches",
    "proxy",
    "requests",
    "scheduler",
    "selectors",
    "status",
    "views",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "ApiServer": "apiserver",
        "GarbageCollector": "garbage",
        "Informer": "informers",
        "Quantity": "quantity",
        "WorkQueue": "workqueue",
        "apiserver": "apiserver",
        "defaults": "defaults",
        "informers": "informers",
        "kinds": "kinds",
        "manifest": "manifest",
        "objects": "objects",
        "patches": "patches",
        "proxy": "proxy",
        "requests": "requests",
        "scheduler": "scheduler",
        "selectors": "selectors",
        "status": "status",
        "views": "views",
    },
)

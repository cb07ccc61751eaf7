"""The API server: where objects are checked, completed, stored and told.

Read in this order:

1. `storage`: objects in etcd, and the revision as their version
2. `bodies`, `admission`, `strategy`: what a client sends, who is let in, and what the server itself writes
3. `selection`, `listing`, `watching`: which objects, all at once, and every change
4. `deletion`: a wish that others may delay
5. `server`: all of it behind one door
6. `sim`, `views`: stories of several clients, as a film

>>> from random import Random
>>> from k8sedu.kube.apiserver import ApiServer
>>> [namespace.name for namespace in ApiServer(Random(1)).list("namespaces").items]
['default', 'kube-node-lease', 'kube-public', 'kube-system']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.kube.apiserver.listing import Listing
from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.apiserver.watching import Watch, WatchEvent
from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.kube.apiserver import views
    from k8sedu.kube.apiserver.sim import tell

__all__ = ["ApiServer", "Listing", "Watch", "WatchEvent", "tell", "views"]

__getattr__, __dir__ = attach(__name__, {"tell": "sim", "views": "views"})

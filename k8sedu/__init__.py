"""Course notes on Kubernetes, turned into things that run.

Read a system's folder from top to bottom and you have a lesson; import it and you have a library:

- `k8sedu.raft`: how a group of machines agrees on one log
- `k8sedu.etcd`: the store that remembers everything Kubernetes knows
- `k8sedu.trace`: a run as a value, which can be stepped, saved, forked and compared
- `k8sedu.sim`: networks that lose messages, faults, seeds
- `k8sedu.stage`: pictures as data, the player, charts

Importing the package loads no third-party module; each room loads when it is first touched, so that a small script starts at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.errors import K8sEduError
from k8sedu.language import Words, language
from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu import course, etcd, raft, sim, stage, trace
    from k8sedu.trace import Trace
    from k8sedu.versions import show_versions

__version__ = "0.1.0"

__all__ = ["K8sEduError", "Trace", "Words", "__version__", "course", "etcd", "language", "raft", "show_versions", "sim", "stage", "trace"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "course": "course",
        "etcd": "etcd",
        "raft": "raft",
        "sim": "sim",
        "stage": "stage",
        "trace": "trace",
        "Trace": "trace",
        "show_versions": "versions",
    },
)

"""Course notes on Kubernetes, turned into things that run.

Read a system's folder from top to bottom and you have a lesson; import it and you have a library:

- `k8sedu.raft`: how a group of machines agrees on one log
- `k8sedu.etcd`: the store that remembers everything Kubernetes knows
- `k8sedu.docker`: one host and its ports, the problem that all this began with
- `k8sedu.mesos`: a master that offers, frameworks that choose
- `k8sedu.swarm`: many Docker hosts as one: spread, binpack, and services that keep a promise
- `k8sedu.borg`: one master that decides for thousands of machines, and five replicas of it
- `k8sedu.kube`: Kubernetes: objects, the API server that keeps them, and those who watch it
- `k8sedu.workload`: resources, jobs and machines, in words that all managers share
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
    from k8sedu import borg, course, docker, etcd, kube, mesos, raft, sim, stage, swarm, trace, workload
    from k8sedu.trace import Trace
    from k8sedu.versions import show_versions

__version__ = "0.1.0"

__all__ = [
    "K8sEduError",
    "Trace",
    "Words",
    "__version__",
    "borg",
    "course",
    "docker",
    "etcd",
    "kube",
    "language",
    "mesos",
    "raft",
    "show_versions",
    "sim",
    "stage",
    "swarm",
    "trace",
    "workload",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "borg": "borg",
        "course": "course",
        "docker": "docker",
        "etcd": "etcd",
        "kube": "kube",
        "mesos": "mesos",
        "raft": "raft",
        "sim": "sim",
        "stage": "stage",
        "swarm": "swarm",
        "trace": "trace",
        "workload": "workload",
        "Trace": "trace",
        "show_versions": "versions",
    },
)

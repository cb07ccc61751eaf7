"""kube-scheduler: which node gets which pod, why, and why not.

Read the files in this order:

1. `statuses`, `releases`, `pods`, `terms` - what a plugin answers; what releases changed; what a pod asks for and whom it means
2. `columns`, `labels`, `label_index`, `neighbours`, `occupancy`, `journal`, `table`, `snapshot`, `nodes`, `cluster` -
   thousands of nodes as columns
3. `plugins` - one file per plugin; begin with `plugin`, `node_name`, `taint_toleration`, `allocation`, `node_resources_fit`
4. `cycle`, `framework`, `decision`, `ties` - one pod's way through the plugins
5. `profiles`, `configuration`, `own_plugins` - which plugins with which weights; plugins of one's own
6. `explain`, `annotations`, `comparison` - every verdict and score, for people and for programs
7. `queued_pod`, `backoff`, `events`, `hints`, `queue` - who waits, for how long, and what wakes whom
8. `node_tree`, `sampling` - in which order nodes are visited, and how many are enough
9. `victims`, `candidates`, `preemption`, `nominator` - who must go for whom, and what was promised
10. `cache`, `messages`, `invariants`, `expansion`, `planning`, `packing` - what is assumed, told and promised; real manifests; a GPU trace
11. `sim` - all of it in time
12. `sketch`, `attempts` - nodes and pods in one line each, and a queue of them placed in one call, for experiments

>>> from k8sedu.kube import scheduler
>>> from k8sedu.kube.objects import Node, Pod
>>> cluster = scheduler.Cluster([Node.of({"metadata": {"name": "n1"}, "status": {"allocatable": {"pods": "9"}}})])
>>> scheduler.schedule(Pod.of({"metadata": {"name": "web"}}), cluster).node
'n1'

The names below are loaded when they are first used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.kube.scheduler import sampling, sketch, views
    from k8sedu.kube.scheduler.attempts import make_room, place
    from k8sedu.kube.scheduler.cache import SchedulerCache
    from k8sedu.kube.scheduler.cluster import Cluster
    from k8sedu.kube.scheduler.comparison import compare
    from k8sedu.kube.scheduler.configuration import load
    from k8sedu.kube.scheduler.expansion import expanded
    from k8sedu.kube.scheduler.explain import explain
    from k8sedu.kube.scheduler.framework import Framework, schedule
    from k8sedu.kube.scheduler.lab import lab
    from k8sedu.kube.scheduler.nodes import Nodes
    from k8sedu.kube.scheduler.own_plugins import PluginError, filter_plugin, score_plugin
    from k8sedu.kube.scheduler.planning import Plan
    from k8sedu.kube.scheduler.profiles import Profile, default_profile, most_allocated, requested_to_capacity_ratio
    from k8sedu.kube.scheduler.queue import SchedulingQueue
    from k8sedu.kube.scheduler.sim import run_scenario, simulate, throughput
    from k8sedu.kube.scheduler.snapshot import Snapshot
    from k8sedu.kube.scheduler.table import NodeTable

__all__ = [
    "Cluster",
    "Framework",
    "NodeTable",
    "Nodes",
    "Plan",
    "PluginError",
    "Profile",
    "SchedulerCache",
    "SchedulingQueue",
    "Snapshot",
    "compare",
    "default_profile",
    "expanded",
    "explain",
    "filter_plugin",
    "lab",
    "load",
    "make_room",
    "most_allocated",
    "place",
    "requested_to_capacity_ratio",
    "run_scenario",
    "sampling",
    "schedule",
    "score_plugin",
    "simulate",
    "sketch",
    "throughput",
    "views",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Cluster": "cluster",
        "Framework": "framework",
        "NodeTable": "table",
        "Nodes": "nodes",
        "Plan": "planning",
        "PluginError": "own_plugins",
        "Profile": "profiles",
        "SchedulerCache": "cache",
        "SchedulingQueue": "queue",
        "Snapshot": "snapshot",
        "compare": "comparison",
        "default_profile": "profiles",
        "expanded": "expansion",
        "explain": "explain.explain",
        "filter_plugin": "own_plugins",
        "lab": "lab.lab",
        "load": "configuration",
        "make_room": "attempts",
        "most_allocated": "profiles",
        "place": "attempts",
        "requested_to_capacity_ratio": "profiles",
        "run_scenario": "sim",
        "sampling": "sampling",
        "schedule": "framework",
        "score_plugin": "own_plugins",
        "simulate": "sim",
        "sketch": "sketch",
        "throughput": "sim",
        "views": "views",
    },
)

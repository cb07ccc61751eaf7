"""Which plugins there are, by name, and the order and weights in which the default profile of a release has them.

Source: kubernetes 1.22 to 1.35, pkg/scheduler/apis/config/v1/default_plugins.go (algorithmprovider/registry.go before 1.23).
"""

from __future__ import annotations

import importlib

from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.releases import has

DEFAULT: dict[str, tuple[str, int]] = {
    "SchedulingGates": ("scheduling_gates", 0),
    "PrioritySort": ("priority_sort", 0),
    "NodeUnschedulable": ("node_unschedulable", 0),
    "NodeName": ("node_name", 0),
    "TaintToleration": ("taint_toleration", 3),
    "NodeAffinity": ("node_affinity", 2),
    "NodePorts": ("node_ports", 0),
    "NodeResourcesFit": ("node_resources_fit", 1),
    "VolumeRestrictions": ("volume_restrictions", 0),
    "EBSLimits": ("cloud_limits", 0),
    "GCEPDLimits": ("cloud_limits", 0),
    "NodeVolumeLimits": ("node_volume_limits", 0),
    "AzureDiskLimits": ("cloud_limits", 0),
    "VolumeBinding": ("volume_binding", 1),
    "VolumeZone": ("volume_zone", 0),
    "PodTopologySpread": ("pod_topology_spread", 2),
    "InterPodAffinity": ("inter_pod_affinity", 2),
    "DynamicResources": ("dynamic_resources", 2),
    "DefaultPreemption": ("default_preemption", 0),
    "NodeResourcesBalancedAllocation": ("balanced_allocation", 1),
    "ImageLocality": ("image_locality", 1),
    "DefaultBinder": ("default_binder", 0),
}
"""Name → module and weight, in the order in which they are asked. A weight of 0 says that the plugin does not score."""

BEFORE = {"TaintToleration": 1, "NodeAffinity": 1, "InterPodAffinity": 1}
"""The weights of 1.22."""
SINCE = {"SchedulingGates": "scheduling_gates", "DynamicResources": "dynamic_resources"}
UNTIL = {"EBSLimits": "one_volume_limit", "GCEPDLimits": "one_volume_limit", "AzureDiskLimits": "one_volume_limit"}


def default_plugins(release: str) -> dict[str, int]:
    """Name → weight of the default profile, in order.

    >>> list(default_plugins("1.35"))[:4], default_plugins("1.35")["TaintToleration"]
    (['SchedulingGates', 'PrioritySort', 'NodeUnschedulable', 'NodeName'], 3)
    """
    weights = {} if has(release, "weights_of_today") else BEFORE
    return {
        name: weights.get(name, weight)
        for name, (_, weight) in DEFAULT.items()
        if (name not in SINCE or has(release, SINCE[name])) and not (name in UNTIL and has(release, UNTIL[name]))
    }


def plugin_class(name: str) -> type[Plugin]:
    """The class of a plugin that comes with the scheduler."""
    module = importlib.import_module(f"k8sedu.kube.scheduler.plugins.{DEFAULT[name][0]}")
    found: type[Plugin] = getattr(module, name)
    return found

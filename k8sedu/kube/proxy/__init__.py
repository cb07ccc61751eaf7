"""kube-proxy: how a node brings a packet for a Service to one pod.

Read in this order:

1. `settings`, `ports`, `backends`, `changes`: what kube-proxy is told, and what it makes of it
2. `packet`, `reasons`, `conntrack`: a packet and the record of its way; why it ended so; the kernel's memory
3. `iptables`: the mode that is the default
4. `journey`, `ipvs`, `nftables`, `userspace`: the other modes, over the same input
5. `node`: the question `route(packet, node, mode)`
6. `cluster`, `addressing`: nodes, pods and Services from manifests, and who asks whom
7. `sim`: pods die and return, and every node's proxy syncs in its own time
8. `views`: one request as a film, four modes side by side, charts of shares, failovers and costs
9. `lab`: a Service to be tried by hand

Pure Python with the standard library alone, so that it also runs in a browser.

>>> from random import Random
>>> from k8sedu.kube import manifest, proxy
>>> text = '''
... {kind: Pod, apiVersion: v1, metadata: {name: web, labels: {app: web}}, spec: {containers: [{name: c}]}}
... ---
... {kind: Service, apiVersion: v1, metadata: {name: web}, spec: {clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80}]}}
... '''
>>> node = proxy.ProxyCluster(manifest.load("---" + text)).node("node-2", ["iptables", "nftables"])
>>> packet = proxy.Packet("10.244.2.9", 40001, "10.96.0.7", 80)
>>> [proxy.route(packet, node, mode, rng=Random(1)).endpoint for mode in node.modes]
['10.244.1.2:80', '10.244.1.2:80']
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.kube.proxy import sim, views
    from k8sedu.kube.proxy.addressing import client_of, packet_of, target_of
    from k8sedu.kube.proxy.cluster import ProxyCluster
    from k8sedu.kube.proxy.lab import lab
    from k8sedu.kube.proxy.node import MODES, ProxyNode, route
    from k8sedu.kube.proxy.packet import Packet, Step, Walk
    from k8sedu.kube.proxy.settings import ProxySettings
    from k8sedu.kube.proxy.sim import compare_modes, run_scenario, scaling, simulate, stale_windows

__all__ = [
    "MODES",
    "Packet",
    "ProxyCluster",
    "ProxyNode",
    "ProxySettings",
    "Step",
    "Walk",
    "client_of",
    "compare_modes",
    "lab",
    "packet_of",
    "route",
    "run_scenario",
    "scaling",
    "sim",
    "simulate",
    "stale_windows",
    "target_of",
    "views",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "MODES": "node",
        "Packet": "packet",
        "ProxyCluster": "cluster",
        "ProxyNode": "node",
        "ProxySettings": "settings",
        "Step": "packet",
        "Walk": "packet",
        "client_of": "addressing",
        "compare_modes": "sim",
        "lab": "lab.lab",
        "packet_of": "addressing",
        "route": "node",
        "run_scenario": "sim",
        "scaling": "sim",
        "sim": "sim",
        "simulate": "sim",
        "stale_windows": "sim",
        "target_of": "addressing",
        "views": "views",
    },
)

"""What the tests of pictures share: a node in four modes with two Services, walks through it, and runs in time."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from matplotlib import pyplot as plt

from k8sedu.kube import manifest
from k8sedu.kube.proxy import MODES, Packet, ProxyCluster, ProxyNode, Walk, compare_modes, route
from k8sedu.trace import Trace

MANIFEST = """---
{kind: Service, apiVersion: v1, metadata: {name: db}, spec: {clusterIP: 10.96.3.1, selector: {app: db}, ports: [{port: 5432}]}}
---
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}
---
kind: Service
apiVersion: v1
metadata: {name: web}
spec: {clusterIP: 10.96.12.7, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
"""


@pytest.fixture(autouse=True)
def closed() -> Iterator[None]:
    """No figure outlives its test."""
    yield
    plt.close("all")


@pytest.fixture(scope="package")
def node() -> ProxyNode:
    """node-1, in every mode."""
    return ProxyCluster(manifest.load(MANIFEST)).node("node-1", MODES)  # type: ignore[arg-type]  # the names of all modes


@pytest.fixture(scope="package")
def walks(node: ProxyNode) -> dict[str, Walk]:
    """The same packet in every mode."""
    packet = Packet("10.244.1.9", 40_001, "10.96.12.7", 80)
    return {mode: route(packet, node, mode, rng=Random(5), with_misses=True) for mode in node.modes}


@pytest.fixture(scope="package")
def rejected(node: ProxyNode) -> Walk:
    """A packet for a Service without endpoints."""
    return route(Packet("10.244.1.9", 40_001, "10.96.3.1", 5432), node, "iptables", rng=Random(5), with_misses=True)


@pytest.fixture(scope="package")
def traces() -> dict[str, Trace]:
    """A pod is killed; iptables and nftables."""
    return compare_modes(("at 400 kill web-1",), modes=("iptables", "nftables"), duration_ms=1_500, nodes=2, requests_per_s=20)

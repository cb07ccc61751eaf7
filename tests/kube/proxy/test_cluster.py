from __future__ import annotations

import pytest

from k8sedu.kube import manifest
from k8sedu.kube.proxy.cluster import ClusterError, ProxyCluster

WEB = """
{kind: Service, apiVersion: v1, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
"""


def cluster(*texts: str) -> ProxyCluster:
    return ProxyCluster(manifest.load("---\n".join(f"{text}\n" for text in ("", *texts))))


def workload(kind: str, **more: object) -> str:
    extra = "".join(f"  {name}: {value}\n" for name, value in more.items())
    template = "  template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}\n"
    return f"kind: {kind}\napiVersion: apps/v1\nmetadata: {{name: w}}\nspec:\n  selector: {{matchLabels: {{app: web}}}}\n{template}{extra}"


NODES = """kind: Node
apiVersion: v1
metadata: {name: a, labels: {topology.kubernetes.io/zone: z1}}
spec: {podCIDR: 10.42.0.0/24}
status: {addresses: [{type: InternalIP, address: 172.18.0.3}]}
---
kind: Node
apiVersion: v1
metadata: {name: b}
spec: {podCIDR: 10.42.1.0/24}
"""


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (workload("Deployment", replicas=2), ["w-1", "w-2"]), (workload("Deployment"), ["w-1"]),
        (workload("StatefulSet", replicas=2, serviceName="w"), ["w-0", "w-1"]), (workload("DaemonSet"), ["w-1", "w-2"]),
        (workload("ReplicaSet", replicas=0), []),
    ],
)  # fmt: skip
def test_pods_of_workloads(text: str, names: list[str]) -> None:
    """Every kind of workload has the pods that it would make: so many as it says, one per node, numbered from 0 or 1."""
    found = cluster(text, WEB)
    assert [pod.name for pod in found.pods.values()] == names
    assert sum(len(piece.endpoints) for piece in found.slices) == len(names)


def test_real_nodes() -> None:
    """Nodes, their addresses and networks are taken from the manifests where they are; a node's zone reaches its endpoints."""
    found = cluster(NODES, workload("Deployment", replicas=2), WEB)
    assert [(pod.spec.node_name, pod.status.pod_ip) for pod in found.pods.values()] == [("a", "10.42.0.2"), ("b", "10.42.1.2")]
    assert (found.settings("a").node_ip, found.settings("a").local_value) == ("172.18.0.3", "10.42.0.0/16")
    assert [endpoint.zone for piece in found.slices for endpoint in piece.endpoints] == ["z1", None]
    with pytest.raises(ClusterError, match="node c is not in the manifests, expected one of: a, b"):
        found.settings("c")


def test_a_dump_of_a_cluster() -> None:
    """Pods that a dump brings count instead of those that their Deployment would make, with the addresses and states that they have."""
    pod = "kind: Pod\napiVersion: v1\nmetadata: {name: w-7d9c-x, labels: {app: web}}\nspec: {nodeName: n9, containers: [{name: c}]}\n"
    status = "status: {phase: Running, podIP: 10.1.2.3, hostIP: 10.0.0.9, conditions: [{type: Ready, status: 'False'}]}\n"
    found = cluster(workload("Deployment", replicas=3), pod + status, WEB)
    assert [pod.name for pod in found.pods.values()] == ["w-7d9c-x"]
    assert [(machine.name, machine.ip, machine.pod_cidr) for machine in found.machines.values()] == [("n9", "10.0.0.9", "10.1.2.0/24")]
    assert [endpoint.conditions.ready for piece in found.slices for endpoint in piece.endpoints] == [False]
    assert found.pod_at("10.1.2.3") is not None


def test_slices_that_are_brought() -> None:
    """A slice in the manifests is taken as it is, and none is made beside it."""
    piece = """kind: EndpointSlice
apiVersion: discovery.k8s.io/v1
metadata: {name: mine, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
endpoints: [{addresses: [192.0.2.7]}]
ports: [{name: "", port: 80}]
"""
    assert [each.name for each in cluster(piece, WEB, workload("Deployment")).slices] == ["mine"]


def test_addresses_of_services() -> None:
    """A Service that has an address keeps it, whatever range it is of; others get one of that range, and no two the same."""
    chosen = "{kind: Service, apiVersion: v1, metadata: {name: a}, spec: {clusterIP: 10.43.0.1, ports: [{port: 80}]}}"
    found = cluster(chosen, WEB, WEB.replace("name: web", "name: other"))
    ips = [service.spec.cluster_ip for service in found.services.values()]
    assert ips[0] == "10.43.0.1"
    assert len(set(ips)) == 3
    assert all(ip.startswith("10.43.") for ip in ips)


def test_a_pod_on_no_node() -> None:
    """A pod whose node is not there is refused, with the nodes that are."""
    pod = "kind: Pod\napiVersion: v1\nmetadata: {name: lost}\nspec: {nodeName: c, containers: [{name: c}]}\n"
    with pytest.raises(ClusterError, match="pod default/lost is on node c, which is not in the manifests, expected one of: a, b"):
        cluster(NODES, pod)

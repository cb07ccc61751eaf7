from __future__ import annotations

from random import Random

import pytest

from k8sedu.kube import manifest
from k8sedu.kube.proxy.addressing import AddressingError, client_of, packet_of, target_of
from k8sedu.kube.proxy.cluster import ProxyCluster

TEXT = """---
{kind: Pod, apiVersion: v1, metadata: {name: p, namespace: shop, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: c}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: done, namespace: shop}, spec: {nodeName: node-1}, status: {phase: Failed}}
---
{kind: Service, apiVersion: v1, metadata: {name: web, namespace: shop}, spec: {clusterIP: 10.96.0.7, selector: {app: web},
  ports: [{name: http, port: 8080}, {name: dns, port: 53, protocol: UDP}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: head, namespace: shop}, spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: none, namespace: shop}, spec: {clusterIP: None, selector: {app: x}, ports: [{port: 80}]}}
---
{kind: Service, apiVersion: v1, metadata: {name: name, namespace: shop}, spec: {type: ExternalName, externalName: example.com}}
"""
CLUSTER = ProxyCluster(manifest.load(TEXT))
IP = "10.244.1.2"


@pytest.mark.parametrize(
    ("text", "ip", "node", "namespace"),
    [
        ("pod/shop/p", IP, "node-1", "shop"), (IP, IP, "node-1", "shop"), ("node/node-1", "192.168.10.11", "node-1", "default"),
        ("world", "203.0.113.9", "node-1", "default"), ("8.8.8.8", "8.8.8.8", "node-1", "default"),
        ("192.168.10.11", "192.168.10.11", "node-1", "default"),
    ],
)  # fmt: skip
def test_who_asks(text: str, ip: str, node: str, namespace: str) -> None:
    """A pod, a node, the world or an address: each is somewhere, and looks names up somewhere."""
    found = client_of(text, CLUSTER)
    assert (found.ip, found.node, found.namespace) == (ip, node, namespace)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web:http", ("10.96.0.7", 8080, "TCP")), ("http://web", ("10.96.0.7", 80, "TCP")), ("web:8080", ("10.96.0.7", 8080, "TCP")),
        ("web:53", ("10.96.0.7", 53, "UDP")), ("udp://web.shop:53", ("10.96.0.7", 53, "UDP")), ("web:dns", ("10.96.0.7", 53, "UDP")),
        ("http://web.shop.svc.cluster.local:8080/path?x=1", ("10.96.0.7", 8080, "TCP")), ("head", (IP, 80, "TCP")),
        ("10.96.0.7:80", ("10.96.0.7", 80, "TCP")), ("[fd00::7]:80", ("fd00::7", 80, "TCP")),
        ("node-1:30080", ("192.168.10.11", 30_080, "TCP")),
    ],
)  # fmt: skip
def test_who_is_asked(text: str, expected: tuple[str, int, str]) -> None:
    """Names, ports by number and by name, schemes and addresses are understood as a pod's programs understand them."""
    assert target_of(text, CLUSTER, namespace="shop", rng=Random(1))[:3] == expected


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("web", "names no port that is known, expected a number or one of http, dns"), ("web:70000", "asks for port 70000"),
        ("none", "is headless and has no ready pod"), ("name:80", "shop/name is another name for example.com"),
        ("blog:80", "the cluster's DNS knows no 'blog'"), ("ftp://web", "expected one of http"),
    ],
)  # fmt: skip
def test_what_is_not_understood(text: str, told: str) -> None:
    """What cannot be asked is told in one sentence, with what was expected."""
    with pytest.raises(AddressingError, match=told):
        target_of(text, CLUSTER, namespace="shop")


def test_a_pod_without_an_address() -> None:
    """A pod that has no address cannot ask."""
    with pytest.raises(AddressingError, match="its phase is Failed"):
        client_of("pod/shop/done", CLUSTER)


def test_the_packet() -> None:
    """The packet goes from one to the other, by the protocol that was meant."""
    packet = packet_of(client_of("pod/shop/p", CLUSTER), target_of("udp://web:53", CLUSTER, namespace="shop"))
    assert str(packet) == f"UDP {IP}:40001 → 10.96.0.7:53"

"""The pictures of Services: the two of the course notes, one request, and the same packet in four modes; all from the model."""

from __future__ import annotations

from functools import partial
from random import Random

from k8sedu.course.figures import Draw, titled
from k8sedu.kube import manifest
from k8sedu.kube.proxy import MODES, Packet, ProxyCluster, ProxyNode, Walk, route, views
from k8sedu.stage.svg import still

CLUSTER = """---
{kind: Service, apiVersion: v1, metadata: {name: db}, spec: {clusterIP: 10.96.3.1, selector: {app: db}, ports: [{port: 5432}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: client, labels: {app: client}}, spec: {nodeName: node-1, containers: [{name: c}]}}
---
kind: Pod
apiVersion: v1
metadata: {name: web-4, labels: {app: web}}
spec: {nodeName: node-1, containers: [{name: c}]}
status: {phase: Running, podIP: 10.244.1.9, podIPs: [{ip: 10.244.1.9}], conditions: [{type: Ready, status: "False"}]}
---
{kind: Pod, apiVersion: v1, metadata: {name: web-1, labels: {app: web}}, spec: {nodeName: node-1, containers: [{name: c}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: web-2, labels: {app: web}}, spec: {nodeName: node-2, containers: [{name: c}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: web-3, labels: {app: web}}, spec: {nodeName: node-2, containers: [{name: c}]}}
---
kind: Service
apiVersion: v1
metadata: {name: web}
spec: {type: NodePort, clusterIP: 10.96.12.7, selector: {app: web}, ports: [{port: 80, targetPort: 8080, nodePort: 30080}]}
"""


def cluster() -> ProxyCluster:
    """Two nodes, four pods behind Service web, one of them not ready."""
    return ProxyCluster(manifest.load(CLUSTER))


def _asked(node: ProxyNode, source: str, goal: tuple[str, int], count: int, seed: int) -> list[Walk]:
    """So many connections of one client, in iptables mode."""
    rng = Random(seed)
    return [route(Packet(source, 40_001 + turn, *goal), node, "iptables", rng=rng) for turn in range(count)]


def _names(found: ProxyCluster) -> dict[str, str]:
    return {pod.status.pod_ip: pod.name for pod in found.pods.values()}


def balancing(language: str) -> str:
    """Requests by the cluster IP and by a node port, and the rules that choose for both."""
    found = cluster()
    node = found.node("node-1")
    inside = _asked(node, found.pod("client").status.pod_ip, ("10.96.12.7", 80), 600, seed=1)
    outside = _asked(node, "203.0.113.9", (node.settings.node_ip, 30080), 399, seed=2)
    scene = views.balancing_scene(inside, outside, node, names=_names(found))
    return still(scene, title=TITLES["balancing"][language == "zh"], language=language)


def relation(language: str) -> str:
    """Service, EndpointSlice and pods."""
    return still(views.service_scene(cluster(), "web"), title=TITLES["relation"][language == "zh"], language=language)


def request(language: str) -> str:
    """One request at the rule that rewrites its destination."""
    found = cluster()
    node = found.node("node-1")
    packet = Packet(found.pod("client").status.pod_ip, 40_001, "10.96.12.7", 80)
    walk = route(packet, node, "iptables", rng=Random(5), with_misses=True)
    return still(views.packet_scene(walk, node, names=_names(found)), title=TITLES["request"][language == "zh"], language=language)


def modes(language: str) -> str:
    """The same packet in all four modes."""
    found = cluster()
    node = found.node("node-1", MODES)  # type: ignore[arg-type]  # the names of all modes
    packet = Packet(found.pod("client").status.pod_ip, 40_001, "10.96.12.7", 80)
    order = ("userspace", "iptables", "ipvs", "nftables")
    film = views.four_modes_film([route(packet, node, mode, rng=Random(5), with_misses=True) for mode in order], node, language=language)
    return still(film.frames[-1].scene, title=film.title, language=language)


TITLES = {
    "balancing": ("Service load balancing", "Service 的负载均衡"),
    "relation": ("Service, endpoints and pods", "Service、端点与 Pod 的关系"),
    "request": ("One request finds its pod", "一个请求如何找到它的 Pod"),
}
FIGURES: dict[str, Draw] = {
    "service-balancing.svg": titled("Service load balancing: two doors, and rules choose a pod for both", partial(balancing, "en")),
    "service-balancing-zh.svg": titled("Service 的负载均衡：两个入口，一个选择，kube-proxy 不转发数据包", partial(balancing, "zh")),
    "service-endpoint-pod.svg": titled("Service, endpoints and pods: who is picked, and who is asked", partial(relation, "en")),
    "service-endpoint-pod-zh.svg": titled("Service、端点与 Pod：选择器选出 Pod，控制器记下地址", partial(relation, "zh")),
    "service-modes.svg": titled("The same packet in four modes of kube-proxy", partial(modes, "en")),
    "service-modes-zh.svg": titled("同一个数据包在 kube-proxy 的四种模式下", partial(modes, "zh")),
    "service-request.svg": titled("One request finds its pod, rule by rule", partial(request, "en")),
    "service-request-zh.svg": titled("一个请求逐条规则找到它的 Pod", partial(request, "zh")),
}
"""File name → figure."""

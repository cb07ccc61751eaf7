"""The two pictures of the course notes: how a Service balances load, and how Service, endpoints and pods hang together.

In the first one requests come in by two doors, the cluster IP and a node's port, and the same rules choose a pod for both; the program
kube-proxy stands beside and writes the rules, and no packet passes through it (the notes speak of the userspace mode of old). In the
second one the selector picks pods, the controller writes their addresses down, and who is not ready stands there but is not asked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from k8sedu.kube.proxy.packet import Walk, socket_text
from k8sedu.kube.proxy.views.pod_boxes import HIGH, PODS, pod_boxes, pods
from k8sedu.kube.proxy.views.walk import WalkError
from k8sedu.kube.proxy.views.walk_words import backends_of
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Label, Line, Path, Rect, Shape

WIDTH, HEIGHT = 904.0, 440.0
LETTERS = 12.0
PRIVATE = ("KUBE-SVC-", "KUBE-SVL-", "KUBE-SEP-", "KUBE-POST")
"""Chains that are told elsewhere in the picture."""
SERVICE_NAME = "kubernetes.io/service-name"


def balancing_scene(
    inside: Sequence[Walk], outside: Sequence[Walk], node: Any, *, names: Mapping[str, str] | None = None
) -> Scene:  # fmt: skip
    """Requests from a pod and from outside, through the rules of one node, to the same pods.

    Args:
        inside: walks of requests to the cluster IP.
        outside: walks of requests to the node port.
        node: the node that they were made on.
        names: address → the name of the pod that has it.

    Raises:
        WalkError: there are no walks of one of the two kinds.
    """
    if not inside or not outside:
        raise WalkError(f"met {len(inside)} walks from inside and {len(outside)} from outside, expected some of both")
    backends = backends_of(inside[0], node)
    served = Counter(walk.endpoint for walk in (*inside, *outside))
    shapes = (
        *_panel(node), *_door("inside", 56, inside[0], Words("client in a pod", "集群内的 Pod"), Words("cluster IP", "Cluster IP")),
        *_door("outside", 186, outside[0], Words("client outside", "集群外的主机"), Words("node port", "NodePort")),
        *_choice(inside[0], backends), *_writer(), *pods(backends, names or {}, chosen="", served=served),
    )  # fmt: skip
    count, mode = len(inside) + len(outside), inside[0].mode
    caption = Words(
        f"**Two doors, one choice:** {count} requests came in, and the rules ({mode}) gave each pod its share. The program carried none.",
        f"**两个入口，一个选择：** {count} 个请求进来，规则（{mode}）让每个 Pod 得到一份。kube-proxy 程序没有转发任何一个。",
    )
    return Scene(shapes=shapes, caption=caption, width=WIDTH, height=HEIGHT, card_width=0)


def _panel(node: Any) -> Iterator[Shape]:
    yield Rect("node", 190, 0, 520, 306, r=10, fill="card", stroke="line")
    yield Label("node/name", 206, 20, node.settings.node_name, anchor="start", weight=600)
    yield Label("node/rules", 694, 20, Words("rules in the kernel", "内核中的规则"), anchor="end", size=LETTERS, fill="muted")


def _chains(walk: Walk) -> list[str]:
    """The chains on the way to the choice, without the kernel's own."""
    asked = [step for step in walk.steps if step.is_match and step.table not in {"filter", "routing", "conntrack"}]
    found = dict.fromkeys(step.chain for step in asked)
    return [name for name in found if name.startswith("KUBE-") and not name.startswith(PRIVATE)]


def _door(key: str, y: float, walk: Walk, who: Words, door: Words) -> Iterator[Shape]:
    """A client, the address that it asks, and the chains that this address leads through."""
    asked = socket_text(walk.packet.destination, walk.packet.destination_port)
    yield Rect(f"{key}/client", 0, y, 142, 54, r=8, fill="paper", stroke="line")
    yield Label(f"{key}/client/name", 71, y + 19, who, weight=600)
    yield Label(f"{key}/client/ip", 71, y + 38, fit(walk.packet.source, 132, LETTERS), size=LETTERS, fill="muted")
    yield Line(f"{key}/way", 144, y + 27, 202, y + 27, stroke="orange", width=3, arrow=True)
    yield Rect(f"{key}/door", 206, y, 176, 54, r=8, fill="tint:blue", stroke="blue", width=2, layer=1)
    yield Label(f"{key}/door/name", 294, y + 19, door, weight=600, layer=2)
    yield Label(f"{key}/door/ip", 294, y + 38, asked, size=LETTERS, layer=2)
    for place, chain in enumerate(_chains(walk)[:3]):
        yield Label(f"{key}/chain/{place}", 206, y + 70 + 17 * place, fit(chain, 200, LETTERS), anchor="start", size=LETTERS, fill="muted")
    yield Path(f"{key}/on", f"M382 {y + 27:g}C424 {y + 27:g} 402 148 444 148", stroke="orange", width=3)


def _choice(walk: Walk, backends: Sequence[Any]) -> Iterator[Shape]:
    """The chain at which both ways meet, and a line to each pod with its share."""
    count = len([backend for backend in backends if backend.is_ready])
    yield Path("choice/head", "M438 142L446 148L438 154", stroke="orange", width=3)
    yield Rect("choice", 450, 118, 176, 60, r=8, fill="tint:orange", stroke="orange", width=2, layer=1)
    yield Label("choice/name", 538, 139, Words(f"choose 1 of {count}", f"{count} 选 1"), weight=600, layer=2)
    last = next((step.chain for step in walk.steps if step.chain.startswith("KUBE-SVC-")), "") or walk.service_port
    yield Label("choice/chain", 538, 160, fit(last, 168, LETTERS), size=LETTERS, layer=2)
    for box in pod_boxes(backends, ""):
        y, key = box.y + HIGH / 2, f"share/{box.backend.text}"
        is_asked = box.backend.is_ready
        stroke, width = ("orange", 3) if is_asked else ("grey", 1.5)
        yield Path(key, f"M626 148C690 148 690 {y:g} {PODS - 6:g} {y:g}", stroke=stroke, width=width)
        if is_asked:
            yield Path(f"{key}/head", f"M{PODS - 11:g} {y - 5:g}L{PODS - 5:g} {y:g}L{PODS - 11:g} {y + 5:g}", stroke="orange", width=3)
            yield Label(f"{key}/told", PODS - 26, y - 13, f"1/{count}", size=LETTERS, weight=600, halo="paper", layer=2)


def _writer() -> Iterator[Shape]:
    """The program that makes the rules, and where it learns of them."""
    yield Rect("api", 0, 352, 142, 54, r=8, fill="paper", stroke="line")
    yield Label("api/name", 71, 371, "API server", weight=600)
    yield Label("api/told", 71, 390, Words("Services, slices", "Service 与端点"), size=LETTERS, fill="muted")
    yield Line("api/way", 144, 379, 226, 379, stroke="muted", width=2, dashed=True, arrow=True)
    yield Label("api/watch", 184, 364, Words("watch", "watch"), size=LETTERS, fill="muted")
    yield Rect("proxy", 232, 352, 290, 54, r=8, fill="paper", stroke="ink", dashed=True)
    yield Label("proxy/name", 377, 371, Words("the program kube-proxy", "kube-proxy 程序"), weight=600)
    yield Label("proxy/told", 377, 390, Words("writes the rules; carries no packet", "写规则，不转发数据包"), size=LETTERS, fill="muted")
    yield Line("proxy/way", 538, 350, 538, 182, stroke="muted", width=2, dashed=True, arrow=True)
    yield Line("proxy/out", 522, 379, 538, 379, stroke="muted", width=2, dashed=True)
    yield Line("proxy/up", 538, 379, 538, 350, stroke="muted", width=2, dashed=True)


# -- Service, endpoint and Pod -----------------------------------------------------------------------------------------------------------


def service_scene(cluster: Any, service: str, *, namespace: str = "default") -> Scene:
    """One Service, its EndpointSlices, and the pods: which the selector picks, and which of them are asked.

    Args:
        cluster: a `ProxyCluster`, for its Services, slices and pods.
        service: the Service's name.
        namespace: where it is.

    Raises:
        WalkError: there is no such Service.
    """
    found = cluster.services.get((namespace, service))
    if found is None:
        there = ", ".join(name for _, name in cluster.services) or "none"
        raise WalkError(f"Service {namespace}/{service} is not in the cluster, expected one of: {there}")
    rows = _endpoints(cluster, found)
    shown = _pods(cluster, found, rows)
    shapes = (*_service(found), *_slice(found, rows), *_pod_column(shown, rows), *_selector(found))
    ready = sum(is_ready for _, is_ready, _ in rows)
    caption = Words(
        f"**The selector picks pods, the controller writes their addresses down:** {ready} of {len(rows)} endpoints may be asked.",
        f"**选择器选出 Pod，控制器记下它们的地址：** {len(rows)} 个端点中有 {ready} 个可以被访问。",
    )
    return Scene(shapes=shapes, caption=caption, width=WIDTH, height=HEIGHT - 40, card_width=0)


def _endpoints(cluster: Any, service: Any) -> list[tuple[str, bool, str]]:
    """(address, is it ready, ports) of all endpoints of a Service."""
    mine = [each for each in cluster.slices if each.namespace == service.namespace and each.labels.get(SERVICE_NAME) == service.name]
    return [
        (endpoint.addresses[0], endpoint.conditions.ready is not False, ",".join(str(port.port) for port in each.ports))
        for each in mine for endpoint in each.endpoints
    ][:8]  # fmt: skip


def _pods(cluster: Any, service: Any, rows: Sequence[tuple[str, bool, str]]) -> list[Any]:
    """Pods in the order of their endpoints, then up to two that the selector does not pick."""
    at = {ip: place for place, (ip, *_) in enumerate(rows)}
    mine = [pod for pod in cluster.pods.values() if pod.status.pod_ip in at]
    others = [pod for pod in cluster.pods.values() if pod.status.pod_ip not in at and pod.namespace == service.namespace]
    return [*sorted(mine, key=lambda pod: at[pod.status.pod_ip]), *others[: min(2, 8 - len(mine))]]


def _service(service: Any) -> Iterator[Shape]:
    yield Rect("service", 0, 112, 214, 150, r=8, fill="tint:blue", stroke="blue", width=2)
    yield Label("service/name", 16, 134, f"Service {service.name}", anchor="start", weight=600, size=14, layer=1)
    ports = ", ".join(f"{port.port} → {port.target_port or port.port}" for port in service.spec.ports)
    lines = (
        (Words("cluster IP", "Cluster IP"), service.spec.cluster_ip), (Words("port", "端口"), ports),
        (Words("DNS", "DNS"), f"{service.name}.{service.namespace}.svc"),
        (Words("selector", "选择器"), ",".join(f"{key}={value}" for key, value in service.spec.selector.items()) or "–"),
    )  # fmt: skip
    for place, (name, value) in enumerate(lines):
        y = 162 + 24 * place
        yield Label(f"service/{place}/name", 16, y, name, anchor="start", size=LETTERS, fill="ink", layer=1)
        yield Label(f"service/{place}", 200, y, fit(value, 122, LETTERS), anchor="end", size=LETTERS, weight=600, layer=1)


def _slice(service: Any, rows: Sequence[tuple[str, bool, str]]) -> Iterator[Shape]:
    height = 46 + 30 * max(1, len(rows))
    yield Line("named", 216, 187, 288, 187, stroke="muted", width=2)
    yield Label("named/told", 252, 174, Words("by name", "同名"), size=LETTERS, fill="muted")
    yield Rect("slice", 292, SLICE_TOP, 250, height, r=8, fill="card", stroke="line")
    yield Label("slice/name", 308, SLICE_TOP + 21, fit(f"EndpointSlice {service.name}-…", 220), anchor="start", weight=600, layer=1)
    for place, (ip, is_ready, ports) in enumerate(rows):
        y, role = _row_y(place), "green" if is_ready else "grey"
        yield Rect(f"endpoint/{ip}", 306, y - 12, 222, 24, r=5, fill=f"tint:{role}", stroke=role, dashed=not is_ready, layer=1)
        yield Label(f"endpoint/{ip}/ip", 316, y, fit(f"{ip}:{ports}", 140, LETTERS), anchor="start", size=LETTERS, weight=600, layer=2)
        said = Words("ready", "就绪") if is_ready else Words("not ready", "未就绪")
        yield Label(f"endpoint/{ip}/said", 520, y, said, anchor="end", size=LETTERS, layer=2)
    if not rows:
        yield Label("slice/none", 308, _row_y(0), Words("no endpoint", "没有端点"), anchor="start", size=LETTERS, fill="muted", layer=1)


SLICE_TOP = 96.0


def _row_y(place: int) -> float:
    return SLICE_TOP + 52 + 30 * place


def _pod_column(shown: Sequence[Any], rows: Sequence[tuple[str, bool, str]]) -> Iterator[Shape]:
    states = {ip: is_ready for ip, is_ready, _ in rows}
    pitch = min(58.0, 340 / max(1, len(shown)))
    for place, pod in enumerate(shown):
        y, ip, high = 58 + pitch * place, pod.status.pod_ip, min(48.0, pitch - 8)
        is_mine, key = ip in states, f"pod/{pod.name}"
        role = "green" if states.get(ip) else "grey"
        fill, stroke = (f"tint:{role}", role) if is_mine else ("paper", "line")
        yield Rect(key, 690, y, 214, high, r=8, fill=fill, stroke=stroke, dashed=is_mine and not states[ip])
        ink, middle = "ink" if is_mine else "muted", y + (17 if high > 40 else high / 2)
        yield Label(f"{key}/name", 702, middle, fit(pod.name, 100), anchor="start", weight=600, fill=ink, layer=1)
        yield Label(f"{key}/ip", 894, middle, ip, anchor="end", size=LETTERS, fill=ink, layer=1)
        if high > 40:
            told = ", ".join(f"{name}={value}" for name, value in sorted(pod.labels.items())) or Words("no label", "没有标签")
            words = told if isinstance(told, Words) else Words(fit(told, 190, LETTERS), fit(told, 190, LETTERS))
            yield Label(f"{key}/labels", 702, y + 35, words, anchor="start", size=LETTERS, fill="muted", layer=1)
        if is_mine:
            at = _row_y([row[0] for row in rows].index(ip))
            way = f"M688 {y + high / 2:g}C616 {y + high / 2:g} 616 {at:g} 536 {at:g}"
            yield Path(f"{key}/way", way, stroke=role, width=2.5 if states[ip] else 1.5, dashed=not states[ip])
            yield Path(f"{key}/head", f"M541 {at - 5:g}L535 {at:g}L541 {at + 5:g}", stroke=role, width=2)


def _selector(service: Any) -> Iterator[Shape]:
    """Over the top: whom the Service means."""
    if not service.spec.selector:
        told = Words("no selector: nobody writes its endpoints but you", "没有选择器：端点要自己写")
        yield Label("selector/told", 417, 24, told, size=LETTERS, fill="muted")
        return
    yield Path("selector", "M107 110C107 34 130 34 170 34L760 34C790 34 797 36 797 50", stroke="blue", width=2, dashed=True)
    yield Path("selector/head", "M791 46L797 53L803 46", stroke="blue", width=2)
    text = ",".join(f"{key}={value}" for key, value in service.spec.selector.items())
    told = Words(f"the selector {text} picks pods", f"选择器 {text} 选出 Pod")
    yield Label("selector/told", 417, 20, Words(*(fit(each, 480, LETTERS) for each in told)), size=LETTERS)
    note = Words("the endpoint controller writes addresses down", "端点控制器记下地址")
    yield Label("controller/told", 417, 76, note, size=LETTERS, fill="muted")

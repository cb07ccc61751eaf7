"""Who asks whom: from what people type to the packet that is sent.

`pod/client` and `http://web:80` become addresses as they do in a cluster: the pod has one, and `web` is looked up in the DNS of the pod's
namespace. What cannot be looked up is told in one sentence.

Source: kubectl's ways of naming (`pod/name`); the specification of the cluster's DNS.
"""

from __future__ import annotations

from collections.abc import Mapping
from ipaddress import ip_address
from random import Random
from typing import NamedTuple, cast

from k8sedu.errors import K8sEduError
from k8sedu.kube.controllers.pod_endpoints import ips_of
from k8sedu.kube.objects.service import Service
from k8sedu.kube.proxy.cluster import ProxyCluster
from k8sedu.kube.proxy.packet import Packet, Protocol
from k8sedu.kube.services.dns import Dns, service_of

SCHEMES: Mapping[str, tuple[str, int]] = {
    "http": ("TCP", 80), "https": ("TCP", 443), "tcp": ("TCP", 0), "udp": ("UDP", 0), "sctp": ("SCTP", 0), "dns": ("UDP", 53),
}  # fmt: skip
"""What stands before `://` → protocol, and port if none is said."""
WORLD = "203.0.113.9"
"""An address of documentation: somebody outside."""


class AddressingError(K8sEduError, ValueError):
    """A client or a target that cannot be understood, or that nobody is called."""


class Client(NamedTuple):
    """Who asks."""

    ip: str
    node: str
    """On which node the question is decided."""
    namespace: str
    name: str
    """What to call it."""


class Target(NamedTuple):
    """Who is asked."""

    ip: str
    port: int
    protocol: str
    name: str
    """What was looked up: the Service's DNS name, or the address."""


def client_of(text: str, cluster: ProxyCluster, *, node: str = "") -> Client:
    """Understand who asks.

    Args:
        text: `pod/client`, `pod/shop/client`, `node/node-1`, `world`, or an address.
        cluster: where to look.
        node: the node that somebody from outside comes to; the first one if empty.

    Raises:
        AddressingError, ClusterError: nobody is called so.
    """
    kind, _, name = text.partition("/")
    if kind in {"pod", "pods", "po"} and name:
        namespace, _, short = name.rpartition("/")
        return _pod(cluster, short, namespace or "default")
    if kind in {"node", "nodes", "no"} and name:
        machine = cluster.machine(name)
        return Client(machine.ip, machine.name, "default", f"node {name}")
    entered = cluster.machine(node).name if node else next(iter(cluster.machines))
    if text == "world":
        return Client(WORLD, entered, "default", "somebody outside")
    ip = _address(text)
    if ip is None:
        raise AddressingError(f"{text!r} is nobody, expected pod/NAME, pod/NAMESPACE/NAME, node/NAME, world or an address")
    pod, machine_ = cluster.pod_at(ip), cluster.machine_at(ip)
    if pod is not None:
        return Client(ip, pod.spec.node_name, pod.namespace, f"pod {pod.key}")
    if machine_ is not None:
        return Client(ip, machine_.name, "default", f"node {machine_.name}")
    return Client(ip, entered, "default", ip)


def _pod(cluster: ProxyCluster, name: str, namespace: str) -> Client:
    pod = cluster.pod(name, namespace=namespace)
    if not ips_of(pod):
        raise AddressingError(f"pod {pod.key} has no address (its phase is {pod.status.phase or 'not known'}), so it cannot ask")
    return Client(ips_of(pod)[0], pod.spec.node_name, pod.namespace, f"pod {pod.key}")


def target_of(text: str, cluster: ProxyCluster, *, namespace: str = "default", rng: Random | None = None) -> Target:
    """Understand who is asked.

    Args:
        text: `http://web:80`, `web.shop:http`, `udp://10.96.0.10:53`, `node-1:30080`.
        cluster: where to look.
        namespace: the client's, in which short names are looked up.
        rng: what chooses among several addresses of one name; the first one without.

    Raises:
        AddressingError: nobody is called so, or the port is not known.
    """
    protocol, host, port = _taken_apart(text)
    service = service_of(host, cluster.services, namespace=namespace)
    ip = cluster.machines[host].ip if host in cluster.machines else _address(host)
    if service is None and ip is None:
        names = ", ".join(f"{name}.{space}" for space, name in cluster.services) or "none"
        asked = f"{host!r} (asked from namespace {namespace})"
        raise AddressingError(f"the cluster's DNS knows no {asked}, expected one of the Services: {names}")
    number, protocol = _port(text, port, protocol, service)
    if service is not None:
        return _of_service(service, number, protocol, cluster, rng)
    return Target(str(ip), number, protocol, host)


def _taken_apart(text: str) -> tuple[str, str, str]:
    """Scheme, host and port of `http://web:80/path`; an IPv6 address with a port stands in brackets."""
    scheme, there, rest = text.partition("://")
    scheme, rest = (scheme.lower(), rest) if there else ("", text)
    if scheme and scheme not in SCHEMES:
        raise AddressingError(f"{text!r} begins with {scheme}://, expected one of {', '.join(SCHEMES)}")
    rest = rest.split("/", 1)[0]
    if rest.startswith("["):
        host, _, port = rest[1:].partition("]")
        return scheme, host, port.removeprefix(":")
    host, _, port = rest.partition(":") if rest.count(":") == 1 else (rest, "", "")
    return scheme, host, port


def _port(text: str, port: str, scheme: str, service: Service | None) -> tuple[int, str]:
    protocol, usual = SCHEMES.get(scheme, ("", 0))
    if port.isdigit():
        if not 0 < int(port) < 65_536:
            raise AddressingError(f"{text!r} asks for port {port}, expected one from 1 to 65535")
        return int(port), protocol or _protocol_of(service, int(port))
    ports = service.spec.ports if service is not None else ()
    found = next((each for each in ports if each.name == port), None) if port else None
    if found is None and not port and not usual and len(ports) == 1:
        found = ports[0]
    if found is not None:
        return found.port, found.protocol or "TCP"
    if usual and not port:
        return usual, protocol
    names = ", ".join(each.name or str(each.port) for each in ports)
    raise AddressingError(f"{text!r} names no port that is known, expected a number" + (f" or one of {names}" if names else ""))


def _protocol_of(service: Service | None, port: int) -> str:
    """The protocol of a Service's port where none was said; TCP if it has both."""
    found = [each.protocol or "TCP" for each in service.spec.ports if each.port == port] if service is not None else []
    return "TCP" if "TCP" in found or not found else found[0]


def _of_service(service: Service, port: int, protocol: str, cluster: ProxyCluster, rng: Random | None) -> Target:
    name = f"{service.name}.{service.namespace}.svc.cluster.local"
    if service.spec.type == "ExternalName":
        raise AddressingError(
            f"{service.key} is another name for {service.spec.external_name}: the DNS says so, and no Service is on the way",
        )  # fmt: skip
    if service.spec.cluster_ip == "None":
        return _headless(service, port, protocol, cluster, rng)
    return Target(service.spec.cluster_ip, port, protocol, name)


def _headless(service: Service, port: int, protocol: str, cluster: ProxyCluster, rng: Random | None) -> Target:
    """The name leads to the pods themselves, so their port counts and no rule is asked."""
    name = f"{service.name}.{service.namespace}.svc.cluster.local"
    found = Dns([service, *cluster.slices]).ask(name, namespace=service.namespace).addresses
    if not found:
        raise AddressingError(f"{service.key} is headless and has no ready pod, so the DNS knows no such name")
    return Target(rng.choice(found) if rng is not None else found[0], port, protocol, name)


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text.strip("[]")))
    except ValueError:
        return None


def packet_of(client: Client, target: Target, *, source_port: int = 40_001) -> Packet:
    """The first packet of a connection from one to the other."""
    return Packet(client.ip, source_port, target.ip, target.port, cast(Protocol, target.protocol))

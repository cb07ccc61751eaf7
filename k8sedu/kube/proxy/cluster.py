"""A cluster from manifests: who sits where, with the addresses that are missing handed out.

What people have are a Deployment and a Service in a file; what a route needs are pods with addresses on nodes. So pods are made as a
Deployment would make them and placed on the nodes in turn, and the addresses that a network would give are given. What a dump of a real
cluster says (addresses, nodes, slices) is taken as it says.

Source: the parts that are imitated: pkg/controller (names), a CNI with one network per node, the kubelet's first status.
Left out: scheduling. A pod that names no node goes to the next one; who wants more runs the scheduler first.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network, ip_address, ip_network
from itertools import cycle
from random import Random
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube import selectors
from k8sedu.kube.controllers.endpointslice import labels_of, new_slice, wanted_of
from k8sedu.kube.controllers.pod_endpoints import families_of, in_order, ips_of
from k8sedu.kube.controllers.selected_pods import makes_endpoints
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects.cluster import Node
from k8sedu.kube.objects.meta import ApiObject, Condition, LabelSelector
from k8sedu.kube.objects.pod import Pod, PodIp, PodStatus, PodTemplateSpec
from k8sedu.kube.objects.service import EndpointSlice, Service
from k8sedu.kube.objects.workloads import DaemonSet, Deployment, ReplicaSet, ReplicationController, StatefulSet
from k8sedu.kube.proxy.backends import SERVICE_NAME
from k8sedu.kube.proxy.node import ModeName, ProxyNode
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.services.addresses import ServiceAddresses

WORKLOADS = (Deployment, ReplicaSet, ReplicationController, StatefulSet, DaemonSet)
SERVICE_CIDR = "10.96.0.0/12"
Name = tuple[str, str]
"""Namespace and name."""


class ClusterError(K8sEduError, LookupError):
    """Something that is not in the manifests."""


class Machine(NamedTuple):
    """A node, as far as a network is concerned."""

    name: str
    ip: str
    pod_cidr: str
    labels: Mapping[str, str]


class ProxyCluster:
    r"""Nodes, pods, Services and slices, all with addresses.

    >>> from k8sedu.kube import manifest
    >>> text = '''kind: Deployment
    ... apiVersion: apps/v1
    ... metadata: {name: web}
    ... spec:
    ...   replicas: 2
    ...   selector: {matchLabels: {app: web}}
    ...   template: {metadata: {labels: {app: web}}, spec: {containers: [{name: c, image: nginx}]}}
    ... ---
    ... {kind: Service, apiVersion: v1, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80}]}}
    ... '''
    >>> cluster = ProxyCluster(manifest.load(text))
    >>> [(pod.name, pod.spec.node_name, pod.status.pod_ip) for pod in cluster.pods.values()]
    [('web-1', 'node-1', '10.244.1.2'), ('web-2', 'node-2', '10.244.2.2')]
    >>> [endpoint.addresses[0] for piece in cluster.slices for endpoint in piece.endpoints]
    ['10.244.1.2', '10.244.2.2']
    """

    def __init__(self, objects: Iterable[ApiObject], *, seed: int = 0, release: str = "1.30") -> None:
        self.release = release
        found = [_in_namespace(each) for each in objects]
        given = [each for each in found if isinstance(each, Pod)]
        nodes = [each for each in found if isinstance(each, Node)]
        self.machines = {machine.name: machine for machine in _machines(nodes, given)}
        made = [*given, *(pod for each in found if isinstance(each, WORKLOADS) for pod in _pods_of(each, given, self.machines))]
        self.pods: dict[Name, Pod] = {(pod.namespace, pod.name): pod for pod in _placed(made, self.machines)}
        self.services = {(service.namespace, service.name): service for service in _addressed(found, seed)}
        self.nodes = {node.name: node for node in nodes}
        self.slices = (*(each for each in found if isinstance(each, EndpointSlice)), *self._made_slices(found))

    def _made_slices(self, found: Iterable[ApiObject]) -> Iterator[EndpointSlice]:
        """The slices of Services that select pods, and for which the manifests bring none."""
        brought = {(each.namespace, each.labels.get(SERVICE_NAME, "")) for each in found if isinstance(each, EndpointSlice)}
        for name, service in self.services.items():
            if name not in brought and makes_endpoints(service):
                selected = selectors.of_labels(service.spec.selector)
                pods = in_order(pod for pod in self.pods.values() if pod.namespace == name[0] and selected.matches(pod.labels))
                yield from self._slices_of(service, pods)

    def _slices_of(self, service: Service, pods: list[Pod]) -> Iterator[EndpointSlice]:
        for family in families_of(service):
            for place, draft in enumerate(wanted_of(service, pods, family, self.nodes).values()):
                made = new_slice(service, draft, labels_of(service))
                meta = made.metadata.without("generate_name").evolve(name=f"{service.name}-{family.lower()}-{place}")
                yield made.evolve(metadata=meta)

    # -- who and where --------------------------------------------------------------------------------------------------------------------

    def pod_at(self, ip: str) -> Pod | None:
        """The pod with an address; a node's own address is no pod's."""
        return next((pod for pod in self.pods.values() if ip in ips_of(pod) and not pod.spec.host_network), None)

    def machine_at(self, ip: str) -> Machine | None:
        """The node with an address."""
        return next((machine for machine in self.machines.values() if machine.ip == ip), None)

    def pod(self, name: str, *, namespace: str = "default") -> Pod:
        """The pod of that name.

        Raises:
            ClusterError: there is none.
        """
        found = self.pods.get((namespace, name))
        if found is None:
            there = ", ".join(pod.key for pod in self.pods.values()) or "none"
            raise ClusterError(f"pod {namespace}/{name} is not in the manifests, expected one of: {there}")
        return found

    def machine(self, name: str) -> Machine:
        """The node of that name.

        Raises:
            ClusterError: there is none.
        """
        if name not in self.machines:
            raise ClusterError(f"node {name} is not in the manifests, expected one of: {', '.join(self.machines)}")
        return self.machines[name]

    def settings(self, name: str) -> ProxySettings:
        """How kube-proxy runs on a node."""
        machine = self.machine(name)
        gateway = next(ip_network(machine.pod_cidr, strict=False).hosts())
        interfaces = {
            "lo": ("127.0.0.1/8",), "eth0": (f"{machine.ip}/24",),
            "cbr0": (f"{gateway}/{machine.pod_cidr.partition('/')[2]}",),
        }  # fmt: skip
        return ProxySettings(
            node_name=name, node_ip=machine.ip, node_labels=dict(machine.labels), interfaces=interfaces, local_value=self.pod_network,
            release=self.release,
        )  # fmt: skip

    def node(self, name: str, modes: Iterable[ModeName] = ("iptables",)) -> ProxyNode:
        """A node with its kube-proxy, synced.

        Raises:
            ClusterError: there is none.
        """
        made = ProxyNode(self.settings(name), modes)
        made.put(*self.services.values(), *self.slices)
        made.sync()
        return made

    @property
    def pod_network(self) -> str:
        """The network of all pods: the smallest that holds the networks of all nodes, and not smaller than a /16."""
        networks = [ip_network(machine.pod_cidr, strict=False) for machine in self.machines.values()]
        whole = networks[0]
        while whole.prefixlen > 16 or not all(whole.supernet_of(each) for each in networks):  # type: ignore[arg-type]  # all are IPv4
            whole = whole.supernet()
        return str(whole)


# -- making what is missing ---------------------------------------------------------------------------------------------------------------


def _in_namespace(found: ApiObject) -> ApiObject:
    return found.evolve(metadata=found.metadata.evolve(namespace="default")) if found.NAMESPACED and not found.namespace else found


def _machines(nodes: list[Node], pods: list[Pod]) -> Iterator[Machine]:
    """The nodes that are described, else those that pods name, else two."""
    named = {node.name: node for node in nodes} or dict.fromkeys(pod.spec.node_name for pod in pods if pod.spec.node_name)
    for place, (name, node) in enumerate((named or {"node-1": None, "node-2": None}).items(), 1):
        here = [pod for pod in pods if pod.spec.node_name == name]
        addresses = node.status.addresses if node is not None else ()
        ip = next((each.address for each in addresses if each.type == "InternalIP" and ":" not in each.address), "")
        host = next((pod.status.host_ip for pod in here if pod.status.host_ip), f"192.168.10.{10 + place}")
        cidr = node.spec.pod_cidr if node is not None and ":" not in node.spec.pod_cidr else ""
        yield Machine(name, ip or host, cidr or _cidr_of(here, place), node.labels if node is not None else {})


def _cidr_of(pods: list[Pod], place: int) -> str:
    """The network that a node's pods seem to have."""
    ips = [ip for pod in pods if not pod.spec.host_network for ip in ips_of(pod, "IPv4")]
    return str(IPv4Network(f"{ips[0]}/24", strict=False)) if ips else f"10.244.{place}.0/24"


def _pods_of(found: ApiObject, given: list[Pod], machines: Mapping[str, Machine]) -> Iterator[Pod]:
    """The pods that a workload would make, unless the manifests already bring some of them."""
    spec = getattr(found, "spec")  # noqa: B009 (each kind has its own)
    template: PodTemplateSpec = spec.template
    selector = spec.selector or template.metadata.labels
    selected = selectors.of(selector) if isinstance(selector, LabelSelector) else selectors.of_labels(selector)
    if any(pod.namespace == found.namespace and selected.matches(pod.labels) for pod in given):
        return
    first = 0 if isinstance(found, StatefulSet) else 1
    places = list(machines) if isinstance(found, DaemonSet) else [""] * (1 if spec.replicas is None else spec.replicas)
    for number, node in enumerate(places, first):
        meta = template.metadata.evolve(name=f"{found.name}-{number}", namespace=found.namespace)
        pod = Pod(metadata=meta, spec=template.spec)
        more = {"hostname": meta.name, "subdomain": spec.service_name} if isinstance(found, StatefulSet) else {}
        yield pod.evolve(spec=pod.spec.evolve(**more, **({"node_name": node} if node else {})))


def _placed(pods: list[Pod], machines: Mapping[str, Machine]) -> Iterator[Pod]:
    """Pods on nodes, with addresses; a pod that says nothing of itself is ready."""
    turn, taken = cycle(machines), {ip for pod in pods for ip in ips_of(pod)}
    free = {name: _free_ips(machine, taken) for name, machine in machines.items()}
    for pod in pods:
        name = pod.spec.node_name or next(turn)
        if pod.spec.node_name and name not in machines:
            raise ClusterError(f"pod {pod.key} is on node {name}, which is not in the manifests, expected one of: {', '.join(machines)}")
        found = pod.evolve(spec=pod.spec.evolve(node_name=name))
        yield found if ips_of(pod) or pod.status.phase else found.evolve(status=_running(found, machines[name], free[name]))


def _free_ips(machine: Machine, taken: set[str]) -> Iterator[str]:
    hosts = iter(ip_network(machine.pod_cidr, strict=False).hosts())
    next(hosts)
    return (ip for ip in map(str, hosts) if ip not in taken)


def _running(pod: Pod, machine: Machine, free: Iterator[str]) -> PodStatus:
    ip = machine.ip if pod.spec.host_network else next(free)
    ready = Condition(type="Ready", status="True")
    return PodStatus(phase="Running", pod_ip=ip, pod_ips=(PodIp(ip=ip),), host_ip=machine.ip, conditions=(ready,))


def _addressed(found: list[ApiObject], seed: int) -> Iterator[Service]:
    """Services with all that an API server would have given them."""
    services = [with_defaults(each) for each in found if isinstance(each, Service)]
    ips = [service.spec.cluster_ip for service in services if service.spec.cluster_ip not in {"", "None"}]
    v4 = [ip for ip in ips if ":" not in ip]
    outside = [ip for ip in v4 if ip_address(ip) not in ip_network(SERVICE_CIDR)]
    cidr = str(IPv4Network(f"{outside[0]}/16", strict=False)) if outside else SERVICE_CIDR
    addresses, rng = ServiceAddresses((cidr, "fd00:10:96::/112")), Random(seed)
    addresses.learn(services)
    for service in services:
        yield service if service.spec.cluster_ip and service.spec.cluster_ips else _completed(service, addresses, rng)


def _completed(service: Service, addresses: ServiceAddresses, rng: Random) -> Service:
    """What the Service has stays; the rest is handed out, of IPv4 unless it says otherwise."""
    if service.spec.cluster_ip not in {"", "None"}:
        return service.evolve(spec=service.spec.evolve(cluster_ips=(service.spec.cluster_ip,)))
    return addresses.changed(service, service, rng=rng)

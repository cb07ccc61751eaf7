"""Backends: where a Service port's traffic may go, and which of them this node chooses.

An endpoint is *ready*, or it is *serving while it terminates*: a pod that shuts down still answers for a while. Those are used only where
nothing ready is left; losing no request during the last moments is better than refusing it. What "where" means is the traffic policy's
choice: the whole cluster, or this node alone.

Source: kubernetes 1.30, pkg/proxy/topology.go (CategorizeEndpoints), endpointslicecache.go, endpoint.go; KEP-1669, KEP-2433.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from k8sedu.kube.objects.service import Endpoint, EndpointSlice
from k8sedu.kube.proxy.ports import ServicePort, ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings, family_of

ZONE = "topology.kubernetes.io/zone"
SERVICE_NAME = "kubernetes.io/service-name"


@dataclass(frozen=True)
class Backend:
    """One endpoint of one Service port, as a node's proxy sees it.

    >>> Backend("10.244.1.7", 8080).text, Backend("fd00::7", 53).text
    ('10.244.1.7:8080', '[fd00::7]:53')
    """

    ip: str
    port: int
    is_local: bool = False
    """It runs on this node."""
    is_ready: bool = True
    is_serving: bool = True
    is_terminating: bool = False
    zone_hints: tuple[str, ...] = ()
    """The zones whose traffic it is meant for."""
    node_hints: tuple[str, ...] = ()
    node_name: str = ""

    @cached_property
    def text(self) -> str:
        """Address and port as one text."""
        return f"[{self.ip}]:{self.port}" if ":" in self.ip else f"{self.ip}:{self.port}"

    @property
    def is_last_resort(self) -> bool:
        """On its way out, but still answering."""
        return self.is_serving and self.is_terminating


class Choice(NamedTuple):
    """The backends of a Service port by who may be sent to them; each in the order of its text."""

    cluster: tuple[Backend, ...]
    """For traffic that may leave the node."""
    local: tuple[Backend, ...]
    """For traffic that may not."""
    reachable: tuple[Backend, ...]
    """All that this node may choose at all."""
    has_any: bool
    """Is there one anywhere in the cluster? Without, traffic is refused; with one elsewhere, what may not go there is dropped."""


def backends_of(slices: Iterable[EndpointSlice], settings: ProxySettings) -> dict[ServicePortName, tuple[Backend, ...]]:
    """The backends of a Service's ports from all its slices of this family; the same address counts once."""
    found: dict[ServicePortName, dict[str, Backend]] = {}
    for each in slices:
        service = (each.namespace or "default", each.labels.get(SERVICE_NAME, ""))
        for port in each.ports:
            if port.name is None or not port.port:
                continue
            name = ServicePortName(*service, port.name, port.protocol or "TCP")
            known = found.setdefault(name, {})
            for backend in _backends(each.endpoints, port.port, settings):
                if backend.text not in known or backend.is_local:
                    known[backend.text] = backend
    return {name: tuple(sorted(known.values(), key=_by_text)) for name, known in found.items() if known}


def _by_text(backend: Backend) -> str:
    return backend.text


def _backends(endpoints: Iterable[Endpoint], port: int, settings: ProxySettings) -> Iterator[Backend]:
    for endpoint in endpoints:
        if not endpoint.addresses or family_of(endpoint.addresses[0]) != settings.ip_family:
            continue
        conditions = endpoint.conditions
        yield Backend(
            ip=endpoint.addresses[0], port=port, is_local=endpoint.node_name == settings.node_name,
            is_ready=conditions.ready is not False, is_serving=conditions.serving is not False,
            is_terminating=conditions.terminating is True, zone_hints=_hints(endpoint, "forZones"), node_hints=_hints(endpoint, "forNodes"),
            node_name=endpoint.node_name or "",
        )  # fmt: skip


def _hints(endpoint: Endpoint, name: str) -> tuple[str, ...]:
    hints = endpoint.hints if isinstance(endpoint.hints, Mapping) else {}
    return tuple(sorted({each["name"] for each in hints.get(name) or ()}))


def choose(backends: tuple[Backend, ...], port: ServicePort, settings: ProxySettings) -> Choice:
    """Which backends this node uses for a Service port.

    >>> here, there = Backend("10.0.1.1", 80, is_local=True), Backend("10.0.2.1", 80)
    >>> leaving = Backend("10.0.1.2", 80, is_local=True, is_ready=False, is_terminating=True)
    >>> port = ServicePort(ServicePortName("default", "web"), "10.96.0.7", 80, node_port=30080, is_external_local=True)
    >>> choice = choose((here, leaving, there), port, ProxySettings())
    >>> [backend.ip for backend in choice.cluster], [backend.ip for backend in choice.local]
    (['10.0.1.1', '10.0.2.1'], ['10.0.1.1'])
    >>> [backend.ip for backend in choose((leaving, there), port, ProxySettings()).local]
    ['10.0.1.2']
    """
    cluster: tuple[Backend, ...] = ()
    if port.uses_cluster_endpoints:
        cluster = _ready_or_last_resort(backends, _nearness(backends, port, settings))
    if not port.uses_local_endpoints:
        return Choice(cluster, (), cluster, bool(cluster))
    here = tuple(backend for backend in backends if backend.is_local)
    local = _ready_or_last_resort(here)
    has_any = bool(cluster) or any(backend.is_ready or backend.is_last_resort for backend in backends)
    return Choice(cluster, local, _merged(cluster, local), has_any)


def _ready_or_last_resort(backends: tuple[Backend, ...], is_near: Callable[[Backend], bool] | None = None) -> tuple[Backend, ...]:
    """The ready ones among the near, or those anywhere that still serve on their way out."""
    ready = tuple(backend for backend in backends if backend.is_ready and (is_near is None or is_near(backend)))
    return ready or tuple(backend for backend in backends if backend.is_last_resort)


def _merged(cluster: tuple[Backend, ...], local: tuple[Backend, ...]) -> tuple[Backend, ...]:
    known = {backend.text: backend for backend in (*cluster, *local)}
    return tuple(known[text] for text in sorted(known))


def _nearness(backends: tuple[Backend, ...], port: ServicePort, settings: ProxySettings) -> Callable[[Backend], bool] | None:
    """Which endpoints are near enough, if traffic should stay near at all: on this node, or in its zone.

    Hints count only if every ready endpoint has some and one is meant for this place. Until 1.30 the Service's annotation had to ask for
    it; hints for nodes came with 1.34.
    """
    ready = [backend for backend in backends if backend.is_ready]
    if settings.is_at_least("1.34") and _all_hinted([backend.node_hints for backend in ready], settings.node_name):
        return lambda backend: settings.node_name in backend.node_hints
    if port.hints in {"", "disabled", "Disabled"} and not settings.is_at_least("1.31"):
        return None
    zone = settings.node_labels.get(ZONE, "")
    if zone and _all_hinted([backend.zone_hints for backend in ready], zone):
        return lambda backend: zone in backend.zone_hints
    return None


def _all_hinted(hints: list[tuple[str, ...]], place: str) -> bool:
    return all(hints) and any(place in each for each in hints)

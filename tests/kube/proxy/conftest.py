"""What tests of all modes share: a small cluster, and the recordings of the real kube-proxy."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube import kinds
from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.changes import ChangeTracker, Update
from k8sedu.kube.proxy.settings import ProxySettings


class Recording:
    """One recorded node: what it was told, and what the real kube-proxy made of it."""

    def __init__(self, line: str) -> None:
        self.case: dict[str, Any] = json.loads(line)
        self.name: str = self.case["id"]
        self.settings = ProxySettings.of(self.case["config"])
        self.tracker = ChangeTracker(self.settings)
        self.expected: dict[str, Any] = self.case["expect"]
        self.expected_after: dict[str, Any] | None = self.case.get("expectAfter")

    def first(self) -> Update:
        """Tell the tracker everything."""
        self.tracker.put(*map(kinds.read, [*self.case["services"], *self.case["endpointSlices"]]))
        return self.tracker.take()

    def second(self) -> Update:
        """Tell it what changed afterwards."""
        for change in self.case["changes"]:
            found = kinds.read(change["object"])
            (self.tracker.drop if change["op"] == "delete" else self.tracker.put)(found)
        return self.tracker.take()


@pytest.fixture
def recordings() -> Callable[[Path], Iterator[Recording]]:
    """Reads the recordings of a file, one after the other."""
    return lambda path: map(Recording, path.read_text(encoding="utf-8").splitlines())


@pytest.fixture
def web() -> Callable[..., tuple[Service, EndpointSlice]]:
    """Makes a Service and its endpoints: `web("10.244.1.5@node-1", name="web", …)`, where `-` before an address means not ready."""

    def make(
        *endpoints: str, name: str = "web", protocol: str = "TCP", node_port: int = 0, vip: str = "", **spec: Any
    ) -> tuple[Service, EndpointSlice]:
        port = {"name": "http", "port": 80, "protocol": protocol} | ({"nodePort": node_port} if node_port else {})
        spec = {"clusterIP": "10.96.0.7", "ports": [port], "type": "NodePort" if node_port else "ClusterIP"} | spec
        status = {"loadBalancer": {"ingress": [{"ip": vip, "ipMode": "VIP"}]}} if vip else {}
        service = with_defaults(Service.of({"metadata": {"name": name, "namespace": "default"}, "spec": spec, "status": status}))
        found = [each.lstrip("-").partition("@") for each in endpoints]
        points = [
            {"addresses": [ip], "nodeName": node or "node-2", "conditions": {"ready": not text.startswith("-")}}
            for text, (ip, _, node) in zip(endpoints, found, strict=True)
        ]
        labels = {"kubernetes.io/service-name": name}
        piece = {
            "metadata": {"name": f"{name}-a", "namespace": "default", "labels": labels}, "addressType": "IPv4", "endpoints": points,
            "ports": [{"name": "http", "port": 8080, "protocol": protocol}],
        }  # fmt: skip
        return service, EndpointSlice.of(piece)

    return make

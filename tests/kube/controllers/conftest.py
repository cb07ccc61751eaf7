"""A small cluster for the controllers of Services: pods that come up, become ready, and go."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.objects import Pod


class Cluster:
    """An API server, and what kubelets would tell it."""

    def __init__(self) -> None:
        self.server = ApiServer(Random(1))
        self.count = 0

    def service(self, name: str = "web", **spec: Any) -> Any:
        """Make a Service that selects `app: <name>`."""
        spec = {"selector": {"app": name}, "ports": [{"name": "http", "port": 80, "targetPort": 8080}]} | spec
        return self.server.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": spec}, now_ms=0)

    def pod(self, name: str, *, app: str = "web", ready: bool = True, ip: str = "", **spec: Any) -> Pod:
        """Make a pod that runs, with an address."""
        self.count += 1
        container = {"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 8080}]}
        document = {
            "apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": app}},
            "spec": {"nodeName": "n1", "containers": [container]} | spec,
        }  # fmt: skip
        self.server.create(document, now_ms=0)
        return self.say(name, ready=ready, ip=ip or f"10.244.{self.count // 250}.{self.count % 250 + 1}")

    def pods(self, count: int) -> None:
        """Make so many ready pods more."""
        for _ in range(count):
            self.pod(f"web-{self.count:04}")

    def say(self, name: str, *, ready: bool, ip: str = "", phase: str = "Running") -> Pod:
        """A kubelet tells how a pod is doing."""
        found = self.server.get(Pod, name)
        status = {
            "phase": phase, "podIP": ip or found.status.pod_ip, "podIPs": [{"ip": each} for each in (ip or found.status.pod_ip).split(",")],
            "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        }  # fmt: skip
        status["podIP"] = status["podIPs"][0]["ip"]  # type: ignore[index]  # the list above
        return self.server.update_status(Pod.of({**found.document(), "status": status}))

    def delete(self, name: str) -> None:
        """Somebody deletes a pod, which then has its grace period to end."""
        self.server.delete("pods", name, now_ms=0)

    def gone(self, name: str) -> None:
        """A pod has ended."""
        self.server.delete("pods", name, grace_period_s=0, now_ms=0)


@pytest.fixture
def cluster() -> Cluster:
    """A cluster with nothing in it."""
    return Cluster()


@pytest.fixture
def cluster_of() -> type[Cluster]:
    """What makes an empty cluster, as often as one wants."""
    return Cluster

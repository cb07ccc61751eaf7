from __future__ import annotations

from typing import Any

from k8sedu.kube.controllers.selected_pods import SelectedPods, makes_endpoints, services_of
from k8sedu.kube.objects import Pod, Service


def service(name: str, **selector: str) -> Service:
    return Service.of({"metadata": {"name": name, "namespace": "default"}, "spec": {"selector": selector}})


def pod(**labels: str) -> Pod:
    return Pod.of({"metadata": {"name": "a", "namespace": "default", "labels": labels}})


def test_whoever_is_touched() -> None:
    """A change touches the Services that select the pod as it is or as it was; one without a selector is never touched."""
    services = [service("web", app="web"), service("db", app="db"), service("both"), service("blue", app="web", color="blue")]
    assert list(services_of([pod(app="web"), pod(app="db")], services)) == ["default/web", "default/db"]
    assert list(services_of([None, pod(app="web", color="blue")], services)) == ["default/web", "default/blue"]


def test_who_makes_endpoints() -> None:
    """A controller makes the endpoints of a Service with a selector that is more than another name."""
    named = Service.of({"spec": {"type": "ExternalName", "selector": {"app": "web"}}})
    assert [makes_endpoints(found) for found in (service("web", app="web"), service("own"), named)] == [True, False, False]


def test_names_and_pods(cluster: Any) -> None:
    """What is heard names Services, each as often as something happens; a Service's pods come by name."""
    heard: list[str] = []
    selected = SelectedPods(cluster.server)
    selected.tell(heard.append)
    found = cluster.service()
    selected.services.run(now_ms=0)
    for name in ("b", "a"):
        cluster.pod(name)
    cluster.pod("c", app="other")
    selected.pods.run(now_ms=0)
    assert heard == ["default/web", "default/web", "default/web"]
    assert [each.name for each in selected.of(found)] == ["a", "b"]

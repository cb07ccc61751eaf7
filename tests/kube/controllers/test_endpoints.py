from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.controllers.endpoints import EndpointsController, truncated
from k8sedu.kube.fields import plain
from k8sedu.kube.objects import Endpoints


def subsets(cluster: Any, name: str = "web") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = plain(cluster.server.get(Endpoints, name).subsets)
    return found


def test_ready_and_not(cluster: Any) -> None:
    """Pods that are not ready stand apart; pods on their way out do not stand there at all."""
    cluster.service()
    cluster.pod("a")
    cluster.pod("b", ready=False)
    cluster.pod("c")
    cluster.delete("c")
    EndpointsController(cluster.server).run(now_ms=0)
    (only,) = subsets(cluster)
    assert [each["targetRef"]["name"] for each in only["addresses"]] == ["a"]
    assert [each["targetRef"]["name"] for each in only["notReadyAddresses"]] == ["b"]
    assert only["ports"] == [{"name": "http", "port": 8080, "protocol": "TCP"}]


def test_published_unready(cluster: Any) -> None:
    """A Service that publishes pods which are not ready has them all among its addresses, also those on their way out."""
    cluster.service(publishNotReadyAddresses=True)
    cluster.pod("a", ready=False)
    cluster.pod("b")
    cluster.delete("b")
    EndpointsController(cluster.server).run(now_ms=0)
    assert [len(subset["addresses"]) for subset in subsets(cluster)] == [2]


def test_same_ports_together(cluster: Any) -> None:
    """Addresses with the same ports make a subset, and those with others another."""
    cluster.service(ports=[{"name": "http", "port": 80, "targetPort": "http"}, {"name": "fix", "port": 81, "targetPort": 81}])
    cluster.pod("a")
    cluster.pod("b", containers=[{"name": "c", "image": "nginx", "ports": [{"name": "http", "containerPort": 9090}]}])
    cluster.pod("c")
    EndpointsController(cluster.server).run(now_ms=0)
    found = [([port["port"] for port in subset["ports"]], len(subset["addresses"])) for subset in subsets(cluster)]
    assert found == [([81, 8080], 2), ([81, 9090], 1)]


def test_more_than_fit(cluster: Any) -> None:
    """The address that is one too many is left out, and an annotation says so until there are fewer again; a thousand fit."""
    cluster.service()
    assert EndpointsController(cluster.server).most == 1000
    controller = EndpointsController(cluster.server, most=20)
    cluster.pods(21)
    assert controller.run(now_ms=0) == ["create endpoints default/web (20 ready, 0 not)"]
    note = "endpoints.kubernetes.io/over-capacity"
    assert cluster.server.get(Endpoints, "web").metadata.annotations[note] == "truncated"
    cluster.gone("web-0000")
    controller.run(now_ms=0)
    assert note not in cluster.server.get(Endpoints, "web").metadata.annotations


def test_others_endpoints(cluster: Any) -> None:
    """A Service without a selector keeps the Endpoints that somebody wrote; with the Service they go."""
    cluster.service("db", selector={})
    body = {"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "db"}, "subsets": [{"addresses": [{"ip": "192.0.2.1"}]}]}
    cluster.server.create(body, now_ms=0)
    controller = EndpointsController(cluster.server)
    assert controller.run(now_ms=0) == []
    cluster.server.delete("services", "db", now_ms=0)
    assert controller.run(now_ms=0) == ["delete endpoints default/db"]


def test_a_headless_service_without_ports(cluster: Any) -> None:
    """A headless Service may have no ports: then its endpoints are addresses alone."""
    cluster.service(clusterIP="None", ports=[])
    cluster.pod("a")
    EndpointsController(cluster.server).run(now_ms=0)
    assert [(len(subset["addresses"]), subset["ports"]) for subset in subsets(cluster)] == [(1, [])]
    assert cluster.server.get(Endpoints, "web").labels == {"service.kubernetes.io/headless": ""}


def test_who_deletes_gets_back(cluster: Any) -> None:
    """Endpoints that somebody deletes are made again."""
    cluster.service()
    controller = EndpointsController(cluster.server)
    controller.run(now_ms=0)
    cluster.server.delete(Endpoints, "web", now_ms=0)
    assert controller.run(now_ms=0) == ["create endpoints default/web (0 ready, 0 not)"]


counts = st.lists(st.tuples(st.integers(0, 8), st.integers(0, 8)), max_size=4)


@given(counts, st.integers(1, 20))
def test_truncation(sizes: list[tuple[int, int]], most: int) -> None:
    """Never more than the most, never fewer than could be, and no address that is not ready while a ready one is left out."""
    given_ = [
        {"addresses": [{"ip": "10.0.0.1"}] * ready, "notReadyAddresses": [{"ip": "10.0.0.2"}] * waiting} for ready, waiting in sizes
    ]
    kept, is_over = truncated(given_, most=most)
    ready, waiting = (sum(len(subset.get(name, ())) for subset in kept) for name in ("addresses", "notReadyAddresses"))
    all_ready, all_waiting = (sum(size[place] for size in sizes) for place in (0, 1))
    assert is_over == (all_ready + all_waiting > most)
    assert ready == min(all_ready, most)
    assert waiting == min(all_waiting, most - ready)

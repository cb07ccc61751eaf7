from __future__ import annotations

from typing import Any

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.services.dns import Dns, Record, service_of


def service(name: str = "web", **spec: Any) -> Service:
    spec = {"clusterIP": "10.96.0.7", "ports": [{"name": "http", "port": 80}]} | spec
    return with_defaults(Service.of({"metadata": {"name": name, "namespace": "shop"}, "spec": spec}))


def piece(*endpoints: dict[str, Any]) -> EndpointSlice:
    return EndpointSlice.of({
        "metadata": {"name": "web-a", "namespace": "shop", "labels": {"kubernetes.io/service-name": "web"}}, "addressType": "IPv4",
        "endpoints": list(endpoints), "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
    })  # fmt: skip


NAME = "web.shop.svc.cluster.local"


def test_a_cluster_ip() -> None:
    """A Service's name leads to its addresses, and each named port to its number."""
    names = Dns([service(clusterIPs=["10.96.0.7", "fd00::7"], ipFamilies=["IPv4", "IPv6"])])
    assert names.ask("web", namespace="shop").records == (Record(NAME, "A", "10.96.0.7"), Record(NAME, "AAAA", "fd00::7"))
    assert names.ask(f"_http._tcp.{NAME}.").records == (Record(f"_http._tcp.{NAME}", "SRV", f"0 100 80 {NAME}"),)
    assert names.ask("web.shop", type="AAAA").addresses == ("fd00::7",)


def test_a_headless_service() -> None:
    """A headless Service's name leads to its ready pods, and a pod with a host name has a name of its own."""
    names = Dns([service(clusterIP="None"), piece(
        {"addresses": ["10.244.1.3"], "hostname": "web-0"}, {"addresses": ["10.244.1.4"], "conditions": {"ready": False}},
        {"addresses": ["10.244.1.5"], "conditions": {"ready": True}},
    )])  # fmt: skip
    assert names.ask("web", namespace="shop").addresses == ("10.244.1.3", "10.244.1.5")
    assert names.ask("web-0.web", namespace="shop").addresses == ("10.244.1.3",)
    assert [record.value for record in names.ask(f"_http._tcp.{NAME}").records] == [
        f"0 100 8080 web-0.{NAME}", f"0 100 8080 10-244-1-5.{NAME}",
    ]  # fmt: skip


def test_nobody_ready() -> None:
    """A headless Service without ready pods has no name at all, unless it publishes those that are not ready."""
    waiting = piece({"addresses": ["10.244.1.4"], "conditions": {"ready": False}})
    assert not Dns([service(clusterIP="None"), waiting]).ask("web", namespace="shop").is_found
    assert Dns([service(clusterIP="None", publishNotReadyAddresses=True), waiting]).ask("web.shop").addresses == ("10.244.1.4",)


def test_another_name() -> None:
    """A Service of type ExternalName is told as another name, also to who asks for an address."""
    names = Dns([service(type="ExternalName", externalName="db.example.com")])
    assert names.ask("web.shop", type="A").records == (Record(NAME, "CNAME", "db.example.com"),)


def test_whose_web() -> None:
    """The same short name means another Service in another namespace, and none where there is none."""
    services = {("shop", "web"): service()}
    assert service_of("web", services, namespace="shop") is not None
    assert service_of("web", services, namespace="blog") is None
    assert service_of("web.shop", services, namespace="blog") is not None
    assert service_of("example.com", services, namespace="shop") is None
    assert Dns([service()]).ask("web", namespace="blog").tried[0] == "web.blog.svc.cluster.local"

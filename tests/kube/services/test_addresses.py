from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.objects import Service
from k8sedu.kube.services.addresses import ServiceAddresses
from k8sedu.kube.status import ApiError, InternalError, InvalidError

DUAL = ("10.96.0.0/24", "fd00::/112")


def server(*cidrs: str, ports: tuple[int, int] = (30_000, 32_767)) -> ApiServer:
    return ApiServer(Random(1), addresses=ServiceAddresses(cidrs or ("10.96.0.0/24",), ports))


def body(name: str = "web", **spec: Any) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name}, "spec": {"ports": [{"port": 80}]} | spec}


def make(api: ApiServer, name: str = "web", **spec: Any) -> Service:
    made: Service = api.create(body(name, **spec), now_ms=0)
    return made


def test_an_address_for_everybody() -> None:
    """A Service gets an address of the upper band; a headless one and a mere name get none."""
    api = server()
    spec = make(api).spec
    assert spec.cluster_ips == (spec.cluster_ip,)
    assert int(spec.cluster_ip.rpartition(".")[2]) > 16
    assert (spec.ip_families, spec.ip_family_policy) == (("IPv4",), "SingleStack")
    assert make(api, "head", clusterIP="None").spec.cluster_ips == ("None",)
    assert make(api, "name", type="ExternalName", externalName="example.com").spec.cluster_ip == ""
    assert len(api.addresses.ranges["IPv4"].band) == 1


def test_a_wish() -> None:
    """A chosen address is given if it is free; if not, the Service is refused, and nothing of it is taken."""
    api = server()
    make(api, clusterIP="10.96.0.10")
    with pytest.raises(InvalidError, match=r"failed to allocate IP 10\.96\.0\.10: provided IP is already allocated"):
        make(api, "other", clusterIP="10.96.0.10")
    with pytest.raises(InvalidError, match=r"spec.ports\[0\].nodePort: Invalid value: 80: provided port is not in the valid range"):
        make(api, "other", type="NodePort", ports=[{"port": 80, "nodePort": 80}])
    assert len(api.addresses.ranges["IPv4"].band) == 1


def test_node_ports() -> None:
    """Ports of one number share a node port over protocols; a load balancer may do without node ports."""
    api = server()
    dns = [{"port": 53, "name": "u", "protocol": "UDP"}, {"port": 53, "name": "t"}, {"port": 9153, "name": "m", "nodePort": 30_001}]
    found = [port.node_port for port in make(api, type="NodePort", ports=dns).spec.ports]
    assert found[0] == found[1] >= 30_086
    assert found[2] == 30_001
    assert make(api, "lb", type="LoadBalancer", allocateLoadBalancerNodePorts=False).spec.ports[0].node_port == 0
    assert make(api, "local", type="LoadBalancer", externalTrafficPolicy="Local").spec.health_check_node_port > 0


def test_two_families() -> None:
    """A Service that prefers two families gets an address of each where the cluster has both; one that requires them needs them."""
    spec = make(server(*DUAL), ipFamilyPolicy="PreferDualStack").spec
    assert [":" in ip for ip in spec.cluster_ips] == [False, True]
    assert make(server(), ipFamilyPolicy="PreferDualStack").spec.ip_families == ("IPv4",)
    with pytest.raises(InvalidError, match="this cluster is not configured for dual-stack services"):
        make(server(), ipFamilyPolicy="RequireDualStack")
    with pytest.raises(InvalidError, match="not configured on this cluster"):
        make(server(), ipFamilies=["IPv6"])
    assert make(server(*DUAL), ipFamilies=["IPv6"]).spec.cluster_ip.startswith("fd00::")
    assert make(server(*DUAL), clusterIP="None").spec.ip_families == ("IPv4", "IPv6")


def test_back_to_one_family() -> None:
    """A Service that no longer wants two families keeps its first address, and the other one is free again."""
    api = server(*DUAL)
    both = make(api, ipFamilyPolicy="PreferDualStack").spec
    one = api.patch("services", "web", {"spec": {"ipFamilyPolicy": "SingleStack"}}).spec
    assert (one.cluster_ips, one.ip_families) == (both.cluster_ips[:1], ("IPv4",))
    assert len(api.addresses.ranges["IPv6"].band) == 0


def test_an_address_of_another_family() -> None:
    """An address must be of the family that stands in its place; a taken port for health checks is told by its name."""
    with pytest.raises(InvalidError, match="expected an IPv4 value as indicated by `ipFamilies`"):
        make(server(*DUAL), ipFamilies=["IPv4"], clusterIP="fd00::9")
    api = server()
    make(api, "other", type="NodePort", ports=[{"port": 80, "nodePort": 30_005}])
    with pytest.raises(InternalError, match="failed to allocate requested HealthCheck NodePort 30005: provided port is already allocated"):
        make(api, type="LoadBalancer", externalTrafficPolicy="Local", healthCheckNodePort=30_005)


def test_what_it_had_it_keeps() -> None:
    """Who writes a Service without its address does not lose it; it cannot be exchanged for another."""
    api = server()
    made = make(api, type="NodePort")
    again = api.update(body(type="NodePort", selector={"app": "web"}))
    assert (again.spec.cluster_ip, again.spec.ports[0].node_port) == (made.spec.cluster_ip, made.spec.ports[0].node_port)
    with pytest.raises(InvalidError, match="may not change once set"):
        api.update(body(clusterIP="10.96.0.9"))


def test_another_type() -> None:
    """With its type a Service loses what the new one has no use for, and gets what it needs; what is lost is free again."""
    api = server()
    had = make(api, type="NodePort").spec.ports[0].node_port
    assert api.patch("services", "web", {"spec": {"type": "ClusterIP"}}).spec.ports[0].node_port == 0
    assert len(api.addresses.node_ports.band) == 0
    make(api, "other", type="NodePort", ports=[{"port": 80, "nodePort": had}])
    assert api.patch("services", "web", {"spec": {"type": "NodePort"}}).spec.ports[0].node_port not in {0, had}
    named = api.patch("services", "web", {"spec": {"type": "ExternalName", "externalName": "example.com"}})
    assert (named.spec.cluster_ip, len(api.addresses.ranges["IPv4"].band)) == ("", 1)


def test_a_full_range() -> None:
    """Where nothing is left, the next Service is refused, and what it had already been given goes back."""
    api = server("10.96.0.0/30", ports=(30_000, 30_000))
    make(api, type="NodePort")
    with pytest.raises(InternalError, match="failed to allocate a nodePort: range is full"):
        make(api, "second", type="NodePort")
    make(api, "second")
    with pytest.raises(InternalError, match="failed to allocate a serviceIP: range is full"):
        make(api, "third")


def test_a_server_that_starts_again() -> None:
    """A server that starts on a store reads off its Services what is taken."""
    api = server()
    ip = make(api, type="NodePort").spec.cluster_ip
    again = ApiServer(Random(2), store=api.storage.store, addresses=ServiceAddresses(("10.96.0.0/24",)))
    with pytest.raises(InvalidError, match="already allocated"):
        make(again, "other", clusterIP=ip)


wish = st.fixed_dictionaries({"name": st.sampled_from("abc")}, optional={
    "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"]), "clusterIP": st.sampled_from(["None", "10.96.0.1"]),
    "ports": st.just([{"port": 80, "nodePort": 30_001}]), "externalTrafficPolicy": st.sampled_from(["Cluster", "Local"]),
    "externalName": st.just("example.com"), "ipFamilyPolicy": st.just("PreferDualStack"),
})  # fmt: skip


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from(["create", "update", "delete"]), wish), max_size=12))
def test_books_are_kept(story: list[tuple[str, dict[str, Any]]]) -> None:
    """Whatever is made, changed and deleted: what is taken is exactly what the stored Services say, and no two say the same."""
    api = server("10.96.0.0/29", "fd00::/125", ports=(30_000, 30_003))
    for verb, spec in story:
        name = spec.pop("name")
        try:
            act(api, verb, name, spec)
        except ApiError:
            event("refused")
        assert_books(api)


def act(api: ApiServer, verb: str, name: str, spec: dict[str, Any]) -> None:
    if verb == "delete":
        api.delete("services", name, now_ms=0)
    elif verb == "create":
        make(api, name, **spec)
    else:
        api.update(body(name, **spec))


def assert_books(api: ApiServer) -> None:
    specs = [service.spec for service in api.list(Service).items if service.spec.type != "ExternalName"]
    ips = [ip for spec in specs for ip in spec.cluster_ips if ip != "None"]
    ports = [number for spec in specs for number in {*(port.node_port for port in spec.ports), spec.health_check_node_port} if number]
    assert len(ips) == len(set(ips)) == sum(len(found.band) for found in api.addresses.ranges.values())
    assert len(ports) == len(set(ports)) == len(api.addresses.node_ports.band)

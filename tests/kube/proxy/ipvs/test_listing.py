from __future__ import annotations

from collections.abc import Callable

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.changes import ChangeTracker
from k8sedu.kube.proxy.ipvs.listing import ipset_save, ipvsadm
from k8sedu.kube.proxy.ipvs.proxier import Ipvs
from k8sedu.kube.proxy.settings import ProxySettings

Web = Callable[..., tuple[Service, EndpointSlice]]


def node(web: Web, scheduler: str) -> Ipvs:
    settings = ProxySettings(ipvs_scheduler=scheduler)
    tracker, found = ChangeTracker(settings), Ipvs(settings)
    tracker.put(*web("10.244.1.5", "10.244.2.5", node_port=30_080, sessionAffinity="ClientIP"))
    found.sync(tracker, tracker.take())
    return found


def test_ipvsadm(web: Web) -> None:
    """Every address of the Service is a line, with its endpoints below it, the newest first."""
    lines = ipvsadm(node(web, "mh").servers).splitlines()
    assert lines[2:5] == [
        "TCP  10.244.1.1:30080 mh persistent 10800 (mh-port)",
        "  -> 10.244.2.5:8080              Masq    1      0          0",
        "  -> 10.244.1.5:8080              Masq    1      0          0",
    ]
    assert [line.split()[1] for line in lines if line.startswith("TCP")] == ["10.244.1.1:30080", "10.96.0.7:80", "192.168.10.11:30080"]


def test_ipset(web: Web) -> None:
    """Sets that are empty are left out."""
    assert ipset_save(node(web, "rr").sets.values()).splitlines() == [
        "create KUBE-CLUSTER-IP hash:ip,port family inet", "add KUBE-CLUSTER-IP 10.96.0.7,tcp:80",
        "create KUBE-NODE-PORT-TCP bitmap:port range 0-65535", "add KUBE-NODE-PORT-TCP 30080",
        "create KUBE-IPVS-IPS hash:ip family inet", "add KUBE-IPVS-IPS 10.96.0.7",
    ]  # fmt: skip

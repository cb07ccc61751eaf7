from __future__ import annotations

from collections.abc import Callable

import pytest

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.changes import ChangeTracker
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.proxy.userspace.proxier import FIRST_PORT, NoPortError, Userspace

Web = Callable[..., tuple[Service, EndpointSlice]]


def test_a_port_per_service_port(web: Web) -> None:
    """kube-proxy listens once for each Service port, and gives the port back with the Service."""
    tracker, node = ChangeTracker(ProxySettings()), Userspace(ProxySettings())
    first, second = web("10.244.1.5"), web("10.244.1.6", name="api", clusterIP="10.96.0.8")
    tracker.put(*first, *second)
    assert node.sync(tracker, tracker.take()).opened == (FIRST_PORT, FIRST_PORT + 1)
    tracker.drop(*first)
    sync = node.sync(tracker, tracker.take())
    assert (sync.closed, list(node.listeners.values())) == ((FIRST_PORT,), [FIRST_PORT + 1])
    tracker.put(*first)
    assert node.sync(tracker, tracker.take()).opened == (FIRST_PORT,)


def test_protocols_share_numbers(web: Web) -> None:
    """A port of TCP and the same port of UDP are two."""
    tracker, node = ChangeTracker(ProxySettings()), Userspace(ProxySettings())
    tracker.put(*web("10.244.1.5"), *web("10.244.1.6", name="dns", clusterIP="10.96.0.8", protocol="UDP"))
    assert node.sync(tracker, tracker.take()).opened == (FIRST_PORT, FIRST_PORT)


def test_rules(web: Web) -> None:
    """Pods are redirected, the node's own programs are sent to the node's address; no rule knows an endpoint."""
    tracker, node = ChangeTracker(ProxySettings()), Userspace(ProxySettings())
    tracker.put(*web("10.244.1.5", node_port=30_080))
    sync = node.sync(tracker, tracker.take())
    chains = ("KUBE-PORTALS-CONTAINER", "KUBE-PORTALS-HOST", "KUBE-NODEPORT-CONTAINER", "KUBE-NODEPORT-HOST")
    lines = [rule.text for chain in chains for rule in node.tables.rules("nat", chain) or ()]
    assert (sync.rules_written, len(lines)) == (4, 4)
    meant = '-d 10.96.0.7/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80'
    assert lines[0].endswith(f"{meant} -j REDIRECT --to-ports 32768")
    assert lines[1].endswith("-j DNAT --to-destination 192.168.10.11:32768")
    assert not any("10.244.1.5" in line for line in lines)


def test_ports_run_out(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    """More Services than a node has ports are refused with a sentence; with as many the last one is served."""
    monkeypatch.setattr("k8sedu.kube.proxy.userspace.proxier.LAST_PORT", FIRST_PORT + 1)
    tracker, node = ChangeTracker(ProxySettings()), Userspace(ProxySettings())
    tracker.put(*web(name="one"), *web(name="two"))
    assert node.sync(tracker, tracker.take()).opened == (FIRST_PORT, FIRST_PORT + 1)
    tracker.put(*web(name="three"))
    with pytest.raises(NoPortError, match="default/three:http needs a port of its own on the node"):
        node.sync(tracker, tracker.take())

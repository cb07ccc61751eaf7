from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from k8sedu.kube.objects import EndpointSlice, Service
from k8sedu.kube.proxy.changes import ChangeTracker
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.kube.proxy.userspace.proxier import Userspace

Web = Callable[..., tuple[Service, EndpointSlice]]
ASKED = Packet("10.244.1.9", 40_000, "10.96.0.7", 80)


def node(*objects: Service | EndpointSlice) -> Userspace:
    settings = ProxySettings(local_value="10.244.0.0/16")
    tracker, found = ChangeTracker(settings), Userspace(settings)
    tracker.put(*objects)
    found.sync(tracker, tracker.take())
    return found


def walk(found: Userspace, packet: Packet = ASKED, now_ms: int = 0) -> Walk:
    return found.route(packet, rng=Random(1), now_ms=now_ms)


def test_the_program_listens(web: Web) -> None:
    """Traffic is redirected to kube-proxy's port, which accepts it and opens a connection of its own; the endpoint sees the node."""
    found = walk(node(*web("10.244.2.5")))
    program = [step.verdict for step in found.steps if step.table == "kube-proxy"]
    assert program == ["accepts", "connects to 10.244.2.5:8080"]
    assert "REDIRECT to 10.244.1.1:32768" in [step.verdict for step in found.steps]
    assert found.arrived is not None
    assert found.arrived.source == "192.168.10.11"
    assert found.answer == ASKED.answer()


def test_next_endpoint_is_tried(web: Web) -> None:
    """An endpoint that does not answer costs a quarter of a second, and then the next one is tried."""
    found = node(*web("10.244.1.5", "10.244.2.5"))
    found.is_up = lambda endpoint: endpoint != "10.244.1.5:8080"
    seen = walk(found)
    assert [step.verdict for step in seen.steps if step.table == "kube-proxy"] == [
        "accepts", "gives up after 250 ms", "connects to 10.244.2.5:8080",
    ]  # fmt: skip
    assert seen.outcome == "delivered"


def test_four_tries(web: Web) -> None:
    """After four tries in vain the client is hung up on, though it had been accepted."""
    found = node(*web("10.244.1.5", "10.244.2.5"))
    found.is_up = lambda _: False
    seen = walk(found)
    assert sum("gives up" in step.verdict for step in seen.steps) == 4
    assert (seen.outcome, seen.reason.en) == (
        "refused", "kube-proxy accepts the connection, tries 4 times to reach an endpoint of default/web:http, and hangs up",
    )  # fmt: skip


def test_no_endpoints(web: Web) -> None:
    """Without endpoints the client is accepted and hung up on."""
    assert walk(node(*web())).reason.en == "kube-proxy accepts the connection, finds no endpoint for default/web:http, and hangs up"


def test_broken_connection_is_not_tried_again(web: Web) -> None:
    """Only connecting is tried again: a connection whose endpoint dies is over, and the client's next one goes elsewhere."""
    found = node(*web("10.244.1.5", "10.244.2.5"))
    assert walk(found).endpoint == "10.244.1.5:8080"
    found.is_up = lambda endpoint: endpoint != "10.244.1.5:8080"
    assert walk(found).outcome == "refused"
    assert walk(found, ASKED._replace(source_port=40_001)).endpoint == "10.244.2.5:8080"


def test_udp_is_not_tried_again(web: Web) -> None:
    """UDP does not notice that nobody answers; after a quarter of a second of silence the next packet goes elsewhere."""
    found = node(*web("10.244.1.5", "10.244.2.5", protocol="UDP"))
    found.is_up = lambda endpoint: endpoint != "10.244.1.5:8080"
    asked = ASKED._replace(protocol="UDP")
    assert [walk(found, asked, now_ms).endpoint for now_ms in (0, 200, 451)] == ["10.244.1.5:8080", "10.244.1.5:8080", "10.244.2.5:8080"]


@pytest.mark.parametrize("source", ["10.244.1.9", "192.168.10.11", "203.0.113.9"])
def test_node_port(web: Web, source: str) -> None:
    """A node port leads to the same listening port for everybody."""
    packet = Packet(source, 40_000, "192.168.10.11", 30_080)
    found = walk(node(*web("10.244.1.5", node_port=30_080)), packet)
    assert (found.outcome, found.answer) == ("delivered", packet.answer())

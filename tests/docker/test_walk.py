"""Laws of a packet's way: who is reached, through which rule, and that answers come back as they were asked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.docker.firewall import rules
from k8sedu.docker.host import Host
from k8sedu.docker.walk import Packet, answer, walk


def two_containers() -> Host:
    """A host with a web server that is published, and a database that is not."""
    host = Host("server", address="10.0.0.5")
    host.run("web", publish=["8080:80"])
    host.run("db", listens=["5432"])
    return host


def test_from_outside_through_the_hosts_port() -> None:
    """The notes' picture: to the host, through its table, over the bridge, into the container."""
    way = walk(two_containers(), Packet("10.0.0.7", 51_000, "10.0.0.5", 8080))
    assert (way.verdict, way.container) == ("delivered", "web")
    assert [hop.place for hop in way.hops] == ["outside", "server eth0", "server PREROUTING", "server docker0", "container web"]
    assert way.last.text == "10.0.0.7:51000 → 172.17.0.2:80"


def test_a_container_talks_to_another_one_directly() -> None:
    """The notes say that a container can only talk to its host; over the bridge it reaches its neighbour, with no rule in between."""
    host = two_containers()
    way = walk(host, Packet("172.17.0.2", 40_000, "172.17.0.3", 5432), origin="web")
    assert (way.verdict, way.container) == ("delivered", "db")
    assert all(not hop.rule for hop in way.hops)


def test_a_container_reaches_the_world_under_its_hosts_address() -> None:
    """Masquerade: outside nobody sees the bridge's addresses."""
    way = walk(two_containers(), Packet("172.17.0.3", 40_000, "93.184.216.34", 443), origin="db")
    assert (way.verdict, way.last.source) == ("delivered", "10.0.0.5")


@pytest.mark.parametrize(
    ("packet", "origin", "verdict"),
    [
        (Packet("10.0.0.7", 1, "10.0.0.5", 5432), "outside", "refused"),
        (Packet("10.0.0.7", 1, "172.17.0.3", 5432), "outside", "dropped"),
        (Packet("172.17.0.2", 1, "172.17.0.3", 80), "web", "refused"),
        (Packet("172.17.0.2", 1, "172.17.0.9", 80), "web", "dropped"),
        (Packet("127.0.0.1", 1, "127.0.0.1", 9), "host", "refused"),
        (Packet("172.17.0.1", 1, "172.17.0.3", 5432), "host", "delivered"),
        (Packet("127.0.0.1", 1, "127.0.0.1", 8080), "host", "delivered"),
        (Packet("10.0.0.5", 1, "10.0.0.5", 8080), "host", "delivered"),
        (Packet("172.17.0.3", 1, "10.0.0.5", 8080), "db", "delivered"),
        (Packet("172.17.0.3", 1, "10.0.0.5", 8081), "db", "refused"),
        (Packet("127.0.0.1", 1, "127.0.0.1", 5432), "db", "delivered"),
        (Packet("127.0.0.1", 1, "127.0.0.1", 80), "db", "refused"),
        (Packet("172.17.0.3", 1, "172.17.0.1", 22), "db", "refused"),
        (Packet("172.17.0.3", 1, "172.17.0.1", 8080), "db", "delivered"),
        (Packet("10.0.0.5", 1, "203.0.113.9", 443), "host", "delivered"),
    ],
)
def test_who_is_reached_and_who_is_not(packet: Packet, origin: str, verdict: str) -> None:
    """An unpublished port is closed to the outside and open on the bridge."""
    assert walk(two_containers(), packet, origin=origin).verdict == verdict


@given(st.lists(st.integers(1, 60_000), min_size=1, max_size=5, unique=True), st.data())
def test_every_row_of_the_table_leads_where_it_says(ports: list[int], data: st.DataObject) -> None:
    """Whatever is published, the walk agrees with the table, and the rule that it names is one of the host's."""
    host = Host(address="10.0.0.5")
    for number, port in enumerate(ports):
        host.run(f"c{number}", publish=[f"{port}:{number + 80}"])
    row = data.draw(st.sampled_from(host.table()))
    way = walk(host, Packet("10.0.0.7", 51_000, "10.0.0.5", row.host_port))
    assert (way.container, way.last.destination_port) == (row.container, row.container_port)
    written = {rule.text for rule in rules(host)}
    assert {hop.rule for hop in way.hops if hop.rule} <= written


def test_an_answer_comes_back_from_the_address_that_was_asked() -> None:
    """The kernel undoes what it did: the sender never sees the container's own address."""
    host = two_containers()
    way = walk(host, Packet("10.0.0.7", 51_000, "10.0.0.5", 8080))
    back = answer(host, way)
    assert back.hops[0].packet.source == "172.17.0.2"
    assert back.last.text == "10.0.0.5:8080 → 10.0.0.7:51000"

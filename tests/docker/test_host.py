"""Laws of a Docker host: one address and one name each, each port once, and a refused command changes nothing."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from k8sedu.docker.host import DockerError, Host
from k8sedu.docker.ports import PortError

PORTS = st.lists(st.sampled_from(["8080:80", "8081:80", "80", "53:53/udp", "127.0.0.1:8080:80"]), max_size=2)


class Machine(RuleBasedStateMachine):
    """Containers come and go at random; what is refused is refused for a reason that is still true."""

    def __init__(self) -> None:
        super().__init__()
        self.host = Host()

    @rule(name=st.sampled_from("abcd"), ports=PORTS)
    def run(self, name: str, ports: list[str]) -> None:
        """Start a container, if name and ports are free."""
        before = dict(self.host.containers)
        try:
            self.host.run(name, publish=ports)
        except DockerError:
            assert name in before
        except PortError as error:
            wanted = str(error).split()[2].rpartition(":")[2]
            everyone = [row.host_port for row in self.host.table()] + [int(port.split(":")[-2]) for port in ports if ":" in port]
            assert int(wanted) in everyone
        else:
            return
        assert self.host.containers == before

    @rule(name=st.sampled_from("abcd"))
    def remove(self, name: str) -> None:
        """Remove a container, if it is there."""
        if name in self.host.containers:
            self.host.remove(name)
        else:
            with pytest.raises(DockerError, match="No such container"):
                self.host.remove(name)

    @invariant()
    def whole(self) -> None:
        """The books agree."""
        self.host.check()


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


def test_addresses_are_given_in_order_and_the_lowest_free_one_first() -> None:
    """As Docker's bridge does: the third container gets .4, and a freed .2 is used again."""
    host = Host()
    assert [host.run(name).address for name in "abc"] == ["172.17.0.2", "172.17.0.3", "172.17.0.4"]
    host.remove("a")
    assert host.run("d").address == "172.17.0.2"


def test_two_peers_cannot_share_a_port_of_the_host() -> None:
    """The notes' case: two peers of one image, each listening on 7051, need two ports of the host."""
    host = Host()
    host.run("peer0", publish=["7051:7051"])
    with pytest.raises(PortError, match=r"Bind for 0\.0\.0\.0:7051 failed: port is already allocated"):
        host.run("peer1", publish=["7051:7051"])
    host.run("peer1", publish=["8051:7051"])
    assert [(row.host_port, row.container, row.container_port) for row in host.table()] == [(7051, "peer0", 7051), (8051, "peer1", 7051)]


def test_docker_chooses_where_no_port_is_named() -> None:
    """From 32768 on, and never one that is taken."""
    host = Host()
    host.run("a", publish=["80", "81"])
    host.run("b", publish=["80"])
    assert [row.host_port for row in host.table()] == [32768, 32769, 32770]


def test_a_name_is_there_once() -> None:
    """Docker's own words say so."""
    host = Host()
    host.run("web")
    with pytest.raises(DockerError, match='The container name "/web" is already in use'):
        host.run("web")


def test_a_small_bridge_runs_out_of_addresses() -> None:
    """A /29 has six, one is the bridge's own."""
    host = Host(subnet="172.18.0.0/29")
    for name in "abcde":
        host.run(name)
    with pytest.raises(DockerError, match="no address left"):
        host.run("f")

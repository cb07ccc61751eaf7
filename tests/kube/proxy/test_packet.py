from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.packet import Packet, PacketError, Walk, socket_of, socket_text


@given(st.one_of(st.ip_addresses(v=4), st.ip_addresses(v=6)).map(str), st.integers(0, 65_535))
def test_sockets(ip: str, port: int) -> None:
    """An address with a port is read as it was written."""
    assert socket_of(socket_text(ip, port)) == (ip, port)


@pytest.mark.parametrize("wrong", ["", "10.0.0.1", "10.0.0.1:http", "web:80", "fd00::1"])
def test_no_socket(wrong: str) -> None:
    """What is no address with a port is refused with an example."""
    with pytest.raises(PacketError, match=r"expected one such as 10\.96\.0\.7:80"):
        socket_of(wrong)


def test_an_answer() -> None:
    """An answer goes back where the packet came from, without the node's notes; the answer to it is the packet again."""
    packet = Packet("10.0.0.1", 1, "10.0.0.2", 2, "UDP", in_interface="eth0", mark=1)
    assert packet.answer().answer() == Packet("10.0.0.1", 1, "10.0.0.2", 2, "UDP")
    assert packet.flow == ("UDP", "10.0.0.1", 1, "10.0.0.2", 2)


def test_masquerading_is_seen() -> None:
    """A walk is masqueraded if what arrives has another sender; where nothing arrives, it is not."""
    packet = Packet("10.0.0.1", 1, "10.0.0.2", 2)
    assert Walk("iptables", packet, "delivered", (), arrived=packet._replace(source="10.0.0.9")).is_masqueraded
    assert not Walk("iptables", packet, "dropped", ()).is_masqueraded

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from k8sedu.kube.proxy.conntrack import TIMEOUT_MS, Conntrack
from k8sedu.kube.proxy.packet import Packet

ASKED = Packet("10.244.1.7", 40_001, "10.96.0.7", 80)
SENT = ASKED._replace(destination="10.244.2.3", destination_port=8080)


def test_masquerading_is_undone() -> None:
    """An answer to a masqueraded packet finds back to the client, from the address that the client has asked."""
    table = Conntrack()
    sent = SENT._replace(source="192.168.10.11", source_port=1025)
    table.add(ASKED, sent, now_ms=0)
    assert table.translated(sent.answer(), now_ms=1) == ASKED.answer()


def test_silence() -> None:
    """A connection that is silent for as long as its timeout is forgotten, and one that speaks is kept."""
    table, udp = Conntrack(), ASKED._replace(protocol="UDP")
    table.add(udp, SENT._replace(protocol="UDP"), now_ms=0)
    assert table.translated(udp, now_ms=29_999) is not None
    assert table.translated(udp, now_ms=59_998) is not None
    assert table.expire(now_ms=59_999 + 30_000) == 1
    assert len(table) == 0


def test_answered_udp() -> None:
    """UDP is remembered longer once it was answered."""
    table, asked, sent = Conntrack(), ASKED._replace(protocol="UDP"), SENT._replace(protocol="UDP")
    table.add(asked, sent, now_ms=0)
    table.translated(sent.answer(), now_ms=10)
    assert next(iter(table)).state == "ASSURED"
    assert table.translated(asked, now_ms=10 + TIMEOUT_MS["UDP", "ASSURED"] - 1) is not None


def test_closed() -> None:
    """A closed TCP connection is remembered for two minutes instead of five days, and a broken one for ten seconds."""
    for is_reset, lasts_ms in ((False, 120_000), (True, 10_000)):
        table = Conntrack()
        table.add(ASKED, SENT, now_ms=0)
        table.close(ASKED, now_ms=0, is_reset=is_reset)
        assert table.expire(now_ms=lasts_ms - 1) == 0
        assert table.expire(now_ms=lasts_ms) == 1


def test_clean() -> None:
    """What kube-proxy asks for is forgotten, by address, by port and by endpoint, and nothing else."""
    table, dns = Conntrack(), ASKED._replace(protocol="UDP", destination="10.96.0.10", destination_port=53)
    node = dns._replace(destination="192.168.10.11", destination_port=30_053)
    for asked in (dns, node, dns._replace(protocol="TCP"), dns._replace(destination="10.96.0.11")):
        table.add(asked, asked._replace(destination="10.244.2.3"), now_ms=0)
    assert table.clean(["nat 10.96.0.10 -> 10.244.2.9 UDP", "portnat 30053 -> 10.244.2.9 UDP"]) == 0
    assert table.clean(["portnat 30053 -> 10.244.2.3 UDP"]) == 1
    assert table.clean(["ip 10.96.0.10 UDP", "port 30053 ipv6=false UDP"]) == 1
    assert sorted(str(found.asked) for found in table) == [
        "TCP 10.244.1.7:40001 → 10.96.0.10:53", "UDP 10.244.1.7:40001 → 10.96.0.11:53",
    ]  # fmt: skip


def asked(port: int) -> Packet:
    return ASKED._replace(source_port=port, protocol="UDP")


class ConntrackMachine(RuleBasedStateMachine):
    """Connections come, speak, close and are forgotten; a plain list of them says the same."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.now_ms = Conntrack(), 0
        self.known: dict[int, int] = {}
        """Client's port → when its connection is forgotten."""

    @rule(port=st.integers(1, 6))
    def ask(self, port: int) -> None:
        """A client asks."""
        packet = asked(port)
        if self.table.translated(packet, now_ms=self.now_ms) is None:
            self.table.add(packet, packet._replace(destination="10.244.2.3"), now_ms=self.now_ms)
        self.known[port] = self.now_ms + TIMEOUT_MS["UDP", "UNREPLIED"]

    @rule(by_ms=st.integers(1, 20_000))
    def wait(self, by_ms: int) -> None:
        """Time passes."""
        self.now_ms += by_ms
        self.known = {port: due_ms for port, due_ms in self.known.items() if due_ms > self.now_ms}

    @rule()
    def tidy(self) -> None:
        """What is due is forgotten."""
        self.table.expire(now_ms=self.now_ms)
        assert len(self.table) == len(self.known)

    @invariant()
    def consistent(self) -> None:
        """The table is whole, and knows what the list knows."""
        self.table.check()
        for port in range(1, 7):
            assert (self.table.find(asked(port), now_ms=self.now_ms) is not None) == (port in self.known)


TestConntrackMachine = ConntrackMachine.TestCase
TestConntrackMachine.settings = settings(max_examples=25, stateful_step_count=20)

from __future__ import annotations

from random import Random

import pytest

from k8sedu.kube.proxy.iptables.chains import ChainLoopError, ChainWalker
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.packet import Packet
from k8sedu.kube.proxy.settings import ProxySettings

SETTINGS = ProxySettings()
PACKET = Packet("10.244.1.9", 40_001, "10.96.0.7", 80, in_interface="cbr0", out_interface="eth0")


def walker(*lines: str, table: str = "nat", with_misses: bool = False) -> ChainWalker:
    chains: dict[str, list[str]] = {}
    for line in lines:
        chains.setdefault(line.split()[1], []).append(line)
    return ChainWalker(Ruleset.of({table: chains}), State(SETTINGS.is_local_address, Random(1)), SETTINGS, with_misses=with_misses)


def test_down_and_back() -> None:
    """At the end of a chain the packet returns to the rule after the jump; after goto it returns to whoever had jumped."""
    rules = ["-A PREROUTING -j A", "-A PREROUTING -j ACCEPT", "-A A -j B", "-A A -j DROP", "-A B -p udp -j DROP"]
    assert walker(*rules).enter("nat", "PREROUTING", PACKET).verdict == "DROP"
    assert walker(*rules[:2], "-A A -g B", *rules[3:]).enter("nat", "PREROUTING", PACKET).verdict == "ACCEPT"


def test_return() -> None:
    """RETURN leaves the chain at once, and no more than this chain."""
    found = walker("-A PREROUTING -j A", "-A PREROUTING -j DROP", "-A A -j RETURN", "-A A -j ACCEPT")
    assert found.enter("nat", "PREROUTING", PACKET).verdict == "DROP"


def test_policy() -> None:
    """At the end of the kernel's own chain its policy decides."""
    found = walker("-A FORWARD -p udp -j ACCEPT", table="filter")
    found.tables.policies["filter", "FORWARD"] = "DROP"  # type: ignore[attr-defined]  # it is a Ruleset
    assert found.enter("filter", "FORWARD", PACKET).verdict == "DROP"
    assert found.steps[-1].rule == "policy DROP"


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("DNAT --to-destination 10.244.2.3:8080", "TCP 10.244.1.9:40001 → 10.244.2.3:8080"),
        ("DNAT --to-destination 10.244.2.3", "TCP 10.244.1.9:40001 → 10.244.2.3:80"),
        ("DNAT --to-destination :8080", "TCP 10.244.1.9:40001 → 10.96.0.7:8080"),
        ("DNAT --to-destination [fd00::1]:53", "TCP 10.244.1.9:40001 → [fd00::1]:53"),
        ("SNAT --to-source 192.168.10.11:1000-2000", "TCP 192.168.10.11:1000 → 10.96.0.7:80"),
        ("MASQUERADE", "TCP 192.168.10.11:40001 → 10.96.0.7:80"), ("REDIRECT --to-ports 37111", "TCP 10.244.1.9:40001 → 10.244.1.1:37111"),
    ],
)  # fmt: skip
def test_rewriting(target: str, expected: str) -> None:
    """Addresses and ports are rewritten as the target says; a masqueraded packet gets the address of the interface it leaves by."""
    assert str(walker(f"-A PREROUTING -j {target}").enter("nat", "PREROUTING", PACKET).packet) == expected


def test_a_port_that_is_taken() -> None:
    """A masqueraded packet whose answers would be taken for another connection's gets the next free port."""
    found = walker("-A POSTROUTING -j MASQUERADE")
    found.is_free = lambda packet: packet.source_port not in {40_001, 40_002}
    assert found.enter("nat", "POSTROUTING", PACKET).packet.source_port == 40_003


def test_misses() -> None:
    """Rules that did not match are kept if wanted, with the condition that failed, and are counted in any case."""
    rules = ["-A PREROUTING -d 10.0.0.1 -j DROP", "-A PREROUTING -p tcp -j ACCEPT"]
    silent, told = walker(*rules), walker(*rules, with_misses=True)
    for found in (silent, told):
        found.enter("nat", "PREROUTING", PACKET)
    assert (silent.asked, len(silent.steps), len(told.steps)) == (2, 1, 2)
    assert (told.steps[0].is_match, told.steps[0].why) == (False, "not -d 10.0.0.1")


def test_a_circle() -> None:
    """Chains that lead in a circle are an error and no endless walk."""
    with pytest.raises(ChainLoopError, match="leads back to itself"):
        walker("-A PREROUTING -j A", "-A A -j B", "-A B -j A").enter("nat", "PREROUTING", PACKET)

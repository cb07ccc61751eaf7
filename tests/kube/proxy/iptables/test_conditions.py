from __future__ import annotations

from random import Random
from typing import Any

import pytest

from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.rules import rule
from k8sedu.kube.proxy.packet import Packet

PACKET = Packet("10.244.1.9", 40_001, "10.96.0.7", 80, in_interface="veth3", out_interface="eth0", mark=0x4001)


def answer(options: str, packet: Packet = PACKET, **state: Any) -> bool:
    found = State(lambda ip: ip in {"192.168.10.11", "127.0.0.1"}, Random(1), **state)
    return rule(f"-A A {options} -j ACCEPT").objection(packet, found) is None


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("-d 10.96.0.7", True), ("-d 10.96.0.7/32", True), ("-d 10.96.0.0/16", True), ("-d 10.96.0.8", False), ("! -d 10.96.0.8", True),
        ("-d fd00::/8", False), ("-s 10.244.0.0/16", True), ("! -s 10.244.0.0/16", False), ("-p tcp", True), ("-p udp", False),
        ("-p 6", True), ("-p all", True), ("! -p udp", True), ("-i veth+", True), ("-i veth", False), ("! -i cbr0", True),
        ("-o eth0", True),
        ("-p tcp -m tcp --dport 80", True), ("-p tcp --dport 30000:32767", False), ("-p tcp --dport 70:", True),
        ("-p tcp --sport 40001", True),
        ("-p tcp -m multiport --dports 22,80:90", True), ("-p tcp -m multiport ! --dports 22,80", False),
        ("-p tcp --syn", True), ("-p tcp ! --syn", False), ("-p tcp --tcp-flags FIN,SYN,RST,ACK SYN", True),
        ("-p tcp --tcp-option 8", False),
        ("-p tcp -m multiport --ports 40001", True), ("-m conntrack --ctorigdst 10.0.0.1", False), ("-p icmp --icmp-type 8", False),
        ("-m mark --mark 0x4000/0x4000", True), ("-m mark --mark 0x4000", False), ("-m mark ! --mark 0x8000/0x8000", True),
        ("-m addrtype --dst-type LOCAL", False), ("-m addrtype ! --dst-type LOCAL", True), ("-m comment --comment x", True),
        ("-m limit --limit 5/min", True), ("-m nfacct --nfacct-name x", True), ("-m owner --uid-owner 0", False),
        ("-m conntrack --ctstate NEW,RELATED", True), ("-m conntrack ! --ctstate ESTABLISHED", True), ("-m state --state INVALID", False),
    ],
)  # fmt: skip
def test_questions(options: str, expected: bool) -> None:
    """Each question is answered as the kernel answers it; one that nobody understands, with no."""
    assert answer(options) == expected


def test_local_addresses() -> None:
    """An address is local if the node says so."""
    assert answer("-m addrtype --dst-type LOCAL", PACKET._replace(destination="192.168.10.11"))
    assert answer("-m addrtype --src-type LOCAL", PACKET._replace(source="127.0.0.1"))


def test_further_modules() -> None:
    """A module that somebody else answers for is asked there, with its options."""
    matchers = {"set": lambda module, packet: module.value("--match-set") == "VIPS" and packet.destination == "10.96.0.7"}
    assert answer("-m set --match-set VIPS dst,dst", matchers=matchers)
    assert not answer("-m set --match-set OTHERS dst,dst", matchers=matchers)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_chance(seed: int) -> None:
    """A rule of probability 1/3 matches a third of all packets, within five standard deviations; 0 never, 1 always."""
    found, draws = rule("-A A -m statistic --mode random --probability 0.3333333333 -j B"), 20_000
    state = State(lambda _: False, Random(seed))
    hits = sum(found.objection(PACKET, state) is None for _ in range(draws))
    assert abs(hits - draws / 3) < 5 * (draws * 2 / 9) ** 0.5
    assert not answer("-m statistic --mode random --probability 0.0000000000")
    assert answer("-m statistic --mode random --probability 1.0000000000")

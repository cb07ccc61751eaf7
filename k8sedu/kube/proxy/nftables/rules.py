"""What a rule of the nft table means: each statement of it as a question, or as something that is done.

The rules are read from their text, as the kernel was given them; so what is walked is what a node shows.

Source: nft(8), "STATEMENTS" and "EXPRESSIONS". Only what kube-proxy writes is understood.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from random import Random
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.nftables.table import NftTable
from k8sedu.kube.proxy.packet import Packet, socket_text

SECONDS = re.compile(r"timeout (\d+)s")


class NftRuleError(K8sEduError, ValueError):
    """A rule that kube-proxy would not write."""


@dataclass
class State:
    """What rules ask besides the packet: sets and maps, the node, the time, chance, and who was where lately."""

    table: NftTable
    is_local: Callable[[str], bool]
    masquerade: Callable[[Packet], Packet]
    rng: Random
    affinity: dict[str, dict[str, int]] = field(default_factory=dict)
    """Set → client → until when it is remembered."""
    now_ms: int = 0
    is_new: bool = True


class Answer(NamedTuple):
    """What a statement says: whether the rule goes on, how the packet is now, and a verdict."""

    packet: Packet
    is_match: bool = True
    verdict: str = ""
    """`jump X`, `goto X`, `return`, `drop`, `reject`, `accept`, or empty."""
    told: str = ""
    """What it did, for the step."""
    why: str = ""
    """What was looked up or drawn."""


Run = Callable[[Packet, State], Answer]


class Statement(NamedTuple):
    """One statement of a rule."""

    text: str
    run: Run


@lru_cache(maxsize=1 << 14)
def statements(rule: str) -> tuple[Statement, ...]:
    """The statements of a rule.

    >>> [found.text for found in statements("ip saddr 10.244.1.7 jump mark-for-masquerade")]
    ['ip saddr 10.244.1.7', 'jump mark-for-masquerade']

    Raises:
        NftRuleError: a statement is not understood.
    """
    text, place, found = rule.partition(' comment "')[0], 0, []
    while place < len(text):
        match = ANY.match(text, place)
        if match is None or match.lastgroup is None:
            raise NftRuleError(f"rule {rule[:80]!r}: {text[place:place + 40]!r} is not understood, expected a statement of kube-proxy")
        make, inner = MAKERS[match.lastgroup]
        found.append(Statement(match.group(), make(*match.groups()[inner])))
        place = match.end() + 1
    return tuple(found)


# -- questions ----------------------------------------------------------------------------------------------------------------------------


def _question(test: Callable[[Packet, State], bool], negation: str | None = None) -> Run:
    return lambda packet, state: Answer(packet, is_match=test(packet, state) != bool(negation))


def _side(packet: Packet, side: str) -> str:
    return packet.source if side == "saddr" else packet.destination


def _in_set(side: str, negation: str | None, name: str) -> Run:
    def is_in(packet: Packet, state: State) -> bool:
        ip = _side(packet, side)
        return state.affinity.get(name, {}).get(ip, -1) > state.now_ms or state.table.holders[name].find((ip,)) is not None

    return _question(is_in, negation)


@lru_cache(maxsize=1 << 10)
def _network(side: str, negation: str | None, text: str) -> Run:
    parts = [part for part in text.strip("{} ").replace(",", " ").split() if part]
    return _question(lambda packet, _: any(_inside(_side(packet, side), part) for part in parts), negation)


def _address(side: str, negation: str | None, text: str) -> Run:
    if not negation and text[0] != "{" and "/" not in text:
        if side == "saddr":
            return lambda packet, _: Answer(packet, is_match=packet.source == text)
        return lambda packet, _: Answer(packet, is_match=packet.destination == text)
    return _network(side, negation, text)


def _inside(address: str, network: str) -> bool:
    return _is_within(address, network) if "/" in network else address == network


@lru_cache(maxsize=1 << 14)
def _is_within(address: str, network: str) -> bool:
    found, ip = ip_network(network, strict=False), ip_address(address)
    return ip.version == found.version and ip in found


@lru_cache(maxsize=1 << 10)
def _port(protocol: str, number: str) -> Run:
    name, port = protocol.upper(), int(number)
    return _question(lambda packet, _: packet.protocol == name and packet.destination_port == port)


@lru_cache(maxsize=8)
def _protocol(protocol: str) -> Run:
    name = protocol.upper()
    return _question(lambda packet, _: packet.protocol == name)


def _fib(side: str) -> Run:
    return _question(lambda packet, state: state.is_local(_side(packet, side)))


def _interface(negation: str | None, name: str) -> Run:
    wanted = name.strip('"')
    if wanted.endswith("*"):
        return _question(lambda packet, _: packet.in_interface.startswith(wanted[:-1]), negation)
    return _question(lambda packet, _: packet.in_interface == wanted, negation)


def _ct_state(name: str) -> Run:
    return _question(lambda _, state: state.is_new == (name == "new"))


def _unmarked(mask: str) -> Run:
    return _question(lambda packet, _: packet.mark & int(mask, 0) == 0)


# -- lookups and deeds --------------------------------------------------------------------------------------------------------------------


def _looked_up(address: str | None, name: str) -> Run:
    """One lookup in a map, whatever its size; what is not in it does not match."""

    def run(packet: Packet, state: State) -> Answer:
        key = ((packet.destination,) if address else ()) + (packet.protocol.lower(), str(packet.destination_port))
        found = state.table.holders[name].find(key)
        text = " . ".join(key)
        if found is None:
            return Answer(packet, is_match=False, why=f"{text} is not in @{name}")
        service = f" ({found.comment})" if found.comment else ""
        return Answer(packet, verdict=found.verdict, told=found.verdict, why=f"{text} is in @{name}{service}")

    return run


def _drawn(count: str, text: str) -> Run:
    parts, most = text.split(" , "), int(count)

    def run(packet: Packet, state: State) -> Answer:
        number = state.rng.randrange(most)
        verdict = parts[number].partition(" : ")[2]
        return Answer(packet, verdict=verdict, told=verdict, why=f"drew {number} of 0 to {most - 1}")

    return run


def _remembered(name: str) -> Run:
    def run(packet: Packet, state: State) -> Answer:
        found = SECONDS.search(state.table.holders[name].declaration)
        lasts_ms = 1_000 * int(found[1]) if found else 0
        state.affinity.setdefault(name, {})[packet.source] = state.now_ms + lasts_ms
        return Answer(packet, told=f"remembers {packet.source} in @{name}")

    return run


def _marked(how: str, mask: str) -> Run:
    bits = int(mask, 0)

    def run(packet: Packet, _: State) -> Answer:
        mark = packet.mark | bits if how == "or" else packet.mark ^ bits
        return Answer(packet._replace(mark=mark), told=f"MARK {mark:#x}")

    return run


def _dnat(where: str) -> Run:
    text, _, number = where.rpartition(":")
    ip, port = text.strip("[]"), int(number)

    def run(packet: Packet, _: State) -> Answer:
        return Answer(packet._replace(destination=ip, destination_port=port), verdict="accept", told=f"DNAT to {socket_text(ip, port)}")

    return run


def _masquerade() -> Run:
    def run(packet: Packet, state: State) -> Answer:
        after = state.masquerade(packet)
        return Answer(after, verdict="accept", told=f"MASQUERADE to {socket_text(after.source, after.source_port)}")

    return run


@lru_cache(maxsize=1 << 10)
def _verdict(verdict: str) -> Run:
    told = verdict if " " in verdict else verdict.upper()
    return lambda packet, _: Answer(packet, verdict=verdict, told=told)


FORMS: tuple[tuple[str, Callable[..., Run]], ...] = (
    (r"(ip6? daddr \. )?meta l4proto \. th dport vmap @(\S+)", _looked_up),
    (r"ip6? ([sd]addr) (!= )?@(\S+)", _in_set),
    (r"ip6? ([sd]addr) (!= )?(\{[^}]*\}|\S+)", _address),
    (r"((?:jump|goto) \S+|return|drop|reject|accept)", _verdict),
    (r"meta l4proto (\w+)", _protocol),
    (r"(tcp|udp|sctp) dport (\d+)", _port),
    (r"dnat to (\S+)", _dnat),
    (r"numgen random mod (\d+) vmap \{ (.*?) \}", _drawn),
    (r"fib ([sd]addr) type local", _fib),
    (r"iif (!= )?(\S+)", _interface),
    (r"ct state (\w+)", _ct_state),
    (r"mark and (\S+) == 0", _unmarked),
    (r"mark set mark (or|xor) (\S+)", _marked),
    (r"update @(\S+) \{ ip6? saddr \}", _remembered),
    (r"masquerade fully-random", _masquerade),
)
"""What kube-proxy writes, and what makes a statement of it."""
ANY = re.compile("|".join(f"(?P<form{number}>{pattern})" for number, (pattern, _) in enumerate(FORMS)))
MAKERS = {
    f"form{number}": (make, slice(first := ANY.groupindex[f"form{number}"], first + re.compile(pattern).groups))
    for number, (pattern, make) in enumerate(FORMS)
}
"""Name of a form → its maker, and which groups of a match are the maker's arguments."""

"""What a rule asks of a packet: each option as a question.

Source: iptables-extensions(8); linux, net/netfilter/xt_*.c.
Left out: modules that ask for what no packet has here (owners, lengths, times). Such a question is answered with no, and a walk says that
it was not understood; only bounds (`limit`, `quota`) are answered with yes, as they are while nobody floods.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import ip_address, ip_network
from random import Random
from typing import NamedTuple

from k8sedu.kube.proxy.iptables.probability import SCALE, threshold
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.syntax import Module, Option, Parts
from k8sedu.kube.proxy.packet import Packet

Matcher = Callable[[Module, Packet], bool]


@dataclass
class State:
    """What rules ask about besides the packet: its connection, the node, the time, chance."""

    is_local: Callable[[str], bool]
    """Is an address one of the node's own?"""
    rng: Random
    now_ms: int = 0
    ct_states: frozenset[str] = frozenset({"NEW"})
    """NEW, ESTABLISHED or INVALID; also DNAT and SNAT, once the packet's addresses were changed."""
    recent: Recent = field(default_factory=Recent)
    matchers: Mapping[str, Matcher] = field(default_factory=dict)
    """Further modules (`set`, `ipvs`, …): name → what answers for it."""
    drawn: str = ""
    """What was drawn last, for the step that tells it."""


Test = Callable[[Packet, State], bool]


class Condition(NamedTuple):
    """One question, and what answers it."""

    text: str
    test: Test


def conditions(parts: Parts) -> tuple[Condition, ...]:
    """The questions of a rule, in the kernel's order: the header first, then the modules as they stand."""
    head = sorted(parts.head, key=lambda option: "-d-s-p-i-o".index(option.name))
    return (*map(_head, head), *(each for module in parts.modules for each in _module(module)))


def _negated(option: Option, test: Test) -> Test:
    if not option.is_negated:
        return test
    return lambda packet, state: not test(packet, state)


def _text(option: Option) -> str:
    return " ".join([*(["!"] if option.is_negated else []), option.name, *option.values])


# -- the header ---------------------------------------------------------------------------------------------------------------------------


def _head(option: Option) -> Condition:
    return Condition(_text(option), _negated(option, HEAD[option.name](option.value)))


@lru_cache(maxsize=1 << 16)
def _inside(address: str, network: str) -> bool:
    found = ip_network(network, strict=False)
    ip = ip_address(address)
    return ip.version == found.version and ip in found


def _single(text: str) -> str | None:
    """The address, if the text means only one."""
    ip, _, length = text.partition("/")
    return str(ip_address(ip)) if length in {"", "32" if ":" not in ip else "128"} else None


def _destination(text: str) -> Test:
    ip = _single(text)
    return (lambda packet, _: packet.destination == ip) if ip is not None else lambda packet, _: _inside(packet.destination, text)


def _source(text: str) -> Test:
    ip = _single(text)
    return (lambda packet, _: packet.source == ip) if ip is not None else lambda packet, _: _inside(packet.source, text)


NUMBERS = {"6": "TCP", "17": "UDP", "132": "SCTP"}


def _protocol(text: str) -> Test:
    name = NUMBERS.get(text, text.upper())
    return (lambda _packet, _state: True) if name in {"ALL", "0"} else lambda packet, _: packet.protocol == name


def _is_interface(name: str, wanted: str) -> bool:
    return name.startswith(wanted[:-1]) if wanted.endswith("+") else name == wanted


def _in_interface(text: str) -> Test:
    return lambda packet, _: _is_interface(packet.in_interface, text)


def _out_interface(text: str) -> Test:
    return lambda packet, _: _is_interface(packet.out_interface, text)


HEAD: dict[str, Callable[[str], Test]] = {
    "-s": _source, "-d": _destination, "-p": _protocol, "-i": _in_interface, "-o": _out_interface,
}  # fmt: skip


# -- modules ------------------------------------------------------------------------------------------------------------------------------


SILENT = {"comment", "limit", "nfacct", "quota"}
"""Modules that let everything pass here: a remark, a counter, a bound that nobody reaches."""


def _module(module: Module) -> Iterator[Condition]:
    if module.name in MODULES:
        yield from MODULES[module.name](module)
    elif module.name not in SILENT:
        text = " ".join([f"-m {module.name}", *map(_text, module.options)])
        yield Condition(text, _asked_elsewhere(module))


def _asked_elsewhere(module: Module) -> Test:
    def test(packet: Packet, state: State) -> bool:
        matcher = state.matchers.get(module.name)
        return matcher is not None and matcher(module, packet)

    return test


@lru_cache(maxsize=4096)
def _ports(text: str) -> tuple[tuple[int, int], ...]:
    """Ranges of ports: `80`, `30000:32767`, `80,443`."""
    pairs = (part.partition(":") for part in text.split(","))
    return tuple((int(first or 0), int(last or 65_535) if colon else int(first)) for first, colon, last in pairs)


def _is_among(port: int, text: str) -> bool:
    return any(first <= port <= last for first, last in _ports(text))


def _port_conditions(module: Module) -> Iterator[Condition]:
    for option in module.options:
        if option.name in {"--dport", "--dports", "--destination-port"}:
            yield Condition(_text(option), _negated(option, _to_port(option.value)))
        elif option.name in {"--sport", "--sports", "--source-port"}:
            yield Condition(_text(option), _negated(option, _from_port(option.value)))
        elif option.name == "--ports":
            yield Condition(_text(option), _negated(option, _either_port(option.value)))
        else:
            yield Condition(_text(option), _negated(option, _as_a_first_packet(option)))


def _either_port(text: str) -> Test:
    return lambda packet, _: _is_among(packet.source_port, text) or _is_among(packet.destination_port, text)


def _as_a_first_packet(option: Option) -> Test:
    """Every packet here opens a connection: of TCP's flags it has SYN alone. What else might be asked is answered with no."""
    is_met = option.name == "--syn" or (option.name == "--tcp-flags" and option.values[1:] == ("SYN",))
    return lambda _packet, _state: is_met


def _to_port(text: str) -> Test:
    if text.isdigit():
        port = int(text)
        return lambda packet, _: packet.destination_port == port
    return lambda packet, _: _is_among(packet.destination_port, text)


def _from_port(text: str) -> Test:
    return lambda packet, _: _is_among(packet.source_port, text)


def _address_type(module: Module) -> Iterator[Condition]:
    for option in module.options:
        is_source = option.name == "--src-type"
        if option.name in {"--src-type", "--dst-type"}:
            yield Condition(_text(option), _negated(option, _of_type(option.value, is_source=is_source)))


def _of_type(wanted: str, *, is_source: bool) -> Test:
    def test(packet: Packet, state: State) -> bool:
        address = packet.source if is_source else packet.destination
        return ("LOCAL" if state.is_local(address) else "UNICAST") in wanted.split(",")

    return test


def _statistic(module: Module) -> Iterator[Condition]:
    if module.value("--mode") == "random":
        probability = module.value("--probability")
        yield Condition(f"--probability {probability}", _draw(threshold(probability), probability))
    else:
        yield Condition("--mode nth", lambda _packet, _state: False)


def _draw(limit: int, probability: str) -> Test:
    def test(_: Packet, state: State) -> bool:
        drawn = state.rng.getrandbits(31)
        state.drawn = f"drew {drawn / SCALE:.4f}, {'below' if drawn < limit else 'not below'} {float(probability):.4f}"
        return drawn < limit

    return test


def _recent(module: Module) -> Iterator[Condition]:
    verb = next((option for option in module.options if option.name in {"--set", "--rcheck", "--update", "--remove"}), None)
    if verb is None:
        return
    seconds, name = module.value("--seconds"), module.value("--name")
    within_ms = int(seconds) * 1000 if seconds else None
    text = f"recent {_text(verb)} {name}" + (f" within {seconds} s" if seconds else "")
    yield Condition(text, _negated(verb, _look(verb.name, name, within_ms, reap=module.option("--reap") is not None)))


def _look(verb: str, name: str, within_ms: int | None, *, reap: bool) -> Test:
    def test(packet: Packet, state: State) -> bool:
        if verb == "--set":
            state.recent.set(name, packet.source, now_ms=state.now_ms)
            return True
        if verb == "--remove":
            return state.recent.remove(name, packet.source)
        is_here = state.recent.check(name, packet.source, within_ms=within_ms, now_ms=state.now_ms, reap=reap)
        if is_here and verb == "--update":
            state.recent.set(name, packet.source, now_ms=state.now_ms)
        return is_here

    return test


def _connection(module: Module) -> Iterator[Condition]:
    for option in module.options:
        if option.name in {"--ctstate", "--state"}:
            yield Condition(_text(option), _negated(option, _in_state(frozenset(option.value.split(",")))))
        else:
            yield Condition(_text(option), _never)


def _never(_packet: Packet, _state: State) -> bool:
    """The answer to what nobody here knows."""
    return False


def _in_state(wanted: frozenset[str]) -> Test:
    return lambda _, state: bool(wanted & state.ct_states)


def _mark(module: Module) -> Iterator[Condition]:
    for option in module.options:
        if option.name == "--mark":
            value, _, mask = option.value.partition("/")
            yield Condition(_text(option), _negated(option, _with_mark(int(value, 0), int(mask or "0xffffffff", 0))))


def _with_mark(wanted: int, bits: int) -> Test:
    return lambda packet, _: packet.mark & bits == wanted


MODULES: dict[str, Callable[[Module], Iterator[Condition]]] = {
    "tcp": _port_conditions, "udp": _port_conditions, "sctp": _port_conditions, "multiport": _port_conditions, "addrtype": _address_type,
    "statistic": _statistic, "recent": _recent, "conntrack": _connection, "state": _connection, "mark": _mark,
}  # fmt: skip

"""Rules as plain values, and what a node's kernel does with a packet.

A student's function gets the rules that kube-proxy's iptables mode made for a cluster, as dicts, and numbers in place of chance. What it
must answer comes from the model, which walks the same rules, draws the same numbers, and is held to recordings of the real kube-proxy.

>>> walk(TINY, "node-1", ["10.244.9.9", "10.96.0.7", 80], [0.9, 0.1])
['KUBE-SVC-LOLE4ISW44XBNF3G', 'KUBE-SEP-23NJSXDYUSXY5E7Q', '10.244.1.3:8080']

Source: `k8sedu.kube.proxy.iptables`. Left out: the kernel's own chains and the table filter; `seen` asks the whole node.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from random import Random
from typing import Any, TypeAlias

from k8sedu.kube import manifest
from k8sedu.kube.proxy.cluster import ProxyCluster
from k8sedu.kube.proxy.iptables.chains import ChainWalker
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.probability import SCALE
from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.iptables.syntax import Parts, take_apart
from k8sedu.kube.proxy.node import ProxyNode, route
from k8sedu.kube.proxy.packet import Packet, Walk, socket_text

Asked: TypeAlias = Sequence[Any]
"""A packet as [source, destination, port]; it is TCP."""

SHOWN = ("KUBE-SERVICES", "KUBE-SVC-", "KUBE-SEP-", "KUBE-MARK-MASQ")
"""The chains that a packet for a cluster IP meets."""

TINY = """\
kind: Deployment
apiVersion: apps/v1
metadata: {name: web}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: nginx, ports: [{name: http, containerPort: 8080}]}]}
---
kind: Service
apiVersion: v1
metadata: {name: web}
spec: {clusterIP: 10.96.0.7, selector: {app: web}, ports: [{port: 80, targetPort: http}]}
"""
"""Three pods behind one Service."""


@lru_cache(maxsize=64)
def network(text: str) -> ProxyCluster:
    """The cluster in some manifests, with addresses; treat it as read-only."""
    return ProxyCluster(manifest.load(text))


def _iptables(text: str, node: str) -> tuple[ProxyNode, Iptables]:
    made = network(text).node(node)
    mode = made.mode("iptables")
    assert isinstance(mode, Iptables)  # that mode was asked for
    return made, mode


def rules(text: str, node: str) -> dict[str, list[dict[str, Any]]]:
    """Chain → its rules, each with what it matches (`match`) and what it does: `jump`, `dnat` or `mark`.

    `match` may hold `source` and `not_source` (networks), `destination` and `port`, and `probability`.
    """
    _, mode = _iptables(text, node)
    chains = mode.ruleset().tables["nat"]
    found = {chain: [_plain(take_apart(line)) for line in lines] for chain, lines in chains.items() if chain.startswith(SHOWN)}
    return {chain: [rule for rule in lines if rule.get("jump") != "KUBE-NODEPORTS"] for chain, lines in found.items()}


def _plain(parts: Parts) -> dict[str, Any]:
    match: dict[str, Any] = {}
    for option in parts.head:
        if option.name in ("-s", "-d"):
            name = {"-s": "source", "-d": "destination"}[option.name]
            match[f"not_{name}" if option.is_negated else name] = option.value
    for module in parts.modules:
        if module.value("--dport"):
            match["port"] = int(module.value("--dport"))
        if module.value("--probability"):
            match["probability"] = float(module.value("--probability"))
    if parts.target == "DNAT":
        return {"match": match, "dnat": next(option.value for option in parts.options if option.name == "--to-destination")}
    return {"match": match, "mark": True} if parts.target == "MARK" else {"match": match, "jump": parts.target}


class Drawn(Random):
    """Gives given numbers, one after the other, where the kernel would draw."""

    def __init__(self, numbers: Sequence[float]) -> None:
        super().__init__(0)
        self.numbers = list(numbers)

    def getrandbits(self, k: int, /) -> int:
        """The next number, as so many bits."""
        return min(int(self.numbers.pop(0) * SCALE), SCALE - 1) >> (31 - k)


def walk(text: str, node: str, asked: Asked, draws: Sequence[float]) -> list[str]:
    """The chains that a packet is sent to from KUBE-SERVICES, in order, and the endpoint at the end if there is one."""
    made, mode = _iptables(text, node)
    settings = made.settings
    walker = ChainWalker(mode.ruleset(), State(settings.is_local_address, Drawn(draws)), settings)
    ended = walker.chain("nat", "KUBE-SERVICES", packet(asked), hook="PREROUTING")
    jumps = [step.verdict.removeprefix("jump ") for step in walker.steps if step.verdict.startswith("jump ")]
    arrived = socket_text(ended.packet.destination, ended.packet.destination_port)
    return [*jumps, arrived] if ended.verdict == "ACCEPT" else jumps


def packet(asked: Asked) -> Packet:
    """The first packet of a connection."""
    source, destination, port = asked
    return Packet(source, 40_001, destination, port)


def followed(text: str, node: str, asked: Asked, mode: str = "iptables", *, seed: int = 0) -> Walk:
    """A packet's way through a node that has just been programmed."""
    made = network(text).node(node, (mode,))  # type: ignore[arg-type]  # one of four names
    return route(packet(asked), made, mode, rng=Random(seed))


def seen(text: str, node: str, asked: Asked, mode: str = "iptables") -> list[str | None]:
    """[outcome, the sender's address that the endpoint sees]; the second is None where nothing arrives.

    >>> seen(TINY, "node-1", ["10.244.1.9", "10.96.0.7", 80])
    ['delivered', '10.244.1.9']
    """
    found = followed(text, node, asked, mode)
    return [found.outcome, found.arrived.source if found.arrived is not None else None]

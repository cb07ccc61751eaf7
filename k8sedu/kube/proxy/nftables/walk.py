"""A packet's way through the nft table.

Where iptables compares a packet with the rule of one Service after the other, here it is looked up: address, protocol and port together are
a key of a map, and what lies under the key is the chain to go on in. Ten Services or thirty thousand, it is one question.

Source: nft(8); linux, net/netfilter/nf_tables_core.c (nft_do_chain).
"""

from __future__ import annotations

import re
from random import Random

from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.journey import Ended, Journey
from k8sedu.kube.proxy.nftables.frame import BASE_CHAINS
from k8sedu.kube.proxy.nftables.rules import Answer, State, statements
from k8sedu.kube.proxy.nftables.table import NftTable
from k8sedu.kube.proxy.packet import Hook, Packet, Step
from k8sedu.kube.proxy.settings import ProxySettings
from k8sedu.language import Words

OWN = re.compile(r"(?:service|local|external|firewall)-[A-Z2-7]{8}-")
"""How the chains of a Service port begin."""
AT = {
    hook: [(name, kind) for name, kind, at, _ in sorted(BASE_CHAINS, key=lambda chain: chain[3]) if at.upper() == hook]
    for hook in ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING")
}
"""Hook → the base chains there, by priority."""


class NftJourney(Journey):
    """One packet, there and back, through an nft table."""

    mode = "nftables"

    def __init__(
        self, table: NftTable, affinity: dict[str, dict[str, int]], settings: ProxySettings, conntrack: Conntrack, *, rng: Random,
        now_ms: int = 0, with_misses: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(settings, conntrack, rng=rng, now_ms=now_ms, with_misses=with_misses)
        self.table = table
        self._state = State(table, self.is_local, lambda packet: self.masqueraded(packet, is_random=True), rng, affinity, now_ms)
        self._meant = ""

    def ask(self, hook: Hook, packet: Packet) -> Ended:
        """All base chains of a hook, by priority; those of the type nat see new connections only."""
        self._state.is_new = self.sent is None
        for name, kind in AT[hook]:
            if kind == "nat" and self.sent is not None:
                continue
            ended = self._chain(name, packet, hook)
            packet = ended.packet
            if ended.verdict in {"DROP", "REJECT"}:
                return ended
        return Ended(packet)

    def _chain(self, name: str, packet: Packet, hook: Hook) -> Ended:
        """Rule after rule; what a chain returns is empty where the one before goes on."""
        if not self._meant and OWN.match(name):
            self._meant = name
        chain = self.table.chains.get(name)
        for number, rule in enumerate(chain.rules if chain is not None else (), 1):
            ended, goes_on = self._rule(Step(hook, self.table.name, name, number, rule, is_match=False, verdict="", packet=packet))
            packet = ended.packet
            if not goes_on:
                return ended
        return Ended(packet)

    def _rule(self, step: Step) -> tuple[Ended, bool]:
        """One rule; and is the next one asked after it?"""
        self.asked += 1
        packet, last, told, whys = step.packet, Answer(step.packet), "", []
        for statement in statements(step.rule):
            last = statement.run(packet, self._state)
            if not last.is_match:
                if self.with_misses:
                    self.steps.append(step._replace(why=last.why or f"not {statement.text}"))
                return Ended(packet), True
            packet, told = last.packet, last.told or told
            whys += [last.why] if last.why else []
        self._note(last)
        self.steps.append(step._replace(is_match=True, verdict=told, packet=packet, why="; ".join(whys)))
        return self._decide(last.verdict, packet, step.hook)

    def _note(self, answer: Answer) -> None:
        """An element that refuses tells for whom it does."""
        if answer.why.endswith(")") and not self._meant and answer.verdict in {"drop", "goto reject-chain"}:
            self._meant = f"={answer.why[answer.why.rindex('(') + 1 : -1]}"

    def _decide(self, verdict: str, packet: Packet, hook: Hook) -> tuple[Ended, bool]:
        if verdict in {"drop", "reject", "accept"}:
            return Ended(packet, verdict.upper()), False
        if verdict == "return":
            return Ended(packet), False
        if not verdict:
            return Ended(packet), True
        how, name = verdict.split()
        ended = self._chain(name, packet, hook)
        return ended, how == "jump" and not ended.verdict

    # -- what is told ---------------------------------------------------------------------------------------------------------------------

    def service_named(self, steps: tuple[Step, ...]) -> str:  # noqa: ARG002 - the chains were noted on the way
        """The Service port after which the first of its chains is named."""
        if self._meant.startswith("="):
            return self._meant[1:]
        return service_of(self._meant) if self._meant else ""

    def refused(self, packet: Packet, service: str, ended: Ended) -> Words:
        """Why it was dropped or rejected."""
        return why_refused(self.steps[-1], service or str(packet), is_drop=ended.verdict == "DROP")


def service_of(chain: str) -> str:
    """The Service port of a chain.

    >>> service_of("service-SUSTUHLJ-default/web/tcp/http"), service_of("local-ABCDEFGH-default/web/tcp/")
    ('default/web:http', 'default/web')
    """
    namespace, name, _, port = chain.partition("__")[0].split("-", 2)[2].split("/")
    return f"{namespace}/{name}:{port}" if port else f"{namespace}/{name}"


def why_refused(step: Step, service: str, *, is_drop: bool) -> Words:
    """One sentence on a packet that ended in a chain."""
    if step.chain == "cluster-ips-check":
        place = f"{step.packet.destination}:{step.packet.destination_port}"
        if is_drop:
            return Words(f"no Service has the address of {place}: the packet is dropped", f"没有 Service 拥有 {place} 的地址：数据包被丢弃")
        return Words(f"a Service has the address of {place}, but not the port: the packet is rejected",
                     f"有 Service 拥有 {place} 的地址，但没有这个端口：数据包被拒绝")  # fmt: skip
    if step.chain.startswith("firewall-"):
        return Words(f"the client {step.packet.source} is outside of the load balancer source ranges of {service}: the packet is dropped",
                     f"客户端 {step.packet.source} 不在 {service} 的 loadBalancerSourceRanges 之内：数据包被丢弃")  # fmt: skip
    if is_drop:
        return Words(f"{service} has endpoints on other nodes only, and its policy is Local: the packet is dropped, and the client waits",
                     f"{service} 只在其他节点上有端点（endpoint），而策略为 Local：数据包被丢弃，客户端只能等待")  # fmt: skip
    return Words(f"{service} has no endpoints: the packet is rejected, and the client is told at once",
                 f"{service} 没有端点（endpoint）：数据包被拒绝，客户端立即得知")  # fmt: skip

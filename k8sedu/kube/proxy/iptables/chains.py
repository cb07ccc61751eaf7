"""A packet in one chain: rule after rule, down into other chains and back, until something is decided.

This walker knows nothing of Services. It asks the rules of any table of any node, ours or one that was read from a dump, and the few rules
that other modes of kube-proxy still have.

Source: linux, net/ipv4/netfilter/ip_tables.c (ipt_do_table), net/netfilter/xt_nat.c, nf_nat_masquerade.c, nf_nat_redirect.c.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.iptables.conditions import State
from k8sedu.kube.proxy.iptables.rules import PASSES, Rule, marked
from k8sedu.kube.proxy.iptables.ruleset import Tables
from k8sedu.kube.proxy.journey import freed, node_address
from k8sedu.kube.proxy.packet import Hook, Packet, Step, socket_text
from k8sedu.kube.proxy.settings import ProxySettings

DEEPEST = 64
"""No real node nests chains so deeply; rules that do lead in a circle, and the kernel would not have taken them."""


class ChainLoopError(K8sEduError, ValueError):
    """Chains that lead back to themselves."""


class Ended(NamedTuple):
    """How a chain was left."""

    packet: Packet
    verdict: str
    """ACCEPT, DROP, REJECT, or empty: the chain's end was reached, or it said RETURN."""


class ChainWalker:
    """Takes packets through chains, and writes down every step.

    >>> from random import Random
    >>> from k8sedu.kube.proxy.iptables.ruleset import Ruleset
    >>> rules = ["-A PREROUTING -d 10.96.0.7 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.244.1.3:8080"]
    >>> settings = ProxySettings()
    >>> tables = Ruleset.of({"nat": {"PREROUTING": rules}})
    >>> walker = ChainWalker(tables, State(settings.is_local_address, Random(1)), settings)
    >>> ended = walker.enter("nat", "PREROUTING", Packet("10.244.1.9", 40001, "10.96.0.7", 80))
    >>> str(ended.packet), ended.verdict, [step.verdict for step in walker.steps]
    ('TCP 10.244.1.9:40001 → 10.244.1.3:8080', 'ACCEPT', ['DNAT to 10.244.1.3:8080'])
    """

    def __init__(
        self, tables: Tables, state: State, settings: ProxySettings, *, with_misses: bool = False,
        is_free: Callable[[Packet], bool] = lambda _: True,
    ) -> None:  # fmt: skip
        self.tables, self.state, self.settings, self.with_misses = tables, state, settings, with_misses
        self.is_free = is_free
        """May a masqueraded packet be sent so, or would its answers be taken for another connection's?"""
        self.steps: list[Step] = []
        self.asked = 0

    def enter(self, table: str, hook: Hook, packet: Packet) -> Ended:
        """Go through one of the kernel's own chains of a table; at its end, its policy decides."""
        if self.tables.rules(table, hook) is None:
            return Ended(packet, "")
        ended = self.chain(table, hook, packet, hook=hook)
        if not ended.verdict and self.tables.policy(table, hook) == "DROP":
            self._tell(Step(hook, table, hook, 0, "policy DROP", is_match=True, verdict="", packet=ended.packet), "DROP", ended.packet)
            return Ended(ended.packet, "DROP")
        return ended

    def chain(self, table: str, chain: str, packet: Packet, *, hook: Hook, depth: int = 0) -> Ended:
        """Go through any chain.

        Raises:
            ChainLoopError: chains lead in a circle.
        """
        if depth > DEEPEST:
            raise ChainLoopError(f"chain {chain} of table {table} leads back to itself, expected chains that end")
        state = self.state
        for number, rule in enumerate(self.tables.rules(table, chain) or (), 1):
            self.asked += 1
            objection = rule.objection(packet, state)
            if objection is not None:
                if self.with_misses:
                    why = state.drawn if objection.text.startswith("--probability") else f"not {objection.text}"
                    self.steps.append(Step(hook, table, chain, number, rule.text, is_match=False, verdict="", packet=packet, why=why))
                continue
            step = Step(hook, table, chain, number, rule.text, is_match=True, verdict="", packet=packet)
            ended = self._do(rule, step, depth)
            packet = ended.packet
            if ended.verdict == "RETURN":
                return Ended(packet, "")
            if ended.verdict:
                return ended
        return Ended(packet, "")

    # -- targets --------------------------------------------------------------------------------------------------------------------------

    def _do(self, rule: Rule, step: Step, depth: int) -> Ended:
        """What a rule that matches does."""
        target, packet = rule.target, step.packet
        if target in {"", "ACCEPT", "DROP", "REJECT", "RETURN"}:
            self._tell(step, target, packet)
            return Ended(packet, target)
        if target in NAT:
            after = NAT[target](self, rule, packet, step.hook)
            self._tell(step, _rewriting(target, packet, after), after)
            return Ended(after, "ACCEPT")
        if target in PASSES:
            after = marked(packet, rule.parts) if target == "MARK" else packet
            self._tell(step, f"MARK {after.mark:#x}" if target == "MARK" else target, after)
            return Ended(after, "")
        self._tell(step, f"{'goto' if rule.parts.is_goto else 'jump'} {target}", packet)
        ended = self.chain(step.table, target, packet, hook=step.hook, depth=depth + 1)
        return ended._replace(verdict="RETURN") if rule.parts.is_goto and not ended.verdict else ended

    def _tell(self, step: Step, verdict: str, packet: Packet) -> None:
        why, self.state.drawn = self.state.drawn, ""
        self.steps.append(step._replace(verdict=verdict, packet=packet, why=why if "--probability" in step.rule else ""))

    def _dnat(self, rule: Rule, packet: Packet, hook: Hook) -> Packet:  # noqa: ARG002 (all targets are called alike)
        ip, port = _where(_option(rule, "--to-destination"), packet.destination, packet.destination_port)
        self.state.ct_states |= {"DNAT"}
        return packet._replace(destination=ip, destination_port=port)

    def _redirect(self, rule: Rule, packet: Packet, hook: Hook) -> Packet:
        """To the node itself: the address of the interface by which the packet came."""
        port = int(_option(rule, "--to-ports").partition("-")[0] or packet.destination_port)
        self.state.ct_states |= {"DNAT"}
        own = ("::1" if self.settings.is_ipv6 else "127.0.0.1") if hook == "OUTPUT" else node_address(self.settings, packet.in_interface)
        return packet._replace(destination=own, destination_port=port)

    def _snat(self, rule: Rule, packet: Packet, hook: Hook) -> Packet:  # noqa: ARG002 (as above)
        ip, port = _where(_option(rule, "--to-source"), packet.source, packet.source_port)
        self.state.ct_states |= {"SNAT"}
        return freed(packet._replace(source=ip, source_port=port), self.is_free)

    def _masquerade(self, rule: Rule, packet: Packet, hook: Hook) -> Packet:  # noqa: ARG002 (as above)
        """The node's address becomes the sender; with --random-fully, a port by chance."""
        self.state.ct_states |= {"SNAT"}
        changed = packet._replace(source=node_address(self.settings, packet.out_interface))
        if any(option.name == "--random-fully" for option in rule.parts.options):
            changed = changed._replace(source_port=self.state.rng.randrange(1024, 65_536))
        return freed(changed, self.is_free)


NAT: dict[str, Callable[[ChainWalker, Rule, Packet, Hook], Packet]] = {
    "DNAT": ChainWalker._dnat, "SNAT": ChainWalker._snat, "MASQUERADE": ChainWalker._masquerade, "REDIRECT": ChainWalker._redirect,
}  # fmt: skip


def _option(rule: Rule, name: str) -> str:
    return next((option.value for option in rule.parts.options if option.name == name), "")


def _where(text: str, kept: str, port: int) -> tuple[str, int]:
    """Address and port of `10.0.0.1:80`, `10.0.0.1`, `:80` or `[fd00::1]:80`; of a range, its beginning."""
    if text.startswith("["):
        ip, _, given = text[1:].partition("]")
        given = given.removeprefix(":")
    elif text.count(":") > 1:
        ip, given = text, ""
    else:
        ip, _, given = text.partition(":")
    return ip.partition("-")[0] or kept, int(given.partition("-")[0]) if given else port


def _rewriting(target: str, before: Packet, after: Packet) -> str:
    if target in {"DNAT", "REDIRECT"}:
        return f"{target} to {socket_text(after.destination, after.destination_port)}"
    if after == before:
        return target
    return f"{target} to {socket_text(after.source, after.source_port)}"

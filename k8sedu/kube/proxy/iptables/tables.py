"""The tables that kube-proxy keeps: the blocks of all Service ports, and the few rules around them.

Blocks are put together by copying. So a text with one changed block costs one copy of what all share, and not the making of everything.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (syncProxyRules).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from k8sedu.kube.proxy.iptables.blocks import Block, lines_of
from k8sedu.kube.proxy.iptables.jumps import jump_rules
from k8sedu.kube.proxy.iptables.names import (
    EXTERNAL_SERVICES,
    FORWARD,
    KUBELET_FIREWALL,
    MARK_MASQ,
    NODEPORTS,
    POSTROUTING,
    PROXY_FIREWALL,
    SERVICES,
)
from k8sedu.kube.proxy.iptables.rules import Rule, rules
from k8sedu.kube.proxy.iptables.ruleset import BUILT_IN, Ruleset
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

FILTER_CHAINS = (SERVICES, EXTERNAL_SERVICES, FORWARD, NODEPORTS, PROXY_FIREWALL)
NAT_CHAINS = (SERVICES, NODEPORTS, POSTROUTING, MARK_MASQ)
INVALID_COUNTER = "ct_state_invalid_dropped_pkts"
"""Since 1.31 the kernel counts the packets that are dropped so."""
LAST = "kubernetes service nodeports; NOTE: this must be the last rule in this chain"


class ServiceTables:
    """Blocks of Service ports as two tables of iptables.

    Storing a block costs O(its rules), a text O(Services) copies and the rules of what has changed, reading a chain O(its rules), once.
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.blocks: dict[ServicePortName, Block] = {}
        self.left: dict[str, tuple[str, ...]] = {}
        """Chains that no Service uses any more and nobody has cleaned up yet."""
        self._shared: dict[ServicePortName, str] = {}
        self._filters: dict[ServicePortName, str] = {}
        self._owners: dict[str, ServicePortName] = {}
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}
        self._shared_rules: dict[ServicePortName, tuple[Rule, ...]] = {}

    # -- changing -------------------------------------------------------------------------------------------------------------------------

    def store(self, name: ServicePortName, new: Block | None) -> None:
        """Take in a block in the place of an older one, or take the older one away."""
        old = self.blocks.get(name)
        for chain in old.chains if old is not None else ():
            if new is None or chain not in new.chains:
                self.left[chain] = rules_of(chain, old.rules) if old is not None else ()
            self._owners.pop(chain, None)
            self._rules.pop(("nat", chain), None)
        self._filters.pop(name, None)
        self._shared_rules.pop(name, None)
        if new is None:
            self.blocks.pop(name, None)
            self._shared.pop(name, None)
            return
        self.blocks[name], self._shared[name] = new, new.shared
        if new.filters:
            self._filters[name] = new.filters
        for chain in new.chains:
            self._owners[chain] = name
            self.left.pop(chain, None)

    def clean(self) -> tuple[str, ...]:
        """Remove the chains that no Service uses; their names."""
        removed = tuple(sorted(self.left))
        for chain in removed:
            self._rules.pop(("nat", chain), None)
        self.left = {}
        return removed

    def text(self, changed: Iterable[ServicePortName], deleted: tuple[str, ...]) -> str:
        """The text for `iptables-restore --noflush`: what all share, and of the rest what has changed."""
        for chain in (*FILTER_CHAINS, KUBELET_FIREWALL):
            self._rules.pop(("filter", chain), None)
        for chain in NAT_CHAINS:
            self._rules.pop(("nat", chain), None)
        parts, chains = dict(self._shared), list(NAT_CHAINS)
        for name in changed:
            if (block := self.blocks.get(name)) is not None:
                chains += block.chains
                parts[name] = block.shared + block.rules
        return "".join([
            "*filter\n", *map(_chain_line, self._filter_chains), lines_of(self._filter_head()), *self._filters.values(),
            lines_of(self._filter_tail()), "COMMIT\n*nat\n", *map(_chain_line, [*chains, *deleted]), lines_of(self._nat_head()),
            *parts.values(), lines_of(f"-X {chain}" for chain in deleted), lines_of(self._last_rules()), "COMMIT\n",
        ])  # fmt: skip

    # -- the rules around -----------------------------------------------------------------------------------------------------------------

    @property
    def _filter_chains(self) -> tuple[str, ...]:
        return (*FILTER_CHAINS, KUBELET_FIREWALL) if self.settings.nodeports_on_localhost else FILTER_CHAINS

    def _filter_head(self) -> Iterator[str]:
        """Node ports on 127.0.0.1 need packets to 127.0.0.1 from elsewhere to be routed at all; so all others of those are refused."""
        if self.settings.nodeports_on_localhost:
            comment = '-m comment --comment "block incoming localnet connections"'
            state = "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT"
            yield f"-A {KUBELET_FIREWALL} {comment} -d 127.0.0.0/8 ! -s 127.0.0.0/8 {state} -j DROP"

    def _filter_tail(self) -> Iterator[str]:
        mark = self.settings.mark
        if not self.settings.conntrack_tcp_be_liberal:
            counted = f" -m nfacct --nfacct-name {INVALID_COUNTER}" if self.settings.is_at_least("1.31") else ""
            yield f"-A {FORWARD} -m conntrack --ctstate INVALID{counted} -j DROP"
        yield f'-A {FORWARD} -m comment --comment "kubernetes forwarding rules" -m mark --mark {mark}/{mark} -j ACCEPT'
        comment = '-m comment --comment "kubernetes forwarding conntrack rule"'
        yield f"-A {FORWARD} {comment} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

    def _nat_head(self) -> Iterator[str]:
        mark = self.settings.mark
        yield f"-A {POSTROUTING} -m mark ! --mark {mark}/{mark} -j RETURN"
        yield f"-A {POSTROUTING} -j MARK --xor-mark {mark}"
        randomly = " --random-fully" if self.settings.has_random_fully else ""
        yield f'-A {POSTROUTING} -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE{randomly}'
        yield f"-A {MARK_MASQ} -j MARK --or-mark {mark}"

    def _last_rules(self) -> Iterator[str]:
        """Whatever is for the node itself may be for a node port; asked last, because a Service's own address is told apart first."""
        settings, begin = self.settings, f'-A {SERVICES} -m comment --comment "{LAST}"'
        if settings.nodeports_everywhere:
            but = " ! -d ::1/128" if settings.is_ipv6 else "" if settings.nodeports_on_localhost else " ! -d 127.0.0.0/8"
            yield f"{begin} -m addrtype --dst-type LOCAL{but} -j {NODEPORTS}"
            return
        for ip in settings.nodeport_ips:
            if ip != "::1" and (settings.nodeports_on_localhost or not ip.startswith("127.")):
                yield f"{begin} -d {ip} -j {NODEPORTS}"

    # -- reading --------------------------------------------------------------------------------------------------------------------------

    def rules(self, table: str, chain: str) -> tuple[Rule, ...] | None:
        """The rules of a chain; None if there is no such chain."""
        key = (table, chain)
        found = self._rules.get(key)
        if found is None:
            if key == ("nat", SERVICES):
                found = self._services()
            else:
                lines = self._lines(table, chain)
                if lines is None:
                    return None
                found = rules(lines)
            self._rules[key] = found
        return found

    def policy(self, table: str, chain: str) -> str:  # noqa: ARG002 (what every set of tables answers)
        """kube-proxy changes no policy."""
        return "ACCEPT"

    def _services(self) -> tuple[Rule, ...]:
        """The one long chain; the rules of a port that has not changed are not read again."""
        for name, text in self._shared.items():
            if name not in self._shared_rules:
                self._shared_rules[name] = rules(rules_of(SERVICES, text))
        return tuple(rule for name in self._shared for rule in self._shared_rules[name]) + rules(self._last_rules())

    def _lines(self, table: str, chain: str) -> tuple[str, ...] | None:
        if chain in BUILT_IN.get(table, ()):
            return jump_rules(table, chain)
        if table == "filter":
            known = chain in (*FILTER_CHAINS, KUBELET_FIREWALL)
            around = (*self._filter_head(), *self._filters.values(), *self._filter_tail())
            return rules_of(chain, "\n".join(around)) if known else None
        if chain in self._owners:
            return rules_of(chain, self.blocks[self._owners[chain]].rules)
        if chain in NAT_CHAINS:
            return rules_of(chain, "".join([lines_of(self._nat_head()), *self._shared.values(), lines_of(self._last_rules())]))
        return self.left.get(chain)

    def ruleset(self) -> Ruleset:
        """Everything as plain tables, the jumps from the kernel's own chains included."""
        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for table, chains in (("filter", (*FILTER_CHAINS, KUBELET_FIREWALL)), ("nat", NAT_CHAINS)):
            found[table] = {chain: self._lines(table, chain) or () for chain in (*BUILT_IN[table], *chains)}
        for block in self.blocks.values():
            found["nat"] |= grouped(block.rules, block.chains)
        return Ruleset.of({**found, "nat": {**found["nat"], **self.left}}, is_ipv6=self.settings.is_ipv6)

    def rule_counts(self) -> dict[str, int]:
        """How many rules there are in each table, the jumps not counted."""
        own = sum(block.shared.count("\n") + block.rules.count("\n") for block in self.blocks.values())
        return {
            "filter": len([*self._filter_head(), *self._filter_tail()]) + sum(text.count("\n") for text in self._filters.values()),
            "nat": len([*self._nat_head(), *self._last_rules()]) + own + sum(map(len, self.left.values())),
        }  # fmt: skip


def _chain_line(chain: str) -> str:
    return f":{chain} - [0:0]\n"


def rules_of(chain: str, text: str) -> tuple[str, ...]:
    """The rules of one chain in a text."""
    begin = f"-A {chain} "
    return tuple(rule for rule in text.splitlines() if rule.startswith(begin))


def grouped(text: str, chains: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """The rules of a text by their chains."""
    found: dict[str, list[str]] = {chain: [] for chain in chains}
    for line in text.splitlines():
        found.setdefault(line.split(" ", 2)[1], []).append(line)
    return {chain: tuple(lines) for chain, lines in found.items()}

"""The iptables rules of IPVS mode: a fixed handful, whatever the number of Services.

Most rules ask a set. Only a load balancer that is closed to the node itself still costs a rule of its own.

Source: kubernetes 1.30, pkg/proxy/ipvs/proxier.go (writeIptablesRules, createAndLinkKubeChain).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from k8sedu.kube.proxy.iptables.blocks import local_match
from k8sedu.kube.proxy.ipvs.ipsets import IpSet
from k8sedu.kube.proxy.ipvs.servers import ServerKey
from k8sedu.kube.proxy.settings import ProxySettings

Tables = Mapping[str, Mapping[str, tuple[str, ...]]]
"""Table → chain → its rules."""

CHAINS = {
    "nat": ("KUBE-SERVICES", "KUBE-POSTROUTING", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"),
    "filter": ("KUBE-FORWARD", "KUBE-NODE-PORT", "KUBE-PROXY-FIREWALL", "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER",
               "KUBE-IPVS-OUT-FILTER"),
}  # fmt: skip
JUMPS = (
    ("nat", "OUTPUT", "KUBE-SERVICES", "kubernetes service portals"),
    ("nat", "PREROUTING", "KUBE-SERVICES", "kubernetes service portals"),
    ("nat", "POSTROUTING", "KUBE-POSTROUTING", "kubernetes postrouting rules"),
    ("filter", "FORWARD", "KUBE-FORWARD", "kubernetes forwarding rules"),
    ("filter", "INPUT", "KUBE-NODE-PORT", "kubernetes health check rules"),
    ("filter", "INPUT", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"),
    ("filter", "FORWARD", "KUBE-PROXY-FIREWALL", "kube-proxy firewall rules"),
    ("filter", "INPUT", "KUBE-IPVS-FILTER", "kubernetes ipvs access filter"),
    ("filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", "kubernetes ipvs access filter"),
)
"""Table, the kernel's chain, ours, and the comment. Each is put before what is there, so the last one is asked first."""

_BY_SET = (
    ("KUBE-LOOP-BACK", "nat", "KUBE-POSTROUTING", "", "dst,dst,src", "MASQUERADE"),
    ("KUBE-LOAD-BALANCER", "nat", "KUBE-SERVICES", "", "dst,dst", "KUBE-LOAD-BALANCER"),
    ("KUBE-LOAD-BALANCER-LOCAL", "nat", "KUBE-LOAD-BALANCER", "", "dst,dst", "RETURN"),
    ("KUBE-NODE-PORT-LOCAL-TCP", "nat", "KUBE-NODE-PORT", "tcp", "dst", "RETURN"),
    ("KUBE-NODE-PORT-TCP", "nat", "KUBE-NODE-PORT", "tcp", "dst", "KUBE-MARK-MASQ"),
    ("KUBE-NODE-PORT-LOCAL-UDP", "nat", "KUBE-NODE-PORT", "udp", "dst", "RETURN"),
    ("KUBE-NODE-PORT-UDP", "nat", "KUBE-NODE-PORT", "udp", "dst", "KUBE-MARK-MASQ"),
    ("KUBE-NODE-PORT-LOCAL-SCTP-HASH", "nat", "KUBE-NODE-PORT", "sctp", "dst,dst", "RETURN"),
    ("KUBE-NODE-PORT-SCTP-HASH", "nat", "KUBE-NODE-PORT", "sctp", "dst,dst", "KUBE-MARK-MASQ"),
    ("KUBE-LOAD-BALANCER-FW", "filter", "KUBE-PROXY-FIREWALL", "", "dst,dst", "KUBE-SOURCE-RANGES-FIREWALL"),
    ("KUBE-LOAD-BALANCER-SOURCE-CIDR", "filter", "KUBE-SOURCE-RANGES-FIREWALL", "", "dst,dst,src", "RETURN"),
    ("KUBE-LOAD-BALANCER-SOURCE-IP", "filter", "KUBE-SOURCE-RANGES-FIREWALL", "", "dst,dst,src", "RETURN"),
)
"""Set, table, chain, protocol, which parts of the packet are looked up, target: a rule that is there while the set is not empty."""
_ACCESS = (
    ("KUBE-LOAD-BALANCER", "dst,dst"),
    ("KUBE-CLUSTER-IP", "dst,dst"),
    ("KUBE-EXTERNAL-IP", "dst,dst"),
    ("KUBE-EXTERNAL-IP-LOCAL", "dst,dst"),
    ("KUBE-HEALTH-CHECK-NODE-PORT", "dst"),
)
"""What may be asked for on kube-ipvs0; everything else there is refused."""


def ensured() -> tuple[str, ...]:
    """Chains and jumps that are made one by one before anything else, as arguments of `iptables`."""
    chains = [f"-t {table} -N {chain}" for table, chains in CHAINS.items() for chain in chains]
    jumps = [f'-t {table} -I {chain} -m comment --comment "{comment}" -j {ours}' for table, chain, ours, comment in JUMPS]
    return (*chains, *jumps)


def tables_of(sets: Mapping[str, IpSet], closed: Iterable[ServerKey], settings: ProxySettings) -> Tables:
    """All rules, for sets that are filled as they are now."""
    tables: dict[str, dict[str, list[str]]] = {table: {chain: [] for chain in chains} for table, chains in CHAINS.items()}
    mark = f"{settings.mark}/{settings.mark}"
    tables["nat"]["KUBE-SERVICES"].append(f"-s {'::1/128' if settings.is_ipv6 else '127.0.0.0/8'} -j RETURN")
    for name, table, chain, protocol, ways, target in _BY_SET:
        if sets[name]:
            tables[table][chain].append((f"-p {protocol} " if protocol else "") + f"{_asked(sets[name], ways)} -j {target}")
    tables["nat"]["KUBE-SERVICES"] += _service_rules(sets, settings)
    tables["nat"]["KUBE-LOAD-BALANCER"].append("-j KUBE-MARK-MASQ")
    tables["nat"]["KUBE-MARK-MASQ"].append(f"-j MARK --or-mark {settings.mark}")
    tables["nat"]["KUBE-POSTROUTING"] += _postrouting(settings, mark)
    tables["filter"]["KUBE-SOURCE-RANGES-FIREWALL"].append("-j DROP")
    tables["filter"]["KUBE-NODE-PORT"].append(f"{_asked(sets['KUBE-HEALTH-CHECK-NODE-PORT'], 'dst')} -j ACCEPT")
    tables["filter"]["KUBE-FORWARD"] += [
        f'-m comment --comment "kubernetes forwarding rules" -m mark --mark {mark} -j ACCEPT',
        '-m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT',
    ]
    tables["filter"]["KUBE-IPVS-FILTER"] += _access(sets)
    tables["filter"]["KUBE-IPVS-OUT-FILTER"] += sorted(_closed(key) for key in closed)
    return {table: {chain: _lines(chain, rules) for chain, rules in chains.items()} for table, chains in tables.items()}


def _lines(chain: str, rules: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"-A {chain} {rule}" for rule in rules)


def with_jumps(tables: Tables) -> Tables:
    """The rules together with the kernel's own chains, in which our jumps stand."""
    found = {table: dict(chains) for table, chains in tables.items()}
    for table, chain, ours, comment in JUMPS:
        line = f'-A {chain} -m comment --comment "{comment}" -j {ours}'
        found[table][chain] = (line, *found[table].get(chain, ()))
    return found


def _asked(found: IpSet, ways: str, *, with_comment: bool = True) -> str:
    comment = f'-m comment --comment "{found.kind.comment}" ' if with_comment else ""
    return f"{comment}-m set --match-set {found.name} {ways}"


def _service_rules(sets: Mapping[str, IpSet], settings: ProxySettings) -> Iterator[str]:
    if cluster := sets["KUBE-CLUSTER-IP"]:
        yield _cluster_rule(cluster, settings)
    for name in ("KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL"):
        if not sets[name]:
            continue
        asked = _asked(sets[name], "dst,dst")
        if name == "KUBE-EXTERNAL-IP":
            yield f"{asked} -j KUBE-MARK-MASQ"
        yield f"{asked} -m physdev ! --physdev-is-in -m addrtype ! --src-type LOCAL -j ACCEPT"
        yield f"{asked} -m addrtype --dst-type LOCAL -j ACCEPT"
    yield "-m addrtype --dst-type LOCAL -j KUBE-NODE-PORT"
    for name in ("KUBE-CLUSTER-IP", "KUBE-LOAD-BALANCER"):
        if sets[name]:
            yield f"{_asked(sets[name], 'dst,dst', with_comment=False)} -j ACCEPT"


def _cluster_rule(cluster: IpSet, settings: ProxySettings) -> str:
    """Who is masqueraded on the way to a cluster IP: everybody, who is no pod, or at least who speaks from a cluster IP."""
    if settings.masquerade_all:
        return f"{_asked(cluster, 'dst,dst')} -j KUBE-MARK-MASQ"
    if settings.can_tell_local:
        return f"{_asked(cluster, 'dst,dst')} {local_match(settings, is_local=False)} -j KUBE-MARK-MASQ"
    return f"{_asked(cluster, 'src,dst')} -j KUBE-MARK-MASQ"


def _postrouting(settings: ProxySettings, mark: str) -> Iterator[str]:
    yield f"-m mark ! --mark {mark} -j RETURN"
    yield f"-j MARK --xor-mark {settings.mark}"
    fully = " --random-fully" if settings.has_random_fully else ""
    yield f'-m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE{fully}'


def _access(sets: Mapping[str, IpSet]) -> Iterator[str]:
    for name, ways in _ACCESS:
        yield f"{_asked(sets[name], ways, with_comment=False)} -j RETURN"
    yield f"-m conntrack --ctstate NEW {_asked(sets['KUBE-IPVS-IPS'], 'dst', with_comment=False)} -j REJECT"


def _closed(key: ServerKey) -> str:
    return f"-s {key.ip} -m ipvs --vaddr {key.ip} --vproto {key.protocol.lower()} --vport {key.port} -j DROP"

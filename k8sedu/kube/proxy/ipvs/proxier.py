"""kube-proxy's IPVS mode: the kernel's own load balancer does the choosing.

A sync compares what is there with what should be, and tells the kernel only the differences: virtual servers, real servers, entries of
sets, addresses on kube-ipvs0. So a change costs what it changes, and not the whole table.

Source: kubernetes 1.30, pkg/proxy/ipvs/proxier.go (syncProxyRules). The real one looks at every Service in every sync, and tells the kernel
the same differences; here only what has changed is looked at.
Which of two Services gets an address that both claim is chance in the real one; here it is the first by name.
Left out: --ipvs-exclude-cidrs, --ipvs-strict-arp, the health check's answers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from k8sedu.kube.proxy.changes import ChangeTracker, Update, stale_connections
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.ipvs.director import Director
from k8sedu.kube.proxy.ipvs.graceful import Leaving
from k8sedu.kube.proxy.ipvs.ipsets import KINDS, IpSet
from k8sedu.kube.proxy.ipvs.listing import ipset_save, ipvsadm
from k8sedu.kube.proxy.ipvs.plans import Plan, WantedServer, node_ips, plan_of
from k8sedu.kube.proxy.ipvs.rules import Tables, ensured, tables_of, with_jumps
from k8sedu.kube.proxy.ipvs.servers import ServerKey, ServerTable, VirtualServer
from k8sedu.kube.proxy.ipvs.walk import IpvsJourney
from k8sedu.kube.proxy.packet import Packet, Walk, socket_text
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings


@dataclass(frozen=True)
class IpvsSync:
    """What a sync has told the kernel."""

    is_full: bool
    operations: Mapping[str, int]
    """`virtual added`, `real added`, `real quiesced`, `entry added`, `address bound`, … → how many."""
    rules: int
    """Lines given to iptables-restore."""
    stale: tuple[str, ...] = ()
    """Connections of UDP that the kernel had to forget."""


class Ipvs:
    """One node in IPVS mode: virtual servers, sets, addresses and the few rules around them.

    A sync costs O(what has changed); the first one O(all).
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.director = Director()
        self.conntrack: Conntrack = self.director.connections
        self.sets = {kind.name: IpSet(kind, settings) for kind in KINDS}
        self.tables: Tables = {}
        self._ruleset = Ruleset.of({})
        self.leaving = Leaving()
        self._bound: Counter[str] = Counter()
        self._closed: Counter[ServerKey] = Counter()
        self._plans: dict[ServicePortName, Plan] = {}
        self._wishes: dict[ServerKey, dict[ServicePortName, WantedServer]] = {}
        self._told: Counter[str] = Counter()

    def check(self) -> None:
        """Every number agrees with what it counts; O(servers and connections)."""
        self.director.check()
        assert self.bound_addresses == tuple(self.sets["KUBE-IPVS-IPS"]), "what is on kube-ipvs0 is in the set"
        assert all(real.weight == 0 and real.is_available for real in self.leaving), "who leaves gets nothing new, and is still there"
        assert {server.key for server in self.servers} == set(self._wishes), "every virtual server is wanted by a Service port"
        there = {real.text for server in self.servers for real in server.reals if real not in set(self.leaving)}
        wanted = {socket_text(*real) for plan in self._plans.values() for server in plan.servers for real in server.reals}
        assert there <= wanted, "a real server that does not leave is wanted"

    @property
    def servers(self) -> ServerTable:
        """The virtual servers."""
        return self.director.servers

    def ipvsadm(self) -> str:
        """What `ipvsadm -Ln` would print here."""
        return ipvsadm(self.servers)

    def ipset_save(self) -> str:
        """What `ipset save` would print here."""
        return ipset_save(self.sets.values())

    @property
    def bound_addresses(self) -> tuple[str, ...]:
        """The addresses on kube-ipvs0."""
        return tuple(sorted(self._bound))

    @property
    def ensured(self) -> tuple[str, ...]:
        """Chains and jumps that are made before the first sync."""
        return ensured()

    def sync(self, tracker: ChangeTracker, update: Update, *, now_ms: int = 0) -> IpvsSync:
        """Bring the kernel to what the tracker says."""
        self.settings, self._told = tracker.settings, Counter()
        self.conntrack.expire(now_ms=now_ms)
        self.leaving.check(self._told, now_ms=now_ms)
        ips = node_ips(self.settings)
        for name in dict.fromkeys((*self._plans, *tracker.ports)) if update.is_full else update.ports:
            port = tracker.ports.get(name)
            wanted = plan_of(port, tracker.backends.get(name, ()), self.settings, ips) if port is not None else Plan()
            self._follow(name, wanted)
        self._write_rules()
        stale = stale_connections(update, tracker.ports, self.settings)
        self.conntrack.clean(stale)
        rules = sum(len(chain) for chains in self.tables.values() for chain in chains.values())
        return IpvsSync(update.is_full, dict(self._told), rules, stale)

    def _write_rules(self) -> None:
        wanted = tables_of(self.sets, self._closed, self.settings)
        if wanted != self.tables:
            self.tables, self._ruleset = wanted, Ruleset.of(with_jumps(wanted))

    def route(self, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
        """Send a packet through the node as it is now; O(1) in the number of Services."""
        self.conntrack.expire(now_ms=now_ms)
        return IpvsJourney(
            self.director, self.sets, self._ruleset, self._bound, self.settings, rng=rng, now_ms=now_ms, with_misses=with_misses
        ).walk(packet)  # fmt: skip

    def _follow(self, name: ServicePortName, wanted: Plan) -> None:
        """Bring the kernel from a port's last plan to the new one. What both want is counted up before it is counted down, so it stays."""
        before = self._plans.pop(name, Plan())
        if wanted.servers:
            self._plans[name] = wanted
        for kind, entry in wanted.entries:
            self._told["entry added"] += self.sets[kind].add(entry)
        for kind, entry in before.entries:
            self._told["entry deleted"] += self.sets[kind].discard(entry)
        self._closed.update(wanted.closed_to_node)
        self._closed.subtract(before.closed_to_node)
        self._closed += Counter()
        for server in wanted.servers:
            self._ensure(name, server)
        kept = {server.key for server in wanted.servers}
        for server in before.servers:
            self._release(name, server, is_kept=server.key in kept)

    def _ensure(self, name: ServicePortName, wanted: WantedServer) -> None:
        wishes = self._wishes.setdefault(wanted.key, {})
        wishes[name] = wanted
        if wanted.is_bound:
            self._bind(wanted.key.ip)
        self._set(*min(wishes.items()))

    def _set(self, name: ServicePortName, wanted: WantedServer) -> None:
        server = self.servers.find(wanted.key)
        if server is None:
            server = VirtualServer(wanted.key, self.settings.ipvs_scheduler)
            self.servers.add(server)
            self._told["virtual added"] += 1
        elif (server.flags, server.timeout_s) != (wanted.flags, wanted.timeout_s):
            self._told["virtual changed"] += 1
        server.flags, server.timeout_s, server.service_port = wanted.flags, wanted.timeout_s, str(name)
        self.leaving.follow(server, wanted.reals, self._told)

    def _release(self, name: ServicePortName, server: WantedServer, *, is_kept: bool) -> None:
        if server.is_bound:
            self._unbind(server.key.ip)
        if is_kept:
            return
        wishes = self._wishes[server.key]
        del wishes[name]
        if wishes:
            self._set(*min(wishes.items()))
            return
        del self._wishes[server.key]
        found = self.servers.find(server.key)
        if found is not None:
            self.leaving.forget(found)
            self.director.remove(found)
            self._told["virtual deleted"] += 1

    def _bind(self, ip: str) -> None:
        self._bound[ip] += 1
        if self.sets["KUBE-IPVS-IPS"].add(ip):
            self._told["address bound"] += 1

    def _unbind(self, ip: str) -> None:
        self._bound[ip] -= 1
        if self.sets["KUBE-IPVS-IPS"].discard(ip):
            del self._bound[ip]
            self._told["address unbound"] += 1

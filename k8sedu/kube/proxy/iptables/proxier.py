"""kube-proxy in iptables mode: tables made at once, or only where something has changed.

A full sync writes everything. A partial one writes the shared chains, which are short per Service, and of the rest only what belongs to
Services that have changed; `iptables-restore --noflush` leaves chains alone that are not named. On a node with ten thousand Services that
is the difference between eighty thousand rules and ten thousand.

Source: kubernetes 1.30, pkg/proxy/iptables/proxier.go (syncProxyRules); KEP-3453.
Left out: failures of iptables-restore, canary chains, and metrics.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import NamedTuple

from k8sedu.kube.proxy.changes import ChangeTracker, Update, stale_connections
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.iptables.blocks import BlockMaker
from k8sedu.kube.proxy.iptables.jumps import ensured
from k8sedu.kube.proxy.iptables.recent import Recent
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.iptables.tables import ServiceTables
from k8sedu.kube.proxy.iptables.walk import Kernel, follow
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

LARGE_ENDPOINTS = 1000
"""With more endpoints than this, comments of rules of endpoints are left out, and old chains are cleaned up only now and then."""
SYNC_PERIOD_MS = 30_000


class Sync(NamedTuple):
    """What one sync did."""

    is_full: bool
    restore: str
    """What was given to `iptables-restore --noflush`."""
    ensured: tuple[str, ...]
    """What was ensured before, one by one."""
    deleted: tuple[str, ...]
    """Chains that were removed."""
    stale: tuple[str, ...]
    """Connections that conntrack was told to forget."""

    @property
    def rules_written(self) -> int:
        """How many rules the text has."""
        return self.restore.count("\n-A ")


class Iptables:
    """kube-proxy in iptables mode, with the kernel that it programs.

    >>> from k8sedu.kube.defaults import with_defaults
    >>> from k8sedu.kube.objects.service import Service
    >>> web = with_defaults(Service.of({"metadata": {"name": "web"}, "spec": {"clusterIP": "10.96.0.7", "ports": [{"port": 80}]}}))
    >>> tracker, proxier = ChangeTracker(ProxySettings()), Iptables(ProxySettings())
    >>> tracker.put(web); sync = proxier.sync(tracker, tracker.take())
    >>> sync.is_full, sync.rules_written, proxier.rule_counts()
    (True, 10, {'filter': 5, 'nat': 5})
    >>> packet = Packet("10.244.1.9", 40001, "10.96.0.7", 80)
    >>> walk = proxier.route(packet, rng=Random(1)); walk.outcome, walk.reason.en
    ('rejected', 'default/web has no endpoints: chain KUBE-SERVICES rejects the packet, and the client is told at once')

    A full sync costs O(Services and endpoints), a partial one O(what has changed) and the copying of a few lines per Service.
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.conntrack = Conntrack()
        self.recent = Recent()
        self.tables = ServiceTables(settings)
        self.is_large = False
        self._counts: dict[ServicePortName, int] = {}
        self._endpoints = 0
        self._cleaned_ms: int | None = None

    # -- syncing --------------------------------------------------------------------------------------------------------------------------

    def sync(self, tracker: ChangeTracker, update: Update, *, now_ms: int = 0) -> Sync:
        """Make the tables say what the tracker knows."""
        self.settings = self.tables.settings = tracker.settings
        names: Mapping[ServicePortName, object] = {**self.tables.blocks, **tracker.ports} if update.is_full else update.ports
        self._count(tracker, names)
        self.is_large = self._endpoints > LARGE_ENDPOINTS
        maker = BlockMaker(self.settings, is_large=self.is_large)
        for name in names:
            port = tracker.ports.get(name)
            self.tables.store(name, None if port is None else maker.block(port, tracker.backends.get(name, ())))
        deleted = self._clean(now_ms)
        restore = self.tables.text(names, deleted)
        stale = stale_connections(update, tracker.ports, self.settings)
        self.conntrack.clean(stale)
        return Sync(update.is_full, restore, ensured() if update.is_full else (), deleted, stale)

    def _count(self, tracker: ChangeTracker, names: Iterable[ServicePortName]) -> None:
        """Keep the number of all endpoints."""
        for name in names:
            count = len(tracker.backends.get(name, ())) if name in tracker.ports else 0
            self._endpoints += count - self._counts.get(name, 0)
            self._counts[name] = count

    def _clean(self, now_ms: int) -> tuple[str, ...]:
        is_due = self._cleaned_ms is None or now_ms - self._cleaned_ms > SYNC_PERIOD_MS
        if self.is_large and not is_due:
            return ()
        self._cleaned_ms = now_ms
        deleted = self.tables.clean()
        self.recent.drop(deleted)
        return deleted

    # -- asking ---------------------------------------------------------------------------------------------------------------------------

    def route(self, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
        """Send a packet through the tables as they are now."""
        self.conntrack.expire(now_ms=now_ms)
        kernel = Kernel(self.tables, self.settings, self.conntrack, self.recent)
        return follow(kernel, packet, rng=rng, now_ms=now_ms, with_misses=with_misses)

    def ruleset(self) -> Ruleset:
        """All tables, the jumps from the kernel's own chains included; O(rules)."""
        return self.tables.ruleset()

    def rule_counts(self) -> dict[str, int]:
        """How many rules there are in each table, the jumps not counted."""
        return self.tables.rule_counts()

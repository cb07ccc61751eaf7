"""kube-proxy's nftables mode: one lookup finds the Service.

The table is changed by transactions: everything in one takes effect at once, or nothing. A sync sends only the chains and elements of
what has changed. A chain that is not needed any more is emptied first and deleted by a later sync, because for a moment after its last
element is gone the kernel still holds on to it.

Source: kubernetes 1.30, pkg/proxy/nftables/proxier.go (syncProxyRules; 1.30 writes everything anew in each transaction, with the same
result; later releases send changes only, as here); KEP-3866.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from k8sedu.kube.proxy.changes import ChangeTracker, Update, stale_connections
from k8sedu.kube.proxy.conntrack import Conntrack
from k8sedu.kube.proxy.nftables.frame import address_type, empty_table
from k8sedu.kube.proxy.nftables.pieces import NOTHING, Piece, PieceMaker
from k8sedu.kube.proxy.nftables.table import Chain, Holder
from k8sedu.kube.proxy.nftables.walk import NftJourney
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.kube.proxy.ports import ServicePortName
from k8sedu.kube.proxy.settings import ProxySettings

STALE_MS = 1_000
"""An emptied chain can be deleted after so long."""


@dataclass(frozen=True)
class NftSync:
    """What a sync has told the kernel."""

    is_full: bool
    operations: Mapping[str, int]
    """`chain written`, `rule written`, `element added`, `element deleted`, `chain emptied`, `chain deleted`, … → how many."""
    rules: int
    """The rules of the whole table afterwards."""
    stale: tuple[str, ...] = ()
    """Connections of UDP that the kernel had to forget."""


class Nftables:
    """One node in nftables mode.

    A sync costs O(what has changed); the first one O(all).
    """

    def __init__(self, settings: ProxySettings) -> None:
        self.settings = settings
        self.table = empty_table(settings)
        self.conntrack = Conntrack()
        self.affinity: dict[str, dict[str, int]] = {}
        """Set → client → until when it is remembered."""
        self._pieces: dict[ServicePortName, Piece] = {}
        self._stale: dict[str, int] = {}
        self._rules = self.table.rule_count

    def dump(self) -> str:
        """The table as `nft` would be told to make it."""
        return self.table.dump()

    def sync(self, tracker: ChangeTracker, update: Update, *, now_ms: int = 0) -> NftSync:
        """Bring the table to what the tracker says."""
        self.settings = tracker.settings
        maker, told = PieceMaker(self.settings), Counter[str]()
        self._delete_stale(told, now_ms=now_ms)
        for name in dict.fromkeys((*self._pieces, *tracker.ports)) if update.is_full else update.ports:
            port = tracker.ports.get(name)
            wanted = maker.piece(port, tracker.backends.get(name, ())) if port is not None else NOTHING
            self._follow(name, wanted, told, now_ms=now_ms)
        stale = stale_connections(update, tracker.ports, self.settings)
        self.conntrack.clean(stale)
        return NftSync(update.is_full, dict(told), self._rules, stale)

    def route(self, packet: Packet, *, rng: Random, now_ms: int = 0, with_misses: bool = False) -> Walk:
        """Send a packet through the table as it is now; O(1) in the number of Services."""
        self.conntrack.expire(now_ms=now_ms)
        return NftJourney(
            self.table, self.affinity, self.settings, self.conntrack, rng=rng, now_ms=now_ms, with_misses=with_misses
        ).walk(packet)  # fmt: skip

    def _delete_stale(self, told: Counter[str], *, now_ms: int) -> None:
        for name in [name for name, since_ms in self._stale.items() if now_ms - since_ms > STALE_MS]:
            del self._stale[name], self.table.chains[name]
            told["chain deleted"] += 1

    def _follow(self, name: ServicePortName, wanted: Piece, told: Counter[str], *, now_ms: int) -> None:
        before = self._pieces.pop(name, NOTHING)
        if wanted.chains or wanted.elements:
            self._pieces[name] = wanted
        self._follow_chains(before, wanted, told, now_ms=now_ms)
        self._follow_sets(before, wanted, told)
        for element in wanted.elements:
            told["element added"] += self.table.add(element, name)
        kept = {(element.holder, element.key) for element in wanted.elements}
        for element in before.elements:
            if (element.holder, element.key) not in kept:
                told["element deleted"] += self.table.discard(element, name)

    def _follow_chains(self, before: Piece, wanted: Piece, told: Counter[str], *, now_ms: int) -> None:
        for name, rules in wanted.chains.items():
            if before.chains.get(name) != rules:
                told["chain written"] += 1
                told["rule written"] += len(rules)
                self._write(name, rules)
            self._stale.pop(name, None)
        for name in before.chains:
            if name not in wanted.chains:
                self._write(name, ())
                self._stale[name] = now_ms
                told["chain emptied"] += 1

    def _write(self, name: str, rules: tuple[str, ...]) -> None:
        old = self.table.chains.get(name)
        self._rules += len(rules) - (len(old.rules) if old is not None else 0)
        self.table.chains[name] = Chain(rules=rules)

    def _follow_sets(self, before: Piece, wanted: Piece, told: Counter[str]) -> None:
        for name, seconds in wanted.affinity_sets:
            declaration = f"type {address_type(self.settings)} ; flags dynamic,timeout ; timeout {seconds}s ; "
            known = self.table.holders.get(name)
            if known is None:
                self.table.holders[name] = Holder(declaration, is_map=False)
                told["set added"] += 1
            else:
                known.declaration = declaration
        kept = {name for name, _ in wanted.affinity_sets}
        for name, _ in before.affinity_sets:
            if name not in kept:
                del self.table.holders[name]
                self.affinity.pop(name, None)
                told["set deleted"] += 1

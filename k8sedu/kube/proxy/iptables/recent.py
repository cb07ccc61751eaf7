"""Who has been here lately: the memory behind session affinity.

Each endpoint's chain keeps a list of clients. Before anything is drawn, a rule asks "is this client in the list of that endpoint, and not
too long ago?" A list holds a hundred clients; the one that was longest away makes room for the next, and is then sent anywhere.

Source: linux, net/netfilter/xt_recent.c (ip_list_tot = 100; recent_mt, recent_entry_reap).
"""

from __future__ import annotations

from collections.abc import Iterable

LIST_LENGTH = 100


class Recent:
    """The lists of one node.

    >>> recent = Recent()
    >>> recent.set("KUBE-SEP-A", "10.0.0.1", now_ms=0)
    >>> recent.check("KUBE-SEP-A", "10.0.0.1", within_ms=10_800_000, now_ms=10_800_000)
    True
    >>> recent.check("KUBE-SEP-A", "10.0.0.1", within_ms=10_800_000, now_ms=10_800_001)
    False
    """

    def __init__(self) -> None:
        self._lists: dict[str, dict[str, int]] = {}

    def set(self, name: str, client: str, *, now_ms: int) -> None:
        """A client is here now."""
        clients = self._lists.setdefault(name, {})
        clients.pop(client, None)
        if len(clients) >= LIST_LENGTH:
            del clients[next(iter(clients))]
        clients[client] = now_ms

    def check(self, name: str, client: str, *, within_ms: int | None, now_ms: int, reap: bool = False) -> bool:
        """Was a client here, and not longer ago? With `reap`, the one that was longest away is forgotten if that was too long ago."""
        clients = self._lists.get(name, {})
        last_ms = clients.get(client)
        is_here = last_ms is not None and (within_ms is None or now_ms - last_ms <= within_ms)
        if reap and within_ms is not None and clients:
            oldest = next(iter(clients))
            if now_ms - clients[oldest] > within_ms:
                del clients[oldest]
        return is_here

    def remove(self, name: str, client: str) -> bool:
        """Forget a client; was it there?"""
        return self._lists.get(name, {}).pop(client, None) is not None

    def drop(self, names: Iterable[str]) -> None:
        """These lists are gone, since no rule names them any more."""
        for name in names:
            self._lists.pop(name, None)

    def clients(self, name: str) -> tuple[str, ...]:
        """Who is in a list, the one that was longest away first."""
        return tuple(self._lists.get(name, {}))

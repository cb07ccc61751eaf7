"""The nft table `kube-proxy`: chains, sets and maps, as the kernel holds them.

Source: nft(8); kubernetes-sigs/knftables, fake.go (Dump), for the form of the listing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from k8sedu.kube.proxy.nftables.pieces import Element
from k8sedu.kube.proxy.ports import ServicePortName

Owner = ServicePortName
"""Who has put an element."""


@dataclass
class Holder:
    """A set, or a map if its type says that it holds verdicts."""

    declaration: str
    """What stands between the braces, such as `type ipv4_addr ; `."""
    is_map: bool
    elements: dict[tuple[str, ...], dict[Owner, Element]] = field(default_factory=dict)
    """Key → who has put it there → the element. Two may put the same: then it stays until both have gone, and the first by name counts."""

    def find(self, key: tuple[str, ...]) -> Element | None:
        """The element with that key."""
        found = self.elements.get(key)
        if not found:
            return None
        return next(iter(found.values())) if len(found) == 1 else found[min(found)]


@dataclass
class Chain:
    """A chain: its rules, and where in the kernel it hangs if it is a base chain."""

    declaration: str = ""
    rules: tuple[str, ...] = ()


class NftTable:
    """The whole table. Looking up an element costs O(1), whatever the number of Services.

    >>> table = NftTable("ip", 'comment "rules for kube-proxy" ; ')
    >>> table.chains["services"] = Chain(rules=("accept",))
    >>> print(table.dump())
    add table ip kube-proxy { comment "rules for kube-proxy" ; }
    add chain ip kube-proxy services
    add rule ip kube-proxy services accept
    """

    def __init__(self, family: str, declaration: str) -> None:
        self.family, self.declaration = family, declaration
        self.chains: dict[str, Chain] = {}
        self.holders: dict[str, Holder] = {}

    @property
    def name(self) -> str:
        """How messages call it: `ip kube-proxy`."""
        return f"{self.family} kube-proxy"

    def add(self, element: Element, owner: Owner) -> bool:
        """Put an element; true if it is new."""
        owners = self.holders[element.holder].elements.setdefault(element.key, {})
        is_new = not owners
        owners[owner] = element
        return is_new

    def discard(self, element: Element, owner: Owner) -> bool:
        """One owner takes an element back; true if nobody is left."""
        elements = self.holders[element.holder].elements
        owners = elements[element.key]
        owners.pop(owner, None)
        if owners:
            return False
        del elements[element.key]
        return True

    @property
    def rule_count(self) -> int:
        """The rules of all chains."""
        return sum(len(chain.rules) for chain in self.chains.values())

    def dump(self) -> str:
        """The table as commands that would make it: chains, sets, maps, rules, elements, each sorted."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        yield f"add table {self.name} {{ {self.declaration}}}"
        for name, chain in sorted(self.chains.items()):
            yield f"add chain {self.name} {name}" + (f" {{ {chain.declaration}}}" if chain.declaration else "")
        for kind, is_map in (("set", False), ("map", True)):
            for name, holder in sorted(self.holders.items()):
                if holder.is_map == is_map:
                    yield f"add {kind} {self.name} {name} {{ {holder.declaration}}}"
        for name, chain in sorted(self.chains.items()):
            yield from (f"add rule {self.name} {name} {rule}" for rule in chain.rules)
        yield from sorted(self._elements(self.holders))

    def _elements(self, holders: Mapping[str, Holder]) -> Iterator[str]:
        for name, holder in holders.items():
            for key in holder.elements:
                yield f"add element {self.name} {name} {holder.find(key)}"

"""Tables of chains of rules: those that kube-proxy made, or those of a real node, read from what `iptables-save` printed.

Source: iptables-save(8), iptables-restore(8); iptables, iptables/iptables-restore.c.
Left out: counters; they are read and forgotten, and printed as zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

from k8sedu.errors import K8sEduError
from k8sedu.kube.proxy.iptables.rules import ENDS, PASSES, Rule, rules
from k8sedu.kube.proxy.iptables.saved import saved
from k8sedu.kube.proxy.iptables.syntax import RuleError, take_apart

BUILT_IN = {
    "raw": ("PREROUTING", "OUTPUT"), "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"), "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}  # fmt: skip
"""Table → the kernel's own chains."""


class RulesetError(K8sEduError, ValueError):
    """A text that is no dump of iptables: the line, what stood there, and what was expected."""


class Tables(Protocol):
    """What a walk needs of tables."""

    def rules(self, table: str, chain: str) -> tuple[Rule, ...] | None:
        """The rules of a chain; None if there is no such chain."""

    def policy(self, table: str, chain: str) -> str:
        """What happens at the end of one of the kernel's chains: ACCEPT or DROP."""


class _Place(NamedTuple):
    """Where a reader stands."""

    source: str
    number: int

    def error(self, problem: str) -> RulesetError:
        return RulesetError(f"{self.source}, line {self.number}: {problem}")


class Ruleset:
    r"""All tables of a node.

    >>> found = Ruleset.read("*nat\n:PREROUTING ACCEPT [0:0]\n:WEB - [0:0]\n-A PREROUTING -p tcp -m tcp --dport 80 -j WEB\nCOMMIT\n")
    >>> found.policy("nat", "PREROUTING"), [rule.target for rule in found.rules("nat", "PREROUTING")]
    ('ACCEPT', ['WEB'])

    Reading a chain's rules the first time costs O(rules), later O(1).
    """

    def __init__(self) -> None:
        self.tables: dict[str, dict[str, list[str]]] = {}
        """Table → chain → its rules as text."""
        self.policies: dict[tuple[str, str], str] = {}
        self._rules: dict[tuple[str, str], tuple[Rule, ...]] = {}

    @classmethod
    def read(cls, text: str, source: str = "the dump") -> Ruleset:
        """Read what `iptables-save` printed.

        Raises:
            RulesetError: a line that no dump has, a jump to a chain that is not there, or no table at all.
        """
        found = cls()
        found.restore(text, source)
        if not found.tables:
            raise RulesetError(f"{source} holds no table, expected what iptables-save prints, beginning with *nat or *filter")
        found._refuse_lost_jumps(source)
        return found

    @classmethod
    def of(cls, tables: Mapping[str, Mapping[str, Iterable[str]]]) -> Ruleset:
        """Tables from plain data: table → chain → rules."""
        found = cls()
        found.tables = {table: {chain: list(lines) for chain, lines in chains.items()} for table, chains in tables.items()}
        return found

    def rules(self, table: str, chain: str) -> tuple[Rule, ...] | None:
        """The rules of a chain; None if there is no such chain."""
        key = (table, chain)
        found = self._rules.get(key)
        if found is None:
            lines = self.tables.get(table, {}).get(chain)
            if lines is None:
                return None
            found = self._rules[key] = rules(lines)
        return found

    def policy(self, table: str, chain: str) -> str:
        """What happens at the end of one of the kernel's chains."""
        return self.policies.get((table, chain), "ACCEPT")

    # -- restoring ------------------------------------------------------------------------------------------------------------------------

    def restore(self, text: str, source: str = "the text") -> None:
        """Do what `iptables-restore --noflush` does: a named chain is made or emptied, and rules are added; other chains stay.

        Raises:
            RulesetError: a line that cannot be.
        """
        self._rules.clear()
        table: dict[str, list[str]] | None = None
        name = ""
        for number, raw in enumerate(text.splitlines(), 1):
            line, place = raw.strip(), _Place(source, number)
            if not line or line.startswith("#"):
                continue
            if line.startswith("*"):
                name = line[1:]
                table = self.tables.setdefault(name, {})
            elif table is None:
                raise place.error(f"{line[:60]!r} stands before any table, expected *nat or another table first")
            elif line != "COMMIT":
                self._line(name, table, line, place)

    def _line(self, name: str, table: dict[str, list[str]], line: str, place: _Place) -> None:
        if line.startswith(":"):
            chain, _, rest = line[1:].partition(" ")
            table[chain] = []
            if not rest.startswith("-"):
                self.policies[name, chain] = rest.split(" ", 1)[0]
            return
        if line.startswith("["):
            line = line.partition("] ")[2]
        verb, _, rest = line.partition(" ")
        chain = rest.split(" ", 1)[0]
        if verb not in {"-A", "-X", "-F", "-N"}:
            raise place.error(f"{line[:60]!r} is no line of a dump, expected :CHAIN, -A CHAIN … or COMMIT")
        if chain not in table and verb != "-N" and chain not in BUILT_IN.get(name, ()):
            raise place.error(f"table {name} has no chain {chain}, expected a line :{chain} before it")
        self._apply(table, verb, chain, line, place)

    def _apply(self, table: dict[str, list[str]], verb: str, chain: str, line: str, place: _Place) -> None:
        if verb == "-X":
            del table[chain]
        elif verb == "-A":
            try:
                take_apart(line)
            except RuleError as error:
                raise place.error(str(error)) from None
            table.setdefault(chain, []).append(line)
        else:
            table[chain] = []

    def _refuse_lost_jumps(self, source: str) -> None:
        for table, chains in self.tables.items():
            for chain, lines in chains.items():
                for target in (take_apart(line).target for line in lines):
                    if target and target not in chains and target not in ENDS | PASSES:
                        where = f"a rule of {chain} in table {table} goes to {target}"
                        raise RulesetError(f"{source}: {where}, which is neither a chain of that table nor a target")

    # -- saving ---------------------------------------------------------------------------------------------------------------------------

    def save(self) -> str:
        """All tables as `iptables-save` prints them: the kernel's own chains first, then the others by name."""
        return "".join(self._save_table(name) for name in sorted(self.tables))

    def _save_table(self, name: str) -> str:
        table, own = self.tables[name], BUILT_IN.get(name, ())
        order = [*own, *sorted(chain for chain in table if chain not in own)]
        heads = [f":{chain} {self.policy(name, chain) if chain in own else '-'} [0:0]" for chain in order]
        return "\n".join([f"*{name}", *heads, *(saved(line) for chain in order for line in table.get(chain, ())), "COMMIT", ""])

    def rule_count(self) -> int:
        """How many rules there are."""
        return sum(len(lines) for table in self.tables.values() for lines in table.values())

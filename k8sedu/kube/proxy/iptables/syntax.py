"""How a rule is written: its parts, whoever wrote it.

kube-proxy writes `-m tcp -p tcp -d 10.96.0.7 --dport 80`, and `iptables-save` prints the same rule as `-d 10.96.0.7/32 -p tcp -m tcp
--dport 80`. Both come apart into the same parts: what the header of the packet must be, conditions of modules, and what is done then.

Source: iptables(8), iptables-extensions(8); iptables, xtables_save_string and save_rule4 in iptables/iptables.c.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from k8sedu.errors import K8sEduError

TOKEN = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
HEAD = {
    "-s": "-s", "--source": "-s", "--src": "-s", "-d": "-d", "--destination": "-d", "--dst": "-d", "-i": "-i", "--in-interface": "-i",
    "-o": "-o", "--out-interface": "-o", "-p": "-p", "--protocol": "-p",
}  # fmt: skip
"""Options about the header of the packet → their short form, in the order in which `iptables-save` prints them."""
PORTS = {"--dport", "--sport", "--destination-port", "--source-port"}


class RuleError(K8sEduError, ValueError):
    """A line that is no rule of iptables."""


class Option(NamedTuple):
    """One option with its values."""

    name: str
    values: tuple[str, ...] = ()
    is_negated: bool = False

    @property
    def value(self) -> str:
        """Its first value."""
        return self.values[0] if self.values else ""


class Module(NamedTuple):
    """A module of conditions (`-m`), with its options."""

    name: str
    options: tuple[Option, ...]

    def option(self, *names: str) -> Option | None:
        """The option of one of these names."""
        return next((found for found in self.options if found.name in names), None)

    def value(self, *names: str, default: str = "") -> str:
        """The value of the option of one of these names."""
        found = self.option(*names)
        return found.value if found is not None else default


class Parts(NamedTuple):
    """A rule, taken apart."""

    chain: str
    head: tuple[Option, ...]
    modules: tuple[Module, ...]
    target: str
    """What is done, or the chain to go to; empty for a rule that does nothing."""
    is_goto: bool
    options: tuple[Option, ...]
    """The options of the target."""

    @property
    def comment(self) -> str:
        """What the rule says about itself."""
        return next((module.value("--comment") for module in self.modules if module.name == "comment"), "")


class _Token(NamedTuple):
    text: str
    is_quoted: bool


def take_apart(line: str) -> Parts:
    """The parts of a rule.

    >>> line = '-A KUBE-SERVICES -m comment --comment "ns1/svc1 cluster IP" -m tcp -p tcp -d 172.30.1.1 --dport 80 -j KUBE-SVC-X'
    >>> parts = take_apart(line)
    >>> parts.comment, parts.target, [module.name for module in parts.modules], [option.name for option in parts.head]
    ('ns1/svc1 cluster IP', 'KUBE-SVC-X', ['comment', 'tcp'], ['-p', '-d'])

    Raises:
        RuleError: the line does not begin with `-A CHAIN`.
    """
    tokens = [_Token(quoted.replace('\\"', '"') if quoted or not bare else bare, not bare) for quoted, bare in TOKEN.findall(line)]
    if len(tokens) < 2 or tokens[0].text not in {"-A", "-I"}:
        raise RuleError(f"{line[:80]!r} is no rule of iptables, expected one that begins with -A and a chain")
    return _Reader(tokens[1].text, tokens[2:]).parts()


class _Reader:
    """Goes through the tokens of a rule."""

    def __init__(self, chain: str, tokens: list[_Token]) -> None:
        self.chain, self.tokens, self.place = chain, tokens, 0
        self.head: list[Option] = []
        self.modules: list[tuple[str, list[Option]]] = []
        self.target, self.is_goto = "", False
        self.options: list[Option] = []

    def parts(self) -> Parts:
        """Read them all."""
        while self.place < len(self.tokens):
            self._option()
        modules = tuple(Module(name, tuple(options)) for name, options in self.modules)
        return Parts(self.chain, tuple(self.head), modules, self.target, self.is_goto, tuple(self.options))

    def _option(self) -> None:
        is_negated = self._next().text == "!"
        name = self._next().text if is_negated else self.tokens[self.place - 1].text
        found = Option(name, tuple(self._values()), is_negated)
        if name in HEAD:
            self.head.append(found._replace(name=HEAD[name]))
        elif name in {"-m", "--match"}:
            self.modules.append((found.value, []))
        elif name in {"-j", "--jump", "-g", "--goto"}:
            self.target, self.is_goto = found.value, name in {"-g", "--goto"}
        elif self.target:
            self.options.append(found)
        else:
            self._of_module(found)

    def _of_module(self, found: Option) -> None:
        protocol = next((option.value for option in self.head if option.name == "-p"), "")
        if protocol and (not self.modules or (found.name in PORTS and self.modules[-1][0] not in {protocol, "multiport"})):
            self.modules.append((protocol, []))
        if not self.modules:
            raise RuleError(f"{found.name} belongs to no module, expected -m and its name before it")
        self.modules[-1][1].append(found)

    def _next(self) -> _Token:
        if self.place == len(self.tokens):
            raise RuleError("a rule ends with '!', expected an option after it")
        self.place += 1
        return self.tokens[self.place - 1]

    def _values(self) -> list[str]:
        values = []
        while self.place < len(self.tokens):
            token = self.tokens[self.place]
            if not token.is_quoted and (token.text == "!" or (token.text.startswith("-") and token.text != "-")):
                break
            values.append(token.text)
            self.place += 1
        return values

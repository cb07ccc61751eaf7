"""`storage==ssd`, `node!=/host-[12]/`, `region==~eu*`: how classic Swarm was told where a container may go.

A value may be a plain word, a glob (`eu*`) or a regular expression between slashes (`/host-[12]/`). A tilde in front makes the wish *soft*:
Swarm first tries to fulfil everything, and if that fails it tries once more without any soft wish. The notes of the time show such
wishes as environment variables: `docker run -e constraint:storage==ssd -e affinity:container==~redis …`.

Source: docker-archive/classicswarm, scheduler/filter/expr.go (parseExprs, Match).
Left out: Go's dialect of regular expressions where it differs from Python's; expressions of these characters agree.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from k8sedu.swarm.errors import SwarmError

OPERATORS = ("==", "!=")
_KEY = re.compile(r"(?i)[a-z_][a-z0-9\-_.]+")
_VALUE = re.compile(r"(?i)[=!/]?~?[a-z0-9:\-_\s.*/()?+\[\]\\^$|]+")


class Expression(NamedTuple):
    """One wish: a key, an operator, a value; soft ones may be given up.

    >>> wish = Expression.parse("storage==~ss*")
    >>> wish.is_soft, wish.matches(["ssd"]), wish.matches(["disk"]), str(wish)
    (True, True, False, 'storage==ss*')
    >>> Expression.parse("node!=/host-[12]/").matches(["host-3"])
    True
    """

    key: str
    operator: str
    value: str
    is_soft: bool = False

    @classmethod
    @lru_cache(maxsize=1024)  # a service asks for the same again and again
    def parse(cls, text: str) -> Expression:
        """Read an expression.

        Raises:
            SwarmError: no operator, or a key or value with other letters; the message is Swarm's.
        """
        operator = next((sign for sign in OPERATORS if sign in text), None)
        if operator is None:
            raise SwarmError("One of operator ==, != is expected")
        key, _, value = text.partition(operator)
        if not _KEY.fullmatch(key):
            raise SwarmError(f"Key '{key}' is invalid")
        if not _VALUE.fullmatch(value) or not value.lstrip("~"):
            raise SwarmError(f"Value '{value}' is invalid")
        try:
            re.compile(pattern_of(value.lstrip("~")))
        except re.error as error:
            raise SwarmError(f"Value '{value}' is invalid: {error}") from None
        return cls(key, operator, value.lstrip("~"), is_soft=value.startswith("~"))

    def matches(self, names: Iterable[str]) -> bool:
        """Whether one of these names fits (`==`), or none does (`!=`)."""
        pattern = re.compile(pattern_of(self.value))
        found = any(pattern.search(name) for name in names)
        return found if self.operator == "==" else not found

    def __str__(self) -> str:
        return f"{self.key}{self.operator}{self.value}"


def pattern_of(value: str) -> str:
    """The regular expression for a value: what stands between slashes, or a glob from beginning to end.

    >>> pattern_of("ub*t*"), pattern_of("/node[12]/")
    ('^ub.*t.*$', 'node[12]')
    """
    if len(value) > 1 and value[0] == value[-1] == "/":
        return value[1:-1]
    return "^" + value.replace("*", ".*") + "$"

"""Laws of classic Swarm's expressions: which can be read, and what they match."""

from __future__ import annotations

import pytest

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.expressions import Expression


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        ("NoDe==node1", "NoDe", "node1"), ("no.de==node1", "no.de", "node1"), ("_node==_node1", "_node", "_node1"),
        ("node==*node*", "node", "*node*"), ("node==/(?i)^[a-b]+c*(n|b)$/", "node", "/(?i)^[a-b]+c*(n|b)$/"),
        ("node==node 1", "node", "node 1"), ("image!=~redis", "image", "redis"),
    ],
)  # fmt: skip
def test_what_swarm_reads(text: str, key: str, value: str) -> None:
    """Capitals, dots, a leading underscore, globs, regular expressions and spaces in the value."""
    met = Expression.parse(text)
    assert (met.key, met.value, met.is_soft) == (key, value, "~" in text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1node", "One of operator ==, != is expected"), ("node ==node1", "Key 'node ' is invalid"),
        ("no*de==node1", "Key 'no*de' is invalid"),
        ("no$de==node1", "Key 'no$de' is invalid"), ("node==", "Value '' is invalid"), ("node==a&b", "Value 'a&b' is invalid"),
        ("node==/(/", "is invalid"),
    ],
)  # fmt: skip
def test_what_swarm_refuses(text: str, says: str) -> None:
    """In Swarm's words."""
    with pytest.raises(SwarmError) as error:
        Expression.parse(text)
    assert says in str(error.value)


@pytest.mark.parametrize(
    ("text", "names", "fits"),
    [
        ("key==foo", ["foo"], True), ("key==foo", ["bar"], False), ("key==foo", ["foo", "bar"], True), ("key!=foo", ["foo"], False),
        ("key!=foo", ["bar"], True), ("key!=foo", ["foo", "bar"], False), ("key!=foo", ["bar", "foo"], False), ("key==f*o", ["fuo"], True),
        ("key==f*o", ["foot"], False), ("key!=f*o", ["foo", "fuo", "bar"], False), ("key==/fo/", ["a foot"], True), ("key==foo", [], False),
        ("key!=foo", [], True),
    ],
)  # fmt: skip
def test_equal_wants_one_and_unequal_none(text: str, names: list[str], fits: bool) -> None:
    """A plain word and a glob match the whole name, a regular expression any part of it."""
    assert Expression.parse(text).matches(names) is fits

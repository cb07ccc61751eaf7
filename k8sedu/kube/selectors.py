"""Selectors: which objects are meant, by their labels or fields.

Three surprises. All conditions must hold, there is no "or". `NotIn`, `!=` and `DoesNotExist` hold for objects that lack the label. And an
empty selector selects everything, while no selector at all selects nothing: that is the difference between `{}` and a forgotten line.

Labels are matched by two languages: the text that people type (`app=web,tier in (front, back),!old`), which also knows `>` and `<`, and
the `LabelSelector` of manifests, which does not. Fields (`spec.nodeName=n1`) know `=` and `!=` only.

Source: kubernetes, staging/src/k8s.io/apimachinery/pkg/labels/selector.go, pkg/fields/selector.go, apis/meta/v1/helpers.go.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.kube.names import label_value_problem, qualified_name_problem
from k8sedu.kube.objects.affinity import NodeSelectorRequirement
from k8sedu.kube.objects.meta import LabelSelector, LabelSelectorRequirement


class SelectorError(K8sEduError, ValueError):
    """A selector that cannot be."""


class Requirement(NamedTuple):
    """One condition on a label."""

    key: str
    operator: str
    """In, NotIn, Exists, DoesNotExist, Gt or Lt; `=`, `==` and `!=` are In and NotIn of one value."""
    values: tuple[str, ...] = ()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Does the condition hold for an object with these labels?

        >>> Requirement("tier", "NotIn", ("back",)).matches({})
        True
        """
        return TESTS[self.operator](labels.get(self.key), self.values)


class Selector(NamedTuple):
    """Conditions that must all hold.

    >>> web = parse("app=web, tier in (front, back), !old")
    >>> web.matches({"app": "web", "tier": "front"}), str(web)
    (True, 'app=web,!old,tier in (back,front)')
    """

    requirements: tuple[Requirement, ...] = ()
    selects_nothing: bool = False

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Is an object with these labels meant?"""
        return not self.selects_nothing and all(requirement.matches(labels) for requirement in self.requirements)

    def __str__(self) -> str:
        return ",".join(map(_shown, sorted(self.requirements)))


EVERYTHING = Selector()
NOTHING = Selector(selects_nothing=True)


def _compared(sign: int) -> Callable[[str | None, tuple[str, ...]], bool]:
    def test(label: str | None, values: tuple[str, ...]) -> bool:
        number = _whole(label or "")
        return number is not None and (number - int(values[0])) * sign > 0

    return test


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[+-]?[0-9]{1,19}", text) and -(2**63) <= int(text) < 2**63 else None


TESTS: dict[str, Callable[[str | None, tuple[str, ...]], bool]] = {
    "In": lambda label, values: label is not None and label in values,
    "NotIn": lambda label, values: label is None or label not in values,
    "Exists": lambda label, values: label is not None,  # noqa: ARG005 (all tests are called alike)
    "DoesNotExist": lambda label, values: label is None,  # noqa: ARG005 (all tests are called alike)
    "Gt": _compared(1),
    "Lt": _compared(-1),
}
"""Operator → does a label (None where it is missing) pass with these values?"""

EQUALITY = {"=": "In", "==": "In", "!=": "NotIn"}


def requirement(key: str, operator: str, values: tuple[str, ...] = ()) -> Requirement:
    """A condition that makes sense.

    Raises:
        SelectorError: an unknown operator, a number of values that it cannot use, or a malformed key or value.
    """
    name = EQUALITY.get(operator, operator)
    if name not in TESTS:
        raise SelectorError(f"the operator of {key!r} is {operator!r}, expected one of {', '.join(TESTS)}")
    problem = qualified_name_problem(key) or _values_problem(name, values, single=operator in EQUALITY)
    problem = problem or next((each for value in values for each in [label_value_problem(value)] if each), "")
    if problem:
        raise SelectorError(f"the condition on {key!r}: {problem}")
    return Requirement(key, name, values)


def _values_problem(operator: str, values: tuple[str, ...], *, single: bool) -> str:
    if operator in {"Exists", "DoesNotExist"}:
        return f"{operator} has the values {', '.join(values)}, expected none" if values else ""
    if operator in {"Gt", "Lt"}:
        return "" if len(values) == 1 and _whole(values[0]) is not None else f"{operator} has {list(values)}, expected one whole number"
    if single and len(values) != 1:
        return f"it has {len(values)} values, expected exactly one"
    return "" if values else f"{operator} has no value, expected at least one"


@lru_cache(maxsize=4096)
def of(selector: LabelSelector | None) -> Selector:
    """The selector of a manifest; None selects nothing, an empty one everything.

    Raises:
        SelectorError: a condition that makes no sense.
    """
    if selector is None:
        return NOTHING
    equal = [requirement(key, "In", (value,)) for key, value in selector.match_labels.items()]
    return Selector((*equal, *map(_expression, selector.match_expressions)))


def of_labels(labels: Mapping[str, str]) -> Selector:
    """The selector of a Service or ReplicationController: all of these labels; without any it selects nothing."""
    return Selector(tuple(Requirement(key, "In", (value,)) for key, value in labels.items())) if labels else NOTHING


def node_requirement(found: NodeSelectorRequirement) -> Requirement:
    """A condition on a node's labels, which may compare numbers as well."""
    return requirement(found.key, found.operator, found.values)


def _expression(found: LabelSelectorRequirement) -> Requirement:
    return requirement(found.key, found.operator, found.values)


# -- the text that people type ------------------------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"\s*(?:(==|!=|[=!<>(),])|([^\s=!<>(),]+))")
_SET_WORDS = {"in": "In", "notin": "NotIn"}


@lru_cache(maxsize=1024)
def parse(text: str) -> Selector:
    """Read a selector as `kubectl get -l` does.

    Raises:
        SelectorError: no selector; the sentence says what was expected where.
    """
    tokens = _Tokens(text)
    found: list[Requirement] = []
    while tokens.next:
        found.append(_requirement(tokens))
        if not tokens.next:
            break
        tokens.take(",", expected="a comma or the end")
        if not tokens.next:
            raise tokens.refusal("a condition after the comma")
    return Selector(tuple(found))


class _Tokens:
    """The words and signs of a selector, and what comes next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._left: Iterator[re.Match[str]] = _TOKEN.finditer(text.rstrip())
        self.next = self.is_word = ""
        self.advance()

    def advance(self) -> str:
        taken, found = self.next, next(self._left, None)
        self.next = (found[1] or found[2]) if found else ""
        self.is_word = found[2] or "" if found else ""
        return taken

    def take(self, sign: str, *, expected: str) -> None:
        if self.next != sign or self.is_word:
            raise self.refusal(expected)
        self.advance()

    def word(self, expected: str) -> str:
        if not self.is_word:
            raise self.refusal(expected)
        return self.advance()

    def refusal(self, expected: str) -> SelectorError:
        return SelectorError(f"the selector {self.text!r} has {self.next or 'its end'!r} where {expected} is expected")


def _requirement(tokens: _Tokens) -> Requirement:
    if tokens.next == "!":
        tokens.advance()
        return requirement(tokens.word("a label"), "DoesNotExist")
    key = tokens.word("a label")
    if tokens.next in {"", ","}:
        return requirement(key, "Exists")
    sign = tokens.advance()
    if sign in EQUALITY:
        return requirement(key, sign, (tokens.advance() if tokens.is_word else "",))
    if sign in {">", "<"}:
        return requirement(key, "Gt" if sign == ">" else "Lt", (tokens.word("a whole number"),))
    if sign in _SET_WORDS:
        return requirement(key, _SET_WORDS[sign], _values(tokens))
    raise SelectorError(f"the selector {tokens.text!r} has {sign!r} after {key!r}, expected one of =, ==, !=, >, <, in, notin")


def _values(tokens: _Tokens) -> tuple[str, ...]:
    tokens.take("(", expected="(")
    values = [tokens.advance() if tokens.is_word else ""]
    while tokens.next == ",":
        tokens.advance()
        values.append(tokens.advance() if tokens.is_word else "")
    tokens.take(")", expected="a comma or )")
    return tuple(sorted(set(values)))


def _shown(found: Requirement) -> str:
    key, operator, values = found
    if operator in {"Exists", "DoesNotExist"}:
        return key if operator == "Exists" else f"!{key}"
    if operator in {"Gt", "Lt"}:
        return f"{key}{'>' if operator == 'Gt' else '<'}{values[0]}"
    if operator == "In" and len(values) == 1:
        return f"{key}={values[0]}"
    return f"{key} {operator.lower()} ({','.join(sorted(values))})"


# -- fields -------------------------------------------------------------------------------------------------------------------------------


class FieldCondition(NamedTuple):
    """One field, and what it is or is not."""

    path: str
    value: str
    equal: bool


@lru_cache(maxsize=1024)
def parse_fields(text: str) -> tuple[FieldCondition, ...]:
    r"""Read a field selector as `kubectl get --field-selector` does; a backslash lets a comma or = be meant itself.

    >>> parse_fields("spec.nodeName=n1,status.phase!=Failed")[1]
    FieldCondition(path='status.phase', value='Failed', equal=False)

    Raises:
        SelectorError: a condition without = or !=.
    """
    return tuple(_field(part, text) for part in re.split(r"(?<!\\),", text) if part)


def _field(part: str, text: str) -> FieldCondition:
    found = re.fullmatch(r"((?:[^=!\\]|\\.)+)(==|=|!=)((?:[^=\\]|\\.)*)", part)
    if found is None:
        raise SelectorError(f"the field selector {text!r} has {part!r}, expected field=value, field==value or field!=value")
    return FieldCondition(found[1].strip(), re.sub(r"\\(.)", r"\1", found[3]), found[2] != "!=")

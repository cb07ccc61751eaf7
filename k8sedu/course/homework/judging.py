"""Judges: what an answer must be, as a value that can be asked later, somewhere else.

A student's code and the answers never share a process. So a check is written as two halves: a *call* of the student's code, and a *judge*
of the plain value that comes back. A plain expected value is the simplest judge. Others look at a property, or let a model run what the
student has written.

Types are compared exactly: `True` is not 1, 3.0 is not 3. An object that pretends to be equal to everything is no plain value at all.

>>> judge_of([1, 2]).fault([1, 2]), judge_of(1).fault(True)
('', 'gave true, expected 1')
>>> any_order([[1, 1], [2, 1]]).fault([[2, 1], [1, 1]])
''
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.language import Words

DEPTH_MAX = 50
SHOWN_MAX = 120


class AnswerError(K8sEduError, ValueError):
    """An answer that is no plain value; its text says what it is."""


class JudgeError(K8sEduError, ValueError):
    """A judge that makes no sense: a fault of the assignment."""


class Judge:
    """Says what is wrong with a plain value; subclasses say how they know."""

    def fault(self, value: Any) -> str:
        """What is wrong, as the second half of a sentence about the answer; empty when nothing is."""
        raise NotImplementedError

    def picture(self, value: Any) -> str:  # noqa: ARG002  # subclasses look at it
        """What the answer did, as a fragment of HTML; empty where there is nothing to see."""
        return ""


class Equals(Judge):
    """The value itself, of the same type down to every item."""

    def __init__(self, expected: Any) -> None:
        self.expected = plain(expected)

    def fault(self, value: Any) -> str:
        """Compare exactly."""
        return "" if is_same(value, self.expected) else gave(value, shown(self.expected))


class AnyOrder(Judge):
    """A list with exactly these items, in whatever order."""

    def __init__(self, expected: Sequence[Any]) -> None:
        self.expected = [plain(item) for item in expected]

    def fault(self, value: Any) -> str:
        """Compare as multisets."""
        if type(value) is not list:
            return gave(value, Words("a list", "一个列表"))
        texts, wanted = sorted(map(_text, value)), sorted(map(_text, self.expected))
        expected = shown(self.expected)
        return "" if texts == wanted else gave(value, Words(f"{expected} in any order", f"{expected}（顺序不限）"))


class CloseTo(Judge):
    """A number near another one."""

    def __init__(self, expected: float, within: float) -> None:
        self.expected, self.within = expected, within

    def fault(self, value: Any) -> str:
        """Compare with a tolerance."""
        if type(value) not in (int, float) or not math.isfinite(value):
            return gave(value, Words("a number", "一个数"))
        return "" if abs(value - self.expected) <= self.within else gave(value, f"{self.expected:g} ± {self.within:g}")


class OneOf(Judge):
    """One of several values, each of which is right."""

    def __init__(self, expected: Sequence[Any]) -> None:
        self.expected = [plain(item) for item in expected]

    def fault(self, value: Any) -> str:
        """Compare with each."""
        if any(is_same(value, item) for item in self.expected):
            return ""
        possible = ", ".join(map(shown, self.expected))
        return gave(value, Words(f"one of {possible}", f"其中之一：{possible}"))


def any_order(expected: Sequence[Any]) -> Judge:
    """A list with exactly these items, in whatever order."""
    return AnyOrder(expected)


def close_to(expected: float, *, within: float = 1e-6) -> Judge:
    """A number near another one."""
    return CloseTo(expected, within)


def one_of(*expected: Any) -> Judge:
    """One of several values, each of which is right."""
    return OneOf(expected)


def letter(letters: Sequence[str]) -> Judge:
    """One of these letters, whichever: says that the form is right, not the answer."""
    return OneOf(tuple(letters))


def judge_of(expected: Any) -> Judge:
    """The judge that an assignment means: a judge, or a plain value to be equal to.

    Raises:
        JudgeError: the expected value is no JSON, so no answer could ever be equal to it.
    """
    if isinstance(expected, Judge):
        return expected
    try:
        return Equals(expected)
    except AnswerError as error:
        raise JudgeError(f"the expected value {error}") from None


def plain(value: Any, *, depth: int = 0) -> Any:
    """The value as JSON holds it: tuples become lists; anything that is no JSON is refused, subclasses of numbers and texts too.

    >>> plain((1, {"a": None}))
    [1, {'a': None}]

    Raises:
        AnswerError: it is no plain value.
    """
    kind = type(value)
    if value is None or kind in (bool, int, str):
        return value
    if kind is float and math.isfinite(value):
        return value
    if depth >= DEPTH_MAX:
        raise AnswerError(f"is nested more than {DEPTH_MAX} deep")
    if kind in (list, tuple):
        return [plain(item, depth=depth + 1) for item in value]
    if kind is dict and all(type(key) is str for key in value):
        return {key: plain(item, depth=depth + 1) for key, item in value.items()}
    what = "a dict whose keys are not texts" if kind is dict else f"{kind.__name__!r}"
    raise AnswerError(f"is {what}, expected numbers, texts, true, false, None, lists, or dicts with texts as keys")


def is_same(met: Any, expected: Any) -> bool:
    """Equal, and of the same type down to every item."""
    if type(met) is not type(expected):
        return False
    if type(met) is list:
        return len(met) == len(expected) and all(is_same(one, other) for one, other in zip(met, expected, strict=True))
    if type(met) is dict:
        return met.keys() == expected.keys() and all(is_same(met[key], expected[key]) for key in met)
    return bool(met == expected)


def gave(value: Any, expected: str | Words) -> str:
    """The usual fault: what came back, and what should have.

    >>> gave(2, "1")
    'gave 2, expected 1'
    """
    wanted = Words(expected, expected) if isinstance(expected, str) else expected
    return Words(f"gave {shown(value)}, expected {wanted.en}", f"给出 {shown(value)}，应为 {wanted.zh}").in_()


def told(english: str, chinese: str) -> str:
    """A fault in the chosen language.

    >>> told("breaks no promise", "没有违反任何承诺")
    'breaks no promise'
    """
    return Words(english, chinese).in_()


def shown(value: Any) -> str:
    """A value for a sentence, shortened."""
    text = _text(value)
    return text if len(text) <= SHOWN_MAX else f"{text[: SHOWN_MAX - 1]}…"


def _text(value: Any) -> str:
    try:
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    except (TypeError, ValueError, RecursionError):
        return f"a {type(value).__name__}"

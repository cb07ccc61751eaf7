"""Laws of taking tests apart: what can be split is, what cannot is refused with a sentence."""

from __future__ import annotations

import pytest

from k8sedu.course.homework.checking import Answer, check, earned
from k8sedu.course.homework.split import SplitError, checks, split, tree_of

NAMES = {"check": check, "earned": earned, "given": {"size": 5}}


def claims(source: str) -> list[tuple[str, str]]:
    """(call, what is wrong with 3) of each check of a test cell."""
    asked = checks(split(source, name="q1-tests", trusted=NAMES), NAMES)
    return [(repr(claim.call), claim.judge.fault(3)) for claim in asked.claims]


@pytest.mark.parametrize(
    ("source", "calls"),
    [
        ("assert f(3) == 3", ["f(3)"]),
        ("assert 3 == f(given['size'])", ["f(5)"]),
        ("assert x == 3", ["x"]),
        ("check('a', lambda: f(1), 3)\nearned('q1', 1)", ["f(1)"]),
        ("check('a', f(1, [2]), 3)\nearned('q1', 1)", ["f(1, [2])"]),
        ("for n in range(3):\n    check(f'{n}', lambda: f(n), 3)\nearned('q1', 1)", ["f(0)", "f(1)", "f(2)"]),
        ("check('a', lambda: f(1)['x'][0], 3)\nearned('q1', 1)", ["f(1)['x'][0]"]),
        ("def ask(n, m=2):\n    check('a', lambda: f(n, m), 3)\nask(1)\nearned('q1', 1)", ["f(1, 2)"]),
        ("from math import comb\ncheck('a', lambda: f(comb(3, 1)), comb(3, 1))\nearned('q1', 1)", ["f(3)"]),
        ("check('a', lambda n=4: f(n), 3)\nearned('q1', 1)", ["f(4)"]),
    ],
)
def test_ordinary_tests_are_split(source: str, calls: list[str]) -> None:
    """A call is noted for the sandbox, and everything around it is computed here."""
    assert [call for call, _ in claims(source)] == calls
    assert all(not fault for _, fault in claims(source))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("assert len(f(3)) == 3", "computes with an answer"),
        ("assert f(3)", "is asserted"),
        ("assert f(3) != 3", "is asserted"),
        ("assert f(3) == g(3)", "is used beside the call"),
        ("assert 1 == 1", "calls nothing of the student's"),
        ("x = f(3)", "stands outside a check"),
        ("check('a', lambda: f(g(3)), 3)", "is used beside the call"),
        ("check('a', lambda: f(n=3), 3)", "by name or with a star"),
        ("check('a', lambda: f(*[3]), 3)", "by name or with a star"),
        ("check(f(3), lambda: f(3), 3)", "is used beside the call"),
        ("check('a', lambda: f(3) + 1, 4)", "computes with an answer"),
        ("check('a', lambda: given['size'], 4)", "calls nothing of the student's"),
        ("try:\n    f(3)\nexcept ValueError:\n    pass", "stands outside a check"),
        ("assert f(3) == 3\ncheck('a', lambda: f(3), 3)", "mixes assert and check"),
        ("check('a', lambda: f(3)", "is no Python"),
        ("print(f)", "stands outside a check"),
    ],
)
def test_what_cannot_be_split_is_refused(source: str, reason: str) -> None:
    """A test that would have to compute with a student's value is refused before a term begins, with cell and line."""
    with pytest.raises(SplitError, match=reason) as caught:
        split(source, name="q1-tests", trusted=NAMES)
    assert str(caught.value).startswith("q1-tests")


def test_hidden_checks_are_known_by_their_lines() -> None:
    """What stands between the marks is hidden, in loops as well."""
    hidden = "### BEGIN HIDDEN TESTS\nfor n in (1, 2):\n    check('b', lambda: f(n), 3)\n### END HIDDEN TESTS\n"
    source = f"check('a', lambda: f(1), 3)\n{hidden}earned('q', 1)"
    assert checks(split(source, name="q", trusted=NAMES), NAMES).hidden == (False, True, True)


@pytest.mark.parametrize(
    "source",
    ["check('a', lambda: f(3), 1 / 0)", "check('a', lambda: f(object()), 3)", "check('a', lambda: f(3), object())", "earned('q', 3)"],
)
def test_a_test_that_fails_by_itself_is_the_instructors_fault(source: str) -> None:
    """Where the trusted half fails, the sentence names the cell and nobody loses points silently."""
    with pytest.raises(SplitError, match="q1-tests"):
        checks(split(source, name="q1-tests", trusted=NAMES), NAMES)


def test_an_answer_refuses_to_be_computed_with() -> None:
    """A note of a call is no value: comparing, counting, or hashing it is an error and never an accidental pass."""
    answer = Answer("f")(3)
    tries = (lambda: answer == 3, lambda: bool(answer), lambda: len(answer), lambda: list(answer), lambda: answer(3), lambda: answer < 3)
    for wrong in tries:
        with pytest.raises((SplitError, ValueError, TypeError)):
            wrong()
    with pytest.raises(TypeError):
        hash(answer)


def test_the_names_of_strange_code_are_none() -> None:
    """Code that is no Python, or too deep to be read, has no tree, and reading it warns of nothing."""
    assert tree_of("def f(") is None
    assert tree_of("(" * 500 + ")" * 500) is None
    assert tree_of("x = '\\d'") is not None

"""Tests taken apart: which half of a check runs in the sandbox, and which in the trusted process.

A test cell is ordinary Python that nbgrader runs as it stands. Here it runs in the trusted process, where no student's code is. Every name
that neither the cell nor a locked cell binds belongs to the student; it stands for an `Answer`, a note of the call to make. So loops over
cases, expected values that a model computes, and small helpers all work, as long as a student's name is only *called* inside a check.
Whether that is so is read off the syntax tree, and what cannot be split is refused with a sentence before a term begins.

    assert f(3) == 4                          becomes   check("f(3) == 4", lambda: f(3), 4)
    check("label", lambda: f(case), 4)        stays; the call is noted, the rest is computed here
    check("label", len(f(case)), 4)           is refused: what is computed with an answer belongs into a judge

Source: the idea of PrairieLearn's grader, which passes values between processes (its documentation, "python-grader").
Left out: keyword arguments of a student's function; write the arguments in order.
"""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Collection, Iterator, Mapping
from types import CodeType
from typing import Any, NamedTuple

from k8sedu.course.homework.checking import Answer, CheckError, Claim, recording
from k8sedu.course.homework.judging import JudgeError
from k8sedu.course.homework.notebook import HIDDEN, region_lines
from k8sedu.errors import K8sEduError

BUILTIN = frozenset(dir(builtins))
ADVICE = "expected check(label, lambda: name(arguments), expected) or assert name(arguments) == expected"


class SplitError(K8sEduError, ValueError):
    """A test that cannot be taken apart into a call and a judge."""


class Split(NamedTuple):
    """A test cell, ready to be run in the trusted process."""

    name: str
    code: CodeType
    answers: tuple[str, ...]
    """The student's names that it calls."""
    hidden: tuple[range, ...]
    is_strict: bool
    """Written with assert: the points are all or nothing, as nbgrader gives them."""


class Checks(NamedTuple):
    """The checks of one test cell, for one student's parameters."""

    claims: tuple[Claim, ...]
    hidden: tuple[bool, ...]
    earned: tuple[tuple[str, float], ...]
    is_strict: bool


def split(source: str, *, name: str, trusted: Collection[str]) -> Split:
    """Take a test cell apart.

    >>> split("assert double(3) == 6", name="q1", trusted=()).answers
    ('double',)
    >>> split("assert len(double(3)) == 6", name="q1", trusted=())
    Traceback (most recent call last):
    k8sedu.course.homework.split.SplitError: q1, line 1: 'len(double(3))' computes with an answer, expected check(...

    Raises:
        SplitError: a student's name is used other than as the call of a check.
    """
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        raise SplitError(f"{name}, line {error.lineno}: the test is no Python ({error.msg}), expected code that nbgrader can run") from None
    splitter = _Splitter(name, frozenset(trusted) | _bound(tree) | BUILTIN)
    tree = ast.fix_missing_locations(splitter.visit(tree))
    if splitter.asserts and splitter.checks:
        raise SplitError(f"{name} mixes assert and check, expected one of them: an assert that fails would take the points of the checks")
    hidden = tuple(region_lines(source, HIDDEN))
    return Split(name, compile(tree, f"<{name}>", "exec"), tuple(splitter.answers), hidden, is_strict=splitter.asserts > 0)


def checks(found: Split, namespace: Mapping[str, Any]) -> Checks:
    """Run a test cell where its answers are only notes, and give what it wants to know.

    Raises:
        SplitError: the cell fails before it has said that.
    """
    names = {**namespace, "__name__": found.name, "check": _check_of(namespace), **{answer: Answer(answer) for answer in found.answers}}
    with recording() as ledger:
        try:
            exec(found.code, names)  # the instructor's own test
        except (CheckError, JudgeError) as error:
            raise SplitError(f"{found.name}: {error}") from None
        except Exception as error:
            met = f"{found.name} fails by itself with {type(error).__name__}: {error}"
            raise SplitError(f"{met}, expected only answers to be wrong") from error
    hidden = tuple(any(claim.line in lines for lines in found.hidden) for claim in ledger.claims)
    return Checks(tuple(ledger.claims), hidden, tuple(ledger.earned), found.is_strict)


def _check_of(namespace: Mapping[str, Any]) -> Any:
    """An assert becomes a check, also where the notebook did not import that name."""
    from k8sedu.course.homework.checking import check

    return namespace.get("check", check)


class _Splitter(ast.NodeTransformer):
    """Walks a test cell, notes what belongs to the student, and refuses what cannot be noted."""

    def __init__(self, name: str, trusted: frozenset[str]) -> None:
        self.name, self.trusted = name, trusted
        self.answers: dict[str, None] = {}
        self.asserts = self.checks = 0

    def visit_Assert(self, node: ast.Assert) -> ast.AST:
        """`assert call == expected` is a check with its own text as label."""
        test = node.test
        if not (isinstance(test, ast.Compare) and len(test.ops) == 1 and isinstance(test.ops[0], ast.Eq | ast.Is)):
            raise self._fault(test, "is asserted")
        left, right = test.left, test.comparators[0]
        call, expected = (left, right) if self._foreign(left) else (right, left)
        self._must_be_answer(call)
        self._must_be_trusted(expected, node.msg)
        self.asserts += 1
        hint = [ast.keyword("hint", node.msg)] if node.msg else []
        words = [ast.Constant(ast.unparse(test)), call, expected]
        made = ast.Call(ast.Name("check", ast.Load()), words, [*hint, ast.keyword("line", ast.Constant(node.lineno))])
        return ast.copy_location(ast.Expr(made), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """`check(label, call, expected)` keeps its form and learns where it stands."""
        if not _is_check(node) or len(node.args) < 2:
            return self.generic_visit(node)
        label, call, *others = node.args
        self._must_be_answer(call.body if isinstance(call, ast.Lambda) else call)
        inner = call.args.defaults if isinstance(call, ast.Lambda) else []
        self._must_be_trusted(label, *others, *inner, *(keyword.value for keyword in node.keywords))
        self.checks += 1
        node.keywords = [*(keyword for keyword in node.keywords if keyword.arg != "line"), ast.keyword("line", ast.Constant(node.lineno))]
        return node

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Any other place in which a student's name stands is one too many."""
        if isinstance(node.ctx, ast.Load) and node.id not in self.trusted:
            raise self._fault(node, "stands outside a check, but no test and no locked cell binds it")
        return node

    def _must_be_answer(self, node: ast.expr) -> None:
        """The form of a call that can be noted: a name, a call of it, an item of either."""
        inner = node
        while isinstance(inner, ast.Subscript):
            self._must_be_trusted(inner.slice)
            inner = inner.value
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name) and inner.func.id not in self.trusted:
            if inner.keywords or any(isinstance(argument, ast.Starred) for argument in inner.args):
                raise self._fault(inner, "has arguments by name or with a star")
            self._must_be_trusted(*inner.args)
            inner = inner.func
        if not isinstance(inner, ast.Name) or inner.id in self.trusted:
            met = "computes with an answer" if self._foreign(node) else "calls nothing of the student's"
            raise self._fault(node, met)
        self.answers[inner.id] = None

    def _must_be_trusted(self, *nodes: ast.expr | None) -> None:
        for node in nodes:
            for name in self._foreign(node) if node is not None else ():
                raise self._fault(name, "is used beside the call of a check")

    def _foreign(self, node: ast.AST) -> list[ast.Name]:
        """The student's names in a piece of code."""
        names = (inner for inner in ast.walk(node) if isinstance(inner, ast.Name))
        return [inner for inner in names if inner.id not in self.trusted]

    def _fault(self, node: ast.AST, met: str) -> SplitError:
        return SplitError(f"{self.name}, line {getattr(node, 'lineno', 1)}: {ast.unparse(node)!r} {met}, {ADVICE}")


def _is_check(node: ast.Call) -> bool:
    """`check(…)`, or `homework.check(…)`."""
    return (node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")) == "check"


def tree_of(source: str) -> ast.Module | None:
    """The syntax tree of a student's code; None where it is no Python. What Python would warn of is the student's business."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def bound_names(source: str) -> frozenset[str]:
    """The names that a piece of code binds; none where it is no Python."""
    tree = tree_of(source)
    return frozenset() if tree is None else _bound(tree)


def used_names(source: str) -> frozenset[str]:
    """The names that a piece of code reads; none where it is no Python."""
    tree = tree_of(source)
    names = () if tree is None else (node for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load))
    return frozenset(name.id for name in names)


def _bound(tree: ast.AST) -> frozenset[str]:
    return frozenset(name for node in ast.walk(tree) for name in _binds(node))


def _binds(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield node.name
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield (node.asname or node.name).partition(".")[0]
    elif isinstance(node, ast.ExceptHandler) and node.name:
        yield node.name

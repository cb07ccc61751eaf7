"""`check` and `earned`: the two words in which the tests of a homework are written.

    check("a log may skip terms", lambda: is_legal([[1, 1], [2, 3]]), True, hint="a term may pass without an entry")
    earned("q1", 4)

In a notebook (a student's, or nbgrader's) both act at once: the call is made, the value is compared, `earned` gives the points as a number,
which nbgrader takes as partial credit. The `lambda` lets one wrong call cost one check and not the whole cell.

In the grader's own process there is no student code to call. There, a student's name stands for an `Answer`, a note of what should be
called, and `check` only writes down call and judge. The same text, so the two cannot differ.

`check("q1")` alone asks the checks of a question again and shows what does not hold yet, with hints.

A label or a hint may be a pair, `("an empty log", "空日志")`: English and Chinese, since a homework has the same code in both
languages. It is shown in the language of the notebook.

Left out: a count of attempts. Hints are for learning; hidden checks keep guessing from paying.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from k8sedu.course.homework.judging import AnswerError, Judge, judge_of, plain
from k8sedu.errors import K8sEduError
from k8sedu.language import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

NOT_GIVEN: Any = object()

Text: TypeAlias = str | tuple[str, str]
"""A text, or a pair of it in English and in Chinese."""


class CheckError(K8sEduError, ValueError):
    """A check that cannot be made as it is written."""


UNANSWERED = Words("is not answered yet", "尚未作答")


class Answer:
    """What should be called in the sandbox: a student's name, perhaps its arguments, perhaps an item of what comes back.

    >>> votes = Answer("votes")
    >>> votes(3, "n1")["granted"]
    votes(3, 'n1')['granted']
    """

    __slots__ = ("arguments", "name", "path")

    def __init__(self, name: str, arguments: tuple[Any, ...] | None = None, path: tuple[str | int, ...] = ()) -> None:
        self.name, self.arguments, self.path = name, arguments, path

    def __call__(self, *arguments: Any) -> Answer:
        """The call of this name with these arguments, which must be plain values.

        Raises:
            CheckError: a call of a call, or an argument that JSON cannot carry into the sandbox.
        """
        if self.arguments is not None or self.path:
            raise CheckError(f"{self!r} is called again, expected one call of a student's function")
        try:
            return Answer(self.name, tuple(plain(argument) for argument in arguments))
        except AnswerError as error:
            raise CheckError(f"an argument of {self.name}(…) {error}") from None

    def __getitem__(self, key: Any) -> Answer:
        if type(key) not in (str, int):
            raise CheckError(f"{self!r} is asked for the item {key!r}, expected a text or a whole number")
        return Answer(self.name, self.arguments, (*self.path, key))

    def __repr__(self) -> str:
        call = "" if self.arguments is None else f"({', '.join(map(repr, self.arguments))})"
        return f"{self.name}{call}{''.join(f'[{key!r}]' for key in self.path)}"

    def _refuse(self, *_: object) -> bool:
        raise CheckError(f"{self!r} is computed with, but its value comes from the sandbox only later; say what it must be as a judge")

    __bool__ = __eq__ = __ne__ = __lt__ = __gt__ = __le__ = __ge__ = _refuse
    __len__ = __iter__ = __contains__ = _refuse  # what is no number is refused as well
    __hash__ = None  # type: ignore[assignment]  # no dict may swallow it


class Claim(NamedTuple):
    """One check as the trusted process writes it down: what is to be called, and what its value must be."""

    label: str
    call: Any
    judge: Judge
    hint: str = ""
    weight: float = 1
    line: int = 0
    """Where it stands in its cell; tells hidden checks from visible ones."""


class Finding(NamedTuple):
    """What came of one check."""

    label: str
    fault: str
    """Empty when it holds."""
    hint: str = ""
    weight: float = 1


class Asked(NamedTuple):
    """The checks of a question as they ran last: what came of them, and the text of their cell, to be run again."""

    findings: tuple[Finding, ...]
    source: str


@dataclass
class Ledger:
    """The checks of a cell while it runs."""

    records_only: bool = False
    claims: list[Claim] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    earned: list[tuple[str, float]] = field(default_factory=list)
    """(question, points) of each `earned` so far."""
    asked: dict[str, Asked] = field(default_factory=dict)


_ledger: ContextVar[Ledger] = ContextVar("k8sedu_homework_ledger", default=Ledger())  # noqa: B039 (one per kernel is what is meant)


@contextmanager
def recording() -> Iterator[Ledger]:
    """Let checks only be written down, as the trusted process does."""
    ledger = Ledger(records_only=True)
    token = _ledger.set(ledger)
    try:
        yield ledger
    finally:
        _ledger.reset(token)


def check(label: Text, call: Any = NOT_GIVEN, expected: Any = NOT_GIVEN, *, hint: Text = "", weight: float = 1, line: int = 0) -> Any:
    """Check one call of a student's code; or, with a question alone, ask its checks again.

    >>> check("a majority of five", lambda: 5 // 2 + 1, 3)
    >>> check("a majority of four", lambda: 4 // 2, 3, hint="two halves of four need not share anybody")
    >>> earned("q0", 2)
    1.0
    >>> check("q0")
    q0: 1 of 2 checks hold
      ✗ a majority of four: gave 2, expected 3. Hint: two halves of four need not share anybody

    Args:
        label: what the check is about, as feedback names it, perhaps as a pair (English, Chinese); or a question.
        call: a function without arguments that makes the call; a call or a name itself is taken too.
        expected: the value, or a judge.
        hint: what a student is told when it does not hold, perhaps as a pair, too.
        weight: its share of the question's points, compared with the other checks; 0 for a check of the form alone.
        line: where it stands; the grader says that.

    Raises:
        CheckError: a check without an expected value, or a question whose checks did not run yet.
    """
    ledger, label, hint = _ledger.get(), spoken(label), spoken(hint)
    if call is NOT_GIVEN:
        return ask_again(label)
    if expected is NOT_GIVEN:
        raise CheckError(f"the check {label!r} does not say what is expected: check(label, call, expected)")
    if weight < 0:
        raise CheckError(f"the check {label!r} has the weight {weight}, expected 0 or more")
    if ledger.records_only:
        ledger.claims.append(Claim(label, call if isinstance(call, Answer) else call(), judge_of(expected), hint, weight, line))
    else:
        ledger.findings.append(ask(label, call, judge_of(expected), hint=hint, weight=weight))
    return None


def spoken(text: Text) -> str:
    """A text as it is, or the half of a pair that is in the chosen language.

    >>> spoken("a majority"), spoken(("a majority", "多数派"))
    ('a majority', 'a majority')

    Raises:
        CheckError: it is neither.
    """
    if isinstance(text, str):
        return text
    if type(text) is not tuple or [type(half) for half in text] != [str, str]:
        raise CheckError(f"met {text!r}, expected a text, or a pair of texts in English and in Chinese")
    return Words(*text).in_()


def earned(question: str, points: float) -> Earned:
    """The points for the checks since the last question; the last line of each test cell.

    Raises:
        CheckError: there was no check to earn them with.
    """
    ledger = _ledger.get()
    if not (ledger.claims or ledger.findings):
        raise CheckError(f"{question} earns {points:g} points without a check, expected check(…) above it")
    ledger.earned.append((question, points))
    findings, ledger.findings = tuple(ledger.findings), []
    if not ledger.records_only:
        ledger.asked[question] = Asked(findings, _source_of_this_cell())
    return Earned.of(question, points, findings)


def ask(label: str, call: Any, judge: Judge, *, hint: str = "", weight: float = 1) -> Finding:
    """Make the call here and judge its value."""
    try:
        fault = judge.fault(plain(call() if callable(call) else call))
    except AnswerError as error:
        fault = Words(f"the value {error}", f"返回值 {error}").in_()
    except (NotImplementedError, NameError) as error:
        fault = UNANSWERED.in_() + (f": {error}" if isinstance(error, NameError) else "")
    except Exception as error:
        fault = Words(f"raised {type(error).__name__}: {error}", f"出错：{type(error).__name__}: {error}").in_()
    return Finding(label, fault, hint, weight)


def ask_again(question: str) -> Report:
    """The checks of a question once more, with the answers as they are now; outside a notebook, as they were.

    Raises:
        CheckError: they did not run in this notebook yet.
    """
    ledger = _ledger.get()
    if question not in ledger.asked:
        known = f"; so far {', '.join(ledger.asked)} did" if ledger.asked else ""
        raise CheckError(f"the checks of {question!r} did not run yet, expected the cell below the question to be run first{known}")
    source, shell = ledger.asked[question].source, _shell()
    if source and shell is not None:
        exec(compile(source, f"<checks of {question}>", "exec"), shell.user_ns)
        ledger.asked[question] = ledger.asked[question]._replace(source=source)
    return Report(question, ledger.asked[question].findings)


def _shell() -> Any:
    """IPython, where this runs in a notebook."""
    module = sys.modules.get("IPython")
    return module.get_ipython() if module is not None else None


def _source_of_this_cell() -> str:
    """The text of the cell that is running, which IPython stores before it runs it."""
    shell = _shell()
    history = getattr(getattr(shell, "history_manager", None), "input_hist_raw", [])
    return str(history[-1]) if history else ""


def points_for(findings: tuple[Finding, ...], points: float) -> float:
    """Each check earns its share by weight.

    >>> points_for((Finding("a", ""), Finding("b", "wrong", weight=2)), 6)
    2.0
    """
    total = sum(finding.weight for finding in findings)
    return round(points * sum(finding.weight for finding in findings if not finding.fault) / total, 2) if total else 0.0


class Report(NamedTuple):
    """What the visible checks of a question say now."""

    question: str
    findings: tuple[Finding, ...]

    def __repr__(self) -> str:
        return "\n".join([f"{self.question}: {self.summary}", *map(_line, self.wrong)])

    @property
    def wrong(self) -> tuple[Finding, ...]:
        """The checks that do not hold."""
        return tuple(finding for finding in self.findings if finding.fault)

    @property
    def summary(self) -> str:
        """How many hold."""
        return holding(len(self.findings) - len(self.wrong), len(self.findings))

    def _repr_html_(self) -> str:
        rows = "".join(_row(finding) for finding in self.findings)
        more = Words(". More checks run when it is graded.", "。批改时还会运行更多检查。").in_()
        return f"<p><b>{escape(self.question)}</b>: {self.summary}{more}</p><table>{rows}</table>"


class Earned(float):
    """Points as a number, which shows in a notebook what they were given for."""

    report: Report
    points: float

    @classmethod
    def of(cls, question: str, points: float, findings: tuple[Finding, ...]) -> Earned:
        """The points that these findings earn."""
        made = cls(points_for(findings, points))
        made.report, made.points = Report(question, findings), points
        return made

    def _repr_html_(self) -> str:
        return self.report._repr_html_()


def holding(good: int, count: int) -> str:
    """How many checks hold.

    >>> holding(1, 2)
    '1 of 2 checks hold'
    """
    return Words(f"{good} of {count} checks hold", f"{count} 项检查中 {good} 项通过").in_()


def said(fault: str, hint: str) -> str:
    """What does not hold, and the hint behind it.

    >>> said("gave 2, expected 1", "one less")
    'gave 2, expected 1. Hint: one less'
    """
    return fault + (Words(f". Hint: {hint}", f"。提示：{hint}").in_() if fault and hint else "")


def _line(finding: Finding) -> str:
    return f"  ✗ {finding.label}: {said(finding.fault, finding.hint)}"


def _row(finding: Finding) -> str:
    sign = "✓" if not finding.fault else "✗"
    texts = (sign, finding.label, said(finding.fault, finding.hint))
    cells = "".join(f"<td style='text-align:left'>{escape(text)}</td>" for text in texts)
    return f"<tr>{cells}</tr>"


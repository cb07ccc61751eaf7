"""Laws of `check` and `earned` in a notebook, and of judges."""

from __future__ import annotations

from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from k8sedu.course.homework.checking import CheckError, check, earned
from k8sedu.course.homework.judging import JudgeError, any_order, close_to, is_same, judge_of, one_of, plain
from k8sedu.language import speaking


class Liar(int):
    """An int that is equal to everything."""

    __hash__ = int.__hash__

    def __eq__(self, other: object) -> bool:
        return True


def test_points_follow_the_weights() -> None:
    """Each check earns its share; what nobody weighs earns nothing."""
    check("right", lambda: 3, 3, weight=3)
    check("wrong", lambda: 4, 3)
    check("form", lambda: 4, 4, weight=0)
    assert earned("q", 8) == 6.0


def test_the_number_is_what_nbgrader_reads() -> None:
    """Points print as a plain number, which nbgrader takes as partial credit, and show as a table."""
    check("right & good", lambda: 3, 3)
    found = earned("q", 2.5)
    assert repr(found) == "2.5"
    assert "right &amp; good" in found._repr_html_()


@pytest.mark.parametrize(
    ("call", "fault"),
    [
        (lambda: 1 / 0, "raised ZeroDivisionError"),
        (lambda: Liar(4), "the value is 'Liar'"),
        (lambda: {1: 2}, "keys are not texts"),
        (lambda: float("nan"), "'float'"),
        (lambda: undefined, "is not answered yet"),  # type: ignore[name-defined]  # noqa: F821  # an answer that is not there
        (lambda: True, "gave true, expected 1"),
        (lambda: 1.0, "gave 1.0, expected 1"),
        (1, ""),
    ],
)
def test_every_wrong_value_is_told(call: Any, fault: str) -> None:
    """A value of another type, no plain value, an error: each is one wrong check with its reason."""
    check("it", call, 1)
    assert fault in earned("q", 1).report.findings[0].fault
    assert (earned_of(call) == 1.0) == (not fault)


def earned_of(call: Any) -> float:
    """The points for one check."""
    check("it", call, 1)
    return earned("q", 1)


def test_a_question_can_be_asked_again() -> None:
    """`check("q1")` tells what does not hold yet, with its hint."""
    check("it", lambda: 2, 1, hint="one less")
    earned("q1", 1)
    report = check("q1")
    assert repr(report) == "q1: 0 of 1 checks hold\n  ✗ it: gave 2, expected 1. Hint: one less"
    assert "More checks run when it is graded." in report._repr_html_()


def test_a_question_that_never_ran_is_told() -> None:
    """Asking for checks that did not run says which cell to run."""
    with pytest.raises(CheckError, match="expected the cell below the question to be run first"):
        check("no such question")


@pytest.mark.parametrize(("arguments", "reason"), [(("a", 1), "does not say what is expected"), (("a", 1, object()), "the expected value")])
def test_a_check_that_makes_no_sense_is_told(arguments: tuple[Any, ...], reason: str) -> None:
    """A check without an expected value, or with one that no answer can have, is the instructor's fault."""
    with pytest.raises((CheckError, JudgeError), match=reason):
        check(*arguments)


def test_labels_and_hints_follow_the_notebook() -> None:
    """A pair is shown in the chosen language, with everything around it, and costs the same points."""
    shown = []
    for code in ("en", "zh"):
        with speaking(code):
            check(("a majority", "多数派"), lambda: 2, 3, hint=("one more", "多一个"))
            check("q", lambda: absent, 3)  # type: ignore[name-defined]  # noqa: F821  # an answer that is not there
            shown.append(repr(earned("q1", 2).report))
    assert shown[0].startswith("q1: 0 of 2 checks hold\n  ✗ a majority: gave 2, expected 3. Hint: one more\n")
    assert shown[1].startswith("q1: 2 项检查中 0 项通过\n  ✗ 多数派: 给出 2，应为 3。提示：多一个\n  ✗ q: 尚未作答")


@pytest.mark.parametrize("label", [("one",), ("one", 2), ["one", "一"], 3, None])
def test_a_label_that_is_no_text_is_told(label: Any) -> None:
    """A label is a text or a pair of texts."""
    with pytest.raises(CheckError, match="expected a text, or a pair of texts in English and in Chinese"):
        check(label, lambda: 1, 1)


def test_points_without_a_check_are_refused() -> None:
    """A cell that earns without checking would give everybody everything."""
    with pytest.raises(CheckError, match="without a check"):
        earned("q", 3)


@pytest.mark.parametrize(
    ("judge", "right", "wrong"),
    [
        (any_order([1, [2]]), [[2], 1], [1, 2]),
        (any_order([1]), [1], "1"),
        (close_to(0.5, within=0.1), 0.45, 0.7),
        (close_to(0.5), 0.5, "0.5"),
        (one_of("A", "B"), "B", "C"),
        (judge_of({"a": [1]}), {"a": [1]}, {"a": [True]}),
        (judge_of((1, 2)), [1, 2], [2, 1]),
    ],
)
def test_judges_know_right_from_wrong(judge: Any, right: Any, wrong: Any) -> None:
    """Each judge is content with the right value and says what is wrong with another one."""
    assert judge.fault(right) == ""
    assert "expected" in judge.fault(wrong)


def test_equal_means_of_the_same_type() -> None:
    """True is not 1, 1.0 is not 1, down to every item."""
    assert is_same({"a": [1, "x", None]}, plain({"a": (1, "x", None)}))
    assert not is_same([True], [1])
    assert not is_same({"a": 1}, {"a": 1, "b": 2})


@pytest.mark.timeout(120)
def test_a_students_notebook_runs_in_jupyter(raft_class: Any) -> None:
    """In a kernel the checks show hints while nothing is answered, and `check("q1")` runs them again on a better answer."""
    answers = {"q1": "def legal(logs):\n    return [True] * len(logs)"}
    notebook = nbformat.reads(raft_class.hand_in(answers).content.decode(), as_version=4)
    better = f'{raft_class.reference["q1"]}\ncheck("q1")'
    notebook.cells.insert(6, nbformat.v4.new_code_cell(better))
    del notebook.cells[7:]
    NotebookClient(notebook, timeout=60).execute()
    before, after = (notebook.cells[number].outputs[-1].data for number in (5, 6))
    assert before["text/plain"] == "0.0"
    assert "entry 4 cannot follow entry 2" in before["text/html"]
    assert after["text/plain"] == "q1: 2 of 2 checks hold"

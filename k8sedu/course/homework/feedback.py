"""Feedback: one page per student, which says what was asked, what the answer did, and what it earned.

Where a model can show it, an answer is a picture: the run that a student's schedule made, as the player shows it, to be stepped through.
A hidden check appears with a number instead of its name and says only whether it holds, until nobody can hand in any more and `reveal`
tells the rest. Nothing of a test's text and nothing of a reference answer is in the page. It is one file, asks nothing of the network, and
follows the reader's light or dark.

Left out: a page for the whole class. `grades.csv` and a spreadsheet show that better.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from k8sedu.course.homework.assignment import Assignment, Question
from k8sedu.course.homework.checking import Claim
from k8sedu.course.homework.judging import Judge, shown
from k8sedu.course.homework.marking import assembled
from k8sedu.course.homework.results import CheckResult, Late, ManualResult, QuestionResult, Result
from k8sedu.course.homework.roster import known_student
from k8sedu.course.homework.split import SplitError, checks
from k8sedu.course.limits import at_most
from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole
from k8sedu.language import Words, speaking
from k8sedu.processes import pool

DRAWN_MAX, DRAWING_S = 8_000, 5.0
"""Only answers of so many characters as JSON are drawn, and in so many seconds: what takes longer may be meant to."""

A_CLASS = 8
"""From so many pages on it pays to start further processes."""

WORDS = {
    "points": Words("{} of {} points", "{} / {} 分"),
    "open": Words("{} answers still wait to be read: the points below are not final.", "还有 {} 个回答等待人工批阅，分数尚未最终确定。"),
    "late": Words("Handed in {} hours late: {} of the points count.", "迟交 {} 小时：按 {} 计分。"),
    "unsandboxed": Words("Graded without a sandbox.", "批改时未使用沙箱。"),
    "hidden": Words("hidden check {}", "隐藏检查 {}"),
    "holds": Words("holds", "通过"),
    "fails": Words("does not hold", "未通过"),
    "yours": Words("Your answer", "你的回答"),
    "asked": Words("What was asked", "题目"),
    "did": Words("What your answer did", "你的回答做了什么"),
    "waits": Words("waits to be read", "等待批阅"),
    "empty": Words("No answer.", "未作答。"),
    "missing": Words("Nothing was graded.", "没有可批改的内容。"),
    "failed": Words("The grader could not finish; a person will look at it.", "自动批改未能完成，将由人工处理。"),
    "hint": Words("Hint: ", "提示："),
    "check": Words("check", "检查项"),
    "result": Words("result", "结果"),
    "rubric": Words("What a full answer says", "完整回答应包含"),
}

STYLE = """
:root { color-scheme: light dark; --ink: #1B1F24; --paper: #FFFFFF; --soft: #F3F5F7; --line: #D5DADF; --good: #00694C; --bad: #A34600 }
@media (prefers-color-scheme: dark) {
  :root { --ink: #E8EBEE; --paper: #111418; --soft: #1C2127; --line: #3A424B; --good: #4CCFA4; --bad: #FF9C57 }
}
body { margin: 0 auto; padding: 24px; max-width: 960px; font: 16px/1.55 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
h1 { font-size: 26px; margin: 0 0 4px } h2 { font-size: 20px; margin: 0 } code, pre { font: 14px/1.45 ui-monospace, monospace }
section { border-top: 1.5px solid var(--line); padding: 20px 0 } header + p { margin-top: 4px }
.head { display: flex; gap: 16px; justify-content: space-between; align-items: baseline; flex-wrap: wrap }
.points { font-variant-numeric: tabular-nums; white-space: nowrap; font-weight: 600 }
.note { background: var(--soft); border-left: 4px solid var(--bad); padding: 8px 12px; margin: 8px 0 }
table { border-collapse: collapse; width: 100%; margin: 12px 0 } th, td { text-align: left; padding: 6px 10px; vertical-align: top }
th { font-weight: 600 }
th:first-child { width: 42% } h2 code { font-size: 18px }
td { border-top: 1px solid var(--line); overflow-wrap: anywhere } td.n { text-align: right; white-space: nowrap }
th.n { text-align: right } .good { color: var(--good) } .bad { color: var(--bad) } .sign { white-space: nowrap; font-weight: 600 }
pre { background: var(--soft); padding: 12px; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: 8px 0 }
details { margin: 8px 0 } summary { cursor: pointer; font-weight: 600 } .film { margin: 12px 0; border: 1px solid var(--line) }
@media print { details > * { display: block } }
"""


def page(assignment: Assignment, result: Result, *, language: str | None = None, reveal: bool = False) -> str:
    """The feedback for one student as one HTML page; with `reveal` hidden checks are told like visible ones."""
    if reveal:
        result = revealed(result)
    lang = language or assignment.language
    title = f"{_title(assignment)} · {result.student}"
    questions = {question.id: question for question in assignment.questions}
    with speaking(lang):
        pictures, code = _pictures(assignment, result), dict(result.code)
    known = [one for one in result.questions if one.id in questions]
    sections = "".join(_section(questions[one.id], one, code, pictures.get(one.id, ()), lang) for one in known)
    nothing = WORDS["failed" if result.status == "failed" else "missing"].in_(lang)
    body = sections if result.status == "graded" else f"<p>{escape(nothing)}</p>"
    return (
        f'<!doctype html>\n<html lang="{lang}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n"
        f"<body><header>{_head(title, result, lang)}</header>\n{body}</body></html>\n"
    )


def revealed(result: Result) -> Result:
    """The same result with all checks visible."""
    questions = (
        question._replace(checks=tuple(check._replace(hidden=False) for check in question.checks)) for question in result.questions
    )
    return result._replace(questions=tuple(questions))


def _title(assignment: Assignment) -> str:
    first = next((cell.source for cell in assignment.notebook.cells if cell.kind == "markdown"), "")
    found = re.search(r"^#\s+(.+)$", first, re.MULTILINE)
    return found[1].strip() if found else assignment.name


def _head(title: str, result: Result, lang: str) -> str:
    points = WORDS["points"].in_(lang).format(f"{result.points:g}", f"{result.max:g}")
    head = f'<div class="head"><h1>{escape(title)}</h1><span class="points">{points}</span></div>'
    notes = [*_state(result, lang), *result.notes]
    return head + "".join(f'<p class="note">{escape(note)}</p>' for note in notes)


def _state(result: Result, lang: str) -> Iterator[str]:
    if result.open:
        yield WORDS["open"].in_(lang).format(len(result.open))
    if result.late != Late() and result.late.seconds:
        yield WORDS["late"].in_(lang).format(f"{result.late.seconds / 3600:.1f}", f"{result.late.factor:.0%}")
    if not result.sandboxed:
        yield WORDS["unsandboxed"].in_(lang)


def _section(question: Question, result: QuestionResult, code: dict[str, str], pictures: Iterable[str], lang: str) -> str:
    """One question: what was asked, what was answered, what it did, and what it earned."""
    points = WORDS["points"].in_(lang).format(f"{result.points:g}", f"{result.max:g}")
    answers = [code[cell.grade_id] for cell in question.cells if cell.is_answer and cell.grade_id in code]
    parts = [
        f'<div class="head"><h2>{_marked(question.title)}</h2><span class="points">{points}</span></div>',
        f"<details><summary>{WORDS['asked'].in_(lang)}</summary>{_prose(question)}</details>",
        *(f"<details open><summary>{WORDS['yours'].in_(lang)}</summary><pre>{escape(answer)}</pre></details>" for answer in answers),
        _table(result, lang) if result.checks else "",
        *(f'<p><b>{WORDS["did"].in_(lang)}</b></p><div class="film">{picture}</div>' for picture in pictures),
        *(_manual(one, lang) for one in result.manual),
    ]
    return f'<section id="{escape(result.id)}">{"".join(parts)}</section>\n'


def _prose(question: Question) -> str:
    """The question's text without its heading: as HTML where the packages for slides are, as plain text elsewhere."""
    text = re.sub(r"^#+ .+\n+", "", question.prose, count=1).strip()
    try:
        from k8sedu.course.prose import html_of

        return html_of(text)[0]
    except (ImportError, K8sEduError):
        return f"<pre>{escape(text)}</pre>"


def _marked(title: str) -> str:
    """A heading; words between backquotes are code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(title))


def _table(result: QuestionResult, lang: str) -> str:
    hidden = 0
    rows = []
    for check in result.checks:
        hidden += check.hidden
        label = WORDS["hidden"].in_(lang).format(hidden) if check.hidden else check.label
        rows.append(_row(check, label, lang))
    head = f"<th>{WORDS['check'].in_(lang)}</th><th>{WORDS['result'].in_(lang)}</th><th></th>"
    return f"<table><tr>{head}</tr>{''.join(rows)}</table>"


def _row(check: CheckResult, label: str, lang: str) -> str:
    """One check. Of a hidden one neither name nor value is told: they would give the test away."""
    sign, word, kind = ("✓", "holds", "good") if check.holds else ("✗", "fails", "bad")
    fault = "" if check.hidden or not check.fault else f"{check.answer} {check.fault}"
    hint = f"{WORDS['hint'].in_(lang)}{check.hint}" if check.hint and not check.hidden else ""
    said = Words(". ", "。").in_(lang).join(part for part in (fault, hint) if part)
    points = f"{check.points:g} / {check.max:g}" if check.max else ""
    state = f'<span class="sign {kind}">{sign} {WORDS[word].in_(lang)}</span>'
    return f'<tr><td>{escape(label)}</td><td>{state}<br>{escape(said)}</td><td class="n">{points}</td></tr>'


def _manual(manual: ManualResult, lang: str) -> str:
    points = WORDS["waits"].in_(lang) if manual.points is None else f"{manual.points:g} / {manual.max:g}"
    text = f"<pre>{escape(manual.answer)}</pre>" if manual.answer else f"<p>{WORDS['empty'].in_(lang)}</p>"
    comment = f'<p class="note">{escape(manual.comment)}</p>' if manual.comment else ""
    head = f'<div class="head"><b>{WORDS["yours"].in_(lang)}</b><span class="points">{escape(points)}</span></div>'
    items = "".join(f"<li>{worth:g}: {escape(says)}</li>" for worth, says in manual.rubric)
    is_read = manual.points is not None and bool(items)
    rubric = f"<details><summary>{WORDS['rubric'].in_(lang)}</summary><ul>{items}</ul></details>" if is_read else ""
    return f"{head}{text}{comment}{rubric}"


def _pictures(assignment: Assignment, result: Result) -> dict[str, tuple[str, ...]]:
    """For each question one picture of every value that was given: what the first judge saw that was not content, else the last one.

    A hidden check's picture would show what it does before it asks, so none is drawn.
    """
    if result.status != "graded":
        return {}
    names = assignment.namespace(student=result.student, seed=result.seed)
    values = {one.id: iter(one.checks) for one in result.questions}
    found: dict[str, tuple[str, ...]] = {}
    for question in assignment.questions:
        chosen: dict[str, tuple[Judge, CheckResult]] = {}
        for claim, check in _pairs(question, assignment, names, values.get(question.id, iter(()))):
            key = shown(check.value) + claim.call.name
            if check.value is not None and not check.hidden and (key not in chosen or chosen[key][1].holds):
                chosen[key] = (claim.judge, check)
        found[question.id] = tuple(picture for judge, check in chosen.values() for picture in [_drawn(judge, check.value)] if picture)
    return found


def _pairs(
    question: Question, assignment: Assignment, names: dict[str, Any], results: Iterator[CheckResult]
) -> Iterator[tuple[Claim, CheckResult]]:  # fmt: skip
    """The checks of a question as the tests write them, each with what came of it."""
    for cell in question.tests:
        try:
            claims = checks(assignment.splits[cell.grade_id], names).claims
        except SplitError:
            return
        yield from zip(claims, results, strict=False)


def _drawn(judge: Judge, value: object) -> str:
    """A judge's picture; one that cannot be drawn, or not soon, is left out, since the words stand beside it."""
    if len(json.dumps(value)) > DRAWN_MAX:
        return ""
    try:
        with at_most(DRAWING_S):
            return judge.picture(value)
    except Exception:
        return ""


def write(
    assignment: Assignment, results: Iterable[Result], folder: Path, *, language: str | None = None, reveal: bool = False
) -> Iterator[Path]:  # fmt: skip
    """Write the pages, `FOLDER/STUDENT.html` each, and tell of each; a class is drawn by all processors."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(results)
    task = partial(_written, assignment.notebook.content, f"{assignment.name}.ipynb", folder, language=language, reveal=reveal)
    if len(found) < A_CLASS:
        yield from map(task, found)
        return
    with pool(min(os.cpu_count() or 1, len(found))) as processes:
        yield from processes.map(task, found)


def _written(content: bytes, name: str, folder: Path, result: Result, *, language: str | None, reveal: bool) -> Path:
    """One page, in whichever process."""
    path = folder / f"{known_student(result.student)}.html"
    write_whole(path, page(assembled(content, name), result, language=language, reveal=reveal))
    return path

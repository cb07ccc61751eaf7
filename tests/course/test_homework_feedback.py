"""Laws of what comes of grading: points by hand, feedback, exports, and the report of similar code."""

from __future__ import annotations

import base64
import csv
import gzip
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.homework import export, feedback, manual, similarity
from k8sedu.course.homework.export import ExportError
from k8sedu.course.homework.judging import Judge
from k8sedu.course.homework.manual import ManualError
from k8sedu.course.homework.notebook import HIDDEN, SOLUTION, inside_region
from k8sedu.course.homework.results import Late, Result, Store, as_json, from_json
from k8sedu.course.homework.roster import Student
from k8sedu.language import language

CLASS = (Student("ada", "Ada Lovelace", "ada@example.org"), Student("bob", "Bob", "bob@example.org"))


@pytest.fixture(scope="module")
def ada(raft_class: Any) -> Result:
    """A student who has most things right."""
    answers = {"q2": "def safe_to_apply(logs):\n    return 'x<script>'", "q8": "def wins(votes, old, new):\n    return len(votes) > 3"}
    result: Result = raft_class.mark({**answers, "q4-why": "It is safe, <b>because</b>."}, student="ada")
    return result


@pytest.fixture(scope="module")
def bob(raft_class: Any) -> Result:
    """A student who has answered nothing."""
    stubs = {cell.grade_id: cell.source for cell in raft_class.hand_in({}).cells if cell.solution}
    result: Result = raft_class.mark(stubs, student="bob")
    return result


@pytest.fixture
def store(tmp_path: Path, ada: Result, bob: Result) -> Store:
    """The results of both."""
    made = Store(tmp_path / "results")
    made.write(ada)
    made.write(bob)
    return made


def test_a_result_survives_its_file(ada: Result, bob: Result) -> None:
    """What is written is read back equal."""
    for result in (ada, bob):
        assert from_json(json.loads(json.dumps(as_json(result))), "x") == result


# -- by hand ----------------------------------------------------------------------------------------------------------------------------


def filled(text: str, **cells: str) -> str:
    """The table with a first row that somebody has filled in."""
    rows = list(csv.DictReader(io.StringIO(text)))
    rows[0] |= cells
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_points_go_out_and_come_back(store: Store, ada: Result) -> None:
    """A table that is filled in changes the points and the comments of exactly those answers, and keeps the past."""
    text = manual.to_table(store.all())
    assert [row["question"] for row in csv.DictReader(io.StringIO(text))] == ["q4-why", "q5-why", "q7-why", "q8-why"]
    (changed,) = manual.bring_in(filled(text, points="2,5", comment="Say more about match_index."), store)
    again = store.read("ada")
    assert again == changed
    assert again is not None
    assert (again.points, again.open) == (round(ada.points + 2.5, 2), ("q5-why", "q7-why", "q8-why"))
    assert store.history("ada") == (ada,)


def test_a_table_from_a_spreadsheet_is_read(store: Store) -> None:
    """Semicolons, a byte order mark and points with a comma are what spreadsheets of half of Europe write."""
    rows = list(csv.reader(io.StringIO(filled(manual.to_table(store.all()), points="1,5"))))
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows(rows)
    (changed,) = manual.bring_in("\ufeff" + out.getvalue(), store)
    assert changed.questions[4].manual[0].points == 1.5


def test_a_grader_need_not_know_whose_answer_it_is(store: Store) -> None:
    """The anonymous table holds no name, and comes back all the same."""
    text = manual.to_table(store.all(), anonymous=True)
    assert "ada" not in text
    assert manual.bring_in(filled(text, points="3"), store)[0].student == "ada"


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"points": "4"}, "expected a number from 0 to 3"),
        ({"points": "-1"}, "expected a number from 0 to 3"),
        ({"points": "good"}, "expected a number from 0 to 3"),
        ({"points": "nan"}, "expected a number from 0 to 3"),
        ({"student": "eve", "points": "1"}, "met the student 'eve'"),
        ({"question": "q1", "points": "1"}, "has no answer 'q1'"),
        ({"mark": "000", "points": "1"}, "was graded again with another text"),
        ({"question": "q5-why", "points": "1"}, "is there twice|another text"),
    ],
)
def test_a_wrong_row_changes_nothing(store: Store, ada: Result, cells: dict[str, str], reason: str) -> None:
    """A table with one wrong row is refused as a whole, with the line in the sentence."""
    with pytest.raises(ManualError, match=reason) as caught:
        manual.bring_in(filled(manual.to_table(store.all()), **cells), store, name="manual.csv")
    assert "manual.csv, line" in str(caught.value)
    assert store.read("ada") == ada


def test_a_table_of_something_else_is_refused(store: Store) -> None:
    """A file without the columns, or without rows, is told."""
    for text in ("", "a,b\n1,2\n"):
        with pytest.raises(ManualError):
            manual.bring_in(text, store)


def test_an_answer_is_no_formula(raft_class: Any) -> None:
    """A student's answer that a spreadsheet would carry out is made harmless."""
    result = raft_class.mark({"q4-why": '=HYPERLINK("http://x")'}, student="eve")
    assert "'=HYPERLINK" in manual.to_table([result])


# -- feedback ---------------------------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Collects the text and the addresses of a page, scripts left out."""

    def __init__(self) -> None:
        super().__init__()
        self.text: list[str] = []
        self.addresses: list[str] = []
        self.tags: list[str] = []
        self._skips = 0

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        """Note addresses."""
        self.tags.append(tag)
        self._skips += tag in ("script", "style")
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        """A script ends."""
        self._skips -= tag in ("script", "style")

    def handle_data(self, data: str) -> None:
        """Note visible text."""
        if not self._skips:
            self.text.append(data)


def read(html: str) -> Reader:
    """A page, read."""
    reader = Reader()
    reader.feed(html)
    return reader


def test_feedback_says_what_was_asked_done_and_earned(raft_class: Any, ada: Result) -> None:
    """The page has each question with its prose, the answer, every check, the points, and the runs as films."""
    page = feedback.page(raft_class.assignment, ada)
    text = " ".join(read(page).text)
    asked = ("Homework: Raft", "ada", "Can this log exist?", "def legal(logs)", "no index may be missing")
    for part in (*asked, "4 of 4 points", "0 of 6 points", "waits to be read", "answers still wait"):
        assert part in text, part
    assert page.count('class="k8sedu-film"') == 5
    assert read(page).addresses == []


def test_hidden_checks_are_masked(raft_class: Any, ada: Result) -> None:
    """Of a hidden check only a number and its outcome are told; no line of a test or a reference answer is in the page."""
    page = feedback.page(raft_class.assignment, ada)
    hidden = [check for question in ada.questions for check in question.checks if check.hidden]
    assert len(hidden) > 10
    assert not any(check.label in page or (check.hint and check.hint in page) for check in hidden)
    assert page.count("hidden check") == len(hidden)
    answered = "\n".join(source for _, source in ada.code)
    for cell in raft_class.assignment.notebook.cells:
        for region in (SOLUTION, HIDDEN):
            for line in inside_region(cell.source, region).splitlines():
                is_own = cell.solution and (line in answered or cell.is_manual)
                assert len(line.strip()) < 25 or is_own or line.strip() not in page


def test_what_was_hidden_can_be_revealed(raft_class: Any, ada: Result) -> None:
    """When nobody can hand in any more, hidden checks have their names."""
    page = feedback.page(raft_class.assignment, ada, reveal=True)
    assert "hidden check" not in page
    assert "an old entry on a majority can still be overwritten" in page


def test_an_answer_is_text_and_no_page(raft_class: Any, ada: Result) -> None:
    """Nothing that a student writes becomes part of the page's own HTML."""
    page = feedback.page(raft_class.assignment, ada)
    assert "<b>because</b>" not in page
    assert "&lt;b&gt;because&lt;/b&gt;" in page
    assert "x<script>" not in re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)


def test_late_and_unsandboxed_work_is_told(raft_class: Any, ada: Result) -> None:
    """The page says how late it was, and when there was no sandbox; in Chinese on request."""
    changed = ada._replace(late=Late(7200, 0.9), sandboxed=False)
    page = feedback.page(raft_class.assignment, changed)
    assert "2.0 hours late: 90%" in page
    assert "without a sandbox" in page
    assert "迟交 2.0 小时" in feedback.page(raft_class.assignment, changed, language="zh")


def test_a_transaction_is_shown_and_a_hidden_check_is_not(etcd_class: Any) -> None:
    """Commands are shown as films, one per answer; what only a hidden check asks is drawn when it is revealed."""
    answers = {"q2b": "def update(key, seen, value):\n    return f'put {key} {value}' if seen > 2 else 3"}
    result = etcd_class.mark(answers)
    pages = [feedback.page(etcd_class.assignment, result, reveal=reveal) for reveal in (False, True)]
    assert [page.count('class="k8sedu-film"') for page in pages] == [1, 1]
    hidden = [question._replace(checks=tuple(check._replace(hidden=True) for check in question.checks)) for question in result.questions]
    masked = result._replace(questions=tuple(hidden))
    assert feedback.page(etcd_class.assignment, masked).count('class="k8sedu-film"') == 0
    assert feedback.page(etcd_class.assignment, masked, reveal=True).count('class="k8sedu-film"') == 1


def test_films_speak_the_pages_language(raft_class: Any, ada: Result) -> None:
    """On a Chinese page the films begin in Chinese, and afterwards everything speaks as before."""
    pages = {code: feedback.page(raft_class.assignment, ada, language=code) for code in ("en", "zh")}
    packed = {code: re.findall(r'class="k8sedu-data">([^<]+)<', page) for code, page in pages.items()}
    spoken = {code: json.loads(gzip.decompress(base64.b64decode(films[0])))["language"] for code, films in packed.items()}
    assert spoken == {"en": "en", "zh": "zh"}
    assert language() == "en"


def test_a_page_for_everybody(raft_class: Any, store: Store, tmp_path: Path) -> None:
    """Each student has a page, the one who handed in nothing as well."""
    missing = Result("gone", "raft", "", "missing", notes=("nothing was handed in",), max=60)
    paths = list(feedback.write(raft_class.assignment, [*store.all(), missing], tmp_path / "pages"))
    assert [path.name for path in paths] == ["ada.html", "bob.html", "gone.html"]
    assert "nothing was handed in" in paths[2].read_text()


def test_a_class_is_drawn_by_all_processors(raft_class: Any, bob: Result, tmp_path: Path) -> None:
    """Pages that several processes write are those that one writes, in the order of the class."""
    results = [bob._replace(student=f"s{number}") for number in range(feedback.A_CLASS)]
    paths = list(feedback.write(raft_class.assignment, results, tmp_path))
    assert [path.stem for path in paths] == [result.student for result in results]
    ours = feedback.page(raft_class.assignment, results[-1])
    assert paths[-1].read_text() == ours


class Slow(Judge):
    """A judge whose picture never ends."""

    def picture(self, value: object) -> str:
        """Draw for ever."""
        while True:
            pass


def test_an_answer_that_is_meant_to_last_is_not_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever makes a picture take for ever, or fill the page, has no picture; the class does not wait."""
    monkeypatch.setattr(feedback, "DRAWING_S", 0.05)
    assert feedback._drawn(Slow(), "short") == ""
    monkeypatch.setattr(feedback, "DRAWING_S", 60.0)
    assert feedback._drawn(Slow(), "x" * feedback.DRAWN_MAX) == ""


# -- exports ----------------------------------------------------------------------------------------------------------------------------


def test_open_answers_stop_an_export(ada: Result, bob: Result) -> None:
    """Marks that would change later are not exported, unless somebody says that open answers are zero."""
    with pytest.raises(ExportError, match="answers of ada wait to be read"):
        export.finished([bob, ada], open_as_zero=False)
    assert export.finished([bob, ada], open_as_zero=True) == [bob, ada]
    with pytest.raises(ExportError, match="the grader failed for ada"):
        export.finished([ada._replace(status="failed")], open_as_zero=True)


def test_gradescope_takes_it(ada: Result) -> None:
    """results.json has exactly the fields of Gradescope's specification, hidden tests after the marks are published."""
    data = json.loads(export.as_text(export.gradescope(ada)))
    assert data.keys() <= {"score", "execution_time", "output", "visibility", "stdout_visibility", "extra_data", "tests", "leaderboard"}
    assert data["score"] == ada.points
    seen = set()
    for test in data["tests"]:
        assert test.keys() <= {"score", "max_score", "status", "name", "number", "output", "tags", "visibility", "extra_data"}
        assert type(test["score"]) in (int, float)
        assert 0 <= test["score"] <= test["max_score"]
        assert test.get("status", "passed") in ("passed", "failed")
        assert test["visibility"] in ("hidden", "after_due_date", "after_published", "visible")
        assert test["number"] not in seen
        seen.add(test["number"])
    assert sum(test["score"] for test in data["tests"]) == pytest.approx(ada.raw, abs=0.01)
    hidden = [test for test in data["tests"] if test["visibility"] == "after_published"]
    assert all("hidden check" in test["name"] and not test["output"] for test in hidden)


def test_canvas_takes_it(ada: Result, bob: Result) -> None:
    """The five columns of Canvas, the row of points possible, then students by their SIS id."""
    rows = list(csv.reader(io.StringIO(export.canvas([ada, bob], CLASS, column="Raft (1234)"))))
    assert rows[0] == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Raft (1234)"]
    assert rows[1] == ["    Points Possible", "", "", "", "", "60"]
    assert rows[2] == ["Ada Lovelace", "", "ada", "ada", "", f"{ada.points:g}"]
    assert rows[3][-1] == "0"


def test_moodle_takes_it(ada: Result, bob: Result) -> None:
    """A row per student with user name, e-mail, a number and a comment."""
    rows = list(csv.DictReader(io.StringIO(export.moodle([ada, bob], CLASS))))
    assert list(rows[0]) == ["username", "email", "raft (max 60)", "feedback"]
    assert (rows[0]["email"], float(rows[0]["raft (max 60)"])) == ("ada@example.org", ada.points)
    assert "q2: 0/6" in rows[0]["feedback"]


def test_nbgraders_columns(ada: Result) -> None:
    """The table has the columns of `nbgrader export`, and its arithmetic."""
    (row,) = csv.DictReader(io.StringIO(export.nbgrader([ada._replace(late=Late(1, 0.5))], CLASS)))
    assert tuple(row) == export.NBGRADER
    assert (row["first_name"], row["last_name"]) == ("Ada", "Lovelace")
    assert float(row["raw_score"]) - float(row["late_submission_penalty"]) == pytest.approx(float(row["score"]), abs=0.01)


# -- similarity -------------------------------------------------------------------------------------------------------------------------

ORIGINAL = """
def safe_to_apply(logs):
    ranks = {name: ((log or [0])[-1], len(log)) for name, log in logs.items()}
    winners = [name for name in logs if sum(ranks[x] <= ranks[name] for x in logs) > len(logs) / 2]
    best = 0
    for column in zip(*(logs[name] for name in winners)):
        if any(entry != column[0] for entry in column):
            return best
        best = best + 1
    return best
"""
OTHER = """
def safe_to_apply(logs):
    n = 0
    while all(len(log) > n for log in logs.values()) and len({tuple(log[:n + 1]) for log in logs.values()}) == 1:
        n += 1
    return n
"""


def test_renaming_hides_nothing() -> None:
    """Other names, numbers, comments and blank lines leave the share high; honest answers share little."""
    renamed = ORIGINAL.replace("ranks", "r").replace("winners", "ok").replace("best", "answer").replace("column", "c  # mine\n")
    renamed = renamed.replace("c  # mine\n in", "c in").replace("c  # mine\n[0]", "c[0]").replace("in c  # mine\n)", "in c)")
    found = similarity.pairs({"ada": ORIGINAL, "bob": renamed, "chen": OTHER}, at_least=0)
    shares = {pair[:2]: pair.share for pair in found}
    assert shares["ada", "bob"] > 0.8
    assert shares["ada", "chen"] < 0.2
    assert shares["bob", "chen"] < 0.2


def test_what_everybody_was_given_is_no_sign() -> None:
    """Code of the released notebook, and code that most of a class has, does not make two submissions alike."""
    assert similarity.pairs({"ada": ORIGINAL, "bob": ORIGINAL}, known=[ORIGINAL], at_least=0) == []
    everybody = {f"s{number}": ORIGINAL for number in range(8)}
    assert similarity.pairs(everybody, at_least=0) == []


def test_broken_code_is_compared_too() -> None:
    """A stretch that is copied into code which does not run is found as far as it can be read."""
    (pair,) = similarity.pairs({"ada": ORIGINAL, "bob": ORIGINAL + "\nx = (("}, at_least=0.5)
    assert pair.share == 1
    assert "def safe_to_apply(logs):" in " ".join(pair.lines)


def test_the_report_of_a_class(raft_class: Any, ada: Result, bob: Result) -> None:
    """Two hand-ins of the same reference are found; the empty notebook is like nobody's."""
    twin = ada._replace(student="twin")
    (pair,) = similarity.of_class(raft_class.assignment, [ada, bob, twin], at_least=0.5)
    assert (pair.first, pair.second, pair.share) == ("ada", "twin", 1)
    assert "<td>ada</td><td>twin</td><td>100%</td>" in similarity.page([pair])

"""Laws of `k8sedu homework …`: a term from release to export, and every call that is at fault."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.sources import find
from k8sedu.language import language

WALLS = () if has_sandbox() else ("--unsandboxed",)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of one's own."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "class.csv").write_text("student,name\nada,Ada Lovelace\nbob,Bob\nchen,Chen\n")
    return tmp_path


def call(*words: str) -> Result:
    """The command, as typed."""
    return CliRunner().invoke(main, ["homework", *words])


def rows(path: Path) -> list[dict[str, str]]:
    """A table's rows."""
    return list(csv.DictReader(path.read_text().splitlines()))


def answer(path: Path) -> None:
    """Put the reference's answers into a student's notebook."""
    source = [cell for cell in json.loads(find("etcd").read_text())["cells"] if cell["metadata"].get("nbgrader", {}).get("solution")]
    answers = {cell["metadata"]["nbgrader"]["grade_id"]: cell["source"] for cell in source}
    data = json.loads(path.read_text())
    for cell in data["cells"]:
        cell["source"] = answers.get(cell["metadata"].get("nbgrader", {}).get("grade_id"), cell["source"])
    path.write_text(json.dumps(data))


def test_a_term_from_release_to_export(here: Path) -> None:
    """Release, check, grade, read, feedback, export and compare work one after the other, each with one line that says what was done."""
    assert "3 notebooks of etcd, 40 points" in call("release", "etcd", "--students", "class.csv", "-o", "in").output
    assert (here / "course.secret").stat().st_mode & 0o077 == 0
    answer(here / "in" / "ada" / "etcd.ipynb")
    (here / "in" / "chen" / "etcd.ipynb").write_text("{broken")
    assert (call("check", "in/ada/etcd.ipynb").exit_code, call("check", "in/bob/etcd.ipynb").exit_code) == (0, 1)
    said = call("grade", "in", "-o", "grades.csv", "--students", "class.csv", "--workers", "1", *WALLS)
    assert said.exit_code == 0, said.output
    assert "3 submissions (2 graded, 1 refused), 0 kept from before" in said.output
    assert "look at chen: etcd.ipynb is broken JSON" in said.output
    assert {row["student"]: row["points"] for row in rows(here / "grades.csv")} == {"ada": "36.0", "bob": "0.0", "chen": "0.0"}
    assert "3 kept from before" in call("grade", "in", "-o", "grades.csv", "--students", "class.csv", *WALLS).output
    assert call("manual", "out", "grades.csv").exit_code == 0
    (here / "manual.csv").write_text((here / "manual.csv").read_text().replace("ada,q5-why,,4,,", "ada,q5-why,3.5,4,good,", 1))
    assert "1 students have new points, 0 answers still wait" in call("manual", "in", "grades.csv", "manual.csv").output
    assert "3 pages" in call("feedback", "grades.csv").output
    assert "39.5 of 40 points" in (here / "feedback" / "ada.html").read_text()
    assert call("export", "canvas", "grades.csv", "--students", "class.csv").output == "canvas.csv: 3 students\n"
    assert "Ada Lovelace,,ada,ada,,39.5" in (here / "canvas.csv").read_text()
    assert call("export", "gradescope", "grades.csv", "-o", "gs").exit_code == 0
    assert json.loads((here / "gs" / "ada" / "results.json").read_text())["score"] == 39.5
    assert "3 submissions, 0 pairs" in call("similarity", "grades.csv", "-o", "alike.html").output


def test_a_chinese_notebook_is_checked_in_chinese(here: Path) -> None:
    """Labels, hints and what stands around them are in the notebook's language; afterwards English is spoken again."""
    assert call("release", "etcd", "--language", "zh", "-o", "in").exit_code == 0
    path = here / "in" / "everyone" / "etcd.ipynb"
    data = json.loads(path.read_text())
    for cell in data["cells"]:
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == "q1":
            cell["source"] = "def numbers(lines):\n    return {}"
    path.write_text(json.dumps(data))
    said = call("check", str(path), "q1").output
    assert "每次 put 都是一个修订号: numbers(['put " in said
    assert "给出 {}，应为 {" in said
    assert "提示：整个存储共用一个数，而不是每个键一个" in said
    assert "批改时还会运行更多检查。" in said
    assert call("check", str(path), "q2a").output.endswith("尚未作答\n批改时还会运行更多检查。\n")
    assert language() == "en"


def test_one_version_for_all(here: Path) -> None:
    """Without a class list there is one notebook, which everybody hands in under their own name."""
    assert call("release", "etcd").exit_code == 0
    answer(here / "release" / "everyone" / "etcd.ipynb")
    (here / "in").mkdir()
    for student in ("ada", "bob"):
        (here / "in" / f"{student}.ipynb").write_bytes((here / "release" / "everyone" / "etcd.ipynb").read_bytes())
    said = call("grade", "in", "--one-for-all", "--workers", "1", *WALLS)
    assert "2 submissions (2 graded), 0 kept from before, mean 36.0 points" in said.output
    assert "look at" not in said.output


def test_extensions_stand_in_the_class_list(here: Path) -> None:
    """Who has another date in the column `due` is late only after that; nbgrader's folders and time stamps are understood."""
    (here / "class.csv").write_text("student,due\nada,2026-12-10\nbob,\n")
    call("release", "etcd", "--students", "class.csv", "-o", "out")
    for student in ("ada", "bob"):
        answer(here / "out" / student / "etcd.ipynb")
        (here / "in" / student).mkdir(parents=True)
        (here / "out" / student).rename(here / "in" / student / "etcd")
        (here / "in" / student / "etcd" / "timestamp.txt").write_text("2026-12-05 12:00:00 UTC\n")
    late = ("--due", "2026-12-01", "--late-per-day", "10", "--late-at-least", "50")
    assert call("grade", "in", "--students", "class.csv", "--workers", "1", *late, *WALLS).exit_code == 0
    assert {row["student"]: (row["points"], row["late"]) for row in rows(here / "grades.csv")} == {
        "ada": ("36.0", ""), "bob": ("21.6", "84.0 h, 60%"),
    }  # fmt: skip


def test_a_cluster_that_does_not_answer_is_told(here: Path) -> None:
    """An address at which no scheduler listens ends the command with a sentence, before anything is graded."""
    pytest.importorskip("distributed", reason="Dask is not installed: pip install 'k8sedu[cluster]'")
    call("release", "etcd", "--student", "ada", "-o", "in")
    done = call("grade", "in", "--dask", "nonsense")
    assert done.exit_code == 1
    assert "no Dask scheduler answers at 'nonsense'" in done.output


def test_check_tells_what_is_left(here: Path) -> None:
    """A student sees in one line per question what does not hold yet, and for a wrong answer the hint."""
    call("release", "etcd", "--student", "ada", "-o", "mine")
    path = here / "mine" / "ada" / "etcd.ipynb"
    assert "1. Revision and version (8 points): is not answered yet" in call("check", str(path)).output
    path.write_text(path.read_text().replace("def numbers(lines):\\n", "def numbers(lines):\\n    return {}\\n"))
    said = call("check", str(path), "q1").output
    assert "0 of 1 checks hold" in said
    assert "Hint: one number for the whole store" in said
    assert call("check", str(path), "q77").exit_code == 2


@pytest.mark.parametrize(
    ("words", "code", "reason"),
    [
        (("release", "nothing"), 1, "there is no file and no assignment 'nothing'"),
        (("release", "class.csv"), 1, "broken JSON"),
        (("grade", "nowhere"), 2, "does not exist"),
        (("grade", "empty"), 1, "no submission says which assignment it is"),
        (("grade", "empty", "--assignment", "etcd"), 1, "course.secret cannot be read"),
        (("grade", "empty", "--assignment", "etcd", "--due", "soon"), 1, "cannot be read|expected a form such as"),
        (("feedback", "grades.csv"), 1, "is no folder"),
        (("export", "canvas", "grades.csv"), 1, "is no folder"),
        (("export", "excel", "grades.csv"), 2, "is not one of"),
        (("manual", "out", "grades.csv"), 1, "is no folder"),
        (("check", "class.csv"), 1, "broken JSON"),
    ],
)
def test_a_call_at_fault_is_told_in_a_sentence(here: Path, words: tuple[str, ...], code: int, reason: str) -> None:
    """Wrong files end with 1, wrong words with 2, and a sentence without a traceback."""
    (here / "empty").mkdir()
    said = call(*words)
    assert said.exit_code == code
    assert any(part in said.output for part in reason.split("|"))
    assert "Traceback" not in said.output


def test_an_assignment_can_be_checked_alone(here: Path) -> None:
    """`release --check` says what an assignment is worth and writes nothing."""
    said = call("release", "raft", "--check")
    assert said.output.startswith("raft: 10 questions, 60 points, edition ")
    assert not (here / "release").exists()


@pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to do without")
def test_without_a_sandbox_every_result_is_marked(here: Path) -> None:
    """`--unsandboxed` grades, and says so in every row and on every page."""
    call("release", "etcd", "--student", "ada", "-o", "in")
    assert call("grade", "in", "--unsandboxed", "--workers", "1").exit_code == 0
    (row,) = rows(here / "grades.csv")
    assert row["sandboxed"] == "NO"
    call("feedback", "grades.csv")
    assert "Graded without a sandbox." in (here / "feedback" / "ada.html").read_text()

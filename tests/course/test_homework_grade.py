"""Laws of grading a class: nothing a student hands in stops it, and nothing that breaks in the middle loses anything."""

from __future__ import annotations

import csv
import io
import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.homework import grade, marking
from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.late import LateError, LatePolicy, read_date
from k8sedu.course.homework.marking import Settings, mark_task
from k8sedu.course.homework.results import ResultError, Store
from k8sedu.course.homework.roster import RosterError, Student, read_roster, submissions
from k8sedu.course.homework.seeds import seed

SECRET = b"a secret for the tests"
SETTINGS = Settings(SECRET, unsandboxed=not has_sandbox())


class Inline(Executor):
    """Does the work in this very process, so that a test may look over its shoulder."""

    def __init__(self, before: Callable[[Any], None] = lambda _: None) -> None:
        self.before = before

    def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Do it at once."""
        future: Future[Any] = Future()
        self.before(args[0])
        future.set_result(fn(*args, **kwargs))
        return future


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a class hands in."""
    (tmp_path / "in").mkdir()
    return tmp_path / "in"


def put(classroom: Any, folder: Path, student: str, answers: dict[str, str] | None = None) -> Path:
    """Hand in: the reference's answers, some of them replaced."""
    given = classroom.hand_in({**classroom.reference, **(answers or {})}, student=student, seed=seed(SECRET, "etcd", student))
    path = folder / student / "etcd.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(given.content)
    return path


def graded(classroom: Any, folder: Path, **options: Any) -> Any:
    """Grade the folder."""
    settings = options.pop("settings", SETTINGS)
    found = submissions(folder, assignment="etcd", students=options.pop("students", ()))
    options.setdefault("executor", Inline())
    return grade.grade(classroom.assignment, found, Store(folder.parent / "results"), settings, **options)


def points(found: Any) -> dict[str, float]:
    """Student → points by checks."""
    return {result.student: result.points for result in found.results}


def test_a_bad_submission_never_stops_the_class(etcd_class: Any, folder: Path) -> None:
    """Broken, empty, huge, foreign, linked and missing files each get a sentence; the others get their points."""
    put(etcd_class, folder, "good")
    (folder / "broken.ipynb").write_text('{"cells": [')
    (folder / "empty.ipynb").write_bytes(b"")
    with (folder / "huge.ipynb").open("wb") as huge:
        huge.truncate(50_000_000)
    (folder / "ruby.ipynb").write_text(json.dumps({"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "ruby"}}}))
    (folder / "link.ipynb").symlink_to("/etc/passwd")
    (folder / "linked").symlink_to(folder / "good")
    (folder / "two").mkdir()
    for name in ("a", "b"):
        (folder / "two" / f"{name}.ipynb").write_text("{}")
    (folder / "photo").mkdir()
    (folder / "photo" / "me.png").write_bytes(b"PNG")
    os.mkfifo(folder / "pipe.ipynb")
    names = ("good", "broken", "empty", "huge", "ruby", "link", "linked", "two", "photo", "pipe", "gone")
    found = graded(etcd_class, folder, students=tuple(map(Student, names)))
    told = {result.student: (result.status, "".join(result.notes)) for result in found.results}
    assert points(found)["good"] == 36
    assert {student: status for student, (status, _) in told.items() if status != "refused"} == {"good": "graded", "gone": "missing"}
    words = {"broken": "broken JSON", "empty": "is empty", "huge": "50 MB", "ruby": "ruby", "link": "symbolic link"}
    words |= {"linked": "symbolic link", "two": "2 notebooks", "photo": "no notebook", "pipe": "no ordinary file"}
    for student, word in words.items():
        assert word in told[student][1], student


def edited(path: Path, change: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Change the cells of a notebook file."""
    data = json.loads(path.read_text())
    change(data["cells"])
    path.write_text(json.dumps(data))


def named(cells: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The cell with a grade_id."""
    return next(cell for cell in cells if cell["metadata"].get("nbgrader", {}).get("grade_id") == name)


def test_what_students_do_to_notebooks_costs_nothing(etcd_class: Any, folder: Path) -> None:
    """Moved, copied, retyped and edited cells, scratch cells that fail or take for ever, and lost metadata keep their points."""

    def scratch(source: str) -> dict[str, Any]:
        return {"cell_type": "code", "metadata": {}, "source": source, "outputs": []}

    edited(put(etcd_class, folder, "reversed"), lambda cells: cells.reverse())
    edited(put(etcd_class, folder, "copied"), lambda cells: cells.append(dict(named(cells, "q1"))))
    edited(put(etcd_class, folder, "tests"), lambda cells: named(cells, "q1-tests").update(source="earned('q1', 8)"))
    edited(put(etcd_class, folder, "gone"), lambda cells: [cells.remove(named(cells, name)) for name in ("setup", "q1-tests", "q3-tests")])
    edited(put(etcd_class, folder, "retyped"), lambda cells: named(cells, "q1").update(metadata={}))
    edited(put(etcd_class, folder, "scratch"), lambda cells: cells[3:3] == [] and cells.insert(3, scratch("while True:\n    pass")))
    edited(put(etcd_class, folder, "magic"), lambda cells: named(cells, "q1").update(
        source="%matplotlib inline\n!pip install x\n" + "".join(named(cells, "q1")["source"]) + "\nnumbers?"))  # fmt: skip
    helper = put(etcd_class, folder, "helper", {"q5": "watch_from = after(given['q5']['listed_at'])"})
    edited(helper, lambda cells: cells.insert(3, scratch("step = 1\ndef after(n):\n    return n + step")))
    edited(put(etcd_class, folder, "crashes"), lambda cells: cells.insert(3, scratch("1 / 0")))
    found = graded(etcd_class, folder)
    assert points(found) == dict.fromkeys(sorted(points(found)), 36)
    notes = {result.student: " ".join(result.notes) for result in found.results}
    assert "there 2 times" in notes["copied"]
    assert "were changed; the original ones were used" in notes["tests"]
    assert "the cell of q1 is missing" in notes["retyped"]


def test_an_answer_whose_cell_failed_is_told_from_no_answer(etcd_class: Any) -> None:
    """Who has an error above the function reads that the cell failed; who wrote nothing reads that it is not answered yet."""
    broken = etcd_class.mark({"q1": "import no_such_module\ndef numbers(lines):\n    return {}", "q5": "raise NotImplementedError()"})
    faults = {check.answer.partition("(")[0]: check.fault for question in broken.questions for check in question.checks if check.fault}
    assert faults["numbers"] == "does not exist, since the cell q1 did not run to its end"
    assert faults["watch_from"] == "is not answered yet"


def test_a_notebook_of_somebody_else_is_told(etcd_class: Any, folder: Path) -> None:
    """Who hands in a neighbour's notebook is graded with their own parameters, and the grader is told."""
    put(etcd_class, folder, "ada", {"q5": f"watch_from = {watched(etcd_class, 'ada')}"})
    (folder / "bob").mkdir()
    shutil.copy(folder / "ada" / "etcd.ipynb", folder / "bob" / "etcd.ipynb")
    ada, bob = graded(etcd_class, folder).results
    assert (ada.points, ada.flags) == (36, ())
    assert bob.points == 34
    assert "made for 'ada' and handed in by 'bob'" in bob.flags[0]


def watched(classroom: Any, student: str) -> int:
    """A student's right answer to the fifth task, as a plain number."""
    names = classroom.assignment.namespace(student=student, seed=seed(SECRET, "etcd", student))
    return int(names["given"]["q5"]["listed_at"]) + 1


def test_a_crash_in_the_middle_loses_nothing(etcd_class: Any, folder: Path) -> None:
    """When the grader dies after two of four, the next call keeps those two, grades the rest, and every mark is right."""
    for student in ("a", "b", "c", "d"):
        put(etcd_class, folder, student)
    seen: list[str] = []

    told: list[str] = []

    def dies_at_the_second(result: Any) -> None:
        told.append(result.student)
        if len(told) == 2:
            raise SystemError("the machine went down")

    with ThreadPoolExecutor(1) as pool, pytest.raises(SystemError):
        graded(etcd_class, folder, executor=pool, progress=dies_at_the_second)
    first = {result.student: result.graded for result in Store(folder.parent / "results").all()}
    assert sorted(first) == sorted(told)
    again = graded(etcd_class, folder, executor=Inline(lambda task: seen.append(task.student)))
    assert again.kept == len(first) == 2
    assert sorted([*seen, *first]) == ["a", "b", "c", "d"]
    assert points(again) == dict.fromkeys("abcd", 36)
    assert all(again.results["abcd".index(name)].graded == when for name, when in first.items())


def test_a_worker_that_dies_takes_nobody_along(etcd_class: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A submission that kills its worker process twice is marked as failed; all others are graded."""
    for student in ("a", "b", "killer"):
        put(etcd_class, folder, student)
    monkeypatch.setattr(grade, "mark_task", die_for_the_killer)
    found = graded(etcd_class, folder, executor=None, workers=2)
    assert points(found) == {"a": 36, "b": 36, "killer": 0}
    assert {result.student: result.status for result in found.results}["killer"] == "failed"
    assert "died twice" in found.results[2].flags[0]


def die_for_the_killer(task: Any) -> Any:
    """Mark a task, unless it is the one that takes the process down."""
    if task.student == "killer" and task.content is not None:
        os.kill(os.getpid(), 9)
    return mark_task(task)


def test_a_failing_judge_is_no_students_fault(etcd_class: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the grader itself fails over a submission, it is marked for a person, and grading again tries it again."""
    put(etcd_class, folder, "ada")
    with monkeypatch.context() as broken:
        broken.setattr(marking, "prepare", lambda *_, **__: 1 / 0)
        (result,) = graded(etcd_class, folder).results
    assert (result.status, result.points) == ("failed", 0)
    assert "ZeroDivisionError" in result.flags[0]
    (result,) = graded(etcd_class, folder).results
    assert (result.status, result.points) == ("graded", 36)


def test_only_what_changed_is_graded_again(etcd_class: Any, folder: Path) -> None:
    """A result is kept for the same file, edition, seed and rule; a new hand-in is graded, and the old result becomes history."""
    put(etcd_class, folder, "ada")
    put(etcd_class, folder, "bob")
    assert graded(etcd_class, folder).kept == 0
    assert graded(etcd_class, folder).kept == 2
    put(etcd_class, folder, "ada", {"q5": "watch_from = 1"})
    found = graded(etcd_class, folder)
    assert (found.kept, points(found)) == (1, {"ada": 34, "bob": 36})
    assert [old.points for old in Store(folder.parent / "results").history("ada")] == [36]
    assert graded(etcd_class, folder, settings=SETTINGS._replace(secret=b"another secret, as long")).kept == 0


def test_regrade_keeps_history(etcd_class: Any, folder: Path) -> None:
    """Marking everything again keeps what was there before, the newest first."""
    put(etcd_class, folder, "ada")
    first = graded(etcd_class, folder).results[0]
    assert graded(etcd_class, folder, regrade=True).kept == 0
    store = Store(folder.parent / "results")
    assert store.history("ada") == (first,)
    assert store.read("ada") is not None


def test_a_damaged_result_is_made_again(etcd_class: Any, folder: Path) -> None:
    """A result file that was cut off is no reason to stop: its submission is graded again."""
    put(etcd_class, folder, "ada")
    graded(etcd_class, folder)
    path = Store(folder.parent / "results").path("ada")
    path.write_text(path.read_text()[:100])
    with pytest.raises(ResultError, match="remove it, and the submission is graded again"):
        list(Store(folder.parent / "results").all())
    assert points(graded(etcd_class, folder)) == {"ada": 36}


def test_a_pool_of_processes_gives_the_same(etcd_class: Any, folder: Path) -> None:
    """Marks do not depend on where they were made."""
    for student in ("a", "b", "c"):
        put(etcd_class, folder, student, {"q5": "watch_from = 0"} if student == "b" else None)
    there = points(graded(etcd_class, folder, executor=None, workers=2))
    assert there == points(graded(etcd_class, folder, regrade=True)) == {"a": 36, "b": 34, "c": 36}


def test_a_cluster_gives_the_same(etcd_class: Any, folder: Path) -> None:
    """Dask's executor grades a class like any other."""
    distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'k8sedu[cluster]'")
    for student in ("a", "b"):
        put(etcd_class, folder, student)
    cluster = distributed.LocalCluster(n_workers=1, threads_per_worker=2, dashboard_address=None)
    with cluster, distributed.Client(cluster) as client:
        assert points(graded(etcd_class, folder, executor=client.get_executor())) == {"a": 36, "b": 36}


def test_threads_do_not_disturb_each_other(etcd_class: Any, folder: Path) -> None:
    """Marks are the same when one process is asked by several threads at once, as a worker of Dask is."""
    students = [f"s{number}" for number in range(12)]
    for student in students:
        put(etcd_class, folder, student)
    with ThreadPoolExecutor(4) as threads:
        assert points(graded(etcd_class, folder, executor=threads)) == dict.fromkeys(sorted(students), 36)


def test_late_work_counts_less(etcd_class: Any, folder: Path) -> None:
    """Points are cut by the rule; the raw points and the lateness stay visible."""
    put(etcd_class, folder, "ada")
    (folder / "ada" / "timestamp.txt").write_text("2026-12-02 20:00:00 UTC")
    policy = LatePolicy(read_date("2026-12-01T18:00+00:00"), per_day=10, at_least=50)
    (result,) = graded(etcd_class, folder, settings=SETTINGS._replace(policy=policy)).results
    assert (result.raw, result.points, result.late.factor) == (36, 28.8, 0.8)
    assert result.late.seconds == 26 * 3600


@pytest.mark.parametrize(
    ("submitted", "factor"),
    [("2026-12-01T18:00", 1), ("2026-12-01T18:14", 1), ("2026-12-01T18:16", 0.9), ("2026-12-02T17:59", 0.9), ("2026-12-02T18:01", 0.8),
     ("2026-12-05T12:00", 0.6), ("2027-12-01T18:00", 0.5)],
)  # fmt: skip
def test_every_started_day_costs_the_same(submitted: str, factor: float) -> None:
    """Within the grace time nothing is late; each started day costs its share; something is left in any case."""
    policy = LatePolicy(datetime(2026, 12, 1, 18, tzinfo=UTC), per_day=10, at_least=50, grace_minutes=15)
    assert policy.of(read_date(submitted)).factor == factor


def test_an_extension_is_kept() -> None:
    """A student with another date is late after that date."""
    policy = LatePolicy(read_date("2026-12-01"), per_day=50, extensions={"ada": read_date("2026-12-08")})
    assert [policy.of(read_date("2026-12-05"), student=name).factor for name in ("ada", "bob")] == [1, 0]


@pytest.mark.parametrize("policy", [LatePolicy(per_day=120), LatePolicy(at_least=-1), LatePolicy(datetime(2026, 1, 1))])
def test_a_rule_that_makes_no_sense_is_told(policy: LatePolicy) -> None:
    """Percentages out of range and dates without a zone are refused."""
    with pytest.raises(LateError):
        policy.checked()
    with pytest.raises(LateError, match="expected a form such as"):
        read_date("tomorrow")


def test_the_table_has_a_row_per_student(etcd_class: Any, folder: Path) -> None:
    """grades.csv tells points, state and every question, and no cell of it is a formula."""
    put(etcd_class, folder, "ada", {"q5": "1 / 0"})
    students = (Student("ada", "=cmd()"), Student("bob"))
    text = grade.table(graded(etcd_class, folder, students=students).results, students)
    ada, bob = csv.DictReader(io.StringIO(text))
    assert (ada["name"], ada["points"], ada["q1"], ada["q5"], ada["status"]) == ("'=cmd()", "34.0", "8.0", "0.0", "graded")
    assert "ZeroDivisionError" in ada["notes"]
    assert (bob["points"], bob["status"]) == ("0.0", "missing")
    assert ada["sandboxed"] == ("yes" if has_sandbox() else "NO")


@pytest.mark.parametrize(
    ("text", "reason"),
    [("", "none"), ("name\nada", "expected one called student"), ("student\na\na", "names 'a' again"), ("student\n../a", "is called")],
)
def test_a_class_list_that_is_none_is_told(tmp_path: Path, text: str, reason: str) -> None:
    """A class list without its column, with somebody twice or with a path in it is refused."""
    path = tmp_path / "class.csv"
    path.write_text(text)
    with pytest.raises(RosterError, match=reason):
        read_roster(path)


def test_three_layouts_are_understood(etcd_class: Any, tmp_path: Path) -> None:
    """`ada.ipynb`, `bob/etcd.ipynb` and nbgrader's `chen/etcd/etcd.ipynb`."""
    for place in ("ada.ipynb", "bob/etcd.ipynb", "chen/etcd/etcd.ipynb", "dara/other name.ipynb"):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_bytes(nb.to_text({}).encode())
    found = submissions(tmp_path, assignment="etcd")
    assert [one.student for one in found if one.path] == ["ada", "bob", "chen", "dara"]


def test_strange_names_and_texts_are_graded_like_others(etcd_class: Any, folder: Path) -> None:
    """Names that are no ids, half characters in answers, values and metadata, and two hand-ins of one name stop nobody."""
    put(etcd_class, folder, "@me!")
    put(etcd_class, folder, "张三")
    half = put(etcd_class, folder, "half", {"q5": "watch_from = chr(0xD800)"})
    edited(half, lambda cells: named(cells, "q5-why").update(source="never \ud800 mind"))
    put(etcd_class, folder, "huge", {"q5": "watch_from = 10 ** 4000", "q1": "def numbers(lines):\n    return {'a': 10 ** 5000}"})
    edited(put(etcd_class, folder, "odd"), lambda cells: cells[0].update(source="\udfff", metadata=["\udfff"]))
    put(etcd_class, folder, "twice")
    (folder / "twice.ipynb").write_bytes((folder / "twice" / "etcd.ipynb").read_bytes())
    found = graded(etcd_class, folder)
    assert points(found) == {"half": 34, "huge": 26, "odd": 36, "twice": 0, "x@me_": 36, "张三": 36}
    assert {result.student: result.status for result in found.results}["twice"] == "refused"
    assert grade.table(found.results).encode()
    assert graded(etcd_class, folder).kept == len(found.results)

"""Laws of the student's version: nothing hidden is left in it, and everybody has their own parameters."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import AssignmentError, assemble, load, rehearse
from k8sedu.course.homework.notebook import HIDDEN, REGIONS, SOLUTION, NotebookError, inside_region, region_lines
from k8sedu.course.homework.release import release, released
from k8sedu.course.homework.roster import RosterError
from k8sedu.course.homework.seeds import SecretError, read_secret, secret_at, seed
from k8sedu.course.homework.split import checks
from k8sedu.course.lessons import copy_lessons, home
from k8sedu.language import speaking

SOURCES = sorted((home() / "homework").rglob("*.ipynb"))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(home()).as_posix())
def test_the_assignment_is_sound(path: Path) -> None:
    """Every assignment of the course has metadata, tests, points and a reference that fit together."""
    assert rehearse(load(path)) == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.relative_to(home()).as_posix())
def test_nothing_hidden_is_left(path: Path) -> None:
    """No line of a solution, a rubric or a hidden test is in the student's file, in whatever place."""
    assignment = load(path)
    text = json.dumps(released(assignment, student="ada", seed=3), ensure_ascii=False)
    assert not any(mark in text for region in REGIONS for mark in (region.begin, region.end))
    seen = 0
    for cell in assignment.notebook.cells:
        for region in (SOLUTION, HIDDEN):
            for line in inside_region(cell.source, region).splitlines():
                if len(line.strip()) > 24:
                    seen += 1
                    assert json.dumps(line.strip(), ensure_ascii=False)[1:-1] not in text
    assert seen > 30


@pytest.mark.parametrize("name", sorted(path.name for path in SOURCES if path.parent.name != "zh"))
def test_both_languages_are_one_homework(name: str) -> None:
    """The Chinese notebook has the same cells, the same code and the same points; only prose differs, and every piece of it does."""
    english, chinese = (load(home() / "homework" / folder / name) for folder in ("", "zh"))
    for ours, theirs in zip(english.notebook.cells, chinese.notebook.cells, strict=True):
        assert ours._replace(source="") == theirs._replace(source="")
        if ours.purpose == "seed":
            assert ours.source.replace('"en"', '"zh"') == theirs.source != ours.source
        else:
            assert (ours.source == theirs.source) == (ours.kind == "code")
        if ours.is_manual:
            assert [item.points for item in english.rubric(ours)] == [item.points for item in chinese.rubric(theirs)]


@pytest.mark.parametrize("name", sorted(path.name for path in SOURCES if path.parent.name == "zh"))
def test_every_label_and_hint_is_in_both_languages(name: str) -> None:
    """What a check is about and what helps is Chinese in the Chinese notebook, English in the English one, hidden ones included."""
    told = {}
    for language, folder in (("en", ""), ("zh", "zh")):
        assignment = load(home() / "homework" / folder / name)
        with speaking(language):
            names = assignment.namespace(student="ada", seed=3)
            claims = [claim for found in assignment.splits.values() for claim in checks(found, names).claims]
        told[language] = [text for claim in claims for text in (claim.label, claim.hint) if text]
    assert all(re.search("[\u4e00-\u9fff]", text) or text in WORDS_OF_THE_SYSTEM for text in told["zh"])
    assert not any(re.search("[\u4e00-\u9fff]", text) for text in told["en"])
    assert len(told["en"]) == len(told["zh"])


WORDS_OF_THE_SYSTEM = {"then put …", "else get …", "version and create_revision", "None"}
"""What is not translated, since it is to be typed."""


def test_a_leak_is_refused(raft_class: Any) -> None:
    """A solution that stands also in an output or in metadata is found before anybody gets the file."""
    data = json.loads(raft_class.assignment.notebook.content)
    data["metadata"]["notes"] = "    return indexes == list(range(1, len(log) + 1)) and terms == sorted(terms)"
    leaky = assemble(nb.parse(json.dumps(data).encode()))
    with pytest.raises(AssignmentError, match="would be left in the student's version"):
        released(leaky, student="ada", seed=1)


def test_outputs_are_not_given_out(raft_class: Any) -> None:
    """What the instructor's run has printed does not reach students."""
    data = json.loads(raft_class.assignment.notebook.content)
    data["cells"][2]["outputs"] = [{"output_type": "stream", "name": "stdout", "text": "printed by the reference"}]
    text = json.dumps(released(assemble(nb.parse(json.dumps(data).encode())), student="ada", seed=1))
    assert "printed by the reference" not in text


def test_everybody_gets_their_own(raft_class: Any, tmp_path: Path) -> None:
    """A class gets one notebook each, with name and seed in it, the same again with the same secret."""
    secret = secret_at(tmp_path / "secret")
    kept = read_secret(tmp_path / "secret")
    first = [path.read_text() for path in release(raft_class.assignment, ["ada", "bob"], tmp_path / "a", secret=secret)]
    again = [path.read_text() for path in release(raft_class.assignment, ["ada", "bob"], tmp_path / "b", secret=kept)]
    assert first == again
    assert f'STUDENT, SEED, LANGUAGE = \\"ada\\", {seed(secret, "raft", "ada")}, \\"en\\"' in first[0]
    assert first[0] != first[1]


def test_a_students_name_stays_in_its_folder(raft_class: Any, tmp_path: Path) -> None:
    """A class list cannot make files elsewhere."""
    for name in ("../ada", "a/b", "", ".hidden", "a\nb"):
        with pytest.raises(RosterError):
            release(raft_class.assignment, [name], tmp_path, secret=b"x" * 16)
    assert list(tmp_path.iterdir()) == []


def test_a_secret_is_secret(tmp_path: Path) -> None:
    """A new secret is long and for its owner alone; one that can be guessed is refused."""
    path = tmp_path / "secret"
    assert len(secret_at(path)) == 64
    assert path.stat().st_mode & 0o077 == 0
    path.write_text("tiny")
    with pytest.raises(SecretError, match="expected at least 16"):
        secret_at(path)


def test_seeds_differ_and_stay() -> None:
    """Seeds depend on secret, assignment and student, and on nothing else; the first one is pinned."""
    known = {seed(secret, name, student) for secret in (b"a" * 16, b"b" * 16) for name in ("raft", "etcd") for student in ("ada", "bob")}
    assert len(known) == 8
    assert seed(b"k8sedu course secret", "raft", "ada") == seed(b"k8sedu course secret", "raft", "ada") < 2**53
    assert seed(b"k", "ra", "ftada") != seed(b"k", "raft", "ada")


def test_lessons_are_copied_without_homework(tmp_path: Path) -> None:
    """`k8sedu lab` lays lessons ready and never the instructor's homework with its solutions."""
    copy_lessons(home(), tmp_path / "copy")
    assert (tmp_path / "copy" / "00_map.ipynb").is_file()
    assert not (tmp_path / "copy" / "homework").exists()


def notebook_with(**cell: Any) -> bytes:
    """A notebook of one code cell."""
    whole = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "outputs": [], **cell}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [whole]}).encode()


def metadata(**switches: Any) -> dict[str, Any]:
    """A cell's metadata for nbgrader."""
    return {"nbgrader": {"schema_version": 3, "grade_id": "q1", "grade": False, "solution": False, "locked": False, **switches}}


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ({"source": "### BEGIN SOLUTION\nx = 1\n### END SOLUTION"}, "expected it only in cells that nbgrader's metadata calls a solution"),
        ({"source": "### BEGIN SOLUTION\nx = 1", "metadata": metadata(solution=True)}, "expected END SOLUTION after it"),
        ({"source": "### BEGIN SOLUTION\n### BEGIN SOLUTION", "metadata": metadata(solution=True)}, "stands again"),
        ({"source": "### END SOLUTION", "metadata": metadata(solution=True)}, "expected BEGIN SOLUTION before it"),
        ({"source": "### BEGIN HIDDEN TESTS\n### END HIDDEN TESTS", "metadata": metadata(solution=True)}, "only in cells of tests"),
        ({"metadata": metadata(grade=True, locked=True)}, "is graded with None points"),
        ({"metadata": metadata(grade=True, points=2)}, "a test that students can edit"),
        ({"metadata": metadata(grade=True, locked=True, points=2, schema_version=1)}, "has schema_version 1"),
        ({"metadata": metadata(grade=True, locked=True, points=2, grade_id="a b")}, "expected a name such as q1"),
        ({"metadata": metadata(grade=True, points=2), "cell_type": "markdown"}, "is Markdown that is graded or answered but not both"),
        ({"metadata": metadata(task=True), "cell_type": "markdown"}, "is a task cell"),
        ({}, "no cell has points"),
        ({"source": "assert len(f(2)) == 3", "metadata": metadata(grade=True, locked=True, points=2)}, "computes with an answer"),
    ],
)
def test_a_fault_of_an_assignment_is_told(cell: dict[str, Any], reason: str) -> None:
    """Whatever is wrong with an instructor's notebook is one sentence with the cell in it, before a term begins."""
    with pytest.raises(AssignmentError, match=reason):
        assemble(nb.parse(notebook_with(**cell)))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("check('a', lambda: nobody(1), 3)\nearned('q1', 2)", "which no answer binds"),
        ("x = 3", "checks nothing"),
        ("from k8sedu.course.homework import check\ncheck('a', lambda: nobody(1), 3)", "as its last line"),
        ("from k8sedu.course.homework import check, earned\ncheck('a', lambda: nobody(1), 3)\nearned('q1', 3)", "as its last line"),
        ("from k8sedu.course.homework import check, earned\ncheck('a', lambda: nobody(1), 3, weight=0)\nearned('q1', 2)", "checks nothing"),
    ],
)
def test_the_rehearsal_finds_what_the_metadata_do_not_show(source: str, reason: str) -> None:
    """Tests that give points for nothing, or other points than the metadata say, are found by running them without a student."""
    if "import" not in source and "check" in source:
        source = "from k8sedu.course.homework import check, earned\n" + source
    found = rehearse(assemble(nb.parse(notebook_with(source=source, metadata=metadata(grade=True, locked=True, points=2)))))
    assert any(reason in sentence for sentence in found)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"{broken", "broken JSON at line 1"),
        (b"\xff\xfe\x00", "not a text in UTF-8"),
        (b"[" * 100_000, "broken JSON"),
        (b'{"a": ' + b"9" * 10_000 + b"}", "broken JSON"),
        (b"[]", "no notebook of format 4"),
        (b'{"nbformat": 3, "worksheets": []}', "no notebook of format 4"),
        (b'{"nbformat": 4, "cells": 3}', "no notebook of format 4"),
        (b'{"nbformat": 4, "cells": [3]}', "cell 1 is of the kind"),
        (b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": 3}]}', "expected code, markdown or raw with a text"),
        (b'{"nbformat": 4, "cells": [], "metadata": {"kernelspec": {"language": "R"}}}', "written for the kernel 'R'"),
        (json.dumps({"nbformat": 4, "cells": [{"cell_type": "code", "source": ""}] * 1_001}).encode(), "1001 cells"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_notebook_is_told(content: bytes, reason: str) -> None:
    """Whatever somebody hands in is read, or refused with one sentence that names the file."""
    with pytest.raises(NotebookError, match=reason) as caught:
        nb.parse(content, name="ada.ipynb")
    assert str(caught.value).startswith("ada.ipynb")


def test_only_a_file_itself_is_read(tmp_path: Path) -> None:
    """A link, a folder and a file of 50 MB are refused before a byte of them is parsed."""
    (tmp_path / "secret.json").write_bytes(notebook_with())
    (tmp_path / "link.ipynb").symlink_to(tmp_path / "secret.json")
    (tmp_path / "folder.ipynb").mkdir()
    with (tmp_path / "large.ipynb").open("wb") as large:
        large.truncate(50_000_000)
    for name, reason in (("link", "a symbolic link"), ("folder", "no ordinary file"), ("large", "has 50 MB"), ("none", "cannot be opened")):
        with pytest.raises(NotebookError, match=reason):
            nb.read(tmp_path / f"{name}.ipynb")


def test_marks_of_regions_are_nbgraders() -> None:
    """A mark counts wherever it stands in its line, indented or behind other signs, as nbgrader has it."""
    assert list(region_lines("a\n  # ### BEGIN SOLUTION here\nb\n### END SOLUTION", SOLUTION)) == [range(2, 5)]

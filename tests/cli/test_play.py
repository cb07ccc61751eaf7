"""Laws of `k8sedu play`: every way to a film, and a sentence for every file that is none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from k8sedu.cli import main, play

SCENARIO = "system raft\nsize 3\nseed 7\nduration_ms 700\nat 400 crash n1\n"


@pytest.fixture(autouse=True)
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that a browser was asked to open; the test works in its own folder."""
    pages: list[str] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(play.webbrowser, "open", pages.append)
    return pages


def call(*words: str) -> Result:
    """Call the command."""
    return CliRunner().invoke(main, ["play", *words])


def test_a_scenario_becomes_a_page(opened: list[str]) -> None:
    """A scenario file is run, written beside the caller as HTML and opened."""
    Path("split.scenario").write_text(SCENARIO)
    result = call("split.scenario")
    assert result.exit_code == 0, result.output
    assert Path("split.html").read_text().startswith("<!doctype html>")
    assert opened == [Path("split.html").resolve().as_uri()]


def test_a_trace_and_its_scenario_are_the_same_film(opened: list[str]) -> None:
    """Playing the saved run shows what playing its scenario shows; --no-open leaves the browser alone."""
    Path("a.scenario").write_text(SCENARIO)
    play.run_of(Path("a.scenario")).save("a.jsonl")
    first, second = (json.loads(call(file, "--no-open", "--json", "-o", f"{file}.html").stdout) for file in ("a.scenario", "a.jsonl"))
    assert first["digest"] == second["digest"]
    assert Path("a.scenario.html").read_bytes() == Path("a.jsonl.html").read_bytes()
    assert opened == []


def test_a_part_of_a_system_plays_its_own_runs(opened: list[str]) -> None:
    """`system kube.scheduler` is the scheduler's scenario and film."""
    Path("gate.scenario").write_text("system kube.scheduler\nduration_ms 2000\nnode.n1 cpu=4\npod.web at_ms=500 cpu=1\n")
    result = call("gate.scenario", "--no-open", "--json")
    assert (result.exit_code, json.loads(result.stdout)["system"], opened) == (0, "kube.scheduler", [])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "wrong.file"),
        ('{"format": "something else"}\n', "wrong.file"),
        ("system raft\nsize 3\nat soon crash n1\n", "line 3"),
        ("system nosuch\nsize 3\n", "the system 'nosuch'"),
        ("system stage\nsize 3\n", "the system 'stage'"),
        ("system raft.log.more\nsize 3\n", "the system 'raft.log.more'"),
        ("system raft\nsize 3\nduration_ms 500\nat 100 crash n9\n", "n9"),
    ],
)
def test_a_wrong_file_is_one_sentence(text: str, sentence: str, opened: list[str]) -> None:
    """A file that is no run ends with 1 and a sentence that says where; no page is written."""
    Path("wrong.file").write_text(text)
    result = call("wrong.file")
    assert (result.exit_code, result.stdout, opened) == (1, "", [])
    assert result.stderr.startswith("Error: ")
    assert sentence in result.stderr
    assert not Path("wrong.html").exists()


@pytest.mark.parametrize("view", ["", "trees", "txn"])
def test_a_story_of_a_store_is_played(view: str, opened: list[str]) -> None:
    """A saved story of etcd's store is a film as well, of its trees or of its transactions; the page is the one that Python makes."""
    from k8sedu import etcd

    story = etcd.tell(["put a 1", "txn if mod a = 2 then put a 2 else get a"])
    story.save("story.jsonl")
    result = call("story.jsonl", "--no-open", *(["--view", view] if view else []))
    assert result.exit_code == 0, result.output
    assert Path("story.html").read_text() == etcd.views.play(story, view or None).to_html()  # type: ignore[arg-type]  # one of its views
    assert opened == []


@pytest.mark.parametrize("view", ["members", "member", "leases", "txn"])
def test_a_cluster_of_etcd_is_played(view: str) -> None:
    """Each view of a cluster's run can be asked for; the first one is shown without."""
    text = "system etcd\nsize 3\nseed 3\nduration_ms 6000\nclients.keepers 1\nclients.counters 1\n"
    Path("cluster.scenario").write_text(text)
    shown = call("cluster.scenario", "--no-open", "--view", view)
    assert shown.exit_code == 0, shown.output
    page = Path("cluster.html").read_text()
    assert call("cluster.scenario", "--no-open", "-o", "plain.html").exit_code == 0
    assert (page == Path("plain.html").read_text()) == (view == "members")


def test_a_view_that_there_is_not_is_told() -> None:
    """A view that a run does not have is the content's fault, 1; a view where there is a single one is the call's, 2."""
    Path("a.scenario").write_text(SCENARIO)
    assert call("a.scenario", "--no-open", "--view", "leases").exit_code == 2
    Path("b.scenario").write_text("system etcd\nsize 1\nduration_ms 100\n")
    result = call("b.scenario", "--no-open", "--view", "trees")
    assert result.exit_code == 1
    assert "expected one of members, member, leases, txn" in result.stderr

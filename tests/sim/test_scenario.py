from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.language import Words
from k8sedu.sim.faults import crash, partition, request
from k8sedu.sim.scenario import Scenario, ScenarioError, parse, read
from k8sedu.trace import Frozen

STORY = """\
# The majority elects a new leader.
system raft
title.en A leader alone
title.zh 孤立的 leader
size 5
loss 0.01   # one in a hundred
delay_ms 0.5, 6
rules election_restriction,
drift.n1 1.02

  at 900 partition n1 n2 | n3 n4 n5 until 2000
at 1500 request "x = # 4" to n3
at 0.5 crash n1
"""

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
names = st.from_regex(r"[a-z][a-z_]{0,6}", fullmatch=True).filter(lambda name: name not in {"at", "system", "title"})
items = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts
values = items | st.lists(items, max_size=3).map(tuple)
groups = st.dictionaries(names, values, min_size=1, max_size=3).map(Frozen)
scenarios = st.builds(
    Scenario,
    name=names,
    title=st.builds(Words, texts, texts),
    system=names,
    parameters=st.dictionaries(names, values | groups, max_size=4).map(Frozen),
    faults=st.lists(texts.map(lambda data: request(data, at_ms=1.5)), max_size=4).map(tuple),
)


def test_reads_every_kind_of_line() -> None:
    """A file with titles, values, lists, groups, comments and faults is read as written."""
    scenario = parse(STORY, where="raft-split.scenario")
    assert scenario.name == "raft-split"
    assert scenario.title == Words("A leader alone", "孤立的 leader")
    assert scenario.parameters == {
        "size": 5,
        "loss": 0.01,
        "delay_ms": (0.5, 6),
        "rules": ("election_restriction",),
        "drift": {"n1": 1.02},
    }
    assert scenario.faults == (
        partition("n1 n2 | n3 n4 n5", at_ms=900, until_ms=2000),
        request("x = # 4", at_ms=1500, node="n3"),
        crash("n1", at_ms=0.5),
    )


@given(scenarios)
def test_round_trip(scenario: Scenario) -> None:
    """Every scenario that can be written is read back equal, types of numbers included."""
    again = parse(scenario.format(), where=f"{scenario.name}.scenario")
    assert again == scenario
    assert repr(again) == repr(scenario)


def test_read_names_the_scenario_like_its_file(tmp_path: Path) -> None:
    """A scenario in a file is called like the file, and a byte order mark at its start does no harm."""
    path = tmp_path / "one.two.scenario"
    path.write_text("\ufeff" + STORY, encoding="utf-8")
    assert read(path) == parse(STORY, where="one.two.scenario")
    assert read(path).name == "one.two"


def test_one_title_serves_both_languages() -> None:
    """A scenario with one title shows it in both languages; without any, its title is empty."""
    assert parse("system raft\ntitle.zh 分区", where="a.scenario").title == Words("分区", "分区")
    assert parse("system raft", where="a.scenario").title == Words("", "")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("size 5", "t.scenario: no line says which system this is for, expected one like 'system raft'"),
        ("system raft\nsize", "t.scenario, line 2: 'size' is neither a parameter nor a fault, expected 'NAME VALUE' or 'at MS KIND …'"),
        ("system raft\nsize 3\nsize 5", "t.scenario, line 3: 'size' is said twice, expected one value"),
        ("drift 2\ndrift.n1 3", "t.scenario, line 2: 'drift.n1' is said twice, expected one value"),
        ("system raft\n\n# x\nat 9.1234 crash n1", "t.scenario, line 4: the time is '9.1234', expected milliseconds from 0 on"),
        ("at 9 crash", "t.scenario, line 1: 'at 9 crash': 'NAME' is missing, expected 'at MS crash NAME'"),
        ("at 9 crash n1 n2", "t.scenario, line 1: 'at 9 crash n1 n2': 'n2' is too much, expected 'at MS crash NAME'"),
        ("at 9 explode n1", "t.scenario, line 1: no fault is called 'explode', expected one of crash, restart"),
        ("delay 1,,2", "t.scenario, line 1: the value is '1,,2', expected texts or numbers with single commas"),
        ('rule "open', "t.scenario, line 1: the value is '\"open', expected texts or numbers with single commas"),
        ("system raft\ntitle Foo", "t.scenario: the title is 'Foo', expected 'title.en TEXT' and 'title.zh TEXT'"),
        ("system raft\ntitle.fr Foo", "t.scenario: the title is {'fr': 'Foo'}, expected 'title.en TEXT' and 'title.zh TEXT'"),
        ("5 5", "t.scenario, line 1: '5 5' is neither a parameter nor a fault"),
    ],
)
def test_a_wrong_line_is_named(text: str, sentence: str) -> None:
    """What is wrong in a scenario is told in one sentence with the file, the line and what was expected."""
    with pytest.raises(ScenarioError) as caught:
        parse(text, where="t.scenario")
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


def test_bytes_are_no_scenario(tmp_path: Path) -> None:
    """A file that is not text is refused in one sentence."""
    path = tmp_path / "picture.scenario"
    path.write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(ScenarioError, match=r"picture\.scenario is not a text in UTF-8, expected a scenario"):
        read(path)


@pytest.mark.parametrize(
    "parameters",
    [{"at": 1}, {"two words": 1}, {"x": float("inf")}, {"x": ((1,),)}, {"x": {"y": {"z": 1}}}, {"x": {}}],
)
def test_values_that_a_line_cannot_hold_are_refused(parameters: dict[str, object]) -> None:
    """A scenario never writes a file that would be read back differently."""
    scenario = Scenario("raft", Frozen(parameters))
    with pytest.raises(ScenarioError, match="expected"):
        scenario.format()

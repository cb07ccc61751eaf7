from __future__ import annotations

import math
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.yaml_form import YamlError, documents, line_of, plain_word, to_text

MEANINGS: dict[str, Any] = {
    "80": 80, "-7": -7, "+7": 7, "0": 0, "0644": 420, "0o17": 15, "0b101": 5, "0x1F": 31, "1_000": 1000, "08": 8.0, "1.": 1.0, ".5": 0.5,
    "1e3": 1000.0, "1E-2": 0.01, "true": True, "True": True, "on": True, "y": True, "NO": False, "tRue": "tRue", "~": None, "": None,
    "1:30": "1:30", "2026-01-01": "2026-01-01", "1.2.3": "1.2.3", "1Gi": "1Gi", "0x": "0x", ".inf": math.inf, "-": "-", "_1": "_1",
}  # fmt: skip


@pytest.mark.parametrize(("word", "meaning"), MEANINGS.items())
def test_plain_words(word: str, meaning: Any) -> None:
    """A word without quotes means what kubectl's parser takes it for."""
    found = plain_word(word)
    assert (type(found), found) == (type(meaning), meaning)


def test_quotes_and_tags() -> None:
    """Quoted is a text; a tag has the last word."""
    text = "a: '1'\nb: \"on\"\nc: !!str 1\nd: !!int '1'\ne: |\n  1\n1: one\ntrue: t\n"
    assert next(documents(text)).value == {"a": "1", "b": "on", "c": "1", "d": 1, "e": "1\n", "1": "one", "true": "t"}


def test_anchors() -> None:
    """What is anchored once may be used again, alone or merged into a mapping whose own keys win."""
    text = "base: &b {x: 1, w: 2}\nsame: *b\nmore: {<<: *b, w: 3}\nboth: {<<: [*b, {x: 5, z: 6}]}\n"
    assert next(documents(text)).value == {
        "base": {"x": 1, "w": 2}, "same": {"x": 1, "w": 2}, "more": {"x": 1, "w": 3}, "both": {"x": 1, "w": 2, "z": 6},
    }  # fmt: skip


LAUGHS = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n" + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
WRONG = [
    ("a: 1\na: 2\n", 2, "stands twice"), ("a: [1\nb: 2\n", 2, "no YAML"), ("a:\n\t- 1\n", 2, "no YAML"), ("a: \0", 1, "may not be there"),
    ("x: 1\na: &a [*a]\n", 2, "without end"), (LAUGHS, None, "without end"), ("? [1]\n: 2\n", 1, "a key that is a list"),
    ("a: !!binary aGk=\n", 1, "a binary value"), ("a: 1\nb: {<<: 3}\n", 2, "<< is followed"), ("a: *b\n", 1, "no YAML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "problem"), WRONG, ids=[problem for _, _, problem in WRONG])
def test_wrong_yaml(text: str, line: int | None, problem: str) -> None:
    """What is no YAML, or no finite one, is told with its line, and at once."""
    with pytest.raises(YamlError, match=problem) as error:
        list(documents(text))
    assert line in {None, error.value.line}


def test_lines() -> None:
    """The line of a part is told, also behind dots, anchors and lists; of what is missing, the line of what holds it."""
    node = next(documents("metadata:\n  labels:\n    a.b/c: &x\n      1\n    d: *x\nspec:\n- {a: 1}\n- b:\n  - 2\n")).node
    paths = {"metadata.labels.a.b/c": 3, "spec[1].b[0]": 9, "spec[0].a": 7, "spec[7].a": 7, "metadata.name": 2, "": 1}
    assert {path: line_of(node, path) for path in paths} == paths


data = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S", "Zs"))),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc:-. 1", min_size=1, max_size=4), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1, max_size=3), data, max_size=3) | st.sampled_from([[], [["1e3"]]]))
def test_what_is_written_is_read_again(value: Any) -> None:
    """Plain data comes back from its text, here and in a parser of YAML 1.1 that knows nothing of us."""
    text = to_text(value)
    assert [found.value for found in documents(text)] == ([value] if value is not None else [])
    assert yaml.safe_load(text) == value


@pytest.mark.parametrize("word", [*MEANINGS, "a: b", "#x", "two\nlines", "tail\n", "*a", " x ", "图"])
def test_a_text_stays_a_text(word: str) -> None:
    """Whatever a text looks like, it is quoted so that it is read as a text."""
    assert next(documents(to_text({"a": word}))).value == {"a": word}

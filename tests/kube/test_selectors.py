from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube import selectors
from k8sedu.kube.objects import LabelSelector
from k8sedu.kube.selectors import EVERYTHING, NOTHING, FieldCondition, Requirement, Selector, SelectorError, parse, parse_fields


def groups(path: Path) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = json.loads(path.read_text(encoding="utf-8"))["groups"]
    return found


@pytest.mark.conformance("k8s/selectors.json")
def test_selectors_as_text(conformance_path: Path) -> None:
    """Each text matches the labels that the real parser says it matches."""
    cases = groups(conformance_path)["string_selectors"]
    wrong = [case for case in cases if parse(case["selector"]).matches(case["labels"]) != case["match"]]
    assert wrong == []


@pytest.mark.conformance("k8s/selectors.json")
def test_expressions(conformance_path: Path) -> None:
    """Each list of conditions matches what the real one matches."""
    for case in groups(conformance_path)["expressions"]:
        found = Selector(tuple(Requirement(key, operator, tuple(values)) for key, operator, values in case["exprs"]))
        assert found.matches(case["labels"]) == case["match"], case


@pytest.mark.conformance("k8s/selectors.json")
def test_which_conditions_make_sense(conformance_path: Path) -> None:
    """A condition is refused where the real one is, and else is not."""
    for case in groups(conformance_path)["requirement_validity"]:
        assert accepted(lambda case=case: selectors.requirement(case["key"], case["op"], tuple(case["values"]))) == case["valid"], case


@pytest.mark.conformance("k8s/selectors.json")
def test_which_texts_are_selectors(conformance_path: Path) -> None:
    """A text is refused where the real parser refuses it."""
    for case in groups(conformance_path)["parse"]:
        assert accepted(lambda case=case: parse(case["text"])) == case["valid"], case


def accepted(make: Any) -> bool:
    try:
        make()
    except SelectorError as error:
        return "expected" not in str(error) and "must" not in str(error)
    return True


WRONG = ["x=a||y=b", "x==a==b", "!x=a", "x<a", "x in a", "x in (a", "=a", ",", "x,", "x y", "x in (a) b", "a=(b)", "-x=1", "x@=1"]


@pytest.mark.parametrize("text", WRONG)
def test_refuses(text: str) -> None:
    """What is no selector is told in one sentence."""
    assert not accepted(lambda: parse(text))


def test_empty_and_none() -> None:
    """No selector selects nothing, an empty one everything; a Service without one selects nothing."""
    assert not selectors.of(None).matches({})
    assert selectors.of(LabelSelector()).matches({"a": "b"})
    assert not selectors.of_labels({}).matches({})
    assert selectors.of_labels({"a": "b"}).matches({"a": "b", "c": ""})
    assert (selectors.of(None), selectors.of(LabelSelector())) == (NOTHING, EVERYTHING)


words = st.sampled_from(["a", "b", "in", "notin", "x.y/z", "1", "7"])
values = st.lists(words, min_size=1, max_size=3, unique=True)
conditions = st.one_of(
    st.builds(Requirement, words, st.sampled_from(["In", "NotIn"]), values.map(lambda found: tuple(sorted(found)))),
    st.builds(Requirement, words, st.sampled_from(["Exists", "DoesNotExist"]), st.just(())),
    st.builds(Requirement, words, st.sampled_from(["Gt", "Lt"]), st.sampled_from([("1",), ("5",)])),
).filter(lambda found: "/" not in "".join(found.values))


@given(st.lists(conditions, max_size=4), st.dictionaries(words, st.sampled_from(["a", "1", "7", "in"]), max_size=3))
def test_text_means_what_it_was_made_from(found: list[Requirement], labels: dict[str, str]) -> None:
    """Writing a selector as text and reading it again gives the same conditions and matches."""
    selector = Selector(tuple(found))
    again = parse(str(selector))
    assert sorted(again.requirements) == sorted(found)
    assert again.matches(labels) == selector.matches(labels)


def test_fields() -> None:
    """Fields are compared for equality only, and a backslash takes a sign's meaning away."""
    assert parse_fields(r"metadata.name=a\,b,spec.nodeName!=,x==y") == (
        FieldCondition("metadata.name", "a,b", equal=True),
        FieldCondition("spec.nodeName", "", equal=False),
        FieldCondition("x", "y", equal=True),
    )
    with pytest.raises(SelectorError, match="expected field=value"):
        parse_fields("metadata.name")

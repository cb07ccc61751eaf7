from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.trace import DifferenceError, Frozen, difference, freeze, patch

leaves = st.none() | st.booleans() | st.integers(-2, 2) | st.sampled_from([0.0, 1.0, 2.5]) | st.sampled_from(["", "a", "b"])
keys = st.sampled_from("abcd")
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=4).map(tuple) | st.dictionaries(keys, inner, max_size=4).map(Frozen),
    max_leaves=20,
)


def exactly(value: Any) -> str:
    """A text that differs where values differ, also in the type of a number and in the order of keys."""
    return json.dumps(value)


@given(trees, trees)
def test_patching_a_difference_gives_the_new_value(old: Any, new: Any) -> None:
    """Old value and difference give the new value, with its number types and its order of keys, also by way of a file."""
    changes = difference(old, new)
    read = json.loads(json.dumps(changes))
    assert exactly(patch(old, changes)) == exactly(new)
    assert patch(old, read) == freeze(new)
    assert exactly(patch(old, read)) == exactly(new)


@given(trees)
def test_nothing_changed_is_empty(value: Any) -> None:
    """The difference of a value to itself, or to an equal copy, is {}."""
    assert difference(value, value) == {}
    assert difference(value, freeze(json.loads(json.dumps(value)))) == {}


@given(st.dictionaries(keys, trees, min_size=1).map(Frozen), trees)
def test_patch_shares_what_did_not_change(old: Frozen, value: Any) -> None:
    """Branches that a difference does not mention are the very objects of the old value."""
    key = next(iter(old))
    new = patch(old, difference(old, old.evolve(**{key: value})))
    assert all(new[other] is old[other] for other in old if other != key)


def test_shared_branches_are_not_looked_into() -> None:
    """A difference costs nothing where old and new are one object, however much is in it."""

    class Untouchable(dict[str, Any]):
        def __iter__(self) -> Any:
            raise AssertionError("looked into a shared branch")

        keys = items = values = __iter__  # type: ignore[assignment]

    shared = Untouchable(x=1)
    assert difference(Frozen(a=shared, b=1), Frozen(a=shared, b=2)) == {"b": [2]}


def test_a_growing_log_costs_its_new_entries() -> None:
    """Of a sequence that grows, only the tail is written; of one that is cut and grows, what follows the cut."""
    log = tuple((1, index, "x") for index in range(1, 1001))
    assert difference(log, (*log, (2, 1001, "y"))) == [1000, ((2, 1001, "y"),)]
    assert difference(log, (*log[:998], (2, 999, "y"))) == [998, ((2, 999, "y"),)]
    assert difference(log, log[:999]) == [999, ()]


@pytest.mark.parametrize(
    ("old", "changes"),
    [
        (Frozen(a=1), {"b": []}),
        (Frozen(a=1), {"a": {"b": [1]}}),
        (Frozen(), {"b": {"c": [1]}}),
        (("a",), [2, ["b"]]),
        (("a",), [-1, ["b"]]),
        (("a",), [1, "b"]),
        (Frozen(), [0, []]),
        (Frozen(), [1, 2, 3]),
        (Frozen(), []),
        (Frozen(), 7),
    ],
)
def test_a_difference_that_does_not_fit_is_refused(old: Any, changes: Any) -> None:
    """A difference to another value, or no difference at all, is refused and not half applied."""
    with pytest.raises(DifferenceError, match="expected"):
        patch(old, changes)

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.trace import Frozen, freeze

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=3)
trees = st.recursive(leaves, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4))
mappings = st.dictionaries(st.text(max_size=3), trees, max_size=4)


@given(mappings)
def test_equals_the_mapping_it_was_made_of(plain: dict[str, Any]) -> None:
    """A frozen mapping equals the dict it was made of, has its order, and hashes like its equals whatever their order."""
    frozen = freeze(plain)
    turned = Frozen(dict(reversed(frozen.items())))
    assert Frozen(plain) == plain
    assert list(frozen) == list(plain)
    assert (frozen, hash(frozen)) == (turned, hash(turned))


@given(mappings)
def test_survives_copies_and_pickles(plain: dict[str, Any]) -> None:
    """A frozen mapping goes to another process and comes back equal and frozen; copying it gives the same object."""
    frozen = freeze(plain)
    again = pickle.loads(pickle.dumps(frozen))
    assert again == frozen
    assert type(again) is Frozen
    assert copy.copy(frozen) is copy.deepcopy(frozen) is frozen.copy() is frozen


def change_attribute(frozen: Any) -> None:
    """Assign to an attribute."""
    frozen.a = 2


def delete_attribute(frozen: Any) -> None:
    """Delete an attribute."""
    del frozen.a


def merge_in_place(frozen: Any) -> None:
    """Merge another mapping into this one."""
    frozen |= {"b": 1}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda frozen: frozen.__setitem__("a", 2),
        lambda frozen: frozen.__delitem__("a"),
        lambda frozen: frozen.pop("a"),
        lambda frozen: frozen.popitem(),
        lambda frozen: frozen.clear(),
        lambda frozen: frozen.update(a=2),
        lambda frozen: frozen.setdefault("b", 2),
        change_attribute,
        delete_attribute,
        merge_in_place,
    ],
)
def test_never_changes(attempt: Callable[[Any], object]) -> None:
    """Every way to change a dict in place is closed, and the sentence says what to do instead."""
    frozen = Frozen(a=1)
    with pytest.raises(TypeError, match=r"a Frozen never changes; \.evolve\(\.\.\.\) makes a changed one"):
        attempt(frozen)
    assert frozen == {"a": 1}


def test_values_are_attributes() -> None:
    """A key is an attribute; one that is missing is named together with those that are there."""
    assert Frozen(nodes=Frozen(n1=Frozen(term=3))).nodes.n1.term == 3
    with pytest.raises(AttributeError, match="no key 'trem' here; the keys are: term, role"):
        _ = Frozen(term=3, role="leader").trem
    assert not hasattr(Frozen(), "x")


@given(mappings, mappings)
def test_changed_ones_share_the_rest(plain: dict[str, Any], changes: dict[str, Any]) -> None:
    """`evolve` is a merge and `without` a removal; both keep the very objects that they do not touch."""
    frozen = Frozen(plain)
    changes = {key: value for key, value in changes.items() if key != "self"}
    evolved, reduced = frozen.evolve(**changes), frozen.without(*changes)
    assert evolved == {**plain, **changes}
    assert reduced == {key: value for key, value in plain.items() if key not in changes}
    assert all(reduced[key] is plain[key] is evolved[key] for key in reduced)
    assert frozen == plain


class Entry(NamedTuple):
    """A row with names, as a core has them."""

    term: int


def test_freeze_goes_all_the_way_down() -> None:
    """Lists become tuples and dicts frozen at every depth; named tuples stay what they are."""
    frozen = freeze({"a": [1, {"b": [2]}], "c": (Entry(1), [3])})
    assert frozen == Frozen(a=(1, Frozen(b=(2,))), c=(Entry(1), (3,)))
    assert type(frozen.a[1]) is Frozen
    assert type(frozen.c[0]) is Entry
    hash(frozen)


def test_shown_shortly() -> None:
    """However much is in a frozen mapping, it is shown on one line that a person can read."""
    assert repr(Frozen(a=1, b="x")) == "Frozen(a=1, b='x')"
    frame = Frozen({f"n{number}": Frozen(log=tuple(range(1000))) for number in range(100)})
    assert repr(frame).endswith(", …)")
    assert len(repr(frame)) < 1000

"""Mappings that never change: what the steps of a run are made of.

A step's frame is a tree of these. The next frame shares every branch in which nothing happened, which costs nothing and is safe just
because nobody can change a branch.

Left out: sets and bytes. What is in a frame has to be readable from a text file, so it is None, a bool, a number, a text, a tuple
or a `Frozen`.
"""

from __future__ import annotations

from typing import Any, NoReturn


class Frozen(dict[str, Any]):
    """A mapping that cannot change; its values can also be read as attributes.

    It is a `dict` underneath, because a run makes millions of them and nothing in Python is built faster; only the ways to
    change it are closed. The values are not copied and not frozen: put tuples and other `Frozen`s in, or call `freeze`. A key that
    is also the name of a `dict` method (`"items"`, `"keys"`) is reached with brackets only.

    >>> node = Frozen(role="follower", term=3)
    >>> node.role, node["term"]
    ('follower', 3)
    >>> node.evolve(role="leader")
    Frozen(role='leader', term=3)
    >>> node == {"role": "follower", "term": 3}
    True
    >>> node.term = 4
    Traceback (most recent call last):
    TypeError: a Frozen never changes; .evolve(...) makes a changed one
    """

    __slots__ = ()

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise TypeError("a Frozen never changes; .evolve(...) makes a changed one")

    __setitem__ = __delitem__ = __ior__ = __setattr__ = __delattr__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(f"no key {name!r} here; the keys are: {', '.join(map(str, self)) or 'none'}") from None

    def __hash__(self) -> int:  # type: ignore[override]  # a dict has no hash because it can change; this one cannot
        return hash(frozenset(self.items()))

    def __reduce__(self) -> tuple[type[Frozen], tuple[dict[str, Any]]]:
        return Frozen, (dict(self),)

    def __copy__(self) -> Frozen:
        return self

    def __deepcopy__(self, memo: object) -> Frozen:
        return self

    def copy(self) -> Frozen:
        """The same object: there is nothing that a copy could protect."""
        return self

    def evolve(self, **changes: Any) -> Frozen:
        """A new mapping with these values changed or added; the rest is shared."""
        return Frozen(self, **changes)

    def without(self, *keys: str) -> Frozen:
        """A new mapping that lacks these keys, whether they were there or not; the rest is shared."""
        return Frozen({key: value for key, value in self.items() if key not in keys})

    def __repr__(self) -> str:
        shown = [f"{key}={short(value)}" for key, value in list(self.items())[:12]]
        return f"Frozen({', '.join(shown)}{', …' if len(self) > 12 else ''})"


def freeze(value: Any) -> Any:
    """The same value with every list a tuple and every mapping a `Frozen`, all the way down; O(size of the value).

    >>> freeze({"log": [[1, 1, "x=4"]]})
    Frozen(log=((1, 1, 'x=4'),))
    """
    if isinstance(value, dict):
        return Frozen({key: freeze(inner) for key, inner in value.items()})
    if isinstance(value, list) or type(value) is tuple:
        return tuple(map(freeze, value))
    return value


def short(value: object) -> str:
    """A value as one short text: for tables, and for what is inside a `Frozen` that is shown."""
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"

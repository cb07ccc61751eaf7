"""What changed between two frozen values, as data that fits into a line of JSON.

A frame of a group of five has some hundred values, of which a step changes five. `difference` finds those, and it is fast because it
trusts identity: a branch that is the same object is not looked into. A difference is

- `{}`: nothing changed
- `{key: difference, …}`: a mapping in which these keys changed; `[]` instead of a difference says that the key is gone
- `[value]`: another value stands here now
- `[keep, tail]`: a sequence that keeps its first `keep` items and goes on with `tail`, the usual life of a log

Left out: items that move or change in the middle of a sequence; all from there on is written again. And since JSON has one kind of
sequence, lists and tuples count as the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.trace.frozen import Frozen, freeze

Difference = dict[str, Any] | list[Any]


class DifferenceError(K8sEduError, ValueError):
    """A difference that does not fit the value it is applied to."""


def difference(old: Any, new: Any) -> Difference:
    """What has to be done to the old value to get the new one; O(what is not shared).

    >>> old = Frozen(role="candidate", term=3, log=("a", "b"))
    >>> difference(old, old.evolve(role="leader", log=("a", "b", "c")))
    {'role': ['leader'], 'log': [2, ('c',)]}
    """
    if old is new:
        return {}
    if isinstance(old, dict) and isinstance(new, dict):
        return _of_mappings(old, new)
    if isinstance(old, list | tuple) and isinstance(new, list | tuple):
        return _of_sequences(old, new)
    return {} if type(old) is type(new) and old == new else [new]


def patch(old: Any, changes: Difference) -> Any:
    """The new value: what `difference` compared the old one with. Unchanged branches are shared with the old value.

    >>> patch(Frozen(role="candidate", votes=3), {"role": ["leader"], "votes": []})
    Frozen(role='leader')

    Raises:
        DifferenceError: the difference was made from another value, or is none.
    """
    match changes:
        case {}:
            return _patched(old, changes) if changes else old
        case [value]:
            return freeze(value)
        case [int(keep), (list() | tuple()) as tail] if isinstance(old, tuple) and 0 <= keep <= len(old):
            return (*old[:keep], *freeze(tail))
    raise DifferenceError(f"{changes!r} does not fit {old!r}, expected {{key: difference}}, [value] or [keep, tail]")


def _patched(old: Any, changes: Mapping[str, Any]) -> Frozen:
    if not isinstance(old, dict):
        raise DifferenceError(f"the keys {', '.join(changes)} are to change in {old!r}, expected a mapping")
    new = dict(old)
    for key, change in changes.items():
        if change != []:
            new[key] = patch(new.get(key), change)
        elif key in new:
            del new[key]
        else:
            raise DifferenceError(f"the key {key!r} is to go, expected one of {', '.join(new) or 'none'}")
    return Frozen(new)


def _of_mappings(old: Mapping[str, Any], new: Mapping[str, Any]) -> Difference:
    changes: dict[str, Any] = {key: [] for key in old if key not in new}
    order = [key for key in old if key in new]
    for key, value in new.items():
        if key not in old:
            changes[key] = [value]
            order.append(key)
        elif (before := old[key]) is not value and (change := difference(before, value)):
            changes[key] = change
    return changes if order == list(new) else [new]


def _of_sequences(old: Sequence[Any], new: Sequence[Any]) -> Difference:
    keep = 0
    for before, after in zip(old, new, strict=False):
        if before is not after and difference(before, after):
            break
        keep += 1
    if keep == len(old) == len(new):
        return {}
    return [keep, new[keep:]] if keep else [new]

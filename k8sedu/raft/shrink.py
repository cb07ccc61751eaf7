"""Making a counterexample short enough to be understood.

A random schedule breaks a promise after a hundred actions of which perhaps fifteen matter. Leaving actions out and trying again finds
those: first large pieces, then ever smaller ones, then single actions, then pairs (a crash that is useless without its restart, a message
and the copy of it). What is left is *minimal*: no one or two actions can be missed. At last it is written more simply: plainer commands,
and the servers named in the order in which they first act.

Source: Zeller and Hildebrandt 2002 (delta debugging); Hughes 2007 (shrinking in QuickCheck).
Left out: reordering. A shorter story that needs another order is not found.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations

from k8sedu.raft.schedule import Action

Schedule = tuple[Action, ...]
Attempt = Callable[[Sequence[Action]], "Schedule | None"]
"""Plays a schedule in a fresh group. If it still breaks the promise: the actions that happened up to there; otherwise None."""

PAIRS_LENGTH_MAX = 40


def shrink(schedule: Sequence[Action], attempt: Attempt) -> Schedule:
    """A short schedule that still breaks the promise.

    >>> actions = [Action("timeout", name) for name in ("n1", "n2", "n3", "n1")]
    >>> def needs_two(actions):
    ...     return tuple(actions) if len({action.node for action in actions}) > 1 else None
    >>> [str(action) for action in shrink(actions, needs_two)]
    ['timeout n1', 'timeout n2']

    Raises:
        ValueError: the schedule breaks nothing to begin with.
    """
    best = attempt(schedule)
    if best is None:
        raise ValueError("met a schedule that breaks no promise, expected one that does.")
    while True:
        shorter = _without_pairs(_without_pieces(best, attempt), attempt)
        simpler = _simplified(shorter, attempt)
        if len(simpler) == len(best):
            return simpler
        best = simpler


def _without_pieces(best: Schedule, attempt: Attempt) -> Schedule:
    """Leave out ever smaller pieces, down to single actions, until none can be missed."""
    size = max(len(best) // 2, 1)
    while True:
        before, start = len(best), 0
        while start < len(best):
            shorter = attempt(best[:start] + best[start + size :])
            if shorter is None:
                start += size
            else:
                best = shorter
        if size == 1 and len(best) == before:
            return best
        size = max(size // 2, 1)


def _without_pairs(best: Schedule, attempt: Attempt) -> Schedule:
    if len(best) > PAIRS_LENGTH_MAX:
        return best
    for first, second in combinations(range(len(best)), 2):
        shorter = attempt(best[:first] + best[first + 1 : second] + best[second + 1 :])
        if shorter is not None:
            return _without_pairs(_without_pieces(shorter, attempt), attempt)
    return best


def _simplified(best: Schedule, attempt: Attempt) -> Schedule:
    """Say the same more plainly, never longer."""
    for position in range(len(best)):
        if position >= len(best):
            break
        for plainer in _plainer(best[position]):
            changed = attempt((*best[:position], plainer, *best[position + 1 :]))
            if changed is not None and len(changed) <= len(best):
                best = changed
                break
    best = _asked_at_once(best, attempt)
    for is_dense in (True, False):
        renamed = attempt(_renamed(best, dense=is_dense))
        if renamed is not None and len(renamed) <= len(best):
            return renamed
    return best


def _asked_at_once(best: Schedule, attempt: Attempt) -> Schedule:
    """A client that asks in vain and then asks again elsewhere can as well ask there in the first place."""
    for first, second in combinations(range(len(best)), 2):
        asks, again = best[first], best[second]
        if asks.kind in ("request", "read") and again.kind == "retry" and again.text == asks.text.partition(" ")[0]:
            moved = Action(asks.kind, again.node, asks.text)
            changed = attempt((*best[:first], *best[first + 1 : second], moved, *best[second + 1 :]))
            if changed is not None and len(changed) < len(best):
                return _asked_at_once(changed, attempt)
    return best


def _plainer(action: Action) -> Iterator[Action]:
    """Simpler actions to try instead, the simplest first."""
    kind, node, text = action
    client, _, command = text.partition(" ")
    if " #" in text:
        yield Action(kind, node, text.partition(" #")[0])
    if kind == "request":
        yield Action("propose", node, "x=1")
        if "+=" not in command:
            yield Action(kind, node, f"{client} x=1")
    if kind == "change":
        yield Action("propose", node, "x=1")
    if kind == "change" and text.startswith("joint: "):
        yield Action(kind, node, text.removeprefix("joint: "))
    if kind == "change" and "," in text:
        for part in text.split(", "):
            yield Action(kind, node, part)


def _renamed(schedule: Schedule, *, dense: bool) -> Schedule:
    """The same story with servers and clients numbered in the order in which they first act: 1, 2, 3, or only by the numbers they use."""
    text = "\n".join(str(action) for action in schedule)
    for letter in "nc":
        met = list(dict.fromkeys(re.findall(rf"\b{letter}\d+\b", text)))
        ordered = sorted(met, key=lambda name: int(name[1:]))
        new = {old: f"{letter}{number}" if dense else ordered[number - 1] for number, old in enumerate(met, start=1)}
        text = re.sub("|".join(rf"\b{name}\b" for name in met) or r"(?!)", _translate(new), text)
    return tuple(Action.parse(line) for line in text.splitlines())


def _translate(words: dict[str, str]) -> Callable[[re.Match[str]], str]:
    return lambda match: words[match[0]]

"""Wrong students of the etcd homework: each misconception costs exactly the points that are named for it."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.course.homework.assignment import rehearse
from k8sedu.course.homework.judges import etcd as judge

NUMBERS = """
def numbers(lines):
    revision, found, gone = 1, {{}}, {{}}
    for line in lines:
        verb, key, *rest = line.split()
        {body}
    return found
"""
LEASES = """
def alive(lines):
    now, ttl, ends, tied = 0, {}, {}, {}
    for line in lines:
        verb, *w = line.split()
        if verb == "wait":
            now += int(w[0])
        if verb == "grant":
            ttl[w[0]] = int(w[1]) * 1000
            ends[w[0]] = now + ttl[w[0]]
        if verb == "keep_alive":
            KEEP
        if verb == "revoke":
            REVOKE
        if verb == "put":
            PUT
        tied = {k: l for k, l in tied.items() if l is None or (l in ends and ends[l] > now)}
    return sorted(tied)
"""
RIGHT = {
    "KEEP": "ends[w[0]] = now + ttl[w[0]]",
    "REVOKE": "ends.pop(w[0])",
    "PUT": "tied[w[0]] = w[3] if len(w) > 2 else None",
}


def leases(**wrong: str) -> dict[str, str]:
    """An answer to the third task with one part thought of differently."""
    text = LEASES
    for name, part in {**RIGHT, **wrong}.items():
        text = text.replace(name, part)
    return {"q3": text}


MISCONCEPTIONS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "each key counts for itself": (
        {"q1": """
def numbers(lines):
    found, at = {}, {}
    for line in lines:
        verb, key, *_ = line.split()
        at[key] = at.get(key, 1) + 1
        if verb == "put":
            created, _, version = found.get(key, [at[key], 0, 0])
            found[key] = [created, at[key], version + 1]
        else:
            found.pop(key, None)
    return found
"""},
        {"every put is a revision": 2, "a put of the same value is a change": 2, "deleting nothing changes nothing": 2},
    ),
    "the same value is no change": (
        {"q1": """
def numbers(lines):
    revision, found, values = 1, {}, {}
    for line in lines:
        verb, key, *rest = line.split()
        if verb == "put" and values.get(key) != rest[0]:
            revision += 1
            values[key] = rest[0]
            created, _, version = found.get(key, [revision, 0, 0])
            found[key] = [created, revision, version + 1]
        elif verb == "delete" and key in found:
            revision += 1
            del found[key], values[key]
    return found
"""},
        {"a put of the same value is a change": 2},
    ),
    "every command is a revision": (
        {"q1": """
def numbers(lines):
    revision, found = 1, {}
    for line in lines:
        verb, key, *_ = line.split()
        revision += 1
        if verb == "put":
            created, _, version = found.get(key, [revision, 0, 0])
            found[key] = [created, revision, version + 1]
        else:
            found.pop(key, None)
    return found
"""},
        {"deleting nothing changes nothing": 2},
    ),
    "a version goes on after a deletion": (
        {"q1": """
def numbers(lines):
    revision, found, past = 1, {}, {}
    for line in lines:
        verb, key, *_ = line.split()
        if verb == "put":
            revision += 1
            created, _, version = past.get(key, [revision, 0, 0])
            found[key] = past[key] = [created, revision, version + 1]
        elif key in found:
            revision += 1
            del found[key]
    return found
"""},
        {"a key that comes back begins anew": 2},
    ),
    "a lock is put": (
        {"q2a": "claim = f'put {given[\"q2\"][\"lock\"]} {given[\"q2\"][\"me\"]}'"},
        {"it is one transaction": 1, "a lock that is taken stays": 2, "you learn whose it is": 1},
    ),
    "the value says whether it is free": (
        {"q2a": 'q = given["q2"]\nclaim = f\'txn if value {q["lock"]} != {q["me"]} then put {q["lock"]} {q["me"]} else get {q["lock"]}\''},
        {"a free lock is yours": 1, "a lock that is taken stays": 2, "you learn whose it is": 1},
    ),
    "nobody needs to know whose it is": (
        {"q2a": 'q = given["q2"]\nclaim = f\'txn if version {q["lock"]} = 0 then put {q["lock"]} {q["me"]}\''},
        {"you learn whose it is": 1},
    ),
    "comparing the value is enough": (
        {"q2b": 'def update(key, seen, value):\n    return f"txn if value {key} = old then put {key} {value} else get {key}"'},
        {"it does not write over a change": 2, "it tells what is there now": 1},
    ),
    "the version is the revision": (
        {"q2b": 'def update(key, seen, value):\n    return f"txn if version {key} = {seen} then put {key} {value} else get {key}"'},
        {"it writes what nobody changed": 2},
    ),
    "keys outlive their lease": (
        {"q3": 'def alive(lines):\n    return sorted({line.split()[1] for line in lines if line.startswith("put")})'},
        {"a lease takes its keys along": 2, "a put with another lease moves the key": 1, "revoke ends a lease at once": 1},
    ),
    "keep_alive does nothing": (leases(KEEP="pass"), {"keep_alive counts from now on": 2}),
    "a key stays on its first lease": (
        leases(PUT="tied.setdefault(w[0], w[3] if len(w) > 2 else None)"),
        {"a put without a lease unties the key": 2, "a put with another lease moves the key": 1},
    ),
    "a put without a lease keeps the lease": (
        leases(PUT="tied[w[0]] = w[3] if len(w) > 2 else tied.get(w[0])"),
        {"a put without a lease unties the key": 2},
    ),
    "a revoked lease runs out": (leases(REVOKE="pass"), {"revoke ends a lease at once": 1}),
    "the compaction's own revision is gone": (
        {"q4a": 'def answer(c, k, w):\n    return "future" if w > c else "compacted" if w <= k else "ok"'},
        {"at the compaction's own revision": 1},
    ),
    "the future is empty": (
        {"q4a": 'def answer(c, k, w):\n    return "compacted" if w < k else "ok"'},
        {"not written yet": 1},
    ),
    "compaction deletes all that is old": (
        {"q4b": "def left(changes, compacted):\n    return [r for r, _ in changes if r > compacted]"},
        {"the newest value before stays, older ones go": 2},
    ),
    "a deletion is remembered": (
        {"q4b": """
def left(changes, compacted):
    return [r for r, _ in changes if r <= compacted][-1:] + [r for r, _ in changes if r > compacted]
"""},
        {"a deletion needs no memory": 2},
    ),
    "nothing is ever forgotten": (
        {"q4b": "def left(changes, compacted):\n    return [r for r, _ in changes]"},
        {"the newest value before stays, older ones go": 2, "a deletion needs no memory": 2},
    ),
    "watch from where the list ended": ({"q5": 'watch_from = given["q5"]["listed_at"]'}, {"every change once": 2}),
}  # fmt: skip
"""What students think → their answers, and the checks that they lose with the points of each."""


def lost(result: Any) -> dict[str, float]:
    """The checks that do not hold and were worth something, with what they cost."""
    return {check.label: round(check.max, 2) for question in result.questions for check in question.checks if check.fault and check.max}


def test_the_reference_scores_full(etcd_class: Any) -> None:
    """The instructor's own answers lose nothing."""
    result = etcd_class.mark({})
    assert lost(result) == {}
    assert (sum(question.auto for question in result.questions), result.open, result.max) == (36, ("q5-why",), 40)


def test_the_empty_notebook_scores_nothing(etcd_class: Any) -> None:
    """Who hands in the notebook as it was given out has 0 points."""
    stubs = {cell.grade_id: cell.source for cell in etcd_class.hand_in({}).cells if cell.solution}
    result = etcd_class.mark(stubs)
    assert (result.points, result.open) == (0, ())


@pytest.mark.parametrize("belief", MISCONCEPTIONS)
def test_a_misconception_loses_exactly_its_points(etcd_class: Any, belief: str) -> None:
    """Who believes this loses the named checks and nothing else."""
    answers, expected = MISCONCEPTIONS[belief]
    assert lost(etcd_class.mark(answers)) == expected


@pytest.mark.parametrize("seed", range(0, 60, 6))
def test_every_student_has_tasks_of_the_same_difficulty(etcd_class: Any, seed: int) -> None:
    """Whatever the seed draws, the reference scores full."""
    assert rehearse(etcd_class.assignment, student="x", seed=seed) == []
    assert lost(etcd_class.mark({}, seed=seed)) == {}


@pytest.mark.parametrize(
    "commands",
    ["", "nonsense", "put", "put a", "compact x", "\x00", "put a 1\n" * 500, "y" * 20_000, 3, ["put a 1", 3], "txn then " * 2_000],
)
def test_commands_that_are_none_are_told_in_a_sentence(commands: Any) -> None:
    """Whatever a student hands in as commands, the judge answers with a reason."""
    assert judge.holds({"a": "1"}).fault(commands)
    assert judge.is_one("txn").fault(commands)

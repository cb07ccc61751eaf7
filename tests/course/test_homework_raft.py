"""Wrong students of the Raft homework: each misconception costs exactly the points that are named for it."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.course.homework.assignment import given_of, rehearse
from k8sedu.course.homework.judges import raft as judge

SCHEDULE_HEAD = """
f = given["q6"]["forgetful"]
p, q = [name for name in ("n1", "n2", "n3") if name != f]
"""

MISCONCEPTIONS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "terms must follow one another": (
        {"q1": """
def legal(logs):
    def ok(log):
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in zip(log, log[1:])]
        return [i for i, _ in log] == list(range(1, len(log) + 1)) and all(t in (0, 1) for _, t in steps)
    return [ok(log) for log in logs]
"""},
        {"a term may pass without an entry": 1},
    ),
    "indexes are not looked at": (
        {"q1": "def legal(logs):\n    return [[t for _, t in log] == sorted(t for _, t in log) for log in logs]"},
        {"no index may be missing": 1, "an empty log exists, one that begins late does not": 1},
    ),
    "an empty log is no log": (
        {"q1": """
def legal(logs):
    return [bool(log) and [i for i, _ in log] == list(range(1, len(log) + 1)) and [t for _, t in log] == sorted(t for _, t in log)
            for log in logs]
"""},
        {"an empty log exists, one that begins late does not": 1},
    ),
    "terms may fall": (
        {"q1": "def legal(logs):\n    return [[i for i, _ in log] == list(range(1, len(log) + 1)) for log in logs]"},
        {"terms never fall along a log": 1},
    ),
    "everything is legal": (
        {"q1": "def legal(logs):\n    return [True] * len(logs)"},
        {"no index may be missing": 1, "a term may pass without an entry": 1, "terms never fall along a log": 1,
         "an empty log exists, one that begins late does not": 1},
    ),
    "a majority is enough": (
        {"q2": """
def safe_to_apply(logs):
    safe = 0
    while True:
        held = [tuple(log[: safe + 1]) for log in logs.values() if len(log) > safe]
        if not any(held.count(one) > len(logs) // 2 for one in held):
            return safe
        safe += 1
"""},
        {"an old entry on a majority can still be overwritten": 3},
    ),
    "only what everybody has is safe": (
        {"q2": """
def safe_to_apply(logs):
    safe = 0
    for entries in zip(*logs.values()):
        if len(set(entries)) > 1:
            break
        safe += 1
    return safe
"""},
        {"what one server has alone is not safe": 1, "a majority holds an entry of the newest term": 2},
    ),
    "the longer log is more up to date": (
        {"q2": """
def safe_to_apply(logs):
    can_win = [log for log in logs.values() if sum(len(other) <= len(log) for other in logs.values()) > len(logs) // 2]
    safe = 0
    for entries in zip(*can_win):
        if len(set(entries)) > 1:
            break
        safe += 1
    return safe
"""},
        {"a majority holds an entry of the newest term": 2},
    ),
    "a follower is never longer": (
        {"q3": """
def possible(leader, followers):
    def fits(f):
        same = 0
        while same < min(len(leader), len(f)) and leader[same] == f[same]:
            same += 1
        return f == sorted(f) and not set(leader[same:]) & set(f[same:]) and len(f) <= len(leader)
    return [fits(f) for f in followers]
"""},
        {"a follower may be longer than the new leader": 1},
    ),
    "a follower holds nothing that the leader lacks": (
        {"q3": "def possible(leader, followers):\n    return [f == leader[: len(f)] for f in followers]"},
        {"a follower may hold what no other server has": 1, "a follower may be longer than the new leader": 1},
    ),
    "log matching is about equal indexes only": (
        {"q3": """
def possible(leader, followers):
    def fits(f):
        agree = [i for i in range(min(len(leader), len(f))) if leader[i] == f[i]]
        return f == sorted(f) and agree == list(range(len(agree)))
    return [fits(f) for f in followers]
"""},
        {"a term begins at one index only": 1},
    ),
    "no log matching at all": (
        {"q3": "def possible(leader, followers):\n    return [f == sorted(f) for f in followers]"},
        {"equal index and term, but different before": 1, "a term begins at one index only": 1},
    ),
    "a log that goes astray stays astray": (
        {"q3b": """
x = given["q3b"]["straggler"]
p, q = [name for name in ("n1", "n2", "n3") if name != x]
astray = f'''timeout {x}
deliver request_vote {x}->{p}
deliver request_vote_reply {p}->{x}
timeout {p}
deliver request_vote {p}->{q}
deliver request_vote_reply {q}->{p}'''
"""},
        {"its log heals": 2},
    ),
    "an election makes logs differ": (
        {"q3b": "astray = 'timeout n1\\ndeliver request_vote n1->n2\\ndeliver request_vote_reply n2->n1'"},
        {"its log diverges": 2, "its log heals": 2},
    ),
    "too low and too high exchanged": (
        {"q4": """
too_high = next(letter for letter, text in given["q4"].items() if text.startswith("the same entries"))
too_low = next(letter for letter, text in given["q4"].items() if text.startswith("the follower refuses"))
"""},
        {"next_index is too low": 1, "next_index is too high": 1},
    ),
    "a wrong index cuts off committed entries": (
        {"q4": 'too_low = next(k for k, v in given["q4"].items() if "cuts off" in v)\n'
               'too_high = next(k for k, v in given["q4"].items() if v.startswith("the follower refuses"))'},
        {"next_index is too low": 1},
    ),
    "timeouts of one room": ({"q5": "timeouts_ms = [150, 300]"}, {"one leader per term": 1}),
    "much patience": ({"q5": "timeouts_ms = [10_000, 20_000]"}, {"after a crash there is soon a leader": 1}),
    "no chance": (
        {"q5": "timeouts_ms = [1500, 1505]"},
        {"there is a leader, and another one after its crash": 1, "after a crash there is soon a leader": 1, "one leader per term": 1},
    ),
    "seconds": (
        {"q5": "timeouts_ms = [1.5, 3.0]"},
        {"there is a leader, and another one after its crash": 1, "after a crash there is soon a leader": 1, "one leader per term": 1},
    ),
    "a restart is enough to lose a vote": (
        {"q6a": SCHEDULE_HEAD + 'vote_lost = f"timeout {p}\\ndeliver request_vote {p}->{f}\\ncrash {f}\\nrestart {f}"'},
        {"two leaders in one term": 4},
    ),
    "the candidate crashes": (
        {"q6a": SCHEDULE_HEAD + 'vote_lost = f"timeout {p}\\ncrash {p}\\nrestart {p}\\ntimeout {q}"'},
        {"every line can happen, and only it crashes": 1, "two leaders in one term": 4},
    ),
    "what is not committed was lost": (
        {"q6b": SCHEDULE_HEAD + """log_lost = f'''timeout {p}
deliver request_vote {p}->{f}
deliver request_vote_reply {f}->{p}
deliver append_entries {p}->{f}
crash {f}
restart {f}
timeout {q}
timeout {q}
deliver request_vote {q}->{f} #2
deliver request_vote_reply {f}->{q}'''
"""},
        {"a leader lacks a committed entry": 4},
    ),
    "an old leader cannot commit": (
        {"q7": "late_commit = ''"},
        {"every line can happen, nothing breaks": 1, "both lead at the same time": 2, "the old leader commits late": 4},
    ),
    "the old leader hears of the new one": (
        {"q7": """
old, new, (a, b, c) = given["q7"]["old"], given["q7"]["new"], given["q7"]["others"]
late_commit = f'''timeout {old}
deliver request_vote {old}->{new}
deliver request_vote_reply {new}->{old}
deliver request_vote {old}->{a}
deliver request_vote_reply {a}->{old}
deliver append_entries {old}->{new}
timeout {new}
deliver request_vote {new}->{old}
deliver append_entries_reply {new}->{old}'''
"""},
        {"both lead at the same time": 2, "the old leader commits late": 4},
    ),
    "both lead, and nobody commits": (
        {"q7": """
old, new, (a, b, c) = given["q7"]["old"], given["q7"]["new"], given["q7"]["others"]
lines = []
for one, voters in ((old, (new, a)), (new, (b, c))):
    lines.append(f"timeout {one}")
    for x in voters:
        lines += [f"deliver request_vote {one}->{x}", f"deliver request_vote_reply {x}->{one}"]
late_commit = "\\n".join(lines)
"""},
        {"the old leader commits late": 4},
    ),
    "a majority of all servers": (
        {"q8": "def wins(votes, old, new):\n    return len(set(votes)) > len({*old, *new}) / 2"},
        {"most servers, but not most of the old ones": 2},
    ),
    "half is enough": (
        {"q8": "def wins(votes, old, new):\n    return all(2 * sum(x in votes for x in g) >= len(g) for g in (old, new))"},
        {"half of four is no majority": 1},
    ),
    "a server of both groups has one vote": (
        {"q8": """
def wins(votes, old, new):
    rest = [x for x in new if x not in old]
    return sum(x in votes for x in old) > len(old) / 2 and sum(x in votes for x in rest) > len(new) / 2
"""},
        {"a server of both groups counts in both": 1},
    ),
}  # fmt: skip
"""What students think → their answers, and the checks that they lose with the points of each."""


def lost(result: Any) -> dict[str, float]:
    """The checks that do not hold and were worth something, with what they cost."""
    return {check.label: round(check.max, 2) for question in result.questions for check in question.checks if check.fault and check.max}


def test_the_reference_scores_full(raft_class: Any) -> None:
    """The instructor's own answers lose nothing, and wait for a person where a person reads."""
    result = raft_class.mark({})
    assert lost(result) == {}
    assert sum(question.auto for question in result.questions) == 46
    assert result.open == ("q4-why", "q5-why", "q7-why", "q8-why")
    assert (result.max, result.status, result.notes, result.flags) == (60, "graded", (), ())


def test_the_empty_notebook_scores_nothing(raft_class: Any) -> None:
    """Who hands in the notebook as it was given out has 0 points, and nobody has to read anything."""
    stubs = {cell.grade_id: cell.source for cell in raft_class.hand_in({}).cells if cell.solution}
    result = raft_class.mark(stubs)
    assert (result.points, result.open, result.status) == (0, (), "graded")


@pytest.mark.parametrize("belief", MISCONCEPTIONS)
def test_a_misconception_loses_exactly_its_points(raft_class: Any, belief: str) -> None:
    """Who believes this loses the named checks and nothing else."""
    answers, expected = MISCONCEPTIONS[belief]
    assert lost(raft_class.mark(answers)) == expected


@pytest.mark.parametrize("seed", range(12))
def test_every_student_has_tasks_of_the_same_difficulty(raft_class: Any, seed: int) -> None:
    """Whatever the seed draws, the reference scores full and the parameters have the same form."""
    assignment = raft_class.assignment
    assert rehearse(assignment, student="x", seed=seed * 7919) == []
    given, other = (given_of(assignment.namespace(student="x", seed=number)) for number in (seed * 7919, 0))
    assert shape(given) == shape(other)
    assert lost(raft_class.mark({}, seed=seed * 7919)) == {}


def shape(value: Any) -> Any:
    """A value with its leaves replaced by their types."""
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(item) for item in value] if isinstance(value, list) else type(value).__name__


def test_students_have_tasks_of_their_own(raft_class: Any) -> None:
    """Twenty students have at least fifteen different clusters."""
    drawn = {str(given_of(raft_class.assignment.namespace(student="x", seed=seed))) for seed in range(20)}
    assert len(drawn) >= 15


def test_the_rubric_adds_up(raft_class: Any) -> None:
    """Each answer that a person reads has a rubric worth its points; with the checks they are the quiz's 60."""
    assignment = raft_class.assignment
    for question in assignment.questions:
        for cell in question.manual:
            assert sum(item.points for item in assignment.rubric(cell)) == cell.points
    assert assignment.points == 60


@pytest.mark.parametrize(
    "schedule",
    ["nonsense", "timeout n9", "timeout", "deliver x", "partition n1 n7", "x" * 30_000, "timeout n1\n" * 500, "\x00", "change n1 ???"],
)
def test_a_schedule_that_is_none_is_told_in_a_sentence(schedule: str) -> None:
    """Whatever text a student hands in as a schedule, the judge answers with a reason."""
    assert judge.diverges("n1", size=3).fault(schedule)
    assert judge.acts(size=3).fault(schedule)


@pytest.mark.parametrize("value", [None, 3, [], [1], [300, 150], [True, 300], [10, 20_000], ["a", "b"], {"a": 1}, [0, 5], [10.0, 20.0]])
def test_timeouts_that_are_none_are_told_in_a_sentence(value: Any) -> None:
    """Whatever a student hands in as timeouts, the judge answers with the form that is expected."""
    assert "expected [shortest, longest]" in judge.elects(size=5, delay_ms=(40, 60)).fault(value)

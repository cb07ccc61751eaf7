"""Wrong students of the homework on resource managers: each misconception costs exactly the points that are named for it."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.course.homework.assignment import rehearse
from k8sedu.course.homework.judges import managers as judge

SCORE = """
def score(free, request, capacity):
    before = [have / whole for have, whole in zip(free, capacity)]
    after = [(have - need) / whole for have, need, whole in zip(free, request, capacity)]
    {returned}


def place(cell):
    free, chosen = [list(machine["free"]) for machine in cell["machines"]], []
    for request in cell["tasks"]:
        fitting = [m for m, left in enumerate(free) if {fits}]
        scores = {{m: score(free[m], request, cell["machines"][m]["capacity"]) for m in fitting}}
        best = max(fitting, key=lambda m: scores[m], default=None)
        if best is not None:
            free[best] = [have - need for have, need in zip(free[best], request)]
        chosen.append(best)
    return chosen
"""
FITS = "all(need <= have for need, have in zip(request, left))"
TURN = """
def next_turn(capacity, demands, tasks):
    used = {{name: sum(tasks[user] * demand[name] for user, demand in demands.items()) for name in capacity}}
    fitting = [user for user, demand in demands.items() if all(used[name] + demand[name] <= capacity[name] for name in capacity)]
    share = {{user: {share} for user in demands}}
    {returned}
"""
DOMINANT = "max(tasks[user] * demands[user][name] / capacity[name] for name in capacity)"
LOWEST = "return min(fitting, key=lambda user: (share[user], user), default=None)"
SCAN = """
def scan(jobs):
    lines = {{}}
    for name, user, priority, tasks in {jobs}:
        lines.setdefault({line}, {{}}).setdefault({turn}, []).extend(f"{{name}}/{{n}}" for n in range(tasks))
    found = []
    for key in sorted(lines, reverse=True):
        users = list(lines[key].values())
        for n in range(max(map(len, users))):
            found += [each[n] for each in users if n < len(each)]
    return found
"""
QUOTA = """
def admitted(jobs, grants):
    used, answers = {{}}, []
    for user, priority, cores in jobs:
        key = {key}
        left = {granted} - used.get(key, 0)
        answers.append({free}cores <= left)
        if {counts}:
            used[key] = used.get(key, 0) + cores
    return answers
"""


def score(returned: str, fits: str = FITS) -> dict[str, str]:
    """An answer to the first task with another idea of what is good, or of what fits."""
    return {"q1": SCORE.format(returned=returned, fits=fits)}


def turn(share: str = DOMINANT, returned: str = LOWEST) -> dict[str, str]:
    """An answer to 2a with another idea of who has least."""
    return {"q2a": TURN.format(share=share, returned=returned)}


def scan(line: str = "priority", turn: str = "user", jobs: str = "jobs") -> dict[str, str]:
    """An answer to 3a with another idea of who stands in whose line."""
    return {"q3a": SCAN.format(line=line, turn=turn, jobs=jobs)}


def quota(
    key: str = "(user, priority)", granted: str = "grants.get(user, {}).get(str(priority), 0)", free: str = "priority == 0 or ",
    counts: str = "answers[-1]",
) -> dict[str, str]:  # fmt: skip
    """An answer to 3b with another idea of what counts."""
    return {"q3b": QUOTA.format(key=key, granted=granted, free=free, counts=counts)}


UNSEEN = {"your own cell is filled": 2, "a cell that you have not seen": 1}
MISCONCEPTIONS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "spread the load": (
        score("return sum(after)"), {"large tasks find empty machines": 3, "shares, not units": 3, **UNSEEN},
    ),
    "best fit is enough": (score("return -sum(after)"), {"nothing is stranded": 3, **UNSEEN}),
    "the first that fits": (score("return 0"), {"nothing is stranded": 3, **UNSEEN}),
    "a core is a gigabyte": (
        score("return -sum(have - need for have, need in zip(free, request))"), {"shares, not units": 3, **UNSEEN},
    ),
    "one resource must fit": (
        score("return -sum(after)", fits="request[0] <= left[0] or request[1] <= left[1]"),
        {"what fits somewhere is placed": 2, "nothing is stranded": 3, "shares, not units": 3, **UNSEEN},
    ),
    "who runs the fewest tasks": (turn(share="tasks[user]"), {"shares, not tasks": 2}),
    "who has the fewest cores": (
        turn(share='tasks[user] * demands[user]["cpu"] / capacity["cpu"]'), {"the lowest dominant share": 2},
    ),
    "who has the least of everything together": (
        turn(share="sum(tasks[user] * demands[user][name] / capacity[name] for name in capacity)"), {"shares, not tasks": 2},
    ),
    "whether it fits is not asked": (
        turn(returned="return min(demands, key=lambda user: (share[user], user))"),
        {"who does not fit is passed over": 2, "nobody's task fits": 1},
    ),
    "the poorest who does not fit ends it": (
        turn(returned="poorest = min(demands, key=lambda user: (share[user], user))\n    return poorest if poorest in fitting else None"),
        {"who does not fit is passed over": 2},
    ),
    "of equals whoever came first": (
        turn(returned="return min(fitting, key=lambda user: share[user], default=None)"), {"the beginning": 1},
    ),
    "refusals are forgotten at once": (
        {"q2b": 'one, two = given["q2b"]["running"]\noffered = [one, one, one, one]'},
        {"a refusal is remembered": 1, "the rest of an offer is given back": 1},
    ),
    "cores are what counts": (
        {"q2b": 'one, two = given["q2b"]["running"]\noffered = [two, one, None, two]'},
        {"who has least is asked first": 1, "a refusal is remembered": 1, "filters run out": 1},
    ),
    "a refusal is for ever": (
        {"q2b": 'one, two = given["q2b"]["running"]\noffered = [one, two, None, None]'}, {"filters run out": 1},
    ),
    "the rest goes on being offered": (
        {"q2b": 'one, two = given["q2b"]["running"]\noffered = [one, two, two, one]'}, {"the rest of an offer is given back": 1},
    ),
    "the order of arrival": (
        {"q3a": 'def scan(jobs):\n    return [f"{name}/{n}" for name, _, _, tasks in jobs for n in range(tasks)]'},
        {"high priority first": 1, "users take turns": 2, "users, not jobs, take turns": 2, "no turns between priorities": 1},
    ),
    "within a priority the order of arrival": (
        scan(turn='""'), {"users take turns": 2, "users, not jobs, take turns": 2},
    ),
    "jobs take turns": (scan(turn="name"), {"users, not jobs, take turns": 2}),
    "everybody takes turns with everybody": (
        scan(line='""', jobs="sorted(jobs, key=lambda job: -job[2])"), {"no turns between priorities": 1},
    ),
    "users in the order of the alphabet": (
        scan(jobs="sorted(jobs, key=lambda job: job[1])"), {"users take turns": 2, "users, not jobs, take turns": 2},
    ),
    "low numbers first": (scan(line="-priority"), {"high priority first": 1, "no turns between priorities": 1}),
    "what was admitted is forgotten": (quota(counts="False"), {"what was admitted counts": 1}),
    "asking costs": (quota(counts="True"), {"what was refused does not count": 1}),
    "one quota for all priorities": (
        quota(granted='grants.get(user, {}).get("200", 0)', key="user"), {"each priority by itself, and 0 is free": 1},
    ),
    "priority 0 is a priority like others": (quota(free=""), {"each priority by itself, and 0 is free": 1}),
    "whoever comes later waits behind all": (
        {"q3c": "jobs = given['q3c']['jobs']\nlooks = [jobs[0][3], jobs[0][3]]\n"
                "waits = ['one/0'] + [f'batch/{n}' for n in range(given['q3c']['cores'] - jobs[2][3], jobs[0][3])]"},
        {"in the order of arrival": 1, "with turns": 1, "who waits after a pass": 2},
    ),
    "turns between priorities": (
        {"q3c": "jobs = given['q3c']['jobs']\nlooks = [jobs[0][3] + jobs[2][3], 1]\nwaits = []"},
        {"with turns": 1, "who waits after a pass": 2},
    ),
}  # fmt: skip
"""What students think → their answers, and the checks that they lose with the points of each."""


def lost(result: Any) -> dict[str, float]:
    """The checks that do not hold and were worth something, with what they cost."""
    return {check.label: round(check.max, 2) for question in result.questions for check in question.checks if check.fault and check.max}


def test_the_reference_scores_full(managers_class: Any) -> None:
    """The instructor's own answers lose nothing."""
    result = managers_class.mark({})
    assert lost(result) == {}
    assert (sum(question.auto for question in result.questions), result.open, result.max) == (40, ("q3-why",), 45)


def test_the_empty_notebook_scores_nothing(managers_class: Any) -> None:
    """Who hands in the notebook as it was given out has 0 points."""
    stubs = {cell.grade_id: cell.source for cell in managers_class.hand_in({}).cells if cell.solution}
    result = managers_class.mark(stubs)
    assert (result.points, result.open) == (0, ())


@pytest.mark.parametrize("belief", MISCONCEPTIONS)
def test_a_misconception_loses_exactly_its_points(managers_class: Any, belief: str) -> None:
    """Who believes this loses the named checks and nothing else."""
    answers, expected = MISCONCEPTIONS[belief]
    assert lost(managers_class.mark(answers)) == expected


@pytest.mark.parametrize("seed", range(0, 40, 8))
def test_every_student_has_tasks_of_the_same_difficulty(managers_class: Any, seed: int) -> None:
    """Whatever the seed draws, the reference scores full and the best wrong scorers lose what they lose everywhere."""
    assert rehearse(managers_class.assignment, student="x", seed=seed) == []
    assert lost(managers_class.mark({}, seed=seed)) == {}
    for belief in ("best fit is enough", "spread the load", "a core is a gigabyte"):
        answers, expected = MISCONCEPTIONS[belief]
        assert lost(managers_class.mark(answers, seed=seed)) == expected


@pytest.mark.parametrize("seed", range(3))
def test_a_cell_of_ones_own_tells_good_scorers_from_others(seed: int) -> None:
    """Borg's hybrid places at least two tasks more than everybody else, and enough is between the two."""
    cell = judge.whole_cell(seed=seed)
    best, others = judge.placed(cell, judge.SCORES["hybrid"]), [judge.placed(cell, judge.SCORES[name]) for name in judge.WORSE]
    assert max(others) < judge.enough(cell) < best
    assert judge.fills(cell, at_least=best).fault(judge.place(cell, judge.SCORES["hybrid"])) == ""


CELL = judge.large_after_small(cores=16, machines=4)


@pytest.mark.parametrize(
    ("placement", "reason"),
    [
        ("nonsense", "expected a list of 7 places"),
        ([0] * 6, "expected a list of 7 places"),
        ([4, *[0] * 6], "expected a machine from 0 to 3 or None"),
        ([True, *[0] * 6], "expected a machine from 0 to 3 or None"),
        ([0, 0, 0, 0, 0, 1, 2], "puts task 4 on machine 0, where too little is free: it needs [16, 64], and [0, 0] is left"),
        ([None] * 7, "refuses task 0, which needs [4, 16], although machine 0 has [16, 64] left"),
        ([0, 1, 2, 3, None, None, None], "places 4 of 7 tasks, expected 7; 0 % of the machines is stranded"),
    ],
)
def test_a_placement_is_not_believed_but_played(placement: Any, reason: str) -> None:
    """Whatever is handed in as a placement, the judge says what is wrong with it."""
    assert reason in judge.fills(CELL, at_least=7).fault(placement)


def test_a_placement_is_shown_as_bars() -> None:
    """A row per machine; of what is no placement there is no picture."""
    picture = judge.fills(CELL, at_least=7).picture(judge.place(CELL, judge.SCORES["hybrid"]))
    assert picture.count("<tr>") == 5
    assert judge.fills(CELL, at_least=7).picture("nonsense") == ""


@pytest.mark.parametrize("value", ["", 3, ["a"], ["a", "b", "c", "d", "e"], ["a", "a", "x", "a"], [1, 2, 3, 4]])
def test_a_list_that_is_none_is_told(value: Any) -> None:
    """Form first: so many items, each one of those that are possible."""
    assert "expected" in judge.listed("a", "b", None, count=4).fault(value)
    assert judge.listed("a", "b", None, count=4).fault(["a", None, "b", "a"]) == ""


@pytest.mark.parametrize("value", ["", [1], [1, -1], [1, True], [1, 2.0]])
def test_counts_are_whole_numbers(value: Any) -> None:
    """Exactly so many, from 0 on."""
    assert "expected a list of 2 whole numbers" in judge.counts(2).fault(value)

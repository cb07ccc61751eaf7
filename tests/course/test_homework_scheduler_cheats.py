"""Cheats against the homework on Kubernetes' scheduler: each earns nothing for what it cheats, and is named."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest

from k8sedu.course import sandbox
from k8sedu.course.homework import evidence
from k8sedu.course.homework import notebook as nb
from k8sedu.course.homework.assignment import load
from k8sedu.course.homework.evidence import has_sandbox
from k8sedu.course.homework.judges import scheduler as judge
from k8sedu.course.homework.marking import mark
from k8sedu.course.homework.release import released
from k8sedu.course.lessons import home


@pytest.mark.parametrize("seed", range(2))
def test_a_neighbours_answers_are_wrong(scheduler_class: Any, seed: int) -> None:
    """Manifests and numbers of somebody else lose everything that they would earn: everybody has another cluster."""
    theirs = scheduler_class.assignment.namespace(student="bob", seed=seed + 100)
    names: dict[str, Any] = {"given": theirs["given"]}
    for question in ("q1c", "q3b", "q3c"):
        exec(scheduler_class.reference[question], names)
    copied = {"q1c": f"mended = {names['mended']!r}", "q3b": f"spread = {names['spread']!r}", "q3c": f"repaired = {names['repaired']!r}"}
    nodes, pod = theirs["given"]["q2"]["nodes"], judge.USUAL
    copied["q2b"] = f"def score(pod, nodes):\n    return {judge.scores(pod, nodes)}"
    result = scheduler_class.mark(copied, seed=seed)
    assert [question.auto for question in result.questions if question.id in copied] == [0] * 4


CHEATS: dict[str, tuple[str, str, str]] = {
    "an int that is equal to everything": (
        "q2b", "class Any(int):\n    __eq__ = lambda self, other: True\n    __hash__ = int.__hash__\ndef score(pod, nodes):\n"
               "    return [Any(0) for _ in nodes['name']]", "not made of plain values",
    ),
    "a list that lies in comparisons": (
        "q1a", "class Any(list):\n    __eq__ = lambda self, other: True\n    __len__ = lambda self: 1\ndef reasons(pod, node):\n"
               "    return Any()",
        "not made of plain values",
    ),
    "a text that lies": (
        "q3b", "class Any(str):\n    __eq__ = lambda self, other: True\n    __hash__ = str.__hash__\nspread = Any('kind: Deployment')",
        "not made of plain values",
    ),
    "a patched model": (
        "q1a", "import k8sedu.course.homework.judges.scheduler as judge\njudge.reasons = lambda *_: []\ndef reasons(pod, node):\n"
               "    return []",
        "k8sedu",
    ),
    "the model answers": (
        "q1a", "from k8sedu.course.homework.judges.scheduler import reasons as model\ndef reasons(pod, node):\n    return model(pod, node)",
        "k8sedu",
    ),
    "reading the solution": (
        "q1b", "import glob, json, sys\nroots = [root + '/k8sedu' for root in sys.path] + ['/lesson', '/tmp', '/home']\n"
               "found = [p for root in roots for p in glob.glob(root + '/**/homework/scheduler.ipynb', recursive=True)]\n"
               "text = ''.join(open(p).read() for p in found)\n"
               "source = [c for c in json.loads(text)['cells'] if c['metadata'].get('nbgrader', {}).get('grade_id') == 'q1b'][0]\n"
               "exec(''.join(source['source']))", "JSONDecodeError",
    ),
    "a manifest that never ends": (
        "q3b", "spread = 'a: &a [x, x]\\n' + '\\n'.join(f'{chr(98 + n)}: &{chr(98 + n)} [' + ', '.join(['*' + chr(97 + n)] * 9) + ']' "
               "for n in range(20))", "cannot be read",
    ),
    "a manifest of a megabyte": ("q3b", "spread = given['q3b']['manifest'] + '#' * 10**6", "larger than"),
    "a million replicas": ("q3b", "spread = given['q3b']['manifest'].replace('replicas: 6', 'replicas: 1000000')", "changes spec.replicas"),
    "a node of one's own": (
        "q3b", "spread = given['q3b']['manifest'] + '---\\napiVersion: v1\\nkind: Node\\nmetadata:\\n  name: mine\\n'",
        "holds Deployment, Node, expected one Deployment",
    ),
    "another scheduler": (
        "q1c", "mended = given['q1c']['manifest'].replace('spec:\\n', 'spec:\\n  schedulerName: mine\\n')", "changes spec.schedulerName",
    ),
    "a higher priority": (
        "q1c", "mended = given['q1c']['manifest'].replace('spec:\\n', 'spec:\\n  priority: 1000\\n')", "changes spec.priority",
    ),
    "a field that is none": (
        "q1c", "mended = given['q1c']['manifest'].replace('spec:\\n', 'spec:\\n  nodename: n1\\n')", "nodename",
    ),
}  # fmt: skip
"""What the cheat is → the question that it wants, its answer, and a word that must be said."""


def groups() -> list[tuple[str, ...]]:
    """Cheats, one for each question at most: each spoils its own answer alone, so that one marking tries several."""
    by_question: dict[str, list[str]] = {}
    for name, (question, _, _) in CHEATS.items():
        by_question.setdefault(question, []).append(name)
    return [tuple(name for name in row if name) for row in zip_longest(*by_question.values())]


@pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to attack")
@pytest.mark.parametrize("names", groups(), ids=lambda names: names[0])
def test_a_cheat_earns_nothing_and_is_named(scheduler_class: Any, names: tuple[str, ...]) -> None:
    """The question that the cheat wants has 0 points, what it did is told in results or feedback, and no other question's points change."""
    cheated = {CHEATS[name][0]: CHEATS[name][1] for name in names}
    result = scheduler_class.mark(cheated)
    faults = [check.fault for each in result.questions for check in each.checks if check.fault]
    told = "\n".join([*faults, *result.notes, *result.flags])
    assert [name for name in names if CHEATS[name][2] not in told] == []
    assert {each.id for each in result.questions if each.auto == 0 and not each.manual} == set(cheated)
    assert all(each.auto in (0, each.max) for each in result.questions)


@pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to attack")
def test_a_cheat_is_named_in_the_language_of_the_homework() -> None:
    """In the Chinese notebook the word about a lying object is Chinese; every reason of the sandbox has one."""
    assert evidence.REASONS.keys() == sandbox.REASONS.keys()
    assignment = load(home() / "homework" / "zh" / "scheduler.ipynb")
    names = {cell.grade_id: cell.source for cell in assignment.notebook.cells if cell.solution}
    data = released(assignment, student="ada", seed=7)
    for cell in data["cells"]:
        grade_id = cell["metadata"].get("nbgrader", {}).get("grade_id")
        if grade_id in names:
            cell["source"] = CHEATS["an int that is equal to everything"][1] if grade_id == "q2b" else names[grade_id]
    result = mark(assignment, nb.parse(nb.to_text(data).encode(), name="ada.ipynb"), student="ada", seed=7)
    question = next(each for each in result.questions if each.id == "q2b")
    assert (question.auto, result.raw, result.language) == (0, 48, "zh")
    assert all("没有给出值：返回值不是由普通值组成的" in check.fault for check in question.checks)

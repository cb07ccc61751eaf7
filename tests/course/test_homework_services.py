"""Wrong students of the homework on Services, and cheats: each misconception costs exactly the points that are named for it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest

from k8sedu.course.homework import feedback
from k8sedu.course.homework.assignment import rehearse
from k8sedu.course.homework.evidence import has_sandbox

WALK = """
from ipaddress import ip_address, ip_network


def walk(rules, packet, draws):
    source, destination, port = packet
    numbers, found = list(draws), []

    def inside(address, network):
        return ip_address(address) in ip_network(network)

    def matches(match):
        if "destination" in match and not inside(destination, match["destination"]):
            return False
        if "source" in match and not inside(source, match["source"]) or "not_source" in match and inside(source, match["not_source"]):
            return False
        if {port}:
            return False
        return "probability" not in match or {draw} < match["probability"]

    def ends_in(chain):
        for rule in rules[chain]:
            if {extra}matches(rule["match"]):
                found.extend(rule[does] for does in ("jump", "dnat") if does in rule)
                if {ends}:
                    return True
        return False

    ends_in("KUBE-SERVICES")
    return found
"""
PORT, DRAW, ENDS = 'match.get("port", port) != port', "numbers.pop(0)", '"dnat" in rule or ("jump" in rule and ends_in(rule["jump"]))'
SEEN = """
cases, nodes = given["q1b"], given["q1"]["nodes"]
seen = {{
    "A": ["delivered", {a}], "B": ["delivered", {b}], "C": ["delivered", {c}],
    "D": {d}, "E": ["{e}", None], "F": ["delivered", {f}],
}}
"""
ENDPOINTS = """
def endpoints(service, pods):
    found, anyone = [], service["publishNotReadyAddresses"]
    for pod in pods:
        selected = {selected}(pod["labels"].get(key) == value for key, value in service["selector"].items())
        lives = {lives}
        ready = {ready}
        target = service["targetPort"]
        port = target if isinstance(target, int) {number} else {named}
        if selected and lives and ready and port is not None:
            found.append(f"{{pod['ip']}}:{{port}}")
    return sorted(found)
"""
LIVES, READY = 'pod["ip"] and pod["phase"] not in ("Succeeded", "Failed")', 'anyone or (pod["ready"] and not pod["terminating"])'
REPAIRED = """
scene = given["q2b"]
lines = [line.strip(" -") for line in scene["around"].splitlines()]
ports = [line.removeprefix("containerPort: ") for line in lines if line.startswith("containerPort: ")]
named = next(line.removeprefix("name: ") for line, before in zip(lines[1:], lines) if before.startswith("containerPort: "))
wrong = next(line for line in scene["manifest"].splitlines() if line.startswith("    app: "))
target = next(line for line in scene["manifest"].splitlines() if "targetPort: " in line)
repaired = scene["manifest"].replace(wrong + "\\n", {selector}.replace("APP", scene["app"])).replace(target, "    targetPort: " + {port})
"""


def walk(port: str = PORT, draw: str = DRAW, ends: str = ENDS, extra: str = "") -> dict[str, str]:
    """An answer to 1a with another idea of what matches, and what ends."""
    return {"q1a": WALK.format(port=port, draw=draw, ends=ends, extra=extra)}


def seen(**other: str) -> dict[str, str]:
    """An answer to 1b with another idea of who is masqueraded, and who is told."""
    right = {
        "a": 'cases["A"][1]', "b": 'nodes["node-a"][0]', "c": 'cases["C"][1]', "d": '["dropped", None]', "e": "rejected",
        "f": 'nodes["node-b"][1]',
    }  # fmt: skip
    return {"q1b": SEEN.format(**{**right, **other})}


def endpoints(**other: str) -> dict[str, str]:
    """An answer to 2a with another idea of who may answer."""
    right = {"selected": "all", "lives": LIVES, "ready": READY, "number": "", "named": 'pod["ports"].get(target)'}
    return {"q2a": ENDPOINTS.format(**{**right, **other})}


def repaired(selector: str = '"    app: APP\\n"', port: str = "named", more: str = "") -> dict[str, str]:
    """An answer to 2b with another selector or target port."""
    return {"q2b": REPAIRED.format(selector=selector, port=port) + more}


ALL_OF_2B: dict[str, float] = {"somebody answers": 2, "every pod of both versions": 2, "and nobody else": 2, "in all four modes": 2}
NO_TIER = "repaired = repaired.replace('    tier: front\\n', '')\n"

MISCONCEPTIONS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "the port does not matter": (walk(port="False"), {"no Service is meant": 1}),
    "one draw for all rules": (walk(draw="numbers[0]"), {"the second draw decides": 2}),
    "a mark is an end": (
        walk(ends='"dnat" in rule or "mark" in rule or ("jump" in rule and ends_in(rule["jump"]))'), {"from outside: marked, and on": 2},
    ),
    "nobody is marked": (walk(extra='rule.get("jump") != "KUBE-MARK-MASQ" and '), {"from outside: marked, and on": 2}),
    "everybody is masqueraded": (
        seen(a='nodes["node-a"][1]', c='nodes["node-b"][1]'),
        {"between pods": 1, "by node port, where the pod is, policy Local": 1},
    ),
    "nobody is masqueraded": (seen(b='cases["B"][1]', f='cases["F"][1]'), {"by node port": 1, "a pod asks itself": 1}),
    "another node will have it": (
        seen(d='["delivered", nodes["node-a"][0]]'), {"by node port, where no pod is, policy Local": 1},
    ),
    "silence is silence": (seen(e="dropped"), {"nobody is there": 1}),
    "one label is enough": (endpoints(selected="any"), {"all labels must be there": 1}),
    "whoever is there answers": (
        endpoints(ready="True"), {"who is not ready is left out": 1, "who goes gets nobody new": 1},
    ),
    "ready is ready": (endpoints(ready='anyone or pod["ready"]'), {"who goes gets nobody new": 1}),
    "published is not asked": (
        endpoints(ready='pod["ready"] and not pod["terminating"]'), {"published although not ready": 1},
    ),
    "the dead answer": (endpoints(lives='pod["ip"]'), {"ended, or without an address": 1}),
    "a number must be declared": (
        endpoints(number='and target in pod["ports"].values() or None'), {"a number is a number": 1},
    ),
    "a name is a number of the first pod": (
        endpoints(named='pods[0]["ports"].get(target)'), {"a name is each pod's own number": 2},
    ),
    "only the selector was wrong": (repaired(port="target.split(': ')[1]"), ALL_OF_2B),
    "the tier will do": (repaired(selector='""'), {"and nobody else": 2, "in all four modes": 2}),
    "the first version's number": (repaired(port="ports[0]"), ALL_OF_2B),
    "the stable version is the application": (
        repaired(selector='"    app: APP\\n    track: stable\\n"'), {"every pod of both versions": 2, "in all four modes": 2},
    ),
    "the tier does not matter": (repaired(more=NO_TIER), {}),
    "each the same": (
        {"q3a": "def probabilities(count):\n    return [f'{1 / count:.10f}'] * (count - 1)"}, {"as many as you have": 3},
    ),
    "the last one draws, too": (
        {"q3a": "def probabilities(count):\n    return [f'{1 / left:.10f}' for left in range(count, 0, -1)]"},
        {"two endpoints": 1, "as many as you have": 3, "a single one": 1},
    ),
    "the smallest first": (
        {"q3a": "def probabilities(count):\n    return [f'{1 / left:.10f}' for left in range(2, count + 1)]"}, {"as many as you have": 3},
    ),
    "written is what comes of it": (
        {"q3b": "def shares(probabilities):\n    return [*probabilities, 1 - sum(probabilities)]"},
        {"equal probabilities are no equal shares": 2, "your own chain": 2},
    ),
    "the last one gets the same": (
        {"q3b": "def shares(probabilities):\n    left, found = 1.0, []\n    for p in probabilities:\n        found.append(left * p)\n"
                "        left *= 1 - p\n    return [*found, found[-1]]"},
        {"one rule draws": 1, "equal probabilities are no equal shares": 2, "your own chain": 2},
    ),
    "all rules are asked": ({"q3c": "def rules_asked(count):\n    return 1.0 * count"}, {"as many as you have": 2, "a thousand": 1}),
    "half of them": (
        {"q3c": "def rules_asked(count):\n    return count / 2"}, {"a single endpoint": 1, "as many as you have": 2, "a thousand": 1},
    ),
}  # fmt: skip
"""What students think → their answers, and the checks that they lose with the points of each; one has found another right answer."""

CHEATS: dict[str, tuple[str, str, str]] = {
    "a list that lies in comparisons": (
        "q1a", "class Any(list):\n    __eq__ = lambda self, other: True\ndef walk(rules, packet, draws):\n    return Any()",
        "not made of plain values",
    ),
    "the model answers": (
        "q2a", "from k8sedu.course.homework.judges.services import ready\ndef endpoints(service, pods):\n    return ready(service, pods)",
        "q2a uses k8sedu",
    ),
    "a Service without a question": (
        "q2b", "repaired = given['q2b']['manifest'].replace('kind: Service', 'kind: Pod')", "cannot be read",
    ),
    "endpoints by hand": (
        "q2b", "repaired = given['q2b']['manifest'] + '---\\napiVersion: v1\\nkind: Endpoints\\nmetadata:\\n  name: x\\n'",
        "holds Service, Endpoints, expected one Service",
    ),
    "another address": (
        "q2b", "repaired = given['q2b']['manifest'].replace('10.96.0.80', '10.244.1.2')", "changes spec.clusterIP",
    ),
    "a number that is equal to everything": (
        "q3c", "class Any(float):\n    __eq__ = lambda self, other: True\n    __sub__ = lambda self, other: 0.0\n"
               "    __hash__ = float.__hash__\ndef rules_asked(count):\n    return Any(1)", "not made of plain values",
    ),
}  # fmt: skip
"""What the cheat is → the question that it wants, its answer, and a word that must be said."""


def lost(result: Any) -> dict[str, dict[str, float]]:
    """Question → the checks that do not hold and were worth something, with what they cost."""
    checks = {each.id: {one.label: round(one.max, 2) for one in each.checks if one.fault and one.max} for each in result.questions}
    return {name: costs for name, costs in checks.items() if costs}


def groups(table: dict[str, Any], question: Any) -> list[tuple[str, ...]]:
    """Names of a table, one for each question at most, so that one marking tries several."""
    by_question: dict[str, list[str]] = {}
    for name, entry in table.items():
        by_question.setdefault(question(entry), []).append(name)
    return [tuple(name for name in row if name) for row in zip_longest(*by_question.values())]


def test_the_reference_scores_full(services_class: Any) -> None:
    """The instructor's own answers lose nothing."""
    result = services_class.mark({})
    assert lost(result) == {}
    assert (sum(question.auto for question in result.questions), result.open, result.max) == (44, ("q4-why",), 50)


def test_the_empty_notebook_scores_nothing(services_class: Any) -> None:
    """Who hands in the notebook as it was given out has 0 points."""
    stubs = {cell.grade_id: cell.source for cell in services_class.hand_in({}).cells if cell.solution}
    result = services_class.mark({**stubs, "q2b": stubs["q2b"]})
    assert (result.points, result.open) == (0, ())


def test_what_was_given_out_earns_nothing(services_class: Any) -> None:
    """The Service as it was drawn loses every point."""
    assert lost(services_class.mark({"q2b": 'repaired = given["q2b"]["manifest"]'})) == {"q2b": ALL_OF_2B}


@pytest.mark.parametrize("beliefs", groups(MISCONCEPTIONS, lambda entry: next(iter(entry[0]))), ids=lambda beliefs: beliefs[0])
def test_misconceptions_lose_exactly_their_points(services_class: Any, beliefs: tuple[str, ...]) -> None:
    """Who believes this loses the named checks and nothing else; one belief for each question does not touch the others."""
    answers = {name: source for belief in beliefs for name, source in MISCONCEPTIONS[belief][0].items()}
    expected = {next(iter(MISCONCEPTIONS[belief][0])): MISCONCEPTIONS[belief][1] for belief in beliefs}
    assert lost(services_class.mark(answers)) == {question: costs for question, costs in expected.items() if costs}


@pytest.mark.parametrize("seed", [0, 23])
def test_every_student_has_tasks_of_the_same_difficulty(services_class: Any, seed: int) -> None:
    """Whatever the seed draws, the reference scores full, and misconceptions cost what they cost everybody."""
    assert rehearse(services_class.assignment, student="x", seed=seed) == []
    assert lost(services_class.mark({}, seed=seed)) == {}
    beliefs = ("a mark is an end", "nobody is masqueraded", "ready is ready", "the tier will do", "each the same", "half of them")
    answers = {name: source for belief in beliefs for name, source in MISCONCEPTIONS[belief][0].items()}
    expected = {next(iter(MISCONCEPTIONS[belief][0])): MISCONCEPTIONS[belief][1] for belief in beliefs}
    assert lost(services_class.mark(answers, seed=seed)) == expected


def test_a_neighbours_answers_are_wrong(services_class: Any) -> None:
    """Addresses and manifests of somebody else earn what is right without them: that nobody is answered."""
    theirs = services_class.assignment.namespace(student="bob", seed=100)
    names: dict[str, Any] = {"given": theirs["given"]}
    for question in ("q1b", "q2b"):
        exec(services_class.reference[question], names)
    copied = {"q1b": f"seen = {names['seen']!r}", "q2b": f"repaired = {names['repaired']!r}"}
    points = {question.id: question.auto for question in services_class.mark(copied, seed=1).questions}
    assert (points["q1b"], points["q2b"]) == (2, 0)


@pytest.mark.skipif(not has_sandbox(), reason="there is no sandbox on this machine to attack")
@pytest.mark.parametrize("names", groups(CHEATS, lambda entry: entry[0]), ids=lambda names: names[0])
def test_a_cheat_earns_nothing_and_is_named(services_class: Any, names: tuple[str, ...]) -> None:
    """The question that the cheat wants has 0 points, what it did is told in results or feedback, and no other question's points change."""
    result = services_class.mark({CHEATS[name][0]: CHEATS[name][1] for name in names})
    faults = [check.fault for each in result.questions for check in each.checks if check.fault]
    told = "\n".join([*faults, *result.notes, *result.flags])
    assert [name for name in names if CHEATS[name][2] not in told] == []
    assert {each.id for each in result.questions if each.auto == 0 and not each.manual} == {CHEATS[name][0] for name in names}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_feedback_shows_who_answers(services_class: Any, language: str) -> None:
    """A repaired Service is tried in each mode, and the page says which pod answers how often."""
    page = feedback.page(services_class.assignment, services_class.mark(repaired(selector='""')), language=language)
    assert {"en": "60 connections in each mode", "zh": "每种模式 60 个连接"}[language] in page
    assert "<th>iptables</th><th>ipvs</th><th>nftables</th><th>userspace</th>" in page

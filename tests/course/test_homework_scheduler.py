"""Wrong students of the homework on Kubernetes' scheduler: each misconception costs exactly the points that are named for it."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

import pytest

from k8sedu.course.homework import feedback
from k8sedu.course.homework.assignment import rehearse

REASONS = """
def reasons(pod, node):
    def bears(toleration, taint):
        if toleration.get("key", "") not in ("", taint["key"]) or toleration.get("effect", {effect}) not in ("", taint["effect"]):
            return False
        return {bears}

    found = []
    {cordon}
    hard = [taint for taint in node["taints"] if {hard}]
    if not all(any(bears(toleration, taint) for toleration in pod["tolerations"]) for taint in hard):
        found.append("node(s) had untolerated taint(s)")
    if any(node["labels"].get(key) != value for key, value in pod["nodeSelector"].items()):
        found.append("node(s) didn't match Pod's node affinity/selector")
    there, held = node["allocatable"], node["requested"]
    lacking = ["Too many pods"] if held["pods"] + 1 > there["pods"] else []
    lacking += [f"Insufficient {{name}}" for name, amount in pod["requests"].items() if amount {more} there[name] - held[name]]
    {returned}
"""
BEARS = 'toleration.get("operator", "Equal") == "Exists" or toleration.get("value", "") == taint["value"]'
CORDON = 'found += ["node(s) were unschedulable"] if node["unschedulable"] else []'
FIRST = "return found[:1] or lacking"
MESSAGE = """
def message(found):
    told = [reason for reasons in found.values() for reason in {reasons}]
    parts = [f"{{told.count(reason)}} {{reason}}" for reason in sorted(sorted(set(told)), {order})]
    return f"0/{{len(found)}} nodes are available: {{', '.join(parts)}}."
"""
PASSES = """
def passes(pod, nodes):
    {begin}
    free = [count - used for count, used in zip(nodes["gpus"], nodes["gpus_used"])]
    return [left {more} pod["gpus"] and (not pod["models"] or model in pod["models"]) for left, model in zip(free, nodes["model"])]
"""
KEPT = 'if not pod["gpus"]:\n        return [count == 0 for count in nodes["gpus"]]'
STRETCHED = """
def normalize(scores, reverse):
    low, high = min(scores), max(scores)
    found = [100 * (each - low) // (high - low) if high > low else (100 if high else 0) for each in scores]
    return [100 - each for each in found] if reverse else found
"""
TURNED_FIRST = """
def normalize(scores, reverse):
    high = max(scores)
    turned = [high - each if reverse else each for each in scores]
    return [100 * each // high if high else (100 if reverse else 0) for each in turned]
"""
NOTHING = """
def normalize(scores, reverse):
    high = max(scores)
    found = [100 * each // high if high else 0 for each in scores]
    return [100 - each for each in found] if reverse and high else found
"""
SCORE = """
def score(pod, nodes):
    found = []
    for gpus, gpus_used, cpu, cpu_used in zip(nodes["gpus"], nodes["gpus_used"], nodes["cpu"], nodes["cpu_used"]):
        shares = [(1, {cpu}), (3, {gpu})]
        {drop}
        found.append({mean})
    return found
"""
DROP = 'shares = shares if pod["gpus"] else shares[:1]'
MEAN = "sum(weight * share for weight, share in shares) // sum(weight for weight, _ in shares)"
GPU, CPU = '100 * (gpus_used + pod["gpus"]) // gpus', '100 * (cpu_used + pod["cpu"]) // cpu'
MENDED = """
scene = given["q1c"]
right = next(key for node in scene["nodes"] for key, value in node["labels"].items() if value == "ssd")
wrong = next(line for line in scene["manifest"].splitlines() if line.endswith(": ssd"))
mended = scene["manifest"].replace(wrong, "    {selector}".replace("RIGHT", right)).replace("operator: Equal", "operator: {operator}")
line = "    value: {value}\\n".replace("OWNER", scene["owner"]) if "{value}" else ""
mended = mended.replace("    value: team-" + scene["owner"] + "\\n", line)
"""
TOLERATION = "  - key: dedicated\n    operator: Equal\n    value: OWNER\n    effect: NoSchedule\n"
ALLOWED = """
def allowed(counts, max_skew, matches_itself, min_domains):
    emptiest = {emptiest}
    return sorted(zone for zone, count in counts.items() if {skew})
"""
EMPTIEST, SKEW = "min(counts.values()) if len(counts) >= min_domains else 0", "count + matches_itself - emptiest <= max_skew"
SPREAD = """
wishes = '''      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: topology.kubernetes.io/zone
        whenUnsatisfiable: {when}
        labelSelector: {{matchLabels: {{{selector}}}}}
{more}'''.replace("APP", given["q3b"]["app"])
spread = given["q3b"]["manifest"].replace("      containers:", wishes + "      containers:")
"""
ALONE = """      affinity:
        podAntiAffinity:
          {must}
            topologyKey: kubernetes.io/hostname
            labelSelector: {{matchLabels: {{app: APP}}}}
"""
MUST = "requiredDuringSchedulingIgnoredDuringExecution:\n          -"
OVER_NODES = """      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: DoNotSchedule
        labelSelector: {{matchLabels: {{app: APP}}}}
"""


def reasons(
    *, bears: str = BEARS, cordon: str = CORDON, hard: str = 'taint["effect"] != "PreferNoSchedule"', more: str = ">",
    returned: str = FIRST, effect: str = '""',
) -> dict[str, str]:  # fmt: skip
    """An answer to 1a with another idea of who refuses, and who speaks."""
    return {"q1a": REASONS.format(bears=bears, cordon=cordon, hard=hard, more=more, returned=returned, effect=effect)}


def message(reasons: str = "reasons", order: str = "key=lambda reason: str(told.count(reason))") -> dict[str, str]:
    """An answer to 1b with another idea of what is counted, and how it is sorted."""
    return {"q1b": MESSAGE.format(reasons=reasons, order=order)}


def mended(value: str = "OWNER", *, operator: str = "Equal", selector: str = "RIGHT: ssd") -> dict[str, str]:
    """An answer to 1c with other wishes."""
    return {"q1c": MENDED.format(value=value, operator=operator, selector=selector)}


def changed(old: str, new: str) -> dict[str, str]:
    """The right answer to 1c, and in it something else; OWNER is the pod's team."""
    return {"q1c": f"{mended()['q1c']}mended = mended.replace({old!r}.replace('OWNER', scene['owner']), {new!r})\n"}


def score(gpu: str = GPU, cpu: str = CPU, mean: str = MEAN, drop: str = DROP) -> dict[str, str]:
    """An answer to 2b with another formula."""
    return {"q2b": SCORE.format(gpu=gpu, cpu=cpu, mean=mean, drop=drop)}


def allowed(emptiest: str = EMPTIEST, skew: str = SKEW) -> dict[str, str]:
    """An answer to 3a with another idea of skew."""
    return {"q3a": ALLOWED.format(emptiest=emptiest, skew=skew)}


def spread(when: str = "DoNotSchedule", selector: str = "app: APP", more: str = ALONE, must: str = MUST) -> dict[str, str]:
    """An answer to 3b with other wishes."""
    return {"q3b": SPREAD.format(when=when, selector=selector, more=more.format(must=must))}


def repaired(*pairs: tuple[str, str]) -> dict[str, str]:
    """An answer to 3c that replaces these texts."""
    lines = [f"repaired = repaired.replace({old!r}, {new!r}.replace('CACHE', given['q3c']['cache']))" for old, new in pairs]
    return {"q3c": "\n".join(['repaired = given["q3c"]["manifest"]', *lines])}


NOT_SPOT = ("operator: In", "operator: NotIn")
SAME_ZONE = ("topologyKey: kubernetes.io/hostname", "topologyKey: topology.kubernetes.io/zone")
CACHE = ("-cach\n", "-cache\n")
ALL_OF_1C: dict[str, float] = {
    "it gets a node": 3, "not on other teams' nodes": 1, "not on nodes in maintenance": 1, "not without an SSD": 1,
}  # fmt: skip
ALL_OF_2B: dict[str, float] = {
    "two nodes": 1, "in the default profile the right node wins": 2, "rounded down, twice": 2, "what is not asked for does not count": 2,
}  # fmt: skip
ALL_OF_3C: dict[str, float] = {"all four run": 2, "never on spot machines": 1, "only where the cache is": 1, "it follows the cache": 1}

MISCONCEPTIONS: dict[str, tuple[dict[str, str], dict[str, float]]] = {
    "room must be left": (reasons(more=">="), {"what is left is enough": 1}),
    "one reason is enough": (reasons(returned="return (found + lacking)[:1]"), {"everything that lacks is told": 1}),
    "everybody speaks": (reasons(returned="return found + lacking"), {"a taint is looked at before room": 1, "a cordoned node": 1}),
    "every taint refuses": (reasons(hard="True"), {"a soft taint refuses nobody": 1}),
    "the key is enough": (reasons(bears="True"), {"the value counts": 1}),
    "a value must always be equal": (
        reasons(bears='toleration.get("value", "") == taint["value"]'), {"no effect means every effect": 1},
    ),
    "no effect means no effect": (reasons(effect='"none"'), {"no effect means every effect": 1}),
    "cordoned nodes are like others": (reasons(cordon="pass"), {"a cordoned node": 1}),
    "sorted by number": (message(order="key=told.count, reverse=True"), {"sorted as texts": 2}),
    "sorted by reason": (message(order="key=str"), {"sorted as texts": 2}),
    "a node counts once": (message(reasons="reasons[:1]"), {"a node may count twice": 1}),
    "tolerate everything": (
        changed(TOLERATION, "  - operator: Exists\n"), {"not on other teams' nodes": 1, "not on nodes in maintenance": 1},
    ),
    "tolerate whoever it is dedicated to": (
        mended("", operator="Exists"), {"not on other teams' nodes": 1},
    ),
    "no selector is a right selector": (mended(selector="kubernetes.io/os: linux"), ALL_OF_1C),
    "only the taint was wrong": (mended(selector="disktype: ssd"), ALL_OF_1C),
    "ask for less": (changed("cpu: 500m", "cpu: 1m"), ALL_OF_1C),
    "name the node": (changed("spec:\n", "spec:\n  nodeName: node-1\n"), ALL_OF_1C),
    "one must be left": ({"q2a": PASSES.format(begin=KEPT, more=">")}, {"exactly enough is enough": 2}),
    "without GPUs anywhere": ({"q2a": PASSES.format(begin="", more=">=")}, {"who wants none stays away": 1}),
    "any model": (
        {"q2a": PASSES.format(begin=KEPT, more=">=").replace('model in pod["models"]', "model")},
        {"the right model": 1, "one of several models": 1},
    ),
    "spread, do not pack": (
        score(gpu=f"100 - {GPU}", cpu=f"100 - {CPU}"), ALL_OF_2B,
    ),
    "rounded once": (
        score(gpu='100 * (gpus_used + pod["gpus"]) / gpus', cpu='100 * (cpu_used + pod["cpu"]) / cpu', mean=f"int({MEAN})"),
        {"rounded down, twice": 2},
    ),
    "both alike": (
        score(mean="sum(share for _, share in shares) // len(shares)"),
        {"two nodes": 1, "in the default profile the right node wins": 2, "rounded down, twice": 2},
    ),
    "fractions": (
        score(mean=MEAN.replace("//", "/")), ALL_OF_2B,
    ),
    "what is not asked for counts": (score(drop="pass"), {"what is not asked for does not count": 2}),
    "the lowest is 0": ({"q2c": STRETCHED}, {"the highest is 100": 1, "the lowest is not 0": 1}),
    "turned before it is rounded": ({"q2c": TURNED_FIRST}, {"reversed": 1}),
    "nothing stays nothing": ({"q2c": NOTHING}, {"nobody has any": 1}),
    "the new pod does not count": (
        allowed(skew="count - emptiest <= max_skew"), {"a skew of 1": 1, "fewer zones than wanted": 2},
    ),
    "the new pod always counts": (
        allowed(skew="count + 1 - emptiest <= max_skew"), {"a pod that the selector does not mean": 2},
    ),
    "just as far is too far": (
        allowed(skew="count + matches_itself - emptiest < max_skew"),
        {"a skew of 1": 1, "a skew of 2": 1, "a pod that the selector does not mean": 2, "fewer zones than wanted": 2},
    ),
    "how many zones there are does not matter": (allowed(emptiest="min(counts.values())"), {"fewer zones than wanted": 2}),
    "a preference will do": (
        spread(when="ScheduleAnyway"),
        {"all six run, evenly": 2, "a full zone makes the others wait": 3, "others do not count": 1},
    ),
    "a selector of the tier": (spread(selector="tier: web"), {"others do not count": 1}),
    "nodes are not asked about": (spread(more=""), {"never two on a node": 2}),
    "spread over nodes is never two": (spread(more=OVER_NODES), {"never two on a node": 2}),
    "rather not on one node": (
        spread(more=ALONE.replace("            topology", "              topology").replace("            label", "              label"),
               must="preferredDuringSchedulingIgnoredDuringExecution:\n          - weight: 100\n            podAffinityTerm:"),
        {"never two on a node": 2},
    ),
    "more replicas bring more spread": ({"q3b": spread()["q3b"] + "spread = spread.replace('replicas: 6', 'replicas: 3')\n"},
        {"all six run, evenly": 2, "never two on a node": 2, "a full zone makes the others wait": 3, "others do not count": 1}),
    "spot machines are machines": (repaired(("[spot]", "[spot, reserved]"), SAME_ZONE, CACHE), {"never on spot machines": 1}),
    "the operator was right": (repaired(SAME_ZONE, CACHE), {"never on spot machines": 1}),
    "beside it is on its node": (
        repaired(NOT_SPOT, CACHE), {"all four run": 2, "never on spot machines": 1, "only where the cache is": 1},
    ),
    "only the key was wrong": (repaired(NOT_SPOT, SAME_ZONE), ALL_OF_3C),
    "away with the affinity": (
        repaired(NOT_SPOT, SAME_ZONE, CACHE, ("podAffinity:", "podAntiAffinity:")),
        {"only where the cache is": 1, "it follows the cache": 1},
    ),
}  # fmt: skip
"""What students think → their answers, and the checks that they lose with the points of each."""


def lost(result: Any) -> dict[str, dict[str, float]]:
    """Question → the checks that do not hold and were worth something, with what they cost."""
    checks = {each.id: {one.label: round(one.max, 2) for one in each.checks if one.fault and one.max} for each in result.questions}
    return {name: costs for name, costs in checks.items() if costs}


def students() -> list[tuple[str, ...]]:
    """Beliefs, one for each question at most, so that a student may have one of each and one marking tries them all."""
    by_question: dict[str, list[str]] = {}
    for belief, (answers, _) in MISCONCEPTIONS.items():
        by_question.setdefault(next(iter(answers)), []).append(belief)
    return [tuple(belief for belief in row if belief) for row in zip_longest(*by_question.values())]


def test_the_reference_scores_full(scheduler_class: Any) -> None:
    """The instructor's own answers lose nothing."""
    result = scheduler_class.mark({})
    assert lost(result) == {}
    assert (sum(question.auto for question in result.questions), result.open, result.max) == (55, ("q4-why",), 60)


def test_the_empty_notebook_scores_nothing(scheduler_class: Any) -> None:
    """Who hands in the notebook as it was given out has 0 points, and is told that it is not answered."""
    stubs = {cell.grade_id: cell.source for cell in scheduler_class.hand_in({}).cells if cell.solution}
    result = scheduler_class.mark(stubs)
    assert (result.points, result.open) == (0, ())
    assert {check.fault for question in result.questions for check in question.checks} == {"is not answered yet"}


@pytest.mark.parametrize("beliefs", students(), ids=lambda beliefs: beliefs[0])
def test_misconceptions_lose_exactly_their_points(scheduler_class: Any, beliefs: tuple[str, ...]) -> None:
    """Who believes this loses the named checks and nothing else; one belief for each question does not touch the others."""
    answers = {name: source for belief in beliefs for name, source in MISCONCEPTIONS[belief][0].items()}
    expected = {next(iter(MISCONCEPTIONS[belief][0])): MISCONCEPTIONS[belief][1] for belief in beliefs}
    assert lost(scheduler_class.mark(answers)) == expected


SURE = ("everybody speaks", "a node counts once", "tolerate whoever it is dedicated to", "rounded once", "turned before it is rounded",
        "the new pod does not count", "a selector of the tier", "away with the affinity")  # fmt: skip


@pytest.mark.parametrize("seed", range(0, 40, 20))
def test_every_student_has_tasks_of_the_same_difficulty(scheduler_class: Any, seed: int) -> None:
    """Whatever the seed draws, the reference scores full, and a misconception costs what it costs everybody."""
    assert rehearse(scheduler_class.assignment, student="x", seed=seed) == []
    assert lost(scheduler_class.mark({}, seed=seed)) == {}
    answers = {name: source for belief in SURE for name, source in MISCONCEPTIONS[belief][0].items()}
    expected = {next(iter(MISCONCEPTIONS[belief][0])): MISCONCEPTIONS[belief][1] for belief in SURE}
    assert lost(scheduler_class.mark(answers, seed=seed)) == expected


@pytest.mark.parametrize("language", ["en", "zh"])
def test_feedback_shows_what_an_answer_did(scheduler_class: Any, language: str) -> None:
    """A pod's cycle is a film, spread is a table; hidden checks stay masked, in the reader's language."""
    answers = {**mended("", operator="Exists"), **spread(when="ScheduleAnyway"), **score(drop="pass")}
    page = feedback.page(scheduler_class.assignment, scheduler_class.mark(answers), language=language)
    assert {"en": "zone</th><th>node</th><th>its pods", "zh": "可用区（zone）</th><th>节点</th><th>它的 Pod"}[language] in page
    assert page.count('class="film"') >= 3
    assert "not on other teams" not in page


def test_what_was_given_out_earns_nothing(scheduler_class: Any) -> None:
    """The manifests as they were drawn lose every point of their questions."""
    names = {"q1c": "mended", "q3b": "spread", "q3c": "repaired"}
    unchanged = {question: f'{name} = given["{question}"]["manifest"]' for question, name in names.items()}
    result = scheduler_class.mark(unchanged)
    assert [question.auto for question in result.questions if question.id in unchanged] == [0, 0, 0]

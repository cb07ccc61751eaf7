"""Plugins over columns: what a filter, a score and a normaliser must answer, and whom the scheduler takes when it believes them.

A student's plugin gets columns as lists and answers a column. The numbers that it is compared with come from kube-scheduler's own plugin,
NodeResourcesFit with the strategy MostAllocated, on nodes that have these columns. One judge goes further: it puts the student's column
into the default profile as a plugin and looks which node the model takes.

>>> nodes = {"name": ["n1", "n2"], "gpus": [4, 8], "gpus_used": [2, 1], "model": ["T4", "A10"], "cpu": [16, 32], "cpu_used": [4, 4]}
>>> passes({"gpus": 2, "models": ["T4"], "cpu": 4}, nodes), scores({"gpus": 2, "models": [], "cpu": 4}, nodes)
([True, False], [87, 34])

Source: kubernetes 1.35, plugins/noderesources/{most_allocated,resource_allocation}.go, plugins/helper/normalize_score.go.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any, TypeAlias

import numpy as np

from k8sedu.course.homework.judging import Judge, JudgeError, shown
from k8sedu.kube import scheduler
from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.explain import Explanation
from k8sedu.kube.scheduler.plugins.normalizing import scaled
from k8sedu.language import Words

Columns: TypeAlias = Mapping[str, Sequence[Any]]
"""`name`, `gpus`, `gpus_used`, `model`, `cpu`, `cpu_used`: lists with a place per node; cores are whole."""

Asked: TypeAlias = Mapping[str, Any]
"""A pod: how many `gpus` of one of the `models` (any, if the list is empty), and how many cores (`cpu`)."""

GPU = "nvidia.com/gpu"
WEIGHTS = {GPU: 3, "cpu": 1}
TRIES = 5_000
WEIGHT, MARGIN = 20, 10
"""So heavily an answer counts in the profile, and so far the best node is ahead: all other plugins together give less than 200 points."""


def passes(asked: Asked, nodes: Columns) -> list[bool]:
    """The filter of the task: enough free GPUs of a model that is wanted; and who wants none stays away from nodes that have some."""
    rows = zip(nodes["gpus"], nodes["gpus_used"], nodes["model"], strict=True)
    if not asked["gpus"]:
        return [gpus == 0 for gpus, _, _ in rows]
    return [gpus - used >= asked["gpus"] and (not asked["models"] or model in asked["models"]) for gpus, used, model in rows]


def scores(asked: Asked, nodes: Columns) -> list[int]:
    """What NodeResourcesFit gives each node: MostAllocated, a GPU's share three times as heavy as a core's."""
    resources = [{"name": name, "weight": weight} for name, weight in WEIGHTS.items()]
    strategy = {"scoringStrategy": {"type": "MostAllocated", "resources": resources}}
    profile = scheduler.default_profile().with_args("NodeResourcesFit", strategy)
    raw = scheduler.explain(_pod(asked), _cluster(nodes), profile).raw["NodeResourcesFit"]
    return [raw[name] for name in nodes["name"]]


def normalized(found: Sequence[int], reverse: bool) -> list[int]:  # noqa: FBT001 (as students write it)
    """DefaultNormalizeScore: the highest becomes 100; reversed, it becomes 0.

    >>> normalized([1, 2, 3], False), normalized([0, 0], True)
    ([33, 66, 100], [100, 100])
    """
    return [int(each) for each in scaled(np.array(found, dtype=np.int64), reverse=reverse)]


def takes(asked: Asked, nodes: Columns, *, weight: int = WEIGHT) -> Judge:
    """With the answer as a score in the default profile, the scheduler takes the node that the right scores would take."""
    return Takes(asked, nodes, weight)


class Takes(Judge):
    """Puts a column into the profile as a plugin, and lets the model choose."""

    def __init__(self, asked: Asked, nodes: Columns, weight: int) -> None:
        self.asked, self.nodes, self.weight = asked, nodes, weight

    def fault(self, value: Any) -> str:
        """Schedule with it, and compare the nodes."""
        if type(value) is not list or [type(each) for each in value] != [int] * len(self.nodes["name"]):
            text = f"expected a list of {len(self.nodes['name'])} whole numbers"
            return Words(f"gave {shown(value)}, {text}", f"给出 {shown(value)}，应为 {len(self.nodes['name'])} 个整数的列表").in_()
        if not all(0 <= each <= 100 for each in value):
            return Words(f"gave {shown(value)}, expected numbers from 0 to 100", f"给出 {shown(value)}，应为 0 到 100 的数").in_()
        met, wanted = self._explained(value).node, self._explained(scores(self.asked, self.nodes)).node
        if met == wanted:
            return ""
        return Words(f"sends the pod to {met}, expected it on {wanted}", f"把 Pod 送到 {met}，应为 {wanted}").in_()

    def picture(self, value: Any) -> str:
        """The pod's cycle as a film, in which the answer is one of the scores."""
        return film(self._explained(value))

    def _explained(self, column: list[int]) -> Explanation:
        plugin = scheduler.score_plugin("Yours", weight=self.weight)(lambda _, nodes: np.array([own[name] for name in nodes.names]))
        own = dict(zip(self.nodes["name"], column, strict=True))
        return scheduler.explain(_pod(self.asked), _cluster(self.nodes), scheduler.default_profile().with_plugin(plugin))


def film(explanation: Explanation) -> str:
    """One pod's cycle as the player shows it inside a page."""
    from k8sedu.kube.scheduler import views

    forms, _ = views.cycle(explanation)._repr_mimebundle_()
    return str(forms["text/html"])


def gpu_cell(seed: int) -> dict[str, list[Any]]:
    """Six nodes with GPUs, on which it matters how one rounds and which way one packs, for a pod with one GPU and four cores.

    Raises:
        JudgeError: none of 2,000 was so.
    """
    random = Random(seed)
    for _ in range(TRIES):
        found = _drawn(random)
        if _is_telling(found):
            return found
    raise JudgeError(f"seed {seed} gave no nodes in {TRIES} tries, expected some on which rounding matters")


USUAL = {"gpus": 1, "models": [], "cpu": 4}
"""The pod for which `gpu_cell` is drawn."""


def _is_telling(nodes: Columns) -> bool:
    """Rounding once, at the end, gives other numbers; who weighs both alike takes another node; and the best one is clearly so."""
    shares = [_shares(USUAL, nodes, place) for place in range(len(nodes["name"]))]
    right = [(3 * (100 * gpu // 1) + 100 * cpu // 1) // 4 for gpu, cpu in shares]
    at_end = [(300 * gpu + 100 * cpu) / 4 // 1 for gpu, cpu in shares]
    alike = [gpu + cpu for gpu, cpu in shares]
    best, (second, first) = right.index(max(right)), sorted(right)[-2:]
    return first - second > MARGIN and at_end != right and max(alike) - alike[best] > Fraction(MARGIN, 50)


def _shares(asked: Asked, nodes: Columns, place: int) -> tuple[Fraction, Fraction]:
    """What of a node's GPUs and cores would be taken."""
    gpus = Fraction(nodes["gpus_used"][place] + asked["gpus"], nodes["gpus"][place])
    return gpus, Fraction(nodes["cpu_used"][place] + asked["cpu"], nodes["cpu"][place])


def _drawn(random: Random) -> dict[str, list[Any]]:
    gpus = [random.choice([4, 6, 8]) for _ in range(6)]
    cpu = [random.choice([24, 36, 48, 52]) for _ in gpus]
    return {
        "name": [f"gpu-{number}" for number in range(1, 7)], "gpus": gpus, "gpus_used": [random.randrange(each) for each in gpus],
        "model": [random.choice(["T4", "A10", "P100"]) for _ in gpus], "cpu": cpu, "cpu_used": [random.randrange(each - 4) for each in cpu],
    }  # fmt: skip


def _pod(asked: Asked) -> Pod:
    return sketch.pod("asked", cpu=str(asked["cpu"]), resources={GPU: asked["gpus"]} if asked["gpus"] else {})


def _cluster(nodes: Columns) -> scheduler.Cluster:
    made: list[Any] = []
    for place, name in enumerate(nodes["name"]):
        gpus, used = nodes["gpus"][place], nodes["gpus_used"][place]
        made.append(sketch.node(name, cpu=str(nodes["cpu"][place]), memory="256Gi", resources={GPU: gpus} if gpus else {}))
        made.append(sketch.pod(f"held-{name}", node=name, cpu=str(nodes["cpu_used"][place]), resources={GPU: used} if used else {}))
    return scheduler.Cluster(made)

"""Equal chances from unequal probabilities: what kube-proxy writes into a chain, and what comes of it.

>>> probabilities(3), shares([0.25, 0.25, 0.25])
(['0.3333333333', '0.5000000000'], [0.25, 0.1875, 0.140625, 0.421875])

Source: `k8sedu.kube.proxy.iptables.probability` (kubernetes 1.30, pkg/proxy/iptables/proxier.go, computeProbability).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from k8sedu.course.homework.judging import Judge, gave, shown
from k8sedu.kube.proxy.iptables.probability import chances, written
from k8sedu.language import Words


def probabilities(count: int) -> list[str]:
    """The probabilities of a chain with so many endpoints, as kube-proxy writes them; its last rule has none."""
    return [written(count - place) for place in range(count - 1)]


def shares(given: Sequence[float]) -> list[float]:
    """Each endpoint's share of new connections, when its rules have these probabilities and the last one has none."""
    return list(chances(len(given) + 1, probabilities=tuple(given)))


def rules_asked(count: int) -> float:
    """How many rules of such a chain a new connection meets on the average.

    >>> rules_asked(1), round(rules_asked(3), 6)
    (1.0, 2.0)
    """
    return sum(place * share for place, share in enumerate(chances(count), 1))


class Near(Judge):
    """A list of numbers, each near the expected one."""

    def __init__(self, expected: Sequence[float], within: float) -> None:
        self.expected, self.within = list(expected), within

    def fault(self, value: Any) -> str:
        """Compare one by one."""
        count = len(self.expected)
        if type(value) is not list or [type(each) in (int, float) for each in value] != [True] * count:
            return gave(value, Words(f"a list of {count} numbers", f"{count} 个数的列表"))
        far = [abs(met - wanted) > self.within for met, wanted in zip(value, self.expected, strict=True)]
        wrong = far.index(True) if any(far) else None
        if wrong is None:
            return ""
        met, wanted = shown(value[wrong]), f"{self.expected[wrong]:.6g}"
        return Words(f"has {met} at place {wrong}, expected {wanted}", f"第 {wrong} 项是 {met}，应为 {wanted}").in_()


def near(expected: Sequence[float], *, within: float = 1e-6) -> Judge:
    """A list of numbers near these."""
    return Near(expected, within)

"""Laws of the controllers' arithmetic: how many must be healthy, and how long a pod bears a taint."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import PodDisruptionBudget
from k8sedu.kube.scheduler.sim.controllers import desired, patience_s
from k8sedu.kube.scheduler.sketch import node, pod


@pytest.mark.parametrize(
    ("spec", "expected"),
    [({"minAvailable": 2}, 2), ({"minAvailable": "50%"}, 4), ({"maxUnavailable": 2}, 5), ({"maxUnavailable": "30%"}, 4), ({}, 0)],
)
def test_shares_are_rounded_up(spec: dict[str, Any], expected: int) -> None:
    """Of seven pods so many must be healthy, in the words of the API."""
    assert desired(PodDisruptionBudget.of({"spec": spec}), 7) == expected


def test_the_shortest_patience_counts() -> None:
    """Without a taint for ever, with one that is not borne not at all, else as long as the most impatient toleration says."""
    bears = [{"operator": "Exists", "key": "a", "effect": "NoExecute", "tolerationSeconds": seconds} for seconds in (9, 5)]
    patient, impatient = pod("p", tolerations=["a"]), pod("q")
    limited = patient.evolve(spec=type(patient).of({"spec": {"tolerations": bears}}).spec)
    marked, other = node("n", taints=["a:NoExecute"]), node("n", taints=["a:NoSchedule"])
    assert [patience_s(found, marked) for found in (patient, impatient, limited)] == [None, 0, 5]
    assert patience_s(impatient, other) is None

"""Laws of what a run depends on: whatever cannot be is told in one sentence, before anything happens."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.kube.objects import Namespace, Pod
from k8sedu.kube.scheduler.sim import RunError, simulate
from k8sedu.kube.scheduler.sim.settings import Settings
from k8sedu.kube.scheduler.sketch import node, pod
from k8sedu.sim.seeds import stream
from k8sedu.workload import make

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"backoff": 3}, "met the setting 'backoff', expected one of duration_ms, "),
    ({"duration_ms": 0}, "duration_ms is 0, expected more than 0"),
    ({"strategy": "best"}, "the strategy is 'best', expected one of LeastAllocated, MostAllocated"),
    ({"release": "1.99"}, "met the release '1.99', expected one from 1.22 to 1.35"),
    ({"release": 1.3}, "the release is the number 1.3, expected a text"),
    ({"faults": ["at 1 crash n9"]}, "met the fault 'at 1 crash n9', expected 'crash', 'restart', 'pause' or 'resume' of a node"),
    ({"changes": ["at 1 cordon n9"]}, "met the order 'cordon n9', expected a node such as n1"),
    ({"changes": ["at 99999999 cordon n1"]}, "'cordon n1' is after the end, expected a time up to 30000 ms"),
    ({"workload": make(stream(0, "w"))}, "met a workload and objects, expected one of the two"),
]


@pytest.mark.parametrize(("given_settings", "sentence"), WRONG, ids=[sentence[:40] for _, sentence in WRONG])
def test_what_cannot_be_is_told_in_one_sentence(given_settings: dict[str, Any], sentence: str) -> None:
    """A wrong setting, fault or order is named, with what was expected."""
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(")):
        simulate(objects=[node("n1")], **given_settings)


def test_an_object_that_the_api_server_refuses_is_named() -> None:
    """No node at all, an invalid pod, a pod on a node that is not there: each is one sentence."""
    with pytest.raises(RunError, match="there is no node among the objects, expected at least one"):
        simulate(objects=[Namespace.of({"metadata": {"name": "x"}})])
    with pytest.raises(RunError, match="the API server refuses the Pod p: Pod \"p\" is invalid"):
        simulate(objects=[node("n1")], arrivals=[(0, Pod.of({"metadata": {"name": "p"}}))])
    with pytest.raises(RunError, match="the pod p runs on 'n9', expected one of the nodes"):
        simulate(objects=[node("n1"), pod("p", node="n9")])


def test_releases_differ_in_how_long_a_node_may_be_silent() -> None:
    """40 seconds before 1.32, 50 from then on, unless somebody says something else."""
    assert [Settings(release=release).node_grace_ms for release in ("1.31", "1.32")] == [40_000, 50_000]
    assert Settings(grace_period_ms=7).node_grace_ms == 7

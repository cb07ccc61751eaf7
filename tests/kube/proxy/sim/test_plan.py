from __future__ import annotations

import pytest

from k8sedu.kube.proxy.sim.plan import PlanError, read_plan


def test_round_trip() -> None:
    """What a line says is what it is written as, and lines come in the order of time."""
    lines = ["at 3000 rollout", "at 0 kill web-1", "at 10 scale 5", "at 20 unready web-2"]
    assert [str(found) for found in read_plan(lines)] == [lines[1], lines[2], lines[3], lines[0]]
    assert read_plan(map(str, read_plan(lines))) == read_plan(lines)


@pytest.mark.parametrize(
    "line", ["kill web-1", "at soon kill web-1", "at 5 kill", "at 5 scale many", "at 5 rollout now", "at 5 reboot node-1"]
)
def test_unreadable(line: str) -> None:
    """A line of another form is told with its number and the forms there are."""
    with pytest.raises(PlanError, match=r"line 2 of the plan is '.*', expected at MS kill"):
        read_plan(["", line])

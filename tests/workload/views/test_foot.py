"""Laws of what stands at the foot of a schedule's picture."""

from __future__ import annotations

import pytest

from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Label
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.views.film import ScheduleError
from k8sedu.workload.views.foot import FOOT, ROWS_OF_QUEUE, expect_run_of, with_foot


@pytest.mark.parametrize("waiting", [ROWS_OF_QUEUE, ROWS_OF_QUEUE + 3])
def test_a_long_queue_is_cut_above_the_foot_and_says_so(waiting: int) -> None:
    """No row of the queue stands in the foot; as many as are not shown are told, and what the system draws is there."""
    rows = [Label(f"queue/{n}", 16, 40 + 30 * n, str(n)) for n in range(waiting)]
    scene = Scene(shapes=(*rows, Label("node/m1", 300, FOOT, "m1")), caption="", width=960, height=540)
    shown = with_foot(scene, Frozen(queue=tuple(range(waiting))), lambda frame: [Label("own", 8, FOOT, str(len(frame.queue)))])
    names = [shape.id for shape in shown.shapes]
    assert all(getattr(shape, "y", 0) <= FOOT - 46 for shape in shown.shapes if shape.id.startswith("queue/"))
    assert ("queue/more" in names) == (waiting > ROWS_OF_QUEUE)
    assert names[-1] == "own"
    assert "node/m1" in names


def test_a_run_of_another_system_is_told() -> None:
    """The sentence names what was met and what makes the right one."""
    with pytest.raises(ScheduleError, match=r"met a trace of 'borg', expected one of mesos\.simulate"):
        expect_run_of(Trace("borg", 0, Frozen(), ()), "mesos", made_by="mesos.simulate")

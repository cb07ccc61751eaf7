from __future__ import annotations

import pytest

from k8sedu.sim.recorder import Recorder, RecorderError
from k8sedu.trace import Frozen, Step


def test_steps_are_numbered_in_order() -> None:
    """A trace holds what was told, in that order, numbered from 0, with the header of the run."""
    recorder = Recorder("raft", seed=7, parameters={"size": 3})
    frame = Frozen(x=1)
    recorder.record(0, "start", "", {}, frame)
    recorder.record(5, "crash", "n1", {"why": "test"}, None)
    trace = recorder.trace()
    assert (trace.system, trace.seed, trace.parameters) == ("raft", 7, Frozen(size=3))
    assert trace.steps == (Step(0, 0, "start", "", Frozen(), frame), Step(1, 5, "crash", "n1", Frozen(why="test"), None))
    assert trace[0].frame is frame
    assert len(recorder) == 2


def test_frames_are_dropped_when_nobody_wants_them() -> None:
    """A run without frames has the digest of the same run with frames."""
    traces = []
    for frames in (True, False):
        recorder = Recorder("raft", seed=7, parameters={}, frames=frames)
        recorder.record(0, "start", "", {"a": 1}, Frozen(x=1))
        traces.append(recorder.trace())
    assert traces[1][0].frame is None
    assert traces[0].digest() == traces[1].digest()


def test_time_never_goes_back() -> None:
    """A driver that tells its steps in the wrong order is stopped at once."""
    recorder = Recorder("raft", seed=7, parameters={})
    recorder.record(5, "start", "", {}, None)
    with pytest.raises(RecorderError, match="step 'crash' is recorded at 4 µs, expected 5 µs or later"):
        recorder.record(4, "crash", "n1", {}, None)
    assert len(recorder) == 1


def test_a_trace_does_not_change_when_recording_goes_on() -> None:
    """A trace that was taken keeps its length, and a detail cannot be changed behind it."""
    recorder = Recorder("raft", seed=7, parameters={})
    detail = {"a": 1}
    recorder.record(0, "start", "", detail, None)
    trace = recorder.trace()
    recorder.record(1, "end", "", {}, None)
    detail["a"] = 2
    assert len(trace) == 1
    assert trace[0].detail.a == 1

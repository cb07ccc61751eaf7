"""How a run becomes a `Trace`: a list that only grows.

A driver tells the recorder what happened, with the state after it if frames are wanted. Building that state is the dear part, so a
driver asks `recorder.frames` first and builds none in an experiment that only counts.

Left out: choosing which kinds of step to keep. A run that leaves steps out has another digest, and then two runs can no longer be compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen, Step, Trace

_new = tuple.__new__
"""Makes a Step without the call of its own constructor: a run makes a million of them."""


class RecorderError(K8sEduError, ValueError):
    """A step that is told in the wrong order."""


class Recorder:
    """Writes down what happens in one run.

    >>> recorder = Recorder("demo", seed=7, parameters={"size": 1})
    >>> recorder.record(0, "start", "", {}, None)
    >>> recorder.record(900, "crash", "n1", {"disk": "kept"}, Frozen(nodes=()))
    >>> recorder.trace()
    Trace(demo, seed 7, 2 steps, 0.9 ms)
    """

    __slots__ = ("_now_us", "_steps", "frames", "parameters", "seed", "system")

    def __init__(self, system: str, *, seed: int, parameters: Mapping[str, Any], frames: bool = True) -> None:
        self.system = system
        self.seed = seed
        self.parameters = Frozen(parameters)
        self.frames = frames
        self._steps: list[Step] = []
        self._now_us = 0

    def __len__(self) -> int:
        return len(self._steps)

    def record(self, time_us: int, kind: str, actor: str, detail: Mapping[str, Any], frame: Frozen | None) -> None:
        """Write down one step; without `frames`, the frame is not kept. O(1), well under a microsecond.

        Raises:
            RecorderError: the time is before that of the last step.
        """
        if time_us < self._now_us:
            raise RecorderError(f"step {kind!r} is recorded at {time_us} µs, expected {self._now_us} µs or later")
        self._now_us = time_us
        steps = self._steps
        steps.append(_new(Step, (len(steps), time_us, kind, actor, Frozen(detail), frame if self.frames else None)))

    def trace(self) -> Trace:
        """The run so far. More may be recorded afterwards; this trace stays as it is."""
        return Trace(self.system, self.seed, self.parameters, tuple(self._steps))

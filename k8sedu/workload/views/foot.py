"""A schedule's picture with a system's own shapes upon it: at its foot stand those who decide, and the queue above them is cut.

Left out: a foot of another height. A queue of nine and four lines below it are what can be read from the back of a room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TypeAlias

from k8sedu.language import Words
from k8sedu.stage.document import Document
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Label, Shape
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.views.film import ScheduleError
from k8sedu.workload.views.scene import QUEUE_WIDTH

FOOT = 344.0
"""Where the foot begins, in the scene's units from above."""

LETTERS = 12.0
ROWS_OF_QUEUE = 9

Draw: TypeAlias = Callable[[Frozen], Iterable[Shape]]
"""The frame of a step → the shapes that the system draws upon the schedule."""


def expect_run_of(trace: Trace, system: str, *, made_by: str) -> None:
    """See that a run is one of this system.

    Raises:
        ScheduleError: it is of something else.
    """
    if trace.system != system:
        raise ScheduleError(f"met a trace of {trace.system!r}, expected one of {made_by}")


def drawn_upon(whole: Document, trace: Trace, draw: Draw) -> Document:
    """A schedule's film with the system's own shapes upon every frame."""
    pictured = [step.frame for step in trace if step.frame]
    pairs = zip(whole.frames, pictured, strict=True)
    return replace(whole, frames=tuple(old._replace(scene=with_foot(old.scene, frame, draw)) for old, frame in pairs))


def with_foot(scene: Scene, frame: Frozen, draw: Draw) -> Scene:
    """One picture: the queue ends above the foot and says how many more wait; upon it stands what `draw` gives."""
    kept = [shape for shape in scene.shapes if not _is_in_the_way(shape)]
    hidden = len(frame.queue) - ROWS_OF_QUEUE
    if hidden > 0:
        text = Words(f"and {hidden} more", f"还有 {hidden} 个")
        kept.append(Label("queue/more", 16, FOOT - 46, text, size=LETTERS, anchor="start", fill="muted"))
    return replace(scene, shapes=(*kept, *draw(frame)))


def _is_in_the_way(shape: Shape) -> bool:
    """Does this part of the queue stand where the foot is drawn?"""
    in_queue = shape.id.startswith(("task/", "queue/")) and getattr(shape, "x", 999) < QUEUE_WIDTH + 10
    return bool(in_queue and getattr(shape, "y", 0) > FOOT - 70)

"""All revisions of a store in a row: which have records left, and up to which the past is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from k8sedu.etcd.views.tree_layout import LETTERS
from k8sedu.language import Words
from k8sedu.stage.shapes import Anchor, Label, Line, Rect, Shape
from k8sedu.trace import Frozen

LEFT, RIGHT, TOP = 84.0, 896.0, 424.0
PILL_MIN = 34.0


def revision_strip(frame: Frozen, walk: Frozen) -> Iterator[Shape]:
    """A pill for each main revision, as many as fit, the newest always; dashed where nothing of it is left."""
    yield Label("strip/what", 8, TOP + 11, "revision", anchor="start", fill="muted", size=LETTERS)
    newest = frame["revision"]
    count = min(newest, int((RIGHT - LEFT) / (PILL_MIN + 8)))
    step = min((RIGHT - LEFT) / count, 66.0)
    there = {int(revision.partition(".")[0]) for page in frame["pages"]["pages"].values() for revision in _records(page)}
    walked = {int(revision.partition(".")[0]) for revision in walk["revisions"]}
    for place, main in enumerate(range(newest - count + 1, newest + 1)):
        x = LEFT + step * place
        is_left = main in there or main == 1
        fill, ink = ("orange", "on:orange") if main in walked else ("card", "ink") if is_left else (None, "muted")
        stroke = "orange" if main in walked else "grey"
        yield Rect(f"strip/{main}", x, TOP, step - 8, 22, r=11, fill=fill, stroke=stroke, dashed=not is_left)
        yield Label(f"strip/{main}/text", x + (step - 8) / 2, TOP + 11, str(main), size=LETTERS, fill=ink)
        if main == frame["compact_revision"] and main > 1:
            yield from _mark(x - 4, main, is_far=place > count / 2)


def _records(page: Frozen) -> tuple[str, ...]:
    return page["keys"] if page["kind"] == "leaf" else ()


def _mark(x: float, main: int, *, is_far: bool) -> Iterator[Shape]:
    yield Line("strip/compacted", x, TOP - 6, x, TOP + 30, stroke="vermillion", width=2)
    text = Words(f"the past before {main} is forgotten", f"{main} 之前的历史已被压缩")
    anchor: Anchor = "end" if is_far else "start"
    yield Label("strip/compacted/text", x + (-6 if is_far else 6), TOP + 36, text, anchor=anchor, size=LETTERS, fill="vermillion")

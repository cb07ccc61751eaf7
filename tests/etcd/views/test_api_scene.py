"""The cards of the API: nothing is cut off, and what stands on them in the figure is what the store answered."""

from __future__ import annotations

import pytest

from k8sedu.etcd.views.api_scene import CARD, Call, Card, api_scene
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.scene import walk
from k8sedu.stage.shapes import Label, Rect

CALL = Call("put a 1", "revision 2")
CARDS = [Card(f"Put {number}", Words("write", "写"), "box", "/v3/kv/put", (CALL,) * number) for number in range(1, 6)]


def test_rows_of_three() -> None:
    """Cards of one row are as high as the highest of them, and the next row begins below it."""
    scene = api_scene(CARDS)
    scene.check()
    boxes = [shape for shape in scene.shapes if isinstance(shape, Rect)]
    assert len({(box.y, box.h) for box in boxes[:3]}) == 1
    assert float(boxes[3].y) > float(boxes[0].y) + float(boxes[0].h)  # type: ignore[arg-type]  # cards stand still
    assert scene.height == float(boxes[3].y) + float(boxes[3].h)  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["put " + "long " * 40, Words("put " + "long " * 40, "写入" * 60)])
def test_long_lines_are_shortened(text: str | Words) -> None:
    """A request or an answer that is wider than its card ends with an ellipsis."""
    scene = api_scene([Card("Put", Words("write", "写"), "box", "", (Call(text, text),))])
    for shape in walk(scene.shapes):
        if isinstance(shape, Label) and shape.id.startswith("card/Put/0"):
            shown = shape.text if isinstance(shape.text, Words) else (str(shape.text),)
            assert all(each.endswith("…") and text_width(each, shape.size) <= CARD - 28 for each in shown)

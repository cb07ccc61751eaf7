"""A scene: one instant of a run as data, before anybody draws it.

A scene is what a view returns: the shapes on the stage, the shapes on the card beside it, and one sentence that says why this step
happened. It holds no pixels and no colours, so it can be tested (“is there a crown on n3?”), compared, drawn as a still, or played.

The stage and the card are two small papers with coordinates of their own. That is why the same scene also fits a narrow page, where the
card moves below the stage.

Left out: layout. A view places its own shapes; `text_width` and `fit` (`lettering`) are there to make room for words.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage.shapes import Detail, Group, Shape

STAGE_WIDTH = 590.0
STAGE_HEIGHT = 384.0
CARD_WIDTH = 302.0


class SceneError(K8sEduError, ValueError):
    """A picture that cannot be drawn as it was described."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One instant as shapes.

    Args:
        shapes: what stands on the stage, a paper of `width` × `height`.
        card: what stands on the card, a paper of `card_width` × `card_height`; the player writes the chosen shape's details below it.
        caption: one sentence that says why; the part between `**` is strong.
        subtitle: stands to the right of the title; the player adds the time.
        focus: id of the shape that this step is about; its details are shown until the reader chooses another shape.
        card_width: 0 for no card: give the stage a width of 904 then.

    >>> from k8sedu.stage.shapes import Circle
    >>> scene = Scene(shapes=(Circle("node/n1", 100, 100, 34, fill="term-1"),), caption=Words("**n1 starts**", "**n1 启动**"))
    >>> scene.find("node/n1").fill
    'term-1'
    """

    shapes: tuple[Shape, ...]
    card: tuple[Shape, ...] = ()
    caption: str | Words = ""
    subtitle: str | Words = ""
    details: tuple[Detail, ...] = ()
    focus: str | None = None
    width: float = STAGE_WIDTH
    height: float = STAGE_HEIGHT
    card_width: float = CARD_WIDTH
    card_height: float = field(default=0.0)

    def find(self, id: str) -> Shape:  # noqa: A002 - the field's own name
        """The shape with this id, wherever it stands.

        Raises:
            SceneError: there is none.
        """
        for shape in walk((*self.shapes, *self.card)):
            if shape.id == id:
                return shape
        raise SceneError(f"the scene has no shape {id!r}")

    def check(self) -> None:
        """Say what is wrong with the scene: an id that occurs twice, or something clickable that has no name. O(shapes)."""
        seen: set[str] = set()
        for shape in walk((*self.shapes, *self.card)):
            if shape.id in seen:
                raise SceneError(f"two shapes of one scene have the id {shape.id!r}, expected different ids")
            if (shape.details or shape.menu) and not shape.label:
                raise SceneError(f"the shape {shape.id!r} can be clicked but has no label, expected one for screen readers")
            seen.add(shape.id)


def walk(shapes: tuple[Shape, ...]) -> Iterator[Shape]:
    """All shapes, groups before what they hold."""
    for shape in shapes:
        yield shape
        if isinstance(shape, Group):
            yield from walk(shape.shapes)

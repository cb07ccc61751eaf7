"""A player that asks back: whatever the reader does in the picture becomes an event, and the answer is another film.

This is how a live laboratory works without the stage knowing any simulation: the laboratory hands in a function from an event to a
document. It may run the simulation anew with one more fault; the player keeps the reader's instant, so the past stays where it was and the
future changes under the reader's eyes.

Left out: undo. A laboratory that keeps its list of faults can offer it as a control.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.stage.document import Document
from k8sedu.stage.player import Player


class Event(NamedTuple):
    """What the reader did, and where in the run.

    Either `action` on `shape` (a line of its menu), or `control` set to `value`.
    """

    time_us: int
    step: int
    action: str | None = None
    shape: str | None = None
    control: str | None = None
    value: float | str | bool | None = None


OnAction: TypeAlias = Callable[[Event], Document | None]


class Explorer(Player):
    """A player whose menus and controls are alive.

    Args:
        document: the first film.
        on_action: from an event to the next film; `None` keeps the present one.

    >>> from k8sedu.stage import Circle, Frame, Scene
    >>> film = Document(title="One node", frames=(Frame(0, "start", "", Scene(shapes=())),))
    >>> explorer = Explorer(film, lambda event: print(event.action, event.shape))
    >>> explorer.act(Event(time_us=0, step=0, action="stop", shape="node/n1"))
    stop node/n1
    """

    def __init__(self, document: Document, on_action: OnAction) -> None:
        """Show the first film and listen."""
        self.on_action = on_action
        super().__init__(document)
        self.live = True

    def act(self, event: Event) -> None:
        """Let an event happen, as if the reader had done it. An error of the library is told in the picture."""
        try:
            document = self.on_action(event)
        except K8sEduError as error:
            self.send({"error": str(error)})
        else:
            if document is not None:
                self.show(document)
            self.send({"done": True})

    def _answered(self, widget: object, content: dict[str, Any], buffers: object) -> None:
        super()._answered(widget, content, buffers)
        if "action" in content or "control" in content:
            self.act(Event(**{name: content[name] for name in Event._fields if name in content}))

"""A document: a whole film of scenes, with everything that a reader needs to move through it.

A document is plain data and knows nothing of the system that it shows. The live widget, the exported file, a slide and a film strip are all
made from it. `k8sedu.stage.encoding` writes it down as differences between scenes.

Left out: sound, and more than one film side by side; put two players below each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.stage.scene import Scene


class DocumentError(K8sEduError, ValueError):
    """A film that cannot be played as it was described."""


class Frame(NamedTuple):
    """One step of the film: from `time_us` on, this is the picture."""

    time_us: int
    kind: str
    actor: str
    scene: Scene


class Band(NamedTuple):
    """A stretch of the scrubber in one colour, with a word above it: a term and who leads in it. `faint` while nobody does."""

    start_us: int
    end_us: int
    text: str | Words
    role: str
    faint: bool = False


class Mark(NamedTuple):
    """A small icon under the scrubber: a crash, an election, a commit."""

    time_us: int
    icon: str
    label: str | Words


class Jump(NamedTuple):
    """A button such as "next election": it goes to the next of these step indices, and rests after the last."""

    label: str | Words
    steps: tuple[int, ...]
    short: str | Words = ""
    """What stands on the button behind the word "next"; without it, the whole label."""


class Legend(NamedTuple):
    """One line of the key to the picture that the help box shows: a letter or icon, its colour, and what it means."""

    text: str | Words
    letter: str = ""
    icon: str = ""
    role: str = "grey"
    hollow: bool = False


class Action(NamedTuple):
    """One line of a menu: its name for the program and its words for the reader."""

    name: str
    label: str | Words


class Slider(NamedTuple):
    """A number that the reader of a live laboratory may change. `form` says how it is shown, with `{}` for the number."""

    id: str
    label: str | Words
    low: float
    high: float
    step: float
    value: float
    form: str = "{}"


class Choice(NamedTuple):
    """One of a few named values."""

    id: str
    label: str | Words
    options: tuple[tuple[str, str | Words], ...]
    value: str


class Toggle(NamedTuple):
    """Something that is on or off."""

    id: str
    label: str | Words
    value: bool


class Button(NamedTuple):
    """Something to do that concerns the whole picture: "spread timers"."""

    id: str
    label: str | Words


class TextBox(NamedTuple):
    """A few lines of text that the reader may write: a manifest. It is sent when "apply" is pressed, or Ctrl+Enter, or the box is left."""

    id: str
    label: str | Words
    value: str
    rows: int = 10
    apply: str | Words = Words("apply", "应用")


Control: TypeAlias = Slider | Choice | Toggle | Button | TextBox


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A film of scenes.

    Args:
        frames: in the order of time; the first is shown first.
        pace: "time" plays simulated time, slowed down; "step" gives every step the same time on the screen.
        slowdown: the first speed for "time": 50 means that 1 ms of the run takes 50 ms to watch.
        menus: by name, what can be done to a shape that carries this `menu`. Only a live laboratory offers them.
        controls: sliders, choices, switches and buttons below the player. Only a live laboratory offers them.
        source: a text that "copy scenario" offers, such as a scenario file.
        start: the number of the frame at which the reader begins. A laboratory that shows another film takes its reader there; `None`
            begins at the first one, and leaves a reader at their instant.
        language, theme: what to start with; `None` and "auto" ask the page.
    """

    title: str | Words
    frames: tuple[Frame, ...]
    bands: tuple[Band, ...] = ()
    marks: tuple[Mark, ...] = ()
    jumps: tuple[Jump, ...] = ()
    legend: tuple[Legend, ...] = ()
    menus: Mapping[str, tuple[Action, ...]] = field(default_factory=dict)
    controls: tuple[Control, ...] = ()
    source: str = ""
    pace: Literal["time", "step"] = "time"
    slowdown: float = 50
    end_us: int | None = None
    start: int | None = None
    language: str | None = None
    theme: Literal["auto", "light", "dark"] = "auto"

    def __post_init__(self) -> None:
        """Refuse a film without frames, out of order, or with papers of different sizes."""
        if not self.frames:
            raise DocumentError("the document has no frames, expected at least one")
        for index, (before, after) in enumerate(zip(self.frames, self.frames[1:], strict=False), start=1):
            if after.time_us < before.time_us:
                raise DocumentError(f"frame {index} is at {after.time_us} µs, before frame {index - 1} at {before.time_us} µs")
            if _paper(after.scene) != _paper(before.scene):
                raise DocumentError(f"frame {index} has a paper of {_paper(after.scene)}, expected {_paper(before.scene)} as before")

    @property
    def last_us(self) -> int:
        """Where the film ends: at `end_us`, else at its last frame."""
        return max(self.frames[-1].time_us, self.end_us or 0)

    def frame_at(self, time_us: float) -> Frame:
        """The last frame not after an instant."""
        return next((frame for frame in reversed(self.frames) if frame.time_us <= time_us), self.frames[0])


def _paper(scene: Scene) -> tuple[float, float, float, float]:
    return scene.width, scene.height, scene.card_width, scene.card_height

"""A document as small JSON: what changed from scene to scene, each word once.

A film of 200 steps repeats nearly everything: nodes stay, two messages move. So a frame is written as the shapes that came, changed or
went, a changed shape as its changed fields, and a text in two languages as a row of one table. `js/film.js` reads this back.

Shapes are listed by number; the number of an id is its place in `ids`, which is also the order in which shapes lie upon each other: as in
the scenes, a shape that appears later being put where that scene has it.

Left out: reading it back in Python. A document is made again from its trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeAlias

from k8sedu.language import Words, language
from k8sedu.stage.document import Control, Document, Frame
from k8sedu.stage.icons import outline
from k8sedu.stage.motion import Countdown, Ramp, Text
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Arc, Circle, Detail, Group, Icon, Label, Line, Path, Rect, Shape, Token
from k8sedu.stage.theme import canonical

VERSION = 1
Json: TypeAlias = Any

KINDS: dict[type[Shape], str] = {
    Circle: "circle",
    Rect: "rect",
    Line: "line",
    Path: "path",
    Arc: "arc",
    Label: "label",
    Icon: "icon",
    Token: "token",
    Group: "group",
}
TYPES = {name: kind for kind, name in KINDS.items()}
ROLES = ("fill", "stroke", "text_fill", "halo")


def encode(document: Document) -> dict[str, Json]:
    """The whole film as values that `json.dumps` can write. O(shapes in all scenes)."""
    return Encoder().film(document)


def defaults() -> dict[str, dict[str, Json]]:
    """What a field of each kind of shape is when nothing is said."""
    return {name: _defaults_of(name) for name in KINDS.values()}


@cache
def _defaults_of(kind: str) -> dict[str, Json]:
    values = {field.name: field.default for field in fields(TYPES[kind]) if field.default is not MISSING and field.name != "details"}
    return {name: value for name, value in values.items() if value is not None}


class Encoder:
    """Tables that grow while a film is written down."""

    def __init__(self) -> None:
        """Start with empty tables; the table of ids is known before the first frame is written."""
        self.words: dict[Words, int] = {}
        self.ids: dict[str, int] = {}
        self.icons: dict[str, tuple[str, bool]] = {}

    def film(self, document: Document) -> dict[str, Json]:
        """The film; the tables come last because they grow while the rest is written."""
        scene = document.frames[0].scene
        self.ids = {key: number for number, key in enumerate(arranged(frame.scene for frame in document.frames))}
        film = {
            "version": VERSION,
            "title": self.text(document.title),
            "paper": [scene.width, scene.height, scene.card_width, scene.card_height],
            "pace": document.pace,
            "slowdown": document.slowdown,
            "end_us": document.last_us,
            "start": document.start,
            "language": document.language or language(),
            "theme": document.theme,
            "source": document.source,
            "bands": [[*band[:2], self.text(band.text), canonical(band.role), band.faint] for band in document.bands],
            "marks": [[mark.time_us, self.icon(mark.icon), self.text(mark.label)] for mark in document.marks],
            "jumps": [[self.text(jump.label), list(jump.steps), self.text(jump.short or jump.label)] for jump in document.jumps],
            "legend": [self.legend(entry._asdict()) for entry in document.legend],
            "menus": {name: [[action.name, self.text(action.label)] for action in menu] for name, menu in document.menus.items()},
            "controls": [self.control(control) for control in document.controls],
            "frames": list(self.frames(document.frames)),
        }
        return film | {"defaults": defaults(), "words": [list(pair) for pair in self.words], "ids": list(self.ids), "icons": self.icons}

    def text(self, text: Text | None) -> Json:
        """A plain text as it is, a pair as its row, a countdown as when and row, and its unit if that is no ms."""
        if isinstance(text, Words):
            return self.words.setdefault(text, len(self.words)) if text.en != text.zh else text.en
        if isinstance(text, Countdown):
            return [text.due_us, self.text(text.form), *([text.unit_us] if text.unit_us != 1_000 else [])]
        return text

    def icon(self, name: str) -> str:
        """The icon's name, once its outline is in the table."""
        self.icons.setdefault(name, outline(name))
        return name

    def legend(self, entry: dict[str, Json]) -> dict[str, Json]:
        """One sign of the key."""
        if entry["icon"]:
            self.icon(entry["icon"])
        return entry | {"text": self.text(entry["text"]), "role": canonical(entry["role"])}

    def control(self, control: Control) -> dict[str, Json]:
        """One control, with its kind."""
        written: dict[str, Json] = control._asdict() | {"kind": type(control).__name__.lower(), "label": self.text(control.label)}
        if "apply" in written:
            written["apply"] = self.text(written["apply"])
        if "options" in written:
            written["options"] = [[value, self.text(label)] for value, label in written["options"]]
        return written

    def frames(self, frames: tuple[Frame, ...]) -> Iterator[dict[str, Json]]:
        """Each frame as its difference to the one before."""
        before: dict[str, Shape] = {}
        said: dict[str, Json] = {}
        written: dict[str, dict[str, Json]] = {}
        for frame in frames:
            frame.scene.check()
            shapes = dict(self.flat(frame.scene))
            step: dict[str, Json] = {"t": frame.time_us, "k": frame.kind, "a": frame.actor}
            step |= {key: value for key, value in self.sayings(frame.scene).items() if said.get(key) != value}
            said |= step
            if gone := [self.ids[key] for key in before if key not in shapes]:
                step["x"] = gone
            if changes := dict(self.changes(before, shapes, written)):
                step["s"] = changes
            before = {key: shape for key, (shape, _) in shapes.items()}
            yield step

    def sayings(self, scene: Scene) -> dict[str, Json]:
        """The texts around the picture."""
        return {"c": self.text(scene.caption), "u": self.text(scene.subtitle), "f": scene.focus or "", "d": self.rows(scene.details)}

    def flat(self, scene: Scene) -> Iterator[tuple[str, tuple[Shape, dict[str, Json]]]]:
        """All shapes one after the other, each with where it belongs."""
        for shapes, home in ((scene.shapes, {}), (scene.card, {"card": True})):
            yield from self.walk(shapes, home)

    def walk(self, shapes: tuple[Shape, ...], home: dict[str, Json]) -> Iterator[tuple[str, tuple[Shape, dict[str, Json]]]]:
        """Shapes, groups before what they hold, each with where it belongs."""
        for shape in shapes:
            yield shape.id, (shape, home)
            if isinstance(shape, Group):
                yield from self.walk(shape.shapes, {"parent": self.ids[shape.id]})

    def changes(
        self, before: Mapping[str, Shape], shapes: Mapping[str, tuple[Shape, dict[str, Json]]], written: dict[str, dict[str, Json]]
    ) -> Iterator[tuple[int, dict[str, Json]]]:
        """New shapes in full, changed ones by their changed fields. `written` remembers how each shape was last written."""
        for key, (shape, home) in shapes.items():
            if before.get(key) == shape:
                continue
            now = self.shape(shape) | home
            old = written.get(key) if key in before else None
            written[key] = now
            change = now if old is None or old["kind"] != now["kind"] else changed(old, now, _defaults_of(KINDS[type(shape)]))
            if change:
                yield self.ids[key], change

    def shape(self, shape: Shape) -> dict[str, Json]:
        """One shape, without what it has by default."""
        kind = KINDS[type(shape)]
        usual = _defaults_of(kind)
        values = {name: self.field(name, getattr(shape, name)) for name in _names(kind)}
        written = {name: value for name, value in values.items() if value != usual.get(name) and value != []}
        if shape.details or shape.menu:
            written["clickable"] = True
        return {"kind": kind} | written

    def field(self, name: str, value: Json) -> Json:
        """One field of a shape."""
        if name in ROLES:
            return value and canonical(value)
        if name == "details":
            return self.rows(value)
        if name == "name" or (name == "icon" and value):
            return self.icon(value)
        if isinstance(value, Words | Countdown):
            return self.text(value)
        if isinstance(value, Ramp):
            return [value.start_us, value.end_us, short(value.start), short(value.end)]
        return short(value) if isinstance(value, float) else value

    def rows(self, details: tuple[Detail, ...]) -> list[list[Json]]:
        """Rows of the panel."""
        return [[self.text(label), self.text(value)] for label, value in details]


def arranged(scenes: Iterable[Scene]) -> list[str]:
    """All ids of a film in one order that agrees with the order inside the scenes. O(ids²) at worst, and that only in `list.insert`.

    >>> dot, ring, name = Circle("dot", 0, 0, 1), Circle("ring", 0, 0, 2), Label("name", 0, 0, "n1")
    >>> arranged([Scene(shapes=(dot, name)), Scene(shapes=(dot, ring, name))])
    ['dot', 'ring', 'name']
    """
    order: list[str] = []
    known: set[str] = set()
    for scene in scenes:
        before: str | None = None
        for shape in walk((*scene.shapes, *scene.card)):
            if shape.id not in known:
                known.add(shape.id)
                order.insert(0 if before is None else order.index(before) + 1, shape.id)
            before = shape.id
    return order


def changed(old: dict[str, Json], now: dict[str, Json], usual: dict[str, Json]) -> dict[str, Json]:
    """The fields that differ; a field that went back to its default says so.

    >>> changed({"kind": "circle", "r": 3, "fill": "blue"}, {"kind": "circle", "r": 4}, {})
    {'r': 4, 'fill': None}
    """
    change = {name: value for name, value in now.items() if old.get(name) != value}
    change |= {name: usual.get(name) for name in old if name not in now}
    if "details" in change and "details" in old and change["details"]:
        change["details"] = changed_rows(old["details"], now["details"])
    return change


def changed_rows(old: list[list[Json]], now: list[list[Json]]) -> Json:
    """Only the values that changed, by row, where the labels stayed the same.

    >>> changed_rows([["role", "follower"], ["term", "2"]], [["role", "leader"], ["term", "2"]])
    {'0': 'leader'}
    """
    if [row[0] for row in old] != [row[0] for row in now]:
        return now
    return {str(index): value for index, ((_, before), (_, value)) in enumerate(zip(old, now, strict=True)) if before != value}


def short(value: float) -> float:
    """A number with at most two decimals, and without any if it is whole.

    >>> short(3.0), short(1.23456)
    (3, 1.23)
    """
    rounded = round(value, 2)
    return int(rounded) if rounded == int(rounded) else rounded


@cache
def _names(kind: str) -> tuple[str, ...]:
    return tuple(field.name for field in fields(TYPES[kind]) if field.name not in {"id", "shapes"})

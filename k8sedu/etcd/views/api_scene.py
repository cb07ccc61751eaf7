"""What one can ask of a store, as cards: each call with an answer that the model has given.

The cards are data, made by whoever has a store to ask; this file only lays them out.

Source: the course notes' picture of the etcd API.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape

WIDTH = 904.0
COLUMNS, SPACE = 3, 16.0
CARD = (WIDTH - SPACE * (COLUMNS - 1)) / COLUMNS
HEAD, ROW = 62.0, 44.0
LETTERS = 12.5
BOLD = 1.1
"""So much wider are strong letters."""


class Call(NamedTuple):
    """A request, and what came back."""

    asked: str | Words
    answered: str | Words


class Card(NamedTuple):
    """Calls of one kind: its name, what it is for, where the gateway has it, and an icon."""

    name: str
    what: Words
    icon: str
    route: str
    calls: tuple[Call, ...]


def api_scene(cards: Sequence[Card], *, caption: str | Words = "") -> Scene:
    """The cards in rows of three.

    >>> card = Card("Put", Words("write", "写"), "box", "/v3/kv/put", (Call("put a 1", "revision 2"),))
    >>> api_scene([card]).find("card/Put/0/answer").text
    'revision 2'
    """
    rows = [cards[place : place + COLUMNS] for place in range(0, len(cards), COLUMNS)]
    shapes: list[Shape] = []
    y = 0.0
    for row in rows:
        height = HEAD + ROW * max(len(card.calls) for card in row) + 8
        for column, card in enumerate(row):
            shapes += _card(card, column * (CARD + SPACE), y, height)
        y += height + SPACE
    return Scene(shapes=tuple(shapes), caption=caption, width=WIDTH, height=y - SPACE, card_width=0)


def _card(card: Card, x: float, y: float, height: float) -> Iterator[Shape]:
    own = f"card/{card.name}"
    yield Rect(own, x, y, CARD, height, r=10, fill="card", stroke="line")
    yield Icon(f"{own}/icon", x + 22, y + 22, card.icon, size=18, fill="accent")
    yield Label(f"{own}/name", x + 40, y + 22, card.name, anchor="start", size=15, weight=700)
    yield Label(f"{own}/route", x + CARD - 14, y + 22, card.route, anchor="end", size=12, fill="muted")
    yield Label(f"{own}/what", x + 14, y + 46, card.what, anchor="start", size=LETTERS, fill="muted")
    for number, call in enumerate(card.calls):
        yield from _call(call, f"{own}/{number}", x + 14, y + HEAD + ROW * number)


def _call(call: Call, own: str, x: float, y: float) -> Iterator[Shape]:
    """A request above, its answer below it behind an arrow."""
    width = CARD - 28
    yield Line(f"{own}/line", x, y, x + width, y, width=1)
    yield Label(own, x, y + 14, _fitted(call.asked, width / BOLD), anchor="start", size=LETTERS, weight=600)
    yield Icon(f"{own}/arrow", x + 6, y + 32, "arrow", size=11, fill="good")
    yield Label(f"{own}/answer", x + 18, y + 32, _fitted(call.answered, width - 18), anchor="start", size=LETTERS)


def _fitted(text: str | Words, width: float) -> str | Words:
    if isinstance(text, Words):
        return Words(fit(text.en, width, LETTERS), fit(text.zh, width, LETTERS))
    return fit(text, width, LETTERS)

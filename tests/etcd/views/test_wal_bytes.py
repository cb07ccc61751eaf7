"""The log as a picture: bytes in their place, words inside their room, a torn tail that can be seen without colours."""

from __future__ import annotations

from itertools import pairwise

import pytest

from k8sedu import etcd
from k8sedu.etcd.sim.wal_story import write_log
from k8sedu.etcd.views.wal_bytes import ROWS, hatch, wal_bytes
from k8sedu.etcd.views.wal_hex import PER_ROW, printable
from k8sedu.etcd.walparts import take_apart
from k8sedu.language import Words
from k8sedu.stage.lettering import text_width
from k8sedu.stage.motion import text_at
from k8sedu.stage.scene import Scene, walk
from k8sedu.stage.shapes import Label, Path, Rect
from k8sedu.stage.svg import still

Segments = list[tuple[str, bytes]]
LONG = "/registry/deployments/default/" + "frontend-" * 20
TORN = ["append 1 1", f"append 1 2 put {LONG} {LONG}", "state 1 1 1", "append 1 3 put /a b", "cut", "append 2 3 put /c d",
        "append 2 4 put /e f", "tear 21"]  # fmt: skip


def told(lines: list[str]) -> Segments:
    """The log at the end of a story."""
    frame = write_log(lines)[-1].frame
    assert frame is not None
    return [(name, bytes.fromhex(digits)) for name, digits in frame["segments"]]


def real(name: str) -> Segments:
    """The log of a member that etcd itself has written."""
    return [(path.name, path.read_bytes()) for path in sorted((etcd.specimens.path(name) / "member" / "wal").glob("*.wal"))]


def check(scene: Scene) -> None:
    """Nothing leaves the paper, words of one row stay apart, no text is small."""
    scene.check()
    rows: dict[float, list[tuple[float, float, str]]] = {}
    for shape in walk(scene.shapes):
        if isinstance(shape, Rect):
            assert 0 <= shape.x <= shape.x + shape.w <= scene.width + 0.01, shape.id
            assert 0 <= shape.y <= shape.y + shape.h <= scene.height, shape.id
        if isinstance(shape, Label):
            assert shape.size >= 12, shape.id
            width = max(text_width(text_at(shape.text, 0, code), shape.size) for code in ("en", "zh"))
            left = shape.x - (width if shape.anchor == "end" else width / 2 if shape.anchor == "middle" else 0)
            assert left >= 0, shape.id
            assert left + width <= scene.width or shape.id.startswith("hex/"), shape.id
            if not shape.id.startswith(("hex/", "byte/")):
                rows.setdefault(shape.y, []).append((left, left + width, shape.id))
    for row in rows.values():
        row.sort()
        for one, other in pairwise(row):
            assert one[1] <= other[0] + 1, (one, other)


@pytest.mark.parametrize("lines", [[], TORN[:3], TORN[:-1], TORN, [*TORN, "repair"], ["append 1 1", "state 1 1 1", *["cut"] * 6]])
def test_every_record_can_be_chosen(lines: list[str]) -> None:
    """Whichever record one looks at, the picture keeps inside its paper."""
    log = told(lines)
    for number in range(len(take_apart(log))):
        check(wal_bytes(log, number))


@pytest.mark.parametrize("name", ["datadir", "cluster/m1", "cluster/m2", "cluster/m3"])
def test_a_real_log_is_drawn_like_the_models(name: str) -> None:
    """The log that etcd itself has written needs no other picture."""
    log = real(name)
    for number in range(0, len(take_apart(log)), 11):
        check(wal_bytes(log, number))


@pytest.mark.parametrize("number", [0, 1, 4, -1])
def test_the_bytes_are_those_of_the_chosen_record(number: int) -> None:
    """Each byte of the frame stands in its place, up to what there is room for."""
    log = told(TORN)
    scene, piece = wal_bytes(log, number), take_apart(log)[number]
    shown = [shape for shape in scene.shapes if isinstance(shape, Label) and shape.id.startswith("byte/")]
    assert bytes.fromhex("".join(str(label.text) for label in shown)) == piece.raw[: len(shown)]
    assert len(shown) == min(len(piece.raw), 6 * PER_ROW)


def test_a_torn_tail_shows_what_never_came() -> None:
    """Every byte that the header promised and that is not there is an empty dashed box; the row is dashed, hatched and says so."""
    scene = wal_bytes(told(TORN))
    piece = take_apart(told(TORN))[-1]
    missing = [shape for shape in scene.shapes if shape.id.startswith("missing/")]
    assert len(missing) == piece.promised_bytes - len(piece.raw) > 0
    assert all(shape.dashed and shape.fill is None for shape in missing)
    row = scene.find(f"record/{piece.number}")
    assert row.dashed
    assert isinstance(scene.find("torn/row"), Path)
    said = scene.find(f"record/{piece.number}/says")
    assert isinstance(said, Label)
    assert isinstance(said.text, Words)
    assert "21 of" in said.text.en
    assert "21/" in said.text.zh


def test_an_overwritten_entry_is_struck_out() -> None:
    """What a later leader replaced has a line through it, and its panel names the record that replaced it."""
    log = told(TORN)
    pieces = take_apart(log)
    struck = [shape.id for shape in wal_bytes(log).shapes if shape.id.endswith("/struck")]
    assert struck == [f"record/{piece.number}/struck" for piece in pieces if piece.status == "overwritten"] != []


def test_rows_around_the_chosen_record_are_shown_and_the_rest_counted() -> None:
    """A long log shows nine rows and says how many are above and below."""
    scene = wal_bytes(real("datadir"), 40)
    shown = [shape for shape in scene.shapes if isinstance(shape, Rect) and shape.details]
    more = scene.find("head/more")
    assert len(shown) == ROWS
    assert isinstance(more, Label)
    assert isinstance(more.text, Words)
    total = len(take_apart(real("datadir")))
    assert sum(int(word) for word in more.text.en.replace(",", "").split() if word.isdigit()) == total - ROWS


def test_segments_are_bars_and_old_ones_are_counted() -> None:
    """At most four segments are drawn, the chosen record's among them."""
    scene = wal_bytes(told(["append 1 1", "state 1 1 1", *["cut"] * 6]), 0)
    assert scene.find("chosen")
    assert len([shape for shape in scene.shapes if shape.id.endswith(".wal")]) == 4


def test_the_picture_exists_in_both_languages_and_repeats_itself() -> None:
    """The same log gives the same bytes of SVG; in Chinese it is Chinese."""
    scene = wal_bytes(told(TORN), caption=Words("a", "甲"))
    assert still(scene, language="zh") == still(wal_bytes(told(TORN), caption=Words("a", "甲")), language="zh")
    assert "残缺" in still(scene, language="zh")
    assert "残缺" not in still(scene, language="en")


def test_small_parts() -> None:
    """Letters are letters and everything else is a dot; strokes of a hatching stay inside their box."""
    assert printable(b"\x08ok\xff") == "·ok·"
    assert hatch(3, 5, 9) == "M0.0 5.0L3.0 2.0"

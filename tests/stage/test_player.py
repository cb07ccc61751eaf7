from __future__ import annotations

import base64
import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from k8sedu.stage import DocumentError, Player
from k8sedu.stage.encoding import encode
from k8sedu.stage.specimen import specimen


def test_a_cell_carries_every_form() -> None:
    """Live widget, page, still and text travel together, so that every front end finds one that it can show."""
    bundle, _ = Player(specimen())._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "text/html", "image/svg+xml", "text/plain"} <= set(bundle)


def test_the_page_holds_the_whole_film() -> None:
    """What is packed into the page is the document, bit for bit."""
    packed = re.search(r'class="k8sedu-data">([^<]*)<', Player(specimen()).to_html())
    assert packed is not None
    assert json.loads(gzip.decompress(base64.b64decode(packed[1]))) == json.loads(json.dumps(encode(specimen())))


def test_a_document_may_say_where_its_reader_begins() -> None:
    """The first film is shown from there; another film takes the reader there, or leaves them where they are."""
    film = specimen(5, 12)
    player = Player(replace(film, start=7))
    assert (player.step, player.document["start"]) == (7, 7)
    player.show(film)
    assert player.step == 7
    player.show(replace(film, start=3))
    assert player.step == 3
    with pytest.raises(DocumentError, match="step 99"):
        Player(replace(film, start=99))


def test_a_page_names_no_address() -> None:
    """Nothing in the page points to a server; the only address is the name of SVG's language."""
    addresses = set(re.findall(r"https?://[^\"'`\s<)]+", Player(specimen()).to_html()))
    assert addresses == {"http://www.w3.org/2000/svg"}


def test_two_hundred_steps_fit_into_150_kilobytes() -> None:
    """A long film with five nodes exports to a small file, because only changes are written."""
    assert len(Player(specimen(5, 200)).to_html().encode()) <= 150_000


def test_a_page_never_replaces_half(tmp_path: Path) -> None:
    """Saving gives the path back and leaves nothing else behind."""
    path = Player(specimen()).save(tmp_path / "film.html")
    assert [file.name for file in tmp_path.iterdir()] == ["film.html"]
    assert path.read_text(encoding="utf-8") == Player(specimen()).to_html()


def test_a_step_beyond_the_film_is_named() -> None:
    """A step that does not exist is refused with what exists."""
    with pytest.raises(DocumentError, match=r"step 40 .* 0 to 39"):
        Player(specimen(), step=40)

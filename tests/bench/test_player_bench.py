from __future__ import annotations

import statistics
from collections.abc import Callable
from pathlib import Path

import pytest
from browser.chromium import open_browser

from k8sedu.stage import Player
from k8sedu.stage.specimen import specimen

pytestmark = [pytest.mark.bench, pytest.mark.browser]

NODES = 9
IN_FLIGHT = 30
SOME_GO_ASTRAY = 6  # the specimen leaves out messages from a node to itself
FRAMES = 300
PLAYER = "document.querySelector('.k8sedu-film > div').k8sedu"


def test_a_frame_costs_at_most_a_millisecond(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    """With 9 nodes and 30 messages in flight, the median frame of a playing film takes at most 1 ms of script."""
    film = Player(specimen(NODES, 400, in_flight=IN_FLIGHT + SOME_GO_ASTRAY)).save(tmp_path / "film.html")
    with open_browser() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(film.as_uri())
        page.wait_for_function(f"() => {PLAYER} !== undefined")
        page.evaluate(f"() => {{ {PLAYER}.go(5); }}")
        page.wait_for_timeout(600)
        in_flight = page.evaluate(f"() => [...{PLAYER}.stage.sprites.values()].filter((sprite) => sprite.shape.kind === 'token').length")
        page.evaluate(f"() => {{ {PLAYER}.frameTimes.length = 0; {PLAYER}.toggle(); }}")
        page.wait_for_function(f"() => {PLAYER}.frameTimes.length >= {FRAMES}", timeout=60_000)
        times = page.evaluate(f"() => {PLAYER}.frameTimes")
    median = statistics.median(times)
    record_property("median_ms", round(median, 3))
    assert in_flight >= IN_FLIGHT
    assert median <= 1.0, f"a frame takes {median:.2f} ms of script in the median, expected at most 1 ms"

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from k8sedu.stage import SceneError, film_strip, still
from k8sedu.stage.specimen import specimen
from k8sedu.stage.theme import Theme


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_still_is_well_formed_and_always_the_same(theme: Theme, language: str) -> None:
    """Every look of the specimen is drawn as valid SVG, the same bytes each time."""
    frame = specimen().frames[9]
    first, again = (still(frame.scene, frame.time_us, title="x", theme=theme, language=language) for _ in range(2))
    ET.fromstring(first)
    assert first == again


def test_stills_move_with_time() -> None:
    """Between two steps a message has another place."""
    frame = specimen().frames[9]
    assert still(frame.scene, frame.time_us) != still(frame.scene, frame.time_us + 1_000)


def test_a_film_strip_shows_the_steps_asked_for() -> None:
    """A strip has one picture per step, and a step beyond the film is named."""
    film = specimen()
    assert film_strip(film, [1, 5, 9]).count('rx="8"') == 3
    with pytest.raises(SceneError, match="step 99"):
        film_strip(film, [99])

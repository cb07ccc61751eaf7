from __future__ import annotations

import re

import pytest

from k8sedu.course.redress import redressed
from k8sedu.raft import simulate
from k8sedu.raft.views import term_timeline
from k8sedu.stage import charts
from k8sedu.stage.theme import PALETTE, PAPER, colour, contrast


def test_light_paper_changes_nothing() -> None:
    """What is drawn on light paper is right for light paper."""
    assert redressed('<rect fill="#FFFFFF"/>', "light") == '<rect fill="#FFFFFF"/>'


@pytest.mark.parametrize("role", ["ink", "muted", "line", "card", "tint:blue", "tint:grey"])
def test_every_role_becomes_its_dark_self(role: str) -> None:
    """A colour that is a role of the theme becomes that role's colour on dark paper, in capitals or not."""
    for written in (colour(role), colour(role).lower()):
        assert redressed(f'<path stroke="{written}"/>', "dark") == f'<path stroke="{colour(role, "dark")}"/>'


def test_white_letters_stay_white_and_their_halo_becomes_paper() -> None:
    """Letters filled with white stand on a coloured shape; the halo around a letter is the paper's colour."""
    svg = '<g id="text_1"><g style="fill: #ffffff; stroke: #ffffff"/></g></g>'
    assert redressed(svg, "dark") == f'<g id="text_1"><g style="fill: #ffffff; stroke: {PAPER["dark"]["paper"]}"/></g></g>'


@pytest.mark.parametrize("name", PALETTE)
def test_coloured_letters_stay_readable(name: str) -> None:
    """A word in a colour of the palette keeps the contrast of text on dark paper."""
    svg = redressed(f'<text fill="{PALETTE[name]}">', "dark")
    (found,) = re.findall("#[0-9A-F]{6}", svg)
    assert contrast(found, PAPER["dark"]["paper"]) >= 4.5


def test_a_chart_of_the_house_has_no_light_paper_left() -> None:
    """In a redressed chart nothing is filled with the light paper but letters."""
    axes = term_timeline(simulate(size=3, seed=7, duration_ms=400))
    drawing = redressed(charts.svg(axes), "dark")
    charts.plt.close(axes.figure)
    assert f'fill: {PAPER["dark"]["paper"]}' in drawing
    rest = re.sub(r'<g id="text_\d+">.*?</g>\s*</g>', "", drawing, flags=re.DOTALL)
    assert "#ffffff" not in rest.lower()

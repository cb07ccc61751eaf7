from __future__ import annotations

import pytest

from k8sedu.stage.theme import PALETTE, PAPER, RoleError, Theme, canonical, colour, contrast, roles

THEMES: tuple[Theme, ...] = ("light", "dark")


@pytest.mark.parametrize("name", PALETTE)
def test_text_upon_a_colour_is_readable(name: str) -> None:
    """The text that a role puts upon its colour has a contrast of at least 4.5 : 1."""
    assert contrast(colour(f"on:{name}"), colour(name)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("text", ["ink", "muted"])
@pytest.mark.parametrize("paper", ["paper", "card"])
def test_text_on_paper_is_readable(theme: Theme, text: str, paper: str) -> None:
    """Plain and quiet text on both papers of both themes has a contrast of at least 4.5 : 1."""
    assert contrast(colour(text, theme), colour(paper, theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", PALETTE)
def test_ink_on_a_tint_is_readable(theme: Theme, name: str) -> None:
    """A pale box carries ordinary ink with a contrast of at least 4.5 : 1."""
    assert contrast(colour("ink", theme), colour(f"tint:{name}", theme)) >= 4.5


def test_terms_cycle_through_six_colours() -> None:
    """Neighbouring terms never share a colour, and term 7 looks like term 1."""
    six = [colour(f"term-{term}") for term in range(1, 7)]
    assert len(set(six)) == 6
    assert colour("term-7") == six[0]


def test_every_role_has_a_colour_in_both_themes() -> None:
    """No role that the player knows is left without paint."""
    assert all(colour(role, theme).startswith("#") for role in roles() for theme in THEMES)
    assert set(PAPER["light"]) == set(PAPER["dark"])


@pytest.mark.parametrize("role", ["pink", "term-x", "glow:blue", ""])
def test_an_unknown_role_is_named(role: str) -> None:
    """A role that no theme knows is refused with its name."""
    with pytest.raises(RoleError, match=repr(role)):
        canonical(role)

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.sim.grammar import FORMS, RESERVED, FaultError, format_ms, parse_fault, parse_ms, quote, unquote, usage, words

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


@given(st.lists(texts, max_size=5))
def test_any_text_can_be_a_word(several: list[str]) -> None:
    """Texts that are quoted where they need it and put on one line are read back word by word."""
    line = " ".join(map(quote, several))
    assert "\n" not in line
    assert [unquote(word) for word in words(line)] == several


@given(st.integers(0))
def test_times_lose_nothing(time_us: int) -> None:
    """Every number of microseconds is read back from its shortest text in milliseconds."""
    text = format_ms(time_us)
    assert parse_ms(text) == time_us
    assert not ("." in text and text.endswith("0"))


@pytest.mark.parametrize("word", ["", "-1", "1.", ".5", "1.0001", "1e3", "nan", "٣", "1_000"])
def test_other_times_are_refused(word: str) -> None:
    """A time with a sign, an exponent, other digits or a fourth decimal is refused."""
    with pytest.raises(FaultError, match="expected milliseconds from 0 on with at most three decimals"):
        parse_ms(word)


@pytest.mark.parametrize("kind", FORMS)
def test_every_form_can_be_shown(kind: str) -> None:
    """Each kind has a form for people, and a line without a time is answered with how a line looks."""
    assert usage(kind).startswith(f"at MS {kind}")
    with pytest.raises(FaultError, match="is not a fault, expected 'at MS KIND …'"):
        parse_fault(kind)


def test_keywords_are_reserved() -> None:
    """No node can be called like a word that has a meaning in some form."""
    assert {part.keyword for form in FORMS.values() for part in form} - {""} <= RESERVED

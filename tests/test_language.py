"""Laws of the two languages."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import k8sedu
from k8sedu.language import LanguageError, Words, language, speaking


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    """A test that chooses Chinese leaves English behind."""
    yield
    language("en")


def test_english_until_chosen() -> None:
    """The language stays what was chosen last."""
    assert language() == "en"
    assert k8sedu.language("zh") == language() == "zh"


def test_words_follow_the_choice() -> None:
    """Without a code, a pair speaks the chosen language; with one, the named language."""
    pair = Words("lease", "租约（lease）")
    language("zh")
    assert (pair.in_(), pair.in_("en")) == ("租约（lease）", "lease")


def test_a_while_in_another_language_ends_however_it_ends() -> None:
    """After an error, too, the language from before is spoken."""
    with pytest.raises(ZeroDivisionError), speaking("zh"):
        assert 1 / (language() == "en")
    assert language() == "en"


@pytest.mark.parametrize("wrong", ["fr", "EN", ""])
def test_an_unknown_language_is_named(wrong: str) -> None:
    """The sentence says what was met and what exists, and the choice stays as it was."""
    with pytest.raises(LanguageError, match=f"language '{wrong}' is not known, expected 'en' or 'zh'"):
        language(wrong)
    assert language() == "en"

"""English and Chinese, side by side.

The people this is for think in both languages, so a caption or a label is a pair, `Words`, and both halves travel with a picture: the
reader of an exported file can change the language without Python. A plain `str` means "the same in both": a node's name, a term number.

The chosen language is one process-wide setting, because a person reads one language at a time; everything that draws also takes
`language=`, so that a program never has to change it.

Left out: plural forms and message catalogues. A pair next to the code that uses it can be read and mended by a teacher.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from k8sedu.errors import K8sEduError

LANGUAGES = ("en", "zh")
"""The codes that exist: English, and Chinese in simplified characters."""

_chosen = "en"


class LanguageError(K8sEduError, ValueError):
    """A language code that does not exist here."""


def language(code: str | None = None) -> str:
    """Tell the language of captions and labels; with a code, choose it first.

    >>> language()
    'en'
    >>> language("zh")
    'zh'
    >>> language("en")
    'en'
    >>> language("fr")
    Traceback (most recent call last):
        ...
    k8sedu.language.LanguageError: language 'fr' is not known, expected 'en' or 'zh'
    """
    global _chosen
    if code is not None:
        _chosen = known_language(code)
    return _chosen


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for a while, and then the one from before again.

    >>> with speaking("zh"):
    ...     language()
    'zh'
    >>> language()
    'en'
    """
    before = language()
    language(code)
    try:
        yield
    finally:
        language(before)


def known_language(code: str) -> str:
    """Give the code back, or say which codes exist.

    Raises:
        LanguageError: the code is neither "en" nor "zh".
    """
    if code not in LANGUAGES:
        raise LanguageError(f"language {code!r} is not known, expected 'en' or 'zh'")
    return code


class Words(NamedTuple):
    """One text in both languages.

    >>> Words("leader", "领导者（leader）").in_("zh")
    '领导者（leader）'
    >>> Words("leader", "领导者（leader）").in_()
    'leader'
    """

    en: str
    zh: str

    def in_(self, code: str | None = None) -> str:
        """The text in one language: the one named, else the chosen one."""
        chosen = language() if code is None else known_language(code)
        return self.zh if chosen == "zh" else self.en

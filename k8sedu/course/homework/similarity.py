"""Who may have worked together: pairs of submissions that share unusually much code.

Names, numbers and comments are made alike first, so that renaming hides nothing. Then every window of tokens is hashed, and of neighbouring
hashes the smallest is kept (winnowing): any copied stretch longer than a window is found, wherever it was moved to. What the released
notebook holds already, and what most of the class has, is no sign of anything and is taken out.

A high share is a reason to look, not a verdict: in a task of five lines honest answers are alike. So the report shows what is shared.

Why an own file of this size? copydetect has had no release since 2024, wants files in folders by language, and draws its report from
templates; MOSS sends students' code to a server abroad.

Source: Schleimer, Wilkerson, Aiken: Winnowing (2003).
Left out: prose. Two answers in words are compared by reading them.
"""

from __future__ import annotations

import hashlib
import io
import keyword
import tokenize
from collections import Counter
from collections.abc import Iterable, Mapping
from html import escape
from typing import NamedTuple

from k8sedu.course.homework.assignment import Assignment
from k8sedu.course.homework.release import released
from k8sedu.course.homework.results import Result

GRAM = 12
"""So many tokens make a window: shorter runs are what everybody writes."""
WINDOW = 6
USUAL = 0.5
"""What more than this share of a class has is no sign of copying."""

Fingerprints = Mapping[int, int]
"""Hash of a window → the line where it begins."""


class Pair(NamedTuple):
    """Two submissions and what they share."""

    first: str
    second: str
    share: float
    """Of the smaller one's fingerprints."""
    shared: int
    lines: tuple[str, ...] = ()
    """The shared stretches, as the first student wrote them."""


def tokens(code: str) -> list[tuple[str, int]]:
    """(token, line) with names, numbers and texts made alike; where the code breaks off, so do they.

    >>> tokens("total = votes + 1  # all")
    [('v', 1), ('=', 1), ('v', 1), ('+', 1), ('n', 1)]
    """
    found = []
    try:
        for token in tokenize.generate_tokens(io.StringIO(code).readline):
            word = _alike(token)
            if word:
                found.append((word, token.start[0]))
    except (tokenize.TokenError, SyntaxError, ValueError):
        pass  # what was read up to the fault is compared
    return found


def _alike(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.NAME:
        return token.string if keyword.iskeyword(token.string) else "v"
    if token.type in (tokenize.NUMBER, tokenize.STRING):
        return "n" if token.type == tokenize.NUMBER else "s"
    return token.string.strip() if token.type == tokenize.OP else ""


def fingerprints(code: str) -> dict[int, int]:
    """The winnowed hashes of a piece of code, each with the line where its window begins."""
    found = tokens(code)
    hashes = [(_hash([word for word, _ in found[start : start + GRAM]]), found[start][1]) for start in range(len(found) - GRAM + 1)]
    kept: dict[int, int] = {}
    for start in range(max(len(hashes) - WINDOW + 1, min(len(hashes), 1))):
        value, line = min(hashes[start : start + WINDOW])
        kept.setdefault(value, line)
    return kept


def _hash(words: list[str]) -> int:
    return int.from_bytes(hashlib.blake2b("\0".join(words).encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


def pairs(codes: Mapping[str, str], *, known: Iterable[str] = (), at_least: float = 0.3) -> list[Pair]:
    """All pairs that share at least so much, the most alike first. O(students² · fingerprints).

    Args:
        codes: student → all code of the answers.
        known: code that everybody was given.
        at_least: the share from which a pair is told.
    """
    given = {value for code in known for value in fingerprints(code)}
    prints = {student: {value: line for value, line in fingerprints(code).items() if value not in given} for student, code in codes.items()}
    count = Counter(value for each in prints.values() for value in each)
    usual = {value for value, times in count.items() if times > max(2, USUAL * len(prints))}
    rare = {student: {value: line for value, line in each.items() if value not in usual} for student, each in prints.items()}
    names = sorted(name for name in rare if rare[name])
    found = [_pair(one, other, rare, codes) for number, one in enumerate(names) for other in names[number + 1 :]]
    return sorted((pair for pair in found if pair.share >= at_least), key=lambda pair: (-pair.share, -pair.shared, pair[:2]))


def _pair(one: str, other: str, prints: Mapping[str, Fingerprints], codes: Mapping[str, str]) -> Pair:
    shared = prints[one].keys() & prints[other].keys()
    smaller = min(len(prints[one]), len(prints[other]))
    text = codes[one].splitlines()
    lines = sorted({prints[one][value] for value in shared})
    begins = tuple(text[line - 1].strip() for line in lines if line <= len(text))
    return Pair(one, other, round(len(shared) / smaller, 3), len(shared), begins)


def of_class(assignment: Assignment, results: Iterable[Result], *, at_least: float = 0.3) -> list[Pair]:
    """The pairs of a class, from the code that its results hold."""
    codes = {result.student: "\n".join(source for _, source in result.code) for result in results if result.code}
    empty = released(assignment, student="everyone", seed=0)
    known = ["".join(cell["source"]) for cell in empty["cells"] if cell["cell_type"] == "code"]
    return pairs(codes, known=known, at_least=at_least)


def page(found: Iterable[Pair]) -> str:
    """The report as an HTML page."""
    rows = "".join(
        f"<tr><td>{escape(pair.first)}</td><td>{escape(pair.second)}</td><td>{pair.share:.0%}</td><td>{pair.shared}</td>"
        f"<td><pre>{escape(chr(10).join(pair.lines[:12]))}</pre></td></tr>"
        for pair in found
    )
    style = (
        ":root{color-scheme:light dark}body{font:16px/1.5 system-ui;margin:24px auto;padding:0 24px;max-width:1100px}"
        "table{border-collapse:collapse;width:100%}td,th{padding:6px 12px;text-align:left;vertical-align:top;border-bottom:1px solid #9999}"
        "pre{margin:0;font:14px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere}"
    )
    words = "A high share is a reason to look, not a verdict. What was given to everybody, and what most of the class has, is not counted."
    head = "".join(f"<th>{name}</th>" for name in ("student", "student", "share", "stretches", "where they begin"))
    start = '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>Similarity</title>'
    table = f"<table><tr>{head}</tr>{rows}</table>"
    return f"{start}<style>{style}</style></head><body><h1>Similarity</h1><p>{words}</p>{table}</body></html>\n"

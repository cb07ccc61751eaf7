"""The pictures of the course: which there are, and how they reach their folder.

A figure is a function without arguments that returns SVG text. It stands on the course's floor because it does what no view may do: it
makes a run and has it drawn. Each system has a module here, named as the system, with a table `FIGURES`: file name → function.

A figure is drawn into memory and compared first: a file whose bytes are right already is left alone, so that a version control sees only
what changed.

Left out: PNG. A browser, a slide and a paper all take SVG; its text stays text, in the reader's own fonts.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Literal, TypeAlias

from k8sedu.errors import K8sEduError
from k8sedu.files import write_whole

Draw: TypeAlias = Callable[[], str]
"""A figure: a function that returns SVG text, the same on every call and every machine."""

Outcome: TypeAlias = Literal["same", "written", "differs", "missing"]
"""What became of a figure: its file was right; it was written; or, when only checking, it is wrong or not there."""


class FigureError(K8sEduError, LookupError):
    """A figure that does not exist."""


def figures() -> dict[str, Draw]:
    """All figures by file name, system by system."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: draw for module in modules for name, draw in importlib.import_module(f"{__name__}.{module}").FIGURES.items()}


def chosen(names: Iterable[str]) -> dict[str, Draw]:
    """The figures of these names; all of them when none is named.

    >>> chosen(["no-such.svg"])
    Traceback (most recent call last):
        ...
    k8sedu.course.figures.FigureError: there is no figure 'no-such.svg', expected one of ...
    """
    everything = figures()
    wanted = list(names) or list(everything)
    for name in wanted:
        if name not in everything:
            raise FigureError(f"there is no figure {name!r}, expected one of {', '.join(everything) or 'none: no system has figures yet'}")
    return {name: everything[name] for name in wanted}


def settle(path: Path, draw: Draw, *, check: bool = False) -> Outcome:
    """Draw a figure and put it into its place; with `check`, only compare."""
    drawn = draw().encode()
    found = path.read_bytes() if path.exists() else None
    if found == drawn:
        return "same"
    if check:
        return "missing" if found is None else "differs"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, drawn)
    return "written"


def titled(title: str, draw: Draw) -> Draw:
    """The same figure with a title element, which screen readers read and search engines find."""

    def drawn() -> str:
        before, start, after = draw().partition("<svg ")
        opening, end, rest = after.partition(">")
        return f"{before}{start}{opening}{end}<title>{escape(title)}</title>{rest}"

    return drawn

"""What a kernel is told before it runs a notebook for a deck or a page. These functions are called inside that kernel.

A chart becomes an SVG that carries its own description: the house's charts have a sentence as their title, which says what to see, so
that sentence is the alternative text, and it is in the chart's language by itself.

Left out: pictures of other libraries. They keep the form in which they show themselves.
"""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure

from k8sedu.language import language as choose
from k8sedu.stage import charts


def speak(language: str | None) -> None:
    """Choose the language before the notebook's first cell; a lesson's folder may choose it once more."""
    if language is not None:
        choose(language)


def describe_charts(shell: Any) -> None:
    """Let the shell show matplotlib figures as SVG with alternative text, and as nothing else."""
    formatters = shell.display_formatter.formatters
    for formatter in formatters.values():
        formatter.pop(Figure, None)
    formatters["image/svg+xml"].for_type(Figure, described)


def described(figure: Figure) -> tuple[str, dict[str, str]]:
    """A figure as SVG, and what it shows in words, if it says so.

    >>> import matplotlib.pyplot as plt
    >>> figure, axes = plt.subplots()
    >>> _ = axes.set_title("n1 leads")
    >>> described(figure)[1]
    {'alt': 'n1 leads'}
    >>> plt.close(figure)
    """
    titles = [title for axes in figure.axes for place in ("left", "center", "right") if (title := axes.get_title(loc=place))]
    words = "; ".join(dict.fromkeys(filter(None, [figure.get_suptitle(), *titles])))
    return charts.svg(figure), {"alt": words} if words else {}

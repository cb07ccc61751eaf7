"""What a cell showed, as HTML for a deck or a page: the form that works without a kernel and without a network.

One output carries many forms of the same thing. A film is also a live widget, and a converter that prefers the widget shows nothing
where no kernel runs. So the order here is: the self-contained HTML, then the drawing, the photograph, the formula, and the text last.

Left out: JavaScript that an output asks to run, and widgets without an HTML twin: they are told as text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

from k8sedu.course import redress
from k8sedu.course.notebook import Cell, joined
from k8sedu.course.prose import data_uri, formula, html_of, plain
from k8sedu.stage.source import page_script
from k8sedu.stage.theme import PAPER, Theme

PLAYER = f'<script type="module">\n{page_script()}</script>'
"""What makes films play. Each film carries it; a page needs it once."""

FILM = 'class="k8sedu-film"'

BOTH_PAPERS = re.compile(
    r'<div class="k8sedu-on-light">(?P<light><svg.*?</svg>)\s*</div>\s*<div class="k8sedu-on-dark"[^>]*>(?P<dark><svg.*?</svg>)\s*</div>',
    re.DOTALL,
)
"""A still that brings a drawing for each paper along."""

TERMINAL_COLOUR = re.compile("\x1b" + r"\[[0-9;]*m")


class Shown(NamedTuple):
    """One output as HTML: a film, a picture, a table, a text or other HTML. `alt` is what a picture shows, in words."""

    kind: str
    html: str
    alt: str | None = None


def shown(cell: Cell, theme: Theme) -> list[Shown]:
    """Everything that a cell showed, in order; what it printed in one piece."""
    found: list[Shown] = []
    alts = _alts(cell)
    for output in cell.outputs:
        one = _one(output, theme, alts)
        if one is None:
            continue
        if one.kind == "text" and found and found[-1].kind == "text":
            found[-1] = Shown("text", found[-1].html.removesuffix("</pre>") + one.html.removeprefix('<pre class="text">'))
        else:
            found.append(one)
    return found


def complaints(cell: Cell) -> list[str]:
    """What a cell wrote on the error stream, which nothing shows: its first line."""
    texts = [joined(out["text"]).strip() for out in cell.outputs if out["output_type"] == "stream" and out["name"] == "stderr"]
    return [f"cell {cell.id!r} warned: {text.splitlines()[0]}" for text in texts if text]


def _alts(cell: Cell) -> list[str]:
    """What the cell's author says about its pictures: one text, or one for each picture."""
    said = cell.metadata.get("alt", [])
    return [said] if isinstance(said, str) else list(said)


def _one(output: Mapping[str, Any], theme: Theme, alts: list[str]) -> Shown | None:
    kind = output["output_type"]
    if kind == "stream":
        return _text(joined(output["text"])) if output["name"] == "stdout" else None
    if kind == "error":
        return _text(f"{output['ename']}: {output['evalue']}")
    return of_bundle({mime: output["data"][mime] for mime in output["data"]}, output.get("metadata", {}), theme, alts)


def of_bundle(data: Mapping[str, Any], metadata: Mapping[str, Any], theme: Theme = "light", alts: Sequence[str] = ()) -> Shown:
    """The best form of one output.

    >>> of_bundle({"text/plain": "<A>", "text/latex": "$n$"}, {}).kind
    'formula'
    """
    bundle = {mime: joined(value) if isinstance(value, str | list) else value for mime, value in data.items()}
    if match := BOTH_PAPERS.search(bundle.get("text/html", "")):
        bundle = {"image/svg+xml": match[theme], "text/html": ""}
    drawn = "image/svg+xml" in bundle and FILM not in bundle.get("text/html", "")
    if "text/html" in bundle and not drawn:
        return _of_html(bundle["text/html"])
    if picture := next((mime for mime in ("image/svg+xml", "image/png", "image/jpeg", "image/gif") if mime in bundle), None):
        said = alts[0] if alts else metadata.get(picture, {}).get("alt") or metadata.get("alt")
        return _picture(picture, bundle[picture], said, theme)
    if "text/latex" in bundle:
        return Shown("formula", f'<div class="formula">{formula(bundle["text/latex"].strip().strip("$"), display="block")}</div>')
    if "text/markdown" in bundle:
        return Shown("prose", html_of(bundle["text/markdown"])[0])
    return _text(str(bundle.get("text/plain", "")))


def _of_html(html: str) -> Shown:
    if FILM in html:
        return Shown("film", html.replace(PLAYER, ""), _film_name(html))
    if "<table" in html:
        bare = re.sub(r"<style.*?</style>", "", html, flags=re.DOTALL)
        return Shown("table", re.sub(r' (border="1"|style="text-align: right;")', "", bare))
    return Shown("html", html)


def _film_name(html: str) -> str:
    """The film's title, as its notice for readers without JavaScript has it."""
    match = re.search(r"<noscript>Player\((.*), \d+ steps\)", html)
    return plain(match[1]).strip("'\"") if match else ""


def _picture(kind: str, data: str, said: str | None, theme: Theme) -> Shown:
    if kind != "image/svg+xml":
        source = f"data:{kind};base64,{''.join(data.split())}"
    else:
        drawing = data if "role=\"img\"" in data and PAPER["dark"]["paper"] in data else redress.redressed(data, theme)
        said = said or _label(drawing)
        source = data_uri(drawing.encode(), kind)
    return Shown("picture", f'<img src="{source}" alt="{escape(said or "", quote=True)}">', said)


def _label(drawing: str) -> str | None:
    """What a drawing says about itself."""
    match = re.search(r"<svg[^>]*\baria-label=\"([^\"]+)\"", drawing) or re.search(r"<title>([^<]+)</title>", drawing)
    return plain(match[1]) if match else None


def _text(text: str) -> Shown:
    return Shown("text", f'<pre class="text">{escape(TERMINAL_COLOUR.sub("", text))}</pre>')

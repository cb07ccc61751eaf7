"""A lesson as one static HTML page: the prose, the code, what it showed; films play. Nothing is asked of a network.

The page is for reading at home, on a telephone, or where no Python is. It follows the reader's light or dark setting unless one is
chosen; then films and drawings follow too, because a page carries both papers of a drawing.

Left out: running code. That is what the notebook is for, and the page says its name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from importlib.resources import files
from pathlib import Path
from typing import Literal, TypeAlias

from k8sedu.course.notebook import HIDDEN_INPUT, HIDDEN_OUTPUT, LEFT_OUT, Cell, Notebook
from k8sedu.course.outputs import complaints, shown
from k8sedu.course.palette import variables
from k8sedu.course.prose import coloured, html_of, plain, without_network
from k8sedu.language import Words
from k8sedu.stage.source import page_script

Paper: TypeAlias = Literal["auto", "light", "dark"]
NOTEBOOK = Words(
    "This page is the notebook {}, run from top to bottom. Open it with k8sedu lab to change things.",
    "本页是笔记本 {} 从头到尾运行的结果。想动手修改，请用 k8sedu lab 打开它。",
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around a lesson: links before and after it, and where its links to other notebooks lead."""

    top: str = ""
    bottom: str = ""
    targets: dict[str, str] = field(default_factory=dict)


def page_of(
    notebook: Notebook, *, theme: Paper = "auto", language: str | None = None, around: Surroundings | None = None
) -> tuple[str, list[str]]:
    """A notebook that has run, as HTML, and what its author should know about it."""
    around, language = around or Surroundings(), language or notebook.language
    remarks: list[str] = []
    kept = [cell for cell in notebook.cells if cell.kind in {"markdown", "code"} and not cell.says(*LEFT_OUT)]
    parts = [_cell(cell, notebook.path.absolute().parent, remarks) for cell in kept]
    body = linked(without_network("\n".join(filter(None, parts))), around.targets)
    about = f'<p class="about">{NOTEBOOK.in_(language).format(f"<code>{escape(notebook.path.name)}</code>")}</p>'
    main = f'{around.top}<main class="lesson">\n{body}\n</main>{about}{around.bottom}'
    return whole(main, title=notebook.title, language=language, theme=theme), remarks


def whole(body: str, *, title: str, language: str, theme: Paper = "auto") -> str:
    """A complete page around a body. The player stands in it once, if there is a film."""
    player = players() if 'class="k8sedu-film"' in body else ""
    dark = re.sub(r"^:root", ':root[data-theme="dark"]', variables("dark"))
    system = f"@media (prefers-color-scheme: dark) {{ {variables('dark').replace(':root', ':root:not([data-theme])')} }}"
    chosen = "" if theme == "auto" else f' data-theme="{theme}"'
    telling = "" if theme == "auto" else f' data-jp-theme-light="{"true" if theme == "light" else "false"}"'
    return (
        f'<!doctype html>\n<html lang="{"zh-Hans" if language == "zh" else "en"}"{chosen}>\n<head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="icon" href="data:,">\n'
        f"<style>{variables('light')}\n{dark}\n{system}\n{_read('prose.css')}\n{_read('page.css')}</style></head>\n"
        f"<body{telling}>\n{body}\n{player}</body></html>\n"
    )


def players() -> str:
    """What makes the films of a page play, and lets each of them be saved."""
    return f'<script id="k8sedu-player" type="module">\n{page_script()}</script>\n<script>{_read("saving.js")}</script>'


def _read(name: str) -> str:
    return (files("k8sedu.course") / name).read_text(encoding="utf-8")


def _cell(cell: Cell, folder: Path, remarks: list[str]) -> str:
    if cell.says("notes") or (cell.kind == "code" and not cell.source.strip()):
        return ""
    if cell.kind == "markdown":
        html, unnamed = html_of(cell.source, folder=folder, attachments=cell.attachments)
        remarks += [f"cell {cell.id!r}: the picture {url} has no alternative text" for url in unnamed]
        return f'<section class="prose" id="{escape(cell.id, quote=True)}">{html}</section>'
    remarks += complaints(cell)
    code = "" if cell.says(*HIDDEN_INPUT) else coloured(cell.source)
    results = "" if cell.says(*HIDDEN_OUTPUT) else "".join(_results(cell, remarks))
    return f'<section class="cell" id="{escape(cell.id, quote=True)}">{code}{results}</section>'


def _results(cell: Cell, remarks: list[str]) -> Sequence[str]:
    """What a cell showed; a drawing that differs between the papers is there for both."""
    found = []
    for light, dark in zip(shown(cell, "light"), shown(cell, "dark"), strict=True):
        if light.kind == "picture" and not light.alt:
            remarks.append(f"cell {cell.id!r}: a picture without alternative text")
        papers = f'<div class="on-light">{light.html}</div><div class="on-dark">{dark.html}</div>'
        found.append(f'<div class="{light.kind}">{light.html if light.html == dark.html else papers}</div>')
    return found


def linked(html: str, targets: Mapping[str, str]) -> str:
    """Links to other notebooks lead to their pages; where there is no page they are words, since the file will not lie beside them.

    >>> linked('<a href="./02.ipynb">two</a> <a href="03.ipynb">three</a>', {"02.ipynb": "02.html"})
    '<a href="02.html">two</a> three'
    """

    def turned(match: re.Match[str]) -> str:
        target = targets.get(plain(match[1]).removeprefix("./"))
        return match[2] if target is None else f'<a href="{target}">{match[2]}</a>'

    return re.sub(r'<a href="([^":]+\.ipynb)">(.*?)</a>', turned, html, flags=re.DOTALL)

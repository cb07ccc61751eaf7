r"""Markdown, formulas and code as HTML that needs nothing else: no script, no font, no network.

A formula becomes MathML, which browsers draw by themselves. Code is coloured when the page is built, with the names of Pygments'
classes; the colours stand in the page's style sheet. A picture beside the notebook is put into the page; one on a server is refused,
because the page must look the same in a lecture room without a network.

Left out: LaTeX beyond what `latex2mathml` knows; such a formula is named in the error.
"""

from __future__ import annotations

import base64
import mimetypes
import re
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any

from k8sedu.course.notebook import NotebookError

try:
    import mistune
    from latex2mathml.converter import convert as to_mathml
    from pygments import highlight
    from pygments.formatters.html import HtmlFormatter
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound
except ImportError as error:
    raise NotebookError(f"{error.name} is not installed, which slides and pages need: pip install 'k8sedu[slides]'") from error


class Prose(mistune.HTMLRenderer):
    """Markdown as HTML."""

    def __init__(self, folder: Path, attachments: Mapping[str, Mapping[str, str]]) -> None:
        """Know where the pictures lie."""
        super().__init__(escape=False)
        self.folder = folder
        self.attachments = attachments
        self.unnamed: list[str] = []
        """Pictures without alternative text."""

    def inline_math(self, text: str) -> str:
        """A formula within a line."""
        return formula(text)

    def block_math(self, text: str) -> str:
        """A formula on a line of its own."""
        return f'<div class="formula">{formula(text, display="block")}</div>\n'

    def block_code(self, code: str, info: str | None = None) -> str:
        """A block of code; without a language it stays as it is."""
        return coloured(code, (info or "text").split()[0])

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """A picture, put into the page."""
        if not text:
            self.unnamed.append(url)
        caption = f' title="{escape(title)}"' if title else ""
        return f'<img src="{self._embedded(url)}" alt="{escape(text)}"{caption}>'

    def _embedded(self, url: str) -> str:
        if url.startswith("data:"):
            return url
        if "://" in url or url.startswith("//"):
            raise NotebookError(f"the picture {url} lies on a server, expected a file beside the notebook: a deck works without a network")
        if url.startswith("attachment:"):
            kind, data = next(iter(self.attachments.get(url.removeprefix("attachment:"), {}).items()), ("", ""))
            return f"data:{kind};base64,{data}"
        file = self.folder / url
        if not file.is_file():
            raise NotebookError(f"the picture {url} is not in {self.folder}")
        return data_uri(file.read_bytes(), mimetypes.guess_type(file.name)[0] or "application/octet-stream")


def data_uri(content: bytes, kind: str) -> str:
    """Bytes as an address that carries them.

    >>> data_uri(b"a", "text/plain")
    'data:text/plain;base64,YQ=='
    """
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def html_of(markdown: str, *, folder: Path = Path(), attachments: Mapping[str, Mapping[str, str]] | None = None) -> tuple[str, list[str]]:
    r"""Markdown as HTML, and the pictures in it that have no alternative text.

    >>> html_of("A *term* counts elections.")
    ('<p>A <em>term</em> counts elections.</p>\n', [])
    """
    prose = Prose(folder, attachments or {})
    render = mistune.create_markdown(renderer=prose, plugins=["math", "table", "strikethrough"])
    return str(render(markdown)), prose.unnamed


def formula(latex: str, display: Any = "inline") -> str:
    """LaTeX as MathML.

    >>> formula("n").partition(">")[2]
    '<mrow><mi>n</mi></mrow></math>'
    """
    try:
        mathml = to_mathml(latex.strip(), display=display)
    except Exception as error:  # what it raises is not documented; whatever it is, the formula is at fault
        raise NotebookError(f"the formula ${latex.strip()}$ cannot be read: {type(error).__name__} {error}") from error
    if unknown := re.search(r">(\\[A-Za-z]+)<", mathml):
        raise NotebookError(f"the formula ${latex.strip()}$ cannot be read: {unknown[1]} is not known here")
    return mathml


def coloured(code: str, language: str = "python") -> str:
    """Code with its parts marked for colouring.

    >>> coloured("x = 1")
    '<pre class="code"><code><span class="n">x</span> <span class="o">=</span> <span class="mi">1</span></code></pre>'
    """
    try:
        lexer = get_lexer_by_name(language, stripall=False)
    except ClassNotFound:
        return f'<pre class="code"><code>{escape(code.rstrip())}</code></pre>'
    return f'<pre class="code"><code>{highlight(code, lexer, HtmlFormatter(nowrap=True)).rstrip()}</code></pre>'


def heading_of(markdown: str) -> tuple[int, str, str]:
    """A heading that a text begins with: its level, its words, and the rest; level 0 where it begins otherwise.

    >>> heading_of("## Why a majority?")
    (2, 'Why a majority?', '')
    """
    match = re.match(r"(#{1,6}) +(.+?) *#* *(?:\n|$)", markdown.lstrip())
    return (len(match[1]), match[2], markdown.lstrip()[match.end() :].lstrip("\n")) if match else (0, "", markdown)


def without_network(html: str) -> str:
    """Give some HTML back, or refuse it because a browser would ask a network for a part of it. Links to click are fine.

    >>> without_network('<a href="https://example.org">x</a>')
    '<a href="https://example.org">x</a>'

    Raises:
        NotebookError: naming the address.
    """
    found = re.search(r"<(?!a\b)\w+\b[^>]*\b(?:src|href|data)\s*=\s*[\"']?((?:https?:)?//[^\"'\s>]+)", html)
    if found:
        raise NotebookError(f"a cell asks the network for {found[1]}, expected everything in the notebook: a deck works without one")
    return html


def plain(html: str) -> str:
    """The words of some HTML.

    >>> plain("<p>A <em>term</em> &amp; more</p>")
    'A term & more'
    """
    from html import unescape

    return unescape(re.sub(r"<[^>]+>", "", html)).strip()

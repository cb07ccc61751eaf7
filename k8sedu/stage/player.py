"""The player: a film in a notebook, and as one HTML file that needs nothing else.

One ES module serves both. In JupyterLab it is an anywidget; in an exported file a shim of forty lines stands in for the kernel. What a cell
returns carries all forms at once (live widget, self-contained HTML, a still as SVG, text), so the same notebook shows something everywhere:
live, converted to a static page, or on a site that strips scripts.

The film inside the HTML is compressed: a 200-step election is then mostly the player itself, and a notebook with ten films stays small.

Source: the anywidget front-end module specification (AFM): `render({model, el})` with get, set, on, off, save_changes, send.
Left out: video. A film that steps back and answers questions is the point.
"""

from __future__ import annotations

import base64
import gzip
import json
import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from k8sedu.files import write_whole
from k8sedu.language import Words, language
from k8sedu.stage.document import Document, DocumentError
from k8sedu.stage.encoding import encode
from k8sedu.stage.source import module, page_script
from k8sedu.stage.svg import film_strip, still
from k8sedu.stage.theme import Theme

PAGE = """<!doctype html>
<html>
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>
<style>
body {{ margin: 0; background: #FFFFFF }}
.k8sedu-film {{ max-width: max(700px, 150vh); margin: auto }}
@media (prefers-color-scheme: dark) {{ body {{ background: #111418 }} }}
</style></head>
<body>
"""


class Player(anywidget.AnyWidget):
    """A film that can be watched, stepped and saved.

    >>> from k8sedu.stage import Circle, Frame, Scene
    >>> scene = Scene(shapes=(Circle("node/n1", 100, 100, 34, fill="term-1"),))
    >>> player = Player(Document(title="One node", frames=(Frame(0, "start", "", scene),)))
    >>> player.to_html().startswith("<!doctype html>")
    True
    """

    _esm = traitlets.Unicode().tag(sync=True)
    document = traitlets.Dict().tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    live = traitlets.Bool(default_value=False).tag(sync=True)

    def __init__(self, document: Document, *, step: int = 0) -> None:
        """Show a document, from a step on."""
        self.film = document
        super().__init__(_esm=module(), document=encode(document), step=_known(document, step or document.start or 0))
        self.on_msg(self._answered)

    def show(self, document: Document) -> None:
        """Show another document in the same place; the reader stays at the same instant, if the document does not say where to begin."""
        self.film = document
        self.document = encode(document)
        if document.start is not None:
            self.step = _known(document, document.start)

    def to_html(self) -> str:
        """The film as one HTML page that plays without a network."""
        title = escape(_in_one(self.film.title, self.film.language))
        return f"{PAGE.format(title=title)}{self._fragment()}\n</body>\n</html>\n"

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page of `to_html` to a file. A file that was there stays whole until the new one is complete."""
        write_whole(Path(path), self.to_html())
        return Path(path)

    def still(self, step: int | None = None, *, theme: Theme = "light", language: str | None = None) -> str:
        """One step as SVG."""
        frame = self.film.frames[_known(self.film, self.step if step is None else step)]
        return still(frame.scene, frame.time_us, title=self.film.title, theme=theme, language=language or self.film.language)

    def film_strip(self, steps: Sequence[int], *, columns: int = 3, theme: Theme = "light", language: str | None = None) -> str:
        """Some steps side by side as SVG."""
        return film_strip(self.film, steps, columns=columns, theme=theme, language=language)

    def __repr__(self) -> str:
        """One line."""
        return f"Player({_in_one(self.film.title, self.film.language)!r}, {len(self.film.frames)} steps)"

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every form of the film; the front end takes the best one that it can show."""
        live, metadata = super()._repr_mimebundle_(**kwargs) or ({}, {})
        return live | {"text/html": self._fragment(), "image/svg+xml": self.still(), "text/plain": repr(self)}, metadata

    def _fragment(self) -> str:
        packed = base64.b64encode(gzip.compress(_json(encode(self.film)).encode(), 9, mtime=0)).decode()
        return (
            f'<div class="k8sedu-film"><script type="text/plain" class="k8sedu-data">{packed}</script>'
            f'<script type="module">\n{page_script()}</script><noscript>{escape(repr(self))}: this film needs JavaScript.</noscript></div>'
        )

    def _answered(self, _widget: object, content: dict[str, Any], _buffers: object) -> None:
        """What the reader asked for in the browser."""
        if content.get("save"):
            self.send({"html": self.to_html(), "name": "k8sedu.html"})


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _known(document: Document, step: int) -> int:
    if not 0 <= step < len(document.frames):
        raise DocumentError(f"step {step} is not in the film, expected 0 to {len(document.frames) - 1}")
    return step


def _in_one(text: str | Words, code: str | None) -> str:
    return text.in_(code or language()) if isinstance(text, Words) else text

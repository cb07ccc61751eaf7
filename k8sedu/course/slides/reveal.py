"""reveal.js, found among the installed packages.

The package `sphinx-revealjs` on PyPI carries reveal.js and its speaker view for its own purpose. Only those files are read, when a deck
is built; the package itself is not imported and nothing of it is kept here.

Source: reveal.js 5, https://revealjs.com, MIT licence.
Left out: reveal.js' themes, which ask a network for their fonts, and its highlighter, which is four times as large as a deck.
"""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from k8sedu.course.notebook import NotebookError

FOLDER = "_static/revealjs"


@cache
def folder() -> Path:
    """Where reveal.js lies.

    Raises:
        NotebookError: no installed package carries it.
    """
    found = find_spec("sphinx_revealjs")
    for place in (found.submodule_search_locations or []) if found else []:
        if (Path(place) / FOLDER / "dist" / "reveal.js").is_file():
            return Path(place) / FOLDER
    raise NotebookError("reveal.js was not found, which turns pages into slides: pip install 'k8sedu[slides]'")


def script() -> str:
    """reveal.js itself."""
    return _inlined(folder() / "dist" / "reveal.js")


def notes_script() -> str:
    """The plugin for the speaker view, which the key S opens."""
    return _inlined(folder() / "plugin" / "notes" / "notes.js")


def style() -> str:
    """What slides are laid out with."""
    return (folder() / "dist" / "reset.css").read_text(encoding="utf-8") + (folder() / "dist" / "reveal.css").read_text(encoding="utf-8")


def _inlined(file: Path) -> str:
    """A script as it may stand inside a page: the mark of its end must not occur in it, and no map of its source is asked for."""
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if not line.startswith("//# sourceMappingURL")]
    return "\n".join(lines).replace("</script", "<\\/script").replace("<!--", "<\\!--")

"""The player's JavaScript and style, joined into one ES module.

The source is a few small ES modules in `js/`, which Node can import and test one by one. A notebook and an exported file want a single
one, so they are joined in reading order: `import … from "./…"` lines and the word `export` fall away, and so do comment lines and
indentation, which nobody reads in a notebook's output. The colours come from `theme`, so Python and JavaScript cannot disagree.

Left out: a bundler. Joining needs twenty lines and no Node on the reader's machine.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from k8sedu.stage.theme import PAPER, Theme, colour, roles

MODULES = ("film", "clock", "paint", "words", "parts", "boxes", "details", "player")
FOLDER = files("k8sedu.stage") / "js"


@cache
def module() -> str:
    """The live widget's module: exports `{render}`."""
    return f"{_body()}\nexport default player;\n"


@cache
def page_script() -> str:
    """The same for a page without a kernel: it mounts every film it finds."""
    return f"{{\n{_body()}\n{_slim(_read('static.js'))}\n}}\n"


@cache
def style() -> str:
    """The player's style sheet, with the colours of both themes in front."""
    return _slim(f"{_variables('light')}\n{_variables('dark')}\n{_read('player.css')}")


def _body() -> str:
    joined = "\n".join(_slim(_read(f"{name}.js")) for name in MODULES)
    joined = joined.replace("export default {", "const player = {")
    joined = re.sub(r"^import .*\n", "", joined, flags=re.MULTILINE)
    joined = re.sub(r"^export ", "", joined, flags=re.MULTILINE)
    text = style().replace("\\", "\\\\").replace("`", "\\`").replace("${", "\\${")
    return f"const STYLE = `{text}`;\n{joined}"


def _variables(theme: Theme) -> str:
    """Roles as CSS variables. The paper itself is JupyterLab's where there is one."""
    lines = [f"--{role.replace(':', '-')}:{colour(role, theme)}" for role in roles()]
    lines += ["--accent:var(--blue)", f"--paper:var(--jp-layout-color1,{PAPER[theme]['paper']})"]
    return f'.player[data-theme="{theme}"]{{{";".join(lines)}}}'


def _slim(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))


def _read(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")

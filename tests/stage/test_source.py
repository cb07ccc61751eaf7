from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from k8sedu.stage.source import MODULES, module, page_script, style


def test_every_variable_of_the_style_is_defined() -> None:
    """No role of the style sheet is left without a colour."""
    import re

    used = set(re.findall(r"var\((--[\w-]+)", style())) - {"--jp-layout-color1", "--lines", "--u", "--columns"}
    assert used <= set(re.findall(r"(--[\w-]+):", style()))


def test_the_joined_module_is_javascript(tmp_path: Path) -> None:
    """The joined module and the page's script parse, and share no module syntax with the page."""
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed; the browser tests cover the same code")
    for name, text in (("live.mjs", module()), ("page.mjs", page_script())):
        (tmp_path / name).write_text(text, encoding="utf-8")
        subprocess.run([node, "--check", str(tmp_path / name)], check=True, capture_output=True)
    assert "import " not in page_script().replace("important", "")
    assert module().count("export default") == 1
    assert len(MODULES) == len(set(MODULES))


def test_a_page_can_hold_the_script() -> None:
    """Nothing in the script ends the element that it stands in."""
    assert "</script" not in page_script().lower()

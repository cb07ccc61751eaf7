from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.course.notebook import NotebookError
from k8sedu.course.slides import reveal


def test_reveal_is_found_in_an_installed_package() -> None:
    """Script, style and speaker view come from the package, and nothing in them would end a script of the page."""
    assert "reveal.js 5" in reveal.script()[:60]
    for script in (reveal.script(), reveal.notes_script()):
        assert "</script" not in script
        assert "<!--" not in script
        assert "sourceMappingURL" not in script
    assert ".reveal" in reveal.style()


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, the sentence says what to install."""
    monkeypatch.setattr(reveal, "find_spec", lambda name: None)
    with pytest.raises(NotebookError, match=r"reveal\.js was not found.*k8sedu\[slides\]"):
        reveal.folder.__wrapped__()


def test_none_of_it_is_kept_here() -> None:
    """The project's own files hold no copy of reveal.js."""
    import k8sedu

    scripts = [path for path in Path(k8sedu.__file__).parent.rglob("*.js") if "hakim" in path.read_text(encoding="utf-8").lower()]
    assert scripts == []

"""Fixtures: a watched page per test, one JupyterLab per session. The browser itself stands in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.chromium import Lab, Watched, open_lab


@pytest.fixture
def watch(browser: Any) -> Iterator[Callable[..., Watched]]:
    """A function that opens a fresh page, with an empty profile; options as for a browser context."""
    contexts: list[Any] = []

    def opened(*, width: int = 960, height: int = 700, **options: Any) -> Watched:
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        return Watched(contexts[-1].new_page())

    yield opened
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """A real JupyterLab, started once."""
    folder: Path = tmp_path_factory.mktemp("lab")
    with open_lab(folder) as running:
        yield running

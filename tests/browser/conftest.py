"""Fixtures: a watched page per test, one JupyterLab per session. The browser itself stands in tests/conftest.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from browser.chromium import Lab, Watched, open_lab

InLab = Callable[..., Watched]


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
def lab(tmp_path_factory: pytest.TempPathFactory, copied_kernels: Path) -> Iterator[Lab]:
    """A real JupyterLab, started once."""
    folder: Path = tmp_path_factory.mktemp("lab")
    with open_lab(folder, JUPYTER_PATH=str(copied_kernels)) as running:
        yield running


@pytest.fixture(scope="session")
def desk(lab: Lab, browser: Any) -> Iterator[Watched]:
    """A page that shows JupyterLab, loaded once."""
    context = browser.new_context(viewport={"width": 1400, "height": 1200})
    watched = Watched(context.new_page())
    watched.page.goto(f"{lab.url}/lab")
    watched.page.wait_for_selector(".jp-Launcher", timeout=60_000)
    yield watched
    context.close()


@pytest.fixture
def in_lab(lab: Lab, desk: Watched) -> Iterator[InLab]:
    """A function that runs cells as a notebook in JupyterLab, and waits for the player that they show."""

    def opened(name: str, *cells: str) -> Watched:
        lab.write(name, *cells)
        lab.run_all(desk.page, name)
        desk.page.wait_for_selector(".player h2", timeout=60_000)
        return desk

    desk.forget()
    yield opened
    desk.page.evaluate("() => [...jupyterapp.shell.widgets('main')].forEach((each) => each.dispose())")
    lab.end_kernels()

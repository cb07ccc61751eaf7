"""A Chromium that measures slides, prints them and takes stills of them: the one that is installed, driven by Playwright.

Playwright's own browsers are not asked for; any Chromium or Chrome of the system serves. `K8SEDU_CHROMIUM` names one in an unusual place.

Left out: Firefox and Safari. A deck plays in them; printing to PDF is Chromium's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from k8sedu.errors import K8sEduError

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
    "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe",
)


class BrowserError(K8sEduError):
    """There is no browser, or what it was shown is not right."""


def executable() -> str:
    """Where Chromium is.

    Raises:
        BrowserError: it is nowhere.
    """
    found = os.environ.get("K8SEDU_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    found = found or next((place for place in PLACES if Path(place).exists()), None)
    if found is None or not Path(found).exists():
        place = f"no Chromium at {found}" if found else "no Chromium or Chrome was found"
        remedy = "install one (apt-get install chromium), or set K8SEDU_CHROMIUM to its path"
        raise BrowserError(f"{place}, which measures and prints slides: {remedy}")
    return found


@contextmanager
def chromium() -> Iterator[Browser]:
    """A browser without a window, for as long as needed."""
    path = executable()
    try:
        from playwright.sync_api import Error, sync_playwright
    except ImportError as error:
        raise BrowserError("playwright is not installed, which drives the browser: pip install 'k8sedu[slides]'") from error
    try:
        engine = sync_playwright().start()
    except Error as error:  # Playwright wants a process without a running event loop, which a notebook is not
        raise BrowserError("a browser cannot be driven from within a notebook: use k8sedu slides in a terminal") from error
    try:
        browser = engine.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
    finally:
        engine.stop()


class Visit:
    """A page that was opened, with what it asked for and what broke in it."""

    def __init__(self, page: Page) -> None:
        """Listen."""
        self.page = page
        self.outside: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self._asked(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))

    def _asked(self, url: str) -> None:
        if not url.startswith(("file:", "blob:", "data:", "about:")):
            self.outside.append(url)

    def opened(self, file: Path, query: str = "") -> Page:
        """Open a file of this machine, with the network cut."""
        self.page.context.set_offline(True)
        self.page.goto(file.resolve().as_uri() + query)
        return self.page

    def check(self, name: str) -> None:
        """Refuse a page that asked a network for something, or whose script broke.

        Raises:
            BrowserError: it did.
        """
        if self.outside:
            raise BrowserError(f"{name}: the page asks the network for {self.outside[0]}, expected everything inside the file")
        if self.errors:
            raise BrowserError(f"{name}: a script in the page broke: {self.errors[0]}")

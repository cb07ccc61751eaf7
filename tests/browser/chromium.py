"""A real browser for tests, a page that must not ask the network, and a real JupyterLab."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

import pytest

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


@contextmanager
def open_browser() -> Iterator[Any]:
    """Chromium for as long as needed; skips the test, with the reason, where there is none."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install 'k8sedu[test]'")
    path = os.environ.get("K8SEDU_CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    with playwright.sync_playwright() as engine:
        if path is None and not Path(engine.chromium.executable_path).exists():
            pytest.skip("no Chromium found: install it, run `playwright install chromium`, or set K8SEDU_CHROMIUM to its path")
        browser = engine.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@dataclass
class Watched:
    """A page together with everything that it asked for and complained about."""

    page: Any
    requests: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Listen."""
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("requestfailed", lambda request: self.failed.append(request.url))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)

    def forget(self) -> None:
        """What was asked and complained about so far belongs to another test."""
        for told in (self.requests, self.failed, self.errors):
            told.clear()

    def no_failed_requests(self) -> None:
        """The page asked nobody in vain and no script broke."""
        assert not self.failed, f"the page asked in vain for {self.failed}"
        assert not self.errors, f"the page complained: {self.errors}"

    def no_network(self) -> None:
        """The page asked for nothing but itself."""
        self.no_failed_requests()
        outside = [url for url in self.requests if not url.startswith(("file:", "blob:", "data:"))]
        assert not outside, f"the page asked the network for {outside}"


@dataclass
class Lab:
    """A running JupyterLab and the folder that it shows."""

    url: str
    folder: Path

    def write(self, name: str, *cells: str) -> None:
        """Put a notebook into the folder."""
        body = [
            {"cell_type": "code", "id": f"cell-{i}", "metadata": {}, "outputs": [], "execution_count": None, "source": cell}
            for i, cell in enumerate(cells)
        ]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
        notebook = {"cells": body, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
        (self.folder / name).write_text(json.dumps(notebook), encoding="utf-8")

    def run_all(self, page: Any, name: str) -> None:
        """Open a notebook and run all its cells. JupyterLab drops a run that comes before its kernel listens, so ask until one is taken."""
        page.evaluate("(path) => jupyterapp.commands.execute('docmanager:open', { path })", name)
        page.wait_for_selector(".jp-NotebookPanel .jp-Cell", timeout=60_000)
        page.get_by_text("| Idle").wait_for(timeout=60_000)
        for _ in range(20):
            page.get_by_role("menuitem", name="Run", exact=True).click()
            page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
            if self._is_taken(page):
                return
        raise AssertionError("JupyterLab did not run the notebook")

    def _is_taken(self, page: Any) -> bool:
        """Whether the first cell runs, or has run, soon."""
        for _ in range(30):
            if page.locator(".jp-InputPrompt").first.inner_text() != "[ ]:":
                return True
            page.wait_for_timeout(50)
        return False

    def end_kernels(self) -> None:
        """End all kernels: they belong to pages that are closed."""
        with urllib.request.urlopen(f"{self.url}/api/kernels", timeout=60) as answer:
            kernels = json.load(answer)
        for kernel in kernels:
            order = urllib.request.Request(f"{self.url}/api/kernels/{kernel['id']}", method="DELETE")
            urllib.request.urlopen(order, timeout=60).close()


@contextmanager
def open_lab(folder: Path, **variables: str) -> Iterator[Lab]:
    """A real JupyterLab on a free port of this machine, with no other state than the folder and these environment variables."""
    pytest.importorskip("jupyterlab", reason="JupyterLab is not installed: pip install 'k8sedu[lab]'")
    pytest.importorskip("ipykernel", reason="ipykernel is not installed: pip install 'k8sedu[lab]'")
    options: dict[str, Any] = {"ServerApp.port_retries": 0, "ServerApp.root_dir": str(folder)}
    options |= {"IdentityProvider.token": "", "ServerApp.password": ""}
    options["ServerApp.disable_check_xsrf"] = True  # so that tests may end kernels
    more = (
        "--no-browser",
        "--allow-root",
        "--ServerApp.open_browser=False",
        "--LabApp.expose_app_in_browser=True",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
    )
    notices = folder / ".settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notices.parent.mkdir(parents=True)
    notices.write_text('{"fetchNews": "false", "checkForUpdates": false, "doNotDisturbMode": true}', encoding="utf-8")
    environment = os.environ | variables | {f"JUPYTER_{name}_DIR": str(folder / f".{name.lower()}") for name in ("CONFIG", "RUNTIME")}
    environment |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / ".workspaces"), "JUPYTERLAB_SETTINGS_DIR": str(folder / ".settings")}
    command = [sys.executable, "-m", "jupyterlab", *more, *(f"--{name}={value}" for name, value in options.items())]
    with (folder / ".lab.log").open("w") as log:
        server, url = _start(command, environment, log)
        try:
            yield Lab(url, folder)
        finally:
            server.terminate()
            server.wait(timeout=30)


def _start(command: list[str], environment: dict[str, str], log: TextIO) -> tuple[subprocess.Popen[bytes], str]:
    """The server and its address. Another process may take a free port first, so a few ports are tried."""
    for _ in range(5):
        port = _free_port()
        server = subprocess.Popen([*command, f"--ServerApp.port={port}"], stdout=log, stderr=log, env=environment)
        if _answers(f"http://127.0.0.1:{port}", server):
            return server, f"http://127.0.0.1:{port}"
        server.kill()
        server.wait()
    raise AssertionError(f"JupyterLab did not answer: {Path(log.name).read_text(encoding='utf-8')[-2000:]}")


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _answers(url: str, server: subprocess.Popen[bytes]) -> bool:
    """Wait until the server answers at its address; False if it ends, or after a minute."""
    for _ in range(240):
        if server.poll() is not None:
            return False
        try:
            urllib.request.urlopen(f"{url}/api", timeout=2).close()
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError):
            time.sleep(0.25)
        else:
            return True
    return False

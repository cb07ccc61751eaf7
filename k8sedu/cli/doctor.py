"""`k8sedu doctor`: what is installed here, what is missing, what it would be good for, and how to get it.

Only a part that is `required` makes the command end with 1; without the others a lesson or a test is smaller, not broken. Nothing is
changed and nothing is asked of a network.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import click

from k8sedu.versions import version_of

OLDEST_PYTHON = (3, 11)


class Part(NamedTuple):
    """Something that k8sedu can use."""

    name: str
    purpose: str
    remedy: str
    find: Callable[[], str | None]
    required: bool = False


class Finding(NamedTuple):
    """What was found of a part: a version or a place, or None."""

    name: str
    found: str | None
    required: bool
    purpose: str
    remedy: str

    @property
    def fine(self) -> bool:
        """Whether the part is here, or can be done without."""
        return self.found is not None or not self.required


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Tell the findings as JSON.")
def command(as_json: bool) -> None:
    """Tell what is installed, and how to get what is missing."""
    findings = [Finding(part.name, part.find(), part.required, part.purpose, part.remedy) for part in parts()]
    ok = all(finding.fine for finding in findings)
    click.echo(json.dumps({"ok": ok, "parts": [finding._asdict() for finding in findings]}) if as_json else report(findings))
    sys.exit(not ok)


def report(findings: list[Finding]) -> str:
    """The findings for a person: first what is here, then what is missing with its remedy.

    >>> print(report([Finding("simpy", "4.1.2", True, "runs", "pip"), Finding("etcd", None, False, "comparing with it", "apt-get")]))
    here:
      simpy              4.1.2
    missing, and not needed for the lessons:
      etcd               for comparing with it; apt-get
    """
    groups = {
        "here:": [f"  {finding.name:<18} {finding.found}" for finding in findings if finding.found],
        "missing, and needed:": [_missing(finding) for finding in findings if not finding.fine],
        "missing, and not needed for the lessons:": [_missing(finding) for finding in findings if finding.fine and not finding.found],
    }
    return "\n".join(line for title, lines in groups.items() if lines for line in [title, *lines])


def _missing(finding: Finding) -> str:
    return f"  {finding.name:<18} for {finding.purpose}; {finding.remedy}"


def parts() -> list[Part]:
    """All parts, those that are required first."""
    reinstall = "pip install k8sedu"
    lab = 'pip install "k8sedu[lab]"'
    return [
        Part("Python", "everything; 3.11 or newer", "install a newer Python", python, required=True),
        *(_package(name, use, reinstall, required=True) for name, use in REQUIRED.items()),
        _package("jupyterlab", "reading the lessons", lab),
        Part("widgets in Lab", "live animations in JupyterLab", lab + " into the environment that runs JupyterLab", widget_extension),
        _package("distributed", "experiments on many machines", 'pip install "k8sedu[cluster]"'),
        _package("sphinx-revealjs", "slides and pages", 'pip install "k8sedu[slides]"'),
        Part("Chromium", "measuring and printing slides, and the browser tests", "apt-get install chromium, or Google Chrome", chromium),
        Part("bubblewrap", "a sandbox around homework that is graded", "apt-get install bubblewrap (Linux only)", program("bwrap")),
        Part("etcd", "comparing the model with a real etcd", "apt-get install etcd-server", program("etcd")),
        Part("Chinese font", "Chinese labels in matplotlib charts", "apt-get install fonts-noto-cjk", chinese_font),
    ]


REQUIRED = {
    "k8sedu": "everything",
    "simpy": "simulations",
    "anywidget": "live animations and laboratories",
    "matplotlib": "charts",
    "pandas": "tables",
    "tqdm": "progress bars",
}
"""The packages that come with k8sedu: what each is for."""


def _package(name: str, purpose: str, remedy: str, *, required: bool = False) -> Part:
    return Part(name, purpose, remedy, lambda: version_of(name), required=required)


def python() -> str | None:
    """The version of Python, when it is new enough."""
    return platform.python_version() if sys.version_info >= OLDEST_PYTHON else None


def program(*names: str) -> Callable[[], str | None]:
    """A search for the first of these programs on the path."""
    return lambda: next((place for name in names if (place := shutil.which(name))), None)


def chromium() -> str | None:
    """A browser of the Chromium family."""
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    found = program("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")()
    return found or (str(mac) if mac.exists() else None)


def widget_extension() -> str | None:
    """Where JupyterLab finds the browser's half of anywidget; without it a widget stays blank."""
    places = [Path(sys.prefix) / "share" / "jupyter", *map(Path, filter(None, os.environ.get("JUPYTER_PATH", "").split(os.pathsep)))]
    return next((str(place) for place in (place / "labextensions" / "anywidget" for place in places) if place.is_dir()), None)


def chinese_font() -> str | None:
    """A font with Chinese characters, as the system knows it; matplotlib's own list is asked where there is no fontconfig."""
    if shutil.which("fc-list") is None:
        from matplotlib import font_manager

        names = {font.name for font in font_manager.fontManager.ttflist}
        return next((name for name in sorted(names) if "CJK SC" in name or name in {"PingFang SC", "Microsoft YaHei", "SimHei"}), None)
    listed = subprocess.run(["fc-list", ":lang=zh-cn", "family"], capture_output=True, text=True, check=False).stdout
    return next((line.split(",")[0] for line in sorted(listed.splitlines())), None)

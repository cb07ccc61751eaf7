"""Which versions are at work, for a question or a bug report.

Left out: the versions of programs that are not Python packages; `k8sedu doctor` looks for those.
"""

from __future__ import annotations

import platform
from importlib import metadata

PACKAGES = (
    "k8sedu",
    "simpy",
    "anywidget",
    "ipywidgets",
    "matplotlib",
    "numpy",
    "pandas",
    "click",
    "tqdm",
    "jupyterlab",
    "distributed",
)
"""The packages that a run or a picture can depend on, in the order in which they are told."""


def versions() -> dict[str, str | None]:
    """The version of Python and of each package that matters here; `None` where it is not installed.

    >>> versions()["python"] == platform.python_version()
    True
    """
    return {"python": platform.python_version(), **{name: version_of(name) for name in PACKAGES}}


def version_of(package: str) -> str | None:
    """The installed version of one package, without importing it.

    >>> version_of("no-such-package") is None
    True
    """
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def show_versions() -> None:
    """Print what to paste under a question: one line per package."""
    found = {"platform": platform.platform(), **versions()}
    width = max(map(len, found))
    print("\n".join(f"{name:<{width}}  {version or 'not installed'}" for name, version in found.items()))  # noqa: T201 (its purpose is to print)

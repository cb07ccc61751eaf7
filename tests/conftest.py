"""What all tests share: how hard to search, what the real systems answered, and how a failure is told.

`HYPOTHESIS_PROFILE` chooses how many examples a property is tried on, and which: `dev` (the default), `ci`, `nightly`.
`K8SEDU_CONFORMANCE` names a folder of further recorded answers in the form of tests/conformance/. Data that may not be copied into the
project (cluster traces without a licence) are read from there too, or from `shared/conformance` beside the checkout; where they are absent,
their tests are skipped and say so.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

CONFORMANCE = Path(os.environ.get("K8SEDU_CONFORMANCE") or Path(__file__).parent / "conformance")
BESIDE = Path(__file__).parents[2] / "shared" / "conformance"

# A shared machine is slow at times: no deadline per example; pytest's timeout bounds the test. A failure prints a blob to repeat it.
settings.register_profile("dev", max_examples=60, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
# What decides whether a change may land searches the same places each time; `make test` and `make nightly` look elsewhere each time.
settings.register_profile("ci", settings.get_profile("dev"), derandomize=True)
settings.register_profile("nightly", settings.get_profile("dev"), max_examples=5_000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci" if os.environ.get("CI") else "dev"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a conformance test once for each file that matches its marker."""
    marker = metafunc.definition.get_closest_marker("conformance")
    if marker is None:
        return
    (pattern,) = marker.args
    files = sorted(CONFORMANCE.glob(pattern)) or (sorted(BESIDE.glob(pattern)) if pattern.startswith("traces/") else [])
    missing = pytest.param(None, id=f"conformance-{Path(pattern).name}", marks=pytest.mark.skip(reason=f"{CONFORMANCE} has no {pattern}"))
    metafunc.parametrize("conformance_path", [pytest.param(file, id=f"conformance-{file.name}") for file in files] or [missing])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long comes first in each half: two processes share the suite in halves, and what is left at the end is easy to share."""
    first = [item for item in items if _is_long(item) and "[zh/" not in item.nodeid and "test_slides" not in item.nodeid]
    early = set(first)
    second = [item for item in items if _is_long(item) and item not in early]
    short = [item for item in items if not _is_long(item)]
    middle = max(0, len(items) // 2 - len(first))
    items[:] = first + short[:middle] + second + short[middle:]


def _is_long(item: pytest.Item) -> bool:
    """Whether a test runs a lesson, or drives a browser."""
    return "ran" in getattr(item, "fixturenames", ()) or item.get_closest_marker("browser") is not None


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Chromium, started once. A process can drive one only, so every test that needs a browser shares it."""
    from browser.chromium import open_browser  # here, since a suite without a browser may use this file alone

    with open_browser() as chromium:
        yield chromium


@pytest.fixture(scope="session")
def copied_kernels(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for JUPYTER_PATH, whose kernels start at once: the packages of others are loaded already."""
    from browser.kernels import installed

    if not hasattr(os, "fork"):
        yield tmp_path_factory.mktemp("kernels")
        return
    folder = tmp_path_factory.mktemp("kernels")
    with installed(folder) as process:
        yield folder
        assert process.stdin is not None
        process.stdin.close()


@pytest.fixture
def quick_kernels(copied_kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let kernels of this test start at once."""
    monkeypatch.setenv("JUPYTER_PATH", str(copied_kernels))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> object:
    """Under a failure, name the seed of the run: with it, the failure happens again."""
    report = yield
    seeds = {name: value for name, value in getattr(item, "funcargs", {}).items() if name.endswith("seed")}
    seeds |= dict(item.user_properties)
    if report.when == "call" and report.failed and seeds:
        report.sections.append(("to repeat this run", "\n".join(f"{name} = {value!r}" for name, value in seeds.items())))
    return report

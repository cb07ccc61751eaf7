"""How long a learner waits before the first line runs."""

from __future__ import annotations

import statistics
import subprocess
import sys

import pytest

pytestmark = pytest.mark.bench

REPEATS = 15


def seconds_to_import(module: str) -> float:
    """The median time of an import in fresh processes, without the start of Python itself."""
    script = f"import time; start = time.perf_counter(); import {module}; print(time.perf_counter() - start)"
    runs = [float(subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout) for _ in range(REPEATS)]
    return statistics.median(runs)


def test_importing_is_as_fast_as_importing_simpy() -> None:
    """`import k8sedu` takes no more than twice as long as `import simpy`."""
    seconds_to_import("simpy")  # the first import fills the disk's cache
    ours, simpy = seconds_to_import("k8sedu"), seconds_to_import("simpy")
    print(f"\nimport k8sedu {ours * 1000:.1f} ms, import simpy {simpy * 1000:.1f} ms, ratio {ours / simpy:.2f}")
    assert ours <= 2 * simpy

"""How fast a submission goes through the sandbox, in units that all machines share: a bare fork, and the start of a Python.

What is compared is measured turn by turn in the same process, and the best turn of each counts.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from k8sedu.course.sandbox import Cage, Call, Cell, Job, Limits

pytestmark = [
    pytest.mark.bench,
    pytest.mark.timeout(300),
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed, so there is no sandbox to measure"),
]

JOB = Job((Cell("q1", "def majority(n):\n    return n // 2 + 1\n"),), tuple(Call("majority", (size,)) for size in range(1, 10)))


def bare_fork() -> None:
    """A child that does nothing."""
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def bare_start() -> None:
    """A Python that does nothing but import what a submission of the Raft homework needs."""
    subprocess.run([sys.executable, "-c", "import k8sedu.raft.sim, k8sedu.etcd.sim"], check=True)


def best_ms(action: Callable[[], object], turns: int) -> float:
    """The best turn, in milliseconds."""
    found = []
    for _ in range(turns):
        start = time.perf_counter()
        action()
        found.append((time.perf_counter() - start) * 1e3)
    return min(found)


def test_a_submission_costs_a_few_forks_and_no_start(benchmark: BenchmarkFixture) -> None:
    """Namespaces, limits, filter, nine calls and nine judged values cost less than 30 bare forks, and less than a fifth of a start."""
    cage = Cage()
    try:
        mine = best_ms(lambda: cage.run(JOB, Limits()), 40)
        fork, start = best_ms(bare_fork, 40), best_ms(bare_start, 5)
        benchmark.extra_info.update(submission_ms=mine, forks=mine / fork, starts=mine / start)
        print(f"\na submission: {mine:.1f} ms, {mine / fork:.1f} bare forks, {mine / start:.3f} starts of Python with the models")
        assert mine / fork < 30
        assert mine / start < 0.2
        benchmark.pedantic(cage.run, args=(JOB, Limits()), rounds=5)
    finally:
        cage.close()

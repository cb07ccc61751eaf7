"""Laws of processes that share a job: they end with the one that started them, and a limit of time is kept."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from k8sedu.course.processes import TooLongError, at_most, pool

STARTER = """
import os, time
from k8sedu.course.processes import pool

if __name__ == "__main__":
    with pool(1) as processes:
        print(processes.submit(os.getpid).result(), flush=True)
        time.sleep(60)
"""


def spin() -> None:
    """Never come back."""
    while True:
        pass


def spin_after_a_limit() -> None:
    """Never come back from behind a limit that was kept."""
    with at_most(30):
        pass
    spin()


def is_alive(pid: int) -> bool:
    """Is there such a process, one that still does something?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self").is_dir(), reason="processes are looked up in /proc")
def test_a_worker_ends_with_its_starter(tmp_path: Path) -> None:
    """When the grader is killed in the middle, no worker stays behind."""
    starter = tmp_path / "starter.py"
    starter.write_text(STARTER, encoding="utf-8")
    with subprocess.Popen([sys.executable, str(starter)], stdout=subprocess.PIPE, text=True) as started:
        assert started.stdout is not None
        worker = int(started.stdout.readline())
        assert is_alive(worker)
        started.kill()
    deadline = time.monotonic() + 20
    while is_alive(worker) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not is_alive(worker)


def test_a_pool_gives_values_and_errors() -> None:
    """What a worker gives comes back, what it raises too."""
    with pool(1) as processes:
        assert processes.submit(abs, -3).result() == 3
        assert isinstance(processes.submit(int, "x").exception(), ValueError)


def test_a_limit_is_kept_and_leaves_nothing_behind() -> None:
    """What takes too long is interrupted in the middle of a loop; what does not is left alone, then and later."""
    with pytest.raises(TooLongError, match=r"longer than 0\.05 s"), at_most(0.05):
        spin()
    with at_most(0.05):
        pass
    time.sleep(0.1)


def test_an_inner_limit_gives_the_outer_one_back() -> None:
    """A limit inside a limit does not lift it."""
    with pytest.raises(TooLongError, match=r"longer than 0\.1 s"), at_most(0.1):
        spin_after_a_limit()


def test_another_thread_has_no_limit() -> None:
    """Only a main thread can be interrupted; elsewhere the work is done without a limit instead of failing."""
    done: list[int] = []

    def work() -> None:
        with at_most(0.01):
            time.sleep(0.03)
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]

"""Laws of processes that share a job: they end with their work, with Ctrl-C, and with the one that started them; none waits for ever."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import CancelledError, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import pytest

from k8sedu.processes import chosen, pool, processors

STARTER = """
import os, time
from k8sedu.processes import pool

if __name__ == "__main__":
    with pool(1) as processes:
        print(processes.submit(os.getpid).result(), flush=True)
        time.sleep(600)
"""

PLAGUED = """
import os, random, signal, sys, threading, time
from k8sedu.processes import pool

signal.signal(signal.SIGINT, signal.default_int_handler)
chance = random.Random(int(sys.argv[1]))

def spin(text):
    while True:
        pass

def press(after_s):
    time.sleep(after_s)
    os.kill(os.getpid(), signal.SIGINT)

for turn in range(20):
    after_s = chance.uniform(0, 0.08)
    try:
        threading.Thread(target=press, args=(after_s,)).start()
        with pool(2, fork=True) as processes:
            for future in [processes.submit(spin, "x" * 200_000) for _ in range(5)]:
                future.result()
    except KeyboardInterrupt:
        pass
    finally:
        assert threading.active_count() <= 2, threading.enumerate()
print("alive")
"""

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="workers are copies of this process on Linux alone")


def spin() -> None:
    """Never come back."""
    while True:
        pass


def end_badly() -> None:
    """Die as a process dies when the memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def leave() -> None:
    """What a student may write."""
    sys.exit("bye")


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
    last = time.monotonic() + 60
    while is_alive(worker) and time.monotonic() < last:
        time.sleep(0.02)
    assert not is_alive(worker)


@pytest.mark.parametrize("fork", [False, True])
def test_a_pool_gives_values_and_errors(fork: bool) -> None:
    """What a worker gives comes back, what it raises too, with the place where it was raised."""
    with pool(2, fork=fork) as processes:
        assert [future.result() for future in [processes.submit(abs, -number) for number in range(20)]] == list(range(20))
        error = processes.submit(int, "x").exception()
        assert isinstance(error, ValueError)
        assert "In the worker process:\nTraceback" in error.__notes__[0]
        assert isinstance(processes.submit(leave).exception(), SystemExit)
        assert list(processes.map(len, ["a", "bc"])) == [1, 2]
    assert multiprocessing.active_children() == []


def test_what_was_asked_is_done_before_the_pool_closes() -> None:
    """Leaving the block in peace waits for all results."""
    with pool(1, fork=True) as processes:
        futures = [processes.submit(abs, -number) for number in range(50)]
    assert [future.result(timeout=0) for future in futures] == list(range(50))


def test_a_call_that_cannot_be_sent_is_an_error_of_that_call() -> None:
    """Neither what is asked nor what is answered need be picklable for the pool to go on."""
    with pool(1, fork=True) as processes:
        assert processes.submit(lambda: 1).exception() is not None
        assert "cannot be sent" in str(processes.submit(threading.Lock).exception())
        assert processes.submit(abs, -1).result() == 1


@on_linux
def test_a_dead_worker_takes_one_call_with_it() -> None:
    """The others go on; with the last one the pool is broken, and says so instead of waiting."""
    with pool(2, fork=True) as processes:
        died = processes.submit(end_badly)
        rest = [processes.submit(abs, -number) for number in range(20)]
        assert isinstance(died.exception(), BrokenProcessPool)
        assert [future.result() for future in as_completed(rest)].count(7) == 1
        last, never = processes.submit(end_badly), processes.submit(abs, 1)
        assert {type(last.exception()), type(never.exception())} == {BrokenProcessPool}
        with pytest.raises(BrokenProcessPool):
            processes.submit(abs, 1)


def test_a_cancelled_call_is_not_made() -> None:
    """What has not started need not start."""
    def cancel() -> None:
        with pool(1, fork=True) as processes:
            processes.submit(spin)
            later = processes.submit(spin)
            assert later.cancel()
            later.result()

    with pytest.raises(CancelledError):
        cancel()


@pytest.mark.parametrize("fork", [False, True])
def test_an_error_ends_workers_in_the_middle_of_their_work(fork: bool) -> None:
    """Nobody waits for what nobody wants any more."""
    before = threading.active_count()

    def work() -> None:
        with pool(2, fork=fork) as processes:
            for _ in range(5):
                processes.submit(spin)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work()
    assert multiprocessing.active_children() == []
    assert threading.active_count() == before


@on_linux
@pytest.mark.parametrize("seed", [1, 2])
def test_an_interrupt_may_come_at_any_moment(seed: int) -> None:
    """While processes start, while one waits, while all is ended: the pool is gone, and nothing is printed."""
    told = subprocess.run([sys.executable, "-c", PLAGUED, str(seed)], capture_output=True, text=True, timeout=100, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (0, "alive\n", "")


def test_there_is_a_processor() -> None:
    """As many as this process may use, not as many as there are."""
    assert 1 <= processors() <= (os.cpu_count() or 1)


@pytest.mark.parametrize(("workers", "runs"), [(1, 9), (8, 1), (0, 5)])
def test_no_process_is_started_where_this_one_is_enough(workers: int, runs: int) -> None:
    """One worker or one run needs no other process."""
    with chosen(None, workers=workers, runs=runs) as computing:
        assert computing is None


def test_a_given_executor_computes_whatever_there_is_to_do() -> None:
    """It is used for a single run, too, and it stays open."""
    with ThreadPoolExecutor(1) as executor:
        with chosen(executor, workers=1, runs=1) as computing:
            assert computing is executor
        assert executor.submit(len, "abc").result() == 3


def test_there_are_not_more_processes_than_runs() -> None:
    """Two runs are shared by two processes of ours, however many are allowed."""
    with chosen(None, workers=9, runs=2) as computing:
        assert computing is not None
        assert len({*computing.map(_pid_of, range(2), timeout=30)} - {os.getpid()}) in (1, 2)
    assert multiprocessing.active_children() == []


def _pid_of(_: int) -> int:
    return os.getpid()

"""Processes that share a long job, and a limit on how long one piece of it may take.

A pool here knows nothing of the memory of who started it, leaves Ctrl-C to whoever waits, and ends with it: when the starter is killed,
or the machine's memory runs out, no worker stays behind and waits for ever.

Left out: threads. What is done here is computing, and Python's threads compute one after the other.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import wait

from k8sedu.errors import K8sEduError


class TooLongError(K8sEduError, TimeoutError):
    """Something took longer than it may."""


def begin() -> None:
    """What a worker does first: Ctrl-C is for the process that waits, so it finishes what it has in hand; and it ends with that process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()


def end_with_parent() -> None:
    """Let this process end when the one that started it does, however that happens."""
    threading.Thread(target=_wait_for_end, daemon=True).start()


def _wait_for_end() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


@contextmanager
def pool(workers: int, *, first: Callable[[], None] = begin) -> Iterator[Executor]:
    """A pool of processes, each of which does `first` first; given up at once when something breaks."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    made = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context(method), initializer=first)
    try:
        yield made
    except BaseException:
        made.shutdown(wait=False, cancel_futures=True)
        raise
    made.shutdown()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let what stands inside take so long at most. It is interrupted where it is, even in the middle of a loop.

    Only the main thread of a process has an alarm; in another one, and on Windows, there is no limit.

    >>> with at_most(0.01):
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    k8sedu.course.processes.TooLongError: it took longer than 0.01 s

    Raises:
        TooLongError: it took longer.
    """
    if not hasattr(signal, "setitimer") or threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(*_: object) -> None:
        raise TooLongError(f"it took longer than {seconds:g} s")

    handler = signal.signal(signal.SIGALRM, ring)
    left, again = signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, handler)
        signal.setitimer(signal.ITIMER_REAL, left, again)  # of whoever had set one before; it rings that much later

"""A limit on how long something may take, also where it computes and never waits.

Left out: limits on memory; the sandbox has those.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from k8sedu.errors import K8sEduError


class TooLongError(K8sEduError, TimeoutError):
    """Something took longer than it may."""


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Let what stands inside take so long at most. It is interrupted where it is, even in the middle of a loop.

    Only the main thread of a process has an alarm; in another one, and on Windows, there is no limit.

    >>> with at_most(0.01):
    ...     while True:
    ...         pass
    Traceback (most recent call last):
    k8sedu.course.limits.TooLongError: it took longer than 0.01 s

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

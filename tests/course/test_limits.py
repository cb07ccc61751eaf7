"""Laws of a limit of time: it is kept, and leaves nothing behind."""

from __future__ import annotations

import signal
import threading
import time

import pytest

from k8sedu.course.limits import TooLongError, at_most


def spin() -> None:
    """Never come back."""
    while True:
        pass


def spin_after_a_limit() -> None:
    """Never come back from behind a limit that was kept."""
    with at_most(30):
        pass
    spin()


def test_a_limit_is_kept_and_leaves_nothing_behind() -> None:
    """What takes too long is interrupted in the middle of a loop; what does not is left alone, then and later."""
    with pytest.raises(TooLongError, match=r"longer than 0\.05 s"), at_most(0.05):
        spin()
    handler = signal.getsignal(signal.SIGALRM)
    with at_most(5_000):
        assert signal.getitimer(signal.ITIMER_REAL)[0] > 4_000
    assert signal.getitimer(signal.ITIMER_REAL)[0] < 4_000
    assert signal.getsignal(signal.SIGALRM) is handler


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

"""Laws of Ctrl-C: it waits where it would break something, and is never lost."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from k8sedu.interrupts import INTERRUPTED, leaving, undisturbed

LEAVING = """
import signal, sys
from k8sedu.interrupts import leaving

class Deaf:
    def __del__(self):
        signal.raise_signal(signal.SIGINT)  # what is raised here, Python swallows

signal.signal(signal.SIGINT, signal.default_int_handler)
with leaving("Gone."):
    Deaf()
print("not reached")
"""


def press() -> None:
    """Ctrl-C."""
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def heeding() -> object:
    """A test runner in the background is started deaf."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_an_interrupt_waits_for_the_end_of_the_block() -> None:
    """What stands inside is done wholly; then the interrupt is heard, once."""
    done = []

    def work() -> None:
        with undisturbed():
            press()
            press()
            done.append(1)

    with pytest.raises(KeyboardInterrupt):
        work()
    assert done == [1]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_without_an_interrupt_nothing_happens() -> None:
    """The handler is what it was, and so is the mask."""
    with undisturbed():
        pass
    with leaving("Gone."):
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with pytest.raises(KeyboardInterrupt):
        press()


def test_who_is_deaf_stays_deaf() -> None:
    """A job in the background does not learn to listen."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with undisturbed(), leaving("Gone."):
        press()
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_other_threads_may_use_both() -> None:
    """Only the main thread has handlers to change."""
    done = []

    def work() -> None:
        with undisturbed(), leaving("Gone."):
            done.append(1)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert done == [1]


def test_an_interrupt_is_heard_where_python_would_lose_it() -> None:
    """Also in a callback that swallows whatever is raised: one sentence, and the code that shells expect."""
    told = subprocess.run([sys.executable, "-c", LEAVING], capture_output=True, text=True, timeout=100, check=False)
    assert (told.returncode, told.stdout, told.stderr) == (INTERRUPTED, "", "Gone.\n")

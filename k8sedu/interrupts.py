"""When Ctrl-C is heard: later, where it would break something; at once, where nothing is lost.

Python acts on Ctrl-C between any two steps of the main thread. What it raises there may come in the middle of starting a process, or into
a callback that swallows it. `undisturbed` keeps the first from happening, `leaving` the second.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

INTERRUPTED = 130
"""The exit code that shells expect after Ctrl-C."""


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let Ctrl-C wait until the block is left. Processes and threads that start inside never hear it, until they ask to."""
    with _kept_for_later(), _blocked():
        yield


@contextmanager
def leaving(sentence: str) -> Iterator[None]:
    """At Ctrl-C end this process and its workers where they are, with a sentence: for commands that write at their end.

    Nothing is unwound, so nothing can be in the way.
    """
    handler = signal.getsignal(signal.SIGINT)
    if not _is_heard(handler):
        yield
        return
    signal.signal(signal.SIGINT, lambda *_: _leave(sentence))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _leave(sentence: str) -> NoReturn:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_all = getattr(sys.modules.get("k8sedu.processes"), "end_all", None)  # it may be loaded just now
    if end_all is not None:
        end_all()
    line = "\r\033[K" if os.isatty(2) else ""  # of a progress bar
    os.write(2, f"{line}{sentence}\n".encode())
    os._exit(INTERRUPTED)


def _is_heard(handler: object) -> bool:
    """Only the main thread hears signals, and none of a job that was started deaf, as with `nohup`."""
    return threading.current_thread() is threading.main_thread() and handler not in {signal.SIG_IGN, None}


@contextmanager
def _kept_for_later() -> Iterator[None]:
    """Another thread may be given the signal, and the main one acts on it; so blocking is not enough there."""
    handler = signal.getsignal(signal.SIGINT)
    if not _is_heard(handler):
        yield
        return
    heard: list[int] = []
    signal.signal(signal.SIGINT, lambda number, _: heard.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if heard:
            signal.raise_signal(signal.SIGINT)


@contextmanager
def _blocked() -> Iterator[None]:
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

"""Laws of runs on many processors: whoever computes, the result is the same, and an interrupt ends all of it."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from k8sedu.workload import packing, readers, specimens

SMALL = readers.read(*specimens.paths(specimens.OPENB)).workload


def test_an_executor_computes_and_stays_open() -> None:
    """A pool of threads gives what this process gives, and takes further work."""
    with ThreadPoolExecutor(2) as pool:
        there = packing.trials(SMALL, policies=["fgd", "random"], seeds=range(3), executor=pool)
        assert pool.submit(len, "open").result() == 4
    assert there == packing.trials(SMALL, policies=["fgd", "random"], seeds=range(3), workers=1)


class Interrupted:
    """An executor during whose second run somebody presses Ctrl-C."""

    def __init__(self) -> None:
        self.cancelled: list[bool] = []
        self.calls = 0

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """The second result is an interrupt; what comes after it is never asked for."""
        self.calls += 1
        future: Future[Any] = Future()
        if self.calls == 1:
            future.set_result(fn(*args, **kwargs))
        if self.calls == 2:
            future.set_exception(KeyboardInterrupt())
        future.add_done_callback(lambda done: self.cancelled.append(done.cancelled()))
        return future


def test_what_has_not_started_need_not_start() -> None:
    """An interrupt is passed on, and all other runs are cancelled."""
    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        packing.trials(SMALL, policies=["random"], seeds=range(4), executor=executor)
    assert executor.cancelled.count(True) == 2


def test_an_interrupt_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs that would take long are ended, and not waited for."""

    def interrupt(wanted: object, *, progress: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("k8sedu.workload.packing.sim._watched", interrupt)
    with pytest.raises(KeyboardInterrupt):
        packing.trials(SMALL, policies=["fgd"], load=20_000, seeds=range(4), workers=2)
    assert multiprocessing.active_children() == []

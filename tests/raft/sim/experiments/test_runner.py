from __future__ import annotations

import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from k8sedu.raft.sim.experiments import fig16, runner
from k8sedu.raft.sim.experiments.runner import BLOCK_TRIALS, Block, cut, measure


def number_trials(block: Block, job: str, *, seed: int) -> list[tuple[str, int, int]]:
    """A job whose results say where they come from."""
    return [(job, seed, block.first_trial + offset) for offset in range(block.trials)]


@pytest.mark.parametrize("trials", [1, 49, 50, 51, 1_000])
def test_blocks_cover_every_trial_once(trials: int) -> None:
    """No trial is lost or done twice, wherever the cut falls."""
    blocks = cut("a", trials)
    assert [block.first_trial + offset for block in blocks for offset in range(block.trials)] == list(range(trials))


def test_results_come_in_the_order_of_the_trials() -> None:
    """One result per trial and curve, whoever computed it."""
    with ThreadPoolExecutor(3) as pool:
        found = measure(number_trials, {"a": "x", "b": "y"}, trials=120, seed=7, executor=pool)
    assert found == {name: [(job, 7, index) for index in range(120)] for name, job in (("a", "x"), ("b", "y"))}


def test_the_number_of_workers_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, a pool of threads and two processes find the same times to the last digit."""
    alone = fig16(["12-24", "50-100"], trials=120, seed=1, workers=1)
    with ThreadPoolExecutor(2) as pool:
        assert fig16(["12-24", "50-100"], trials=120, seed=1, executor=pool) == alone
    monkeypatch.setattr(runner, "BIG_TRIALS", 1)
    assert fig16(["12-24", "50-100"], trials=120, seed=1, workers=2) == alone


class Interrupted:
    """An executor like Dask's: futures with `result` and `cancel`; the second result is interrupted."""

    def __init__(self) -> None:
        self.futures: list[Interrupted.Future] = []

    class Future:
        """A call to come."""

        def __init__(self, call: Callable[[], Any]) -> None:
            self.result, self.cancelled = call, False

        def cancel(self) -> None:
            """Do not run."""
            self.cancelled = True

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future:
        """Take a call."""

        def call() -> Any:
            if len(self.futures) > 1 and self.futures[1].result is call:
                raise KeyboardInterrupt
            return fn(*args, **kwargs)

        self.futures.append(Interrupted.Future(call))
        return self.futures[-1]


def test_an_interrupt_cancels_what_has_not_started() -> None:
    """Ctrl-C goes through, and every future is told that nobody waits any more."""
    executor = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        measure(number_trials, {"a": "x"}, trials=4 * BLOCK_TRIALS, seed=1, executor=executor)
    assert [future.cancelled for future in executor.futures] == [True] * 4


def test_the_bar_shows_only_where_somebody_looks(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe and a log file get no progress bar unless it is asked for; the standard output never does."""
    monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
    fig16(["12-24"], trials=10)
    assert capsys.readouterr() == ("", "")
    fig16(["12-24"], trials=10, progress=True)
    told = capsys.readouterr()
    assert told.out == ""
    assert "/10" in told.err

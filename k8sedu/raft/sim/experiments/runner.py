"""Thousands of trials, spread over processes or machines, with the same result wherever they run.

The trials of a curve are cut into blocks of fifty. A block is seeded by (seed, curve, number of the block) and by nothing else, and results
are collected in the order of the blocks. So it does not matter who computes what, nor when: one process, eight, or a Dask cluster.

Anything with `submit(function, ...)` that gives back something with `result()` and `cancel()` is an executor.

Left out: retrying lost workers; Dask does that by itself, and a broken process pool says so.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple, Protocol

from k8sedu.processes import chosen

BLOCK_TRIALS = 50
BIG_TRIALS = 2_000
"""From so many trials on, starting processes takes less time than it saves."""


class Future(Protocol):
    """A result to come."""

    def result(self) -> Any:
        """Wait for it."""

    def cancel(self) -> Any:
        """Do not start it, if that is still possible."""


class Executor(Protocol):
    """Somebody who computes: a pool of concurrent.futures, a Dask client."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Take a call, give back a `Future`."""


class Block(NamedTuple):
    """Some trials of one curve, done by one worker."""

    name: str
    number: int
    trials: int

    @property
    def first_trial(self) -> int:
        """The number of the block's first trial within the curve."""
        return self.number * BLOCK_TRIALS


def measure(
    function: Callable[..., list[Any]],
    jobs: Mapping[str, Any],
    *,
    trials: int,
    seed: int,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> dict[str, list[Any]]:
    """Call `function(block, job, seed=…)` for every block of every curve; one result per trial, in order.

    >>> measure(_numbers, {"a": 2, "b": 3}, trials=3, seed=7)
    {'a': [14, 14, 14], 'b': [21, 21, 21]}
    """
    blocks = [block for name in jobs for block in cut(name, trials)]
    results: dict[str, list[Any]] = {name: [] for name in jobs}
    with _executor(executor, workers, blocks) as chosen:
        futures = [chosen.submit(function, block, jobs[block.name], seed=seed) for block in blocks]
        try:
            for block, future in zip(_watched(blocks, progress=progress), futures, strict=True):
                results[block.name] += future.result()
        except BaseException:  # above all Ctrl-C: what has not started need not start
            for future in futures:
                future.cancel()
            raise
    return results


def cut(name: str, trials: int) -> list[Block]:
    """The blocks of one curve.

    >>> [block.trials for block in cut("12-24", 120)]
    [50, 50, 20]
    """
    starts = range(0, trials, BLOCK_TRIALS)
    return [Block(name, number, min(BLOCK_TRIALS, trials - start)) for number, start in enumerate(starts)]


def _numbers(block: Block, job: int, *, seed: int) -> list[int]:
    """A job for the example above."""
    return [job * seed] * block.trials


# -- who computes -----------------------------------------------------------------------------------------------------------------


class _Later:
    """A call that is made when its result is asked for: the executor of one process, and it can be interrupted at once."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self.result = call

    def cancel(self) -> None:
        """Never ask."""


class _Here:
    """The executor that is this process."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> _Later:
        return _Later(lambda: fn(*args, **kwargs))


@contextmanager
def _executor(executor: Executor | None, workers: int | None, blocks: list[Block]) -> Iterator[Executor]:
    """The given executor, which stays open, or a pool that is closed afterwards, or this process."""
    is_small = sum(block.trials for block in blocks) < BIG_TRIALS
    with chosen(executor, workers=1 if is_small else workers, runs=len(blocks)) as found:
        yield _Here() if found is None else found


# -- who watches ------------------------------------------------------------------------------------------------------------------


def _watched(blocks: list[Block], *, progress: bool | None) -> Iterator[Block]:
    """The blocks, with a bar on the error stream where somebody may be looking."""
    from tqdm.auto import tqdm

    is_seen = (_is_notebook() or sys.stderr.isatty()) if progress is None else progress
    with tqdm(total=sum(block.trials for block in blocks), unit=" trials", disable=not is_seen, leave=False) as bar:
        for block in blocks:
            bar.set_description(block.name, refresh=False)
            yield block
            bar.update(block.trials)


def _is_notebook() -> bool:
    return "ipykernel" in sys.modules

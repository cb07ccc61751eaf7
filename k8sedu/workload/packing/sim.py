"""Packing runs over many seeds, on as many processors as there are, and their mean.

A run is decided by its policy and its seed alone, and results come in the order of policies and seeds. So it does not matter who computes
what, nor when. The order of the pods is drawn from one stream and the policy's own choices from another: two policies with one seed meet
the same pods in the same order.

Left out: sharing work inside one run, which is one decision after the other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from k8sedu.processes import chosen
from k8sedu.sim.seeds import stream
from k8sedu.workload.jobs import Workload
from k8sedu.workload.packing.curve import Curve, Experiment
from k8sedu.workload.packing.policies import Policy


class Executor(Protocol):
    """Somebody who computes: a pool of concurrent.futures, a Dask client."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        """Take a call, give back something with `result()` and `cancel()`."""


def run(
    workload: Workload, *, policy: str = "bestfit", load: int = 130, seed: int = 42, progress: bool | None = False,
    more: Mapping[str, Callable[[], Policy]] = {},
) -> Curve:  # fmt: skip
    """Pack a workload once.

    `load` is in per cent of the GPUs. `progress` shows a bar: True, False, or None for where somebody may be looking. `more` are rules
    of one's own, by name.

    Raises:
        PackingError: no such policy, no load, or a workload without GPUs.
    """
    return _run(Experiment(workload, more), policy, load=load, seed=seed, progress=progress)


def trials(
    workload: Workload,
    *,
    policies: Iterable[str] = ("bestfit",),
    load: int = 130,
    seeds: Iterable[int] = range(42, 52),
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
    more: Mapping[str, Callable[[], Policy]] = {},
) -> list[Curve]:
    """Pack a workload once for each policy and each seed; results in that order, wherever they were computed.

    Args:
        workload: machines with GPUs, and pods.
        policies: names of `k8sedu.workload.packing.POLICIES`.
        load: what arrives in all, in per cent of the GPUs.
        seeds: one run each; the published results have 42 to 51.
        executor: a pool of concurrent.futures or a Dask client; it stays open. Otherwise processes are started as needed.
        workers: at most so many processes; one per processor otherwise.
        progress: whether a bar is shown; None is where somebody may be looking.
        more: rules of one's own by name, each a class; `policies` may name them too.

    Raises:
        PackingError: as `run`.
    """
    experiment = Experiment(workload, more)
    wanted = [(policy, seed) for policy in policies for seed in seeds]
    for policy, _ in wanted:
        experiment.policy(policy, stream(0))  # better to hear of a wrong name before the first run than after the tenth
    with chosen(executor, workers=workers, runs=len(wanted)) as computing:
        if computing is None:
            return [_run(experiment, policy, load=load, seed=seed) for policy, seed in _watched(wanted, progress=progress)]
        futures = [computing.submit(_run, experiment, policy, load=load, seed=seed) for policy, seed in wanted]
        try:
            return [future.result() for future, _ in zip(futures, _watched(wanted, progress=progress), strict=True)]
        except BaseException:  # above all Ctrl-C: what has not started need not start
            for future in futures:
                future.cancel()
            raise


def _run(experiment: Experiment, policy: str, *, load: int, seed: int, progress: bool | None = False) -> Curve:
    def watch(pods: list[int]) -> Iterable[int]:
        return _bar(pods, unit=" pods", progress=progress)

    return experiment.run(policy, load=load, seed=seed, order=stream(seed, "order"), chance=stream(seed, "policy"), watch=watch)


# -- who computes, and who watches -------------------------------------------------------------------------------------------------------


def _watched(wanted: list[tuple[str, int]], *, progress: bool | None) -> Iterator[tuple[str, int]]:
    yield from _bar(wanted, unit=" runs", progress=progress)


def _bar(things: list[Any], *, unit: str, progress: bool | None) -> Iterable[Any]:
    """The things, with a bar on the error stream where that is wanted, or where somebody may be looking."""
    from tqdm.auto import tqdm

    is_seen = ("ipykernel" in sys.modules or sys.stderr.isatty()) if progress is None else progress
    return tqdm(things, unit=unit, leave=False, disable=not is_seen)

"""Laws of the comparison: every manager of the table runs the same workload, and failures reach whoever they mean."""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any

import pytest

from k8sedu.course import managers
from k8sedu.course.managers import MANAGERS, USUAL, UnknownManagerError, compare, made, titled
from k8sedu.trace import Frozen
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.outcome import outcome
from k8sedu.workload.sim.scribe import KINDS

CELL = Workload.of(
    [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in (1, 2, 3)],
    [
        Job("web", "ann", Resources.of(cpu="1", memory="1Gi"), tasks=3, priority=200),
        Job("batch", "bob", Resources.of(cpu="1", memory="1Gi"), tasks=4, priority=100, arrival_ms=500, duration_ms=4_000),
    ],
)


@pytest.mark.parametrize("name", MANAGERS)
def test_every_manager_runs_the_same_workload(name: str) -> None:
    """All tasks are placed, the batch work ends, and the trace speaks the words that charts and tables read."""
    trace = compare(CELL, managers=[name], duration_ms=20_000)[name]
    met = outcome(trace)
    assert (met.placed, met.pending, met.finished) == (7, 0, 4)
    assert set(trace.parameters.jobs) == {"web", "batch"}
    assert {"submit", "place", "finish"} <= {step.kind for step in trace} & set(KINDS)


@pytest.mark.parametrize("name", MANAGERS)
def test_failures_reach_whom_they_mean(name: str) -> None:
    """A machine fails under every manager, who may learn of it later, and `master` is whoever decides, whatever he is called there."""
    trace = compare(CELL, managers=[name], duration_ms=30_000, faults=["at 6000 crash master", "at 9000 crash m2"])[name]
    (step,) = trace.where("machine_down")
    assert (step.actor, 9_000_000 <= step.time_us < 25_000_000) == ("m2", True)
    assert {"master_down", "manager_down", "master_lost", "scheduler_down"} & {step.kind for step in trace}


def test_who_reschedules_nothing_loses_what_the_machine_takes_with_it() -> None:
    """Classic Swarm by its default, and no other: its tasks stay lost, those of the others run again."""
    runs = compare(CELL, managers=MANAGERS, duration_ms=40_000, faults=["at 9000 crash m2"])
    survived = {name: outcome(trace).lost == outcome(trace).recovered for name, trace in runs.items() if outcome(trace).lost}
    assert {name for name, all_did in survived.items() if not all_did} <= {"swarm-spread", "swarm-binpack"}
    assert survived["swarm-spread"] is False


@pytest.mark.parametrize("name", USUAL)
def test_a_job_may_name_several_kinds_of_machine(name: str) -> None:
    """`A|B` is either, under every manager: a task runs on one of the two, and never on a third."""
    kinds = zip(CELL.machines, ("T4", "A10", "P100"), strict=True)
    cell = CELL._replace(
        machines=tuple(machine._replace(attributes=Frozen(model=model)) for machine, model in kinds),
        jobs=tuple(job._replace(constraints=Frozen(model="A10|P100")) for job in CELL.jobs),
    )
    trace = compare(cell, managers=[name], duration_ms=20_000)[name]
    assert {step.detail.machine for step in trace.where("place")} <= {"m2", "m3"}
    assert outcome(trace).placed == 7


@pytest.mark.parametrize("seed", range(2))
def test_the_seed_decides_everything(seed: int) -> None:
    """A made workload and its runs are the same values each time."""
    assert made(seed) == made(seed)
    one, two = (compare(managers=["mesos", "swarm-spread"], seed=seed, duration_ms=5_000) for _ in range(2))
    assert [trace.digest() for trace in one.values()] == [trace.digest() for trace in two.values()]


@pytest.mark.parametrize("workers", [1, 2])
def test_a_large_workload_is_shared_by_processes_with_the_same_runs(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever computes, the traces are the same, frames included, and in the order of the managers."""
    here = compare(CELL, managers=USUAL, duration_ms=5_000, frames=True)
    monkeypatch.setattr(managers, "LARGE_TASKS", 1)
    there = compare(CELL, managers=USUAL, duration_ms=5_000, frames=True, workers=workers)
    assert list(there) == list(here) == list(USUAL)
    assert all(there[name].steps == here[name].steps and there[name].digest() == here[name].digest() for name in USUAL)


def test_an_executor_is_used_as_it_is_and_stays_open() -> None:
    """Anything with `submit` computes, and afterwards it takes more work."""
    with ThreadPoolExecutor(1) as executor:
        runs = compare(CELL, managers=["mesos", "borg"], duration_ms=2_000, executor=executor)
        assert executor.submit(len, runs).result() == 2


def test_a_run_that_fails_ends_the_comparison() -> None:
    """The manager's own sentence comes through, and what has not started does not start."""
    asked: list[Any] = []

    class Never(Executor):
        def submit(self, fn: Any, /, *arguments: Any, **_: Any) -> Future[Any]:
            asked.append(Future())
            if len(asked) == 1:
                asked[0].set_exception(UnknownManagerError("met nothing, expected something"))
            return asked[-1]  # type: ignore[no-any-return]  # futures, all of them

    with pytest.raises(UnknownManagerError, match="met nothing"):
        compare(CELL, managers=["mesos", "borg"], executor=Never())
    assert asked[1].cancelled()


def test_names_are_told_and_titles_are_in_two_languages() -> None:
    """A wrong name tells all; the usual four have a title each."""
    with pytest.raises(UnknownManagerError, match="met the manager 'nomad', expected one of swarm-spread, swarm-binpack"):
        compare(CELL, managers=["nomad"])
    runs = compare(CELL, managers=USUAL, duration_ms=1_000)
    assert len(titled(runs, "en")) == len(titled(runs, "zh")) == len(USUAL)

"""Laws of the comparison: each number can be computed by hand on a small run."""

from __future__ import annotations

import pytest

from k8sedu.sim.recorder import Recorder
from k8sedu.trace import Trace
from k8sedu.workload.cluster import Cluster
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.outcome import OutcomeError, outcome
from k8sedu.workload.resources import Resources
from k8sedu.workload.sim import Scribe, parameters_of

MACHINES = [Machine("m1", Resources.of(cpu="4", memory="4Gi")), Machine("m2", Resources.of(cpu="4", memory="4Gi"))]
WEB = Job("web", "ann", Resources.of(cpu="1", memory="3Gi"), priority=200)
BATCH = Job("batch", "bob", Resources.of(cpu="4", memory="1Gi"), priority=100, duration_ms=500)


def small_run(*, frames: bool = False) -> Trace:
    """One second: batch waits a tenth, runs half a second, is preempted, lost, and comes back."""
    workload = Workload.of(MACHINES, [WEB, BATCH])
    recorder = Recorder("demo", seed=0, parameters=parameters_of(workload), frames=frames)
    scribe = Scribe(recorder, Cluster(MACHINES), actor="master")
    scribe.submit(0, WEB)
    scribe.submit(0, BATCH)
    scribe.place(0, "web/0", WEB, "m1")
    scribe.place(100_000, "batch/0", BATCH, "m2")
    scribe.preempt(600_000, "batch/0", by="web/0")
    scribe.place(600_000, "batch/0", BATCH, "m2")
    scribe.machine_down(700_000, "m2")
    scribe.machine_up(800_000, "m2")
    scribe.place(800_000, "batch/0", BATCH, "m2")
    scribe.finish(1_000_000, "batch/0")
    return recorder.trace()


def test_utilisation_weighs_each_state_with_its_time() -> None:
    """One core of eight all the time, four of eight for 800 of 1,000 ms."""
    met = outcome(small_run())
    assert met.utilisation["cpu"] == pytest.approx(1 / 8 + 0.8 * 4 / 8)
    assert met.utilisation["memory"] == pytest.approx(3 / 8 + 0.8 * 1 / 8)


def test_stranded_is_what_the_scarcest_resource_makes_useless() -> None:
    """On m1 a quarter of the memory is left, so two of its three free cores are of no use; on m2 with batch all free memory is."""
    met = outcome(small_run())
    assert met.stranded["cpu"] == pytest.approx(2 / 8)
    assert met.stranded["memory"] == pytest.approx(0.8 * 3 / 8)


def test_waits_and_counts() -> None:
    """The first placement ends the wait; what comes later is a preemption, a loss, a recovery."""
    met = outcome(small_run())
    assert (met.wait_ms, met.wait_ms_max) == ({100: 100.0, 200: 0.0}, {100: 100.0, 200: 0.0})
    assert (met.placed, met.pending, met.finished, met.preemptions) == (2, 0, 1, 1)
    assert (met.lost, met.recovered, met.recovery_ms) == (1, 1, 100.0)


def test_fairness_compares_dominant_shares() -> None:
    """Ann holds 3/8 of the memory all the time, Bob 4/8 of the cores for 0.8 of it."""
    ann, bob = 3 / 8, 0.8 * 4 / 8
    assert outcome(small_run()).fairness == pytest.approx((ann + bob) ** 2 / (2 * (ann * ann + bob * bob)))


def test_frames_change_no_number() -> None:
    """A run that only counts has the same outcome as one with pictures."""
    assert outcome(small_run(frames=True)) == outcome(small_run())


def test_another_trace_is_refused() -> None:
    """A run without a workload has no such numbers, and the sentence says so."""
    with pytest.raises(OutcomeError, match="'raft' has no workload"):
        outcome(Trace("raft", 1, Recorder("raft", seed=1, parameters={}).parameters, ()))


def test_a_crashed_task_uses_nothing_and_is_not_lost() -> None:
    """It waits again; only what died with its machine counts as lost."""
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(MACHINES, [BATCH])), frames=False)
    scribe = Scribe(recorder, Cluster(MACHINES), actor="master")
    scribe.submit(0, BATCH)
    scribe.place(0, "batch/0", BATCH, "m1")
    scribe.fail(500_000, "batch/0")
    scribe.note(1_000_000, "end", "", {})
    met = outcome(recorder.trace())
    assert (met.utilisation["cpu"], met.pending, met.lost) == (0.25, 1, 0)


def test_waits_begin_with_the_arrival_and_recovery_with_the_failure() -> None:
    """A manager that could not listen, or that noticed late, gets no better numbers for it."""
    recorder = Recorder("demo", seed=0, parameters=parameters_of(Workload.of(MACHINES, [WEB])), frames=False)
    scribe = Scribe(recorder, Cluster(MACHINES), actor="master")
    scribe.submit(300_000, WEB, arrived_us=100_000)
    scribe.place(400_000, "web/0", WEB, "m1")
    scribe.machine_down(900_000, "m1", since_us=600_000)
    scribe.place(1_000_000, "web/0", WEB, "m2")
    met = outcome(recorder.trace())
    assert (met.wait_ms, met.recovery_ms) == ({200: 300.0}, 400.0)

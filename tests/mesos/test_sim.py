"""Laws of Mesos in time: what is launched was offered, failures lose no queue, and waiting for data pays."""

from __future__ import annotations

import pytest

from k8sedu import mesos
from k8sedu.mesos.sim import MesosRunError
from k8sedu.sim.faults import crash, restart
from k8sedu.trace import Frozen, Trace
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.outcome import outcome

ONE = Resources.of(cpu="1", memory="1Gi")
AGENT = Resources.of(cpu="4", memory="8Gi")


def fleet(count: int = 2, **attributes: str) -> list[Machine]:
    """Equal agents."""
    return [Machine(f"m{number}", AGENT, Frozen(attributes)) for number in range(1, count + 1)]


def launched(trace: Trace) -> list[tuple[str, str]]:
    """(task, agent) in the order of placement."""
    return [(step.detail.task, step.detail.machine) for step in trace.where("place")]


@pytest.mark.parametrize("seed", range(4))
def test_the_same_seed_is_the_same_run_with_and_without_pictures(seed: int) -> None:
    """Pictures cost time and change nothing."""
    faults = [crash("m2", at_ms=4_000), restart("m2", at_ms=8_000), crash("master", at_ms=6_000)]
    runs = [mesos.simulate(seed=seed, duration_ms=15_000, faults=faults, frames=frames) for frames in (True, True, False)]
    assert len({run.digest() for run in runs}) == 1


@pytest.mark.parametrize("seed", range(4))
def test_whatever_runs_was_offered_to_its_framework(seed: int) -> None:
    """Each launch answers an open offer of that agent to that framework."""
    trace = mesos.simulate(seed=seed, duration_ms=20_000)
    offers = {step.detail.offer: step.detail for step in trace.where("offer")}
    jobs = trace.parameters.jobs
    for step in trace.where("accept"):
        offer = offers[step.detail.offer]
        assert (offer.framework, offer.agent) == (step.detail.framework, step.detail.agent)
        needed = sum(jobs[task.rpartition("/")[0]].request.get("cpu", 0) for task in step.detail.tasks)
        assert needed <= offer.resources.cpu


def test_two_frameworks_share_equally_while_both_have_work() -> None:
    """Equal demands end in equal halves, whoever came first."""
    jobs = [Job("a", "ann", ONE, tasks=20), Job("b", "bob", ONE, tasks=20, arrival_ms=1)]
    trace = mesos.simulate(Workload.of(fleet(4), jobs), duration_ms=10_000, refuse_ms=500)
    shares = trace[-1].frame.more.frameworks  # type: ignore[union-attr]  # the run has pictures
    assert (shares.ann.share, shares.bob.share) == (0.5, 0.5)


def test_a_sleeping_framework_holds_the_cluster_until_its_offers_are_taken_back() -> None:
    """Without a timeout nothing is ever launched on what it was offered; with one it is."""
    jobs = [Job("a", "ann", ONE, tasks=2), Job("b", "bob", ONE, tasks=2)]
    workload = Workload.of(fleet(1), jobs)
    assert launched(mesos.simulate(workload, duration_ms=10_000, sleeping=["ann"])) == []
    taken_back = mesos.simulate(workload, duration_ms=10_000, sleeping=["ann"], offer_timeout_ms=2_000)
    assert taken_back.where("rescind")
    assert {task for task, _ in launched(taken_back)} == {"b/0", "b/1"}


def test_a_failed_agent_costs_its_tasks_one_more_try() -> None:
    """The framework is told, queues them again, and they run elsewhere."""
    trace = mesos.simulate(Workload.of(fleet(2), [Job("a", "ann", ONE, tasks=3)]), duration_ms=12_000, faults=[crash("m1", at_ms=3_000)])
    met = outcome(trace)
    assert (met.lost, met.recovered, met.pending) == (3, 3, 0)
    assert {agent for _, agent in launched(trace)[3:]} == {"m2"}


def test_without_a_master_nothing_new_starts_and_nothing_old_stops() -> None:
    """Running tasks finish while nobody leads; what arrived meanwhile is launched by the next master."""
    jobs = [Job("a", "ann", ONE, tasks=1, duration_ms=4_000), Job("b", "bob", ONE, tasks=1, arrival_ms=4_500)]
    trace = mesos.simulate(Workload.of(fleet(1), jobs), duration_ms=15_000, faults=[crash("master", at_ms=4_000)], failover_ms=5_000)
    down, up = trace.where("master_down")[0].time_us, trace.where("master_elected")[0].time_us
    assert up - down == 5_000_000
    assert [step.kind for step in trace if down < step.time_us < up] == ["submit", "finish"]
    assert trace.where("place")[-1].time_us > up


def test_a_little_patience_makes_most_tasks_local() -> None:
    """With the data on one agent of five, a job that waits runs nearly all its tasks there."""
    machines = [Machine(f"m{number}", AGENT, Frozen(data="x" if number == 5 else "y")) for number in range(1, 6)]
    likes = Frozen(data="x")
    jobs = [Job(f"j{each}", "ann", ONE, tasks=2, arrival_ms=900 * each, duration_ms=700, constraints=likes) for each in range(12)]
    shares = []
    for patience_ms in (0, 3_000):
        trace = mesos.simulate(Workload.of(machines, jobs), duration_ms=30_000, refuse_ms=500, patience_ms=patience_ms)
        shares.append(mesos.delay.locality([agent == "m5" for _, agent in launched(trace)]))
    assert shares[0] < 0.5
    assert shares[1] > 0.9


@pytest.mark.parametrize("fault", ["at 10 crash m9", "at 10 pause m1"])
def test_a_fault_that_cannot_happen_is_refused(fault: str) -> None:
    """Something that is not there, or a kind that Mesos' model does not have."""
    with pytest.raises(MesosRunError, match="expected 'crash' or 'restart'"):
        mesos.simulate(Workload.of(fleet(1), [Job("a", "ann", ONE)]), faults=[fault])


def test_two_frameworks_can_stand_for_all_users() -> None:
    """Jobs that never end go to one framework, whoever sent them, and the others to the second."""
    trace = mesos.simulate(seed=5, duration_ms=10_000, frameworks="kinds")
    assert {step.detail.framework for step in trace.where("offer")} == {"services", "batch"}
    jobs = trace.parameters.jobs
    for step in trace.where("accept"):
        ends = {jobs[task.rpartition("/")[0]].duration_ms is not None for task in step.detail.tasks}
        assert ends == {step.detail.framework == "batch"}

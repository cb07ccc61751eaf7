"""Laws of plans: a wish changes nothing before it, and drops what was wished for later."""

from __future__ import annotations

import pytest

from k8sedu.borg.sim.plans import Draft, Plan

NOW = 5_000_000


@pytest.fixture(scope="module")
def plan() -> Plan:
    """A made workload."""
    return Plan.new(seed=3)


@pytest.mark.parametrize(
    "wish",
    [
        lambda plan: plan.with_fault("crash", "m1", now_us=NOW),
        lambda plan: plan.with_fault("pause", "m2", now_us=NOW),
        lambda plan: plan.without_master(now_us=NOW),
        lambda plan: plan.with_scheduler(works=False, now_us=NOW),
        lambda plan: plan.with_scorer("epvm", now_us=NOW),
        lambda plan: plan.with_job(Draft(priority=400), now_us=NOW),
    ],
)
def test_a_wish_changes_nothing_before_it(wish: object, plan: Plan) -> None:
    """Up to the instant of the wish both runs are the same, and after it they are not."""
    before, after = plan.run(), wish(plan).run()  # type: ignore[operator]  # they are functions
    at = before.fork_point(after)
    assert at < len(before)
    assert before[at - 1].time_us <= NOW < after[at].time_us


def test_what_was_wished_for_later_is_dropped(plan: Plan) -> None:
    """Faults, jobs and scorers alike; the run gets a future."""
    later = plan.with_job(Draft(), now_us=9_000_000).with_scorer("epvm", now_us=9_500_000).with_fault("crash", "m1", now_us=9_900_000)
    assert (len(later.jobs), len(later.scorers), len(later.faults)) == (1, 1, 1)
    again = later.with_fault("crash", "m2", now_us=NOW)
    assert (again.jobs, again.scorers, [fault.arguments.node for fault in again.faults]) == ((), (), ["m2"])
    assert plan.until(30_000_000).duration_ms == 44_000


def test_jobs_get_names_of_their_own(plan: Plan) -> None:
    """Two drafts are two jobs, of the priority and size that they had when they were submitted."""
    two = plan.with_job(Draft(priority=0, cores=1, tasks=2), now_us=NOW).with_job(Draft(priority=400), now_us=NOW + 2_000)
    assert [(job.name, job.priority, job.tasks, job.request.cpu_millicores) for job in two.jobs] == [
        ("mine-1", 0, 2, 1_000), ("mine-2", 400, 3, 2_000)
    ]  # fmt: skip

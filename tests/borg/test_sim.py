"""Laws of Borg in time: what a majority has agreed on happens once, masters and machines may fail, and nothing runs twice for long."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.borg.borgmaster import REPLICAS
from k8sedu.borg.invariants import BrokenPromiseError
from k8sedu.borg.quota import Grant
from k8sedu.borg.reclamation import Estimation
from k8sedu.borg.sim import BorgRunError, simulate
from k8sedu.trace import Step, Trace
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.outcome import outcome

ONE = Resources.of(cpu="1", memory="1Gi")
FOUR = Resources.of(cpu="4", memory="8Gi")
STORM = [
    "at 9000 crash m2", "at 12000 crash master", "at 15000 restart m2", "at 20000 restart master", "at 26000 pause m4",
    "at 36000 resume m4",
]  # fmt: skip


def fleet(count: int = 2) -> list[Machine]:
    """Equal machines."""
    return [Machine(f"m{number}", FOUR) for number in range(1, count + 1)]


def run(jobs: list[Job], *faults: str, machines: int = 2, **settings: Any) -> Trace:
    """A small run."""
    return simulate(Workload.of(fleet(machines), jobs), faults=faults, **settings)


def placements(trace: Trace) -> list[tuple[str, str]]:
    """(task, machine) in the order of placement."""
    return [(step.detail.task, step.detail.machine) for step in trace.where("place")]


def seconds(step: Step) -> float:
    """When it was."""
    return step.time_us / 1_000_000


@pytest.mark.parametrize("seed", range(3))
def test_the_same_seed_is_the_same_run_with_and_without_pictures(seed: int) -> None:
    """Pictures cost time and change nothing, whatever fails. While they are kept, all books are compared after every change."""
    runs = [simulate(seed=seed, duration_ms=42_000, faults=STORM, frames=frames) for frames in (True, True, False)]
    assert len({one.digest() for one in runs}) == 1
    assert len(runs[0].where("master_ready")) == 2


@pytest.mark.parametrize("seed", range(6))
def test_a_lost_master_is_replaced_in_about_ten_seconds(seed: int) -> None:
    """Six to ten until somebody stands for election, milliseconds for the votes, and four to go through the state."""
    trace = run([Job("web", "ann", ONE)], "at 5000 crash master", seed=seed, frames=False)
    down, up = trace.where("master_lost")[0], trace.where("master_ready")[1]
    assert 8 < seconds(up) - seconds(down) < 15
    assert up.actor != down.actor
    assert up.detail.term > 1


def test_tasks_survive_the_loss_of_all_masters() -> None:
    """Nothing stops, nothing starts; what ended meanwhile is told to the next master, also when it was told to the last one already."""
    jobs = [Job("web", "ann", ONE), Job("batch", "bob", ONE, duration_ms=8_000), Job("late", "eve", ONE, arrival_ms=7_000)]
    trace = run(jobs, "at 5000 crash masters", "at 20000 restart b1", "at 20000 restart b4", "at 20000 restart b5", duration_ms=45_000)
    gone, back = trace.where("master_lost")[0].time_us, trace.where("master_ready")[1].time_us
    between = [step.kind for step in trace if gone < step.time_us < back]
    assert "task_ended" in between
    assert not {"place", "finish", "submit", "lost", "poll"} & set(between)
    assert between.count("no_master") == 1
    after = {step.kind: step.detail for step in trace if step.time_us >= back}
    assert after["finish"].task == "batch/0"
    assert after["place"].task == "late/0"
    met = outcome(trace)
    assert met.lost == 0
    assert met.wait_ms_max[0] > 13_000


def test_without_a_majority_there_is_no_master() -> None:
    """Two of five elect nobody, however long they try."""
    trace = run([Job("web", "ann", ONE, arrival_ms=10_000)], *(f"at 5000 crash {name}" for name in REPLICAS[:3]), duration_ms=60_000)
    assert len(trace.where("master_ready")) == 1
    assert not trace.where("place")


def test_a_master_in_a_minority_resigns_and_what_it_wrote_alone_never_happens() -> None:
    """The other side elects; when the wall is gone the old one has the log of the new one."""
    trace = run(
        [Job("web", "ann", ONE), Job("late", "ann", ONE, arrival_ms=6_000)], "at 5000 partition b1 | b2 b3 b4 b5 until 30000",
        duration_ms=40_000,
    )  # fmt: skip
    assert trace.where("master_ready")[1].actor != "b1"
    replicas = trace[-1].frame.more.replicas  # type: ignore[union-attr]  # the run has pictures
    assert len({(replica.term, replica.log, replica.commit) for replica in replicas.values()}) == 1
    assert [task for task, _ in placements(trace)] == ["web/0", "late/0"]


def test_a_silent_machine_is_given_up_after_three_polls_and_its_tasks_run_elsewhere() -> None:
    """Not at once: one lost answer is no dead machine."""
    trace = run([Job("web", "ann", ONE, tasks=8)], "at 5000 crash m1", duration_ms=20_000)
    crashed, down = trace.where("machine_crash")[0], trace.where("machine_down")[0]
    assert 4 < seconds(down) - seconds(crashed) < 6.1
    polls = [step for step in trace.where("poll") if crashed.time_us < step.time_us < down.time_us]
    assert [step.detail.missed for step in polls] == [("m1",)] * 3
    met = outcome(trace)
    assert (met.lost, met.recovered) == (4, 4) or met.lost + met.pending > 0
    assert met.recovery_ms >= 4_000 or not met.recovered
    assert {machine for task, machine in placements(trace)[8:]} <= {"m2"}


def test_a_machine_that_was_only_cut_off_returns_and_its_duplicates_are_killed() -> None:
    """Its tasks went on; meanwhile others had been started in their place, and two of each ran."""
    trace = run([Job("web", "ann", ONE, tasks=2)], "at 5000 pause m1", "at 20000 resume m1", duration_ms=30_000)
    cut_off = trace.where("machine_cut_off")[0].detail.tasks
    killed = trace.where("kill_duplicate")
    assert cut_off
    assert [step.detail.task for step in killed] == list(cut_off)
    assert all(step.detail.runs_on == "m2" for step in killed)
    twice = [step for step in trace if step.frame and _twice(step)]
    assert twice
    assert 20_000_000 <= twice[-1].time_us < 22_100_000
    assert trace.where("machine_up")[0].time_us > killed[0].time_us


def _twice(step: Step) -> bool:
    running = [task for borglet in step.frame.more.borglets.values() for task in borglet.tasks]  # type: ignore[union-attr]  # asked before
    return len(running) > len(set(running))


def test_a_machine_that_is_switched_off_and_on_between_two_polls_is_found_out() -> None:
    """It answers every poll, but what should run there is gone."""
    trace = run([Job("web", "ann", ONE)], "at 4200 crash m1", "at 4300 restart m1", "at 4200 crash m2", "at 4300 restart m2")
    assert [step.detail.task for step in trace.where("lost")] == ["web/0"]
    assert not trace.where("machine_down")
    assert len(placements(trace)) == 2
    assert outcome(trace).recovery_ms > 1_800


@pytest.mark.parametrize(("drain_every_ms", "down"), [(0, 6), (10_000, 1)])
def test_a_row_that_falls_silent_is_given_up_slowly(drain_every_ms: int, down: int) -> None:
    """Behind a broken switch the tasks still run: with the limit one machine's tasks are moved before the switch works again."""
    faults = [f"at 5000 pause m{number} until 15000" for number in range(1, 7)]
    trace = run([Job("web", "ann", ONE, tasks=12)], *faults, machines=12, drain_every_ms=drain_every_ms)
    assert len(trace.where("machine_down")) == down
    assert len(trace.where("unreachable")) == 6


def test_nothing_new_is_placed_where_nobody_answers() -> None:
    """Unreachable is not down, and yet out."""
    faults = [f"at 5000 pause m{number}" for number in (1, 2)]
    trace = run([Job("late", "ann", ONE, tasks=4, arrival_ms=12_000)], *faults, machines=3, drain_every_ms=60_000, duration_ms=20_000)
    assert {machine for _, machine in placements(trace)} == {"m3"}
    verdicts = trace.where("place")[0].frame.verdicts.machines  # type: ignore[union-attr]  # the run has pictures
    assert sorted(reason for reason, _ in verdicts.values()) == ["", "down", "unreachable"]


@pytest.mark.parametrize(("avoids", "crashes"), [(True, 1), (False, 5)])
def test_a_task_is_not_tried_again_where_it_has_crashed(avoids: bool, crashes: int) -> None:
    """One crash is enough; without the rule the same best machine is chosen again and again."""
    machines = [Machine("m1", ONE), Machine("m2", FOUR)]
    settings: dict[str, Any] = {"crashes": {"web": ("m1",)}, "avoid_crashed_pairs": avoids, "poll_every_ms": 1_000, "duration_ms": 9_500}
    trace = simulate(Workload.of(machines, [Job("web", "ann", ONE)]), **settings)
    assert len(trace.where("fail")) >= crashes
    assert len(trace.where("fail")) == 1 or not avoids
    assert placements(trace)[-1] == ("web/0", "m2" if avoids else "m1")


def test_an_assignment_from_an_old_copy_is_refused_and_made_again() -> None:
    """The scheduler does not know yet that the machine is down; the master does, and nothing happens there."""
    trace = run([Job("web", "ann", ONE, tasks=9)], "at 1200 crash m1", machines=3, think_ms=1_500, duration_ms=40_000)
    down = trace.where("machine_down")[0].time_us
    refused = trace.where("reject_stale")
    assert [step.detail.why for step in refused] == ["m1 is down"] * len(refused)
    assert refused
    assert refused[0].time_us > down
    assert not [step for step in trace.where("place", machine="m1") if step.time_us > down]
    assert outcome(trace).pending == 1


def test_the_scheduler_may_die_alone() -> None:
    """Tasks run, end and are told; only nothing is placed until it is back, with a copy from nothing."""
    jobs = [Job("web", "ann", ONE, duration_ms=6_000), Job("late", "bob", ONE, arrival_ms=6_000)]
    trace = run(jobs, "at 5000 crash scheduler", "at 15000 restart scheduler")
    assert [15 < seconds(step) < 16 for step in trace.where("place")] == [False, True]
    assert trace.where("finish")


def test_production_pushes_batch_out_and_never_production() -> None:
    """Without preemption it waits instead."""
    jobs = [
        Job("batch", "ann", ONE, tasks=4, priority=100), Job("prod", "bob", ONE, tasks=4, priority=200),
        Job("web", "eve", ONE, tasks=6, priority=300, arrival_ms=4_000),
    ]  # fmt: skip
    with_it, without = (run(jobs, preemption=preemption, duration_ms=10_000) for preemption in (True, False))
    assert {step.detail.task.split("/")[0] for step in with_it.where("preempt")} == {"batch"}
    assert [outcome(one).preemptions for one in (with_it, without)] == [4, 0]
    assert len([task for task, _ in placements(without) if task.startswith("web")]) == 0


def test_a_run_that_breaks_a_promise_ends_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs with pictures hold every pass to the scheduler's promises: a rule that lets production evict production is found out."""
    monkeypatch.setattr("k8sedu.borg.preemption.may_preempt", lambda priority, victim: victim < priority)
    monkeypatch.setattr("k8sedu.borg.cell.preempts_below", lambda priority: priority)
    jobs = [Job("prod", "bob", ONE, tasks=8, priority=200), Job("more", "eve", ONE, tasks=2, priority=300, arrival_ms=3_000)]
    with pytest.raises(BrokenPromiseError, match="is production and preempts prod/"):
        run(jobs)


@pytest.mark.parametrize("order", ["round robin", "fifo"])
def test_round_robin_lets_a_small_job_past_a_large_one(order: str) -> None:
    """Both have one priority; in the order of arrival Bob waits for all of Ann's tasks to be decided."""
    jobs = [Job("large", "ann", Resources.of(cpu="10m"), tasks=60), Job("small", "bob", Resources.of(cpu="10m"))]
    trace = run(jobs, order=order, think_ms=100, duration_ms=12_000, frames=False)
    position = [task for task, _ in placements(trace)].index("small/0")
    assert position == (1 if order == "round robin" else 60)


def test_the_way_to_score_can_be_changed_in_the_middle() -> None:
    """Best fit fills one machine, E-PVM spreads; the past stays what it was."""
    jobs = [Job(f"j{number}", "ann", ONE, arrival_ms=2_000 * number) for number in range(4)]
    one, other = (run(jobs, machines=4, scorer="best_fit", scorers=scorers, duration_ms=9_000) for scorers in ((), ((3_500, "epvm"),)))
    assert len({machine for _, machine in placements(one)}) == 1
    assert len({machine for _, machine in placements(other)}) == 3
    assert one.fork_point(other) == other.where("scorer")[0].index


def test_ports_and_packages_are_known_to_borg_alone() -> None:
    """A job with ports runs only where ports are left."""
    jobs = [Job("web", "ann", Resources.of(cpu="10m"), tasks=5)]
    trace = run(jobs, extras={"web": {"ports": 2}}, ports=4, duration_ms=5_000)
    assert len(placements(trace)) == 4
    assert trace.where("refuse")[0].detail.reasons == {"too little ports": 2}


def test_a_job_beyond_its_users_quota_is_refused_when_it_is_submitted() -> None:
    """Not when machines are chosen; and when the first job has ended, its quota is free again."""
    grants = (Grant("ann", 200, (4_000, 8 * 1024**3, 0, 0, 0), from_s=0, until_s=100),)
    jobs = [
        Job("first", "ann", ONE, tasks=3, priority=200, duration_ms=4_000),
        Job("second", "ann", ONE, tasks=2, priority=200, arrival_ms=1_000),
        Job("third", "ann", ONE, tasks=2, priority=200, arrival_ms=12_000),
        Job("free", "ann", ONE, tasks=9, priority=0, arrival_ms=1_000),
    ]
    trace = run(jobs, quota=grants, machines=4)
    assert [step.detail.job for step in trace.where("refuse_job")] == ["second"]
    assert "asks for 2000 cpu at priority 200, but 'ann' has 1000 left of 4000" in trace.where("refuse_job")[0].detail.why
    assert [step.detail.job for step in trace.where("submit")] == ["first", "free", "third"]


@pytest.mark.parametrize("seed", range(2))
def test_reclamation_lends_what_production_does_not_use(seed: int) -> None:
    """More batch tasks run than limits would allow; production still fits by its limits, also after a change of masters."""
    jobs = [
        Job("web", "ann", Resources.of(cpu="3", memory="1Gi"), tasks=2, priority=200),
        Job("batch", "bob", ONE, tasks=8, priority=100, arrival_ms=1_000),
    ]
    how = Estimation(startup_s=2, decay_percent=60)
    plain, lending = (
        run(jobs, "at 20000 crash master", seed=seed, reclamation=reclamation, estimation=how, duration_ms=40_000)
        for reclamation in (False, True)
    )
    running = [sum(task.state == "running" for task in one[-1].frame.tasks.values()) for one in (plain, lending)]  # type: ignore[union-attr]  # with pictures
    assert running[0] == 4
    assert running[1] > 4
    frame = lending[-1].frame
    assert frame is not None
    assert any(machine.used.cpu > machine.capacity.cpu for machine in frame.machines.values())
    for machine in frame.machines.values():
        prod = [task for task in machine.tasks if task.startswith("web/")]
        assert 3_000 * len(prod) <= machine.capacity.cpu


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"faults": ["at 10 crash m9"]}, "met the fault 'at 10 crash m9', expected 'crash'"),
        ({"faults": ["at 10 partition m1 | m2"]}, "met the fault"),
        ({"faults": ["at 99000 crash m1"]}, "is after the end"),
        ({"scorer": "luck"}, "the scorer is 'luck', expected one of epvm, best_fit, hybrid"),
        ({"order": "alphabet"}, "the order is 'alphabet'"),
        ({"poll_every_ms": 0}, "poll_every_ms is 0, expected more than 0"),
        ({"think_ms": -1}, "think_ms is -1, expected 0 or more"),
        ({"extras": {"nobody": {}}}, "met the job 'nobody'"),
        ({"crashes": {"web": ("m9",)}}, "met the machine 'm9' in crashes"),
        ({"extras": {"web": {"colour": 1}}}, "are not those of a Borg job"),
        ({"offer_every_ms": 5}, "met the setting 'offer_every_ms', expected one of duration_ms"),
    ],
)
def test_a_run_that_cannot_be_is_refused(settings: dict[str, Any], sentence: str) -> None:
    """One sentence: what was met, and what was expected."""
    with pytest.raises(BorgRunError, match=sentence):
        run([Job("web", "ann", ONE)], *settings.pop("faults", ()), **settings)

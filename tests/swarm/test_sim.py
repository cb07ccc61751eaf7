"""Laws of Swarm in time: what outlives a manager, what comes back by itself and what does not, and how services change."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu import swarm
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.invariants import violations
from k8sedu.trace import Step, Trace
from k8sedu.workload import Job, Machine, Resources, Workload
from k8sedu.workload.outcome import outcome

ONE = Resources.of(cpu="1", memory="1Gi")
WEB = swarm.Service("web", swarm.Spec("web:1", cpu_millicores=500), replicas=6)


def fleet(count: int = 2) -> list[Machine]:
    """Equal machines of four cores."""
    return [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in range(1, count + 1)]


def running(trace: Trace, service: str = "web") -> dict[int, int]:
    """Version → how many tasks of it run at the end and are to run (a node that is down cannot say that its tasks have ended)."""
    counts: dict[int, int] = {}
    for task in trace[-1].frame.more.tasks.values():  # type: ignore[union-attr]  # the run has pictures
        if task.service == service and task.state == task.desired == "running":
            counts[task.version] = counts.get(task.version, 0) + 1
    return counts


def alive_tasks(step: Step) -> list[str]:
    """The tasks whose containers run."""
    assert step.frame is not None
    return [task.name for task in step.frame.more.tasks.values() if task.state == "running"]


def statuses(trace: Trace) -> list[str]:
    """How far the update was, in order."""
    return [step.detail.status for step in trace.where("update_status")]


@pytest.mark.parametrize("mode", ["classic", "swarm"])
@pytest.mark.parametrize("seed", range(2))
def test_the_same_seed_is_the_same_run_with_and_without_pictures(mode: str, seed: int) -> None:
    """Pictures cost time and change nothing."""
    faults = ["at 4000 crash m2", "at 8000 restart m2"]
    runs = [swarm.simulate(seed=seed, mode=mode, duration_ms=12_000, faults=faults, frames=frames) for frames in (True, False)]
    assert len({run.digest() for run in runs}) == 1


@pytest.mark.parametrize("mode", ["classic", "swarm"])
def test_any_workload_runs_under_both_kinds(mode: str) -> None:
    """What every manager of the course takes; batch work ends, services stay, nobody waits where there is room."""
    jobs = [Job("web", "ann", ONE, tasks=3), Job("sum", "bob", ONE, tasks=2, arrival_ms=500, duration_ms=2_000)]
    met = outcome(swarm.simulate(Workload.of(fleet(), jobs), mode=mode, duration_ms=10_000))
    assert (met.placed, met.finished, met.pending) == (5, 2, 0)


def test_the_strategies_differ_where_there_is_a_choice() -> None:
    """Spread goes round, binpack fills one host first."""
    workload = Workload.of(fleet(4), [Job("web", "ann", ONE, tasks=4)])
    hosts = {
        strategy: [step.detail.machine for step in swarm.simulate(workload, strategy=strategy, duration_ms=2_000).where("place")]
        for strategy in ("spread", "binpack")
    }
    assert sorted(hosts["spread"]) == ["m1", "m2", "m3", "m4"]
    assert len(set(hosts["binpack"])) == 1


# -- classic -----------------------------------------------------------------------------------------------------------------------------


def test_without_its_manager_classic_swarm_runs_on_and_decides_nothing() -> None:
    """What runs finishes; `docker run` fails; on its return the manager reads every host, and the waiting container is placed."""
    jobs = [Job("a", "ann", ONE, tasks=2, duration_ms=5_000), Job("b", "bob", ONE, arrival_ms=4_000)]
    faults = ["at 3000 crash manager", "at 8000 restart manager"]
    trace = swarm.simulate(Workload.of(fleet(), jobs), duration_ms=14_000, faults=faults)
    while_down = [step.kind for step in trace if 3_000 < step.time_ms < 8_000]
    assert while_down == ["submit", "no_answer", "finish", "finish"]
    assert [(step.actor, step.detail.containers) for step in trace.where("refresh")] == [("m1", 0), ("m2", 0)]
    assert trace.where("place")[-1].time_ms > 8_000
    assert not list(violations(trace))


@pytest.mark.parametrize(("reschedule", "recovered"), [("", 0), ("on-node-failure", 2)])
def test_containers_of_a_lost_host_come_back_only_if_that_was_asked_for(reschedule: str, recovered: int) -> None:
    """Off by default: a lost container is lost."""
    trace = swarm.simulate(
        Workload.of(fleet(), [Job("web", "ann", ONE, tasks=4)]), duration_ms=15_000, faults=["at 3000 crash m1"], reschedule=reschedule
    )
    met = outcome(trace)
    assert (met.lost, met.recovered) == (2, recovered)
    assert trace.where("engine_lost")[0].time_ms == 8_000


def test_a_host_that_comes_back_still_holds_the_dead() -> None:
    """Its stopped containers count, so spread avoids it, until they are removed; what runs elsewhere already is removed at once."""
    workload = Workload.of(fleet(), [Job("web", "ann", ONE, tasks=4), Job("late", "bob", ONE, arrival_ms=9_000)])
    faults = ["at 3000 crash m1", "at 8500 restart m1"]
    left = swarm.simulate(workload, duration_ms=12_000, faults=faults)
    assert left.where("place")[-1].detail.machine == "m1"  # both hosts hold two, and the first is asked first
    assert left[-1].frame.more.stopped.m1 == 2  # type: ignore[union-attr]  # the run has pictures
    moved = swarm.simulate(workload, duration_ms=12_000, faults=faults, reschedule="on-node-failure")
    assert moved[-1].frame.more.stopped.m1 == 0  # type: ignore[union-attr]  # the run has pictures


def test_random_overfills_a_host() -> None:
    """It asks nobody whether there is room, and Docker does not refuse."""
    trace = swarm.simulate(Workload.of(fleet(1), [Job("web", "ann", ONE, tasks=6)]), strategy="random", duration_ms=2_000)
    assert trace[-1].frame.machines.m1.used.cpu == 6_000  # type: ignore[union-attr]  # the run has pictures


# -- swarm mode --------------------------------------------------------------------------------------------------------------------------


def test_an_update_replaces_one_task_after_the_other() -> None:
    """Docker's defaults: one at a time, the old one stopped first, five seconds of watching at the end."""
    trace = swarm.simulate_services([WEB], orders=[swarm.update("web", image="web:2", at_ms=10_000)], duration_ms=30_000)
    assert statuses(trace) == ["updating", "completed"]
    assert running(trace) == {2: 6}
    alive = [len(alive_tasks(step)) for step in trace if step.time_ms > 3_000]
    assert (min(alive), max(alive)) == (5, 6)
    last_start = [step.time_ms for step in trace.where("task_running")][-1]
    assert trace.where("update_status")[-1].time_ms == pytest.approx(last_start + 5_000, abs=50)


def test_start_first_never_runs_fewer_than_were_wished_for() -> None:
    """The new task runs before the old one is told to stop."""
    orders = [swarm.update("web", image="web:2", order="start-first", parallelism=2, at_ms=10_000)]
    trace = swarm.simulate_services([WEB], orders=orders, duration_ms=30_000)
    alive = [len(alive_tasks(step)) for step in trace if step.time_ms > 5_000]
    assert (min(alive), max(alive)) == (6, 8)


@pytest.mark.parametrize(
    ("action", "ends", "versions"),
    [("pause", ["updating", "paused"], {1: 4}), ("rollback", ["updating", "rollback_started", "rollback_completed"], {1: 6})],
)
def test_a_bad_image_stops_the_update(action: str, ends: list[str], versions: dict[int, int]) -> None:
    """Paused by default, with the service half and half; or the old version comes back by itself."""
    bad = swarm.update("web", image="web:2", fails_after_ms=700, failure_action=action, at_ms=10_000)
    trace = swarm.simulate_services([WEB], orders=[bad], duration_ms=40_000)
    assert statuses(trace) == ends
    assert {version: count for version, count in running(trace).items() if version == 1} == versions
    assert "due to failure or early termination of task t7" in trace.where("update_status")[1].detail.message


def test_continue_looks_away_and_a_ratio_forgives_some() -> None:
    """With `continue` every slot gets the bad image; with a ratio of one half three failures of six are let pass."""
    bad = swarm.update("web", image="web:2", fails_after_ms=700, at_ms=4_000, failure_action="continue")
    trace = swarm.simulate_services([WEB], orders=[bad], duration_ms=25_000)
    assert statuses(trace) == ["updating", "completed"]
    assert 1 not in running(trace)
    half = swarm.update("web", image="web:2", fails_after_ms=700, at_ms=4_000, max_failure_ratio=0.5)
    trace = swarm.simulate_services([WEB], orders=[half], duration_ms=15_000)
    failed = [step.time_us for step in trace.where("fail")]
    assert sum(time_us <= trace.where("update_status")[1].time_us for time_us in failed) == 4


def test_a_rollback_by_hand_brings_the_old_version_back() -> None:
    """Only the slots that were changed are changed again; without a former version it is refused in Docker's words."""
    orders = [swarm.rollback("web", at_ms=5_000), swarm.update("web", image="web:2", at_ms=8_000), swarm.rollback("web", at_ms=11_000)]
    trace = swarm.simulate_services([WEB], orders=orders, duration_ms=40_000)
    assert "does not have a previous spec" in trace.where("order_refused")[0].detail.message
    assert statuses(trace) == ["updating", "rollback_started", "rollback_completed"]
    assert running(trace) == {1: 6}
    assert len({step.detail.id for step in trace.where("task_running", version=1)}) < 12


def test_tasks_of_a_lost_node_start_elsewhere_after_heartbeats_and_delay() -> None:
    """Three heartbeats of five seconds are missed, then comes the restart delay of five; nobody had to ask for it."""
    trace = swarm.simulate_services([WEB], faults=["at 20000 crash n1"], duration_ms=60_000)
    down = trace.where("node_down")[0].time_ms
    assert 30_000 < down < 35_500
    moved = [step.time_ms for step in trace.where("task_running") if step.time_ms > 20_000]
    assert len(moved) == 2
    assert all(5_000 <= time_ms - down <= 6_500 for time_ms in moved)
    assert running(trace) == {1: 6}


@pytest.mark.parametrize("seed", range(3))
def test_the_loss_of_the_leader_costs_time_and_nothing_else(seed: int) -> None:
    """Another manager goes on with the update where it stood; every task runs on meanwhile."""
    orders = [swarm.update("web", image="web:2", at_ms=10_000)]
    trace = swarm.simulate_services([WEB], orders=orders, faults=["at 11500 crash manager-1"], seed=seed, duration_ms=70_000)
    lost, found = trace.where("leader_lost")[0].time_ms, trace.where("become_leader")[1].time_ms
    assert 9_000 < found - lost < 45_000
    assert statuses(trace) == ["updating", "completed"]
    assert running(trace) == {2: 6}
    assert not list(violations(trace))


def test_without_a_majority_everything_runs_and_nothing_is_decided() -> None:
    """The same claim as for classic Swarm: containers go on, orders are refused, and on return everything is taken up again."""
    faults = ["at 10000 crash manager-1", "at 10000 crash manager-2", "at 20000 crash n1", "at 30000 restart manager-2"]
    trace = swarm.simulate_services([WEB], orders=[swarm.scale("web", 8, at_ms=15_000)], faults=faults, duration_ms=110_000)
    back = trace.where("become_leader")[1].time_ms
    assert back > 30_000
    decided = [step.kind for step in trace if 10_100 < step.time_ms < back and step.kind in {"place", "scale", "task_state"}]
    assert decided == []
    assert "does not have a leader" in trace.where("order_refused")[0].detail.message
    assert running(trace) == {1: 8}
    assert not list(violations(trace))


def test_a_global_service_has_one_task_on_every_node_that_takes_one() -> None:
    """A drained node loses its task, and gets one again when it is active."""
    agent = swarm.Service("agent", swarm.Spec("agent:1"), mode="global")
    orders = [swarm.drain("n2", at_ms=5_000), swarm.drain("n2", at_ms=20_000, availability="active")]
    trace = swarm.simulate_services([agent], orders=orders, duration_ms=30_000)
    at = [sorted(alive_tasks(trace.at_ms(time_ms))) for time_ms in (4_000, 15_000, 29_000)]
    three, four = (["agent.n1", *more, "agent.n3", "agent.n4"] for more in ([], ["agent.n2"]))
    assert at == [four, three, four]


def test_scaling_makes_tasks_and_gives_them_up() -> None:
    """No new version: the other tasks stay as they are."""
    orders = [swarm.scale("web", 9, at_ms=5_000), swarm.scale("web", 2, at_ms=10_000)]
    trace = swarm.simulate_services([WEB], orders=orders, duration_ms=20_000)
    assert running(trace) == {1: 2}
    assert len(trace.where("place")) == 9


@pytest.mark.parametrize("seed", range(4))
def test_whatever_goes_wrong_the_promises_hold_and_the_wish_comes_true(seed: int) -> None:
    """Random crashes and orders; once everybody is back, each service has what was asked for."""
    rng, faults = Random(seed), list[str]()
    for _ in range(3):
        name, at_ms = rng.choice(["n1", "n2", "n3", "manager-1", "manager-2"]), rng.randint(3_000, 40_000)
        faults += [f"at {at_ms} crash {name}", f"at {at_ms + rng.randint(2_000, 20_000)} restart {name}"]
    orders = [swarm.scale("web", rng.randint(1, 8), at_ms=rng.randint(5_000, 50_000)), swarm.drain("n4", at_ms=20_000)]
    orders.append(swarm.update("web", image="web:2", at_ms=rng.randint(5_000, 30_000), order=rng.choice(["stop-first", "start-first"])))
    trace = swarm.simulate_services([WEB], orders=orders, faults=faults, seed=seed, duration_ms=140_000)
    assert [str(found) for found in violations(trace)] == []
    assert running(trace) == {2: trace[-1].frame.more.services.web.replicas}  # type: ignore[union-attr]  # the run has pictures


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ({"mode": "cloud"}, "expected 'classic' or 'swarm'"),
        ({"strategy": "fastest"}, "expected one of spread, binpack, random"),
        ({"reschedule": "always"}, "expected '' or 'on-node-failure'"),
        ({"managers": 3}, "the setting 'managers' is not known"),
        ({"faults": ["at 10 crash m9"]}, "expected 'crash' or 'restart' of one of manager, m1"),
        ({"faults": ["at 10 pause m1"]}, "expected 'crash' or 'restart'"),
        ({"duration_ms": 0}, "expected a time above 0"),
        ({"mode": "swarm", "managers": 0}, "expected 1 or more"),
    ],
)
def test_what_cannot_be_is_refused(call: dict[str, object], says: str) -> None:
    """One sentence: what was met, and what was expected."""
    with pytest.raises(SwarmError) as error:
        swarm.simulate(Workload.of(fleet(1), [Job("a", "ann", ONE)]), **call)  # type: ignore[arg-type]  # wrong on purpose
    assert says in str(error.value)


def test_an_order_about_nothing_is_refused() -> None:
    """Before the run begins."""
    with pytest.raises(SwarmError, match="names 'db', expected one of web"):
        swarm.simulate_services([WEB], orders=[swarm.scale("db", 3, at_ms=1)])
    with pytest.raises(SwarmError, match="an update of 'colour' is not known"):
        swarm.update("web", colour="red", at_ms=1)

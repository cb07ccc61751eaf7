"""Laws of a run of the scheduler in time: what happens when, what holds at every step, and that nothing depends on anything but the seed.

Runs with frames are held to every invariant after each step, so a run that ends is a test by itself.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.kube import scheduler
from k8sedu.kube.objects import Pod, ReplicaSet
from k8sedu.kube.scheduler.plugins.plugin import Plugin
from k8sedu.kube.scheduler.profiles import default_profile
from k8sedu.kube.scheduler.sim import run_scenario, simulate
from k8sedu.kube.scheduler.sketch import budget, node, pod
from k8sedu.kube.scheduler.statuses import SUCCESS, Code, Status
from k8sedu.sim.seeds import stream
from k8sedu.trace import Trace
from k8sedu.workload import Job, Machine, Mix, Resources, Workload, make
from k8sedu.workload.outcome import outcome
from k8sedu.workload.sim.scribe import KINDS

SCENARIOS = sorted((Path(scheduler.__file__).parent / "scenarios").glob("*.scenario"))


def told(trace: Trace, *kinds: str) -> list[tuple[Any, ...]]:
    """(ms, kind, whom it is about) of some kinds of step."""
    return [(step.time_us // 1_000, step.kind, step.detail.get("pod", step.detail.get("task", step.actor)))
            for step in trace if step.kind in kinds]  # fmt: skip


def owned(found: Pod) -> Pod:
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": found.name, "uid": "u", "controller": True}
    return Pod.of({**found.document(), "metadata": {**found.metadata.document(), "ownerReferences": [owner]}})


# -- scenarios -----------------------------------------------------------------------------------------------------------------------------

EXPECTED: dict[str, list[tuple[Any, ...]]] = {
    "preemption": [
        (1_006, "nominate", "default/high"), (1_026, "terminate", "default/low"), (3_036, "preempt", "low/0"),
        (3_057, "place", "default/high"),
    ],
    "backoff": [(506, "refuse", "default/large"), (3_011, "refuse", "default/large"), (6_001, "refuse", "default/large"),
                (10_031, "place", "default/large")],
    "node-failure": [(12_000, "node_crash", "n1"), (65_000, "machine_down", "n1"), (365_005, "terminate", "default/web"),
                     (365_005, "terminate", "default/db"), (365_031, "place", "default/web-2")],
    "gates": [(505, "gate", "default/waits"), (1_026, "place", "default/goes"), (4_026, "place", "default/waits")],
    "conflict": [(605, "place", "default/web"), (706, "bind_failed", "default/web")],
    "drain": [(3_000, "terminate", "default/web"), (5_026, "place", "default/web-2"), (15_000, "machine_down", "n2"),
              (45_000, "machine_up", "n2"), (45_000, "place", "default/api")],
}  # fmt: skip


@pytest.mark.parametrize("path", SCENARIOS, ids=[path.stem for path in SCENARIOS])
def test_each_scenario_goes_as_it_is_told(path: Path) -> None:
    """What the first lines of the file say happens, at these moments, with every invariant held at each step."""
    trace = run_scenario(path)
    kinds = {kind for _, kind, _ in EXPECTED[path.stem]}
    initial = [found for found in told(trace, *kinds) if found[0]]
    refused_again = [found for found in initial if found[1] != "refuse" or found in EXPECTED[path.stem]]
    assert refused_again == EXPECTED[path.stem]
    assert trace.digest() == run_scenario(path, frames=False).digest()


# -- placing -------------------------------------------------------------------------------------------------------------------------------


def test_a_workload_is_placed_and_finishes_in_the_words_of_all_managers() -> None:
    """Every task is placed and the batch work ends; parameters and steps are what charts and tables of managers read."""
    cell = Workload.of(
        [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in (1, 2, 3)],
        [Job("web", "ann", Resources.of(cpu="1", memory="1Gi"), tasks=3, priority=200),
         Job("batch", "bob", Resources.of(cpu="1", memory="1Gi"), tasks=4, priority=100, arrival_ms=500, duration_ms=4_000)],
    )  # fmt: skip
    trace = simulate(cell, duration_ms=10_000)
    met = outcome(trace)
    assert (met.placed, met.pending, met.finished) == (7, 0, 4)
    assert {"submit", "place", "finish"} <= {step.kind for step in trace} & set(KINDS)
    json.dumps(dict(trace.parameters.jobs.web))


def test_services_spread_as_their_replica_set_wants() -> None:
    """The default constraints find the ReplicaSet's selector, so its pods go to different zones without being told."""
    machines = [Machine(f"m{number}", Resources.of(cpu="16", memory="64Gi"), {"zone": "aab"[number]}) for number in range(3)]  # type: ignore[arg-type]  # plain attributes
    cell = Workload.of(machines, [Job("web", "ann", Resources.of(cpu="1", memory="1Gi"), tasks=2)])
    assert {step.detail.machine for step in simulate(cell, duration_ms=3_000).where("place")} >= {"m2"}


def test_extras_say_what_only_kubernetes_knows() -> None:
    """Tolerations of a job and taints of a machine are laid over what is made from the workload."""
    cell = Workload.of([Machine("m1", Resources.of(cpu="4")), Machine("m2", Resources.of(cpu="4"))],
                       [Job("web", "ann", Resources.of(cpu="1")), Job("gpu", "ann", Resources.of(cpu="1"))])  # fmt: skip
    extras = {
        "m1": {"spec": {"taints": [{"key": "gpu", "effect": "NoSchedule"}], "unschedulable": False}},
        "m2": {"spec": {"unschedulable": True}},
        "gpu": {"spec": {"tolerations": [{"operator": "Exists", "key": "gpu"}]}},
    }
    trace = simulate(cell, duration_ms=3_000, extras=extras)
    assert [step.detail.machine for step in trace.where("place")] == ["m1"]
    assert trace.where("refuse")[0].detail.message.startswith("0/2 nodes are available: 1 node(s) had untolerated taint(s), 1 node(s) were")


def test_the_next_pod_sees_room_as_taken_before_the_binding_is_answered() -> None:
    """Two pods that fit together nowhere go to two nodes, although both are decided before the first is bound."""
    trace = simulate(objects=[node("n1"), node("n2")], arrivals=[(100, pod("a", cpu="3")), (100, pod("b", cpu="3"))], duration_ms=2_000,
                     bind_ms=300)  # fmt: skip
    assert {step.detail.node for step in trace.where("assume")} == {"n1", "n2"}
    assert max(step.time_us for step in trace.where("assume")) < min(step.time_us for step in trace.where("place"))
    first = trace.where("assume")[0].frame
    assert first is not None
    assert list(first.more.assumed) == ["default/a"]


def test_who_is_bound_or_gone_while_he_is_thought_about_is_let_go() -> None:
    """The thought comes too late, and nothing is assumed."""
    for order in ("bind web n2", "delete web"):
        trace = simulate(objects=[node("n1"), node("n2")], arrivals=[(500, pod("web"))], changes=[f"at 510 {order}"], cycle_us=20_000,
                         duration_ms=2_000)  # fmt: skip
        assert not trace.where("assume")


def test_most_allocated_packs() -> None:
    """With the packing strategy pods go where others are already; the default spreads them."""
    machines = [Machine(f"m{number}", Resources.of(cpu="8", memory="16Gi")) for number in range(4)]
    cell = Workload.of(machines, [Job("b", "ann", Resources.of(cpu="1", memory="2Gi"), tasks=4, duration_ms=60_000)])
    runs = [simulate(cell, duration_ms=2_000, strategy=strategy, tie_break="first") for strategy in ("LeastAllocated", "MostAllocated")]
    assert [len({step.detail.machine for step in trace.where("place")}) for trace in runs] == [4, 1]


# -- preemption ----------------------------------------------------------------------------------------------------------------------------


def test_promised_room_is_left_alone_and_given_back() -> None:
    """A pod that was promised a node and is deleted wakes those who had to leave the room alone."""
    trace = simulate(
        objects=[node("n1"), pod("low", cpu="4", priority=1, node="n1")],
        arrivals=[(500, pod("high", cpu="3", priority=9)), (700, pod("late", cpu="3"))],
        changes=["at 2000 delete high"], duration_ms=6_000,
    )  # fmt: skip
    assert [step.detail.pod for step in trace.where("place") if step.time_us] == ["default/late"]
    first, frame = trace[0].frame, trace.where("terminate")[0].frame
    assert first is not None
    assert frame is not None
    assert (first.more.queue, frame.more.nominated) == ((), {"n1": ("default/high",)})


def test_a_higher_one_takes_the_promise() -> None:
    """Who is more important than a nominated pod takes its place, and its promise back."""
    trace = simulate(
        objects=[node("n1"), pod("low", cpu="4", priority=1, node="n1")], stop_ms=5_000,
        arrivals=[(500, pod("high", cpu="3", priority=5)), (800, pod("higher", cpu="3", priority=9))], duration_ms=9_000,
    )  # fmt: skip
    assert [step.detail.pod for step in trace.where("denominate")] == ["default/high"]
    assert [step.detail.pod for step in trace.where("place") if step.time_us] == ["default/higher"]


def test_budgets_are_counted_and_spared() -> None:
    """The disruption controller counts, and preemption prefers the node on which no budget is broken."""
    running = [pod("web", cpu="3", priority=1, node="n1", labels={"app": "web"}), pod("batch", cpu="3", priority=5, node="n2")]
    trace = simulate(objects=[node("n1"), node("n2"), budget("keep", {"app": "web"}, allowed=0), *running],
                     arrivals=[(1_000, pod("p", cpu="2", priority=9))], duration_ms=5_000)  # fmt: skip
    assert [step.detail.pod for step in trace.where("terminate")] == ["default/batch"]


@pytest.mark.parametrize(("release", "waits"), [("1.32", True), ("1.33", False)])
def test_deletions_are_sent_beside_the_cycle_since_1_33(release: str, waits: bool) -> None:
    """Before, the scheduler stood still while it sent them, and the next pod had to wait."""
    objects = [node("n1"), node("n2"), pod("low", cpu="4", priority=1, node="n1"), pod("same", cpu="2", priority=9, node="n2")]
    arrivals = [(500, pod("high", cpu="3", priority=9)), (500, pod("small", cpu="1", priority=8))]
    trace = simulate(objects=objects, arrivals=arrivals, duration_ms=3_000, bind_ms=200, release=release)
    assert (trace.where("pop")[1].index > trace.where("terminate")[0].index) is waits


def test_preemption_is_graceful() -> None:
    """A victim runs until its grace period is over, or it has ended by itself; a shorter grace period frees the room sooner."""
    ends = {}
    for grace_s in (1, 30):
        low = pod("low", cpu="4", priority=1, node="n1", terminationGracePeriodSeconds=grace_s)
        trace = simulate(objects=[node("n1"), low], arrivals=[(500, pod("high", cpu="3", priority=9))], duration_ms=9_000, stop_ms=4_000)
        ends[grace_s] = trace.where("preempt")[0].time_us // 1_000_000
    assert ends == {1: 1, 30: 4}


def test_gates_are_unknown_before_1_27() -> None:
    """An older API server drops the field, and the pod is placed."""
    gated = pod("web", schedulingGates=[{"name": "quota"}])
    runs = [simulate(objects=[node("n1")], arrivals=[(100, gated)], duration_ms=1_000, release=release) for release in ("1.26", "1.27")]
    assert [len(trace.where("place")) for trace in runs] == [1, 0]


# -- nodes ---------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("release", "marked_ms"), [("1.31", 55_000), ("1.32", 65_000)])
def test_a_silent_node_is_marked_after_its_grace_period(release: str, marked_ms: int) -> None:
    """40 seconds before 1.32, 50 from then on, counted from the last heartbeat and noticed at the next look."""
    trace = simulate(objects=[node("n1"), owned(pod("web", node="n1"))], faults=["at 12000 crash n1"], release=release, duration_ms=70_000,
                     frames=False)  # fmt: skip
    assert told(trace, "machine_down") == [(marked_ms, "machine_down", "n1")]


def test_who_is_back_in_time_has_lost_nothing() -> None:
    """A node that restarts before anybody is sure begins anew with its pods, and nobody moves."""
    trace = simulate(objects=[node("n1"), node("n2"), owned(pod("web", node="n1"))], faults=["at 5000 crash n1", "at 20000 restart n1"],
                     duration_ms=80_000)  # fmt: skip
    assert not trace.where("machine_down")
    assert told(trace, "start") == [(20_500, "start", "default/web")]


def test_a_pod_that_went_on_unseen_is_stopped_when_its_successor_runs() -> None:
    """A node that is cut off goes on with its pod; when it is back the old pod ends, and the new one stays where it is."""
    trace = simulate(objects=[node("n1"), node("n2"), owned(pod("web", node="n1"))], faults=["at 5000 pause n1", "at 60000 resume n1"],
                     grace_period_ms=10_000, toleration_s=2, duration_ms=80_000,
                     changes=["at 1000 taint n1 x:NoSchedule"])  # fmt: skip
    end = trace[-1].frame
    assert end is not None
    assert {key: found.node for key, found in end.more.pods.items()} == {"default/web": "n1"}
    late = simulate(objects=[node("n1"), node("n2"), owned(pod("web", node="n1"))], faults=["at 5000 pause n1", "at 400000 resume n1"],
                    grace_period_ms=10_000, duration_ms=410_000, frames=False)  # fmt: skip
    assert [step.detail.machine for step in late.where("place")] == ["n1", "n2"]


def test_a_taint_evicts_who_does_not_bear_it_when_his_patience_ends() -> None:
    """NoExecute drives away at once who does not tolerate it, and later who tolerates it for a time; others stay."""
    bears = [{"key": "bad", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 4}]
    running = [pod("now", node="n1"), pod("later", node="n1").evolve(spec=pod("x", node="n1").spec.evolve(tolerations=Pod.of(
        {"spec": {"tolerations": bears}}).spec.tolerations)), pod("stays", node="n1", tolerations=["bad"])]  # fmt: skip
    trace = simulate(objects=[node("n1"), *running], changes=["at 1000 taint n1 bad:NoExecute"], duration_ms=12_000)
    assert told(trace, "terminate") == [(1_005, "terminate", "default/now"), (5_005, "terminate", "default/later")]


def test_a_drain_goes_as_far_as_budgets_allow() -> None:
    """One of two pods may be disturbed: the second is evicted when the first has a successor that runs."""
    pods = [owned(pod(name, cpu="1", node="n1", labels={"app": "web"})) for name in ("a", "b")]
    trace = simulate(objects=[node("n1"), node("n2"), budget("keep", {"app": "web"}, allowed=1), *pods], changes=["at 1000 drain n1"],
                     duration_ms=20_000)  # fmt: skip
    first, second = (step.time_us // 1_000 for step in trace.where("terminate"))
    assert (first, second >= 6_000) == (1_000, True)
    assert {step.detail.machine for step in trace.where("place") if step.time_us} == {"n2"}


def test_a_drain_outlives_an_outage() -> None:
    """While the API server is away nothing is evicted; the drain tries again every five seconds."""
    guarded = [owned(pod(name, cpu="1", node="n1", labels={"app": "web"})) for name in ("a", "b")]
    trace = simulate(objects=[node("n1"), node("n2"), budget("keep", {"app": "web"}, allowed=1), *guarded], changes=["at 1000 drain n1"],
                     faults=["at 4000 crash apiserver", "at 12000 restart apiserver"], duration_ms=30_000)  # fmt: skip
    assert {step.detail.pod for step in trace.where("terminate")} == {"default/a", "default/b"}


# -- servers -------------------------------------------------------------------------------------------------------------------------------


def test_without_a_scheduler_pods_wait_and_run_on() -> None:
    """What runs goes on; who comes waits; a scheduler that starts again learns everything from the API server."""
    trace = simulate(
        objects=[node("n1"), pod("old", cpu="1", node="n1")], arrivals=[(2_000, pod("new", cpu="1"))],
        faults=["at 1000 crash scheduler", "at 5000 restart scheduler"], duration_ms=8_000,
    )  # fmt: skip
    (placed,) = [step for step in trace.where("place") if step.time_us]
    assert 5_000_000 < placed.time_us < 5_100_000


def test_without_an_api_server_nothing_is_bound_and_nothing_ends() -> None:
    """A binding that fails is no judgement: the pod backs off as an error, and is bound when the server answers again."""
    trace = simulate(
        objects=[node("n1"), pod("old", cpu="1", node="n1")], arrivals=[(990, pod("new", cpu="1")), (2_000, pod("later", cpu="1"))],
        faults=["at 1000 crash apiserver", "at 6000 restart apiserver"], duration_ms=12_000,
    )  # fmt: skip
    failed = trace.where("bind_failed")
    assert failed
    assert {step.detail.why for step in failed} == {"the server is currently unable to handle the request"}
    assert {step.detail.to for step in failed} == {"backoff"}
    assert {step.detail.pod for step in trace.where("place") if step.time_us > 6_000_000} == {"default/new", "default/later"}


def test_the_scheduler_may_send_only_so_many_requests_a_second() -> None:
    """After a burst, bindings come at the rate that the client is allowed, however fast the scheduler thinks."""
    arrivals = [(0, pod(f"p{number}")) for number in range(20)]
    trace = simulate(objects=[node("n1")], arrivals=arrivals, duration_ms=5_000, client_qps=10, client_burst=5, frames=False)
    times = [step.time_us for step in trace.where("place")]
    assert times[-1] - times[0] > 1_400_000
    assert times[4] - times[0] < 10_000


# -- plugins -------------------------------------------------------------------------------------------------------------------------------


class PairsOnly(Plugin):
    """Lets pods wait until two of them have a place."""

    NAME = "PairsOnly"

    def permit(self, cycle: Any, node_name: str) -> Status:
        """Wait for a partner."""
        placed = sum(info.labels.get("app") == "pair" for info, _ in cycle.table.pods())
        return SUCCESS if placed > 1 else Status(Code.WAIT, timeout_s=3)


def test_a_plugin_may_let_a_pod_wait_with_its_place_kept() -> None:
    """Permit says later: the first waits until the second comes; one who waits in vain gives its room back."""
    profile = default_profile().with_plugin(PairsOnly)
    arrivals = [(500, pod("a", labels={"app": "pair"})), (2_000, pod("b", labels={"app": "pair"}))]
    both = simulate(objects=[node("n1")], arrivals=arrivals, duration_ms=4_000, profile=profile)
    assert [time >= 2_000 for time, _, _ in told(both, "place")] == [True, True]
    alone = simulate(objects=[node("n1")], arrivals=arrivals[:1], duration_ms=5_000, profile=profile)
    (failed,) = alone.where("bind_failed")
    assert (failed.detail.why, alone.where("place")) == ('pod "a" rejected due to timeout after waiting', ())
    gone = simulate(objects=[node("n1")], arrivals=arrivals[:1], duration_ms=5_000, profile=profile, changes=["at 1000 delete a"])
    assert gone.where("bind_failed")[0].detail.why == 'pod "a" is gone'


def test_workloads_among_objects_are_taken_apart() -> None:
    """A ReplicaSet arrives as its pods, which have successors."""
    template = {"metadata": {"labels": {"app": "x"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}
    document = {"metadata": {"name": "x"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "x"}}, "template": template}}
    found = ReplicaSet.of({"apiVersion": "apps/v1", "kind": "ReplicaSet", **document})
    trace = simulate(objects=[node("n1")], arrivals=[(1_000, found), (2_000, node("n2"))], changes=["at 3000 delete x-0"],
                     duration_ms=9_000)  # fmt: skip
    assert [step.detail.pod for step in trace.where("place")] == ["default/x-0", "default/x-1", "default/x-0-2"]


# -- chance --------------------------------------------------------------------------------------------------------------------------------


def test_frames_change_nothing() -> None:
    """A run that only counts has the same steps as one that keeps pictures."""
    one, two = (simulate(seed=3, duration_ms=3_000, frames=frames) for frames in (True, False))
    assert [tuple(step)[:5] for step in one] == [tuple(step)[:5] for step in two]


MOMENT = st.integers(1_000, 9_000)
VICTIM = st.sampled_from(["m1", "m2", "scheduler", "apiserver"])
FAULTS = st.lists(st.tuples(MOMENT, st.sampled_from(["crash", "pause"]), VICTIM, st.integers(300, 3_900)), max_size=3)
SAID = ["cordon m1", "uncordon m1", "drain m2", "taint m1 a:NoExecute", "untaint m1 a", "delete web-0", "bind batch-1 m3"]
ORDERS = st.lists(st.tuples(MOMENT, st.sampled_from(SAID)), max_size=3)
CELL = Workload.of(
    [Machine(f"m{number}", Resources.of(cpu="4", memory="8Gi")) for number in (1, 2, 3)],
    [Job("web", "ann", Resources.of(cpu="2", memory="1Gi"), tasks=3, priority=200, arrival_ms=900),
     Job("batch", "bob", Resources.of(cpu="1", memory="1Gi"), tasks=8, priority=100, arrival_ms=500, duration_ms=3_000)],
)  # fmt: skip


@settings(max_examples=6, deadline=None)
@given(FAULTS, ORDERS, st.sampled_from(["1.24", "1.32", "1.35"]), st.integers(0, 10**6))
def test_whatever_happens_every_promise_is_kept(
    faults: list[tuple[int, str, str, int]], orders: list[tuple[int, str]], release: str, seed: int
) -> None:
    """Under any faults and orders no node is overcommitted, no pod bound twice, no promise broken, and the books agree at each step."""
    lines = []
    for at_ms, kind, name, lasts_ms in faults:
        what = kind if name.startswith("m") else "crash"
        back = "restart" if what == "crash" else "resume"
        lines += [f"at {at_ms} {what} {name}", f"at {at_ms + lasts_ms} {back} {name}"]
    changes = [f"at {at_ms} {order}" for at_ms, order in orders]
    trace = simulate(CELL, seed=seed, faults=lines, changes=changes, release=release, duration_ms=13_000, grace_period_ms=2_000,
                     toleration_s=1, heartbeat_ms=1_000, monitor_ms=1_000)  # fmt: skip
    assert trace[-1].kind == "end"


@pytest.mark.parametrize("seed", range(2))
def test_the_seed_decides_everything(seed: int) -> None:
    """The same seed is the same run; ties are broken as the release does, and older releases draw."""
    cell = make(stream(seed, "w"), Mix(machines=4, jobs=6))
    one, two = (simulate(cell, seed=seed, duration_ms=4_000, release="1.30", frames=False) for _ in range(2))
    assert one.digest() == two.digest()

from __future__ import annotations

from itertools import pairwise

import pytest

from k8sedu.kube.proxy.node import MODES, ModeName
from k8sedu.kube.proxy.sim import ProxyRunError, compare_modes, simulate, stale_windows, summary
from k8sedu.trace import Trace

KERNEL_MODES: tuple[ModeName, ...] = ("iptables", "ipvs", "nftables")


def times_us(trace: Trace, kind: str) -> list[int]:
    return [step.time_us for step in trace if step.kind == kind]


@pytest.mark.parametrize("mode", MODES)
def test_same_seed_same_run(mode: ModeName) -> None:
    """The same seed gives the same trace, another one another."""
    runs = [simulate(mode=mode, seed=seed, duration_ms=1_200) for seed in (4, 4, 5)]
    assert runs[0].digest() == runs[1].digest() != runs[2].digest()


def test_clients_ask_alike() -> None:
    """Clients ask at the same times in every mode, so that traces can be laid side by side."""
    traces = compare_modes(duration_ms=1_500, seed=2, frames=False)
    assert len({tuple((step.time_us, step.actor) for step in trace if step.kind == "request") for trace in traces.values()}) == 1


def test_order_of_news() -> None:
    """A death is written down by the controller, heard by each node later, and forgotten by its next sync."""
    trace = simulate(["at 1000 kill web-1"], duration_ms=3_000)
    (death,), (written,) = times_us(trace, "kill"), times_us(trace, "endpoints_changed")
    syncs = [step for step in trace if step.kind == "synced" and step.time_us > death]
    assert death + 50_000 <= written <= death + 150_000
    assert sorted(step.actor for step in syncs) == ["node-1", "node-2", "node-3"]
    assert all(written + 10_000 <= step.time_us <= written + 60_000 + 100_000 for step in syncs)
    assert all("10.244.1.10:8080" not in step.detail.known for step in syncs)


@pytest.mark.parametrize("mode", KERNEL_MODES)
def test_packets_into_nothing(mode: ModeName) -> None:
    """A mode of the kernel loses connections to a dead pod until the node has synced, and none afterwards."""
    trace = simulate(["at 500 kill web-1"], mode=mode, requests_per_s=80, duration_ms=1_000, keep_open=0, frames=False)
    windows = stale_windows(trace)
    assert sum(window.lost for window in windows) == summary(trace).lost > 0
    forgotten = {window.node: window.forgotten_ms for window in windows}
    lost = [step for step in trace if step.kind == "request" and step.detail.outcome == "lost"]
    assert all(500 <= step.time_us / 1_000 <= (forgotten[step.detail.node] or 0) for step in lost)


def test_userspace_tries_again() -> None:
    """In userspace mode nobody is lost: the program tries the next endpoint, and only open connections break."""
    found = summary(simulate(["at 500 kill web-1"], mode="userspace", requests_per_s=60, duration_ms=1_000, frames=False))
    assert (found.lost, found.refused) == (0, 0)
    assert found.retried > 0


def test_many_services() -> None:
    """With ten thousand Services a node in iptables mode is wrong for as long as its sync takes, and one in IPVS mode hardly longer."""
    traces = compare_modes(modes=["iptables", "ipvs"], services=10_000, duration_ms=12_000, requests_per_s=1, frames=False)
    iptables, ipvs = (summary(trace) for trace in traces.values())
    assert iptables.stale_ms_max > 9_500
    assert ipvs.stale_ms_max < 300


@pytest.mark.parametrize("mode", MODES)
def test_rollout_is_gentle(mode: ModeName) -> None:
    """While every pod is replaced, one after the other, nobody who asks is refused or lost: pods that leave still serve."""
    times = {"duration_ms": 3_500, "start_ms": 500, "grace_ms": 1_500, "requests_per_s": 20}
    trace = simulate(["at 100 rollout"], mode=mode, keep_open=0, frames=False, **times)  # type: ignore[arg-type]  # all are numbers
    found = summary(trace)
    assert (found.lost, found.rejected, found.dropped, found.refused) == (0, 0, 0, 0)
    last = [step for step in trace if step.kind == "endpoints_changed"][-1]
    assert len(times_us(trace, "gone")) == 3
    assert not {"10.244.1.10:8080", "10.244.2.10:8080", "10.244.3.10:8080"} & set(last.detail.endpoints)


def test_too_little_grace() -> None:
    """A pod that does not serve while it terminates loses connections: the news travels longer than it lives."""
    assert summary(simulate(["at 100 rollout"], grace_ms=0, start_ms=300, duration_ms=1_500, requests_per_s=60, frames=False)).lost > 0


@pytest.mark.parametrize("mode", MODES)
def test_last_pod(mode: ModeName) -> None:
    """Once nobody is left, clients are told at once: by the kernel, or in userspace mode by a program that hangs up."""
    trace = simulate(["at 500 kill web-1"], mode=mode, pods=1, duration_ms=1_500, keep_open=0)
    late = {step.detail.outcome for step in trace if step.kind == "request" and step.time_us > 1_000_000}
    assert late == {"refused" if mode == "userspace" else "rejected"}


def test_last_pod_leaves() -> None:
    """The last pod is asked while it terminates, since nobody else is there."""
    trace = simulate(["at 500 delete web-1"], pods=1, grace_ms=1_000, duration_ms=1_400)
    assert summary(trace).answered == len(times_us(trace, "request"))


def test_udp_line() -> None:
    """A UDP client on one line reaches another pod after its node's sync, though it changes nothing itself."""
    trace = simulate(["at 1000 kill web-1"], protocol="UDP", pods=2, keep_open=4, duration_ms=3_000, mode="ipvs")
    broken = [step.detail for step in trace if step.kind == "connection_broken"]
    opened = [step.detail for step in trace if step.kind == "connection_opened" and step.time_us > 1_000_000]
    assert broken
    assert {(detail.client, detail.line) for detail in broken} == {(detail.client, detail.line) for detail in opened}
    assert {detail.endpoint for detail in opened} == {"10.244.2.10:8080"}


def test_affinity() -> None:
    """With session affinity each client asks one pod, until that dies."""
    trace = simulate(["at 1000 kill web-1"], affinity_seconds=60, duration_ms=2_000, requests_per_s=20, frames=False)
    asked: dict[str, list[str]] = {}
    for step in trace:
        if step.kind == "request" and step.detail.outcome == "answered":
            asked.setdefault(step.detail.client, []).append(step.detail.endpoint)
    assert all(len(set(ends)) <= 2 for ends in asked.values())


def test_frames() -> None:
    """Every step keeps the whole cluster, and counts agree with the requests so far."""
    trace = simulate(duration_ms=1_500)
    last = trace[len(trace) - 1].frame
    assert set(last) == {"pods", "slice", "nodes", "counts", "last", "open"}
    assert sum(last.counts.values()) == len(times_us(trace, "request"))
    assert last.pods["web-1"].state == "dead"
    assert [each.ip for each in last.pods.values()] == ["10.244.1.10", "10.244.2.10", "10.244.3.10"]


def test_without_frames() -> None:
    """A run that only counts has the same digest."""
    assert simulate(duration_ms=1_200, frames=False).digest() == simulate(duration_ms=1_200).digest()


def test_returning_pod() -> None:
    """A pod that returns has a new address, and is asked again once its nodes have synced."""
    trace = simulate(["at 500 kill web-1", "at 600 start web-1"], duration_ms=4_500, requests_per_s=20, keep_open=0, frames=False)
    late = {step.detail.endpoint for step in trace if step.kind == "request" and step.time_us > 3_500_000}
    assert "10.244.1.11:8080" in late
    assert "10.244.1.10:8080" not in late


def test_scaling_up_and_down() -> None:
    """Scaling starts pods or deletes those with the highest numbers."""
    trace = simulate(["at 500 scale 5", "at 3000 scale 1"], duration_ms=6_000, requests_per_s=2)
    states = {name: pod.state for name, pod in trace[len(trace) - 1].frame.pods.items()}
    assert states == {"web-1": "running", "web-2": "dead", "web-3": "dead", "web-4": "dead", "web-5": "dead"}


def test_pause_between_syncs() -> None:
    """After a burst of two syncs a node waits until its pause is over, and takes all that it has heard meanwhile at once."""
    plan = [f"at {500 + 300 * turn} {'un' * (turn % 2 == 0)}ready web-1" for turn in range(8)]
    trace = simulate(plan, duration_ms=6_000, requests_per_s=0, nodes=1, min_sync_ms=1_000)
    syncs = times_us(trace, "sync_started")
    gaps = [later - earlier for earlier, later in pairwise(syncs[2:])]
    assert len(syncs) < len(times_us(trace, "endpoints_changed"))
    assert all(gap >= 1_000_000 for gap in gaps)


@pytest.mark.parametrize(
    ("plan", "settings", "said"),
    [
        ([], {"mode": "ebpf"}, "mode is 'ebpf', expected one of iptables"),
        ([], {"pods": -1}, "pods is -1, expected 0 to 100"),
        ([], {"protocol": "SCTP"}, "protocol is 'SCTP', expected TCP or UDP"),
        ([], {"watch_delay_ms": (9, 2)}, r"watch_delay_ms is \(9, 2\), expected two times"),
        (["at 10 kill web-9"], {}, "'at 10 kill web-9': web-9 does not run then, expected one of web-1, web-2, web-3"),
        (["at 9000 kill web-1"], {}, "'at 9000 kill web-1' is after the run's end at 6000 ms"),
    ],
)
def test_impossible_runs(plan: list[str], settings: dict[str, object], said: str) -> None:
    """What cannot be is told in one sentence."""
    with pytest.raises(ProxyRunError, match=said):
        simulate(plan, **settings)  # type: ignore[arg-type]  # wrong on purpose

"""Laws of the scheduling queue, and a machine that holds it against a plain list of who waits where."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import events as on
from k8sedu.kube.scheduler.queue import MAX_IN_UNSCHEDULABLE_MS, QueueError, SchedulingQueue
from k8sedu.kube.scheduler.queued_pod import Move, QueuedPod

FIT, TAINT = "NodeResourcesFit", "TaintToleration"
GONE = Pod.of({"metadata": {"name": "old"}, "spec": {"nodeName": "n1"}})
OLD, NEW = (Node.of({"metadata": {"name": "n1"}, "spec": {"taints": taints}}) for taints in ([{"key": "gpu", "effect": "NoSchedule"}], []))
FREED, UNTAINTED = (on.ASSIGNED_POD_DELETE, GONE, None), (on.NODE_TAINT, OLD, NEW)


def pod(name: str, priority: int = 0, *, gates: tuple[str, ...] = (), **spec: Any) -> Pod:
    more = {"schedulingGates": [{"name": gate} for gate in gates]} if gates else {}
    return Pod.of({"metadata": {"name": name, "uid": name}, "spec": {"priority": priority, **more, **spec}})


def failed(queue: SchedulingQueue, name: str = "p", *, plugins: tuple[str, ...] = (FIT,), now_ms: int = 0) -> QueuedPod:
    """A pod that was tried at this moment and rejected."""
    queue.add(pod(name), now_ms=now_ms)
    queued = queue.pop(now_ms=now_ms)
    assert queued is not None
    queue.return_unschedulable(queued, plugins, now_ms=now_ms)
    return queued


def where(queue: SchedulingQueue) -> dict[str, str]:
    queue.check()
    return {entry.pod: entry.queue for entry in queue.entries()}


def test_priority_first_then_who_came_first() -> None:
    """Pods are tried from high to low priority, and in the order of their coming within one."""
    queue = SchedulingQueue()
    for now_ms, (name, priority) in enumerate((("a", 0), ("b", 5), ("c", 5), ("d", -3))):
        queue.add(pod(name, priority), now_ms=now_ms)
    assert [entry.pod for entry in queue.entries()] == ["b", "c", "a", "d"]
    assert [queue.pop(now_ms=9).key for _ in range(4)] == ["b", "c", "a", "d"]  # type: ignore[union-attr]  # four wait
    assert queue.pop(now_ms=9) is None


def test_who_fits_nowhere_waits_for_an_event_that_may_help() -> None:
    """An event that cannot help leaves a pod asleep; one that may takes it to the backoff queue, or past it if its backoff is over."""
    queue = SchedulingQueue()
    failed(queue, "p")
    assert queue.move(*UNTAINTED, now_ms=10) == []
    assert queue.move(*FREED, now_ms=20) == [Move("p", "AssignedPodDelete", "backoff")]
    assert queue.find("p").backoff_until_ms == 1_000  # type: ignore[union-attr]  # it waits
    failed(queue, "q", now_ms=100)
    assert queue.move(*FREED, now_ms=5_000) == [Move("q", "AssignedPodDelete", "active")]


def test_what_happens_in_flight_is_not_missed() -> None:
    """A pod is freed while another one is tried in vain: that one may have looked too early, and is tried again."""
    queue = SchedulingQueue()
    queue.add(pod("p"), now_ms=0)
    queued = queue.pop(now_ms=0)
    queue.move(*FREED, now_ms=1)
    assert queue.return_unschedulable(queued, [FIT], now_ms=2) == "backoff"  # type: ignore[arg-type]  # it was there
    failed(queue, "q", plugins=(TAINT,), now_ms=3)
    assert where(queue)["q"] == "unschedulable"


def test_an_error_backs_off_and_is_not_taken_early() -> None:
    """Who failed without a plugin's judgement is tried again after its backoff, and not before, even if nothing else is to be done."""
    queue = SchedulingQueue()
    assert failed(queue, plugins=()).consecutive_errors_count == 1
    assert queue.pop(now_ms=100) is None
    assert queue.flush_backoff(now_ms=1_000) == []
    assert queue.flush_backoff(now_ms=2_000) == [Move("p", "BackoffComplete", "active")]


@pytest.mark.parametrize(("release", "popped"), [("1.32", None), ("1.33", "p")])
def test_an_idle_scheduler_takes_from_backoff_since_1_33(release: str, popped: str | None) -> None:
    """Waiting protects others; where nobody else waits, a newer scheduler does not wait."""
    queue = SchedulingQueue(release)
    failed(queue)
    queue.move(*FREED, now_ms=10)
    found = queue.pop(now_ms=11)
    assert (found.key if found else None) == popped


def test_backoff_doubles_and_an_error_between_does_not_count() -> None:
    """Rejections count for the length, errors for themselves; before 1.34 every attempt counted."""
    waits: dict[str, list[int]] = {}
    for release in ("1.32", "1.35"):
        queue = SchedulingQueue(release)
        queue.add(pod("p"), now_ms=0)
        for plugins in ((FIT,), (FIT,), (), (FIT,)):
            queued = queue.pop(now_ms=0)
            assert queued is not None
            queue.return_unschedulable(queued, plugins, now_ms=0)
            waits.setdefault(release, []).append(queued.backoff_until_ms)
            queue.activate(queued.pod)
    assert waits == {"1.32": [1_000, 2_000, 4_000, 8_000], "1.35": [1_000, 2_000, 1_000, 4_000]}


def test_five_minutes_are_the_longest_sleep() -> None:
    """Who has waited for longer is tried again, whatever has happened; the queue foretells the tick."""
    queue = SchedulingQueue()
    failed(queue)
    assert queue.next_ms(now_ms=5) == MAX_IN_UNSCHEDULABLE_MS + 30_000
    assert queue.flush_unschedulable(now_ms=MAX_IN_UNSCHEDULABLE_MS) == []
    assert queue.flush_unschedulable(now_ms=MAX_IN_UNSCHEDULABLE_MS + 30_000) == [Move("p", "UnschedulableTimeout", "active")]
    assert queue.next_ms(now_ms=400_000) is None


def test_a_gate_keeps_a_pod_out_until_it_is_taken_away() -> None:
    """A gated pod is not tried and not woken, not even by the timeout; without its last gate it is active at once."""
    queue = SchedulingQueue()
    assert queue.add(pod("p", gates=("a",)), now_ms=0) == "unschedulable"
    assert next(queue.entries()).gated_by == "SchedulingGates"
    assert queue.pop(now_ms=0) is None
    assert queue.move(*FREED, now_ms=1) == queue.flush_unschedulable(now_ms=10**6) == []
    (move,) = queue.update(pod("p", gates=("a",)), pod("p"), now_ms=2)
    assert move == ("p", "UnscheduledPodUpdatePodSchedulingGatesEliminated", "active")


def test_a_pod_may_help_itself() -> None:
    """A toleration that is added wakes a pod whose taints were the trouble; one that waits elsewhere is changed where it stands."""
    queue = SchedulingQueue()
    failed(queue, plugins=(TAINT,))
    tolerant = pod("p", tolerations=[{"operator": "Exists"}])
    assert [move.to for move in queue.update(pod("p"), tolerant, now_ms=10)] == ["backoff"]
    assert queue.update(tolerant, pod("p", 7), now_ms=11) == []
    assert next(queue.entries()).priority == 7
    assert [move.to for move in queue.update(pod("x"), pod("x"), now_ms=12)] == ["active"]


def test_pending_plugins_wake_at_once() -> None:
    """Who was asked to wait by a plugin skips its backoff when that plugin is content."""
    queue = SchedulingQueue()
    queue.add(pod("p"), now_ms=0)
    queued = queue.pop(now_ms=0)
    assert queued is not None
    queue.return_unschedulable(queued, [TAINT], pending=[FIT], now_ms=0)
    assert queue.move(*FREED, now_ms=1) == [Move("p", "AssignedPodDelete", "active")]


def test_nobody_waits_twice() -> None:
    """A pod that waits cannot be returned."""
    queue = SchedulingQueue()
    queued = failed(queue)
    with pytest.raises(QueueError, match="p waits already, expected a pod that was popped"):
        queue.return_unschedulable(queued, [FIT], now_ms=1)


class Machine(RuleBasedStateMachine):
    """Anything that may happen to a queue, beside a twin that keeps one list and looks through all of it each time."""

    pods = Bundle("pods")

    def __init__(self) -> None:
        super().__init__()
        self.queue, self.now_ms = SchedulingQueue(), 0
        self.twin: dict[str, dict[str, Any]] = {}
        self.flying: dict[str, tuple[QueuedPod, list[str]]] = {}
        self.named = 0

    @rule(priority=st.integers(0, 2), gated=st.booleans())
    def add(self, priority: int, gated: bool) -> None:
        """A pod comes, perhaps with a gate."""
        self.named += 1
        name = f"p{self.named}"
        self.queue.add(pod(name, priority, gates=("g",) if gated else ()), now_ms=self.now_ms)
        place = "unschedulable" if gated else "active"
        self.twin[name] = {"at": place, "priority": priority, "since": self.now_ms, "gated": gated, "tries": 0, "by": ""}

    @rule(step_ms=st.integers(0, 4_000))
    def time_passes(self, step_ms: int) -> None:
        """Seconds pass, and at each of them the backoff queue is flushed."""
        for _ in range(step_ms // 500):
            self.now_ms += 500
            if self.now_ms % 1_000 == 0:
                self.queue.flush_backoff(now_ms=self.now_ms)
                for line in self.twin.values():
                    if line["at"] in {"backoff", "error"} and line["until"] < self.now_ms:
                        line["at"] = "active"

    @rule()
    def pop(self) -> None:
        """The best of those who may be tried is tried; of equals any."""
        def rank(name: str) -> tuple[int, int]:
            return (-self.twin[name]["priority"], self.twin[name]["since"])

        active = [name for name, line in self.twin.items() if line["at"] == "active"]
        ready = active or [name for name, line in self.twin.items() if line["at"] == "backoff"]
        found = self.queue.pop(now_ms=self.now_ms)
        assert (found is None) == (not ready)
        if found is not None:
            best = min(rank(name) if active else (self.twin[name]["until"], *rank(name)) for name in ready)
            assert found.key in ready
            assert (rank(found.key) if active else (self.twin[found.key]["until"], *rank(found.key))) == best
            self.twin[found.key]["at"] = "flying"
            self.flying[found.key] = (found, [])

    @rule(plugin=st.sampled_from([FIT, TAINT, ""]))
    def come_back(self, plugin: str) -> None:
        """A pod was rejected, or something went wrong."""
        if not self.flying:
            return
        name, (queued, heard) = self.flying.popitem()
        line = self.twin[name]
        line["tries"] = line["tries"] + 1 if plugin else line["tries"]
        line["errors"] = 0 if plugin else line.get("errors", 0) + 1
        wait_ms = min(10_000, 1_000 * 2 ** ((line["errors"] or line["tries"]) - 1))
        line.update(by=plugin, since=self.now_ms, until=(self.now_ms + wait_ms) // 1_000 * 1_000)
        line["at"] = "error" if not plugin else "backoff" if plugin in heard else "unschedulable"
        self.queue.return_unschedulable(queued, [plugin] if plugin else [], now_ms=self.now_ms)

    @rule()
    def bound(self) -> None:
        """A pod has its node."""
        if self.flying:
            name, (queued, _) = self.flying.popitem()
            self.queue.done(queued.pod.metadata.uid)
            del self.twin[name]

    @rule(plugin=st.sampled_from([FIT, TAINT]))
    def event(self, plugin: str) -> None:
        """Something happens that may help those whom one plugin has rejected."""
        self.queue.move(*(FREED if plugin == FIT else UNTAINTED), now_ms=self.now_ms)
        for _, heard in self.flying.values():
            heard.append(plugin)
        for line in self.twin.values():
            if line["at"] == "unschedulable" and line["by"] == plugin and not line["gated"]:
                line["at"] = "active" if line["until"] < self.now_ms // 1_000 * 1_000 else "backoff"

    @rule(number=st.integers(1, 8))
    def ungate(self, number: int) -> None:
        """The gate is taken away."""
        name = f"p{number}"
        line = self.twin.get(name)
        if line is not None and line["gated"]:
            self.queue.update(pod(name, line["priority"], gates=("g",)), pod(name, line["priority"]), now_ms=self.now_ms)
            line.update(gated=False, at="active")

    @rule(number=st.integers(1, 8))
    def delete(self, number: int) -> None:
        """A pod is deleted while it waits."""
        name = f"p{number}"
        if name in self.twin and name not in self.flying:
            self.queue.delete(pod(name))
            del self.twin[name]

    @invariant()
    def they_agree(self) -> None:
        """Everybody waits where the twin says."""
        self.queue.check()
        names = {"error": "backoff"}
        expected = {name: names.get(line["at"], line["at"]) for name, line in self.twin.items() if line["at"] != "flying"}
        assert where(self.queue) == expected


TestMachine = Machine.TestCase
TestMachine.settings = settings(settings.get_profile("dev"), max_examples=25, stateful_step_count=40)

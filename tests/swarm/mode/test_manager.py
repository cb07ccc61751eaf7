"""Laws of the leader's loops, by a machine that is told the time: whatever happens, promises hold, and wishes come true."""

from __future__ import annotations

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from k8sedu.swarm.mode.manager import DEBOUNCE_MS, LATENCY_MAX_MS, Manager, without_noise
from k8sedu.swarm.mode.pipeline import NodeInfo
from k8sedu.swarm.mode.service import ACTIONS, ORDERS, Service, Spec, Update
from k8sedu.swarm.mode.store import Node, Store, written
from k8sedu.swarm.mode.task import STATES, Task

NODES = ("n1", "n2", "n3")


def settle(store: Store, manager: Manager, now_ms: int) -> int:
    """Let the leader work until it has nothing more to do at once; returns the number of batches."""
    for count in range(60):
        changes = without_noise(manager.work(now_ms=now_ms), store)
        if not changes:
            return count
        store.apply(written(changes))
        manager.committed(changes, now_ms=now_ms)
        manager.schedule_ms = now_ms  # the debounce has a test of its own
    raise AssertionError("the leader never comes to rest")


class Leader(RuleBasedStateMachine):
    """A leader, its store, three nodes that do what they are told, and somebody who makes trouble."""

    def __init__(self) -> None:
        super().__init__()
        self.store, self.now_ms = Store(), 0
        for name in NODES:
            self.store.put(Node(name, 4_000, 8_000))
        self.store.put(Service("web", Spec("web:1", cpu_millicores=700, max_replicas_per_node=3), replicas=4))
        self.manager = Manager(self.store, now_ms=0)
        self.silent: set[str] = set()
        self.seen: dict[str, int] = {}

    @rule(ms=st.sampled_from([10, 700, 5_000, 16_000]))
    def time_passes(self, ms: int) -> None:
        """Nodes that are alive call; then the leader works."""
        self.now_ms += ms
        for name in NODES:
            if name not in self.silent:
                self.manager.heartbeat(name, now_ms=self.now_ms)
        settle(self.store, self.manager, self.now_ms)

    @rule(name=st.sampled_from(NODES))
    def a_node_falls_silent_or_speaks_again(self, name: str) -> None:
        """Nobody tells the leader."""
        self.silent ^= {name}

    @rule(fails=st.booleans())
    def nodes_do_what_they_are_told(self, fails: bool) -> None:
        """Every task goes one step further; of those that run one may fail."""
        for task in [task for task in self.store.tasks.values() if task.is_active and task.node not in self.silent]:
            state = next_state(task)
            if fails and task.state == "running":
                state, fails = "failed", False
            self.manager.report(task.task_id, state, "")
        settle(self.store, self.manager, self.now_ms)

    @rule(order=st.sampled_from(ORDERS), action=st.sampled_from(ACTIONS), at_once=st.integers(0, 2))
    def somebody_updates(self, order: str, action: str, at_once: int) -> None:
        """A new version."""
        service = self.store.services["web"]
        config = Update(parallelism=at_once, order=order, failure_action=action)
        self.manager.order([service._replace(update=config).updated(service.spec._replace(image=f"web:{service.newest + 1}"))])
        settle(self.store, self.manager, self.now_ms)

    @rule(replicas=st.integers(0, 6))
    def somebody_scales(self, replicas: int) -> None:
        """More tasks, or fewer."""
        self.manager.order([self.store.services["web"]._replace(replicas=replicas)])
        settle(self.store, self.manager, self.now_ms)

    @precondition(lambda self: self.now_ms > 0)
    @rule()
    def the_leader_dies(self) -> None:
        """The next one has the same store and nothing else."""
        self.manager = Manager(self.store, now_ms=self.now_ms)
        settle(self.store, self.manager, self.now_ms)

    @invariant()
    def states_go_forwards(self) -> None:
        """And a task that is forgotten stays forgotten."""
        for task_id, task in self.store.tasks.items():
            assert STATES[task.state] >= self.seen.get(task_id, 0), task
            self.seen[task_id] = STATES[task.state]

    @invariant()
    def nodes_hold_what_they_can(self) -> None:
        """Reservations fit, and no node has more tasks of the service than it may."""
        infos = {name: NodeInfo(node) for name, node in self.store.nodes.items()}
        for task in self.store.tasks.values():
            if task.is_active:
                infos[task.node].add(task)
        assert all(info.cpu_millicores >= 0 and info.by_service.get("web", 0) <= 3 for info in infos.values())

    @invariant()
    def a_slot_is_wanted_once_in_a_version(self) -> None:
        """Two tasks of one slot are of two versions."""
        wanted = [(task.slot, task.version) for task in self.store.tasks.values() if task.is_wanted]
        assert len(wanted) == len(set(wanted))

    def teardown(self) -> None:
        """Let everybody be alive and obedient: then the wish comes true.

        Unless an update was paused, or the nodes are full of old tasks that start-first keeps until the new ones run: then each new one
        says that there is no suitable node, and only a person can help.
        """
        self.silent.clear()
        for _ in range(45):
            self.time_passes(ms=5_000)
            self.nodes_do_what_they_are_told(fails=False)
        service = self.store.services["web"]
        stuck = [task.message for task in self.store.tasks.values() if task.state == "pending" and task.is_wanted]
        if stuck:
            assert service.update.order == "start-first"
            assert all(message.startswith("no suitable node (") for message in stuck)
            return
        running = [task for task in self.store.tasks.values() if task.state == task.desired == "running"]
        assert len({task.slot for task in running}) == service.replicas
        if service.status not in {"paused", "rollback_paused"}:
            assert len(running) == service.replicas
            assert {task.version for task in running} <= {service.version}


def next_state(task: Task) -> str:
    """What an obedient node reports next."""
    if not task.is_wanted:
        return "shutdown"
    if task.state == "ready" and task.desired == "ready":
        return "ready"
    order = list(STATES)
    return task.state if task.state == "running" else order[order.index(task.state) + 1]


Leader.TestCase.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate]
)
"""Without shrinking, which takes minutes here; a failure prints its steps."""

TestLeader = Leader.TestCase


def test_the_scheduler_waits_until_it_is_quiet_but_not_for_ever() -> None:
    """50 ms after the last batch; when batches come without end, after one second."""
    manager = Manager(Store(), now_ms=0)
    manager.work(now_ms=0)  # the first look, at once
    due = []
    for now_ms in (1_000, 1_040, *range(1_080, 2_100, 40)):
        manager.committed([], now_ms=now_ms)
        due.append(manager.schedule_ms)
    assert due[:2] == [1_000 + DEBOUNCE_MS, 1_040 + DEBOUNCE_MS]
    assert due[-1] is not None
    assert due[-1] <= 1_000 + LATENCY_MAX_MS + 80


def test_a_node_is_unknown_to_a_new_leader_and_down_after_six_heartbeats() -> None:
    """Fifteen seconds are enough for one that has called; a new leader is twice as patient."""
    store = Store()
    store.put(Node("n1"))
    store.put(Node("n2"))
    manager = Manager(store, now_ms=0)
    settle(store, manager, 0)
    assert {node.status for node in store.nodes.values()} == {"unknown"}
    manager.heartbeat("n1", now_ms=1_000)
    settle(store, manager, 1_000)
    assert [node.status for node in store.nodes.values()] == ["ready", "unknown"]
    settle(store, manager, 15_999)
    assert store.nodes["n1"].status == "ready"
    settle(store, manager, 16_000)
    assert [node.status for node in store.nodes.values()] == ["down", "unknown"]
    settle(store, manager, 30_000)
    assert store.nodes["n2"].status == "down"

"""Laws of restarts: what is replaced, how long it waits, and how often."""

from __future__ import annotations

import pytest

from k8sedu.swarm.mode.restarts import OLD_TASK_TIMEOUT_MS, Restarts
from k8sedu.swarm.mode.service import Restart, Service, Spec
from k8sedu.swarm.mode.store import Node, Store
from k8sedu.swarm.mode.task import Task


def world(**task: object) -> tuple[Store, Service, Task]:
    """A node, a service, and one task of it."""
    store, service = Store(), Service("web", Spec("web:1"))
    old = Task("t1", "web", 1, service.spec, slot=1, node="n1", state="running")._replace(**task)  # type: ignore[arg-type]  # any field
    for change in (Node("n1"), service, old):
        store.put(change)
    return store, service, old


def test_a_failed_task_is_shut_down_and_another_gets_ready_for_its_slot() -> None:
    """It may run after the delay, and not before."""
    store, service, old = world(state="failed")
    restarts = Restarts()
    gone, fresh = restarts.replace(old, service, store, new_id="t2", now_ms=1_000)
    assert (gone.desired, fresh.slot, fresh.node, fresh.desired) == ("shutdown", 1, "", "ready")
    store.put(fresh)
    assert restarts.due(store, now_ms=5_999) == []
    assert [task.desired for task in restarts.due(store, now_ms=6_000)] == ["running"]


def test_one_that_still_runs_is_waited_for_but_not_for_ever() -> None:
    """Until it ends, or its node is down, or a minute has gone."""
    for end in ("ends", "node", "timeout"):
        store, service, old = world()
        restarts = Restarts()
        for change in restarts.replace(old, service, store, new_id="t2", now_ms=0):
            store.put(change)
        assert restarts.due(store, now_ms=5_000) == []
        if end == "ends":
            store.put(store.tasks["t1"]._replace(state="shutdown"))
        elif end == "node":
            store.put(Node("n1", status="down"))
        now_ms = 5_000 + (OLD_TASK_TIMEOUT_MS if end == "timeout" else 0)
        assert [task.task_id for task in restarts.due(store, now_ms=now_ms)] == ["t2"]


def test_nothing_waits_for_a_node_that_is_emptied() -> None:
    """The delay is not for drained nodes."""
    store, service, old = world()
    store.put(Node("n1", availability="drain"))
    restarts = Restarts()
    restarts.replace(old, service, store, new_id="t2", now_ms=0)
    assert restarts.waiting["t2"].due_ms == 0


@pytest.mark.parametrize(
    ("policy", "state", "again"),
    [
        (Restart(), "complete", True), (Restart(), "failed", True), (Restart("on-failure"), "complete", False),
        (Restart("on-failure"), "failed", True), (Restart("none"), "failed", False),
    ],
)  # fmt: skip
def test_the_condition_decides(policy: Restart, state: str, again: bool) -> None:
    """Any, on-failure, none."""
    _, service, task = world(state=state)
    assert Restarts().should_restart(task, service._replace(restart=policy), now_ms=0) is again


def test_attempts_are_counted_within_the_window_and_per_version() -> None:
    """Two attempts; after the window, or with another version, the count begins anew."""
    store, service, task = world(state="failed")
    limited = service._replace(restart=Restart(max_attempts=2, window_ms=10_000))
    restarts = Restarts()
    for now_ms in (0, 1_000):
        assert len(restarts.replace(task, limited, store, new_id=f"x{now_ms}", now_ms=now_ms)) == 2
    assert len(restarts.replace(task, limited, store, new_id="x", now_ms=2_000)) == 1
    assert restarts.should_restart(task, limited, now_ms=10_500)
    assert restarts.should_restart(task, limited._replace(version=2), now_ms=2_000)


def test_the_next_leader_takes_the_waiting_over() -> None:
    """It knows from the store which tasks are ready and not told to run."""
    store, _, _ = world()
    store.put(Task("t2", "web", 1, Spec("web:1"), slot=1, desired="ready"))
    restarts = Restarts()
    restarts.resume(store, now_ms=100)
    assert restarts.waiting["t2"][:2] == (5_100, "t1")

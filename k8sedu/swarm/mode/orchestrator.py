"""What should be, compared with what is: which tasks to make, to give up, and to update.

A *replicated* service wants so many slots filled, wherever; a *global* one a task on every node that is suitable. A slot counts as filled
as long as it has a task that is wanted, or one that has done its work and is not to be repeated. Nothing here places a task: that is the
scheduler's.

Source: moby/swarmkit, manager/orchestrator/replicated (services.go, slot.go) and global/global.go.
Left out: where an update had two tasks in a slot and both are lost, swarmkit makes two new ones and lets the updater tidy up; here one is
made. Of the history of a slot the last five tasks stay.
"""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.swarm.mode.constraints import Constraint
from k8sedu.swarm.mode.restarts import Restarts
from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.store import Change, Node, Removed, Store
from k8sedu.swarm.mode.task import Task

HISTORY_MAX = 5
Place = tuple[int, str]


def reconcile(service: Service, store: Store, restarts: Restarts, new_id: Callable[[], str], *, now_ms: int) -> list[Change]:
    """The changes that bring a service nearer to the wish, updates left aside."""
    changes = _replace_lost(service, store, restarts, new_id, now_ms)
    after = store.copy() if changes else store
    for change in changes:
        after.put(change)
    if service.mode == "global":
        return [*changes, *_per_node(service, after, restarts, new_id, now_ms)]
    return [*changes, *_slots(service, after, restarts, new_id, now_ms)]


def places(service: Service, store: Store) -> dict[Place, list[Task]]:
    """Slot or node → the tasks there that are wanted, the oldest first."""
    found: dict[Place, list[Task]] = {}
    for task in store.tasks_of(service.name):
        if task.is_wanted:
            found.setdefault(task.place, []).append(task)
    return found


def dirty(service: Service, store: Store) -> list[Place]:
    """The slots or nodes that an update must visit: of another version, or with two tasks at once."""
    return [place for place, tasks in sorted(places(service, store).items()) if len(tasks) > 1 or tasks[0].version != service.version]


def is_suitable(node: Node, service: Service) -> bool:
    """Whether a global service wants a task there."""
    fits = all(Constraint.parse(text).matches(node) for text in service.spec.constraints)
    return node.status != "down" and node.availability == "active" and fits


def _replace_lost(service: Service, store: Store, restarts: Restarts, new_id: Callable[[], str], now_ms: int) -> list[Change]:
    """Tasks that are wanted but have ended, or sit on a node that is down or drained; one replacement for each place."""
    changes: list[Change] = []
    lost = [task for task in store.tasks_of(service.name) if task.is_wanted and _is_lost(task, store)]
    held = {task.place for task in store.tasks_of(service.name) if task.is_wanted and task not in lost}
    for task in lost:
        moves = service.mode == "global" and not task.is_over  # on every other node there is one already
        if moves or task.place in held:
            changes.append(task._replace(desired="shutdown"))
            continue
        made = restarts.replace(task, service, store, new_id=new_id(), now_ms=now_ms)
        if len(made) > 1:
            held.add(task.place)
        changes += made
    return changes


def _is_lost(task: Task, store: Store) -> bool:
    node = store.nodes.get(task.node)
    return task.is_over or (node is not None and (node.status == "down" or node.availability == "drain"))


def _slots(service: Service, store: Store, restarts: Restarts, new_id: Callable[[], str], now_ms: int) -> list[Change]:
    filled = places(service, store)
    done = [place for place in _done(service, store, restarts, now_ms) if place not in filled]
    missing = service.replicas - len(filled) - len(done)
    taken = {place[0] for place in (*filled, *done)}
    free = (slot for slot in range(1, service.replicas + len(taken) + 1) if slot not in taken)
    made: list[Change] = [_new(service, new_id(), next(free), "", now_ms) for _ in range(missing)]
    return made + [task._replace(desired="shutdown") for place in _surplus(filled, -missing) for task in filled[place]]


def _surplus(filled: dict[Place, list[Task]], count: int) -> list[Place]:
    """The slots to give up: first those that do not run yet, then those on nodes with most tasks, then the highest."""
    per_node: dict[str, int] = {}
    for tasks in filled.values():
        per_node[tasks[-1].node] = per_node.get(tasks[-1].node, 0) + 1
    order = sorted(filled, key=lambda place: (filled[place][-1].state == "running", -per_node[filled[place][-1].node], -place[0]))
    return order[: max(0, count)]


def _done(service: Service, store: Store, restarts: Restarts, now_ms: int) -> list[Place]:
    """Slots whose newest task has ended and is not to be repeated."""
    newest = {task.place: task for task in store.tasks_of(service.name)}
    ended = ("complete", "failed", "rejected")
    return [p for p, task in newest.items() if task.state in ended and not restarts.should_restart(task, service, now_ms=now_ms)]


def _per_node(service: Service, store: Store, restarts: Restarts, new_id: Callable[[], str], now_ms: int) -> list[Change]:
    filled = places(service, store)
    done = _done(service, store, restarts, now_ms)
    suitable = [(0, node.name) for node in store.nodes.values() if is_suitable(node, service)]
    made: list[Change] = [
        _new(service, new_id(), 0, place[1], now_ms) for place in suitable if place not in filled and place not in done
    ]
    left = [task for place, tasks in filled.items() for task in tasks if place not in suitable]
    return made + [task._replace(desired="shutdown") for task in left]


def _new(service: Service, task_id: str, slot: int, node: str, now_ms: int) -> Task:
    return Task(task_id, service.name, service.version, service.spec, slot, node, since_ms=now_ms)


def reap(store: Store) -> list[Removed]:
    """Old tasks that have ended and of which their slot has more than five."""
    history: dict[tuple[str, Place], list[Task]] = {}
    for task in store.tasks.values():
        if task.is_over and not task.is_wanted:
            history.setdefault((task.service, task.place), []).append(task)
    return [Removed(task.task_id) for tasks in history.values() for task in tasks[:-HISTORY_MAX]]

"""What the managers agree on: services, tasks and nodes, changed only by entries of Raft's log.

Each manager has a copy. An entry is a batch of objects as one line of JSON, and applying it means: these objects are now like this. Who
thought of it, and why, is not the store's business; so any manager can go on where another one stopped.

Source: moby/swarmkit, manager/state/store (MemoryStore) and manager/state/raft; batches of at most 200 changes.
Left out: the version of each object, which tells two writers apart: here only the leader writes, and one batch at a time.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple, TypeAlias

from k8sedu.swarm.mode.service import Port, Restart, Service, Spec, Update
from k8sedu.swarm.mode.task import Task

CHANGES_MAX = 200
"""A batch holds no more."""


class Node(NamedTuple):
    """A node as the managers know it. `status` is "ready", "down" or "unknown"; `availability` "active", "pause" or "drain"."""

    name: str
    cpu_millicores: int = 0
    memory_bytes: int = 0
    status: str = "ready"
    availability: str = "active"
    role: str = "worker"
    labels: tuple[tuple[str, str], ...] = ()
    engine_labels: tuple[tuple[str, str], ...] = ()
    platform: tuple[str, str] = ("linux", "amd64")
    plugins: tuple[tuple[str, str], ...] = ()
    address: str = ""


class Removed(NamedTuple):
    """A task that is forgotten."""

    task_id: str


Change: TypeAlias = Service | Task | Node | Removed


class Store:
    """One manager's copy.

    >>> store = Store()
    >>> store.apply(written([Task("t1", "web", 1, Spec("web:1"), slot=1), Node("n1")]))
    2
    >>> store.tasks["t1"].name, list(store.nodes)
    ('web.1', ['n1'])
    """

    def __init__(self) -> None:
        self.services: dict[str, Service] = {}
        self.tasks: dict[str, Task] = {}
        self.nodes: dict[str, Node] = {}

    def apply(self, data: str) -> int:
        """Carry out one batch; how many changes it held."""
        changes = read(data)
        for change in changes:
            self.put(change)
        return len(changes)

    def put(self, change: Change) -> None:
        """One object is now like this."""
        if isinstance(change, Service):
            self.services[change.name] = change
        elif isinstance(change, Task):
            self.tasks[change.task_id] = change
        elif isinstance(change, Node):
            self.nodes[change.name] = change
        else:
            self.tasks.pop(change.task_id, None)

    def tasks_of(self, service: str) -> list[Task]:
        """The tasks of a service, the oldest first."""
        return [task for task in self.tasks.values() if task.service == service]

    def dump(self) -> str:
        """Everything as one line, for a snapshot."""
        return written([*self.services.values(), *self.nodes.values(), *self.tasks.values()])

    def load(self, data: str) -> None:
        """Begin with what a snapshot holds; an empty text is the empty store."""
        self.services, self.tasks, self.nodes = {}, {}, {}
        if data:
            self.apply(data)

    def copy(self) -> Store:
        """Another store with the same objects, which themselves never change."""
        other = Store()
        other.services, other.tasks, other.nodes = dict(self.services), dict(self.tasks), dict(self.nodes)
        return other


def written(changes: Iterable[Change]) -> str:
    """A batch as one line: lists of values, in the order of the fields."""
    return json.dumps([[KINDS[type(change)], *change] for change in changes], separators=(",", ":"))


def read(data: str) -> list[Change]:
    """The batch that a line holds."""
    return [_READ[kind](fields) for kind, *fields in json.loads(data)]


def batches(changes: list[Change]) -> Iterator[list[Change]]:
    """Changes in batches of at most 200."""
    for start in range(0, len(changes), CHANGES_MAX):
        yield changes[start : start + CHANGES_MAX]


def _pairs(rows: list[list[Any]]) -> tuple[tuple[Any, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _spec(fields: list[Any] | None) -> Spec | None:
    if fields is None:
        return None
    spec = Spec(*fields)
    return spec._replace(
        constraints=tuple(spec.constraints), preferences=tuple(spec.preferences), platforms=_pairs(spec.platforms),  # type: ignore[arg-type]  # JSON gives lists
        plugins=_pairs(spec.plugins), ports=tuple(Port(*port) for port in spec.ports),  # type: ignore[arg-type]  # JSON gives lists
    )  # fmt: skip


def _service(fields: list[Any]) -> Service:
    service = Service(*fields)
    spec = _spec(fields[1])
    assert spec is not None
    return service._replace(
        spec=spec, previous=_spec(service.previous), update=Update(*service.update), rollback=Update(*service.rollback),  # type: ignore[arg-type]  # JSON gives lists
        restart=Restart(*service.restart),
    )  # fmt: skip


def _task(fields: list[Any]) -> Task:
    spec = _spec(fields[3])
    assert spec is not None
    return Task(*fields)._replace(spec=spec)


def _node(fields: list[Any]) -> Node:
    node = Node(*fields)
    return node._replace(
        labels=_pairs(node.labels), engine_labels=_pairs(node.engine_labels), platform=tuple(node.platform), plugins=_pairs(node.plugins)  # type: ignore[arg-type]  # JSON gives lists
    )


KINDS: dict[type, str] = {Service: "service", Task: "task", Node: "node", Removed: "removed"}
_READ: dict[str, Any] = {
    "service": _service, "task": _task, "node": _node, "removed": lambda fields: Removed(*fields),
}  # fmt: skip

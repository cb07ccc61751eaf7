"""What swarm mode adds to the picture of a schedule, frozen after each step.

    mode       "swarm"
    managers   name -> up, role, term
    leader     who leads and works, or ""
    quorum     whether a majority of the managers is up
    nodes      name -> status, availability (as the managers believe)
    services   name -> version, image, replicas, mode, status, message, ports
    tasks      id -> name, service, version, slot, node, state, desired (as the managers believe; ended ones for a while)

Left out: the log of Raft; `k8sedu.raft` draws that.
"""

from __future__ import annotations

from typing import Any, Protocol

from k8sedu.raft.sim.replicas import Replicas
from k8sedu.swarm.mode.service import Service
from k8sedu.swarm.mode.store import Store
from k8sedu.swarm.mode.task import Task
from k8sedu.trace import Frozen, freeze
from k8sedu.workload.sim import Scribe


class Seen(Protocol):
    """What a frame is taken of."""

    replicas: Replicas
    leader: str
    view: Store
    scribe: Scribe


class Frames:
    """Takes the pictures; objects that did not change are the same value as before."""

    def __init__(self, around: Seen) -> None:
        self.kept: dict[str, tuple[object, Frozen]] = {}
        self.mark(around)

    def mark(self, around: Seen) -> None:
        """Let the next step show the present state."""
        if not around.scribe.recorder.frames:
            return
        members = around.replicas.members
        managers = {name: _manager(member) for name, member in members.items()}
        view = around.view
        around.scribe.more = Frozen(
            mode="swarm",
            managers=freeze(managers),
            leader=around.leader,
            quorum=around.replicas.has_quorum,
            nodes=Frozen({name: Frozen(status=node.status, availability=node.availability) for name, node in view.nodes.items()}),
            services=Frozen({name: self._same("service " + name, service, _service) for name, service in view.services.items()}),
            tasks=Frozen({task_id: self._same(task_id, task, _task) for task_id, task in view.tasks.items()}),
        )

    def _same(self, key: str, value: Any, picture: Any) -> Frozen:
        old = self.kept.get(key)
        if old is None or old[0] is not value:
            old = self.kept[key] = (value, picture(value))
        return old[1]


def _manager(member: Any) -> dict[str, Any]:
    if not hasattr(member, "node") or not member.is_up:
        return {"up": False, "role": "", "term": 0}
    return {"up": True, "role": member.node.role, "term": member.node.term}


def _service(service: Service) -> Frozen:
    ports = tuple((port.published, port.target, port.mode) for port in service.spec.ports)
    return Frozen(
        version=service.version, image=service.spec.image, replicas=service.replicas, mode=service.mode, status=service.status,
        message=service.message, ports=ports,
    )  # fmt: skip


def _task(task: Task) -> Frozen:
    return Frozen(
        name=task.name, service=task.service, version=task.version, slot=task.slot, node=task.node, state=task.state, desired=task.desired,
        message=task.message,
    )  # fmt: skip

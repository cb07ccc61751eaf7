"""What a person tells swarm mode, and when: make a service, update it, take that back, scale it, empty a node.

Source: `docker service create`, `update`, `rollback`, `scale` and `docker node update --availability`.
Left out: removing a service; scale it to 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.service import Service, Update


class Order(NamedTuple):
    """One order. Make it with the function of its name."""

    at_ms: int
    kind: str
    target: str
    service: Service | None = None
    spec: tuple[tuple[str, Any], ...] = ()
    """Fields of the spec that change."""
    replicas: int | None = None
    availability: str = ""
    config: tuple[tuple[str, Any], ...] = ()
    """Fields of the service's update settings that change with it."""

    @property
    def text(self) -> str:
        """As one would type it, nearly.

        >>> update("web", image="web:2", at_ms=9_000).text
        'at 9000 service update --image web:2 web'
        """
        flags = [*self.spec, *self.config, *((("replicas", self.replicas),) if self.replicas is not None else ())]
        flags += [("availability", self.availability)] if self.availability else []
        said = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in flags)
        noun = "node" if self.availability else "service"
        verb = "update" if self.availability else self.kind
        return " ".join(part for part in (f"at {self.at_ms}", noun, verb, said, self.target) if part)


def create(service: Service, *, at_ms: int) -> Order:
    """`docker service create`."""
    return Order(_time(at_ms), "create", service.name, service=service.checked())


def update(name: str, *, at_ms: int, **changes: Any) -> Order:
    """`docker service update`: fields of `Spec` (image, fails_after_ms, …) make a new version; fields of `Update` say how it is rolled out.

    Raises:
        SwarmError: a field that neither has.
    """
    settings = {key: value for key, value in changes.items() if key in Update._fields}
    from_spec = {key: value for key, value in changes.items() if key not in settings}
    for key in from_spec:
        if key not in SPEC_FIELDS:
            raise SwarmError(f"an update of {key!r} is not known, expected one of {', '.join((*SPEC_FIELDS, *Update._fields))}")
    return Order(_time(at_ms), "update", name, spec=tuple(from_spec.items()), config=tuple(settings.items()))


def rollback(name: str, *, at_ms: int) -> Order:
    """`docker service rollback`: back to the version before."""
    return Order(_time(at_ms), "rollback", name)


def scale(name: str, replicas: int, *, at_ms: int) -> Order:
    """`docker service scale`: no new version, only more or fewer tasks."""
    return Order(_time(at_ms), "scale", name, replicas=replicas)


def drain(node: str, *, at_ms: int, availability: str = "drain") -> Order:
    """`docker node update --availability drain`: what runs there moves away; `"active"` takes tasks again, `"pause"` nothing new."""
    if availability not in {"active", "pause", "drain"}:
        raise SwarmError(f"the availability {availability!r} is not known, expected active, pause or drain")
    return Order(_time(at_ms), "drain", node, availability=availability)


def _time(at_ms: int) -> int:
    if at_ms < 0:
        raise SwarmError(f"an order at {at_ms} ms is before the beginning, expected 0 or later")
    return at_ms


SPEC_FIELDS = (
    "image", "cpu_millicores", "memory_bytes", "constraints", "preferences", "max_replicas_per_node", "stop_grace_ms", "stop_ms",
    "fails_after_ms", "runs_ms",
)  # fmt: skip

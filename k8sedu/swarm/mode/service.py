"""What one asks swarm mode for: a service, which is a wish for so many tasks of this kind, and not a list of commands.

The defaults below are Docker's own, and they answer the course notes: swarm mode *has* rolling updates (one task at a time, watched for
five seconds, paused at the first failure) and rollbacks. It was classic Swarm that had none.

Source: moby/swarmkit, api/defaults/service.go; `docker service create --help` for delay (0 s) and failure ratio (0).
Left out: secrets, configs, DNS round robin in place of a virtual address.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.swarm.errors import SwarmError

ACTIONS = ("pause", "continue", "rollback")
ORDERS = ("stop-first", "start-first")
CONDITIONS = ("any", "on-failure", "none")


class Update(NamedTuple):
    """How a service changes from one version to the next; the same fields say how it goes back.

    >>> Update()
    Update(parallelism=1, delay_ms=0, monitor_ms=5000, failure_action='pause', max_failure_ratio=0.0, order='stop-first')
    """

    parallelism: int = 1
    """So many tasks at once; 0 for all."""
    delay_ms: int = 0
    """Pause between a task and the next."""
    monitor_ms: int = 5_000
    """A new task that ends within this time after its start counts as failed."""
    failure_action: str = "pause"
    max_failure_ratio: float = 0.0
    """Up to this share of failed tasks the update goes on."""
    order: str = "stop-first"


class Restart(NamedTuple):
    """What happens when a task ends. `max_attempts` 0 is without limit; with `window_ms` only attempts within it count.

    >>> Restart()
    Restart(condition='any', delay_ms=5000, max_attempts=0, window_ms=0)
    """

    condition: str = "any"
    delay_ms: int = 5_000
    max_attempts: int = 0
    window_ms: int = 0


class Port(NamedTuple):
    """A published port. `ingress`: every node answers there, whether a task runs on it or not. `host`: only nodes with a task."""

    published: int
    target: int
    mode: str = "ingress"
    protocol: str = "tcp"


class Spec(NamedTuple):
    """One version of what a task is.

    `fails_after_ms` is the model's stand-in for a bad image: its containers end with an error so long after their start.
    `platforms` are pairs (os, architecture), `plugins` pairs (type, name), `preferences` labels to spread over (`"node.labels.zone"`).
    """

    image: str
    cpu_millicores: int = 0
    memory_bytes: int = 0
    constraints: tuple[str, ...] = ()
    preferences: tuple[str, ...] = ()
    max_replicas_per_node: int = 0
    platforms: tuple[tuple[str, str], ...] = ()
    plugins: tuple[tuple[str, str], ...] = ()
    ports: tuple[Port, ...] = ()
    stop_grace_ms: int = 10_000
    """A container that does not end when asked is killed after this."""
    stop_ms: int = 500
    """How long a container takes to end when asked; longer than the grace period means it does not listen."""
    fails_after_ms: int | None = None
    runs_ms: int | None = None
    """How long a container works until it is done; None is for ever."""


class Service(NamedTuple):
    """A service as the managers keep it: the wish, its version, the wish before it, and how far an update is."""

    name: str
    spec: Spec
    mode: str = "replicated"
    replicas: int = 1
    update: Update = Update()
    rollback: Update = Update()
    restart: Restart = Restart()
    version: int = 1
    previous: Spec | None = None
    previous_version: int = 0
    status: str = ""
    """"" for none, "updating", "paused", "completed", "rollback_started", "rollback_paused", "rollback_completed"."""
    message: str = ""
    newest: int = 1
    """The highest version that was ever given: a rollback goes to an old one, and the next update to a new one."""

    def checked(self) -> Service:
        """The same service, or an error that says what is wrong with it.

        Raises:
            SwarmError: a name, a number or a word that Docker does not take.
        """
        known = [
            ("mode", self.mode, ("replicated", "global")),
            ("restart condition", self.restart.condition, CONDITIONS),
            *((f"{kind} order", each.order, ORDERS) for kind, each in (("update", self.update), ("rollback", self.rollback))),
            ("update failure action", self.update.failure_action, ACTIONS),
            ("rollback failure action", self.rollback.failure_action, ACTIONS[:2]),
        ]
        for what, met, expected in known:
            if met not in expected:
                raise SwarmError(f"the service {self.name!r} has the {what} {met!r}, expected one of {', '.join(expected)}")
        if not self.name or "/" in self.name or "@" in self.name or self.replicas < 0:
            met = f"met {self.replicas} replicas of the service {self.name!r}"
            raise SwarmError(f"{met}, expected 0 or more, and a name without '/' and '@'")
        ratios = (self.update.max_failure_ratio, self.rollback.max_failure_ratio)
        if not all(0 <= ratio <= 1 for ratio in ratios):
            raise SwarmError(f"the service {self.name!r} has failure ratios {ratios}, expected numbers from 0 to 1")
        return self

    def updated(self, spec: Spec) -> Service:
        """The service after `docker service update`: a new version, the present one kept for a rollback, an older update forgotten.

        >>> web = Service("web", Spec("web:1")).updated(Spec("web:2"))
        >>> web.version, web.previous.image, web.status
        (2, 'web:1', '')
        """
        newest = self.newest + 1
        return self._replace(
            spec=spec, version=newest, newest=newest, previous=self.spec, previous_version=self.version, status="", message=""
        )

    def rolled_back(self, message: str) -> Service:
        """The service after a rollback has begun: the wish is the one before, and there is none before that.

        Raises:
            SwarmError: there is no version to go back to.
        """
        if self.previous is None:
            raise SwarmError(f"rpc error: code = FailedPrecondition desc = service {self.name} does not have a previous spec")
        return self._replace(
            spec=self.previous, version=self.previous_version, previous=None, previous_version=0, status="rollback_started", message=message
        )

    @property
    def is_rolling_back(self) -> bool:
        """Whether the rules for going back are in force."""
        return self.status in {"rollback_started", "rollback_paused"}

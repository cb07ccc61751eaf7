"""The live laboratory of leases: grant one, hang keys on it, keep it alive or fall silent, and take the leader away.

Everything that the reader does is one more line of the run's plan, and the run is lived again with it. Same seed, same past: up to the
instant at which the reader stands nothing changes, and what was the future is replaced by another one. So stepping back and trying
something else is always possible. The clock runs by playing or stepping on; where the run ends, "run on" makes it longer.

The same can be done from a cell: `laboratory.grant(7, ttl_s=5)`, `laboratory.wait(2)`, `laboratory.crash("c1")`.

Left out: typing. Numbers and keys are picked, so that a lecturer needs no keyboard; `Laboratory.ask` takes any command.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.etcd.commands import words_of
from k8sedu.etcd.lab.lease_plans import CLIENTS, COMMANDS, KEYS, LEASES, MENUS, SCENES, controls
from k8sedu.etcd.sim import Clients, fork, rerun, scenario_of, simulate
from k8sedu.etcd.views.lease_film import lease_film
from k8sedu.etcd.views.lease_moments import counting
from k8sedu.language import Words
from k8sedu.sim import faults as make
from k8sedu.sim.faults import Fault
from k8sedu.sim.scenario import Scenario
from k8sedu.stage.document import Document
from k8sedu.stage.explore import Event, Explorer
from k8sedu.trace import Frozen, Trace

FUTURE_MS = 8_000
"""After every action the run goes on for at least this long."""
TITLE = Words("Lease laboratory", "租约实验室")


class LeaseLaboratory(Explorer):
    """A cluster with leases under the reader's hands. `trace` is the run as it is now, for charts, tables and `etcd.fork`.

    >>> laboratory = lease_lab()
    >>> laboratory.grant(7, ttl_s=3)
    >>> laboratory.wait(1)
    >>> laboratory.attach("/nodes/a", 7)
    >>> laboratory.wait(5)
    >>> laboratory.trace.where("lease_revoke")[0].detail.revision
    3
    """

    def __init__(self, trace: Trace, *, scene: str = "own") -> None:
        """Open the laboratory on a run; `scene` is the ready plan that it lives through."""
        self.trace = trace
        self.picks: dict[str, Any] = {"client": CLIENTS[0], "lease": str(LEASES[0]), "ttl_s": 5, "key": KEYS[0], "scene": scene}
        self._past: list[Trace] = []
        super().__init__(self._film(), self._react)
        self.step = _first_choice(self.film)

    @property
    def now_ms(self) -> float:
        """The instant at which the reader stands."""
        return self.film.frames[self.step].time_us / 1000

    @property
    def scenario(self) -> Scenario:
        """The run so far as a scenario: what "copy scenario" gives as text."""
        return scenario_of(self.trace)

    # -- what one can do -------------------------------------------------------------------------------------------------------------------

    def ask(self, command: str, *, client: str = "c1") -> None:
        """Let a client ask something now: any command of `etcd.commands`, or `keep 7`, `leave 7`.

        Raises:
            CommandError, FaultError, LaboratoryError: it is none, there is no such client, or it is stopped.
        """
        self._change([self._told(command, client, self.now_ms)])

    def grant(self, lease: int, *, ttl_s: int = 5, client: str = "c1") -> None:
        """Ask for a lease of so many seconds."""
        self.ask(words_of("grant", lease, ttl_s), client=client)

    def attach(self, key: str, lease: int, *, value: str = "up", client: str = "c1") -> None:
        """Put a key with a lease; a key that hangs on another one moves."""
        self.ask(words_of("put", key, value, "lease", lease), client=client)

    def keep(self, lease: int, *, client: str = "c1") -> None:
        """Send keep-alives from now on."""
        self.ask(words_of("keep", lease), client=client)

    def leave(self, lease: int, *, client: str = "c1") -> None:
        """Send no more keep-alives."""
        self.ask(words_of("leave", lease), client=client)

    def revoke(self, lease: int, *, client: str = "c1") -> None:
        """End a lease at once."""
        self.ask(words_of("revoke", lease), client=client)

    def crash(self, name: str = "") -> None:
        """Stop a client or a member now; without a name, the leader.

        Raises:
            LaboratoryError: there is no leader.
            FaultError: nobody is called so.
        """
        self._change([make.crash(name or self._leader(), at_ms=self.now_ms)])

    def restart(self, name: str) -> None:
        """Start a client or a member again."""
        self._change([make.restart(name, at_ms=self.now_ms)])

    def wait(self, seconds: float) -> None:
        """Let the clock run: go to a later instant, and make the run longer where it ends before."""
        goal_ms = self.now_ms + seconds * 1000
        if goal_ms + 1_000 > self.trace.parameters["duration_us"] / 1000:
            self._past.append(self.trace)
            self.trace = rerun(self.trace, duration_us=round((goal_ms + FUTURE_MS) * 1000))
            self.show(self._film())
        places = [place for place, frame in enumerate(self.film.frames) if frame.time_us >= goal_ms * 1000]
        self.step = places[0] if places else len(self.film.frames) - 1

    def back(self, seconds: float) -> None:
        """Go back to an earlier instant; what one does there replaces the future."""
        goal_us = (self.now_ms - seconds * 1000) * 1000
        self.step = max((place for place, frame in enumerate(self.film.frames) if frame.time_us <= goal_us), default=0)

    def undo(self) -> None:
        """Take the last change back."""
        if self._past:
            here_us = round(self.now_ms * 1000)
            self.trace = self._past.pop()
            self._stay(here_us)

    # -- how it happens --------------------------------------------------------------------------------------------------------------------

    def _leader(self) -> str:
        return leader_at(self.trace, self.now_ms)

    def _told(self, command: str, client: str, now_ms: float) -> Fault:
        """A client is told to do something, if it runs."""
        if client in stopped_at(self.trace, now_ms):
            raise LaboratoryError(f"{client} is stopped at {now_ms:g} ms, expected a client that runs: start it again first.")
        return make.request(command, node=client, at_ms=now_ms)

    def _change(self, faults: list[Fault]) -> None:
        """The same past, and something else now; the reader stays at the instant."""
        here_us = round(self.now_ms * 1000)
        self._past.append(self.trace)
        self.trace = forked(self.trace, here_us, faults)
        self._stay(here_us)

    def _stay(self, here_us: int) -> None:
        self.show(self._film())
        self.step = max((place for place, frame in enumerate(self.film.frames) if frame.time_us <= here_us), default=0)

    def _react(self, event: Event) -> Document | None:
        """What the reader did in the picture: a pick, an action, a ready plan."""
        before = self.trace
        if event.control in self.picks and event.control != "scene":
            kind = type(self.picks[event.control])
            self.picks[event.control] = kind(float(str(event.value))) if kind is int else str(event.value)
            return self._film()
        if event.control == "undo":
            self.trace = self._past.pop() if self._past else before
            return self._film()
        if event.control == "scene":
            self.picks["scene"] = str(event.value)
            self.trace = opened(SCENES[str(event.value)][1], seed=before.seed)
        elif event.control == "longer":
            self.trace = rerun(before, duration_us=before.parameters["duration_us"] + FUTURE_MS * 1000)
        else:
            self.trace = forked(before, event.time_us, self._wished(event))
            self.picks["scene"] = "own"  # so that the plan can be picked again
        self._past.append(before)
        return self._film()

    def _wished(self, event: Event) -> list[Fault]:
        """The lines of the plan that an action stands for."""
        wish, now_ms = event.action or event.control or "", event.time_us / 1000
        name = (event.shape or "").partition("/")[2]
        if wish in COMMANDS:
            lease, client = name or self.picks["lease"], self.picks["client"]
            if wish == "leave":
                client = _keeping(self.trace, lease, now_ms) or client
            return [self._told(COMMANDS[wish](lease, self.picks), client, now_ms)]
        if wish == "crash_leader":
            return [make.crash(leader_at(self.trace, now_ms), at_ms=now_ms)]
        if wish == "restart_all":
            return [make.restart(node, at_ms=now_ms) for node in stopped_at(self.trace, now_ms)]
        name = name or self.picks["client"]
        return [make.crash(name, at_ms=now_ms) if wish == "crash" else make.restart(name, at_ms=now_ms)]

    def _film(self) -> Document:
        film = lease_film(self.trace, title=TITLE, is_live=True)
        return replace(film, menus=MENUS, controls=controls(self.picks))


class LaboratoryError(K8sEduError, ValueError):
    """Something that cannot be done at this instant."""


def lease_lab(*, scene: str | None = None, size: int = 3, seed: int = 0, trace: Trace | None = None) -> LeaseLaboratory:
    """Open the live laboratory of leases, with two clients who do only what they are told.

    Args:
        scene: the name of a ready plan, one of `SCENES`.
        size: how many members.
        seed: which of the possible runs.
        trace: a run of `etcd.simulate` to go on from.

    Raises:
        LaboratoryError: there is no such plan.
    """
    if trace is not None:
        return LeaseLaboratory(trace)
    if scene is not None and scene not in SCENES:
        raise LaboratoryError(f"no plan is called {scene!r}, expected one of {', '.join(SCENES)}.")
    name = scene or "own"
    return LeaseLaboratory(opened(SCENES[name][1], size=size, seed=seed), scene=name)


def opened(faults: tuple[str, ...], *, size: int = 3, seed: int = 0) -> Trace:
    """A cluster with two guests that elects n1 at once, and lives through a plan.

    The guests ask again elsewhere when nobody answers, so that what a reader wished happens even if a member is down; a client of etcd
    would not, since a write may then take effect twice.
    """
    last_ms = max((Fault.parse(fault).at_us / 1000 for fault in faults), default=0)
    clients = Clients(guests=len(CLIENTS), think_ms_min=20, think_ms_max=60, timeout_ms=800, retries=True)
    plan = ("at 200 timeout n1", *faults)
    return simulate(size=size, seed=seed, duration_ms=last_ms + FUTURE_MS, clients=clients, faults=plan)


def forked(trace: Trace, here_us: int, faults: list[Fault]) -> Trace:
    """The same past up to an instant, and these faults there."""
    here = trace.at(here_us)._replace(time_us=here_us)
    duration_ms = max(trace.parameters["duration_us"], here_us + FUTURE_MS * 1000) / 1000
    return fork(trace, here, faults, duration_ms=duration_ms)


def leader_at(trace: Trace, now_ms: float) -> str:
    """Who leads at an instant.

    Raises:
        LaboratoryError: nobody.
    """
    member = counting(trace.at_ms(now_ms).frame or Frozen(nodes=Frozen()))
    if member is None:
        raise LaboratoryError(f"nobody leads at {now_ms:g} ms, expected a leader: let the clock run until one is elected.")
    return str(member["id"])


def stopped_at(trace: Trace, now_ms: float) -> tuple[str, ...]:
    """Members and clients that are stopped at an instant."""
    frame = trace.at_ms(now_ms).frame or Frozen(nodes=Frozen(), clients=Frozen())
    everybody = (*frame["nodes"].items(), *frame["clients"].items())
    return tuple(name for name, state in everybody if state["status"] == "stopped")


def _keeping(trace: Trace, lease: str, now_ms: float) -> str:
    """The client that keeps a lease alive at an instant, or nobody."""
    frame = trace.at_ms(now_ms).frame or Frozen(clients=Frozen())
    rows = ((name, row) for name, client in frame["clients"].items() for row in client["leases"])
    return next((name for name, row in rows if str(row[0]) == lease), "")


def _first_choice(film: Document) -> int:
    """Where the laboratory begins: at the first leader, because before it nothing can be asked."""
    return next((place for place, frame in enumerate(film.frames) if frame.kind == "lessor_promoted"), 0)

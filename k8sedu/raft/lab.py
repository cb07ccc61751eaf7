"""The live laboratory: click a server to stop it, a message to drop it, and see what Raft makes of it.

Everything that the reader does is one more fault in the run's plan, and the run is lived again with it. Same seed, same past: up to the
instant at which the reader stands nothing changes, and what was the future is replaced by another one. So stepping back and trying
something else is always possible, and the plan so far can be copied as a scenario file. Settings that hold from the beginning, such as
the size, start the run anew.

Source: the laboratory of RaftScope, and what its users asked for since: stepping back, any number of servers, partitions, membership,
snapshots, runs that can be repeated.
Left out: switching rules of Raft off; `raft.simulate(rules=...)` and the lesson about broken Raft do that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.config import Config
from k8sedu.raft.sim import Clients, fork, rerun, run_scenario, scenario_of, simulate
from k8sedu.raft.sim.parameters import Parameters
from k8sedu.raft.views.film import film
from k8sedu.raft.views.menus import MENUS, controls
from k8sedu.raft.views.moment import configuration
from k8sedu.sim import faults as make
from k8sedu.sim.faults import Fault
from k8sedu.sim.scenario import Scenario, parse
from k8sedu.stage.document import Document
from k8sedu.stage.explore import Event, Explorer
from k8sedu.trace import Frozen, Trace

FUTURE_MS = 2_000
"""After every action the run goes on for at least this long."""

DELAY_MS = 20
"""How much later a delayed message arrives."""


class Laboratory(Explorer):
    """A Raft group that can be touched. `trace` is the run as it is now, for charts, tables and `raft.fork`.

    >>> laboratory = lab(size=3, seed=7)
    >>> leader = laboratory.trace.where("become_leader")[0].actor
    >>> laboratory.act(Event(time_us=500_000, step=0, action="stop", shape=f"node/{leader}"))
    >>> laboratory.trace.where("crash")[0].time_ms
    500.0
    """

    def __init__(self, trace: Trace, *, title: Words | None = None) -> None:
        """Open the laboratory on a run."""
        self.trace, self.title = trace, title
        self._past: list[tuple[Trace, Words | None]] = []
        super().__init__(self._film(), self._happen)

    def act(self, event: Event) -> None:
        """Let an event happen, as if the reader had done it. Another scene is shown from its beginning."""
        super().act(event)
        if event.control == "scene":
            self.step = 0

    @property
    def scenario(self) -> Scenario:
        """The run so far as a scenario: what "copy scenario" gives as text."""
        return scenario_of(self.trace)

    def _happen(self, event: Event) -> Document | None:
        """One thing that the reader did, as another film."""
        before = self.trace, self.title
        if event.control == "undo":
            self.trace, self.title = self._past.pop() if self._past else before
            return self._film()
        if event.control == "scene":
            self.trace, self.title = scene(str(event.value)) if event.value != "free" else (self.trace, None)
        elif event.control in SETTINGS:
            self.trace = again(self.trace, **SETTINGS[event.control](self.trace, event.value))
        else:
            self.trace = self._future(event)
        self._past.append(before)
        return self._film()

    def _future(self, event: Event) -> Trace:
        """The same past, and one more fault now."""
        now_ms = event.time_us / 1000
        wish = event.action or event.control or ""
        added = FAULTS[wish](self.trace, (event.shape or "").removeprefix("node/").removeprefix("message/"), now_ms, event.value)
        here = self.trace.at(event.time_us)._replace(time_us=event.time_us)
        return fork(self.trace, here, added, duration_ms=max(self.trace.parameters.duration_us / 1000, now_ms + FUTURE_MS))

    def _film(self) -> Document:
        document = film(self.trace, title=self.title or Words("Raft laboratory", "Raft 实验室"), is_live=True)
        titles = {name: read_scene(file).title for name, file in scenes().items()}
        below = controls(self.trace.parameters, titles, loss=last_loss(self.trace))
        return replace(document, menus=MENUS, controls=below, source=self.scenario.format())


def lab(*, size: int = 5, seed: int = 7, scenario: str | None = None, trace: Trace | None = None, **settings: Any) -> Laboratory:
    """Open the live laboratory on a new group, on one of the ready scenes, or on any run.

    Args:
        size: how many servers.
        seed: which of the possible runs.
        scenario: the name of a ready scene, see `scenes()`.
        trace: a run to go on from.
        settings: whatever else `raft.simulate` takes.
    """
    if trace is not None:
        return Laboratory(trace)
    if scenario is not None:
        found, title = scene(scenario)
        return Laboratory(found, title=title)
    return Laboratory(simulate(size=size, seed=seed, **{"duration_ms": 3_000, **settings}))


# -- ready scenes ------------------------------------------------------------------------------------------------------------------------


def scenes() -> dict[str, Traversable]:
    """The ready scenes by name: scenario files that notebooks and slides use as well.

    >>> "minority-leader" in scenes()
    True
    """
    folder = files("k8sedu.raft") / "scenarios"
    found = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".scenario")), key=lambda entry: entry.name)
    return {entry.name.removesuffix(".scenario"): entry for entry in found}


def scene(name: str) -> tuple[Trace, Words]:
    """A ready scene as a run with its title."""
    ready = scenes()
    if name not in ready:
        raise SceneNameError(f"no scene is called {name!r}, expected one of {', '.join(ready)}.")
    scenario = read_scene(ready[name])
    return run_scenario(scenario), scenario.title


def read_scene(file: Traversable) -> Scenario:
    """A scenario file of the package."""
    return parse(file.read_text(encoding="utf-8"), where=file.name)


class SceneNameError(K8sEduError, LookupError):
    """The name of a scene that does not exist."""


# -- what an action means ----------------------------------------------------------------------------------------------------------------


def last_loss(trace: Trace) -> float:
    """Which share of the messages is lost at the end of the plan."""
    parameters = Parameters.thaw(trace.parameters)
    losses = [fault.arguments.ratio for fault in parameters.faults if fault.kind == "loss"]
    return float(losses[-1]) if losses else parameters.network.loss


def next_request(trace: Trace) -> str:
    """A command that was not asked before: x=1, x=2, …"""
    asked = sum(1 for line in trace.parameters.faults if " request " in line)
    return f"x={asked + 1}"


def _membership(trace: Trace, now_ms: float, *, add: tuple[str, ...] = (), learn: tuple[str, ...] = (), remove: str = "") -> list[Fault]:
    """The change that leads from the present members to the wanted ones."""
    group = configuration(trace.at_ms(now_ms).frame or Frozen(nodes=Frozen()))
    voters = tuple(name for name in dict.fromkeys((*group.voters, *add)) if name != remove and name not in learn)
    learners = tuple(name for name in dict.fromkeys((*group.learners, *learn)) if name != remove and name not in add)
    return [make.change(voters, learners=learners, at_ms=now_ms)] if voters else []


Wish = Callable[[Trace, str, float, Any], list[Fault]]

FAULTS: dict[str, Wish] = {
    "stop": lambda _, node, now, __: [make.crash(node, at_ms=now)],
    "restart": lambda _, node, now, __: [make.restart(node, at_ms=now)],
    "pause": lambda _, node, now, __: [make.pause(node, at_ms=now)],
    "resume": lambda _, node, now, __: [make.resume(node, at_ms=now)],
    "timeout": lambda _, node, now, __: [make.timeout(node, at_ms=now)],
    "isolate": lambda _, node, now, __: [make.partition([[node]], at_ms=now)],
    "request": lambda trace, node, now, __: [make.request(next_request(trace), node=node or None, at_ms=now)],
    "snapshot": lambda _, node, now, __: [make.snapshot(node, at_ms=now)],
    "transfer": lambda _, node, now, __: [make.transfer(node, at_ms=now)],
    "join": lambda trace, node, now, __: _membership(trace, now, add=(node,)),
    "learn": lambda trace, node, now, __: _membership(trace, now, learn=(node,)),
    "leave": lambda trace, node, now, __: _membership(trace, now, remove=node),
    "drop": lambda _, message, now, __: [make.drop(int(message), at_ms=now)],
    "delay": lambda _, message, now, __: [make.delay_message(int(message), by_ms=DELAY_MS, at_ms=now)],
    "spread": lambda _, __, now, ___: [make.spread_timers(at_ms=now)],
    "align": lambda _, __, now, ___: [make.align_timers(at_ms=now)],
    "heal": lambda _, __, now, ___: [make.heal(at_ms=now)],
    "loss": lambda _, __, now, percent: [make.loss(percent / 100, at_ms=now)],
}
"""What the reader may do at an instant → the faults that it adds to the plan: (run, server or message, now, value)."""

# -- what holds from the beginning -------------------------------------------------------------------------------------------------------


def again(trace: Trace, **changes: Any) -> Trace:
    """The same run from the beginning with other settings. Faults that make no sense then are left out."""
    old = Parameters.thaw(trace.parameters)
    sizes = {name: value for name, value in changes.items() if name in ("size", "spares")}
    names = frozenset(old._replace(**sizes).names)
    logs = tuple((name, terms) for name, terms in old.logs if name in names)
    faults = tuple(fault for fault in old.faults if names.issuperset(fault.names()) and fault.kind not in ("drop", "delay_message"))
    return rerun(trace, **{"logs": logs, "faults": faults, **changes})


def _config(trace: Trace, **changes: Any) -> dict[str, Config]:
    return {"config": Parameters.thaw(trace.parameters).config._replace(**changes)}


def _timeout(trace: Trace, shortest: float) -> dict[str, Config]:
    config = Parameters.thaw(trace.parameters).config
    spread = config.election_ticks_max - config.election_ticks_min
    low = int(shortest)
    return _config(trace, election_ticks_min=low, election_ticks_max=low + spread, heartbeat_ticks=max(low // 2, 1))


def _spread(trace: Trace, width: float) -> dict[str, Config]:
    return _config(trace, election_ticks_max=Parameters.thaw(trace.parameters).config.election_ticks_min + int(width))


def _delay(trace: Trace, longest_ms: float) -> dict[str, Any]:
    network = Parameters.thaw(trace.parameters).network
    return {"network": replace(network, delay_ms=(min(0.5, longest_ms), longest_ms))}


SETTINGS: dict[str, Callable[[Trace, Any], dict[str, Any]]] = {
    "size": lambda _, value: {"size": int(value)},
    "spares": lambda _, value: {"spares": int(value)},
    "seed": lambda trace, _: {"seed": trace.seed + 1},
    "longer": lambda trace, _: {"duration_us": trace.parameters.duration_us + FUTURE_MS * 1000},
    "delay": _delay,
    "timeout": _timeout,
    "range": _spread,
    "pre_vote": lambda trace, value: _config(trace, pre_vote=bool(value)),
    "check_quorum": lambda trace, value: _config(trace, check_quorum=bool(value)),
    "clients": lambda _, value: {"clients": Clients(2 if value else 0)},
}
"""Controls that start the run anew → what they change."""

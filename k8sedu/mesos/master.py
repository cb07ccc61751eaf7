"""The Mesos master: it offers, frameworks choose.

Mesos does not know what a good machine for a task is; the frameworks do. So there are two levels. The *allocator* decides whom to offer
the free resources of an agent next: the framework with the lowest dominant share. The framework decides what to do with the offer: launch
tasks in a part of it, and give back the rest. What it gave back it is not offered again for a while (a *filter*), or the two would ask
and refuse for ever; an offer that nobody answers is taken back (*rescinded*), or a sleeping framework would hold the cluster.

A `Master` has no clock: every call is told `now_ms`.

Source: Hindman et al., "Mesos", NSDI 2011, sections 3.2 to 3.5 and Figure 3; Apache Mesos, the hierarchical DRF allocator (a filter of 5
s is the default of `refuse_seconds`).
Left out: roles, reservations, inverse offers, and the allocation interval: here one asks for offers when one wants them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fractions import Fraction
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.workload.resources import Resources

REFUSE_MS = 5_000
"""So long a framework is not offered again what it has refused."""


class MesosError(K8sEduError, ValueError):
    """An answer that does not fit its offer, or a name that nobody has."""


class Offer(NamedTuple):
    """Free resources of one agent, offered to one framework at a time."""

    offer_id: int
    framework: str
    agent: str
    resources: Resources
    made_ms: int


class Running(NamedTuple):
    """A task that a framework has launched."""

    task: str
    framework: str
    agent: str
    resources: Resources


class Master:
    """Offers what is free, and keeps the books of what runs.

    >>> master = Master({"agent1": Resources.of(cpu="4", memory="4G")})
    >>> master.register("f1"), master.register("f2")
    (None, None)
    >>> offer = master.offers(now_ms=0)[0]
    >>> replies = {"t1": Resources.of(cpu="2", memory="1G"), "t2": Resources.of(cpu="1", memory="2G")}
    >>> _ = master.accept(offer.offer_id, replies, now_ms=0)
    >>> second = master.offers(now_ms=0)[0]
    >>> second.framework, second.resources.named
    ('f2', {'cpu': 1000, 'memory': 1000000000})

    Args:
        agents: name → what the agent reports to have.
        refuse_ms: how long a refused agent is not offered again to the one who refused it.
        offer_timeout_ms: after so long without an answer an offer is taken back; None waits for ever.
    """

    def __init__(self, agents: dict[str, Resources], *, refuse_ms: int = REFUSE_MS, offer_timeout_ms: int | None = None) -> None:
        self.agents = dict(agents)
        self.refuse_ms = refuse_ms
        self.offer_timeout_ms = offer_timeout_ms
        self.frameworks: dict[str, int] = {}
        """By name, how many offers each was made: of equal shares, whoever was asked less often is next."""
        self.running: dict[str, Running] = {}
        self.outstanding: dict[int, Offer] = {}
        self.filters: dict[tuple[str, str], int] = {}
        self._next_id = 1

    def register(self, framework: str) -> None:
        """A framework joins; it will be offered what is free."""
        self.frameworks[framework] = 0

    def unregister(self, framework: str) -> list[Running]:
        """A framework leaves: its tasks end, its offers and filters are gone."""
        self._known(framework)
        ended = [task for task in self.running.values() if task.framework == framework]
        for task in ended:
            del self.running[task.task]
        self.outstanding = {number: offer for number, offer in self.outstanding.items() if offer.framework != framework}
        self.filters = {pair: until for pair, until in self.filters.items() if pair[0] != framework}
        del self.frameworks[framework]
        return ended

    # -- the allocator -------------------------------------------------------------------------------------------------------------------

    def offers(self, *, now_ms: int) -> list[Offer]:
        """Offer every agent's free resources to the framework with the lowest dominant share that has not refused that agent. O(agents ×
        frameworks).

        What is offered counts as the framework's own until it answers, so the next agent may go to another one.
        """
        made = []
        for agent in self.agents:
            free = self.free(agent)
            if not any(free):
                continue
            framework = self._poorest(agent, now_ms)
            if framework is not None:
                offer = Offer(self._next_id, framework, agent, free, now_ms)
                self._next_id += 1
                self.outstanding[offer.offer_id] = offer
                self.frameworks[framework] += 1
                made.append(offer)
        return made

    def share(self, framework: str) -> Fraction:
        """The dominant share of a framework: what it runs, and what it is offered."""
        held = Resources()
        for each in self._held_by(framework):
            held = held.plus(each)
        return held.dominant_share(self.total)

    def _poorest(self, agent: str, now_ms: int) -> str | None:
        willing = [name for name in self.frameworks if self.filters.get((name, agent), -1) <= now_ms]
        return min(willing, key=lambda name: (self.share(name), self.frameworks[name]), default=None)

    # -- answers -------------------------------------------------------------------------------------------------------------------------

    def accept(self, offer_id: int, tasks: dict[str, Resources], *, now_ms: int) -> list[Running]:
        """Launch tasks in a part of an offer; the rest is given back, and not offered to this framework for a while.

        Raises:
            MesosError: the offer is gone, the tasks need more than it holds, or a task runs already. Nothing is launched then.
        """
        offer = self._answered(offer_id)
        needed = Resources()
        for name, request in tasks.items():
            if name in self.running:
                raise MesosError(f"the task {name!r} runs already, expected a new name")
            needed = needed.plus(request)
        lacking = needed.lacking(offer.resources)
        if lacking:
            held = offer.resources.named
            raise MesosError(f"the tasks need more {' and '.join(lacking)} than offer {offer_id} of {offer.agent} holds: {held}")
        del self.outstanding[offer_id]
        launched = [Running(name, offer.framework, offer.agent, request) for name, request in tasks.items()]
        self.running |= {task.task: task for task in launched}
        if needed != offer.resources:
            self.filters[offer.framework, offer.agent] = now_ms + self.refuse_ms
        return launched

    def decline(self, offer_id: int, *, now_ms: int) -> Offer:
        """Refuse an offer: the agent is not offered to this framework again until the filter has run out."""
        offer = self._answered(offer_id)
        del self.outstanding[offer_id]
        self.filters[offer.framework, offer.agent] = now_ms + self.refuse_ms
        return offer

    def revive(self, framework: str) -> None:
        """A framework wants everything offered again: its filters are removed."""
        self._known(framework)
        self.filters = {pair: until for pair, until in self.filters.items() if pair[0] != framework}

    def rescind(self, *, now_ms: int) -> list[Offer]:
        """Take back the offers that nobody answered in time."""
        if self.offer_timeout_ms is None:
            return []
        late = [offer for offer in self.outstanding.values() if now_ms - offer.made_ms >= self.offer_timeout_ms]
        for offer in late:
            del self.outstanding[offer.offer_id]
        return late

    # -- what ends -----------------------------------------------------------------------------------------------------------------------

    def finish(self, task: str) -> Running:
        """A task has ended; its resources are free."""
        if task not in self.running:
            raise MesosError(f"the task {task!r} runs nowhere, so it cannot end")
        return self.running.pop(task)

    def lose(self, agent: str) -> list[Running]:
        """An agent is gone with its tasks; offers of it are taken back. Its framework hears of each task and decides what to do."""
        if agent not in self.agents:
            raise MesosError(f"there is no agent {agent!r}, expected one of {', '.join(self.agents)}")
        del self.agents[agent]
        lost = [task for task in self.running.values() if task.agent == agent]
        for task in lost:
            del self.running[task.task]
        self.outstanding = {number: offer for number, offer in self.outstanding.items() if offer.agent != agent}
        return lost

    # -- the books -----------------------------------------------------------------------------------------------------------------------

    @property
    def total(self) -> Resources:
        """What all agents have together."""
        whole = Resources()
        for resources in self.agents.values():
            whole = whole.plus(resources)
        return whole

    def free(self, agent: str) -> Resources:
        """What is neither used nor offered."""
        left = self.agents[agent]
        for each in self._on(agent):
            left = left.minus(each)
        return left

    def _on(self, agent: str) -> Iterator[Resources]:
        yield from (task.resources for task in self.running.values() if task.agent == agent)
        yield from (offer.resources for offer in self.outstanding.values() if offer.agent == agent)

    def _held_by(self, framework: str) -> Iterable[Resources]:
        yield from (task.resources for task in self.running.values() if task.framework == framework)
        yield from (offer.resources for offer in self.outstanding.values() if offer.framework == framework)

    def _answered(self, offer_id: int) -> Offer:
        if offer_id not in self.outstanding:
            raise MesosError(f"offer {offer_id} is not open: it was answered, rescinded, or its agent is gone")
        return self.outstanding[offer_id]

    def _known(self, framework: str) -> None:
        if framework not in self.frameworks:
            raise MesosError(f"there is no framework {framework!r}, expected one of {', '.join(self.frameworks) or 'none'}")

    def check(self) -> None:
        """Assert that nothing is given twice: what runs and what is offered fits into each agent. O(tasks + offers)."""
        for agent in self.agents:
            assert min(self.free(agent)) >= 0, agent
        assert all(task.agent in self.agents and task.framework in self.frameworks for task in self.running.values())
        assert all(offer.agent in self.agents and offer.framework in self.frameworks for offer in self.outstanding.values())

"""Classic Swarm: many Docker hosts seen as one, and three ways to choose among them.

Classic Swarm took the commands of Docker itself and only decided *where*: filters first, then it kept the hosts that are large enough, gave
each a weight, and sorted. **spread** takes the emptiest, **binpack** the fullest that still fits, **random** does not look at all. The
weights are whole numbers and cut, not rounded, so that ties are frequent; then the number of containers decides.

Source: docker-archive/classicswarm, scheduler/strategy (weighted_node.go, spread.go, binpack.go, random.go); total resources include the
overcommit of 5 per cent.
Left out: the dependency and affinity filters between containers, and the health filter's probing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import NamedTuple

from k8sedu.errors import K8sEduError

OVERCOMMIT_PERCENT = 5
HEALTH_FACTOR = {"spread": -10, "binpack": 10}
STRATEGIES = ("spread", "binpack", "random")


class SwarmError(K8sEduError, ValueError):
    """No host can take the container, or there is no such strategy."""


class Engine(NamedTuple):
    """A Docker host as Swarm sees it: whole cores and bytes, what is promised of them, and how many containers there are.

    `health` is 100 for a healthy host, 0 for one that does not answer. Stopped containers count as containers, too.
    """

    name: str
    cpus: int
    memory_bytes: int
    used_cpus: int = 0
    used_memory_bytes: int = 0
    containers: int = 0
    health: int = 100
    labels: Mapping[str, str] = {}
    overcommit_percent: int = OVERCOMMIT_PERCENT

    @property
    def total_cpus(self) -> int:
        """The cores that may be promised, cut to whole ones."""
        return self.cpus + self.cpus * self.overcommit_percent // 100

    @property
    def total_memory_bytes(self) -> int:
        """The memory that may be promised."""
        return self.memory_bytes + self.memory_bytes * self.overcommit_percent // 100


class Wanted(NamedTuple):
    """A container that asks for room: cores and memory (0 asks for nothing), and constraints on the host's labels."""

    cpus: int = 0
    memory_bytes: int = 0
    constraints: Mapping[str, str] = {}


class Weighed(NamedTuple):
    """A host with its weight."""

    engine: Engine
    weight: int


def constrained(wanted: Wanted, engines: Iterable[Engine]) -> list[Engine]:
    """The constraint filter: hosts that carry every label that is asked for.

    Raises:
        SwarmError: there is none; the message is Swarm's.
    """
    engines = list(engines)
    for key, value in wanted.constraints.items():
        engines = [engine for engine in engines if engine.labels.get(key) == value]
        if not engines:
            raise SwarmError(f"Unable to find a node that satisfies the following conditions [{key}=={value}]")
    return engines


def weigh(wanted: Wanted, engines: Iterable[Engine], *, health_factor: int) -> list[Weighed]:
    """The hosts on which the container fits, each with its weight, in the order in which they came.

    >>> half = Engine("h1", cpus=4, memory_bytes=8, used_cpus=1, used_memory_bytes=2)
    >>> weigh(Wanted(cpus=1, memory_bytes=2), [half], health_factor=-10)[0].weight
    -900

    The two scores are 50 and 50 per cent; the health of 100 counts minus ten times.

    Raises:
        SwarmError: it fits nowhere; the message is Swarm's.
    """
    found = []
    for engine in engines:
        if engine.total_memory_bytes < wanted.memory_bytes or engine.total_cpus < wanted.cpus:
            continue
        cpu = (engine.used_cpus + wanted.cpus) * 100 // engine.total_cpus if wanted.cpus > 0 else 100
        memory = (engine.used_memory_bytes + wanted.memory_bytes) * 100 // engine.total_memory_bytes if wanted.memory_bytes > 0 else 100
        if cpu <= 100 and memory <= 100:
            found.append(Weighed(engine, cpu + memory + health_factor * engine.health))
    if not found:
        raise SwarmError("no resources available to schedule container")
    return found


def rank(wanted: Wanted, engines: Iterable[Engine], strategy: str = "spread", *, rng: Random | None = None) -> list[Engine]:
    """The hosts that may take the container, the best first.

    Args:
        wanted: the container.
        engines: the hosts.
        strategy: "spread" (Swarm's default), "binpack" or "random".
        rng: what "random" draws from.

    Raises:
        SwarmError: nowhere to put it, or no such strategy.
    """
    if strategy not in STRATEGIES:
        raise SwarmError(f"the strategy {strategy!r} is not known, expected one of {', '.join(STRATEGIES)}")
    candidates = constrained(wanted, engines)
    if strategy == "random":
        return _shuffled(candidates, rng)
    weighed = weigh(wanted, candidates, health_factor=HEALTH_FACTOR[strategy])
    order: Callable[[Weighed], tuple[int, int]] = lambda each: (each.weight, each.engine.containers)  # noqa: E731  # it has a name to be read
    return [each.engine for each in sorted(weighed, key=order, reverse=strategy == "binpack")]


def _shuffled(candidates: list[Engine], rng: Random | None) -> list[Engine]:
    """Fisher and Yates, from the back: as Swarm does it. It asks nobody whether there is room."""
    if rng is None:
        raise SwarmError("the strategy 'random' has no generator to draw from, expected rng=")
    shuffled = list(candidates)
    for last in range(len(shuffled) - 1, 0, -1):
        other = rng.randrange(last + 1)
        shuffled[last], shuffled[other] = shuffled[other], shuffled[last]
    return shuffled


def put(wanted: Wanted, engine: Engine) -> Engine:
    """The host after it has taken the container."""
    return engine._replace(
        used_cpus=engine.used_cpus + wanted.cpus,
        used_memory_bytes=engine.used_memory_bytes + wanted.memory_bytes,
        containers=engine.containers + 1,
    )

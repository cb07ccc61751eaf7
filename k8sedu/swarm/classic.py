"""Classic Swarm: many Docker hosts seen as one, and three ways to choose among them.

Classic Swarm took the commands of Docker itself and only decided *where*: filters first (`filters`), then it kept the hosts that are large
enough, gave each a weight, and sorted. **spread** takes the emptiest, **binpack** the fullest that still fits, **random** does not look at
all. The weights are whole numbers and cut, not rounded, so that ties are frequent; then the number of containers decides. A container
that has stopped still lies on its host, and counts in everything until somebody removes it.

Cores are counted in thousandths here, so that one workload can be given to every manager. Swarm itself knew whole cores; for those the
weights are Swarm's own.

Source: docker-archive/classicswarm, scheduler/strategy (weighted_node.go, spread.go, binpack.go, random.go), cluster/engine.go
(UsedCpus, UsedMemory and TotalCpus); total resources include the overcommit of 5 per cent.
Left out: the probing that the health indicator comes from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from random import Random
from typing import NamedTuple

from k8sedu.docker.ports import Published
from k8sedu.swarm.errors import SwarmError

OVERCOMMIT_PERCENT = 5
HEALTH_FACTOR = {"spread": -10, "binpack": 10}
STRATEGIES = ("spread", "binpack", "random")


class Wanted(NamedTuple):
    """What `docker run` is asked for. 0 millicores or bytes ask for nothing.

    `constraints` speak of the host (`"storage==ssd"`, `"node!=host-1"`), `affinities` of what is on it already (`"container==redis"`,
    `"image==nginx"`, or a container's label), `whitelist` names hosts (`"node==a|b"`). `needs` are containers that must be on the same
    host, as `--link`, `--volumes-from` or `--net=container:` say. `reschedule` is `"on-node-failure"` or empty.
    """

    cpu_millicores: int = 0
    memory_bytes: int = 0
    name: str = ""
    image: str = ""
    ports: tuple[Published, ...] = ()
    constraints: tuple[str, ...] = ()
    affinities: tuple[str, ...] = ()
    whitelist: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    labels: Mapping[str, str] = {}
    reschedule: str = ""


class Container(NamedTuple):
    """A container on a host; a stopped one still counts."""

    wanted: Wanted
    is_running: bool = True


class Engine(NamedTuple):
    """A Docker host as Swarm sees it: what it has, and every container that lies on it.

    `is_healthy` is whether it answers at all, `health` an indicator from 0 to 100 of how well it has answered lately.
    """

    name: str
    cpu_millicores: int
    memory_bytes: int
    containers: tuple[Container, ...] = ()
    health: int = 100
    is_healthy: bool = True
    labels: Mapping[str, str] = {}
    images: tuple[str, ...] = ()
    overcommit_percent: int = OVERCOMMIT_PERCENT

    @property
    def total_cpu_millicores(self) -> int:
        """What may be promised: the overcommit gives whole cores only, so a small host has none of it."""
        return self.cpu_millicores + self.cpu_millicores // 1_000 * self.overcommit_percent // 100 * 1_000

    @property
    def total_memory_bytes(self) -> int:
        """The memory that may be promised."""
        return self.memory_bytes + self.memory_bytes * self.overcommit_percent // 100

    @property
    def used_cpu_millicores(self) -> int:
        """What its containers asked for, stopped ones too."""
        return sum(each.wanted.cpu_millicores for each in self.containers)

    @property
    def used_memory_bytes(self) -> int:
        """The memory that its containers asked for, stopped ones too."""
        return sum(each.wanted.memory_bytes for each in self.containers)

    def holds(self, name: str) -> bool:
        """Whether a container of this name lies here."""
        return any(each.wanted.name == name for each in self.containers)


class Weighed(NamedTuple):
    """A host with its weight."""

    engine: Engine
    weight: int


def weigh(wanted: Wanted, engines: Iterable[Engine], *, health_factor: int) -> list[Weighed]:
    """The hosts on which the container fits, each with its weight, in the order in which they came.

    >>> other = Container(Wanted(cpu_millicores=1_000, memory_bytes=2))
    >>> weigh(Wanted(1_000, 2), [Engine("h1", 4_000, 8, (other,))], health_factor=-10)[0].weight
    -900

    The two scores are 50 and 50 per cent; the health of 100 counts minus ten times.

    Raises:
        SwarmError: it fits nowhere; the message is Swarm's.
    """
    found = []
    for engine in engines:
        if not lacks(wanted, engine):
            cpu, memory = scores(wanted, engine)
            found.append(Weighed(engine, cpu + memory + health_factor * engine.health))
    if not found:
        raise SwarmError("no resources available to schedule container")
    return found


def lacks(wanted: Wanted, engine: Engine) -> str:
    """What the host has too little of, "memory" or "cpu", or an empty text.

    A score is cut to whole per cents before it is compared with 100. So a host may come to be promised up to one per cent more than even
    the overcommit allows; that is Swarm's rounding, and not ours.
    """
    if engine.total_memory_bytes < wanted.memory_bytes:
        return "memory"
    if engine.total_cpu_millicores < wanted.cpu_millicores:
        return "cpu"
    cpu, memory = scores(wanted, engine)
    return "memory" if memory > 100 else "cpu" if cpu > 100 else ""


def scores(wanted: Wanted, engine: Engine) -> tuple[int, int]:
    """How full the host would be, in whole per cents of its cores and of its memory; 100 for what is not asked for."""
    cpu = memory = 100
    if wanted.cpu_millicores > 0:
        cpu = (engine.used_cpu_millicores + wanted.cpu_millicores) * 100 // engine.total_cpu_millicores
    if wanted.memory_bytes > 0:
        memory = (engine.used_memory_bytes + wanted.memory_bytes) * 100 // engine.total_memory_bytes
    return cpu, memory


def rank(wanted: Wanted, engines: Iterable[Engine], strategy: str = "spread", *, rng: Random | None = None) -> list[Engine]:
    """The hosts that may take the container, the best first; filters are not asked (`filters.select` does both).

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
    candidates = list(engines)
    if strategy == "random":
        return _shuffled(candidates, rng)
    weighed = weigh(wanted, candidates, health_factor=HEALTH_FACTOR[strategy])
    order: Callable[[Weighed], tuple[int, int]] = lambda each: (each.weight, len(each.engine.containers))  # noqa: E731  # it has a name to be read
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
    """The host after it has taken the container; a host that runs an image has it."""
    images = engine.images if not wanted.image or wanted.image in engine.images else (*engine.images, wanted.image)
    return engine._replace(containers=(*engine.containers, Container(wanted)), images=images)


def stop(name: str, engine: Engine) -> Engine:
    """The host after a container has ended: it lies there still."""
    containers = tuple(each._replace(is_running=False) if each.wanted.name == name else each for each in engine.containers)
    return engine._replace(containers=containers)


def remove(name: str, engine: Engine) -> Engine:
    """The host after `docker rm`."""
    return engine._replace(containers=tuple(each for each in engine.containers if each.wanted.name != name))

"""Classic Swarm's filters: which hosts come into question at all, before any weight is looked at.

Seven, in this order: **health** (does it answer), **port** (is the host's port free), **containerslots** (a host may say how many
containers it takes), **dependency** (whoever shares a network or volumes must stand together), **affinity** (near or far from what is there
already), **constraint** (labels of the host), **whitelist**. Each hands on the hosts that are left; the first that leaves none ends it,
and the message lists all conditions up to there.

Soft wishes (`==~`) make two rounds: one with them, and if that fails (in the filters *or* in the weights) one without.

Source: docker-archive/classicswarm, scheduler/filter (health.go, port.go, slots.go, dependency.go, affinity.go, constraint.go,
whitelist.go, filter.go) and scheduler.go (SelectNodesForContainer).
Left out: ports of `--net=host`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from random import Random
from typing import NamedTuple

from k8sedu.swarm.classic import Engine, Wanted, lacks, rank
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.expressions import Expression


class Filter(NamedTuple):
    """A filter: its name, the test that a host must pass, and the conditions that a message lists."""

    name: str
    keeps: Callable[[Wanted, Engine], bool]
    says: Callable[[Wanted], list[str]]


def apply(wanted: Wanted, engines: Iterable[Engine], filters: Sequence[Filter] | None = None, *, soft: bool = True) -> list[Engine]:
    """Let the filters work one after the other.

    >>> engines = [Engine("h1", 4_000, 8, labels={"storage": "ssd"}), Engine("h2", 4_000, 8)]
    >>> [engine.name for engine in apply(Wanted(constraints=("storage==ssd",)), engines)]
    ['h1']

    Raises:
        SwarmError: none is left; the message is Swarm's.
    """
    left = list(engines)
    chosen = FILTERS if filters is None else filters
    counts = wanted if soft else without_soft(wanted)
    for position, each in enumerate(chosen):
        left = [engine for engine in left if each.keeps(counts, engine)]
        if not left:
            raise SwarmError(_sorry(wanted, chosen[: position + 1]))
    return left


def without_soft(wanted: Wanted) -> Wanted:
    """The container with its hard wishes alone.

    >>> without_soft(Wanted(constraints=("storage==ssd", "region==~eu"))).constraints
    ('storage==ssd',)
    """
    constraints, affinities, whitelist = map(_hard, (wanted.constraints, wanted.affinities, wanted.whitelist))
    return wanted._replace(constraints=constraints, affinities=affinities, whitelist=whitelist)


def _hard(texts: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(text for text in texts if not Expression.parse(text).is_soft)


def _sorry(wanted: Wanted, filters: Sequence[Filter]) -> str:
    if filters[-1].name == "health":
        return "No healthy node available in the cluster"
    said = [each.says(wanted) for each in filters]
    lines = "".join(f"\n[{' '.join(conditions)}]" for conditions in said if conditions)
    return f"Unable to find a node that satisfies the following conditions {lines}"


def select(
    wanted: Wanted, engines: Iterable[Engine], strategy: str = "spread", *, rng: Random | None = None,
    filters: Sequence[Filter] | None = None,
) -> list[Engine]:  # fmt: skip
    """The hosts that may take a container, the best first: filters, then the strategy; soft wishes are given up only if nothing else helps.

    Raises:
        SwarmError: no host is left, or the wishes or the strategy cannot be read.
    """
    everywhere = list(engines)
    try:
        return rank(wanted, apply(wanted, everywhere, filters), strategy, rng=rng)
    except SwarmError:
        return rank(wanted, apply(wanted, everywhere, filters, soft=False), strategy, rng=rng)


def verdicts(wanted: Wanted, engines: Iterable[Engine]) -> dict[str, str]:
    """Why each host is out: the name of the first filter that it does not pass, or an empty text. What a picture shows."""
    found = {}
    for engine in engines:
        out = next((each.name for each in FILTERS if not each.keeps(without_soft(wanted), engine)), "")
        found[engine.name] = out or lacks(wanted, engine)
    return found


# -- the seven ---------------------------------------------------------------------------------------------------------------------------


def _health(_wanted: Wanted, engine: Engine) -> bool:
    return engine.is_healthy


def _port(wanted: Wanted, engine: Engine) -> bool:
    """A stopped container keeps its ports: it may be started again."""
    held = [port for container in engine.containers for port in container.wanted.ports]
    return not any(asked.host_port and asked.conflicts_with(other) for asked in wanted.ports for other in held)


def _slots(_wanted: Wanted, engine: Engine) -> bool:
    """The host's label `containerslots`; what is no number does not count."""
    slots = engine.labels.get("containerslots", "")
    return not slots.isdecimal() or len(engine.containers) < int(slots)


def _dependency(wanted: Wanted, engine: Engine) -> bool:
    return all(engine.holds(name) for name in wanted.needs)


def _affinity(wanted: Wanted, engine: Engine) -> bool:
    return all(each.matches(_near(each, engine)) for each in map(Expression.parse, wanted.affinities))


def _near(wish: Expression, engine: Engine) -> Iterator[str]:
    """What an affinity is compared with: names of containers, images with and without their tags, or a label of the containers."""
    if wish.key == "container":
        yield from (each.wanted.name for each in engine.containers)
    elif wish.key == "image":
        for image in engine.images:
            yield from (image, image.rpartition(":")[0] or image)
    else:
        yield from (each.wanted.labels.get(wish.key, "") for each in engine.containers)


def _constraint(wanted: Wanted, engine: Engine) -> bool:
    """The key `node` means the host's name; every other one a label."""
    return all(
        each.matches([engine.name if each.key == "node" else engine.labels.get(each.key, "")])
        for each in map(Expression.parse, wanted.constraints)
    )


def _whitelist(wanted: Wanted, engine: Engine) -> bool:
    """Names between bars, whatever the key is called."""
    return all(engine.name in each.value.split("|") for each in map(Expression.parse, wanted.whitelist))


def _ports_said(wanted: Wanted) -> list[str]:
    return [f"port {port.host_port} (Bridge mode)" for port in wanted.ports if port.host_port]


FILTERS = (
    Filter("health", _health, lambda _: []),
    Filter("port", _port, _ports_said),
    Filter("containerslots", _slots, lambda _: ["free slots"]),
    Filter("dependency", _dependency, lambda wanted: [f"--link={name}" for name in wanted.needs]),
    Filter("affinity", _affinity, lambda wanted: [_with_softness(text) for text in wanted.affinities]),
    Filter("constraint", _constraint, lambda wanted: [str(Expression.parse(text)) for text in wanted.constraints]),
    Filter("whitelist", _whitelist, lambda wanted: [_with_softness(text) for text in wanted.whitelist]),
)
"""In the order in which they are asked."""


def _with_softness(text: str) -> str:
    wish = Expression.parse(text)
    return f"{wish} (soft={'true' if wish.is_soft else 'false'})"

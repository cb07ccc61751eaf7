"""Dominant resource fairness: who is given the next task when people want different things.

One user needs much memory, another many cores. Counting tasks would be unfair, and so would counting cores. DRF looks at each user's
*dominant share*, the largest part of any one resource that the user holds, and gives the next task to whoever has the least. The result
is what nobody would exchange for another one's share: the four properties of the paper are tests of this module.

Source: Ghodsi et al., "Dominant Resource Fairness", NSDI 2011, section 4 (Algorithm 1, Table 1). Where the paper stops when the poorest
user's next task does not fit, this goes on with the next one, as its text says of users whose demands cannot be met.
Left out: weights, and users whose tasks are not all the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from k8sedu.errors import K8sEduError

Vector: TypeAlias = Mapping[str, int | Fraction]
"""An amount of each resource by name, in any unit: `{"cpu": 9, "mem_gb": 18}`."""


class FairnessError(K8sEduError, ValueError):
    """A division that cannot be made: a demand of nothing, or for a resource that nobody has."""


class Given(NamedTuple):
    """One step: whose task it is, the dominant shares of all after it, and what is used then."""

    user: str
    shares: dict[str, Fraction]
    used: dict[str, Fraction]


def fill(capacity: Vector, demands: Mapping[str, Vector], *, first: Sequence[str] = ()) -> list[Given]:
    """Give one task after the other until nobody's next task fits.

    >>> steps = fill({"cpu": 9, "mem_gb": 18}, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}}, first="B")
    >>> "".join(step.user for step in steps), steps[-1].shares["A"]
    ('BAABA', Fraction(2, 3))

    Args:
        capacity: of the whole cluster.
        demands: user → what one task needs.
        first: who is preferred where two have the same share, in this order; then the order of `demands`.

    Raises:
        FairnessError: a demand of nothing, of less than nothing, or of a resource that the cluster does not have.
    """
    check_demands(capacity, demands)
    order = [*first, *(user for user in demands if user not in first)]
    tasks = dict.fromkeys(demands, 0)
    steps: list[Given] = []
    while True:
        used = consumed(demands, tasks)
        fitting = [user for user in order if _fits(used, demands[user], capacity)]
        if not fitting:
            return steps
        shares = dominant_shares(capacity, demands, tasks)
        user = min(fitting, key=lambda each: (shares[each], order.index(each)))
        tasks[user] += 1
        steps.append(Given(user, dominant_shares(capacity, demands, tasks), consumed(demands, tasks)))


def count(steps: Sequence[Given], demands: Mapping[str, Vector]) -> dict[str, int]:
    """How many tasks each user got."""
    return {user: sum(step.user == user for step in steps) for user in demands}


def dominant_shares(capacity: Vector, demands: Mapping[str, Vector], tasks: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
    """Each user's largest part of any one resource."""
    return {user: dominant(capacity, demand)[1] * Fraction(tasks[user]) for user, demand in demands.items()}


def dominant(capacity: Vector, demand: Vector) -> tuple[str, Fraction]:
    """The dominant resource of a demand, and the part of it that one task needs; of equal ones the first.

    >>> dominant({"cpu": 9, "mem_gb": 18}, {"cpu": 1, "mem_gb": 4})
    ('mem_gb', Fraction(2, 9))
    """
    parts = {name: Fraction(amount) / Fraction(capacity[name]) for name, amount in demand.items() if amount}
    name = max(parts, key=lambda each: parts[each])
    return name, parts[name]


def consumed(demands: Mapping[str, Vector], tasks: Mapping[str, int | Fraction]) -> dict[str, Fraction]:
    """What all tasks together use, by resource."""
    used: dict[str, Fraction] = {}
    for user, demand in demands.items():
        for name, amount in demand.items():
            used[name] = used.get(name, Fraction(0)) + Fraction(amount) * Fraction(tasks[user])
    return used


def check_demands(capacity: Vector, demands: Mapping[str, Vector]) -> None:
    """Refuse what cannot be divided.

    Raises:
        FairnessError: see `fill`.
    """
    for user, demand in demands.items():
        unknown = next((name for name, amount in demand.items() if amount and not capacity.get(name)), None)
        if unknown is not None:
            raise FairnessError(f"user {user!r} asks for {unknown!r}, of which the cluster has none, expected {', '.join(capacity)}")
        if min(demand.values(), default=0) < 0 or not any(demand.values()):
            raise FairnessError(f"user {user!r} asks for {dict(demand)}, expected some of one resource at least, and nothing below zero")


def _fits(used: Mapping[str, Fraction], demand: Vector, capacity: Vector) -> bool:
    return all(used.get(name, Fraction(0)) + amount <= capacity.get(name, 0) for name, amount in demand.items())

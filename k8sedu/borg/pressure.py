"""Pressure: what a machine does when its tasks want more than it has.

It depends on what is missing. Processor time can be taken away for a moment and given back: it is *compressible*, so everybody lives
on, only slower, and latency-sensitive work is served first. Memory cannot be taken from somebody who holds it: tasks are killed, from the
lowest priority up, until the rest fits. Before that, whoever holds more memory than its limit is at fault and goes first.

Source: Verma et al., EuroSys 2015, sections 6.1 and 6.2. Latency-sensitive are here the tasks of the prod bands.
Left out: cgroups, and how a kernel measures.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from k8sedu.borg.bands import is_prod
from k8sedu.borg.jobs import COLUMNS

CPU, MEMORY, DISK = (COLUMNS.index(name) for name in ("cpu", "memory", "disk"))
COMPRESSIBLE = ("cpu",)
NON_COMPRESSIBLE = ("memory", "disk")


class Demand(NamedTuple):
    """What one task would like to use now, and what it may."""

    task: str
    priority: int
    wants: int
    limit: int


def throttle(capacity: int, demands: Sequence[Demand]) -> dict[str, int]:
    """Share out something compressible: first prod, then the rest; within each in proportion to what they want, in whole numbers.

    >>> throttle(4_000, [Demand("web/0", 200, 3_000, 4_000), Demand("batch/0", 100, 2_000, 2_000), Demand("batch/1", 100, 2_000, 2_000)])
    {'web/0': 3000, 'batch/0': 500, 'batch/1': 500}
    """
    given = dict.fromkeys([demand.task for demand in demands], 0)
    left = capacity
    for prod in (True, False):
        same = [demand for demand in demands if is_prod(demand.priority) == prod]
        wanted = sum(demand.wants for demand in same)
        whole = min(left, wanted)
        for demand in same:
            given[demand.task] = demand.wants * whole // wanted if wanted else 0
        left -= whole
    return given


def kill(capacity: int, demands: Sequence[Demand]) -> tuple[str, ...]:
    """Who has to die so that something non-compressible suffices, in this order; of one priority the last one first.

    >>> demands = [Demand("web/0", 200, 5, 6), Demand("batch/0", 100, 3, 3), Demand("test/0", 0, 2, 3)]
    >>> kill(8, demands), kill(10, demands)
    (('test/0',), ())
    >>> kill(10, [Demand("greedy/0", 200, 7, 6), *demands[1:]])
    ('greedy/0',)
    """
    over = [demand.task for demand in demands if demand.wants > demand.limit]
    rest = [demand for demand in demands if demand.wants <= demand.limit]
    total, killed = sum(demand.wants for demand in rest), list(over)
    rest.reverse()
    for demand in sorted(rest, key=lambda each: each.priority):
        if total <= capacity:
            break
        killed.append(demand.task)
        total -= demand.wants
    return tuple(killed)


def relieve(capacity: Mapping[str, int], demands: Mapping[str, Sequence[Demand]]) -> tuple[tuple[str, ...], dict[str, int]]:
    """Both at once for one machine: who is killed, and how much processor time everybody else gets.

    Args:
        capacity: by resource name, what the machine has.
        demands: by resource name, what its tasks want.
    """
    killed = dict.fromkeys(task for name in NON_COMPRESSIBLE for task in kill(capacity.get(name, 0), demands.get(name, ())))
    living = [demand for demand in demands.get("cpu", ()) if demand.task not in killed]
    return tuple(killed), throttle(capacity.get("cpu", 0), living)

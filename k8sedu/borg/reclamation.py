"""Reclamation: who asked for ten cores and uses two lends the rest to work that may be interrupted.

Users ask for what they might need in the worst hour. So for each task Borg estimates what it is going to use, its *reservation*. It starts
as the limit; after the first 300 s, in which a task does unusual things, it sinks slowly towards the usage plus a margin; if usage rises
above it, it rises at once. Production is placed as if everybody used their limits, and so never depends on an estimate; non-prod work sees
the reservations, and gets what is left over. When an estimate was wrong it is non-prod work that pays (`pressure`).

Source: Verma et al., EuroSys 2015, section 5.5, which gives the 300 s and the directions; margin and speed below are ours.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.borg.jobs import COLUMNS, Vector

PORTS_ROW = COLUMNS.index("ports")
"""Nobody uses half a port: these are reserved as asked for."""


class Estimation(NamedTuple):
    """How the estimate follows the usage.

    `margin_percent` is added to the usage; each step, the reservation sinks by `decay_percent` of its distance to that. Steps come every
    few seconds.
    """

    startup_s: int = 300
    margin_percent: int = 25
    decay_percent: int = 10


def next_reservation(
    limit: Vector, reservation: Vector, usage: Vector, *, age_s: int, how: Estimation = Estimation()  # noqa: B008  # a NamedTuple never changes
) -> Vector:  # fmt: skip
    """The reservation of a task after another look at its usage.

    >>> limit, half, low = (4000, 0, 0, 0, 0), (2000, 0, 0, 0, 0), (1000, 0, 0, 0, 0)
    >>> next_reservation(limit, limit, low, age_s=299)[0], next_reservation(limit, limit, low, age_s=300)[0]
    (4000, 3725)
    >>> next_reservation(limit, low, half, age_s=900)[0]
    2500
    """
    if age_s < how.startup_s:
        return limit
    return tuple(
        most if row == PORTS_ROW else _next(most, now, used, how)
        for row, (most, now, used) in enumerate(zip(limit, reservation, usage, strict=True))
    )


def _next(limit: int, reservation: int, usage: int, how: Estimation) -> int:
    goal = min(limit, usage + usage * how.margin_percent // 100)
    if goal >= reservation:
        return goal
    step = (reservation - goal) * how.decay_percent // 100
    return reservation - max(step, 1)


def reclaimed(limit: Vector, reservation: Vector) -> Vector:
    """What non-prod work may have of a task's limit.

    >>> reclaimed((4000, 8, 0, 0, 0), (1500, 8, 0, 0, 0))
    (2500, 0, 0, 0, 0)
    """
    return tuple(most - expected for most, expected in zip(limit, reservation, strict=True))

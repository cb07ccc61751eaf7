"""Priority bands: who may take whose place.

Every job has a priority, and the range of priorities is cut into bands with a purpose each. A task may push out another one of lower
priority. In the production band that would end in cascades: A evicts B, B evicts C, and one arrival disturbs a whole cell. So one line is
drawn: production never preempts production. Monitoring stands above and may; batch and best effort go by the number alone.

Source: Verma et al., EuroSys 2015, section 2.5 (the bands and the rule); the bounds are those of the 2019 trace, Tirmazi et al., EuroSys
2020 (free up to 99, batch 110 to 115 and mid 116 to 119, production 120 to 359, monitoring from 360). The paper of 2015 knows no mid
tier, so 100 to 119 are batch here.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words


class PriorityError(K8sEduError, ValueError):
    """A priority below zero: no band has it."""


class Band(NamedTuple):
    """A range of priorities with one purpose; both bounds belong to it."""

    name: str
    lowest: int
    highest: int
    says: Words


HIGHEST = 2**31 - 1
MONITORING = Band("monitoring", 360, HIGHEST, Words("what watches everything else", "监视其他一切的任务"))
PRODUCTION = Band("production", 120, 359, Words("services that users wait for", "用户正在等待的服务"))
BATCH = Band("batch", 100, 119, Words("work that may take its time", "可以慢慢做的批处理"))
BEST_EFFORT = Band("best effort", 0, 99, Words("tests and whatever is free", "测试，以及用剩下的资源"))
BANDS = (MONITORING, PRODUCTION, BATCH, BEST_EFFORT)
"""From the most important to the least."""


def band_of(priority: int) -> Band:
    """The band of a priority.

    >>> [band_of(priority).name for priority in (0, 99, 100, 119, 120, 359, 360)]
    ['best effort', 'best effort', 'batch', 'batch', 'production', 'production', 'monitoring']

    Raises:
        PriorityError: below zero, or beyond 31 bits.
    """
    for band in BANDS:
        if band.lowest <= priority <= band.highest:
            return band
    raise PriorityError(f"met the priority {priority}, expected 0 to {HIGHEST}")


def is_prod(priority: int) -> bool:
    """Whether a job is *prod*: in the monitoring or the production band. The rest is non-prod.

    >>> is_prod(360), is_prod(120), is_prod(119)
    (True, True, False)
    """
    return priority >= PRODUCTION.lowest


def preempts_below(priority: int) -> int:
    """The priority below which tasks can be evicted for this one: its own, or the whole production band's lower bound.

    >>> preempts_below(400), preempts_below(300), preempts_below(110)
    (400, 120, 110)
    """
    return PRODUCTION.lowest if PRODUCTION.lowest <= priority <= PRODUCTION.highest else priority


def may_preempt(priority: int, victim: int) -> bool:
    """Whether a task of this priority may take the place of one with the other.

    >>> may_preempt(300, 200), may_preempt(300, 119), may_preempt(400, 300), may_preempt(50, 50)
    (False, True, True, False)
    """
    return victim < preempts_below(priority)

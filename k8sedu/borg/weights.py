"""What counts in a score beside the fit, and how much.

The paper lists it: soft constraints that are met, packages that are there already, tasks spread over failure domains, high and low
priority mixed on a machine (so that one has somewhere to grow in a spike), and as few and as unimportant victims as possible. The weights
are ours. Everything but the last is in the order of the fit itself, which is between -1 and 1; a victim outweighs them all.

Source: Verma et al., EuroSys 2015, section 3.2, which names the criteria and not their weights.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from k8sedu.borg.jobs import Task


class Weights(NamedTuple):
    """How much each criterion counts; 0 switches it off.

    `soft` and `packages` are for all of them met, and less for a part; `spread` is taken off for a job that is all in one place; `mix` is
    for a machine that runs tasks of the other kind (prod or non-prod); `eviction` is taken off per victim, the more the higher its
    priority.
    """

    fit: float = 1.0
    soft: float = 0.5
    packages: float = 0.2
    spread: float = 0.2
    mix: float = 0.02
    eviction: float = 10.0


PACKING = Weights(soft=0.0, packages=0.0, spread=0.0, mix=0.0)
"""The fit alone: for experiments that ask how well a scorer packs."""


def eviction_cost(victims: Iterable[Task]) -> float:
    """How bad it is to evict these: one for each, and a thousandth for each step of priority.

    >>> from k8sedu.borg.jobs import BorgJob
    >>> from k8sedu.workload.resources import Resources
    >>> eviction_cost([Task(BorgJob("batch", "ann", Resources(), priority=100), 0)])
    1.1
    """
    return sum(1_000 + victim.priority for victim in victims) / 1_000

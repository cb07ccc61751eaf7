"""Which colour a task has: that of its user, or that of its priority.

Fairness is about users, preemption about priorities, so a picture chooses one of the two. Colour is never the only sign: a task carries its
name, and its priority stands in the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, TypeAlias

from k8sedu.trace import Frozen

ROLES = ("blue", "orange", "green", "purple", "sky", "vermillion", "yellow", "grey")

Meaning: TypeAlias = Literal["user", "priority"]


def roles(jobs: Mapping[str, Frozen], meaning: Meaning) -> dict[str, str]:
    """Job → role. Users in the order in which they first come; of priorities the highest is blue.

    >>> roles({"web": Frozen(user="ann", priority=200), "batch": Frozen(user="bob", priority=100)}, "user")
    {'web': 'blue', 'batch': 'orange'}
    """
    if meaning == "user":
        ranks = list(dict.fromkeys(job.user for job in jobs.values()))
    else:
        ranks = sorted({job.priority for job in jobs.values()}, reverse=True)
    return {name: ROLES[ranks.index(job[meaning]) % len(ROLES)] for name, job in jobs.items()}


def meanings(jobs: Mapping[str, Frozen], meaning: Meaning) -> dict[str, str]:
    """What each colour stands for, for the key to the picture: role → "ann" or "priority 200"."""
    named = roles(jobs, meaning)
    return {named[name]: (job.user if meaning == "user" else f"priority {job.priority}") for name, job in jobs.items()}

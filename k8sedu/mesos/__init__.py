"""Mesos: two levels of scheduling. The master offers, frameworks choose.

Read in this order:

1. `drf`: dominant resource fairness, task by task, in exact fractions
2. `fairness`: asset fairness and the market (CEEI) beside it
3. `master`: agents, offers, refusals, filters, and what is taken back
4. `delay`: a little patience buys locality

    from k8sedu.mesos import drf
    drf.fill({"cpu": 9, "mem_gb": 18}, {"A": {"cpu": 1, "mem_gb": 4}, "B": {"cpu": 3, "mem_gb": 1}}, first="B")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.mesos import delay, drf, fairness
    from k8sedu.mesos.master import Master, Offer

__all__ = ["Master", "Offer", "delay", "drf", "fairness"]

__getattr__, __dir__ = attach(
    __name__, {"Master": "master", "Offer": "master", "delay": "delay", "drf": "drf", "fairness": "fairness"}
)

"""Mesos: two levels of scheduling. The master offers, frameworks choose.

Read in this order:

1. `drf`: dominant resource fairness, task by task, in exact fractions
2. `fairness`: asset fairness and the market (CEEI) beside it
3. `master`: agents, offers, refusals, filters, and what is taken back
4. `delay`: a little patience buys locality
5. `sharing`: the same work on fixed parts of a cluster, and on one that is shared
6. `sim`: all of it in time, with failures
7. `views`, `lab`: offers and shares as pictures, and sliders to move

    from k8sedu import mesos
    trace = mesos.simulate(seed=5, faults=["at 9000 crash m2"])
    mesos.views.play(trace)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.mesos import delay, drf, fairness, sharing, views
    from k8sedu.mesos.lab import lab
    from k8sedu.mesos.master import Master, Offer
    from k8sedu.mesos.sim import simulate

__all__ = ["Master", "Offer", "delay", "drf", "fairness", "lab", "sharing", "simulate", "views"]

__getattr__, __dir__ = attach(
    __name__,
    {
        "Master": "master",
        "Offer": "master",
        "delay": "delay",
        "drf": "drf",
        "fairness": "fairness",
        "lab": "lab.lab",
        "sharing": "sharing",
        "simulate": "sim",
        "views": "views",
    },
)

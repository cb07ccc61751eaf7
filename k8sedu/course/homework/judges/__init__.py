"""Judges that know a system: what a student has written is run by the model, and its named invariants and its trace decide.

- `raft`: schedules of a group (which lines can happen, which promise breaks, whose log diverges and heals), and election timers
- `etcd`: commands on a store, and what it holds and answers after them
- `managers`: placements in a cell, turns of DRF, offers of Mesos, Borg's queue and quota
- `scheduler`: kube-scheduler's reasons and messages, plugins over columns, manifests that the model schedules
- `services`: packets through rules and nodes, endpoints, repaired Services, chances; `manifests` reads what is handed in as one

A judge is made in a test cell and asked in the trusted process. It never runs a student's code: a schedule is text, timers are numbers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.course.homework.judges import etcd, managers, raft, scheduler, services

__all__ = ["etcd", "managers", "raft", "scheduler", "services"]

__getattr__, __dir__ = attach(__name__, {name: name for name in __all__})

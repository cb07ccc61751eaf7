"""Raft: how a few servers that may crash agree on one log.

Read the files in this order:

1. `messages`, `log`, `quorum`, `membership` - the words: entries, messages, majorities, who belongs to the group
2. `rules`, `config`, `roles` - what is promised, the knobs, and the three roles as a table
3. `storage`, `ready` - what survives a crash, and what a server gives out
4. `state`, `election`, `replication`, `reading`, `transfer`, `node` - the server itself
5. `machine`, `group`, `paper` - what runs above the log, a whole group without time, and the situations of the paper's figures
6. `history`, `invariants`, `checker`, `linearizability`, `search` - what must always hold, and how a run is found in which it does not
7. `frames`, `sim` - how a run is remembered, and groups in simulated time with faults and clients
8. `views`, `lab` - the pictures, and the laboratory in which you break things by hand

The names below are loaded when they are first used, so that `import k8sedu.raft` costs next to nothing.

>>> from k8sedu import raft
>>> trace = raft.simulate(size=3, seed=7, duration_ms=500)
>>> trace[-1].frame.nodes.n1.term
1
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.raft import invariants, lab, paper, quorum, search, sim, views
    from k8sedu.raft.checker import check
    from k8sedu.raft.config import Config
    from k8sedu.raft.group import Group
    from k8sedu.raft.messages import Entry, Message
    from k8sedu.raft.node import Node
    from k8sedu.raft.rules import RULES, Rules
    from k8sedu.raft.search import find_violation
    from k8sedu.raft.sim import Clients, fork, run_scenario, scenario_of, simulate

__all__ = [
    "RULES",
    "Clients",
    "Config",
    "Entry",
    "Group",
    "Message",
    "Node",
    "Rules",
    "check",
    "find_violation",
    "fork",
    "invariants",
    "lab",
    "paper",
    "quorum",
    "run_scenario",
    "scenario_of",
    "search",
    "sim",
    "simulate",
    "views",
]

__getattr__, __dir__ = attach(
    __name__,
    {
        "RULES": "rules",
        "Clients": "sim",
        "Config": "config",
        "Entry": "messages",
        "Group": "group",
        "Message": "messages",
        "Node": "node",
        "Rules": "rules",
        "check": "checker",
        "find_violation": "search",
        "fork": "sim",
        "invariants": "invariants",
        "lab": "lab.lab",
        "paper": "paper",
        "quorum": "quorum",
        "run_scenario": "sim",
        "scenario_of": "sim",
        "search": "search",
        "sim": "sim",
        "simulate": "sim",
        "views": "views",
    },
)

"""Raft seen: every picture is a function of a trace, and never runs a simulation.

- `play`: the animation of a run; `election_scene`: one instant of it as shapes; `caption`: one sentence that says why a step happened
- `term_timeline`, `message_lanes`, `commit_timeline`, `election_cdf`: matplotlib, each takes `ax=` and returns Axes
- `table`, `log_table`, `quorum_table`: pandas; `role_diagram`: the roles from the very table that the state machine obeys;
  `log_repair`, `figure_8`: two figures of the paper

Read `captions` first: to say why each step happened is the hardest part, and the rest is drawing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.raft.views import captions
    from k8sedu.raft.views.captions import caption
    from k8sedu.raft.views.cdf import election_cdf
    from k8sedu.raft.views.charts import commit_timeline, message_lanes, term_timeline
    from k8sedu.raft.views.diagram import role_diagram
    from k8sedu.raft.views.election_scene import election_scene
    from k8sedu.raft.views.film import film, play
    from k8sedu.raft.views.log_pictures import figure_8, log_repair
    from k8sedu.raft.views.tables import log_table, quorum_table, table

_MODULES = {
    "captions": "caption",
    "cdf": "election_cdf",
    "charts": "term_timeline message_lanes commit_timeline",
    "diagram": "role_diagram",
    "election_scene": "election_scene",
    "film": "film play",
    "log_pictures": "log_repair figure_8",
    "tables": "table log_table quorum_table",
}

__all__ = [
    "caption",
    "captions",
    "commit_timeline",
    "election_cdf",
    "election_scene",
    "figure_8",
    "film",
    "log_repair",
    "log_table",
    "message_lanes",
    "play",
    "quorum_table",
    "role_diagram",
    "table",
    "term_timeline",
]

_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}
_SAME_NAME = {"captions": "captions", "election_scene": "election_scene.election_scene", "film": "film.film"}

__getattr__, __dir__ = attach(__name__, {**_NAMES, **_SAME_NAME})

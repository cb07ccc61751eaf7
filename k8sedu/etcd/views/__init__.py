"""etcd seen: every picture is a function of a trace or of a store's frame, and never runs anything.

- `play`: the animation of a run: the two trees of a store's story
- `term_revision_timeline`, `watch_lanes`, `lease_timeline`, `keep_alive_bars`: matplotlib, each takes `ax=` and returns Axes
- `two_trees`: one instant of a store as shapes, of the model or of a real member
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.etcd.views.leases import countdowns, keep_alive_bars, lease_timeline
    from k8sedu.etcd.views.story_film import play, story_film
    from k8sedu.etcd.views.timelines import points, received, term_revision_timeline, watch_lanes
    from k8sedu.etcd.views.two_trees import two_trees

_MODULES = {
    "leases": "countdowns keep_alive_bars lease_timeline",
    "story_film": "play story_film",
    "timelines": "points received term_revision_timeline watch_lanes",
    "two_trees": "two_trees",
}

__all__ = [
    "countdowns",
    "keep_alive_bars",
    "lease_timeline",
    "play",
    "points",
    "received",
    "story_film",
    "term_revision_timeline",
    "two_trees",
    "watch_lanes",
]

_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__getattr__, __dir__ = attach(__name__, {**_NAMES, "story_film": "story_film.story_film", "two_trees": "two_trees.two_trees"})

"""etcd seen: every picture is a function of a trace or of a store's frame, and never runs anything.

- `play`: the animation of any run: the two trees of a store's story, a cluster's members, one of them inside, its leases, its transactions
- `member_scene`: one member from the inside: API, Raft, store, log and database, and the way of a request through them
- `txn_card`: a transaction as if, then, else, with the view that its comparisons saw
- `term_revision_timeline`, `watch_lanes`, `lease_timeline`, `keep_alive_bars`: matplotlib, each takes `ax=` and returns Axes
- `term_revision_scene`, `api_scene`: term and revision, and the calls of the API, as still pictures in both languages
- `two_trees`: one instant of a store as shapes, of the model or of a real member
- `wal_bytes`, `wal_film`: a write-ahead log as records and as bytes, of the model or of a real member
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.etcd.views.api_scene import api_scene
    from k8sedu.etcd.views.film import play
    from k8sedu.etcd.views.lease_film import lease_film
    from k8sedu.etcd.views.leases import countdowns, keep_alive_bars, lease_timeline
    from k8sedu.etcd.views.member_film import member_film
    from k8sedu.etcd.views.member_scene import member_scene
    from k8sedu.etcd.views.members_film import members_film
    from k8sedu.etcd.views.story_film import story_film
    from k8sedu.etcd.views.term_scene import term_revision_scene
    from k8sedu.etcd.views.timelines import points, received, term_revision_timeline, watch_lanes
    from k8sedu.etcd.views.two_trees import two_trees
    from k8sedu.etcd.views.txn_card import txn_card
    from k8sedu.etcd.views.txn_film import txn_film
    from k8sedu.etcd.views.wal_bytes import wal_bytes
    from k8sedu.etcd.views.wal_film import wal_film

_MODULES = {
    "api_scene": "api_scene",
    "film": "play",
    "lease_film": "lease_film",
    "leases": "countdowns keep_alive_bars lease_timeline",
    "member_film": "member_film",
    "member_scene": "member_scene",
    "members_film": "members_film",
    "story_film": "story_film",
    "term_scene": "term_revision_scene",
    "timelines": "points received term_revision_timeline watch_lanes",
    "two_trees": "two_trees",
    "txn_card": "txn_card",
    "txn_film": "txn_film",
    "wal_bytes": "wal_bytes",
    "wal_film": "wal_film",
}

__all__ = [
    "api_scene",
    "countdowns",
    "keep_alive_bars",
    "lease_film",
    "lease_timeline",
    "member_film",
    "member_scene",
    "members_film",
    "play",
    "points",
    "received",
    "story_film",
    "term_revision_scene",
    "term_revision_timeline",
    "two_trees",
    "txn_card",
    "txn_film",
    "wal_bytes",
    "wal_film",
    "watch_lanes",
]

_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}

_SAME_NAME = (
    "api_scene", "lease_film", "member_film", "member_scene", "members_film", "story_film", "two_trees", "txn_card", "txn_film",
    "wal_bytes", "wal_film",
)  # fmt: skip

__getattr__, __dir__ = attach(__name__, {**_NAMES, **{name: f"{name}.{name}" for name in _SAME_NAME}})

"""Pictures of Services and kube-proxy.

- `packet_walk`, `packet_scene`, `walk_table`: one request, rule by rule, from the client to a pod and back
- `four_modes`, `modes_table`: the same packet in several modes, side by side
- `service_scene`, `balancing_scene`: the notes' two pictures: who belongs to a Service, and how it balances load
- `distribution_chart`, `distribution_table`: many requests against 1/n; `affinity_chart`: who stays with whom
- `play`, `table`: a run in time, as a film and as a DataFrame
- `failover_timeline`, `failover_table`: for how long nodes knew a dead pod
- `rules_chart`, `first_packet_chart`, `rewrite_chart`, `cost_curves`, `cost_table`: what thousands of Services cost
"""

from __future__ import annotations

from k8sedu.kube.proxy.views.affinity import affinity_chart
from k8sedu.kube.proxy.views.costs import cost_curves, cost_table, first_packet_chart, rewrite_chart, rules_chart
from k8sedu.kube.proxy.views.failover import failover_table, failover_timeline
from k8sedu.kube.proxy.views.graph import balancing_scene, service_scene
from k8sedu.kube.proxy.views.modes import four_modes, four_modes_film, modes_table
from k8sedu.kube.proxy.views.run import film, play, table
from k8sedu.kube.proxy.views.spread import distribution_chart, distribution_table
from k8sedu.kube.proxy.views.walk import WalkError, packet_scene, packet_walk, packet_walk_film, walk_table

__all__ = [
    "WalkError", "affinity_chart", "balancing_scene", "cost_curves", "cost_table", "distribution_chart", "distribution_table",
    "failover_table", "failover_timeline", "film", "first_packet_chart", "four_modes", "four_modes_film", "modes_table",
    "packet_scene", "packet_walk", "packet_walk_film", "play", "rewrite_chart", "rules_chart", "service_scene", "table",
    "walk_table",
]  # fmt: skip

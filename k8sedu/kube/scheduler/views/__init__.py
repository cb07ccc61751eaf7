"""Pictures of Kubernetes' scheduler.

- `cycle`: one pod's cycle step by step: who is out and why, how scores stack up, who is taken
- `heat_map`, `verdict_table`, `filter_table`, `score_table`: the same at once, nodes against plugins
- `preemption`: before and after: whose pods would have to go, which node pays
- `spread_chart`, `spread_table`: pods per zone and node, and the skew
- `imbalance_chart`, `imbalance_table`: two profiles side by side
- `play`, `table`: a run in time, as a film and as a DataFrame; `queue_timeline`, `backoff_table`: where each pod waited
"""

from __future__ import annotations

from k8sedu.kube.scheduler.views.balance import imbalance_chart, imbalance_table
from k8sedu.kube.scheduler.views.cycle import cycle, cycle_film, cycle_scene
from k8sedu.kube.scheduler.views.evicting import preemption, preemption_film
from k8sedu.kube.scheduler.views.heat import filter_table, heat_map, score_table, verdict_table
from k8sedu.kube.scheduler.views.run import film, play, table
from k8sedu.kube.scheduler.views.spread import spread_chart, spread_of, spread_table
from k8sedu.kube.scheduler.views.waiting import backoff_table, queue_timeline

__all__ = [
    "backoff_table", "cycle", "cycle_film", "cycle_scene", "film", "filter_table", "heat_map", "imbalance_chart", "imbalance_table", "play",
    "preemption", "preemption_film", "queue_timeline", "score_table", "spread_chart", "spread_of", "spread_table", "table", "verdict_table",
]  # fmt: skip

"""Pictures of a schedule, whoever made it.

- `play`: the film: queue, machines with what runs on them, why a machine is out, and what was chosen
- `schedule_scene`: one instant of it
- `utilisation_timeline`, `wait_cdf`: charts of one run, or of several
- `comparison`: several runs on one page; its parts are `utilisation_lines`, `packing_chart`, `waits_by_priority`
- `outcome_table`: runs side by side as a table
"""

from __future__ import annotations

from k8sedu.workload.views.charts import outcome_table, utilisation_timeline, wait_cdf
from k8sedu.workload.views.film import play, schedule_film
from k8sedu.workload.views.scene import schedule_scene
from k8sedu.workload.views.side_by_side import comparison, packing_chart, utilisation_lines, waits_by_priority

__all__ = [
    "comparison",
    "outcome_table",
    "packing_chart",
    "play",
    "schedule_film",
    "schedule_scene",
    "utilisation_lines",
    "utilisation_timeline",
    "wait_cdf",
    "waits_by_priority",
]

"""Pictures of Borg.

- `play`: a run as a film: queue, machines, why a machine is out, scores, victims; who leads above
- `architecture`: the same run from the other side: polls, whole reports, differences, the log and its copies, elections, checkpoints
- `polling_chart`, `polling_table`: what 1, 5 or 20 link shards cost
- `recovery_timeline`: how the time of a failover passes
- `head_of_line`: who waits behind whom, with and without round robin
- `compaction_chart`, `switches_chart`: the experiments of the paper
- `table`: a run as a pandas DataFrame
"""

from __future__ import annotations

from k8sedu.borg.views.architecture import architecture, architecture_film
from k8sedu.borg.views.cell_scene import architecture_scene
from k8sedu.borg.views.charts import failovers, head_of_line, polling_chart, polling_table, recovery_timeline, table
from k8sedu.borg.views.compaction import compaction_chart, switches_chart
from k8sedu.borg.views.schedule import film, play

__all__ = [
    "architecture", "architecture_film", "architecture_scene", "compaction_chart", "failovers", "film", "head_of_line", "play",
    "polling_chart", "polling_table", "recovery_timeline", "switches_chart", "table",
]  # fmt: skip

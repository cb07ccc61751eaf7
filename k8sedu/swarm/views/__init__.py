"""Pictures of Swarm.

- `play`: who runs where, with what the managers know: classic Swarm's manager, or the group that leads swarm mode
- `play_update`: the slots of a service while its version changes: what is stopped, prepared, watched, paused, taken back
- `play_mesh`, `mesh_of`: a request through the routing mesh, hop by hop
- `version_timeline`, `slot_timeline`, `manager_timeline`: the same over time, as charts
- `task_table`: the tasks of a service as `docker service ps` shows them
"""

from __future__ import annotations

from k8sedu.swarm.views.charts import manager_timeline, slot_timeline, task_table, version_timeline
from k8sedu.swarm.views.film import film, play
from k8sedu.swarm.views.mesh import mesh_film, mesh_of, play_mesh
from k8sedu.swarm.views.update import play_update, update_film

__all__ = [
    "film",
    "manager_timeline",
    "mesh_film",
    "mesh_of",
    "play",
    "play_mesh",
    "play_update",
    "slot_timeline",
    "task_table",
    "update_film",
    "version_timeline",
]

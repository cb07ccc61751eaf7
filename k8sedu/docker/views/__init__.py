"""A Docker host seen: every picture is a function of a trace, and never runs anything.

- `play`: the animation: the port table grows, packets walk hop by hop, addresses are rewritten
- `growth_chart`, `address_timeline`: matplotlib, each takes `ax=` and returns Axes
- `table`, `port_table`, `growth`: pandas
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from k8sedu.lazy import attach

if TYPE_CHECKING:
    from k8sedu.docker.views.charts import address_timeline, growth, growth_chart, port_table, table, tenures
    from k8sedu.docker.views.film import PortsError, film, play
    from k8sedu.docker.views.scene import host_scene

_MODULES = {
    "charts": "address_timeline growth growth_chart port_table table tenures",
    "film": "PortsError play",
    "scene": "host_scene",
}
__all__ = ["PortsError", "address_timeline", "film", "growth", "growth_chart", "host_scene", "play", "port_table", "table", "tenures"]

_NAMES = {name: module for module, names in _MODULES.items() for name in names.split()}

__getattr__, __dir__ = attach(__name__, {**_NAMES, "film": "film.film"})

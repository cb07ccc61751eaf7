"""The laboratory of fairness: move what each user needs, and see whose turn it is, and who would rather lie.

Left out: more than two users, so that everything stays in one look; `views.drf_ledger` takes any number.
"""

from __future__ import annotations

from dataclasses import replace

from k8sedu.language import Words
from k8sedu.mesos.drf import Vector
from k8sedu.mesos.views import ledger_film
from k8sedu.stage.document import Control, Document, Slider
from k8sedu.stage.explore import Event, Explorer

START = {"A/cpu": 1, "A/mem_gb": 4, "B/cpu": 3, "B/mem_gb": 1, "cluster/cpu": 9, "cluster/mem_gb": 18}
"""The paper's example."""


class Laboratory(Explorer):
    """Two users, two resources, six sliders."""

    def __init__(self, *, language: str | None = None) -> None:
        self.amounts = dict(START)
        self.language = language
        super().__init__(self.ledger(), self._move)

    @property
    def capacity(self) -> Vector:
        """What the cluster has."""
        return {"cpu": self.amounts["cluster/cpu"], "mem_gb": self.amounts["cluster/mem_gb"]}

    @property
    def demands(self) -> dict[str, Vector]:
        """What one task of each user needs."""
        return {user: {name: self.amounts[f"{user}/{name}"] for name in ("cpu", "mem_gb")} for user in ("A", "B")}

    def set(self, slider: str, value: int) -> None:
        """Move a slider: "A/cpu", "B/mem_gb", "cluster/cpu", …"""
        self.act(Event(time_us=0, step=0, control=slider, value=value))

    def ledger(self) -> Document:
        """The ledger for the present amounts, with the sliders below it."""
        film = ledger_film(self.capacity, self.demands, language=self.language)
        return replace(film, controls=tuple(self._slider(name) for name in START))

    def _slider(self, name: str) -> Control:
        whose, _, what = name.partition("/")
        high, low = (40, 4) if whose == "cluster" else (8, 1)
        label = Words(f"{whose}: {what}", f"{'集群' if whose == 'cluster' else whose}：{what}")
        return Slider(name, label, low=low, high=high, step=1, value=self.amounts[name])

    def _move(self, event: Event) -> Document | None:
        if event.control not in self.amounts or not isinstance(event.value, int | float):
            return None
        self.amounts[event.control] = round(event.value)
        return self.ledger()


def lab(*, language: str | None = None) -> Laboratory:
    """The live laboratory of dominant resource fairness, beginning with the paper's example."""
    return Laboratory(language=language)

"""The laboratory of rolling updates: set how a new version is rolled out, say whether it is a bad one, and watch.

Left out: services of other sizes; `simulate_services` takes any.
"""

from __future__ import annotations

from dataclasses import replace

from k8sedu.language import Words
from k8sedu.stage.document import Choice, Control, Document, Slider, Toggle
from k8sedu.stage.explore import Event, Explorer
from k8sedu.swarm.mode.service import ACTIONS, ORDERS, Service, Spec
from k8sedu.swarm.sim import simulate_services
from k8sedu.swarm.sim import update as order_update
from k8sedu.swarm.views.update import update_film
from k8sedu.trace import Trace

UPDATE_MS = 5_000
LABELS = {
    "parallelism": Words("parallelism (0 is all)", "并行数（0 为全部）"), "delay_ms": Words("delay (ms)", "延迟（毫秒）"),
    "max_failure_ratio": Words("failures allowed (%)", "允许失败（%）"), "failure_action": Words("on failure", "失败时"),
    "order": Words("order", "顺序"), "bad": Words("the new image is bad", "新镜像有问题"),
}  # fmt: skip


class RolloutLaboratory(Explorer):
    """A service of six tasks, one update, and the settings of that update; they begin with Docker's defaults."""

    def __init__(self, *, seed: int = 0, language: str | None = None) -> None:
        self.seed, self.language = seed, language
        self.parallelism, self.delay_ms, self.percent = 1, 0, 0
        self.failure_action, self.order, self.bad = "pause", "stop-first", False
        super().__init__(self.picture(), self._act)

    def set(self, name: str, value: float | str) -> None:
        """Move a control: "parallelism", "delay_ms", "max_failure_ratio" (in per cent), "failure_action", "order", "bad"."""
        self.act(Event(time_us=0, step=0, control=name, value=value))

    def trace(self) -> Trace:
        """The run with these settings."""
        web = Service("web", Spec("web:1", cpu_millicores=500), replicas=6)
        order = order_update(
            "web", at_ms=UPDATE_MS, image="web:2", fails_after_ms=800 if self.bad else None, parallelism=self.parallelism,
            delay_ms=self.delay_ms, failure_action=self.failure_action, order=self.order, max_failure_ratio=self.percent / 100,
        )  # fmt: skip
        end_ms = UPDATE_MS + 20_000 + 6 * self.delay_ms
        return simulate_services([web], orders=[order], seed=self.seed, duration_ms=end_ms)

    def picture(self) -> Document:
        """The update as a film, with the controls below it."""
        return replace(update_film(self.trace(), language=self.language), controls=self._controls())

    def _controls(self) -> tuple[Control, ...]:
        return (
            Toggle("bad", LABELS["bad"], self.bad),
            Choice("order", LABELS["order"], options=tuple((name, name) for name in ORDERS), value=self.order),
            Choice("failure_action", LABELS["failure_action"], options=tuple((name, name) for name in ACTIONS), value=self.failure_action),
            Slider("parallelism", LABELS["parallelism"], low=0, high=6, step=1, value=self.parallelism),
            Slider("delay_ms", LABELS["delay_ms"], low=0, high=3_000, step=500, value=self.delay_ms),
            Slider("max_failure_ratio", LABELS["max_failure_ratio"], low=0, high=100, step=10, value=self.percent),
        )

    def _act(self, event: Event) -> Document | None:
        name, value = event.control, event.value
        if name == "bad":
            self.bad = bool(value)
        elif name == "order" and value in ORDERS:
            self.order = str(value)
        elif name == "failure_action" and value in ACTIONS:
            self.failure_action = str(value)
        elif name in {"parallelism", "delay_ms", "max_failure_ratio"} and isinstance(value, int | float):
            setattr(self, "percent" if name == "max_failure_ratio" else name, round(value))
        else:
            return None
        return self.picture()


def update_lab(*, seed: int = 0, language: str | None = None) -> RolloutLaboratory:
    """The live laboratory of rolling updates, beginning with Docker's defaults."""
    return RolloutLaboratory(seed=seed, language=language)

"""The laboratory of placement: choose a strategy, run containers, stop hosts and the manager, and see what comes of it.

Every click is one more line of a plan, and the run is made anew from it. So the same clicks under another strategy are one choice away.

Left out: constraints; `k8sedu.swarm.filters.select` takes any.
"""

from __future__ import annotations

from dataclasses import replace

from k8sedu.language import Words
from k8sedu.stage.document import Button, Choice, Control, Document, Toggle
from k8sedu.stage.explore import Event, Explorer
from k8sedu.swarm.classic import STRATEGIES
from k8sedu.swarm.sim.by_hand import HOSTS, SIZES, Click, by_hand
from k8sedu.swarm.views.film import film
from k8sedu.trace import Trace


class Laboratory(Explorer):
    """Four hosts, a manager, and a list of clicks."""

    def __init__(self, *, seed: int = 0, language: str | None = None) -> None:
        self.seed, self.language = seed, language
        self.strategy, self.reschedules = "spread", False
        self.clicks: list[Click] = [Click("small"), Click("large")]
        super().__init__(self.picture(), self._act)

    def do(self, what: str, target: str = "") -> None:
        """Press a button: `do("small")`, `do("host", "m2")`, `do("manager")`, `do("undo")`, `do("strategy", "binpack")`."""
        if what == "strategy":
            self.act(Event(time_us=0, step=0, control="strategy", value=target))
        else:
            self.act(Event(time_us=0, step=0, control=f"{what}/{target}" if target else what, value=True))

    def trace(self) -> Trace:
        """The run that the clicks make: one a second."""
        return by_hand(self.clicks, strategy=self.strategy, reschedules=self.reschedules, seed=self.seed)

    def picture(self) -> Document:
        """The run as a film, with the controls below it."""
        return replace(film(self.trace(), language=self.language), controls=self._controls())

    def _controls(self) -> tuple[Control, ...]:
        down = self._down()
        named = tuple((name, name) for name in STRATEGIES)
        hosts = [
            Button(f"host/{name}", Words(f"start {name}", f"启动 {name}") if name in down else Words(f"stop {name}", f"停止 {name}"))
            for name, _ in HOSTS
        ]
        manager = Words("start the manager", "启动管理者") if "manager" in down else Words("stop the manager", "停止管理者")
        return (
            Choice("strategy", Words("strategy", "策略"), options=named, value=self.strategy),
            Toggle("reschedule", Words("reschedule on node failure", "节点失效时重新调度"), self.reschedules),
            Button("small", Words("run a small one (1 core)", "运行小容器（1 核）")),
            Button("large", Words("run a large one (3 cores)", "运行大容器（3 核）")), *hosts, Button("manager", manager),
            Button("undo", Words("undo", "撤销")),
        )  # fmt: skip

    def _down(self) -> list[str]:
        """What is stopped at the end of the clicks."""
        state: dict[str, str] = {click.target: click.what for click in self.clicks if click.target}
        return [target for target, what in state.items() if what == "crash"]

    def _act(self, event: Event) -> Document | None:
        name, _, target = (event.control or "").partition("/")
        if name == "strategy" and event.value in STRATEGIES:
            self.strategy = str(event.value)
        elif name == "reschedule":
            self.reschedules = bool(event.value)
        elif name in SIZES:
            self.clicks.append(Click(name))
        elif name in {"host", "manager"}:
            target = target or "manager"
            self.clicks.append(Click("restart" if target in self._down() else "crash", target))
        elif name == "undo" and self.clicks:
            self.clicks.pop()
        else:
            return None
        return self.picture()


def lab(*, seed: int = 0, language: str | None = None) -> Laboratory:
    """The live laboratory of classic Swarm: strategies, containers, and what fails."""
    return Laboratory(seed=seed, language=language)

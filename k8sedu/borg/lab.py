"""The laboratory of placement: submit a job, switch machines and masters off, score differently, and step back to try again.

Whatever the reader does is added to the run's plan at the instant at which they stand, and the run is lived again: the past stays what it
was, what was the future becomes another one (`k8sedu.borg.sim.plans`). "Undo" takes the last wish back.

Left out: links between replicas, which lesson 1 cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.sim.plans import Draft, Plan
from k8sedu.borg.views.schedule import film, shown_steps
from k8sedu.language import Words
from k8sedu.stage.document import Action, Button, Choice, Control, Document, Slider, Toggle
from k8sedu.stage.explore import Event, Explorer
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Shape
from k8sedu.trace import Frozen

MACHINE_UP, MACHINE_CUT, MACHINE_DOWN = "machine-up", "machine-cut", "machine-down"
REPLICA_UP, REPLICA_DOWN = "replica-up", "replica-down"
MENUS = {
    MACHINE_UP: (Action("crash", Words("switch it off", "关机")), Action("pause", Words("pull its cable", "拔掉网线"))),
    MACHINE_CUT: (Action("resume", Words("plug its cable in", "插上网线")), Action("crash", Words("switch it off", "关机"))),
    MACHINE_DOWN: (Action("restart", Words("switch it on", "开机")),),
    REPLICA_UP: (Action("crash", Words("stop this replica", "停止这个副本")),),
    REPLICA_DOWN: (Action("restart", Words("start this replica", "启动这个副本")),),
}
BANDS = (
    ("400", Words("monitoring (400)", "监控（400）")), ("200", Words("production (200)", "生产（200）")),
    ("110", Words("batch (110)", "批处理（110）")), ("0", Words("best effort (0)", "尽力而为（0）")),
)  # fmt: skip


class Laboratory(Explorer):
    """A cell that can be touched. `trace` is the run as it is now, for charts and tables; `plan` is what it follows from.

    >>> laboratory = lab()
    >>> laboratory.act(Event(time_us=8_000_000, step=0, action="crash", shape="machine/m2"))
    >>> laboratory.trace.where("machine_crash")[0].actor
    'm2'
    """

    def __init__(self, plan: Plan, *, language: str | None = None) -> None:
        """Open the laboratory on a plan."""
        self.plan, self.draft, self.language = plan, Draft(), language
        self.trace = plan.run()
        self._past: list[Plan] = []
        super().__init__(self._film(), self._happen)

    def _happen(self, event: Event) -> Document | None:
        """One thing that the reader did, as another film."""
        if event.control in Draft._fields:
            self.draft = self.draft._replace(**{event.control: int(event.value or 0)})
        elif event.control == "undo":
            if not self._past:
                return None
            self._live(self._past.pop())
        else:
            wish = WISHES.get(event.action or event.control or "")
            if wish is None:
                return None
            before = self.plan
            self._live(wish(self, event))  # a plan that cannot be lived is refused here, and nothing has changed
            self._past.append(before)
        return self._film()

    def _live(self, plan: Plan) -> None:
        self.trace = plan.run()
        self.plan = plan

    def _film(self) -> Document:
        document = film(self.trace, language=self.language, title=Words("Borg laboratory", "Borg 实验室"))
        shown = (step.frame for step in shown_steps(self.trace))
        live = tuple(old._replace(scene=_with_menus(old.scene, frame)) for old, frame in zip(document.frames, shown, strict=True))
        return replace(document, frames=live, menus=MENUS, controls=tuple(_controls(self.plan, self.draft)))


def lab(*, language: str | None = None, **plan: Any) -> Laboratory:
    """Open the live laboratory of placement on a made workload of a `seed`, or on a `workload` of your own."""
    return Laboratory(Plan.new(**plan), language=language)


# -- what can be touched -----------------------------------------------------------------------------------------------------------------


def _with_menus(scene: Scene, frame: Frozen | None) -> Scene:
    """The scene in which machines and replicas have menus."""
    assert frame is not None
    return replace(scene, shapes=tuple(_with_menu(shape, frame) for shape in scene.shapes))


def _with_menu(shape: Shape, frame: Frozen) -> Shape:
    what, _, name = shape.id.partition("/")
    if what == "replica" and name in frame.more.replicas:
        return replace(shape, menu=REPLICA_DOWN if frame.more.replicas[name].role == "down" else REPLICA_UP)
    if what == "machine" and name in frame.more.borglets:
        borglet = frame.more.borglets[name]
        return replace(shape, menu=MACHINE_UP if borglet.answers else MACHINE_CUT if borglet.works else MACHINE_DOWN)
    return shape


def _controls(plan: Plan, draft: Draft) -> Iterator[Control]:
    yield Choice("priority", Words("priority", "优先级"), BANDS, str(draft.priority))
    yield Slider("cores", Words("cores of each task", "每个任务的核数"), low=1, high=8, step=1, value=draft.cores)
    yield Slider("tasks", Words("tasks", "任务数"), low=1, high=12, step=1, value=draft.tasks)
    yield Button("submit", Words("submit this job now", "现在提交这个作业"))
    yield Button("kill_master", Words("kill the master now", "现在杀掉主控"))
    yield Button("kill_scheduler", Words("stop or start the scheduler", "停止或启动调度器"))
    scorers = tuple((name, name.replace("_", " ")) for name in SCORERS)
    yield Choice("scorer", Words("score machines from now on by", "从现在起的打分方式"), scorers, plan.scorer)
    orders = (("round robin", Words("round robin", "轮转")), ("fifo", Words("first come", "先来先到")))
    yield Choice("order", Words("queue", "队列"), orders, plan.order)
    yield Toggle("preemption", Words("preemption", "抢占"), plan.preemption)
    yield Button("undo", Words("undo", "撤销"))


# -- what a wish means -------------------------------------------------------------------------------------------------------------------


def _fault(laboratory: Laboratory, event: Event) -> Plan:
    name = (event.shape or "").partition("/")[2]
    return laboratory.plan.with_fault(event.action or "", name, now_us=event.time_us)


def _scheduler(laboratory: Laboratory, event: Event) -> Plan:
    frame = laboratory.trace.at(event.time_us).frame
    works = frame is None or frame.more.scheduler.works
    return laboratory.plan.with_scheduler(works=not works, now_us=event.time_us)


def _setting(name: str, kind: Callable[[Any], Any]) -> Callable[[Laboratory, Event], Plan]:
    """Something that holds from the beginning: the run starts anew."""
    return lambda laboratory, event: laboratory.plan._replace(**{name: kind(event.value)})


WISHES: dict[str, Callable[[Laboratory, Event], Plan]] = {
    **dict.fromkeys(("crash", "restart", "pause", "resume"), _fault),
    "submit": lambda laboratory, event: laboratory.plan.with_job(laboratory.draft, now_us=event.time_us),
    "kill_master": lambda laboratory, event: laboratory.plan.without_master(now_us=event.time_us),
    "kill_scheduler": _scheduler,
    "scorer": lambda laboratory, event: laboratory.plan.with_scorer(str(event.value), now_us=event.time_us),
    "order": _setting("order", str),
    "preemption": _setting("preemption", bool),
}
"""What the reader may do → the plan that follows from it."""

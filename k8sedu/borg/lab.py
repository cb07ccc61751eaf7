"""The laboratory of placement: submit a job, switch machines and masters off, score differently, and step back to try again.

Whatever the reader does is added to the run's plan at the instant at which they stand, and the run is lived again: the past stays what it
was, what was the future becomes another one. "Undo" takes the last wish back.

Left out: links between replicas, which lesson 1 cuts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from k8sedu.borg.scoring import SCORERS
from k8sedu.borg.sim import simulate
from k8sedu.borg.sim.settings import MASTER, SCHEDULER
from k8sedu.borg.views.schedule import DULL, film
from k8sedu.language import Words
from k8sedu.sim import faults as make
from k8sedu.sim.faults import Fault
from k8sedu.sim.seeds import stream
from k8sedu.stage.document import Action, Button, Choice, Control, Document, Slider, Toggle
from k8sedu.stage.explore import Event, Explorer
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Shape
from k8sedu.trace import Frozen, Trace
from k8sedu.workload.arrivals import Mix
from k8sedu.workload.arrivals import make as make_workload
from k8sedu.workload.jobs import Job, Workload
from k8sedu.workload.resources import Resources

FUTURE_MS = 14_000
"""After every action the run goes on for at least this long: long enough for another master to be elected."""

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


class Plan(NamedTuple):
    """What the reader has wished so far; everything that the run depends on."""

    workload: Workload
    seed: int = 5
    duration_ms: int = 20_000
    jobs: tuple[Job, ...] = ()
    faults: tuple[Fault, ...] = ()
    scorers: tuple[tuple[int, str], ...] = ()
    priority: int = 200
    cores: int = 2
    tasks: int = 3
    order: str = "round robin"
    preemption: bool = True

    @property
    def wishes(self) -> Plan:
        """The same without what only prepares the next job: plans that are equal in this have one run."""
        return self._replace(priority=0, cores=0, tasks=0)

    def run(self) -> Trace:
        """The run of this plan."""
        workload = Workload.of(self.workload.machines, (*self.workload.jobs, *self.jobs))
        return simulate(
            workload, seed=self.seed, duration_ms=self.duration_ms, faults=self.faults, scorers=self.scorers, order=self.order,
            preemption=self.preemption, think_ms=5,
        )  # fmt: skip

    def until(self, now_us: int) -> Plan:
        """The same without what was wished for later than now."""
        return self._replace(
            jobs=tuple(job for job in self.jobs if job.arrival_ms * 1_000 <= now_us),
            faults=tuple(fault for fault in self.faults if fault.at_us <= now_us),
            scorers=tuple(one for one in self.scorers if one[0] * 1_000 <= now_us),
            duration_ms=max(self.duration_ms, now_us // 1_000 + FUTURE_MS),
        )


class Laboratory(Explorer):
    """A cell that can be touched. `trace` is the run as it is now, for charts and tables.

    >>> laboratory = lab()
    >>> laboratory.act(Event(time_us=8_000_000, step=0, action="crash", shape="machine/m2"))
    >>> laboratory.trace.where("machine_crash")[0].actor
    'm2'
    """

    def __init__(self, plan: Plan, *, language: str | None = None) -> None:
        """Open the laboratory on a plan."""
        self.plan, self.language = plan, language
        self.trace = plan.run()
        self._past: list[Plan] = []
        super().__init__(self._film(), self._happen)

    def _happen(self, event: Event) -> Document | None:
        """One thing that the reader did, as another film."""
        if event.control == "undo":
            if not self._past:
                return None
            self._live(self._past.pop())
            return self._film()
        wish = WISHES.get(event.action or event.control or "")
        if wish is None:
            return None
        before = self.plan
        self._live(wish(self.plan, event, self.trace))  # a plan that cannot be lived is refused here, and nothing has changed
        self._past.append(before)
        return self._film()

    def _live(self, plan: Plan) -> None:
        """Live a plan, unless it differs only in the job that is being prepared."""
        if plan.wishes != self.plan.wishes:
            self.trace = plan.run()
        self.plan = plan

    def _film(self) -> Document:
        document = film(self.trace, language=self.language, title=Words("Borg laboratory", "Borg 实验室"))
        shown = (step.frame for step in self.trace if step.kind not in DULL)
        live = tuple(old._replace(scene=_with_menus(old.scene, frame)) for old, frame in zip(document.frames, shown, strict=True))
        return replace(document, frames=live, menus=MENUS, controls=tuple(_controls(self.plan)))


def lab(*, seed: int = 5, workload: Workload | None = None, language: str | None = None) -> Laboratory:
    """Open the live laboratory of placement on a made workload, or on one of your own."""
    if workload is None:
        workload = make_workload(stream(seed, "workload"), Mix(machines=6, jobs=10, users=3))
    return Laboratory(Plan(workload, seed=seed), language=language)


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


def _controls(plan: Plan) -> Iterator[Control]:
    yield Choice("priority", Words("priority", "优先级"), BANDS, str(plan.priority))
    yield Slider("cores", Words("cores of each task", "每个任务的核数"), low=1, high=8, step=1, value=plan.cores)
    yield Slider("tasks", Words("tasks", "任务数"), low=1, high=12, step=1, value=plan.tasks)
    yield Button("submit", Words("submit this job now", "现在提交这个作业"))
    yield Button("kill_master", Words("kill the master now", "现在杀掉主控"))
    yield Button("kill_scheduler", Words("stop or start the scheduler", "停止或启动调度器"))
    scorers = tuple((name, name.replace("_", " ")) for name in SCORERS)
    yield Choice("scorer", Words("score machines from now on by", "从现在起的打分方式"), scorers, _scorer(plan))
    orders = (("round robin", Words("round robin", "轮转")), ("fifo", Words("first come", "先来先到")))
    yield Choice("order", Words("queue", "队列"), orders, plan.order)
    yield Toggle("preemption", Words("preemption", "抢占"), plan.preemption)
    yield Button("undo", Words("undo", "撤销"))


def _scorer(plan: Plan) -> str:
    return plan.scorers[-1][1] if plan.scorers else "hybrid"


# -- what a wish means -------------------------------------------------------------------------------------------------------------------


def _next_ms(event: Event) -> float:
    """A microsecond after the instant at which the reader stands, so that this instant itself stays as it is."""
    return (event.time_us + 1) / 1_000


def _fault(kind: Callable[..., Fault]) -> Callable[[Plan, Event, Trace], Plan]:
    def wish(plan: Plan, event: Event, _: Trace) -> Plan:
        now, name = plan.until(event.time_us), (event.shape or "").partition("/")[2]
        return now._replace(faults=(*now.faults, kind(name, at_ms=_next_ms(event))))

    return wish


def _submit(plan: Plan, event: Event, _: Trace) -> Plan:
    now = plan.until(event.time_us)
    request = Resources(cpu_millicores=1_000 * plan.cores, memory_bytes=plan.cores * 1024**3)
    name = f"mine-{len(now.jobs) + 1}"
    job = Job(name, "you", request, tasks=plan.tasks, priority=plan.priority, arrival_ms=event.time_us // 1_000 + 1)
    return now._replace(jobs=(*now.jobs, job))


def _kill_master(plan: Plan, event: Event, _: Trace) -> Plan:
    now = plan.until(event.time_us)
    return now._replace(faults=(*now.faults, make.crash(MASTER, at_ms=_next_ms(event))))


def _kill_scheduler(plan: Plan, event: Event, trace: Trace) -> Plan:
    now, frame = plan.until(event.time_us), trace.at(event.time_us).frame
    kind = make.crash if frame is None or frame.more.scheduler.works else make.restart
    return now._replace(faults=(*now.faults, kind(SCHEDULER, at_ms=_next_ms(event))))


def _score(plan: Plan, event: Event, _: Trace) -> Plan:
    now = plan.until(event.time_us)
    return now._replace(scorers=(*now.scorers, (event.time_us // 1_000 + 1, str(event.value))))


def _setting(name: str, kind: Callable[[Any], Any]) -> Callable[[Plan, Event, Trace], Plan]:
    return lambda plan, event, _: plan._replace(**{name: kind(event.value)})


WISHES: dict[str, Callable[[Plan, Event, Trace], Plan]] = {
    "crash": _fault(make.crash),
    "restart": _fault(make.restart),
    "pause": _fault(make.pause),
    "resume": _fault(make.resume),
    "submit": _submit,
    "kill_master": _kill_master,
    "kill_scheduler": _kill_scheduler,
    "scorer": _score,
    "priority": _setting("priority", int),
    "cores": _setting("cores", int),
    "tasks": _setting("tasks", int),
    "order": _setting("order", str),
    "preemption": _setting("preemption", bool),
}
"""What the reader may do → the plan that follows from it."""

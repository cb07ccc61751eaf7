"""The pictures of Borg: the architecture of the course notes, a preemption, and what polling costs; all of them from runs of the model."""

from __future__ import annotations

from functools import cache, partial

from k8sedu import borg
from k8sedu.borg.polling import Load, load, loads
from k8sedu.borg.views import architecture_film, film, polling_chart, recovery_timeline
from k8sedu.course.figures import titled
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.svg import still
from k8sedu.trace import Trace
from k8sedu.workload import Job, Machine, Resources, Workload


@cache
def run() -> Trace:
    """A small cell at work: services and batch jobs, a master that fails."""
    return borg.simulate(seed=5, duration_ms=26_000, faults=["at 12000 crash master"])


@cache
def crowded() -> Trace:
    """Four machines full of batch work, to which production comes."""
    machines = [Machine(f"m{number}", Resources.of(cpu="8", memory="32Gi", gpu="2")) for number in range(1, 5)]
    jobs = [
        Job("index", "ann", Resources.of(cpu="3", memory="6Gi"), tasks=6, priority=110),
        Job("train", "eve", Resources.of(cpu="2", memory="8Gi", gpu="1"), tasks=4, priority=100),
        Job("search", "bob", Resources.of(cpu="4", memory="8Gi"), tasks=3, priority=300, arrival_ms=3_000),
    ]
    extras = {"search": {"ports": 2}, "index": {"ports": 1}}
    return borg.simulate(Workload.of(machines, jobs), seed=1, duration_ms=6_000, extras=extras, ports=6)


def architecture(language: str) -> str:
    """Five replicas with one log, link shards, borglets; reports have come up, and only what is new goes on."""
    document = architecture_film(run(), start_ms=8_000, end_ms=8_000, language=language)
    scene = [frame.scene for frame in document.frames if frame.kind == "poll"][3]
    return still(scene, 8_000_000, title=Words("Borg's architecture", "Borg 的架构"), language=language)


def preemption(language: str) -> str:
    """A production task takes the place of batch work: scores, reasons, and the outline of who had to leave."""
    document = film(crowded(), language=language)
    frame = [frame for frame in document.frames if frame.kind == "preempt"][-1]
    return still(frame.scene, frame.time_us, title=Words("Production takes the place of batch", "生产任务取代批处理"), language=language)


@cache
def polled() -> tuple[Load, ...]:
    """The same thousand machines, polled without link shards, and by several numbers of them."""
    return (load(shards=0, machines=1_000), *loads((1, 5, 20, 50), machines=1_000))


def failovers() -> str:
    """Four failovers and their phases."""
    machines, one = [Machine("m1", Resources.of(cpu="8"))], Resources.of(cpu="1")
    workload = Workload.of(machines, [Job("web", "ann", one), Job("late", "ann", one, arrival_ms=6_000)])
    runs = {f"run {seed}": borg.simulate(workload, seed=seed, faults=["at 5000 crash master"], frames=False) for seed in range(1, 5)}
    return charts.svg(recovery_timeline(runs, language="en"))


FIGURES = {
    "borg-architecture.svg": titled("Borg: five replicas with one log, link shards, borglets", partial(architecture, "en")),
    "borg-architecture-zh.svg": titled("Borg 架构：五个副本一份日志、链接分片、borglet", partial(architecture, "zh")),
    "borg-preemption.svg": titled("A production task takes the place of batch work", partial(preemption, "en")),
    "borg-preemption-zh.svg": titled("生产任务取代批处理任务", partial(preemption, "zh")),
    "borg-polling.svg": titled("What a round of polls costs shards and master", lambda: charts.svg(polling_chart(polled(), language="en"))),
    "borg-recovery.svg": titled("How the time of a failover passes", failovers),
}
"""File name → the function that draws it."""

"""A run of Borg as the common film of a schedule, with what is Borg's own upon it.

The common picture shows the books. Upon it: the five replicas at the top right (who leads, who is down, that nobody leads), ports as one
more column where the run counts them, and below a machine what its borglet *really* runs where that is not what the books say.

Left out: polls, fetches and votes, of which there are many; `architecture` shows them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Literal

from k8sedu.borg.views.captions import caption
from k8sedu.language import Words
from k8sedu.stage.document import Document, Mark
from k8sedu.stage.lettering import fit
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Circle, Icon, Label, Rect, Shape
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.views.film import schedule_film
from k8sedu.workload.views.foot import expect_run_of
from k8sedu.workload.views.palette import Meaning
from k8sedu.workload.views.scene import LETTERS, MACHINES, WIDTH, Box, machine_boxes

DULL = frozenset({"poll", "fetch", "grant_vote", "become_candidate", "checkpoint", "restore_snapshot"})
"""Steps that the film of a schedule leaves out."""

MARKS = {
    "master_lost": ("cross", Words("master lost", "主控丢失")),
    "master_ready": ("flag", Words("a master works", "主控就绪")),
    "reject_stale": ("alert", Words("stale assignment refused", "过时的分配被拒")),
    "kill_duplicate": ("bolt", Words("duplicate killed", "杀掉重复任务")),
}


def play(trace: Trace, *, colour: Meaning = "priority", **options: Any) -> Player:
    """A run of Borg as an animation; `.save("borg.html")` makes one file that needs nothing else.

    Args:
        trace: a run of `borg.simulate`, with frames.
        colour: what the colour of a task means, its "priority" or its "user".
        options: as `film` takes them.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, colour=colour, **options))


def film(
    trace: Trace, *, colour: Meaning = "priority", language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto",
    **more: Any,
) -> Document:  # fmt: skip
    """A run of Borg as a document for the stage; `more` goes to the document.

    Raises:
        ScheduleError: as `play`.
    """
    expect_run_of(trace, "borg", made_by="borg.simulate")
    steps = shown_steps(trace)
    shown = Trace(trace.system, trace.seed, trace.parameters, tuple(_as_drawn(step, number, trace) for number, step in enumerate(steps)))
    more.setdefault("title", Words("Borg: one cell, many priorities", "Borg：一个单元，多种优先级"))
    whole = schedule_film(shown, colour=colour, language=language, theme=theme, say=caption, **more)
    frames = tuple(
        old._replace(scene=_with_borg(old.scene, step.frame)) for old, step in zip(whole.frames, shown, strict=True) if step.frame
    )
    marks = (*whole.marks, *(Mark(step.time_us, *MARKS[step.kind]) for step in steps if step.kind in MARKS))
    return replace(whole, frames=frames, marks=tuple(sorted(marks, key=lambda mark: mark.time_us)))


def shown_steps(trace: Trace) -> list[Step]:
    """The steps that the film shows: from the first working master on, without the dull ones."""
    first = next((step.index for step in trace if step.kind == "master_ready"), 0)
    return [step for step in trace[first:] if step.kind not in DULL]


def _as_drawn(step: Step, number: int, trace: Trace) -> Step:
    """The step at its place in the film, with ports as one more resource."""
    frame = step.frame
    if frame is not None and trace.parameters.ports:
        frame = with_ports(frame, trace.parameters)
    return step._replace(index=number, frame=frame)


def with_ports(frame: Frozen, parameters: Frozen) -> Frozen:
    """The frame with ports as a resource of machines and tasks."""
    wanted = {job: int(extra.get("ports", 0)) for job, extra in parameters.extras.items()}
    tasks = Frozen({name: _task_with_ports(task, wanted.get(task.job, 0)) for name, task in frame.tasks.items()})
    machines = {
        name: machine.evolve(
            capacity=machine.capacity.evolve(ports=parameters.ports),
            used=machine.used.evolve(ports=sum(wanted.get(frame.tasks[task].job, 0) for task in machine.tasks)),
        )
        for name, machine in frame.machines.items()
    }
    return frame.evolve(tasks=tasks, machines=Frozen(machines))


def _task_with_ports(task: Frozen, ports: int) -> Frozen:
    return task.evolve(request=task.request.evolve(ports=ports)) if ports else task


def _with_borg(scene: Scene, frame: Frozen) -> Scene:
    boxes = machine_boxes(list(frame.machines)[:MACHINES])
    truth = [shape for name, box in boxes.items() for shape in _truth(name, frame, box)]
    hidden = [shape for shape in scene.shapes if shape.id != "title/hidden"] if len(frame.machines) > MACHINES else list(scene.shapes)
    return replace(scene, shapes=(*hidden, *_replicas(frame.more), *truth))


def _replicas(more: Frozen) -> Iterator[Shape]:
    """The five replicas as small discs: the master filled, with a crown; who is down with a cross."""
    x = WIDTH - 20 - 26 * (len(more.replicas) - 1)
    leads = Words(f"master: {more.ready}", f"主控：{more.ready}") if more.ready else Words("no master", "没有主控")
    yield Label("replicas/title", x - 22, 14, leads, anchor="end", weight=600, fill="ink" if more.ready else "vermillion")
    for number, (name, replica) in enumerate(more.replicas.items()):
        works = name == more.ready
        role = f"term-{replica.term}" if replica.term else "grey"
        yield Circle(
            f"replica/{name}", x + 26 * number, 14, 10, fill=role if works else "paper", stroke="grey" if replica.role == "down" else role,
            width=2, dashed=replica.role == "candidate" or replica.is_rebuilding, label=_spoken(name, replica, works=works),
            details=replica_details(replica),
        )  # fmt: skip
        icon = "cross" if replica.role == "down" else "crown" if works else ""
        if icon:
            fill = f"on:{role}" if works else "vermillion"
            yield Icon(f"replica/{name}/icon", x + 26 * number, 14, icon, size=11, fill=fill, layer=1)


def _spoken(name: str, replica: Frozen, *, works: bool) -> Words:
    what = Words("the master", "主控") if works else ROLES[replica.role]
    return Words(f"replica {name}, {what.en}", f"副本 {name}，{what.zh}")


ROLES = {
    "leader": Words("elected", "已当选"),
    "follower": Words("follower", "跟随者"),
    "candidate": Words("candidate", "候选者"),
    "down": Words("down", "已停止"),
}


def replica_details(replica: Frozen) -> tuple[tuple[Words, str | Words], ...]:
    """What the panel says of a replica."""
    return (
        (Words("role", "角色"), ROLES[replica.role]), (Words("term", "任期（term）"), str(replica.term)),
        (Words("log", "日志"), str(replica.log)), (Words("agreed on", "已提交"), str(replica.commit)),
        (Words("snapshot", "快照"), str(replica.snapshot)),
    )  # fmt: skip


def _truth(name: str, frame: Frozen, box: Box) -> Iterator[Shape]:
    """Below a machine: that its borglet does not answer, or what really runs there when the books say something else."""
    borglet, machine = frame.more.borglets[name], frame.machines[name]
    if borglet.answers and machine.up:
        return  # an order on its way lasts a millisecond: that is no difference worth a word
    count = len(borglet.tasks)
    if borglet.answers:
        text = Words(f"really runs {count}", f"实际在运行 {count} 个")
    else:
        text = Words(f"no answer; runs {count}", f"没有回答；运行着 {count} 个") if count else Words("no answer", "没有回答")
    y = box.y + box.h - 12
    yield Rect(f"machine/{name}/truth", box.x + 6, y - 10, box.w - 12, 20, r=10, fill="tint:vermillion", layer=5)
    shown = Words(fit(text.en, box.w - 24, LETTERS), fit(text.zh, box.w - 24, LETTERS))
    yield Label(f"machine/{name}/truth/text", box.x + box.w / 2, y, shown, size=LETTERS, layer=6)


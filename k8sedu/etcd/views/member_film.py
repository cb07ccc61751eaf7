"""One member of a cluster as a film: how a request goes through it, what is on its disk, and what a crash leaves.

Each step that does something inside of the member is a picture of its own, where the members' film gathers what happens at one instant.

Left out: heartbeats, votes, and what only other members do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from k8sedu.errors import K8sEduError
from k8sedu.etcd.views.member_scene import member_scene
from k8sedu.etcd.views.member_ways import APPLIED, Way, way_of
from k8sedu.etcd.views.source import scenario_text
from k8sedu.language import Words
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend, Mark
from k8sedu.trace import Frozen, Step, Trace


class MemberFilmError(K8sEduError, ValueError):
    """A run that no film of one member can be made of."""


def member_film(
    trace: Trace, member: str = "n1", *, title: str | Words | None = None, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto", start_ms: float | None = None, end_ms: float | None = None,
) -> Document:  # fmt: skip
    """The inside of a member as a document for the stage.

    Raises:
        MemberFilmError: the trace is no cluster's, has no frames or no such member, or nothing happens in the chosen time.
    """
    if trace.system != "etcd" or trace[0].frame is None:
        raise MemberFilmError(f"met a trace of {trace.system!r}, expected one of etcd.simulate with frames.")
    names = tuple(trace[0].frame["nodes"])
    if member not in names:
        raise MemberFilmError(f"met the member {member!r}, expected one of {', '.join(names)}.")
    low, high = (start_ms or 0) * 1000, float("inf") if end_ms is None else end_ms * 1000
    shown = [(step, way) for step in trace if low <= step.time_us <= high and (way := way_of(step, member)) is not None]
    if not shown:
        raise MemberFilmError(f"nothing happens inside of {member} from {start_ms} to {end_ms} ms.")
    frames = tuple(_frames(shown, member))
    end_us = frames[-1].time_us + 1
    return Document(
        title=title or Words(f"Inside of {member}: the way of a write", f"{member} 的内部：一次写入走过的路"), frames=frames,
        bands=_bands(shown, member, end_us), marks=_marks(shown), jumps=_jumps(frames), legend=LEGEND, source=scenario_text(trace),
        pace="step", end_us=end_us, language=language, theme=theme,
    )  # fmt: skip


def _frames(shown: list[tuple[Step, Way]], member: str) -> Iterator[Frame]:
    for step, way in shown:
        frame = _state(step)
        node = frame["nodes"][member]
        client = step.actor if step.kind == "client_reply" else str(step.detail.get("client", ""))
        scene = member_scene(
            frame, member, way.hops, client=client if any("client" in hop for hop in way.hops) else "",
            caption=way.said, subtitle=f"term {node['term']} · revision {node['revision']}",
        )  # fmt: skip
        yield Frame(step.time_us, step.kind, step.actor, scene)


def _state(step: Step) -> Frozen:
    assert step.frame is not None, "looked at before"
    return step.frame


def _bands(shown: list[tuple[Step, Way]], member: str, end_us: int) -> tuple[Band, ...]:
    """What the member is, as long as it is that."""
    found: list[tuple[int, int, str]] = []
    for step, _ in shown:
        node = _state(step)["nodes"][member]
        standing = (node["term"], node["role"] if node["status"] == "up" else "stopped")
        if not found or found[-1][1:] != standing:
            found.append((step.time_us, *standing))
    ends = [*(start for start, *_ in found[1:]), end_us]
    return tuple(
        Band(start, max(end, start), _standing(term, role), _role(term, role), faint=role != "leader")
        for (start, term, role), end in zip(found, ends, strict=True)
    )


def _role(term: int, role: str) -> str:
    return f"term-{term}" if term and role != "stopped" else "grey"


def _standing(term: int, role: str) -> Words | str:
    if role == "stopped":
        return Words("stopped", "已停止")
    return f"{role.replace('_', ' ')} · term {term}"


def _marks(shown: list[tuple[Step, Way]]) -> tuple[Mark, ...]:
    told = {"crash": ("cross", Words("crash", "崩溃")), "restart": ("restart", Words("starts again", "重新启动")),
            "become_leader": ("crown", Words("leads", "成为 leader")), "snapshot": ("snapshot", Words("snapshot", "快照"))}  # fmt: skip
    return tuple(Mark(step.time_us, *told[step.kind]) for step, _ in shown if step.kind in told)


def _jumps(frames: tuple[Frame, ...]) -> tuple[Jump, ...]:
    wanted = (
        (Words("next request", "下个请求"), Words("request", "请求"), frozenset({"receive_client_request"})),
        (Words("next applied entry", "下个应用的条目"), Words("applied", "应用"), APPLIED),
        (Words("next fault", "下个故障"), Words("fault", "故障"), frozenset({"crash", "restart"})),
    )
    found = ((label, short, tuple(n for n, frame in enumerate(frames) if frame.kind in kinds)) for label, short, kinds in wanted)
    return tuple(Jump(label, steps, short) for label, short, steps in found if steps)


LEGEND = (
    Legend(Words("arrow: the way taken now, numbered as in the list", "箭头：此刻走过的路，数字见右侧列表"), letter="1", role="blue"),
    Legend(Words("an entry in the colour of its term; dashed: open", "条目，颜色表示 term；虚线：未提交"), role="blue", hollow=True),
    Legend(Words("on disk: survives a crash", "在磁盘上：崩溃后仍在"), icon="disk", role="ink"),
    Legend(Words("leads", "leader"), icon="crown", role="ink"),
)  # fmt: skip
"""The key to the picture."""

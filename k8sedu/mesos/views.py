"""Pictures of Mesos: offers travelling to frameworks, and DRF as a ledger.

- `play`: a run as a film: the machines as everywhere, and on them what is offered to whom; below the queue the frameworks' dominant shares
- `drf_ledger`: one task after the other, in two columns, with the shares as bars: why it is this one's turn
- `share_timeline`: the dominant shares of a run over time

Left out: the election of a new master, which lesson 1 shows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, Literal

from matplotlib.axes import Axes

from k8sedu.language import Words
from k8sedu.mesos.drf import Given, Vector, dominant, dominant_shares, fill
from k8sedu.stage import charts
from k8sedu.stage.document import Document, Frame, Jump
from k8sedu.stage.lettering import fit
from k8sedu.stage.player import Player
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Frozen, Step, Trace
from k8sedu.workload.views.captions import caption as common
from k8sedu.workload.views.film import schedule_film
from k8sedu.workload.views.foot import FOOT, drawn_upon, expect_run_of
from k8sedu.workload.views.palette import ROLES, roles
from k8sedu.workload.views.scene import MACHINES, QUEUE_WIDTH, Box, machine_boxes, readable

LETTERS = 12.0
STEP_US = 1_000_000
COLUMN, NAMES = 140, 74
HEIGHT = 330.0
ROWS = 8


# -- a run -------------------------------------------------------------------------------------------------------------------------------


def play(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto") -> Player:
    """A run of Mesos as an animation; `.save("mesos.html")` makes one file that needs nothing else.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    return Player(film(trace, language=language, theme=theme))


def film(trace: Trace, *, language: str | None = None, theme: Literal["auto", "light", "dark"] = "auto", **more: Any) -> Document:
    """A run of Mesos as a document for the stage.

    Raises:
        ScheduleError: the trace is of something else, or was made without frames.
    """
    expect_run_of(trace, "mesos", made_by="mesos.simulate")
    title = Words("Mesos: the master offers, frameworks choose", "Mesos：主控提供资源，框架自行选择")
    whole = schedule_film(trace, title=title, language=language, theme=theme, say=caption, **more)
    named = roles(trace.parameters.jobs, "user")
    users = {job.user: named[name] for name, job in trace.parameters.jobs.items()}
    offers = Jump(Words("offer", "邀约"), tuple(step.index for step in trace.where("offer")))
    shown = drawn_upon(whole, trace, lambda frame: (*_offers(frame, users), *_shares(frame, users)))
    return replace(shown, jumps=(offers, *whole.jumps))


def _offers(frame: Frozen, users: Mapping[str, str]) -> Iterator[Shape]:
    """An offer is a dashed rim around the machine's free room, with the name of whom it is offered to.

    While one waits for its answer more of the machine may become free, and is offered to somebody else: then two rims lie in each other.
    """
    boxes = machine_boxes(list(frame.machines)[:MACHINES])
    open_on = dict.fromkeys(boxes, 0)
    for offer in frame.more.offers.values():
        box = boxes.get(offer.agent)
        if box is None:
            continue
        place = open_on[offer.agent]
        open_on[offer.agent] += 1
        yield from _offer(f"offer/{offer.agent}/{place}", offer.framework, box, users.get(offer.framework, "grey"), place)


def _offer(id_: str, framework: str, box: Box, role: str, place: int) -> Iterator[Shape]:
    inset, y = 4.0 + 4 * place, box.y + box.h - 22 - 20 * place
    w, h = box.w - 2 * inset, box.h - 2 * inset
    yield Rect(id_, box.x + inset, box.y + inset, w, h, r=6, stroke=role, width=2.5, dashed=True, layer=5)
    yield Rect(f"{id_}/tag", box.x + 8, y, box.w - 16, 18, r=9, fill=role, layer=6)
    text = fit(f"→ {framework}", box.w - 24, LETTERS)
    yield Label(f"{id_}/text", box.x + box.w / 2, y + 9, text, size=LETTERS, fill=f"on:{role}", weight=600, layer=7)


def _shares(frame: Frozen, users: Mapping[str, str]) -> Iterator[Shape]:
    """Each framework's dominant share as a bar: the lowest is asked next."""
    yield Label("shares/title", 8, FOOT - 14, Words("dominant shares", "主导份额"), anchor="start", weight=600)
    if not frame.more.leads:
        yield Icon("shares/down", QUEUE_WIDTH - 4, FOOT - 14, "cross", size=14, fill="vermillion")
    lowest = min((entry.share for entry in frame.more.frameworks.values()), default=0)
    for place, (name, entry) in enumerate(list(frame.more.frameworks.items())[:4]):
        y, role = FOOT + 30 * place, users.get(name, "grey")
        yield Label(f"shares/{name}/name", 8, y + 6, fit(name, 96, LETTERS), size=LETTERS, anchor="start")
        text = f"{100 * entry.share:.0f} %" + (" ←" if entry.share == lowest else "")
        weight = 600 if entry.share == lowest else 400
        yield Label(f"shares/{name}/value", QUEUE_WIDTH + 8, y + 6, text, size=LETTERS, anchor="end", weight=weight)
        yield Rect(f"shares/{name}/track", 8, y + 15, QUEUE_WIDTH, 6, r=3, fill="card", stroke="line", width=1)
        yield Rect(f"shares/{name}/bar", 8, y + 15, QUEUE_WIDTH * min(entry.share, 1), 6, r=3, fill=role, layer=1)


def caption(step: Step) -> Words:
    """One sentence for a step of Mesos.

    >>> caption(Step(0, 0, "rescind", "master", Frozen(framework="ann", agent="m1"), None)).en
    '**The offer of m1 is taken back:** ann has not answered in time.'
    """
    detail = step.detail
    if step.kind in OFFERS:
        free = ", ".join(f"{readable(name, amount)} {name}" for name, amount in detail.get("resources", {}).items())
        share = f"{100 * detail.share:.0f} %" if "share" in detail else ""
        tasks = ", ".join(detail.get("tasks", ()))
        english, chinese = OFFERS[step.kind]
        words = {"framework": detail.framework, "agent": detail.agent, "free": free, "share": share, "tasks": tasks}
        return Words(english.format(**words), chinese.format(**words))
    if step.kind in MASTER:
        return MASTER[step.kind]
    return common(step)


OFFERS = {
    "offer": Words(
        "**{agent} is offered to {framework}:** {free} free. With this it would hold {share}.",
        "**{agent} 提供给 {framework}：** 空闲 {free}。连同它，份额为 {share}。",
    ),
    "accept": Words(
        "**{framework} launches {tasks} on {agent}** and gives back the rest.", "**{framework} 在 {agent} 上启动 {tasks}，** 其余归还。"
    ),
    "decline": Words(
        "**{framework} refuses {agent}:** nothing of its queue fits or likes it. It is not asked again for a while.",
        "**{framework} 拒绝 {agent}：** 队列里没有合适的任务。一段时间内不再询问它。",
    ),
    "rescind": Words(
        "**The offer of {agent} is taken back:** {framework} has not answered in time.",
        "**收回 {agent} 的邀约：** {framework} 没有及时回答。",
    ),
}
MASTER = {
    "master_down": Words(
        "**The master fails.** What runs goes on; nothing new is offered.", "**主控失效。** 运行中的任务照常运行，只是不再有新的邀约。"
    ),
    "master_elected": Words(
        "**Another master is elected.** Agents and frameworks tell it what there is.", "**选出新的主控。** 代理和框架把现状告诉它。"
    ),
    "end": Words("**The end of the run.**", "**运行结束。**"),
}


def share_timeline(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """The frameworks' dominant shares over time: DRF keeps the lines together as long as everybody has work."""
    ax = charts.axes(
        ax,
        title=Words("Mesos: dominant shares over time", "Mesos：主导份额随时间的变化").in_(language),
        y=Words("dominant share (%)", "主导份额（%）").in_(language),
        theme=theme,
    )
    pictured = [(step.time_us, step.frame.more.frameworks) for step in trace if step.frame]
    with charts.style(theme):
        names = list(pictured[0][1] if pictured else ())
        ends = charts.apart([100 * pictured[-1][1][name].share for name in names], gap=4)
        for number, name in enumerate(names):
            shade = colour(ROLES[number % len(ROLES)], theme)
            values = [100 * frameworks[name].share for _, frameworks in pictured]
            ax.step([time_us for time_us, _ in pictured], values, where="post", color=shade)
            ax.text(trace.duration_us * 1.01, ends[number], name, color=shade, va="center", fontsize=10)
    charts.time_axis(ax, start_us=0, end_us=trace.duration_us * 1.12)
    return ax


# -- the ledger of DRF -------------------------------------------------------------------------------------------------------------------


def drf_ledger(
    capacity: Vector, demands: Mapping[str, Vector], *, first: Sequence[str] = (), language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Player:  # fmt: skip
    """DRF as a film: before each task the shares are compared, and whoever has least is next.

    Raises:
        FairnessError: as `k8sedu.mesos.drf.fill`.
    """
    return Player(ledger_film(capacity, demands, first=first, language=language, theme=theme))


def ledger_film(
    capacity: Vector, demands: Mapping[str, Vector], *, first: Sequence[str] = (), language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Document:  # fmt: skip
    """The ledger as a document for the stage."""
    steps = fill(capacity, demands, first=first)
    frames = tuple(
        Frame(number * STEP_US, "start" if number == 0 else "give", steps[number - 1].user if number else "",
              ledger_scene(capacity, demands, steps[:number], is_last=number == len(steps)))
        for number in range(len(steps) + 1)
    )  # fmt: skip
    title = Words("Dominant resource fairness, task by task", "主导资源公平（DRF），逐个任务")
    return Document(title=title, frames=frames, pace="step", end_us=(len(steps) + 1) * STEP_US, language=language, theme=theme)


def ledger_scene(capacity: Vector, demands: Mapping[str, Vector], steps: Sequence[Given], *, is_last: bool = False) -> Scene:
    """The ledger after some tasks: the rows on the left, the shares and the resources as bars on the right."""
    role = {user: ROLES[number % len(ROLES)] for number, user in enumerate(demands)}
    zero = dominant_shares(capacity, demands, dict.fromkeys(demands, 0))
    shares = steps[-1].shares if steps else zero
    shapes = [*_rows(demands, steps, role), *_bars(capacity, demands, steps, shares, role)]
    return Scene(shapes=tuple(shapes), caption=_why(capacity, demands, steps, is_last=is_last), width=904, height=HEIGHT, card_width=0)


def _rows(demands: Mapping[str, Vector], steps: Sequence[Given], role: Mapping[str, str]) -> Iterator[Shape]:
    """A row per task: whose it is, and the shares after it."""
    columns = {user: 90 + COLUMN * number for number, user in enumerate(demands)}
    yield Label("head/turn", 40, 24, Words("turn", "轮次"), weight=600)
    for user, x in columns.items():
        need = " · ".join(f"{amount} {name}" for name, amount in demands[user].items())
        yield Label(f"head/{user}", x + 40, 16, user, weight=600, fill=role[user], size=15)
        yield Label(f"head/{user}/need", x + 40, 34, fit(need, COLUMN - 6, LETTERS), size=LETTERS, fill="muted")
    yield Line("head/line", 8, 48, 60 + COLUMN * len(demands), 48)
    before = max(0, len(steps) - ROWS)
    for number, step in enumerate(steps[before:], start=before + 1):
        y = 68 + 32 * (number - before - 1)
        yield Label(f"row/{number}", 40, y, str(number), fill="muted")
        for user, x in columns.items():
            mine = user == step.user
            if mine:
                yield Rect(f"row/{number}/mark", x, y - 13, 80, 26, r=6, fill=f"tint:{role[user]}", stroke=role[user])
            text = _fraction(step.shares[user])
            yield Label(f"row/{number}/{user}", x + 40, y, text, weight=600 if mine else 400, fill="ink" if mine else "muted", layer=1)


def _bars(
    capacity: Vector, demands: Mapping[str, Vector], steps: Sequence[Given], shares: Mapping[str, Fraction], role: Mapping[str, str]
) -> Iterator[Shape]:
    left = 80.0 + COLUMN * len(demands)
    width, y = 904 - left - NAMES - 56, 24
    yield Label("shares", left, y, Words("dominant shares", "主导份额"), anchor="start", weight=600)
    for user, share in shares.items():
        y += 34
        yield Label(f"share/{user}", left, y, user, anchor="start", weight=600, fill=role[user])
        yield Rect(f"share/{user}/track", left + NAMES, y - 10, width, 20, r=4, fill="card", stroke="line")
        yield Rect(f"share/{user}/bar", left + NAMES, y - 10, width * float(share), 20, r=4, fill=role[user])
        name = dominant(capacity, demands[user])[0]
        yield Label(f"share/{user}/text", left + NAMES + 6 + width, y, f"{_fraction(share)}", anchor="start", size=LETTERS)
        of = fit(name, width - 12, LETTERS)
        yield Label(f"share/{user}/of", left + NAMES + 6, y, of, anchor="start", size=LETTERS, halo="card", layer=1)
    y += 44
    yield Label("used", left, y, Words("used of the cluster", "集群已用"), anchor="start", weight=600)
    for name, whole in capacity.items():
        y += 34
        yield Label(f"used/{name}", left, y, fit(name, NAMES - 6, LETTERS), anchor="start", size=LETTERS)
        yield Rect(f"used/{name}/track", left + NAMES, y - 10, width, 20, r=4, fill="card", stroke="line")
        x = left + NAMES
        for user, demand in demands.items():
            held = Fraction(demand.get(name, 0)) * sum(step.user == user for step in steps) / Fraction(whole)
            yield Rect(f"used/{name}/{user}", x, y - 10, width * float(held), 20, r=0, fill=role[user])
            x += width * float(held)
        used = steps[-1].used.get(name, Fraction(0)) if steps else Fraction(0)
        yield Label(f"used/{name}/text", left + NAMES + 6 + width, y, f"{_fraction(used)}/{whole}", anchor="start", size=LETTERS)


def _fraction(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}" if value.denominator != 1 else str(value.numerator)


def _why(capacity: Vector, demands: Mapping[str, Vector], steps: Sequence[Given], *, is_last: bool) -> Words:
    """Why it was this one's turn."""
    if not steps:
        parts = [(user, *dominant(capacity, demand)) for user, demand in demands.items()]
        told = "; ".join(f"{user}: {_fraction(share)} of {name}" for user, name, share in parts)
        return Words(
            f"**What one task needs of its scarcest resource:** {told}. Nobody has anything yet.",
            f"**每个任务占其主导资源的份额：** {told}。目前谁都没有任务。",
        )
    step, before = steps[-1], steps[-2].shares if len(steps) > 1 else dict.fromkeys(demands, Fraction(0))
    others = ", ".join(f"{user} {_fraction(share)}" for user, share in before.items())
    end_en, end_zh = (" Now no further task fits.", "之后再也放不下任何任务。") if is_last else ("", "")
    return Words(
        f"**{step.user} gets a task:** the shares were {others}, and of those whose task fits it had least.{end_en}",
        f"**{step.user} 得到一个任务：** 之前的份额为 {others}，在放得下的用户中它最少。{end_zh}",
    )

"""Leases over time: countdowns that begin anew with every keep-alive, and what many keys on one lease save.

Left out: leases of which nobody keeps count, on members that do not lead.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from matplotlib.axes import Axes

from k8sedu.etcd.views.timelines import TIME, in_language
from k8sedu.language import Words
from k8sedu.stage import charts
from k8sedu.stage.theme import Theme, colour
from k8sedu.trace import Trace

ROLES = ("blue", "orange", "green", "purple", "sky")


class Countdown(NamedTuple):
    """A lease from one winding-up to the next: it had so much time at the beginning."""

    lease: int
    start_us: int
    end_us: int
    ttl_us: int


def countdowns(trace: Trace) -> tuple[Countdown, ...]:
    """Every countdown of every lease, in order of time."""
    found: list[Countdown] = []
    running: dict[int, tuple[int, int]] = {}
    seen: set[tuple[str, int]] = set()
    for step in trace:
        lease = step.detail.get("lease", 0)
        if step.kind == "lease_grant" and ("grant", lease) not in seen:
            seen.add(("grant", lease))
            running[lease] = step.time_us, step.detail["ttl_s"] * 1_000_000
        elif step.kind == "keep_alive" and lease in running and step.detail["ttl_s"]:
            found.append(_end(lease, running, step.time_us))
            running[lease] = step.time_us, step.detail["ttl_s"] * 1_000_000
        elif step.kind == "lessor_promoted":
            for each in list(running):
                found.append(_end(each, running, step.time_us))
                running[each] = step.time_us, found[-1].ttl_us
        elif step.kind == "lease_revoke" and lease in running:
            found.append(_end(lease, running, step.time_us))
            del running[lease]
    found += [_end(lease, running, trace.duration_us) for lease in running]
    return tuple(sorted(found, key=lambda countdown: (countdown.start_us, countdown.lease)))


def _end(lease: int, running: dict[int, tuple[int, int]], end_us: int) -> Countdown:
    start_us, ttl_us = running[lease]
    return Countdown(lease, start_us, end_us, ttl_us)


def lease_timeline(trace: Trace, *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """How much of each lease is left over time: a keep-alive winds it up, silence lets it run out, and at zero its keys are deleted.

    A vertical line is a new leader, which begins all countdowns anew.
    """
    found = countdowns(trace)
    ended = {step.detail["lease"]: step for step in reversed(trace.where("lease_revoke"))}
    axes = charts.axes(ax, title=in_language(_title(len(ended)), language), theme=theme)
    axes.set_ylabel(in_language(Words("left (s)", "剩余（秒）"), language))
    with charts.style(theme):
        for number, lease in enumerate(sorted({countdown.lease for countdown in found})):
            mine = [countdown for countdown in found if countdown.lease == lease]
            shade = colour(ROLES[number % len(ROLES)], theme)
            _saw(axes, mine, shade)
            axes.text(0.01 + 0.2 * number, 1.09, f"lease {lease}", transform=axes.transAxes, color=shade, fontsize=10, weight="bold")
        for lease, step in ended.items():
            axes.scatter([step.time_us], [0], marker="x", s=60, color=colour("vermillion", theme), zorder=4)
            text = f" revision {step.detail['revision']}" if lease else ""
            axes.text(step.time_us, 0.08, text, color=colour("vermillion", theme), fontsize=10, va="bottom")
        for step in trace.where("lessor_promoted"):
            axes.axvline(step.time_us, color=colour("muted", theme), linewidth=1, linestyle=(0, (3, 3)))
            axes.text(step.time_us, 1.0, f" {step.actor}", transform=axes.get_xaxis_transform(), fontsize=10, va="bottom")
        axes.set_ylim(bottom=0)
    charts.time_axis(axes, start_us=0, end_us=trace.duration_us)
    axes.set_xlabel(in_language(TIME, language))
    return axes


def _saw(axes: Axes, mine: list[Countdown], shade: str) -> None:
    xs: list[float] = []
    ys: list[float] = []
    for countdown in mine:
        left_us = max(countdown.ttl_us - (countdown.end_us - countdown.start_us), 0)
        zero_us = min(countdown.start_us + countdown.ttl_us, countdown.end_us)
        xs += [countdown.start_us, zero_us, countdown.end_us]
        ys += [countdown.ttl_us / 1e6, left_us / 1e6, left_us / 1e6]
    axes.plot(xs, ys, color=shade, linewidth=1.8)


def _title(ended: int) -> Words:
    if not ended:
        return Words("Every lease is kept alive\n\n", "所有租约（lease）都在续约\n\n")
    return Words(
        f"{ended} lease{'' if ended == 1 else 's'} ran out, and the keys went as one revision\n\n",
        f"{ended} 个租约（lease）到期，其上的键作为一个 revision 删除\n\n",
    )


def _who(row: Any) -> Words:
    return Words(f"{row.leases} lease{'' if row.leases == 1 else 's'}, {row.keys} keys", f"{row.leases} 个租约，{row.keys} 个键")


def _saving(rows: list[Any]) -> Words:
    """What to see: the cheapest way against the dearest."""
    if len(rows) < 2:
        return Words("Keep-alives are paid per lease, not per key", "续约按租约计，不按键计")
    few, many = min(rows, key=lambda row: row.renewals), max(rows, key=lambda row: row.renewals)
    plural = "" if few.leases == 1 else "s"
    return Words(
        f"{few.keys} keys cost {few.renewals} keep-alives on {few.leases} lease{plural}, {many.renewals} on {many.leases}",
        f"{few.keys} 个键：{few.leases} 个租约续约 {few.renewals} 次，{many.leases} 个租约 {many.renewals} 次",
    )


def keep_alive_bars(costs: Iterable[Any], *, ax: Axes | None = None, language: str | None = None, theme: Theme = "light") -> Axes:
    """What it costs to keep keys alive: keep-alives for one lease with all keys, and for one lease per key.

    `costs` are those of `etcd.sim.experiments.keep_alive_cost`: each has leases, keys and renewals.
    """
    rows = list(costs)
    axes = charts.axes(ax, title=in_language(_saving(rows), language), size=(7.6, 2.4), theme=theme)
    with charts.style(theme):
        places = range(len(rows))
        axes.barh(places, [row.renewals for row in rows], color=[colour(role, theme) for role in ROLES[: len(rows)]], height=0.55)
        for place, row in zip(places, rows, strict=True):
            axes.text(row.renewals, place, f" {row.renewals}", va="center", fontsize=11, color=colour("ink", theme))
        axes.set_yticks(places, [in_language(_who(row), language) for row in rows])
        axes.invert_yaxis()
    axes.set_xlabel(in_language(Words("keep-alives", "续约次数"), language))
    return axes

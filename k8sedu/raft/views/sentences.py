"""Titles that say what to see: one sentence per chart, computed from the run that it shows.

A fixed title would be wrong for half of the runs. These count, compare and name.

Left out: every detail. The captions of the player tell single steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from k8sedu.language import Words
from k8sedu.raft.curves import Curve
from k8sedu.raft.views.spans import Flight, framed, names, reigns
from k8sedu.stage.svg import milliseconds
from k8sedu.trace import Trace


def of_terms(trace: Trace) -> Words:
    """Who led, and how leadership passed on."""
    leaders = reigns(trace)
    end_ms = milliseconds(trace.duration_us)
    if not leaders:
        return Words(f"Nobody becomes leader within {end_ms} ms", f"{end_ms} ms 内无人当选领导者")
    first, last = leaders[0], leaders[-1]
    if len(leaders) == 1:
        at_ms = milliseconds(first.start_us)
        return Words(
            f"{first.leader} wins term {first.term} after {at_ms} ms, and nobody takes over from it",
            f"{first.leader} 在 {at_ms} ms 时赢得任期 {first.term}，此后无人接替",
        )
    if len(leaders) <= 4:
        later = leaders[1:]
        return Words(
            f"{first.leader} leads term {first.term}, " + ", ".join(f"then {reign.leader} term {reign.term}" for reign in later),
            f"{first.leader} 领导任期 {first.term}，" + "，".join(f"其后 {reign.leader} 领导任期 {reign.term}" for reign in later),
        )
    return Words(
        f"Leadership changes {len(leaders) - 1} times, from {first.leader} in term {first.term} to {last.leader} in term {last.term}",
        f"领导权更替 {len(leaders) - 1} 次：从任期 {first.term} 的 {first.leader} 到任期 {last.term} 的 {last.leader}",
    )


def of_messages(flown: Sequence[Flight]) -> Words:
    """How many messages there were, how long they took, and how many were lost."""
    if not flown:
        return Words("Nobody says anything", "无人发言")
    lost = sum(flight.is_lost for flight in flown)
    arrived = [flight.end_us - flight.sent_us for flight in flown if not flight.is_lost]
    took_ms = f"{median(arrived) / 1000:.1f}" if arrived else ""
    count = f"{len(flown)} message" + "s" * (len(flown) > 1)
    english = f"{count}, typically {took_ms} ms on the way" if arrived else count
    chinese = f"{len(flown)} 条消息，途中通常耗时 {took_ms} ms" if arrived else f"{len(flown)} 条消息"
    if not lost:
        return Words(f"{english}; none is lost", f"{chinese}；无一丢失")
    return Words(f"{english}; {lost} {'is' if lost == 1 else 'are'} lost", f"{chinese}；丢失 {lost} 条")


def of_commits(trace: Trace, *, start_us: int = 0, end_us: int | None = None) -> Words:
    """How many entries were committed between two times, and how much later than the leader the others knew."""
    last_us = trace.duration_us if end_us is None else end_us
    known = {index: times for index, times in _known_us(trace).items() if start_us <= min(times) <= last_us}
    if not known:
        return Words("Nothing is committed", "没有条目被提交")
    lags = [time_us - min(times) for times in known.values() for time_us in times if time_us > min(times)]
    count = f"{len(known)} {'entry is' if len(known) == 1 else 'entries are'} committed"
    if not lags:
        return Words(count, f"提交了 {len(known)} 个条目")
    lag_ms = milliseconds(median(lags))
    return Words(
        f"{count}; the leader knows first, a follower typically {lag_ms} ms later",
        f"提交了 {len(known)} 个条目；领导者最先知道，跟随者通常晚 {lag_ms} ms",
    )


def _known_us(trace: Trace) -> dict[int, list[int]]:
    """Per index, when each server first knew it to be committed."""
    reached = dict.fromkeys(names(trace), 0)
    known: dict[int, list[int]] = {}
    for step in framed(trace):
        assert step.frame is not None
        for name, top in reached.items():
            now = step.frame.nodes[name].commit_index
            for index in range(top + 1, now + 1):
                known.setdefault(index, []).append(step.time_us)
            reached[name] = max(top, now)
    return known


def of_elections(curves: Sequence[Curve]) -> Words:
    """The typical election of the fastest and of the slowest range of timeouts."""
    known = [curve for curve in curves if curve.median_ms is not None]
    if not known:
        return Words("No election comes to an end", "没有一次选举结束")
    fast, slow = (pick(known, key=lambda curve: curve.median_ms or 0.0) for pick in (min, max))
    fast_ms, slow_ms = (milliseconds((curve.median_ms or 0.0) * 1000) for curve in (fast, slow))
    english = f"Median election: {fast_ms} ms with timeouts {fast.name}"
    chinese = f"超时为 {fast.name} ms 时，半数选举在 {fast_ms} ms 内结束"
    if fast is slow:
        return Words(english, chinese)
    return Words(f"{english}, {slow_ms} ms with {slow.name}", f"{chinese}；{slow.name} ms 时需 {slow_ms} ms")

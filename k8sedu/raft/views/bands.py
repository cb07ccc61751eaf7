"""What stands on the scrubber: terms as bands, events as marks, and the buttons that jump to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from k8sedu.language import Words
from k8sedu.raft.views.words import say
from k8sedu.stage.document import Band, Jump, Mark
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.raft.views.film import Event

FAULTS = frozenset({"crash", "restart", "pause", "resume", "partition", "heal", "message_dropped", "slow_disk", "clock_drift", "network"})
ELECTIONS = frozenset({"become_candidate", "become_pre_candidate"})

JUMPS_MAX = 3
"""More buttons than that would not fit beside the others."""

MARKS: dict[str, tuple[str, Words]] = {
    "violation": ("alert", Words("a promise is broken", "违反了承诺")),
    "crash": ("cross", Words("{n} crashes", "{n} 崩溃")),
    "partition": ("wall", Words("the network splits", "网络分裂")),
    "become_leader": ("crown", Words("{n} becomes leader", "{n} 成为 leader")),
    "restart": ("restart", Words("{n} starts again", "{n} 重新启动")),
    "heal": ("heal", Words("the network is whole again", "网络恢复")),
    "pause": ("pause", Words("{n} stands still", "{n} 暂停")),
    "resume": ("play", Words("{n} goes on", "{n} 恢复")),
    "become_candidate": ("clock", Words("{n} stands for election", "{n} 参选")),
    "become_pre_candidate": ("clock", Words("{n} asks first (PreVote)", "{n} 预投票")),
    "slow_disk": ("disk", Words("the disk of {n} becomes slow", "{n} 的磁盘变慢")),
    "snapshot": ("snapshot", Words("{n} writes a snapshot", "{n} 写快照")),
    "restore_snapshot": ("snapshot", Words("{n} takes over a snapshot", "{n} 载入快照")),
    "change_membership": ("person", Words("the membership changes", "成员变更")),
    "transfer_leadership": ("swap", Words("{n} hands leadership over", "{n} 转让 leader")),
    "commit": ("check", Words("index {i} is committed", "index {i} 已提交")),
}
"""Step kind → icon and words, the important ones first: where two marks would touch, the earlier in this table stays."""


def bands(shown: Sequence[Event], *, end_us: int) -> tuple[Band, ...]:
    """One band per term and leader; faint while the term has no leader yet."""
    found: list[tuple[int, int, str]] = []
    for event in shown:
        frame = event.last.frame
        if frame is not None:
            term, leader = reign(frame)
            if found and found[-1][1] == term and not leader:
                leader = found[-1][2]  # a leader that has crashed or stepped down led this term all the same
            if not found or found[-1][1:] != (term, leader):
                found.append((event.last.time_us, term, leader))
    ends = [*(start for start, *_ in found[1:]), end_us]
    return tuple(_band(start, max(end, start), term, leader) for (start, term, leader), end in zip(found, ends, strict=True))


def reign(frame: Frozen) -> tuple[int, str]:
    """The highest term of the group, and who leads in it."""
    nodes = [node for node in frame["nodes"].values() if node["status"] != "stopped"] or list(frame["nodes"].values())
    term = max((node["term"] for node in nodes), default=0)
    leader = next((node["id"] for node in nodes if node["role"] == "leader" and node["term"] == term), "")
    return term, leader


def _band(start_us: int, end_us: int, term: int, leader: str) -> Band:
    if not term:
        return Band(start_us, end_us, "", "grey", faint=True)
    text = say("term {t} · {l} leads", "term {t} · {l} 为 leader", t=term, l=leader) if leader else say("term {t}", "term {t}", t=term)
    return Band(start_us, end_us, text, f"term-{term}", faint=not leader)


def marks(shown: Sequence[Event], *, end_us: int) -> tuple[Mark, ...]:
    """Icons under the scrubber, so far apart that none covers another."""
    start_us = shown[0].last.time_us
    span_us = max(1, end_us - start_us)
    wanted = sorted(
        ((rank, event.last.time_us, kind, event) for event in shown for rank, kind in enumerate(MARKS) if _is_marked(event, kind)),
        key=lambda found: found[:2],
    )
    kept: list[Mark] = []
    for _, time_us, kind, event in wanted:
        room = 0.06 if kind == "commit" else 0.017
        if all(abs(time_us - mark.time_us) >= room * span_us for mark in kept):
            kept.append(_mark(event, kind))
    return tuple(sorted(kept, key=lambda mark: mark.time_us))


def _is_marked(event: Event, kind: str) -> bool:
    if kind == "commit":
        return any(step.kind == "commit" and step.detail.get("by") == "majority" for step in event.steps)
    return kind in event.kinds


def _mark(event: Event, kind: str) -> Mark:
    step = next(step for step in event.steps if step.kind == kind)
    icon, label = MARKS[kind]
    return Mark(step.time_us, icon, say(label.en, label.zh, n=step.actor, i=step.detail.get("index", "")))


def jumps(shown: Sequence[Event], *, is_live: bool = False) -> tuple[Jump, ...]:
    """The buttons, each with the steps it stops at. One without any is left out; but in a laboratory nothing may come and go."""
    wanted: tuple[tuple[Words, Callable[[Event], bool]], ...] = (
        (Words("violation", "违反"), lambda event: "violation" in event.kinds),
        (Words("election", "选举"), lambda event: bool(event.kinds & ELECTIONS)),
        (Words("fault", "故障"), lambda event: bool(event.kinds & FAULTS)),
        (Words("commit", "提交"), lambda event: _is_marked(event, "commit")),
        (Words("request", "请求"), lambda event: "client_request" in event.kinds),
    )
    found = (
        Jump(Words(f"next {name.en}", f"下个{name.zh}"), tuple(number for number, event in enumerate(shown) if stops(event)), name)
        for name, stops in wanted
    )
    if is_live:
        return tuple(found)[1:3]
    return tuple(jump for jump in found if jump.steps)[:JUMPS_MAX]

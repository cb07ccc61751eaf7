"""What happened to servers, disks, clocks and the network, and what it means for the group: captions of faults."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.raft.invariants import INVARIANTS
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.moment import Moment, configuration, last_entry, leader_of, running
from k8sedu.raft.views.words import MESSAGE_WORDS, joined, plural, say

# -- beginning and end -------------------------------------------------------------------------------------------------------------------


def start(m: Moment) -> Words:
    """Nobody leads yet."""
    size = len(configuration(m.after)["voters"])
    if size <= 1:
        return Words(
            "**One server starts:** alone in its group, it will elect itself as soon as its timer runs out.",
            "**只有一个节点启动：**组里只有它自己，定时器一到期它就会选自己为 leader（领导者）。",
        )
    return say(
        "**{size} servers start:** nobody leads yet. Each waits for a random time; whose timer runs out first asks for votes.",
        "**{size} 个节点启动：**还没有 leader（领导者）。每个节点随机等待一段时间，谁的定时器先到期，谁就请求投票。", size=size,
    )  # fmt: skip


def end(m: Moment) -> Words:
    """Where the run has got to."""
    leader = leader_of(m.after)
    commit = max((node["commit_index"] for node in m.after["nodes"].values()), default=0)
    who = (
        say("{l} leads term {t}", "{l} 是 term {t} 的 leader", l=leader["id"], t=leader["term"])
        if leader
        else Words("nobody leads", "没有 leader")
    )
    return say(
        "**The run ends:** {who}, and everything up to index {i} is committed.", "**运行结束：**{who}，到 index {i} 为止都已提交。",
        who=who, i=commit,
    )  # fmt: skip


def violation(m: Moment) -> Words:
    """A promise is broken: which one, in the words of the promise, and how."""
    name = str(m.get("invariant", ""))
    promise = INVARIANTS[name].says.zh.rstrip("。") if name in INVARIANTS else "这个承诺"
    return say(
        "**{name} is broken:** {message}", "**违反了 {name}（{promise}）：**{message}",
        name=name.replace("_", " ").capitalize() or "A promise", promise=promise, message=m.get("message", ""),
    )  # fmt: skip


# -- servers -----------------------------------------------------------------------------------------------------------------------------


def crash(m: Moment) -> Words:
    """What is lost, and whether a majority is left."""
    term = m.old["term"]
    lost = (
        say(" The group has lost its leader of term {t}.", "集群失去了 term {t} 的 leader。", t=term)
        if m.old["role"] == "leader"
        else Words("", "")
    )
    return say(
        "**{n} crashes:** its disk keeps term, vote and log; all else is forgotten.{lost} {rest}",
        "**{n} 崩溃：**磁盘上保留 term、投票和 log，其余全部忘记。{lost}{rest}", n=m.actor, lost=lost, rest=_rest(m),
    )  # fmt: skip


def _rest(m: Moment) -> Words:
    voters = configuration(m.after)["voters"]
    left, need = sum(name in running(m.after) for name in voters), majority(len(voters))
    if left >= need:
        return say(
            "{left} of {size} run on, and {need} suffice.",
            "还有 {left}/{size} 个在运行，{need} 个就够。",
            left=left,
            size=len(voters),
            need=need,
        )
    return say(
        "Only {left} of {size} run: without {need} nothing can be decided.",
        "只剩 {left}/{size} 个在运行：不足 {need} 个，什么也决定不了。",
        left=left, size=len(voters), need=need,
    )  # fmt: skip


def restart(m: Moment) -> Words:
    """What the disk remembered."""
    index = last_entry(m.node)[0]
    return say(
        "**{n} starts again:** its disk says term {t} and a log up to index {i}; what is committed it must learn anew.",
        "**{n} 重新启动：**磁盘记得 term {t} 和到 index {i} 的 log；哪些已提交，要重新得知。", n=m.actor, t=m.node["term"], i=index,
    )  # fmt: skip


def pause(m: Moment) -> Words:
    """Standing still."""
    leads = m.node["role"] == "leader"
    so = (
        Words("it still believes that it leads, but nobody hears it.", "它还以为自己是 leader，但别人听不到它。")
        if leads
        else Words("it forgets nothing, and its messages wait.", "它什么都不会忘，收到的消息先排队等着。")
    )
    return say(
        "**{n} stands still,** like a process in a long garbage collection: {so}",
        "**{n} 暂停，**好比进程在做很长的 GC：{so}",
        n=m.actor,
        so=so,
    )


def resume(m: Moment) -> Words:
    """As if nothing had been."""
    return say(
        "**{n} goes on:** for it no time has passed. It still acts as {role} of term {t}.",
        "**{n} 恢复运行：**对它来说时间没有流逝，它仍以为自己是 term {t} 的 {role}。",
        n=m.actor, role=Words(*[m.node["role"].replace("_", "-")] * 2), t=m.node["term"],
    )  # fmt: skip


def slow_disk(m: Moment) -> Words:
    """Writes take time."""
    return say(
        "**{n}’s disk becomes slow:** each write takes {ms:g} ms, and nothing is sent before it is done.",
        "**{n} 的磁盘变慢：**每次写盘需要 {ms:g} 毫秒，写完之前什么也不发送。", n=m.actor, ms=m.get("write_us", 0) / 1000,
    )  # fmt: skip


def disk_written(m: Moment) -> Words:
    """Now it may speak."""
    entries = m.get("entries", 0)
    what = (
        say(" {e} safely stored.", "{n} 个条目已安全落盘。", e=plural(entries, "entry", "entries"), n=entries) if entries else Words("", "")
    )
    return say(
        "**{n}’s disk write is done:**{what} Only now may it answer.", "**{n} 写盘完成：**{what}现在才可以答复。", n=m.actor, what=what
    )


def clock_drift(m: Moment) -> Words:
    """A clock that is wrong."""
    ppm = m.get("ppm", 0)
    way = Words("fast", "偏快") if ppm > 0 else Words("slow", "偏慢")
    return say(
        "**{n}’s clock runs {way}** by {percent:g} %: so do its timers, but Raft’s safety needs no clock.",
        "**{n} 的时钟{way}**（{percent:g}%）：它的定时器也一样；但 Raft 的安全性不依赖时钟。",
        n=m.actor, way=way, percent=abs(ppm) / 10_000,
    )  # fmt: skip


# -- the network -------------------------------------------------------------------------------------------------------------------------


def partition(m: Moment) -> Words:
    """Who can still decide something."""
    if m.get("sender"):
        return say(
            "**The link from {a} to {b} is cut,** in this direction only: {b} hears nothing from {a}, but {a} still hears {b}.",
            "**{a} 到 {b} 的链路断了，**只断这个方向：{b} 听不到 {a}，{a} 仍能听到 {b}。", a=m.get("sender"), b=m.get("receiver"),
        )  # fmt: skip
    groups = _sides(m)
    return say(
        "**The network splits: {shown}.** {who}", "**网络分裂：{shown}。**{who}",
        shown=" | ".join(" ".join(group) for group in groups) or "?", who=_who_decides(m, groups),
    )  # fmt: skip


def _sides(m: Moment) -> tuple[tuple[str, ...], ...]:
    """The groups that the fault names, and the rest."""
    named = tuple(tuple(group) for group in m.get("groups", ()))
    rest = tuple(name for name in m.after["nodes"] if not any(name in group for group in named))
    return (*named, rest) if rest else named


def _who_decides(m: Moment, groups: tuple[tuple[str, ...], ...]) -> Words:
    voters = configuration(m.after)["voters"]
    need, alive = majority(len(voters)), running(m.after)
    able = next((group for group in groups if sum(name in voters and name in alive for name in group) >= need), None)
    if able is None:
        return say(
            "No side has {need} of {size}: nothing can be decided.",
            "没有一边达到 {size} 个中的 {need} 个：什么也决定不了。",
            need=need,
            size=len(voters),
        )
    return say(
        "Only {side} can decide anything: they are {need} or more of {size}.", "只有 {side} 这边能做决定：{size} 个中达到了 {need} 个。",
        side=joined(able), need=need, size=len(voters),
    )  # fmt: skip


def heal(m: Moment) -> Words:
    """Everybody hears everybody, or nearly."""
    if m.after["blocked"]:
        return Words("**One cut is mended;** others remain.", "**一处断开已恢复，**其余仍断着。")
    terms = sorted({node["term"] for node in m.after["nodes"].values() if node["status"] != "stopped"})
    meet = (
        say(" Terms {a} to {b} now meet, and the highest wins.", "term {a} 到 {b} 重新相遇，最高的 term 为准。", a=terms[0], b=terms[-1])
        if len(terms) > 1
        else Words("", "")
    )
    return say("**The network is whole again.**{meet}", "**网络恢复完整。**{meet}", meet=meet)


def network(m: Moment) -> Words:
    """The network treats messages differently from now on."""
    said = [_TUNED[name](value) for name, value in m.step.detail.items() if name in _TUNED]
    return say(
        "**The network changes:** {what}.", "**网络状况改变：**{what}。",
        what=Words(", ".join(w.en for w in said), "，".join(w.zh for w in said)) if said else Words("as before", "恢复原样"),
    )  # fmt: skip


_TUNED: dict[str, Callable[[float], Words]] = {
    "loss": lambda v: say("{p:g} % of the messages are lost", "{p:g}% 的消息会丢失", p=100 * v),
    "duplication": lambda v: say("{p:g} % arrive twice", "{p:g}% 会重复到达", p=100 * v),
    "reordering": lambda v: (
        Words("messages may overtake each other", "消息可能乱序") if v else Words("messages keep their order", "消息保持顺序")
    ),
}


def message_lost(m: Moment) -> Words:
    """Where it went, and that this is no disaster."""
    message = m.message
    kind = MESSAGE_WORDS.get(str(m.get("message_kind") or (message["kind"] if message else "")), Words("message", "消息"))
    sender = m.get("sender") or (message["sender"] if message else "?")
    why = _LOSSES.get(str(m.get("why")), Words(str(m.get("why", "?")), str(m.get("why", "?"))))
    return say(
        "**Lost: {kind} from {a} to {b},** {why}. Nobody is told; Raft tries again later.",
        "**丢失：{a} 发给 {b} 的 {kind}，**{why}。没有人会得到通知；Raft 之后会再试。",
        kind=kind, a=sender, b=m.actor, why=why,
    )  # fmt: skip


_LOSSES = {
    "lost by the network": Words("somewhere in the network", "丢在网络里"),
    "partition": Words("because the link is cut", "因为链路断了"),
    "receiver is down": Words("because the receiver is down", "因为接收方已停止"),
    "dropped on purpose": Words("dropped on purpose", "被人为丢弃"),
}


def delay_message(m: Moment) -> Words:
    """A slower way."""
    return say(
        "**A message to {b} is delayed** by {ms:g} ms: Raft must cope with any order.",
        "**一条发给 {b} 的消息被推迟** {ms:g} 毫秒：Raft 必须能应付任何顺序。",
        b=m.actor, ms=m.get("by_us", 0) / 1000,
    )  # fmt: skip


# -- timers ------------------------------------------------------------------------------------------------------------------------------


def set_timer(m: Moment) -> Words:
    """By hand."""
    return say(
        "**{n}’s election timer is set by hand:** it will run out in {ms:g} ms.", "**手动设置 {n} 的选举定时器：**{ms:g} 毫秒后到期。",
        n=m.actor, ms=m.get("in_us", 0) / 1000,
    )  # fmt: skip


def align_timers(_: Moment) -> Words:
    """Trouble on purpose."""
    return Words(
        "**All election timers are aligned:** they run out together, so the votes will probably be split.",
        "**对齐所有选举定时器：**它们会同时到期，选票很可能被瓜分。",
    )


def spread_timers(_: Moment) -> Words:
    """Peace on purpose."""
    return Words(
        "**The election timers are spread out:** one runs out well before the others, so the next election is won at once.",
        "**拉开选举定时器：**其中一个远早于其他到期，下一次选举会一次成功。",
    )


CAPTIONS: dict[str, Callable[[Moment], Words]] = {
    "start": start,
    "end": end,
    "violation": violation,
    "crash": crash,
    "restart": restart,
    "pause": pause,
    "resume": resume,
    "slow_disk": slow_disk,
    "disk_written": disk_written,
    "clock_drift": clock_drift,
    "partition": partition,
    "heal": heal,
    "network": network,
    "message_lost": message_lost,
    "message_dropped": message_lost,
    "delay_message": delay_message,
    "set_timer": set_timer,
    "align_timers": align_timers,
    "spread_timers": spread_timers,
}
"""Step kind → caption."""

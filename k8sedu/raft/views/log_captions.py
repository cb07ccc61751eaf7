"""Why entries were stored, refused, committed or forgotten: captions of replication and snapshots."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.moment import Moment, entry_at, hint, last_entry, log_position, sent_entries, stored_by
from k8sedu.raft.views.words import command, plural, say
from k8sedu.trace import Frozen

# -- the follower stores -----------------------------------------------------------------------------------------------------------------


def receive_append_entries(m: Moment) -> Words:
    """Stored, because the entry before fits."""
    sent, (index, term) = sent_entries(m.message), log_position(m.message)
    sender = m.get("sender") or (m.message["sender"] if m.message else m.node["leader"])
    if m.node["disk_busy_until_us"] is not None:
        return _writes_to_disk(m)
    if not sent:
        return say(
            "**{n} confirms its log:** {s} asks whether they agree up to index {i}, and they do.",
            "**{n} 确认 log：**{s} 询问到 index {i} 为止是否一致，回答是一致。", n=m.actor, s=sender, i=index,
        )  # fmt: skip
    if sent[-1][0] <= last_entry(m.old)[0] and last_entry(m.old) == last_entry(m.node):
        return say(
            "**{n} has these entries already:** storing them twice changes nothing, so it just confirms.",
            "**{n} 已经有这些条目：**重复存储不改变任何东西，它只需确认。", n=m.actor,
        )  # fmt: skip
    before = _what_is_before(m.old, index, term)
    return say(
        "**{n} stores {count}{where}:** {before}", "**{n} 存入 {number} 个条目{where}：**{before}",
        n=m.actor, count=plural(len(sent), "entry", "entries"), number=len(sent), where=_span(sent), before=before,
    )  # fmt: skip


def _what_is_before(old: Frozen, index: int, term: int) -> Words:
    """Why the entries may be stored: the one before them is the same in both logs, unless that check is switched off."""
    if not index:
        return Words("a log begins there, so nothing can be missing before.", "log 就从这里开始，前面不会缺什么。")
    own = entry_at(old, index)
    if index > old["snapshot_index"] and (own is None or own[0] != term):
        return say(
            "its own log does not have index {i} of term {t} before them, but the check is switched off.",
            "它自己的 log 里前面并没有 index {i}（term {t}）的条目，但这项检查被关闭了。", i=index, t=term,
        )  # fmt: skip
    return say(
        "the entry before, index {i} of term {t}, is the same in both logs.", "前一个条目（index {i}、term {t}）两边相同。", i=index, t=term
    )


def _span(sent: list[tuple[int, int]]) -> Words:
    first, last = sent[0][0], sent[-1][0]
    return (
        say(" at index {a}", "（index {a}）", a=first)
        if first == last
        else say(" at index {a} to {b}", "（index {a} 到 {b}）", a=first, b=last)
    )


def _writes_to_disk(m: Moment) -> Words:
    wait_ms = ((m.node["disk_busy_until_us"] or 0) - m.step.time_us) / 1000
    return say(
        "**{n} writes to its disk** for {ms:g} ms: only what is safely stored may be confirmed.",
        "**{n} 正在写盘，**需要 {ms:g} 毫秒：只有安全落盘的内容才能确认。", n=m.actor, ms=wait_ms,
    )  # fmt: skip


def refuse_entries(m: Moment) -> Words:
    """The consistency check fails; the hint says where to try."""
    index, term = log_position(m.message)
    index = index or m.get("index", 0)
    last, own = last_entry(m.node)[0], entry_at(m.node, index)
    why = (
        say("its own log ends at index {l}.", "自己的 log 到 index {l} 就结束了。", l=last)
        if own is None
        else say("its own entry there is of term {t}.", "自己在那里的条目属于 term {t}。", t=own[0])
    )
    return say(
        "**{n} refuses the entries:** they follow index {i} of term {t}, but {why} Hint to the leader: try from index {h}.",
        "**{n} 拒绝这些条目：**它们接在 index {i}（term {t}）之后，但{why}给 leader 的提示：从 index {h} 试起。",
        n=m.actor, i=index, t=term, why=why, h=m.get("hint", 0),
    )  # fmt: skip


def truncate(m: Moment) -> Words:
    """A conflict: the leader's log wins."""
    cut = m.get("entries", 0)
    lost = [row for row in m.old["log"] if entry_at(m.node, row[1]) is None or entry_at(m.node, row[1])[0] != row[0]]
    first = lost[0] if lost else None
    where = (
        say(
            " its entry at index {i} was of term {t}, the leader’s is of term {other}.",
            "它在 index {i} 的条目属于 term {t}，而 leader 的属于 term {other}。",
            i=first[1], t=first[0], other=(entry_at(m.node, first[1]) or (m.node["term"],))[0],
        )
        if first is not None
        else Words(" they contradict the leader’s log.", "它们与 leader 的 log 冲突。")
    )  # fmt: skip
    return say(
        "**{n} drops {cut}:**{where} They were never committed.", "**{n} 丢弃 {number} 个条目：**{where}这些条目从未提交。",
        n=m.actor, cut=plural(cut, "entry", "entries"), number=cut, where=where,
    )  # fmt: skip


def refuse_stale(m: Moment) -> Words:
    """An old leader learns that it is one."""
    return say(
        "**{n} refuses:** {s} still believes that it leads term {t}, but {n} is in term {mine}. The answer tells {s} so.",
        "**{n} 拒绝：**{s} 还以为自己是 term {t} 的 leader，但 {n} 已在 term {mine}。{s} 会从答复中得知。",
        n=m.actor, s=m.get("to"), t=m.get("term"), mine=m.node["term"],
    )  # fmt: skip


def receive_heartbeat(m: Moment) -> Words:
    """The leader lives."""
    sender = m.get("sender") or m.node["leader"]
    if m.node["timer_total_us"] and m.node["timer_due_us"] is not None:
        return say(
            "**{n} hears its leader {s}** and winds up its election timer again, to {ms:g} ms.",
            "**{n} 听到 leader {s} 的心跳，**重新设置选举定时器：{ms:g} 毫秒。", n=m.actor, s=sender, ms=m.node["timer_total_us"] / 1000,
        )  # fmt: skip
    return say("**{n} hears its leader {s}:** all is well.", "**{n} 听到 leader {s} 的心跳：**一切正常。", n=m.actor, s=sender)


# -- the leader counts -------------------------------------------------------------------------------------------------------------------


def receive_append_reply(m: Moment) -> Words:
    """How many have it now, or where to try next."""
    follower = m.get("sender") or (m.message["sender"] if m.message else "?")
    if m.node["role"] != "leader":
        return say(
            "**{n} no longer leads,** so {f}’s answer means nothing to it.",
            "**{n} 已不是 leader，**{f} 的答复对它没有意义。",
            n=m.actor,
            f=follower,
        )
    if m.get("reject") or (m.message and m.message["reject"]):
        return _steps_back(m, follower)
    index = log_position(m.message)[0] or m.node["match_index"].get(follower, 0)
    if index <= m.old["commit_index"]:
        return say(
            "**{n} notes that {f} stores everything up to index {i}.** That was committed before; nothing more is needed.",
            "**{n} 记下：{f} 已存到 index {i}。**这些早已提交，无需再做什么。", n=m.actor, f=follower, i=index,
        )  # fmt: skip
    return say(
        "**{n} notes that {f} stores everything up to index {i}:** {count}.", "**{n} 记下：{f} 已存到 index {i}，**{count}。",
        n=m.actor, f=follower, i=index, count=_count(m.node, index),
    )  # fmt: skip


def _count(leader: Frozen, index: int) -> Words:
    holders, size = stored_by(leader, index), len(leader["voters"])
    have, need = sum(name in holders for name in leader["voters"]), majority(size)
    if leader["outgoing"] or have < need:
        return say("{h} of {s} have it, {n} are needed", "{s} 个中有 {h} 个存了它，需要 {n} 个", h=have, s=size, n=need)
    row = entry_at(leader, index)
    if row is not None and row[0] != leader["term"]:
        return say(
            "{h} of {s} have it, but an entry of term {t} is committed only along with one of the leader’s own term",
            "{s} 个中有 {h} 个存了它，但 term {t} 的旧条目要随 leader 自己 term 的条目一起提交", h=have, s=size, t=row[0],
        )  # fmt: skip
    return say("{h} of {s} have it", "{s} 个中有 {h} 个存了它", h=have, s=size)


def _steps_back(m: Moment, follower: str) -> Words:
    if follower not in m.node["next_index"]:
        return say(
            "**{f} is no longer a member,** so {n} does not repair its log.",
            "**{f} 已不是成员，**所以 {n} 不再修复它的 log。",
            n=m.actor,
            f=follower,
        )
    return say(
        "**{f}’s log does not fit:** {n} goes back and sends from index {i} on; {f} hinted at index {h}.",
        "**{f} 的 log 对不上：**{n} 往回退，从 index {i} 开始重发；{f} 提示的是 index {h}。",
        n=m.actor, f=follower, i=m.node["next_index"][follower], h=hint(m.message),
    )  # fmt: skip


def commit(m: Moment) -> Words:
    """Committed: by counting, or because the leader says so."""
    index = m.get("index")
    if m.get("by") != "majority":
        return say(
            "**{n} commits up to index {i}:** its leader says that a majority stores it. {effect}",
            "**{n} 提交到 index {i}：**leader 告诉它多数节点已经存了。{effect}", n=m.actor, i=index, effect=_effect(m),
        )  # fmt: skip
    row = entry_at(m.node, index)
    if row is not None and row[0] != m.node["term"]:
        return say(
            "**Index {i} is committed too early:** it is of term {was}, but {n} leads term {t}. Figure 8’s rule is switched off. {effect}",
            "**index {i} 提交得过早：**它的条目属于 term {was}，而 {n} 是 term {t} 的 leader。图 8 的规则被关闭了。{effect}",
            n=m.actor, i=index, was=row[0], t=m.node["term"], effect=_effect(m),
        )  # fmt: skip
    return say(
        "**Index {i} is committed:** {why} {effect}", "**index {i} 已提交：**{why}{effect}",
        i=index, why=_majority_stores(m, index), effect=_effect(m),
    )  # fmt: skip


def _majority_stores(m: Moment, index: int) -> Words:
    """Why it is committed; counted among those who were members before this step."""
    holders, group = stored_by(m.node, index) | {m.actor}, m.old if m.old["voters"] else m.node
    have, size = sum(name in holders for name in group["voters"]), len(group["voters"])
    if have < majority(size) and not group["outgoing"] and m.node["match_index"]:
        return say(
            "only {h} of {s} servers store it, which is no majority: it may yet be lost. A rule is switched off.",
            "{s} 个节点中只有 {h} 个存了它，不是多数，仍可能丢失。有规则被关闭了。", h=have, s=size,
        )  # fmt: skip
    return say(
        "{stored}, and {n} leads term {t}: it can never be lost.", "{stored}，而且 {n} 是 term {t} 的 leader，它不会再丢失。",
        stored=_stored(group, have), n=m.actor, t=m.node["term"],
    )  # fmt: skip


def _stored(group: Frozen, have: int) -> Words:
    if group["outgoing"]:
        return Words("a majority of the new group and one of the old store it", "新旧两组成员都有多数存了它")
    return say("{h} of {s} servers store it", "{s} 个节点中有 {h} 个存了它", h=have, s=len(group["voters"]))


def _effect(m: Moment) -> Words:
    """What applying the newly committed entries has done."""
    rows = [row for row in m.node["log"] if m.old["commit_index"] < row[1] <= m.node["last_applied"]]
    commands = [command(row[3]) for row in rows if row[2] == "normal" and row[3]]
    if commands:
        shown = ", ".join(commands[:3]) + (" …" if len(commands) > 3 else "")
        return say("{n} applies {c}.", "{n} 执行 {c}。", n=m.actor, c=shown)
    if any(row[2] == "change" for row in rows):
        return Words("The change of membership takes effect.", "成员变更生效。")
    return Words("An empty entry needs no execution.", "空条目不需要执行。") if rows else Words("", "")


def heartbeat_timeout(m: Moment) -> Words:
    """Time to be heard."""
    if len(m.node["match_index"]) == 1:
        return say("**{n} leads alone:** there is nobody to send heartbeats to.", "**{n} 独自领导：**没有别的节点可以发送心跳。", n=m.actor)
    return say(
        "**{n} sends heartbeats:** whoever hears its leader does not stand for election.",
        "**{n} 发送心跳：**听到 leader 的节点就不会发起选举。", n=m.actor,
    )  # fmt: skip


def receive_heartbeat_reply(m: Moment) -> Words:
    """A follower lives; perhaps it lacks something."""
    follower = m.get("sender") or "?"
    if m.node["role"] == "leader" and m.node["match_index"].get(follower, 0) < last_entry(m.node)[0]:
        return say(
            "**{n} learns that {f} is alive** and sends what it may lack, from index {i} on.",
            "**{n} 得知 {f} 还活着，**补发它可能缺少的条目，从 index {i} 开始。",
            n=m.actor, f=follower, i=m.old["next_index"].get(follower, last_entry(m.node)[0]),
        )  # fmt: skip
    return say("**{n} learns that {f} is alive.** {f} lacks nothing.", "**{n} 得知 {f} 还活着，**而且什么都不缺。", n=m.actor, f=follower)


# -- snapshots ---------------------------------------------------------------------------------------------------------------------------


def snapshot(m: Moment) -> Words:
    """The log gets shorter."""
    cut = m.node["snapshot_index"] - m.old["snapshot_index"]
    return say(
        "**{n} writes a snapshot** of its state at index {i} and forgets the {cut} before: what is applied need not be replayed.",
        "**{n} 写下 index {i} 处的 snapshot（快照），**丢掉之前的 {number} 个条目：已执行的内容不必重放。",
        n=m.actor, i=m.get("index"), cut=plural(cut, "entry", "entries"), number=cut,
    )  # fmt: skip


def restore_snapshot(m: Moment) -> Words:
    """Too far behind for the log."""
    leader = m.message["sender"] if m.message else m.node["leader"]
    return say(
        "**{n} takes over a snapshot** up to index {i}: {l} no longer has the older entries that {n} lacks.",
        "**{n} 载入 snapshot，**直到 index {i}：{l} 已经没有 {n} 所缺的旧条目了。", n=m.actor, i=m.get("index"), l=leader or "?",
    )  # fmt: skip


def receive_install_snapshot(m: Moment) -> Words:
    """A snapshot that brings nothing new."""
    return say(
        "**{n} needs no snapshot:** it has everything up to index {i} already.",
        "**{n} 不需要这个 snapshot：**它已经有到 index {i} 的全部内容。",
        n=m.actor, i=m.node["commit_index"],
    )  # fmt: skip


CAPTIONS: dict[str, Callable[[Moment], Words]] = {
    "receive_append_entries": receive_append_entries,
    "refuse_entries": refuse_entries,
    "truncate": truncate,
    "refuse_stale": refuse_stale,
    "receive_heartbeat": receive_heartbeat,
    "receive_append_entries_reply": receive_append_reply,
    "commit": commit,
    "heartbeat_timeout": heartbeat_timeout,
    "receive_heartbeat_reply": receive_heartbeat_reply,
    "snapshot": snapshot,
    "restore_snapshot": restore_snapshot,
    "receive_install_snapshot": receive_install_snapshot,
}
"""Step kind → caption."""

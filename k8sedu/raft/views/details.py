"""What the panel says about a clicked server, message or log entry: rows of a label and a value."""

from __future__ import annotations

from typing import Any

from k8sedu.language import Words
from k8sedu.raft.views.moment import ballot, context, granted, hint, last_entry, log_position
from k8sedu.raft.views.words import MESSAGE_WORDS, ROLE_WORDS, STATUS_WORDS, command, plural, say
from k8sedu.stage.motion import Countdown, Text
from k8sedu.stage.shapes import Detail
from k8sedu.trace import Frozen

NONE = "–"


def node_details(node: Frozen, note: Words | None = None) -> tuple[Detail, ...]:
    """A server: role, vote or votes, log, timer, state. Always the same rows: nothing jumps. `note` is for one without a vote."""
    index, term = last_entry(node)
    return (
        (node["id"], _role(node, note)),
        (Words("votes", "选票") if node["votes"] else Words("voted for", "投票给"), _votes(node)),
        (Words("log", "日志 log"), _log(node, index, term)),
        (Words("timer", "定时器"), _timer(node)),
        (Words("state", "状态机"), state_text(node["machine"])),
    )


def _role(node: Frozen, note: Words | None) -> Words:
    if node["status"] != "up":
        return say("{s}, term {t}", "{s}，term {t}", s=STATUS_WORDS[node["status"]], t=node["term"])
    role = ROLE_WORDS[node["role"]] if note is None or node["role"] != "follower" else note
    return say("{r}, term {t}", "{r}，term {t}", r=role, t=node["term"])


def _votes(node: Frozen) -> Text:
    if node["votes"]:
        return ballot(node, granted(node)) if not node["outgoing"] else f"{len(granted(node))} / {len(node['votes'])}"
    return node["voted_for"] or NONE


def _log(node: Frozen, index: int, term: int) -> Text:
    if not index:
        return Words("empty", "空")
    return say("to index {i} (term {t}), commit {c}", "index {i}（term {t}），commit {c}", i=index, t=term, c=node["commit_index"])


def _timer(node: Frozen) -> Text:
    if node["status"] != "up":
        return NONE
    if node["disk_busy_until_us"] is not None:
        return Countdown(node["disk_busy_until_us"], Words("disk write, {} ms left", "写盘，还剩 {} ms"))
    if node["timer_due_us"] is not None:
        return Countdown(node["timer_due_us"])
    if node["heartbeat_due_us"] is not None:
        return Countdown(node["heartbeat_due_us"], Words("heartbeat in {} ms", "{} ms 后发心跳"))
    return NONE


def state_text(machine: Any) -> str:
    """The applied state in one short line.

    >>> state_text({"x": "4", "y": "2"}), state_text({})
    ('x=4, y=2', '–')
    """
    pairs = [f"{key}={value}" for key, value in machine.items()]
    return ", ".join(pairs[:4]) + (" …" if len(pairs) > 4 else "") if pairs else NONE


def message_details(message: Frozen) -> tuple[Detail, ...]:
    """A message: what it is, what it says, and when it arrives, if it does."""
    kind = MESSAGE_WORDS.get(message["kind"], message["kind"])
    fate: Text = (
        Words("will be lost", "将会丢失") if message["lost"] else Countdown(message["due_us"], Words("arrives in {} ms", "{} ms 后到达"))
    )
    return (
        (f"{message['sender']} → {message['receiver']}", kind),
        (Words("term", "任期 term"), str(message["term"]) if message["term"] else NONE),
        (Words("says", "内容"), _says(message)),
        (Words("on its way", "途中"), fate),
    )


def _says(message: Frozen) -> Text:
    """What matters in a message, in a few words; the rest is in its canonical line in the table of the trace."""
    kind, (index, term) = message["kind"], log_position(message)
    if kind in ("client_request", "client_reply", "propose"):
        return shortened(command(context(message))) or NONE
    if kind.endswith("vote_reply"):
        return Words("no", "不同意") if message["reject"] else Words("yes", "同意")
    if kind == "append_entries":
        return say(
            "{c} after index {i} (term {t})",
            "index {i}（term {t}）之后 {n} 条",
            c=plural(message["entries"], "entry", "entries"),
            n=message["entries"],
            i=index,
            t=term,
        )
    if kind == "append_entries_reply":
        if message["reject"]:
            return say("no; try from index {h}", "不行；从 index {h} 试起", h=hint(message))
        return say("stored to index {i}", "已存到 index {i}", i=index)
    if kind in ("request_vote", "pre_vote"):
        return (
            say("my log ends at {i} (term {t})", "我的 log 到 {i}（term {t}）", i=index, t=term)
            if index
            else Words("my log is empty", "我的 log 为空")
        )
    return say("to index {i}", "到 index {i}", i=index) if kind == "install_snapshot" else NONE


def shortened(text: str, limit: int = 40) -> str:
    """A text that fits one row."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def entry_details(name: str, row: Any, *, is_committed: bool) -> tuple[Detail, ...]:
    """A log entry: where, what, and how far it has come."""
    term, index, kind, data = row
    what: Text = {
        "no_op": Words("empty entry of a new leader", "新 leader 的空条目"),
        "change": say("membership: {d}", "成员变更：{d}", d=data),
    }.get(kind, shortened(command(data)) or Words("empty", "空"))
    return (
        (f"{name}[{index}]", say("index {i}, term {t}", "index {i}，term {t}", i=index, t=term)),
        (Words("command", "命令"), what),
        (
            Words("status", "状态"),
            Words("committed", "已提交") if is_committed else Words("not committed yet", "尚未提交"),
        ),
    )

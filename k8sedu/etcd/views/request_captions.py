"""What becomes of a client's request: asked, taken, passed on, proposed, answered. Here etcd speaks instead of Raft.

Raft's own sentences would be wrong for it: a member that does not lead passes a write on, a keep-alive enters no log, and a serializable
read asks nobody.
"""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.trace import Frozen

ROOM = 60
"""No command is told at greater length."""


def _line(d: Frozen) -> str:
    command = str(d.get("command", ""))
    return command if len(command) <= ROOM else command[: ROOM - 1] + "…"


def _asks(actor: str, d: Frozen) -> Words:
    line = _line(d)
    if d.get("accepted") is False:
        why = d.get("why") or "it is refused at once"
        return Words(f"**{line}** comes to nobody: {why}.", f"**{line}** 无人受理：{why}。")
    if "to" not in d or "attempt" not in d:
        return Words(f"**{actor} is asked:** {line}.", f"**{actor} 收到请求：** {line}。")
    again = (" again", "再次") if d["attempt"] > 1 else ("", "")
    return Words(f"**{actor} asks {d['to']}{again[0]}:** {line}.", f"**{actor} {again[1]}请求 {d['to']}：** {line}。")


def _takes(actor: str, d: Frozen) -> Words:
    client, line = d["client"], _line(d)
    if d.get("accepted") is False:
        return Words(f"**{actor} refuses {client}'s request** at once: {line}.", f"**{actor} 当即拒绝 {client} 的请求：** {line}。")
    if "to" in d:
        return Words(f"**{actor} does not lead**, so it passes {client}'s request on to {d['to']}: {line}.",
                     f"**{actor} 不是 leader**，把 {client} 的请求转给 {d['to']}：{line}。")  # fmt: skip
    if "index" in d:
        return Words(f"**{actor} leads:** it appends {client}'s request as entry {d['index']} and sends it to all: {line}.",
                     f"**{actor} 是 leader：** 把 {client} 的请求追加为第 {d['index']} 条日志，并发给所有成员：{line}。")  # fmt: skip
    return _reads(actor, client, line)


def _reads(actor: str, client: str, line: str) -> Words:
    if line in ("progress", "bye") or line.startswith("watch "):
        return Words(f"**{actor} hears from {client}** over the connection of its watches: {line}.",
                     f"**{actor} 在 watch 连接上收到 {client}：** {line}。")  # fmt: skip
    if line.startswith("keep_alive"):
        return Words(f"**{actor} takes {client}'s keep-alive.** It enters no log.", f"**{actor} 收到 {client} 的续约。** 不写日志。")
    if line.endswith(" serializable"):
        return Words(f"**{actor} answers {client} from its own store**, however old that is: {line}.",
                     f"**{actor} 直接用自己的存储答复 {client}**，不论新旧：{line}。")  # fmt: skip
    return Words(f"**{actor} takes {client}'s read** and first makes sure how far the log is committed: {line}.",
                 f"**{actor} 收到 {client} 的读取**，先确认日志已提交到哪里：{line}。")  # fmt: skip


def _proposed(actor: str, d: Frozen) -> Words:
    if d.get("accepted") is False:
        return Words(f"**{actor} drops a write** that {d['sender']} passed on: it does not lead.",
                     f"**{actor} 丢弃 {d['sender']} 转来的写入**：它不是 leader。")  # fmt: skip
    return Words(f"**{actor} leads:** the write that {d['sender']} passed on becomes entry {d['index']}.",
                 f"**{actor} 是 leader：** {d['sender']} 转来的写入成为第 {d['index']} 条日志。")  # fmt: skip


def _answered(actor: str, d: Frozen) -> Words:
    line, member = _line(d), d.get("member", "")
    if not d["ok"]:
        return Words(f"**{actor} is refused by {member}:** {line}: {d['error']}.", f"**{member} 拒绝 {actor}：** {line}：{d['error']}。")
    branch = {True: " then ran;", False: " else ran;"}.get(d.get("succeeded", ""), "")
    zh = {True: "执行了 then；", False: "执行了 else；"}.get(d.get("succeeded", ""), "")
    return Words(f"**{actor} is answered by {member}:** {line};{branch} the store is at revision {d['revision']}.",
                 f"**{actor} 得到 {member} 的答复：** {line}；{zh}存储的 revision 是 {d['revision']}。")  # fmt: skip


SENTENCES: dict[str, Callable[[str, Frozen], Words]] = {
    "client_request": _asks,
    "receive_client_request": _takes,
    "receive_propose": _proposed,
    "client_reply": _answered,
    "client_gives_up": lambda actor, d: Words(
        f"**{actor} gives up on {_line(d)}**: nobody answered, so whether it took effect is unknown.",
        f"**{actor} 放弃 {_line(d)}**：没有答复，是否生效未知。",
    ),
}
"""What is said of each kind of step about a request."""

"""Inside a member: which way each step takes through it, and what is said of that.

A way is a row of hops between the parts that `member_scene` draws, in their order, each with the stage of a write that it is; 0 for none.
The same words serve the film and the figure. A step that is not in `WAYS` (a heartbeat, what one follower acknowledges) changes no part
worth a picture.

Source: etcd 3.5, server/etcdserver/raft.go (start: save, then send, then apply), v3_server.go, server/storage/mvcc/watchable_store.go.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from k8sedu.etcd.views.member_captions import SENTENCES as TOLD
from k8sedu.language import Words
from k8sedu.trace import Frozen, Step

APPLIED = frozenset(
    {"put", "delete_range", "txn", "compact", "lease_grant", "lease_revoke", "lease_checkpoint", "empty_entry"}
)  # fmt: skip
STAGES = (
    Words("the API takes a request", "API 接收请求"),
    Words("Raft makes it an entry", "Raft 把它变成日志条目"),
    Words("the WAL has it, flushed", "写入 WAL 并落盘"),
    Words("a majority has it: committed", "多数成员都有了：已提交"),
    Words("the store applies it", "存储应用它"),
    Words("the client is answered", "答复客户端"),
    Words("watches are told", "通知 watch"),
)
"""What a write goes through, from 1 on."""
Hops = Mapping[str, int]
A_WRITE: Hops = {
    "client>api": 1, "api>raft": 2, "raft>wal": 3, "raft>peers": 0, "peers>raft": 4, "raft>store": 5, "api>client": 6, "store>hub": 7,
}  # fmt: skip
"""The whole way of a write at the leader, for one picture."""


class Way(NamedTuple):
    """What a step does inside the member, and a sentence."""

    hops: Hops
    said: Words


Found = Callable[[Step, Frozen], Way | None]


def way_of(step: Step, name: str) -> Way | None:
    """What a step means for the member of this name; None if nothing that is drawn."""
    if step.kind == "client_reply" and step.detail.get("member") == name:
        return Way({"api>client": 6}, TOLD["client_reply"](step.actor, step.detail))
    if step.kind in ("start", "end"):
        return Way({}, Words("**One member from the inside.** Above the line is memory, below it the disk.",
                                 "**一个成员的内部。** 线以上是内存，线以下是磁盘。"))  # fmt: skip
    if step.actor != name or step.kind not in WAYS:
        return None
    return WAYS[step.kind](step, step.detail)


def _request(step: Step, d: Frozen) -> Way:
    told = TOLD["receive_client_request"](step.actor, d)
    line = str(d["command"])
    if d.get("accepted") is False:
        return Way({"client>api": 0}, told)
    if "index" in d:
        said = Words(
            f"**{step.actor} leads: {line} becomes entry {d['index']}.** It is in the WAL before it counts here or anywhere.",
            f"**{step.actor} 是 leader：{line} 成为第 {d['index']} 条日志。** 先写进 WAL，才算数。",
        )
        return Way({"client>api": 1, "api>raft": 2, "raft>wal": 3, "raft>peers": 0}, said)
    if line.startswith("keep_alive"):
        return Way({"client>api": 0, "api>lessor": 0}, told)
    if line == "progress" or line.startswith(("watch ", "bye")):
        return Way({"client>api": 0, "api>hub": 0}, told)
    if line.endswith(" serializable"):
        return Way({"client>api": 0}, told)
    return Way({"client>api": int("to" in d), "api>raft": 2 * int("to" in d), "raft>peers": 0}, told)


def _proposal(step: Step, d: Frozen) -> Way:
    hops: Hops = {"peers>raft": 0} if d.get("accepted") is False else {"peers>raft": 2, "raft>wal": 3, "raft>peers": 0}
    return Way(hops, TOLD["receive_propose"](step.actor, d))


def _append(step: Step, d: Frozen) -> Way | None:
    if not d.get("entries"):
        return None
    said = Words(
        f"**{step.actor} is sent {_count(d['entries'])} by {d['sender']}.** Into the WAL first, flushed; only then it says yes.",
        f"**{d['sender']} 发来 {d['entries']} 条日志。** {step.actor} 先写进 WAL 并落盘，然后才回答“有了”。",
    )
    return Way({"peers>raft": 2, "raft>wal": 3, "raft>peers": 0}, said)


def _count(entries: int) -> str:
    return "an entry" if entries == 1 else f"{entries} entries"


def _commit(_: Step, d: Frozen) -> Way:
    index = d["index"]
    by = ("a majority has it on disk", "多数成员的磁盘上都有") if d["by"] == "majority" else ("the leader says so", "leader 这样说")
    said = Words(f"**Entry {index} is committed:** {by[0]}. It may be applied now, and can never be lost.",
                 f"**第 {index} 条已提交：** {by[1]}。现在可以应用，永远不会丢失。")  # fmt: skip
    return Way({"peers>raft": 4}, said)


def _applied(step: Step, d: Frozen) -> Way:
    told = TOLD[step.kind](step.actor, d)
    said = Words(f"{told.en} The database will have it within a tenth of a second.", f"{told.zh} 数据库十分之一秒内写入。")
    return Way({"raft>lessor" if step.kind in ("lease_grant", "lease_checkpoint") else "raft>store": 5}, said)


def _news(step: Step, d: Frozen) -> Way:
    return Way({"store>hub": 7, "hub>api": 0, "api>client": 0}, TOLD["watch_response"](step.actor, d))


def _restart(step: Step, d: Frozen) -> Way:
    said = Words(
        f"**{step.actor} starts from its disk.** The database knows entry {d['consistent_index']}, the WAL has the rest.",
        f"**{step.actor} 从磁盘启动。** 数据库到第 {d['consistent_index']} 条，其余在 WAL 中。",
    )
    return Way({"db>store": 0, "wal>raft": 0}, said)


def _snapshot(step: Step, d: Frozen) -> Way:
    said = Words(f"**{step.actor} writes a snapshot** up to entry {d['index']}: the log before it may go.",
                 f"**{step.actor} 写快照**，到第 {d['index']} 条为止：之前的日志可以丢掉。")  # fmt: skip
    return Way({"store>snap": 0}, said)


def _simply(*hops: str) -> Found:
    return lambda step, d: Way(dict.fromkeys(hops, 0), TOLD[step.kind](step.actor, d))


def _crash(step: Step, _: Frozen) -> Way:
    return Way({}, Words(f"**{step.actor} crashes.** What stands above the line is gone; what stands below is all it will have.",
                             f"**{step.actor} 崩溃。** 线以上的全部消失，线以下的就是它剩下的一切。"))  # fmt: skip


def _leader(step: Step, d: Frozen) -> Way:
    return Way({}, Words(f"**{step.actor} leads in term {d['term']}.** From now on it proposes, and its lessor counts.",
                             f"**{step.actor} 在 term {d['term']} 成为 leader。** 由它提案，由它的 lessor 倒数。"))  # fmt: skip


WAYS: dict[str, Found] = {
    "receive_client_request": _request,
    "receive_propose": _proposal,
    "receive_append_entries": _append,
    "commit": _commit,
    **dict.fromkeys(sorted(APPLIED), _applied),
    "entries_skipped": _simply(),
    "watch_response": _news,
    "keep_alive": _simply("api>lessor"),
    "lease_expired": _simply("lessor>raft"),
    "lessor_promoted": _simply(),
    "lessor_demoted": _simply(),
    "snapshot": _snapshot,
    "snapshot_installed": _simply("peers>raft", "raft>store"),
    "restart": _restart,
    "crash": _crash,
    "become_leader": _leader,
}
"""What is drawn of each kind of step."""

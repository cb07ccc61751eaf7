"""What happens in each step of a store's story, in one sentence, and why."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.trace import Frozen, Step

Say = Callable[[Frozen, Frozen], Words]


def caption(step: Step) -> Words:
    """One sentence for a step.

    >>> from k8sedu.trace import Frozen
    >>> caption(Step(1, 0, "ask", "store", Frozen(command="get a"), Frozen(walk=Frozen(key="")))).en
    '**get a**: a client asks.'
    """
    walk = step.frame["walk"] if step.frame is not None else Frozen(key="", command="")
    return SENTENCES[step.kind](step.detail, walk)


def _start(_: Frozen, __: Frozen) -> Words:
    return Words(
        "**An empty store:** no key, revision 1. The index is empty and the store has one empty page.",
        "**空的存储：** 没有键，revision 为 1；索引是空的，存储只有一个空页。",
    )


def _index_walk(detail: Frozen, _: Frozen) -> Words:
    key, count = detail["key"], len(detail["nodes"])
    nodes = "one node" if count == 1 else f"{count} nodes"
    if detail["range"]:
        return Words(
            f"**Find where {key} begins:** {nodes} of the index lead there, and its neighbours follow in order.",
            f"**找到 {key} 的起点：** 经过索引的 {count} 个节点，后面的键按顺序相邻。",
        )
    if detail["found"]:
        return Words(
            f"**Find {key}:** {nodes} of the index lead to its history.",
            f"**查找 {key}：** 经过索引的 {count} 个节点，找到它的历史。",
        )
    return Words(
        f"**{key} is not in the index:** {nodes} lead to the place where it would stand.",
        f"**索引里没有 {key}：** 经过 {count} 个节点，到达它应在的位置。",
    )


def _key_found(detail: Frozen, _: Frozen) -> Words:
    revisions, at = ", ".join(detail["revisions"]), detail["at"]
    if at > 0:
        return Words(
            f"**The past is a number:** the newest revision not after {at} is {revisions}.",
            f"**历史就是一个编号：** 不大于 {at} 的最新 revision 是 {revisions}。",
        )
    several = len(detail["revisions"]) > 1
    return Words(
        f"**The index answers with {'numbers' if several else 'a number'}**, not with {'values' if several else 'the value'}: {revisions}.",
        f"**索引给出的是编号而不是值：** {revisions}。",
    )


def _key_missing(detail: Frozen, _: Frozen) -> Words:
    at = f" at revision {detail['at']}" if detail["at"] > 0 else ""
    return Words(f"**Nothing there{at}:** the index knows no live revision of it.", "**没有：** 索引里没有它存活的 revision。")


def _store_walk(detail: Frozen, _: Frozen) -> Words:
    pages = ", ".join(detail["pages"])
    return Words(f"**From the number to the record:** through the pages {pages}.", f"**由编号找到记录：** 经过第 {pages} 页。")


def _index_change(detail: Frozen, walk: Frozen) -> Words:
    revisions = ", ".join(detail["revisions"])
    if detail["splits"]:
        return Words(
            f"**The index notes {revisions}**, and a full node splits: its middle key moves up.",
            f"**索引记下 {revisions}**，写满的节点分裂：中间的键上移一层。",
        )
    if len(detail["revisions"]) > 1:
        return Words(
            f"**One transaction, one revision:** the index notes {revisions}.", f"**一个事务，一个 revision：** 索引记下 {revisions}。"
        )
    return Words(f"**The index notes revision {revisions}** for {walk['key'] or 'the key'}.", f"**索引记下 revision {revisions}**。")


def _pages_append(detail: Frozen, _: Frozen) -> Words:
    if detail["splits"]:
        return Words(
            "**Append, never overwrite:** the last page is full, so a new page begins beside it.",
            "**只追加，不覆盖：** 最后一页已满，旁边开始新的一页。",
        )
    return Words(
        "**Append, never overwrite:** the record goes to the end of the last page.",
        "**只追加，不覆盖：** 记录写在最后一页的末尾。",
    )


def _index_compact(_: Frozen, __: Frozen) -> Words:
    return Words(
        "**Compaction, first the index:** of each key the newest revision not after the limit stays, older ones go.",
        "**压缩先改索引：** 每个键保留不大于界限的最新 revision，更旧的删去。",
    )


def _pages_compact(detail: Frozen, _: Frozen) -> Words:
    freed, removed = detail["freed"], detail["removed"]
    tail = (f" {freed} pages are empty and free again.", f"有 {freed} 页变空，可以重用。") if freed else ("", "")
    return Words(
        f"**Then the pages:** {removed} records leave holes; the order of the rest does not change.{tail[0]}",
        f"**再改页面：** 删去 {removed} 条记录，留下空洞，其余顺序不变。{tail[1]}",
    )


def _compare(detail: Frozen, _: Frozen) -> Words:
    outcome = ("then", "Then") if detail["succeeded"] else ("else", "Else")
    return Words(
        f"**If:** every comparison is answered before anything is written; the transaction goes on with **{outcome[0]}**.",
        f"**If：** 先回答全部比较，再执行任何写入；接着执行 **{outcome[1]}**。",
    )


def _answer(detail: Frozen, walk: Frozen) -> Words:
    verb, revision = detail["verb"], detail["revision"]
    if verb == "get" and detail["value"] is not None:
        value, mod = detail["value"], detail["mod_revision"]
        return Words(
            f"**{walk['command']}** gives {value!r}, written at revision {mod}; the store is at revision {revision}.",
            f"**{walk['command']}** 得到 {value!r}，写于 revision {mod}；存储现在的 revision 是 {revision}。",
        )
    if verb in ("get", "delete"):
        count = detail["count"]
        return Words(
            f"**{walk['command']}**: {count} key{'' if count == 1 else 's'}; the store is at revision {revision}.",
            f"**{walk['command']}**：{count} 个键；存储的 revision 是 {revision}。",
        )
    return Words(f"**Done:** the store is at revision {revision}.", f"**完成：** 存储的 revision 是 {revision}。")


SENTENCES: dict[str, Say] = {
    "start": _start,
    "ask": lambda detail, _: Words(f"**{detail['command']}**: a client asks.", f"**{detail['command']}**：客户端提出请求。"),
    "index_walk": _index_walk,
    "key_found": _key_found,
    "key_missing": _key_missing,
    "store_walk": _store_walk,
    "index_change": _index_change,
    "pages_append": _pages_append,
    "index_compact": _index_compact,
    "pages_compact": _pages_compact,
    "compare": _compare,
    "answer": _answer,
    "refused": lambda detail, _: Words(f"**Refused:** {detail['message']}.", f"**被拒绝：** {detail['message']}。"),
}
"""What is said of each kind of step."""

"""What an etcd step adds to Raft's sentence: which request was applied, and what became of revision, leases and watches."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from k8sedu.etcd.views import request_captions
from k8sedu.etcd.views.txn_rows import compare_text
from k8sedu.language import Words
from k8sedu.trace import Frozen, Step

Say = Callable[[str, Frozen], Words]


def sentence(steps: Sequence[Step]) -> Words | None:
    """The sentence of the last of these steps that has one; of several applied entries it tells the number."""
    told = [step for step in steps if step.kind in SENTENCES]
    if not told:
        return None
    applied = [step for step in told if "index" in step.detail and "changed" in step.detail]
    if len(applied) > 1:
        first, last, revision = applied[0].detail["index"], applied[-1].detail["index"], applied[-1].detail["revision"]
        return Words(
            f"**{applied[0].actor} applies entries {first} to {last}**: revision {revision}.",
            f"**{applied[0].actor} 应用第 {first} 到 {last} 条日志**：revision {revision}。",
        )
    step = told[-1]
    return SENTENCES[step.kind](step.actor, step.detail)


def _applied(what: str) -> Say:
    """An entry was applied: the request in its own words, and the revision."""

    def say(actor: str, d: Frozen) -> Words:
        line = what.format(**{"key": "", "value": "", "lease": 0, "ttl_s": 0, "at": 0, "remaining_s": 0, **d}).strip()
        if "error" in d:
            return Words(f"**{actor} refuses {line}**: {d['error']}.", f"**{actor} 拒绝 {line}**：{d['error']}。")
        stays = ("is now", "变为") if d["changed"] else ("stays", "仍是")
        return Words(
            f"**{actor} applies {line}**; its revision {stays[0]} {d['revision']}.",
            f"**{actor} 应用 {line}**；它的 revision {stays[1]} {d['revision']}。",
        )

    return say


def _txn(actor: str, d: Frozen) -> Words:
    if "error" in d:
        return Words(f"**{actor} refuses the transaction**: {d['error']}.", f"**{actor} 拒绝该事务**：{d['error']}。")
    rows = d["account"]["txn"]["compare"]
    asked = compare_text(rows[0]) + (" …" if len(rows) > 1 else "") if rows else "nothing"
    branch = "then" if d["succeeded"] else "else"
    return Words(
        f"**{actor} applies a transaction**: if {asked}, so {branch} runs; revision {d['revision']}.",
        f"**{actor} 应用一个事务**：if {asked}，执行 {branch}；revision {d['revision']}。",
    )


def _empty(actor: str, d: Frozen) -> Words:
    return Words(
        f"**{actor} applies an empty entry**: a new term, no new revision ({d['revision']}).",
        f"**{actor} 应用空条目**：term 变了，revision 不变（{d['revision']}）。",
    )


def _keep_alive(actor: str, d: Frozen) -> Words:
    if not d["ttl_s"]:
        return Words(f"**{actor} knows no lease {d['lease']}** any more.", f"**{actor} 上已没有租约 {d['lease']}**。")
    return Words(
        f"**{actor} winds lease {d['lease']} up again** for {d['ttl_s']} s; nothing goes into the log.",
        f"**{actor} 把租约 {d['lease']} 重新计时** {d['ttl_s']} 秒；不写日志。",
    )


def _promoted(actor: str, d: Frozen) -> Words:
    count = len(d["leases"])
    return Words(
        f"**{actor} counts down the leases now**, each anew: {count}.", f"**{actor} 开始为租约倒数**，全部从头计时：共 {count} 个。"
    )


def _event(actor: str, d: Frozen) -> Words:
    last, first = d["last"], d["first"]
    which = f"revision {first}" if first == last else f"revisions {first} to {last}"
    return Words(
        f"**{actor} is told of {which}** by {d['member']}.", f"**{actor} 从 {d['member']} 收到** revision {first} 到 {last} 的变化。"
    )


def _revoked(actor: str, d: Frozen) -> Words:
    if "error" in d:
        return Words(f"**{actor} cannot end lease {d['lease']}**: {d['error']}.", f"**{actor} 无法结束租约 {d['lease']}**：{d['error']}。")
    if not d["changed"]:
        return Words(f"**{actor} ends lease {d['lease']}**; it had no keys.", f"**{actor} 结束租约 {d['lease']}**；它没有键。")
    return Words(
        f"**{actor} ends lease {d['lease']}**: all its keys are deleted as revision {d['revision']}.",
        f"**{actor} 结束租约 {d['lease']}**：其上的键作为 revision {d['revision']} 一起删除。",
    )


SENTENCES: dict[str, Say] = {
    **request_captions.SENTENCES,
    "put": _applied("put {key} {value}"),
    "delete_range": _applied("delete {key}"),
    "compact": _applied("compact {at}"),
    "lease_grant": _applied("grant {lease} {ttl_s}"),
    "lease_checkpoint": _applied("checkpoint {lease} {remaining_s}"),
    "lease_revoke": _revoked,
    "txn": _txn,
    "empty_entry": _empty,
    "keep_alive": _keep_alive,
    "keep_alive_sent": lambda actor, d: Words(
        f"**{actor} sends a keep-alive** for lease {d['lease']} to {d['to']}.", f"**{actor} 为租约 {d['lease']} 发送续约** 给 {d['to']}。"
    ),
    "lessor_promoted": _promoted,
    "lessor_demoted": lambda actor, _: Words(
        f"**{actor} leads no more**, so it stops counting its leases.", f"**{actor} 不再是 leader**，停止为租约倒数。"
    ),
    "lease_expired": lambda actor, d: Words(
        f"**Lease {d['lease']} has run out**; {actor} proposes its end.", f"**租约 {d['lease']} 到期**；{actor} 提出撤销。"
    ),
    "propose_lease_end": lambda actor, d: Words(
        f"**{actor} proposes the end of lease {d['lease']}**, as an entry of the log.",
        f"**{actor} 提出撤销租约 {d['lease']}**，作为日志条目。",
    ),
    "lease_lost": lambda actor, d: Words(
        f"**{actor} learns that lease {d['lease']} is gone.**",
        f"**{actor} 得知租约 {d['lease']} 已失效。**",
    ),
    "entries_skipped": lambda actor, d: Words(
        f"**{actor} skips entries {d['first']} to {d['last']}**: its database has them already.",
        f"**{actor} 跳过第 {d['first']} 到 {d['last']} 条**：数据库里已经有了。",
    ),
    "client_crash": lambda actor, _: Words(f"**{actor} crashes**; its leases are not renewed any more.", f"**{actor} 崩溃**；不再续约。"),
    "client_restart": lambda actor, _: Words(f"**{actor} is back** and remembers nothing.", f"**{actor} 恢复运行**，什么都不记得。"),
    "watch_event": _event,
    "watch_response": lambda actor, d: Words(
        f"**{actor} sends {d['client']} the news** up to revision {d['last']}.",
        f"**{actor} 向 {d['client']} 推送**到 revision {d['last']} 的变化。",
    ),
    "watch_created": lambda actor, d: Words(
        f"**The watch of {actor} stands**, from revision {d['start_revision']} on.",
        f"**{actor} 的 watch 已建立**，从 revision {d['start_revision']} 开始。",
    ),
    "watch_reconnect": lambda actor, d: Words(
        f"**{actor} takes its watch to {d['to']}** and goes on where it was.", f"**{actor} 把 watch 转到 {d['to']}**，从断点继续。"
    ),
    "watch_canceled": lambda actor, d: Words(
        f"**The watch of {actor} is cancelled**: {d['reason']}.",
        f"**{actor} 的 watch 被取消**：{d['reason']}。",
    ),
    "snapshot_installed": lambda actor, d: Words(
        f"**{actor} takes over the leader's snapshot**: revision {d['revision']}.",
        f"**{actor} 采用 leader 的快照**：revision {d['revision']}。",
    ),
}  # fmt: skip
"""What is said of each of etcd's own kinds of steps."""

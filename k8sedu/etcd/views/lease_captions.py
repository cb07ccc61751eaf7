"""What happens to leases at each moment, in one sentence, and why."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.etcd.views.lease_moments import Held, Moment, counting, ended, leases, renewed_by
from k8sedu.language import Words


def caption(moment: Moment) -> Words:
    """One sentence for a moment."""
    return SENTENCES.get(moment.kind, _plainly)(moment)


def _plainly(m: Moment) -> Words:
    kind = m.kind.replace("_", " ")
    return Words(f"**{m.actor or 'etcd'}: {kind}.**", f"**{m.actor or 'etcd'}：{kind}。**")


def _start(_: Moment) -> Words:
    return Words(
        "**No lease yet.** Followers would keep leases, too, but only the leader's clocks count.",
        "**还没有租约（lease）。** follower 也保存租约，但只有 leader 的时钟在倒数。",
    )


def _tick(m: Moment) -> Words:
    held = leases(m.frame)
    if not held:
        return Words("**No lease is alive.**", "**没有存活的租约。**")
    if counting(m.frame) is None:
        return Words(
            "**Nobody leads, so nobody counts.** No lease can run out now.", "**没有 leader，就没有人倒数。** 此时任何租约都不会到期。"
        )
    silent = [lease for lease in held if not renewed_by(m.frame, lease.lease)]
    if silent:
        first = min(silent, key=lambda lease: lease.expiry_us or 0)
        return _silent(first, m.time_us)
    return Words(
        "**The clocks run.** Whoever holds a lease renews it three times per TTL.", "**时钟在走。** 持有者在每个 TTL 内续约三次。"
    )


def _silent(lease: Held, now_us: int) -> Words:
    left_s = max(0, -((now_us - (lease.expiry_us or 0)) // 1_000_000))
    count = len(lease.keys)
    return Words(
        f"**Nobody renews lease {lease.lease}:** {left_s} s are left, then {_keys(count)} will go.",
        f"**没有人为租约 {lease.lease} 续约：** 还剩 {left_s} 秒，届时其 {count} 个键将被删除。",
    )


def _keys(count: int) -> str:
    return "no key" if not count else "its key" if count == 1 else f"its {count} keys"


def _wish(m: Moment) -> Words:
    if m.detail.get("accepted") is False:
        why = m.detail.get("why", "")
        return Words(f"**{m.detail['command']}**: nobody takes it, {why}.", f"**{m.detail['command']}**：无人受理（{why}）。")
    return Words(f"**{m.actor or 'A client'} asks:** {m.detail['command']}.", f"**{m.actor or '客户端'} 请求：** {m.detail['command']}。")


def _gives_up(m: Moment) -> Words:
    return Words(
        f"**{m.actor} gives up on** {m.detail['command']}: no answer came, so it does not know whether it took effect.",
        f"**{m.actor} 放弃** {m.detail['command']}：没有收到答复，不知道是否生效。",
    )


def _grant(m: Moment) -> Words:
    lease, ttl_s = m.detail["lease"], m.detail["ttl_s"]
    if "error" in m.detail:
        return Words(f"**Lease {lease} is refused:** {m.detail['error']}.", f"**租约 {lease} 被拒绝：** {m.detail['error']}。")
    held = next((held for held in leases(m.frame) if held.lease == lease), None)
    more = ("", "")
    if held is not None and held.ttl_s != ttl_s:
        more = (f" Asked for {ttl_s} s; the minimum is {held.ttl_s} s.", f"请求 {ttl_s} 秒，最小值为 {held.ttl_s} 秒。")
    ttl_s = ttl_s if held is None else held.ttl_s
    return Words(
        f"**Lease {lease} is granted for {ttl_s} s.** That is an entry of the log, but no revision.{more[0]}",
        f"**租约 {lease} 获准，TTL 为 {ttl_s} 秒。** 这是日志中的一个条目，但不产生 revision。{more[1]}",
    )


def _changed(m: Moment) -> Words:
    if "error" in m.detail:
        return Words(f"**Refused:** {m.detail['error']}.", f"**被拒绝：** {m.detail['error']}。")
    lease, revision, key = m.detail.get("lease"), m.detail["revision"], m.detail.get("key", "")
    if lease:
        return Words(
            f"**{key} hangs on lease {lease}**, from revision {revision} on: it lives as long as the lease.",
            f"**{key} 挂到租约 {lease} 上**（revision {revision}）：租约在，键就在。",
        )
    if m.kind == "put":
        return Words(
            f"**{key} is put without a lease**, so it hangs on none any more (revision {revision}).",
            f"**写入 {key} 时没有带租约**，它不再挂在任何租约上（revision {revision}）。",
        )
    return Words(f"**The keys of a lease change** (revision {revision}).", f"**租约上的键有变化**（revision {revision}）。")


def _sent(m: Moment) -> Words:
    held = next((held for held in leases(m.frame) if held.lease == m.detail["lease"]), None)
    left = ("", "")
    if held is not None and held.expiry_us is not None:
        left_s = max(0.0, (held.expiry_us - m.time_us) / 1e6)
        left = (f", with {left_s:.1f} s left", f"，还剩 {left_s:.1f} 秒")
    to = m.detail["to"]
    return Words(
        f"**{m.actor} sends a keep-alive for lease {m.detail['lease']}** to {to}{left[0]}.",
        f"**{m.actor} 为租约 {m.detail['lease']} 发送续约（keep-alive）** 给 {to}{left[1]}。",
    )


def _kept(m: Moment) -> Words:
    lease, ttl_s, revision = m.detail["lease"], m.detail["ttl_s"], m.detail["revision"]
    if not ttl_s:
        return Words(
            f"**Too late:** {m.actor} has no lease {lease} any more, and answers with no time.",
            f"**太迟了：** {m.actor} 上已没有租约 {lease}，答复的时间为 0。",
        )
    return Words(
        f"**{m.actor} winds the clock of lease {lease} up again:** {ttl_s} s. No entry of the log; the revision stays {revision}.",
        f"**{m.actor} 把租约 {lease} 的时钟重新上满：** {ttl_s} 秒。不写日志，revision 仍是 {revision}。",
    )


def _expired(m: Moment) -> Words:
    lease = m.detail["lease"]
    return Words(
        f"**Lease {lease} has run out.** {m.actor} may not delete alone: it proposes the end, as an entry of the log.",
        f"**租约 {lease} 到期。** {m.actor} 不能独自删除：它把“撤销租约”作为日志条目提出。",
    )


def _revoked(m: Moment) -> Words:
    lease, gone = m.detail["lease"], ended(m)
    if "error" in m.detail:
        return Words(f"**No end of lease {lease}:** {m.detail['error']}.", f"**无法撤销租约 {lease}：** {m.detail['error']}。")
    if gone is None or not gone.keys:
        return Words(
            f"**Lease {lease} ends.** It had no keys, so there is no new revision.",
            f"**租约 {lease} 结束。** 它没有键，所以没有新的 revision。",
        )
    listed, revision = ", ".join(gone.keys[:3]) + (" …" if len(gone.keys) > 3 else ""), m.detail["revision"]
    return Words(
        f"**Lease {lease} ends, and one revision, {revision}, deletes all its keys** in their order: {listed}.",
        f"**租约 {lease} 结束，一个 revision（{revision}）按键的顺序删除它的所有键：** {listed}。",
    )


def _promoted(m: Moment) -> Words:
    if not m.detail["leases"]:
        return Words(f"**{m.actor} leads:** from now on its clocks count.", f"**{m.actor} 成为 leader：** 从现在起由它的时钟倒数。")
    return Words(
        f"**{m.actor} leads now and begins every countdown anew**, plus the time of an election: longer than granted, never shorter.",
        f"**{m.actor} 成为 leader，所有倒计时从头开始**，并加上一次选举的时间：只会更长，不会更短。",
    )


def _crash(m: Moment) -> Words:
    was = m.before["nodes"].get(m.actor)
    if was is not None and was["is_primary"]:
        return Words(
            f"**{m.actor} crashes, and with it the only clocks that count.** The others know the leases, but not how much was left.",
            f"**{m.actor} 崩溃，唯一在倒数的时钟也随之消失。** 其他成员知道有哪些租约，但不知道还剩多少时间。",
        )
    return Words(f"**{m.actor} crashes;** it did not count, so no lease notices.", f"**{m.actor} 崩溃；** 它不负责倒数，租约不受影响。")


def _restart(m: Moment) -> Words:
    return Words(
        f"**{m.actor} starts again** and reads its leases from the log; it does not count unless it is elected.",
        f"**{m.actor} 重新启动**，从日志中恢复租约；除非当选，否则不倒数。",
    )


def _client_crash(m: Moment) -> Words:
    mine = [str(row[0]) for row in m.before["clients"][m.actor]["leases"]]
    if not mine:
        return Words(f"**{m.actor} crashes.** It held no lease.", f"**{m.actor} 崩溃。** 它没有持有租约。")
    listed = ", ".join(mine)
    return Words(
        f"**{m.actor} crashes.** It tells nobody; all that etcd notices is silence about lease {listed}.",
        f"**{m.actor} 崩溃。** 没有人通知 etcd；etcd 只会发现租约 {listed} 不再续约。",
    )


def _checkpoint(m: Moment) -> Words:
    lease, rest = m.detail["lease"], m.detail["remaining_s"]
    return Words(
        f"**A checkpoint:** the log notes that lease {lease} has {rest} s left, so that a new leader need not begin anew.",
        f"**检查点：** 日志记下租约 {lease} 还剩 {rest} 秒，新 leader 不必从头计时。",
    )


SENTENCES: dict[str, Callable[[Moment], Words]] = {
    "start": _start,
    "tick": _tick,
    "client_request": _wish,
    "client_gives_up": _gives_up,
    "client_reply": lambda m: Words(
        f"**{m.actor} is refused** {m.detail['command']}: {m.detail['error']}.",
        f"**{m.actor} 的请求 {m.detail['command']} 被拒绝**：{m.detail['error']}。",
    ),
    "lease_grant": _grant,
    "put": _changed,
    "delete_range": _changed,
    "txn": _changed,
    "keep_alive_sent": _sent,
    "keep_alive": _kept,
    "lease_expired": _expired,
    "lease_revoke": _revoked,
    "lease_checkpoint": _checkpoint,
    "lessor_promoted": _promoted,
    "crash": _crash,
    "restart": _restart,
    "client_crash": _client_crash,
    "client_restart": lambda m: Words(
        f"**{m.actor} is back** and remembers nothing, not even its leases.", f"**{m.actor} 恢复运行**，什么都不记得，包括它的租约。"
    ),
    "lease_lost": lambda m: Words(
        f"**{m.actor} learns that lease {m.detail['lease']} is gone**, and with it all its keys.",
        f"**{m.actor} 得知租约 {m.detail['lease']} 已不存在**，其上的键也都没了。",
    ),
    "pause": lambda m: Words(f"**{m.actor} stands still;** its clock on the wall does not.", f"**{m.actor} 暂停；** 墙上的时钟不会停。"),
    "resume": lambda m: Words(f"**{m.actor} goes on.**", f"**{m.actor} 恢复运行。**"),
    "partition": lambda _: Words(
        "**The network splits:** keep-alives that have to cross it are lost.", "**网络分裂：** 需要穿过裂口的续约消息会丢失。"
    ),
    "heal": lambda _: Words("**The network is whole again.**", "**网络恢复。**"),
    "clock_drift": lambda m: Words(
        f"**The clock of {m.actor or 'a member'} goes wrong** from now on; leases are counted by it.",
        f"**{m.actor or '某成员'} 的时钟从现在起走时不准**；租约按它倒数。",
    ),
    "violation": lambda m: Words(
        f"**A promise is broken:** {m.detail.get('message', '')}", f"**违反了承诺：** {m.detail.get('message', '')}"
    ),
    "end": _tick,
}
"""What is said of each kind of moment."""

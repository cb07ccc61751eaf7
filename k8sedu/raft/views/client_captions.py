"""Who belongs to the group, and what clients ask and are told: captions of membership changes, requests and reads."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.moment import Moment, context, last_entry, log_position
from k8sedu.raft.views.words import command, joined, say

# -- membership --------------------------------------------------------------------------------------------------------------------------


def propose_change(m: Moment) -> Words:
    """The change is an entry like any other."""
    return say(
        "**{n} proposes a membership change:** {change}. It travels through the log and takes effect when it is committed.",
        "**{n} 提议变更成员：**{change}。变更写入 log，提交后才生效。", n=m.actor, change=m.get("change", "?"),
    )  # fmt: skip


def change_membership(m: Moment) -> Words:
    """A new configuration is in force."""
    voters, outgoing = m.get("voters", ()), m.get("outgoing", ())
    if outgoing:
        return say(
            "**{n} enters the joint configuration:** every decision now needs a majority of {new} and one of {old}.",
            "**{n} 进入 joint configuration（联合配置）：**每个决定都需要新成员 {new} 的多数，以及旧成员 {old} 的多数。",
            n=m.actor, new=joined(voters), old=joined(outgoing),
        )  # fmt: skip
    learners = m.node["learners"]
    also = say(" Learners, without a vote: {l}.", "{l} 是 learner，只接收 log，不投票。", l=joined(learners)) if learners else Words("", "")
    return say(
        "**{n} uses the new membership:** {v} vote, and {need} of them are a majority.{also}",
        "**{n} 启用新的成员：**{v} 有投票权，其中 {need} 个是多数。{also}",
        n=m.actor, v=joined(voters), need=majority(len(voters)), also=also,
    )  # fmt: skip


def refuse_change(m: Moment) -> Words:
    """Not now."""
    return say(
        "**{n} refuses the membership change:** {why}.",
        "**{n} 拒绝成员变更：**{why}。",
        n=m.actor,
        why=_why_refused(str(m.get("why", "?"))),
    )


def _why_refused(why: str) -> Words:
    return _REFUSED_CHANGES.get(why, Words(why, why))


_REFUSED_CHANGES = {
    "no entry of the leader's own term is committed yet": Words(
        "no entry of the leader’s own term is committed yet", "leader 还没有提交过自己 term 的条目"
    ),
    "an earlier change is not applied yet": Words("an earlier change is not applied yet", "前一个变更还没有执行"),
    "must transition out of joint config first": Words("the group is still in a joint configuration", "集群还处在联合配置中"),
    "not in joint state; refusing empty conf change": Words("the group is not in a joint configuration", "集群不在联合配置中"),
    "removed all voters": Words("it would remove all voters", "这会移除所有有投票权的成员"),
}

# -- reads and clients -------------------------------------------------------------------------------------------------------------------


def client_request(m: Moment) -> Words:
    """Asked by a client, or by the scenario itself."""
    wanted = command(str(m.get("command", "")))
    if m.get("accepted") is False:
        return say(
            "**Nobody can take the request {c} now:** {why}.", "**现在没有节点能接受请求 {c}：**{why}。", c=wanted, why=_no_leader(m)
        )
    if m.get("to"):
        again = m.get("attempt", 1) > 1
        verb = Words("asks again, this time", "再次请求") if again else Words("asks", "请求")
        return say(
            "**{c} {verb} {to}:** {r}, its request number {s}.", "**{c} {verb} {to}：**{r}，它的第 {s} 个请求。",
            c=m.actor, verb=verb, to=m.get("to"), r=wanted, s=m.get("serial"),
        )  # fmt: skip
    return say(
        "**{n} takes the request {c}:** it writes it at index {i} of its log and sends it to all.",
        "**{n} 接受请求 {c}：**写入自己 log 的 index {i}，并发给所有节点。", n=m.actor, c=wanted, i=m.get("index", last_entry(m.node)[0]),
    )  # fmt: skip


def _no_leader(m: Moment) -> Words:
    why = str(m.get("why", "") or "no leader")
    name, _, state = why.partition(" is ")
    if not state:
        return Words("nobody leads", "目前没有 leader")
    return say("{n} is {s}", "{n} {zh}", n=name, s=state, zh={"stopped": "已停止", "paused": "已暂停", "up": "正忙"}.get(state, state))


def receive_client_request(m: Moment) -> Words:
    """Accepted, to be read, or sent elsewhere."""
    wanted, client = command(str(m.get("command", ""))), m.get("sender") or Words("the request", "这个请求")
    if not m.get("accepted", True):
        leader = m.node["leader"]
        whom = say("it names {l}", "它告诉客户端去找 {l}", l=leader) if leader else Words("it knows no leader", "它也不知道谁是 leader")
        return say(
            "**{n} turns {c} away:** only a leader takes requests; {whom}.", "**{n} 回绝 {c}：**只有 leader 接受请求；{whom}。",
            n=m.actor, c=client, whom=whom,
        )  # fmt: skip
    if wanted.endswith("?") and _answers_at_once(m):
        return say(
            "**{n} answers {r} from memory at once,** without asking whether it still leads: that rule is switched off.",
            "**{n} 直接从内存回答 {r}，**没有先确认自己仍是 leader：这条规则被关闭了。", n=m.actor, r=wanted,
        )  # fmt: skip
    if wanted.endswith("?"):
        return say(
            "**{n} may not answer {r} from memory yet:** one round of heartbeats must confirm that it still leads.",
            "**{n} 还不能直接回答 {r}：**要先用一轮心跳确认自己仍是 leader。", n=m.actor, r=wanted,
        )  # fmt: skip
    return say(
        "**{n} takes {r} from {c}:** it writes it at index {i} of its log and sends it to all.",
        "**{n} 接受 {c} 的 {r}：**写入自己 log 的 index {i}，并发给所有节点。",
        n=m.actor, r=wanted, c=client, i=m.get("index", last_entry(m.node)[0]),
    )  # fmt: skip


def _answers_at_once(m: Moment) -> bool:
    """Was the client answered in this very step, although there are others to ask?"""
    sent = (
        message for message in m.after["messages"].values() if message["kind"] == "client_reply" and message["receiver"] == m.get("sender")
    )
    others = len(m.node["voters"]) > 1
    return others and any(message["sent_us"] == m.step.time_us and message["sender"] == m.actor for message in sent)


def client_reply(m: Moment) -> Words:
    """The client has its answer."""
    wanted, answer = command(str(m.get("command", ""))), m.get("answer", "")
    if wanted.endswith("?"):
        return say(
            "**{c} has its answer:** {k} is{a}. A leader first makes sure that it still leads: without that rule the value could be stale.",
            "**{c} 得到答复：**{k} 的值是{a}。leader 要先确认自己仍是 leader；少了这条规则就可能读到旧值。",
            c=m.actor, k=wanted[:-1], a=f" {answer}" if answer else Words(" not set yet", "空（还没有写过）"),
        )  # fmt: skip
    return say(
        "**{c} has its answer:** {r} is done, the value is now {a}. It was answered only once it was committed and applied.",
        "**{c} 得到答复：**{r} 已完成，现在的值是 {a}。提交并执行之后才会答复。", c=m.actor, r=wanted, a=answer,
    )  # fmt: skip


def receive_read_index(m: Moment) -> Words:
    """A read passed on by a follower."""
    return say(
        "**{n} is asked for a read** by {s}: it confirms by heartbeats that it still leads.",
        "**{s} 把读请求转给 {n}：**它用心跳确认自己仍是 leader。", n=m.actor, s=m.get("sender", "?"),
    )  # fmt: skip


def receive_read_index_reply(m: Moment) -> Words:
    """A read is confirmed."""
    return say(
        "**{n} may answer the read:** the leader confirmed it at index {i}.", "**{n} 可以回答这个读请求：**leader 已在 index {i} 确认。",
        n=m.actor, i=log_position(m.message)[0],
    )  # fmt: skip


def receive_propose(m: Moment) -> Words:
    """A proposal passed on."""
    return say("**{n} is handed a proposal:** {c}.", "**{n} 收到转来的提案：**{c}。", n=m.actor, c=command(context(m.message)) or "?")


CAPTIONS: dict[str, Callable[[Moment], Words]] = {
    "propose_change": propose_change,
    "change_membership": change_membership,
    "refuse_change": refuse_change,
    "client_request": client_request,
    "receive_client_request": receive_client_request,
    "client_reply": client_reply,
    "receive_client_reply": client_reply,
    "receive_read_index": receive_read_index,
    "receive_read_index_reply": receive_read_index_reply,
    "receive_propose": receive_propose,
}
"""Step kind → caption."""

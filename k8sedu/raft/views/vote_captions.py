"""Why a vote was asked, given or refused, and why somebody leads: captions of elections and of handing over."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.moment import Moment, ballot, count, granted, last_entry, log_position
from k8sedu.raft.views.words import say
from k8sedu.trace import Frozen


def waited_ms(node: Frozen) -> str:
    """How long an election timer was set for, in milliseconds."""
    return f"{node['timer_total_us'] / 1000:g}"


def log_end(index: int, term: int) -> Words:
    """Where a log ends: "index 6, term 2"."""
    return say("index {i}, term {t}", "index {i}、term {t}", i=index, t=term) if index else Words("empty", "空")


# -- a timer runs out --------------------------------------------------------------------------------------------------------------------


def election_timeout(m: Moment) -> Words:
    """The timer of somebody who may not stand, or the cause of what the same step goes on to show."""
    name = m.actor
    if m.node["role"] in ("candidate", "pre_candidate", "leader"):
        return _stands(m)
    return say(
        "**{n}’s election timer runs out,** but it may not stand for election: it has no vote in the group that it knows.",
        "**{n} 的选举定时器到期，**但它不能参选：在它所知道的成员里，它没有投票权。", n=name,
    )  # fmt: skip


def become_candidate(m: Moment) -> Words:
    """Stands for election: after a timeout, after a won PreVote, or because the leader asked for it."""
    if m.old["role"] == "pre_candidate" and m.step.kind == "become_candidate" and m.message is not None:
        return say(
            "**{n} stands for election:** a majority said that it would vote for {n}, so now it really enters term {t} and asks.",
            "**{n} 正式参选：**多数节点表示愿意投票给 {n}，所以它现在才真正进入 term {t} 并请求投票。", n=m.actor, t=m.node["term"],
        )  # fmt: skip
    message = m.message
    if message is not None and message["kind"] == "timeout_now":
        return timeout_now(m)
    return _stands(m)


def _stands(m: Moment) -> Words:
    old, node = m.old, m.node
    if node["role"] == "pre_candidate":
        return become_pre_candidate(m)
    if old["role"] == "candidate":
        return say(
            "**{n} tries again:** term {was} gave it only {ballot}. It enters term {t} with a new random timeout, {ms} ms.",
            "**{n} 再试一次：**它在 term {was} 的票数不够（{ballot}）。它进入 term {t}，重新随机取超时 {ms} 毫秒。",
            n=m.actor, was=old["term"], ballot=ballot(old, granted(old)), t=node["term"], ms=waited_ms(node),
        )  # fmt: skip
    return say(
        "**{n} stands for election:** it heard no leader for {ms} ms, so it enters term {t}, votes for itself and asks the others.",
        "**{n} 成为 candidate（候选人）：**{ms} 毫秒没有听到 leader，于是进入 term（任期）{t}，先投自己一票，再请求其他节点投票。",
        n=m.actor, ms=waited_ms(old), t=node["term"],
    )  # fmt: skip


def become_pre_candidate(m: Moment) -> Words:
    """Asks first."""
    return say(
        "**{n} asks first (PreVote):** it heard no leader for {ms} ms, but stays in term {t} until a majority says that it could win.",
        "**{n} 先做 PreVote（预投票）：**{ms} 毫秒没有听到 leader，但在多数节点表示它能赢之前，它仍留在 term {t}。",
        n=m.actor, ms=waited_ms(m.old), t=m.node["term"],
    )  # fmt: skip


# -- voting ------------------------------------------------------------------------------------------------------------------------------


def grant_vote(m: Moment) -> Words:
    """A vote, with the two reasons that allow it."""
    candidate, message = m.get("to"), m.message
    theirs, own = log_position(message), last_entry(m.node)
    term = message["term"] if message else m.node["term"]
    if m.get("pre"):
        return say(
            "**{n} would vote for {c}:** {c}’s log ({theirs}) is at least as up to date as its own ({own}), and {n} knows no leader.",
            "**{n} 愿意投给 {c}：**{c} 的 log（{theirs}）至少和自己的（{own}）一样新，而且 {n} 现在不知道有 leader。",
            n=m.actor, c=candidate, theirs=log_end(*theirs), own=log_end(*own),
        )  # fmt: skip
    if message is not None and _breaks_a_rule(m, theirs, own):
        return _granted_against_rules(m, theirs, own)
    if message is not None and m.old["voted_for"] == candidate and m.old["term"] == m.node["term"]:
        return say(
            "**{n} repeats its vote:** it already voted for {c} in term {t}; saying so twice does no harm.",
            "**{n} 重复自己的投票：**它在 term {t} 已经投给了 {c}，再说一次也无妨。", n=m.actor, c=candidate, t=term,
        )  # fmt: skip
    return say(
        "**{n} grants its vote:** {c}’s log ({theirs}) is at least as up to date as its own ({own}), and {n} has not voted in term {t}.",
        "**{n} 投票给 {c}：**{c} 的 log（{theirs}）至少和自己的（{own}）一样新，而且 {n} 在 term {t} 还没有投过票。",
        n=m.actor, c=candidate, theirs=log_end(*theirs), own=log_end(*own), t=term,
    )  # fmt: skip


def _breaks_a_rule(m: Moment, theirs: tuple[int, int], own: tuple[int, int]) -> bool:
    return theirs[::-1] < own[::-1] or _voted_otherwise(m)


def _voted_otherwise(m: Moment) -> bool:
    return m.old["term"] == m.node["term"] and m.old["voted_for"] not in (None, m.get("to"))


def _granted_against_rules(m: Moment, theirs: tuple[int, int], own: tuple[int, int]) -> Words:
    """With a rule switched off, a vote may go where it must not."""
    if _voted_otherwise(m):
        return say(
            "**{n} votes a second time in term {t}:** its first vote went to {o}. The rule of one vote per term is switched off.",
            "**{n} 在 term {t} 第二次投票：**第一票已经给了 {o}。“每个 term 只投一票”的规则被关闭了。",
            n=m.actor, t=m.node["term"], o=m.old["voted_for"],
        )  # fmt: skip
    return say(
        "**{n} votes for {c} although {c}’s log ({theirs}) is behind its own ({own}):** the rule that forbids it is switched off.",
        "**{n} 投票给 {c}，尽管 {c} 的 log（{theirs}）比自己的（{own}）旧：**禁止这样做的规则被关闭了。",
        n=m.actor, c=m.get("to"), theirs=log_end(*theirs), own=log_end(*own),
    )  # fmt: skip


def refuse_vote(m: Moment) -> Words:
    """No vote, and which of the rules forbids it."""
    return _REFUSALS.get(m.get("why"), _refused_otherwise)(m)


def _refused_stale(m: Moment) -> Words:
    term = m.message["term"] if m.message else "?"
    return say(
        "**{n} refuses its vote:** {c} asks for term {t}, but {n} is already in term {mine}. The answer tells {c} so.",
        "**{n} 拒绝投票：**{c} 请求的是 term {t}，而 {n} 已经在 term {mine}。{c} 会从答复中得知这一点。",
        n=m.actor, c=m.get("to"), t=term, mine=m.node["term"],
    )  # fmt: skip


def _refused_voted(m: Moment) -> Words:
    return say(
        "**{n} refuses its vote:** in term {t} its one vote already went to {other}.",
        "**{n} 拒绝投票：**每个 term 只有一票，它在 term {t} 已经投给了 {other}。",
        n=m.actor, t=m.node["term"], other=Words("itself", "自己") if m.node["voted_for"] == m.actor else m.node["voted_for"],
    )  # fmt: skip


def _refused_leader(m: Moment) -> Words:
    return say(
        "**{n} refuses its vote:** it knows that {leader} leads term {t}.", "**{n} 拒绝投票：**它知道 {leader} 是 term {t} 的 leader。",
        n=m.actor, leader=m.node["leader"] or "?", t=m.node["term"],
    )  # fmt: skip


def _refused_behind(m: Moment) -> Words:
    theirs, own = log_position(m.message), last_entry(m.node)
    return say(
        "**{n} refuses its vote:** {c}’s log ({theirs}) is behind its own ({own}); a leader must not lack what may be committed.",
        "**{n} 拒绝投票：**{c} 的 log（{theirs}）比自己的（{own}）旧；leader 不能缺少可能已经提交的内容。",
        n=m.actor, c=m.get("to"), theirs=log_end(*theirs), own=log_end(*own),
    )  # fmt: skip


def _refused_otherwise(m: Moment) -> Words:
    return say(
        "**{n} refuses its vote for {c}:** {why}.", "**{n} 拒绝投票给 {c}：**{why}。", n=m.actor, c=m.get("to"), why=m.get("why", "?")
    )


_REFUSALS: dict[object, Callable[[Moment], Words]] = {
    "stale term": _refused_stale,
    "voted for another": _refused_voted,
    "has a leader": _refused_leader,
    "log is behind": _refused_behind,
}


def ignore_vote(m: Moment) -> Words:
    """CheckQuorum: who hears a leader does not even answer."""
    leads = m.node["role"] == "leader"
    return say(
        "**{n} ignores {c}’s request:** {why} With CheckQuorum it does not even enter the new term.",
        "**{n} 不理会 {c} 的请求：**{why}启用 CheckQuorum 时，它连新的 term 也不进入。",
        n=m.actor, c=m.get("to"),
        why=Words("it leads, and nobody has told it otherwise.", "它自己就是 leader。") if leads
        else say("it heard its leader {l} a moment ago.", "它刚刚还听到 leader {l}。", l=m.node["leader"]),
    )  # fmt: skip


def receive_vote_reply(m: Moment) -> Words:
    """A candidate counts, or the answer comes too late."""
    message, node = m.message, m.node
    voter = m.get("sender") or (message["sender"] if message else "?")
    refused = bool(m.get("reject") or (message and message["reject"]))
    if m.old["role"] not in ("candidate", "pre_candidate") or node["role"] != m.old["role"]:
        return say(
            "**{v}’s answer comes too late:** {n} is {role} by now, and the election it was for is decided.",
            "**{v} 的答复来晚了：**{n} 现在已是 {role}，那次选举已有结果。",
            v=voter, n=m.actor, role=Words(node["role"].replace("_", "-"), node["role"].replace("_", "-")),
        )  # fmt: skip
    if m.step.kind.startswith("receive_pre") == (node["role"] == "candidate"):
        return say(
            "**{v}’s answer is void:** it was for the other round of this election.",
            "**{v} 的答复作废：**它属于这次选举的另一轮。",
            v=voter,
        )
    verb = Words("did not get", "没有得到") if refused else Words("counts", "得到")
    return say(
        "**{n} {verb} the vote of {v}:** it has {ballot}.", "**{n} {verb} {v} 的票：**目前 {ballot}。",
        n=m.actor, v=voter, verb=verb, ballot=ballot(node, granted(node)),
    )  # fmt: skip


# -- roles -------------------------------------------------------------------------------------------------------------------------------


def become_leader(m: Moment) -> Words:
    """A majority was enough."""
    node, old = m.node, m.old
    last = node["log"][-1] if node["log"] else None
    wrote = last is not None and last[2] == "no_op" and last[0] == node["term"]
    after = (
        say(" It writes an empty entry at index {i} and sends it to all.", "它在 index {i} 写入一个空条目并发给所有节点。", i=last[1])
        if wrote and last is not None
        else say(" It tells everybody at once.", "它立刻通知所有节点。")
    )
    if wrote and last is not None and len(node["match_index"]) <= 1:
        after = say(" It writes an empty entry at index {i}.", "它在 index {i} 写入一个空条目。", i=last[1])
    if len(node["voters"]) <= 1 and not node["outgoing"]:
        why = say("alone in its group, its own vote is a majority.", "组里只有它自己，自己的一票就是多数。")
    else:
        reply = m.message["sender"] if m.message else m.actor
        why = _majority_of(
            old if old["role"] == "candidate" else node, _votes_before(old) | {m.actor, reply}, is_counted=old["role"] == "candidate"
        )
    return say(
        "**{n} becomes leader of term {t}:** {why}{after}", "**{n} 成为 term {t} 的 leader（领导者）：**{why}{after}",
        n=m.actor, t=node["term"], why=why, after=after,
    )  # fmt: skip


def _majority_of(node: Frozen, voters: frozenset[str], *, is_counted: bool) -> Words:
    if node["outgoing"]:
        return Words("it has a majority of the new group and one of the old.", "新旧两组成员的票都过半。")
    got, size = count(voters, node["voters"]), len(node["voters"])
    if not is_counted:
        return Words("a majority votes for it.", "多数节点投票给它。")
    if got < majority(size):
        return say(
            "{got} of {size} votes are taken as enough: that is no majority, a rule is switched off.",
            "{size} 票中只有 {got} 票就算当选：这不是多数，有规则被关闭了。", got=got, size=size,
        )  # fmt: skip
    return say("{got} of {size} votes are a majority.", "{size} 票中的 {got} 票，已是多数。", got=got, size=size)


def _votes_before(node: Frozen) -> frozenset[str]:
    return granted(node) if node["role"] == "candidate" else frozenset()


def become_follower(m: Moment) -> Words:
    """Why a leader, candidate or pre-candidate gave up."""
    return _GIVEN_UP.get(m.get("why"), _follows_otherwise)(m)


def _follows_higher_term(m: Moment) -> Words:
    office = Words("steps down", "退位") if m.old["role"] == "leader" else Words("gives up its candidacy", "放弃竞选")
    return say(
        "**{n} {office}:** it learned of term {t}, which is higher than its own term {was}.",
        "**{n} {office}：**它得知了更高的 term {t}，而自己还在 term {was}。",
        n=m.actor, office=office, t=m.node["term"], was=m.old["term"],
    )  # fmt: skip


def _follows_leader(m: Moment) -> Words:
    return say(
        "**{n} gives up its candidacy:** {l} already leads term {t}.", "**{n} 放弃竞选：**{l} 已经是 term {t} 的 leader。",
        n=m.actor, l=m.node["leader"] or "?", t=m.node["term"],
    )  # fmt: skip


def _follows_refused(m: Moment) -> Words:
    need = majority(len(m.node["voters"]))
    return say(
        "**{n} loses the election:** so many refused that it cannot reach {need} votes any more. It waits as a follower.",
        "**{n} 落选：**拒绝的太多，它已经不可能拿到 {need} 票。它回到 follower（跟随者）等待。", n=m.actor, need=need,
    )  # fmt: skip


def _follows_silence(m: Moment) -> Words:
    return say(
        "**{n} steps down by itself:** for a whole election timeout it heard no majority (CheckQuorum), so it could not commit anything.",
        "**{n} 主动退位：**整整一个选举超时内没有听到多数节点（CheckQuorum），它已无法提交任何内容。", n=m.actor,
    )  # fmt: skip


def _follows_removed(m: Moment) -> Words:
    return say(
        "**{n} steps down:** the change that removes it from the group is committed.",
        "**{n} 退位：**把它移出集群的变更已经提交。",
        n=m.actor,
    )


def _follows_otherwise(m: Moment) -> Words:
    return say("**{n} becomes a follower:** {why}.", "**{n} 成为 follower：**{why}。", n=m.actor, why=m.get("why", "?"))


_GIVEN_UP: dict[object, Callable[[Moment], Words]] = {
    "a higher term": _follows_higher_term,
    "a leader of this term": _follows_leader,
    "a majority refused": _follows_refused,
    "no majority was heard for an election timeout": _follows_silence,
    "removed from the group": _follows_removed,
}


# -- handing over ------------------------------------------------------------------------------------------------------------------------


def transfer_leadership(m: Moment) -> Words:
    """The leader begins to hand over."""
    target = m.get("to")
    ready = m.node["match_index"].get(target, 0) == last_entry(m.node)[0]
    then = (
        Words("its log is complete, so it may stand at once.", "它的 log 已经完整，可以立刻参选。")
        if ready
        else Words("first it must receive the rest of the log.", "但要先补齐它的 log。")
    )
    return say(
        "**{n} hands leadership over to {to}:** {then} {n} takes no new commands meanwhile.",
        "**{n} 把 leader 转让给 {to}：**{then}这期间 {n} 不接受新命令。", n=m.actor, to=target, then=then,
    )  # fmt: skip


def timeout_now(m: Moment) -> Words:
    """The chosen successor need not wait for a timer."""
    leader = m.get("leader") or (m.message["sender"] if m.message else "?")
    return say(
        "**{n} stands for election at once:** its leader {l} asked it to take over, so it enters term {t} without waiting.",
        "**{n} 立刻参选：**leader {l} 请它接任，所以它不等超时就进入 term {t}。", n=m.actor, l=leader, t=m.node["term"],
    )  # fmt: skip


def transfer_abandoned(m: Moment) -> Words:
    """The successor did not take over in time."""
    return say(
        "**{n} keeps leading:** {to} did not take over within an election timeout, so {n} accepts commands again.",
        "**{n} 继续担任 leader：**{to} 没有在一个选举超时内接任，{n} 重新接受命令。", n=m.actor, to=m.get("to"),
    )  # fmt: skip


def receive_timeout_now(m: Moment) -> Words:
    """A successor that may not stand."""
    return say("**{n} is asked to take over,** but it may not stand for election now.", "**{n} 被请求接任，**但它现在不能参选。", n=m.actor)


def receive_transfer_leadership(m: Moment) -> Words:
    """A follower passed the wish on."""
    return say(
        "**{n} is told to hand leadership over:** {s} passed the wish on.", "**{n} 收到转让 leader 的请求：**由 {s} 转达。",
        n=m.actor, s=m.get("sender") or "?",
    )  # fmt: skip


def receive_request_vote(m: Moment) -> Words:
    """A request whose outcome the trace does not tell: only in traces cut apart."""
    return say(
        "**{n} is asked for its vote** by {s}, for term {t}.", "**{s} 请求 {n} 投票，**term {t}。",
        n=m.actor, s=m.get("sender") or "?", t=m.get("term", m.node["term"]),
    )  # fmt: skip


CAPTIONS: dict[str, Callable[[Moment], Words]] = {
    "election_timeout": election_timeout,
    "become_candidate": become_candidate,
    "become_pre_candidate": become_pre_candidate,
    "grant_vote": grant_vote,
    "refuse_vote": refuse_vote,
    "ignore_vote": ignore_vote,
    "receive_request_vote": receive_request_vote,
    "receive_pre_vote": receive_request_vote,
    "receive_request_vote_reply": receive_vote_reply,
    "receive_pre_vote_reply": receive_vote_reply,
    "become_leader": become_leader,
    "become_follower": become_follower,
    "transfer_leadership": transfer_leadership,
    "timeout_now": timeout_now,
    "transfer_abandoned": transfer_abandoned,
    "receive_timeout_now": receive_timeout_now,
    "receive_transfer_leadership": receive_transfer_leadership,
}
"""Step kind → caption."""

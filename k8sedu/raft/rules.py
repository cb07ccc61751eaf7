"""Raft's rules by name, each with a switch.

A rule is best understood by what goes wrong without it. `Rules.without("election_restriction")` gives a machine that is Raft but for
that one rule, and `raft.find_violation` then looks for the shortest run in which something breaks. Rules that guard *safety* lead to
lost or contradictory data when they are off; rules that guard *progress* only make the group stand still or wait longer.

Source: raft.pdf §5.1-§5.4, §8; thesis §3-§6 and its errata.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words


class UnknownRuleError(K8sEduError, ValueError):
    """A rule name that Raft does not have."""


class Rule(NamedTuple):
    """One rule: its name, what it guards, and what it says."""

    name: str
    guards: str
    """`safety` or `progress`."""
    says: Words
    source: str
    breaks: tuple[str, ...] = ()
    """The invariants that a run without this rule can break."""


class Rules:
    """Which rules are in force; all of them unless some are switched off.

    >>> rules = Rules.without("election_restriction")
    >>> rules.election_restriction, rules.majority_size
    (False, True)
    >>> rules
    Rules.without('election_restriction')
    """

    vote_persistence: bool
    term_persistence: bool
    log_persistence: bool
    one_vote_per_term: bool
    election_restriction: bool
    commit_only_own_term: bool
    majority_size: bool
    step_down_on_higher_term: bool
    log_consistency_check: bool
    truncate_on_conflict: bool
    one_change_at_a_time: bool
    reads_confirm_leadership: bool
    client_sessions: bool
    no_op_on_election: bool
    randomized_timeouts: bool
    restart_forgets_commit_index: bool

    def __init__(self, off: tuple[str, ...] = ()) -> None:
        for name in off:
            if name not in RULES:
                raise UnknownRuleError(f"met the rule name {name!r}, expected one of {', '.join(RULES)}.")
        self._off = tuple(name for name in RULES if name in off)
        for name in RULES:
            setattr(self, name, name not in off)

    @classmethod
    def without(cls, *names: str) -> Rules:
        """Raft without the named rules.

        Raises:
            UnknownRuleError: with the list of names there are.
        """
        return cls(names)

    @property
    def off(self) -> tuple[str, ...]:
        """The names of the rules that are switched off, in the order of RULES."""
        return self._off

    def __repr__(self) -> str:
        return f"Rules.without({', '.join(map(repr, self._off))})" if self._off else "Rules()"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rules) and self._off == other._off

    def __hash__(self) -> int:
        return hash(self._off)


def _rule(name: str, guards: str, english: str, chinese: str, source: str, *breaks: str) -> Rule:
    """One row of the table below."""
    return Rule(name, guards, Words(english, chinese), source, breaks)


RULES = {
    rule.name: rule
    for rule in (
        _rule("vote_persistence", "safety", "A vote is on disk before it is sent, and a restart remembers it.",
              "投票先落盘再发送，重启后仍记得。", "raft.pdf Fig. 2", "election_safety"),
        _rule("term_persistence", "safety", "A restart remembers the current term.",
              "重启后仍记得当前任期 term。", "raft.pdf Fig. 2", "election_safety", "leader_completeness"),
        _rule("log_persistence", "safety", "Entries are on disk before they are acknowledged.",
              "日志条目先落盘再确认。", "raft.pdf Fig. 2", "leader_completeness", "state_machine_safety"),
        _rule("one_vote_per_term", "safety", "A server votes for at most one candidate per term, first come, first served.",
              "每个任期最多投一票，先到先得。", "raft.pdf §5.2", "election_safety"),
        _rule("election_restriction", "safety", "A vote is refused to a candidate whose log is less up to date.",
              "日志不够新的候选人得不到选票。", "raft.pdf §5.4.1", "leader_completeness", "state_machine_safety"),
        _rule("commit_only_own_term", "safety", "A leader counts replicas only of its own term's entries; older ones are committed along.",
              "领导者只对自己任期的条目计数提交，旧条目随之提交。", "raft.pdf §5.4.2, Fig. 8",
              "leader_completeness", "state_machine_safety"),
        _rule("majority_size", "safety", "A quorum is more than half of the voters, so any two quorums share a server.",
              "法定人数 quorum 必须超过半数，任意两个 quorum 必有交集。", "raft.pdf §5.1",
              "election_safety", "leader_completeness", "state_machine_safety", "linearizability"),
        _rule("step_down_on_higher_term", "safety", "Whoever sees a higher term adopts it and becomes a follower.",
              "看到更高任期就更新任期并成为跟随者。", "raft.pdf §5.1", "election_safety", "leader_completeness"),
        _rule("log_consistency_check", "safety", "A follower refuses entries whose predecessor it does not have.",
              "前一条日志对不上，跟随者就拒绝。", "raft.pdf §5.3", "log_matching", "state_machine_safety", "leader_completeness"),
        _rule("truncate_on_conflict", "safety", "A follower deletes entries that conflict with the leader's, and all that follow.",
              "与领导者冲突的条目及其后全部删除。", "raft.pdf §5.3", "log_matching", "state_machine_safety", "leader_completeness"),
        _rule("one_change_at_a_time", "safety",
              "A membership change waits until the previous one, and an entry of the leader's own term, is applied.",
              "上一次变更和本任期的条目都已应用，才能再变更成员。", "thesis ch. 4, errata",
              "leader_completeness", "state_machine_safety"),
        _rule("reads_confirm_leadership", "safety", "A leader answers a read only after a majority has confirmed that it still leads.",
              "领导者确认仍被多数承认后才回答读请求。", "thesis §6.4", "linearizability"),
        _rule("client_sessions", "safety", "A request that is sent again takes effect only once.",
              "重发的请求只生效一次。", "raft.pdf §8, thesis §6.3", "linearizability"),
        _rule("no_op_on_election", "progress", "A new leader writes an empty entry, so that the entries of earlier terms get committed.",
              "新领导者先写一条空日志，使旧任期条目得以提交。", "raft.pdf §8"),
        _rule("randomized_timeouts", "progress", "Election timeouts are random, so that servers seldom start elections together.",
              "选举超时随机，避免同时发起选举。", "raft.pdf §5.2, §9.3"),
        _rule("restart_forgets_commit_index", "progress",
              "The commit index is not kept on disk; a restarted server learns it again from the leader.",
              "提交位置不落盘，重启后再向领导者学习。", "raft.pdf Fig. 2"),
    )
}  # fmt: skip
"""Every rule that can be switched off, by name."""

ALL_RULES = Rules()
"""Raft as it should be."""

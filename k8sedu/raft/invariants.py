"""What must always hold in a Raft group, by name.

The five properties of the paper's Figure 3 are the promise. The others are the lemmas on the way there: they break first, and so they say
*where* a run went wrong. Each is a pure predicate: given the past (`History`) and one change (`Change`), it returns an empty text if all
is well, and otherwise one sentence that says what is wrong. The same predicates judge a live run, a saved trace, a student's answer and
the schedules that `search` invents.

A predicate looks at one change only, never at the whole group, so checking costs a few microseconds per event and long runs stay
checked from the first step to the last (`checker`).

Source: raft.pdf Figure 3; ongardie/runway-model-raft raft.model (the nine invariants at its end).
Left out: `linearizability` is a promise about clients, not about servers; it has a file of its own and is in the table to be named.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.history import Change, History, Server, with_previous
from k8sedu.raft.membership import Membership
from k8sedu.raft.quorum import VoteResult, joint_vote_result


class UnknownInvariantError(K8sEduError, ValueError):
    """An invariant's name that is not in the table."""


class Violation(NamedTuple):
    """A promise that was broken: which, how, by whom, and at which step of a trace."""

    name: str
    message: str
    servers: tuple[str, ...]
    step: int | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.message}"


class Invariant(NamedTuple):
    """One promise: what it says, where it comes from, and the predicate that watches over it."""

    name: str
    says: Words
    source: str
    predicate: Callable[[History, Change], str]
    watches: int = 0
    """Which kinds of change can break it (ROLE, LOG, COMMIT, LEADING)."""
    is_promise: bool = False
    """True for Figure 3 and linearizability: what Raft promises to its users. The others are lemmas of the proof."""


ROLE, LOG, COMMIT, LEADING = 1, 2, 4, 8
"""Role, term, vote or candidate's tally; log; commit index or applied index; any event at a leader."""


# -- Figure 3 --------------------------------------------------------------------------------------------------------------------------


def election_safety(history: History, change: Change) -> str:
    """At most one leader is elected in a term."""
    server = change.server
    first = history.elected.get(server.term) if server.role == "leader" else None
    if first is None or first.name == server.id:
        return ""
    return f"{server.id} leads term {server.term}, but {first.name} was leader of that term already."


def leader_append_only(_: History, change: Change) -> str:
    """A leader never overwrites or deletes entries in its log."""
    server, before = change.server, change.before
    if not (server.role == before.role == "leader" and server.term == before.term):
        return ""
    if server.log.truncations == before.truncations and server.log.last_index >= before.last_index:
        return ""
    return f"{server.id} changed its log while it was leader of term {server.term}."


def log_matching(history: History, change: Change) -> str:
    """Two logs that hold an entry of the same index and term are the same up to there."""
    for entry, previous_term in with_previous(change.server.log, change.new_entries):
        known = history.written.get((entry.index, entry.term))
        if known is None:
            continue
        if known[1] != entry:
            return f'index {entry.index}, term {entry.term} is "{entry.data}" on {change.server.id} and "{known[1].data}" elsewhere.'
        if known[0] != previous_term:
            return (
                f"the entry before index {entry.index}, term {entry.term} is of term {previous_term} on {change.server.id} "
                f"and of term {known[0]} elsewhere."
            )
    return ""


def leader_completeness(history: History, change: Change) -> str:
    """An entry committed in a term is in the logs of the leaders of all higher terms."""
    if change.took_office:
        return _lacks_committed(history, change.server)
    if change.newly_committed and change.server.term < max(history.elected, default=0):
        return _commits_too_late(history, change)
    return ""


def _lacks_committed(history: History, server: Server) -> str:
    log, index = server.log, server.log.first_index
    while (commitment := history.committed.get(index)) is not None:
        if commitment.term < server.term and log.term_at(index) != commitment.entry.term:
            return (
                f"{server.id} became leader of term {server.term} without entry {index} of term {commitment.entry.term}, "
                f"which was committed in term {commitment.term}."
            )
        index += 1
    return ""


def _commits_too_late(history: History, change: Change) -> str:
    """A deposed leader may still commit, but only what the newer leaders have."""
    term = change.server.term
    for entry in change.newly_committed:
        if entry.index in history.committed:
            continue
        for later_term, leader in history.elected.items():
            if later_term > term and entry.index >= leader.first_index and leader.term_at(entry.index) != entry.term:
                return (
                    f"{change.server.id} committed entry {entry.index} of term {entry.term} in term {term}, "
                    f"but {leader.name} became leader of term {later_term} without it."
                )
    return ""


def state_machine_safety(history: History, change: Change) -> str:
    """No two servers ever apply different commands at the same index."""
    log = change.server.log
    for entry in change.newly_applied:
        known = history.applied.get(entry.index)
        if known is not None and known != entry:
            return f'{change.server.id} applied "{entry}" at index {entry.index}, where "{known}" had been applied.'
    known = history.applied.get(log.snapshot_index)
    if known is not None and known.term != log.snapshot_term:
        found = f"a snapshot of index {log.snapshot_index}, term {log.snapshot_term}"
        return f"{change.server.id} has {found}, where term {known.term} had been applied."
    return ""


# -- lemmas ----------------------------------------------------------------------------------------------------------------------------


def terms_never_fall(_: History, change: Change) -> str:
    """A server's term only grows, also over a crash."""
    if change.server.term >= change.before.term:
        return ""
    return f"{change.server.id} went back from term {change.before.term} to term {change.server.term}."


def votes_consistent(history: History, change: Change) -> str:
    """A vote, once given, stays given; and a candidate counts only votes that were given."""
    server, before = change.server, change.before
    cast = history.ballots.get((server.term, server.id), ())
    if cast and server.voted_for not in cast:
        return f"{server.id} voted for {' and '.join(cast)} in term {server.term}, and now for {server.voted_for or 'nobody'}."
    if before.voted_for is not None and before.term == server.term and server.voted_for is None:
        return f"{server.id} forgot its vote for {before.voted_for} in term {server.term}."
    if server.role != "candidate":
        return ""
    for voter, granted in server.votes.items():
        if granted and voter != server.id and server.id not in history.ballots.get((server.term, voter), ()):
            return f"{server.id} counts a vote of {voter} in term {server.term} that {voter} did not give."
    return ""


def leader_won_election(history: History, change: Change) -> str:
    """Whoever becomes leader has the votes of a majority (of both, in a joint configuration)."""
    server = change.server
    if not change.took_office:
        return ""
    membership = change.before.membership  # the one it counted with: a new one takes effect only after an election
    ballots = history.ballots
    names = dict.fromkeys(membership.voters + membership.outgoing)
    votes = {name: True for name in names if name == server.id or server.id in ballots.get((server.term, name), ())}
    if _is_quorum(membership, votes):
        return ""
    return f"{server.id} leads term {server.term} with the votes of {', '.join(votes)} only, of {', '.join(names)}."


def log_terms_monotonic(_: History, change: Change) -> str:
    """Terms never fall along a log."""
    for entry, previous_term in with_previous(change.server.log, change.new_entries):
        if entry.term < previous_term:
            return f"{change.server.id} has an entry of term {entry.term} at index {entry.index}, behind one of term {previous_term}."
    return ""


def log_term_leq_current_term(_: History, change: Change) -> str:
    """No log holds an entry of a term that its server has not reached."""
    server = change.server
    if server.log.last_term <= server.term:
        return ""
    return f"{server.id} is in term {server.term} but its log ends with term {server.log.last_term}."


def commit_index_consistent(_: History, change: Change) -> str:
    """snapshot_index ≤ last_applied ≤ commit_index ≤ last index, and none of the two in the middle goes back while a server is up."""
    server, before = change.server, change.before
    chain = (server.log.snapshot_index, server.last_applied, server.commit_index, server.log.last_index)
    if not chain[0] <= chain[1] <= chain[2] <= chain[3]:
        return f"{server.id} has snapshot {chain[0]}, applied {chain[1]}, committed {chain[2]}, last {chain[3]}: not in this order."
    if server.commit_index < before.commit_index or server.last_applied < before.last_applied:
        return f"{server.id} went back from commit index {before.commit_index} to {server.commit_index}."
    return ""


def committed_entries_agreement(history: History, change: Change) -> str:
    """Up to its commit index, every log holds the committed entries and nothing else."""
    server = change.server
    for entry in (*change.newly_committed, *change.new_entries):
        known = history.committed.get(entry.index)
        if known is not None and known.entry != entry and entry.index <= server.commit_index:
            return f'{server.id} holds "{entry}" at index {entry.index}, where "{known.entry}" is committed.'
    return ""


def commits_are_stored(history: History, change: Change) -> str:
    """A leader commits only what a majority (of both, in a joint configuration) has stored."""
    server = change.server
    if server.role != "leader" or not change.newly_committed:
        return ""
    last = change.newly_committed[-1]
    holders = {name: True for name, other in history.servers.items() if _stores(other, last.index, last.term)}
    if _is_quorum(server.membership, holders) or _is_quorum(change.before.membership, holders):
        return ""
    return f"{server.id} committed entry {last.index} of term {last.term}, which only {', '.join(holders)} store."


def leader_peers_consistent(history: History, change: Change) -> str:
    """What a leader knows to be stored at a follower is stored there, and it never sends what is known to be there."""
    leader = change.server
    if leader.role != "leader":
        return ""
    log, end, servers = leader.log, leader.log.last_index + 1, history.servers
    looked_up, term = 0, None
    for name, peer in leader.progress.items():
        index = peer.match_index
        if not index < peer.next_index <= end:
            return f"{leader.id} has match_index {index} and next_index {peer.next_index} for {name}."
        other = servers.get(name)
        if other is None or other is leader or not index or other.term > leader.term:
            continue
        if index != looked_up:  # most followers store equally much
            looked_up, term = index, log.term_at(index)
        if term and index > other.log.snapshot_index and other.log.term_at(index) != term:
            return f"{leader.id} believes that {name} stores entry {index} of term {term}, but {name} does not."
    return ""


def _stores(server: Server, index: int, term: int) -> bool:
    return index <= server.log.snapshot_index or server.log.term_at(index) == term


def _is_quorum(membership: Membership, names: dict[str, bool]) -> bool:
    return joint_vote_result(membership.voters, membership.outgoing, names) is VoteResult.WON


def _judged_by_clients(_: History, __: Change) -> str:
    return ""  # no single change of a server can tell: see `linearizability`


# -- the table -------------------------------------------------------------------------------------------------------------------------

_PAPER, _RUNWAY = "raft.pdf Figure 3", "runway-model-raft raft.model"

INVARIANTS: dict[str, Invariant] = {
    invariant.name: invariant
    for invariant in (
        Invariant("election_safety", Words(
            "At most one leader is elected in a term.",
            "选举安全：一个任期最多选出一个领导者。"), f"{_PAPER}, §5.2", election_safety, ROLE, is_promise=True),
        Invariant("leader_append_only", Words(
            "A leader never overwrites or deletes entries in its log; it only appends.",
            "领导者只追加：从不覆盖或删除自己的日志条目。"), f"{_PAPER}, §5.3", leader_append_only, LOG, is_promise=True),
        Invariant("log_matching", Words(
            "If two logs hold an entry with the same index and term, they are identical up to that index.",
            "日志匹配：两份日志若有索引和任期都相同的条目，则到该处为止完全一致。"), f"{_PAPER}, §5.3", log_matching, LOG, is_promise=True),
        Invariant("leader_completeness", Words(
            "An entry that was committed is in the logs of the leaders of all later terms.",
            "领导者完整：已提交的条目必在之后所有任期领导者的日志中。"), f"{_PAPER}, §5.4",
            leader_completeness, ROLE | COMMIT, is_promise=True),
        Invariant("state_machine_safety", Words(
            "No two servers apply different commands at the same index.",
            "状态机安全：同一索引处，各服务器应用的命令必定相同。"), f"{_PAPER}, §5.4.3",
            state_machine_safety, LOG | COMMIT, is_promise=True),
        Invariant("linearizability", Words(
            "Every request seems to take effect at one moment between its call and its answer.",
            "线性一致：每个请求都像在发出与应答之间的某一瞬间生效。"), "Herlihy and Wing 1990; raft.pdf §8",
            _judged_by_clients, 0, is_promise=True),
        Invariant("terms_never_fall", Words(
            "A server's term never falls, not even over a crash.",
            "服务器的任期只增不减，崩溃重启也不例外。"), "raft.pdf §5.1", terms_never_fall, ROLE),
        Invariant("votes_consistent", Words(
            "A vote is never changed or forgotten within its term, and candidates count only votes that were given.",
            "同一任期内投票不会更改或遗忘；候选人只计入真正投出的票。"), _RUNWAY, votes_consistent, ROLE),
        Invariant("leader_won_election", Words(
            "A leader has the votes of a majority; in a joint configuration, of both.",
            "领导者必获多数选票；联合配置下需两边都过半。"), _RUNWAY, leader_won_election, ROLE),
        Invariant("log_terms_monotonic", Words(
            "Terms never fall along a log.",
            "沿日志往后，任期不会变小。"), _RUNWAY, log_terms_monotonic, LOG),
        Invariant("log_term_leq_current_term", Words(
            "No log holds an entry of a term that its server has not reached.",
            "日志中不会有超过服务器当前任期的条目。"), _RUNWAY, log_term_leq_current_term, ROLE | LOG),
        Invariant("commit_index_consistent", Words(
            "The commit index never passes the end of the log, and never goes back while a server is up.",
            "提交位置不超过日志末尾，运行期间也不后退。"), _RUNWAY, commit_index_consistent, LOG | COMMIT),
        Invariant("committed_entries_agreement", Words(
            "Up to its commit index, every log holds exactly the committed entries.",
            "各服务器提交位置之前的日志内容一致，且正是已提交的条目。"), _RUNWAY, committed_entries_agreement, LOG | COMMIT),
        Invariant("commits_are_stored", Words(
            "A leader commits only what a majority has stored; in a joint configuration, both majorities.",
            "领导者只提交多数服务器已存储的条目；联合配置下需两边都过半。"), "raft.pdf §5.3, §6", commits_are_stored, COMMIT),
        Invariant("leader_peers_consistent", Words(
            "What a leader knows to be stored at a follower really is stored there.",
            "领导者认为跟随者已存储的条目，跟随者确实存有。"), _RUNWAY, leader_peers_consistent, LEADING),
    )
}  # fmt: skip
"""Every invariant, by name: the five of Figure 3 and the promise to clients first, then the lemmas."""

PROMISES = tuple(name for name, invariant in INVARIANTS.items() if invariant.is_promise)
"""What Raft promises to its users: Figure 3 and linearizability."""


def known_names(names: Sequence[str] | None) -> tuple[str, ...]:
    """These names in the order of the table; all of them for None.

    Raises:
        UnknownInvariantError: a name that is not in the table.
    """
    if names is None:
        return tuple(INVARIANTS)
    for name in names:
        if name not in INVARIANTS:
            raise UnknownInvariantError(f"met the invariant name {name!r}, expected one of {', '.join(INVARIANTS)}.")
    return tuple(name for name in INVARIANTS if name in names)

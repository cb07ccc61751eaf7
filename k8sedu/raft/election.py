"""Elections: how a group without a leader finds one, and never two in the same term.

A follower that hears nothing for its whole election timeout stands as a candidate: it raises the term, votes for itself and asks
everybody else. Each server votes at most once per term and only for a candidate whose log is at least as complete as its own. Since a
majority is needed, two candidates cannot both win a term; since the timeouts are random, one of them usually wins soon.

With PreVote the candidate first asks whether it *would* win, without raising the term, so that a server that was cut off does not
disturb a healthy group when it comes back.

Source: raft.pdf §5.2, §5.4.1; thesis §9.6 (PreVote), §6.4.1 (leader lease in votes); etcd-io/raft raft.go (hup, campaign, Step).
"""

from __future__ import annotations

from k8sedu.raft import replication
from k8sedu.raft.messages import Message
from k8sedu.raft.quorum import VoteResult, joint_vote_result
from k8sedu.raft.state import State

TRANSFER = "transfer"
"""Context of a vote request that the old leader itself asked for: it may pass a leader's lease."""


def election_timeout(state: State) -> None:
    """The timer has run out: stand for election, or ask first."""
    state.restart_election_timer()
    if may_campaign(state):
        campaign(state, pre=state.config.pre_vote)


def may_campaign(state: State) -> bool:
    """Leaders need not, learners and removed servers may not."""
    return state.role != "leader" and state.is_voter


def campaign(state: State, *, pre: bool, context: str = "") -> None:
    """Become (pre-)candidate and ask every other voter."""
    if pre:
        state.become_pre_candidate()
        role, kind, term = "pre_candidate", "pre_vote", state.term + 1
    else:
        state.become_candidate()
        role, kind, term = "candidate", "request_vote", state.term
    count_vote(state, state.id, granted=True)
    if state.role != role:  # alone in the group: already won
        return
    last_index, last_term = state.last_index, state.log.last_term
    for name in state.membership.members:
        if name != state.id and state.membership.votes(name):
            state.send(kind, name, term=term, log_term=last_term, index=last_index, context=context)


def count_vote(state: State, voter: str, *, granted: bool) -> None:
    """Write down one answer and see whether the election is decided."""
    state.votes.setdefault(voter, granted)
    result = tally(state)
    if result is VoteResult.WON:
        if state.role == "pre_candidate":
            campaign(state, pre=False)
        else:
            win(state)
    elif result is VoteResult.LOST:
        state.become_follower(state.term, None, why="a majority refused")


def tally(state: State) -> VoteResult:
    """Pending, won or lost, under the configuration that this server knows."""
    membership = state.membership
    return joint_vote_result(membership.voters, membership.outgoing, state.votes, quorum_of=state.quorum_of)


def win(state: State) -> None:
    """Take office: write an empty entry of the new term, so that older entries get committed along with it."""
    state.become_leader()
    if state.rules.no_op_on_election:
        replication.append(state, [("no_op", "")])
    replication.broadcast_append(state)


def receive_vote_request(state: State, message: Message) -> None:
    """Somebody asks for this server's vote (or, with PreVote, for an opinion)."""
    pre = message.kind == "pre_vote"
    reason = refusal(state, message)
    if reason:
        state.note("refuse_vote", to=message.sender, why=reason)
        known = 0 if state.is_voter else min(state.commit_index, message.index)
        state.send(f"{message.kind}_reply", message.sender, reject=True, index=known, log_term=state.log.term_at(known) or 0)
        return
    state.note("grant_vote", to=message.sender, pre=pre)
    state.send(f"{message.kind}_reply", message.sender, term=message.term)
    if not pre:
        state.voted_for = message.sender
        state.restart_election_timer()


def refusal(state: State, message: Message) -> str:
    """Why this server will not vote for the sender; empty if it will."""
    if message.term < state.term:
        return "stale term"
    pre = message.kind == "pre_vote"
    free = state.voted_for is None and state.leader is None
    asks_ahead = pre and message.term > state.term
    if state.rules.one_vote_per_term and not (free or state.voted_for == message.sender or asks_ahead):
        return "voted for another" if state.voted_for else "has a leader"
    if state.rules.election_restriction and not state.log.is_up_to_date(index=message.index, term=message.log_term):
        return "log is behind"
    return ""


def ignores_vote(state: State, message: Message) -> bool:
    """While a leader is heard, CheckQuorum ignores candidates: they must be wrong about its death."""
    if not state.config.check_quorum or state.leader is None or message.context == TRANSFER:
        return False
    if state.role == "leader":
        return True
    return state.now_ticks - state.contact_ticks < state.config.election_ticks_min


def receive_vote_reply(state: State, message: Message) -> None:
    """An answer to this candidate's question; answers to an earlier role or term are void.

    A server that was removed from the group and may be asked only because the candidate does not know it yet says how far its own
    commits reach: the candidate learns of the removal and needs that vote no more. (An idea of TiKV: raft-rs, `maybe_commit_by_vote`.)
    """
    expected = "pre_vote_reply" if state.role == "pre_candidate" else "request_vote_reply"
    if message.kind == expected:
        if message.index and state.log.matches(message.index, message.log_term):
            replication.learn_commit(state, message.index)
        count_vote(state, message.sender, granted=not message.reject)

"""Handing leadership over, losing it, and leaving: three ways for a leader to stop.

To hand over, the leader brings one follower up to date and then tells it to stand for election at once; it takes no new commands
meanwhile, and gives up after an election timeout. With CheckQuorum a leader also steps down by itself when it has not heard from a
majority for that long: it could not commit anything, and clients had better ask elsewhere. And a leader that was removed from the group
stays, without a vote, until a quorum of the others knows that its removal is committed; if it left earlier, they might wait for its vote.

Source: thesis §3.10 (transfer), §6.2 (stepping down); etcd-io/raft raft.go (MsgTransferLeader, MsgTimeoutNow, MsgCheckQuorum).
"""

from __future__ import annotations

from k8sedu.raft import election
from k8sedu.raft.messages import Message
from k8sedu.raft.quorum import VoteResult, joint_vote_result
from k8sedu.raft.replication import FAREWELL, send_append
from k8sedu.raft.state import State


def transfer_leadership(state: State, target: str) -> None:
    """Start handing over to `target`; a follower passes the wish on to its leader."""
    if state.role != "leader":
        if state.leader is not None:
            state.send("transfer_leadership", state.leader, context=target)
        return
    if target in (state.id, state.transferee) or not state.membership.votes(target):
        return
    state.transferee = target
    state.transfer_due_ticks = state.now_ticks + state.config.election_ticks_min
    state.note("transfer_leadership", to=target)
    if state.progress[target].match_index == state.last_index:
        state.send("timeout_now", target)
    else:
        send_append(state, target)


def finish_if_ready(state: State, follower: str) -> None:
    """The chosen successor has caught up: tell it to start."""
    if follower == state.transferee and state.progress[follower].match_index == state.last_index:
        state.send("timeout_now", follower)


def receive_timeout_now(state: State, message: Message) -> None:
    """The leader asks us to take over: no waiting, no PreVote, and voters may ignore its lease."""
    if election.may_campaign(state):
        state.restart_election_timer()
        state.note("timeout_now", to=state.id, leader=message.sender)
        election.campaign(state, pre=False, context=election.TRANSFER)


def check_quorum(state: State) -> None:
    """At the end of each election interval: has a majority spoken since the last one?"""
    state.quorum_due_ticks = state.now_ticks + state.config.election_ticks_min
    if not state.config.check_quorum:
        return
    heard = {name: progress.recent_active or name == state.id for name, progress in state.progress.items()}
    for progress in state.progress.values():
        progress.recent_active = False
    membership = state.membership
    if joint_vote_result(membership.voters, membership.outgoing, heard, quorum_of=state.quorum_of) is not VoteResult.WON:
        state.become_follower(state.term, None, why="no majority was heard for an election timeout")


def receive_farewell(state: State, message: Message) -> None:
    """One more server knows that this leader was removed; with a quorum of them it may go."""
    acks = state.read_acks.setdefault(FAREWELL, {})
    acks[message.sender] = True
    membership = state.membership
    if joint_vote_result(membership.voters, membership.outgoing, acks, quorum_of=state.quorum_of) is VoteResult.WON:
        state.become_follower(state.term, None, why="removed from the group")

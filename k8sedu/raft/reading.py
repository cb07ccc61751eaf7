"""Reads that cost no log entry: ask once whether you still lead, then answer from memory.

A leader that was cut off does not know that somebody else leads and writes. If it answered reads at once it could return old values. So
it notes its commit index, lets one round of heartbeats confirm that a majority still follows it, and answers as soon as its state
machine has applied that index.

Source: thesis §6.4; etcd-io/raft read_only.go (ReadOnlySafe).
Left out: reads trusting the leader's lease instead of the round of heartbeats (ReadOnlyLeaseBased); clocks may drift.
"""

from __future__ import annotations

from k8sedu.raft.messages import Message
from k8sedu.raft.quorum import VoteResult, joint_vote_result
from k8sedu.raft.ready import Read
from k8sedu.raft.replication import broadcast_heartbeat
from k8sedu.raft.state import State


def read(state: State, message: Message) -> None:
    """A read arrives: at the leader it is queued, elsewhere it is passed on to the leader, or dropped if none is known."""
    if state.role != "leader":
        if state.leader is not None:
            state.send("read_index", state.leader, context=message.context)
        return
    if state.log.term_at(state.commit_index) != state.term:
        state.pending_reads.append(message)  # a new leader does not know yet how far the group has committed
    elif state.rules.reads_confirm_leadership:
        _confirm_first(state, message)
    else:
        _answer(state, message.context, message.sender, state.commit_index)


def _confirm_first(state: State, message: Message) -> None:
    if message.context in state.read_acks:
        return  # the network has delivered this question twice
    state.read_queue.append((message.context, message.sender, state.commit_index))
    state.read_acks[message.context] = {state.id: True}
    broadcast_heartbeat(state, context=message.context)
    _release(state, message.context)


def release_pending(state: State) -> None:
    """The first entry of the leader's own term is committed: reads that waited for it may start."""
    if state.pending_reads and state.log.term_at(state.commit_index) == state.term:
        waiting, state.pending_reads = state.pending_reads, []
        for message in waiting:
            read(state, message)


def receive_confirmation(state: State, message: Message) -> None:
    """A heartbeat that carried a read's number was answered: one more server still follows."""
    acks = state.read_acks.get(message.context)
    if acks is not None:
        acks[message.sender] = True
        _release(state, message.context)


def _release(state: State, context: str) -> None:
    """With a quorum for one read, it and all older ones are confirmed."""
    membership = state.membership
    acks = state.read_acks[context]
    result = joint_vote_result(membership.voters, membership.outgoing, acks, quorum_of=state.quorum_of)
    if result is not VoteResult.WON:
        return
    position = next(i for i, queued in enumerate(state.read_queue) if queued[0] == context)
    confirmed, state.read_queue = state.read_queue[: position + 1], state.read_queue[position + 1 :]
    for name, requester, index in confirmed:
        del state.read_acks[name]
        _answer(state, name, requester, index)


def _answer(state: State, context: str, requester: str, index: int) -> None:
    if requester == state.id:
        state.reads.append(Read(context, index))
    else:
        state.send("read_index_reply", requester, context=context, index=index)


def receive_read_reply(state: State, message: Message) -> None:
    """The leader has confirmed a read that this follower passed on."""
    state.reads.append(Read(message.context, message.index))

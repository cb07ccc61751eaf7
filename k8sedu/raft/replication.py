"""Log replication: one leader writes, everybody else copies, and what a majority has stored is committed for good.

Each `append_entries` names the entry just before the new ones (index and term). A follower that does not have that entry refuses, with
a hint where the logs may still agree; the leader steps back and tries again until they meet, and from there on the follower's log
becomes a copy of the leader's. A leader counts copies only for entries of its own term (Figure 8 shows why); older entries are
committed along with them.

Source: raft.pdf §5.3, §5.4.2, §7; etcd-io/raft raft.go (maybeSendAppend, handleAppendEntries, stepLeader).
"""

from __future__ import annotations

from k8sedu.raft.membership import Change, Membership, MembershipError
from k8sedu.raft.messages import Entry, Message, Snapshot
from k8sedu.raft.progress import Progress
from k8sedu.raft.quorum import joint_committed_index
from k8sedu.raft.state import State

FAREWELL = "farewell"
"""Context of the heartbeats of a leader that is no voter any more: whoever answers them has learned that."""

# -- the leader -----------------------------------------------------------------------------------------------------------------------


def append(state: State, items: list[tuple[str, str]]) -> None:
    """Write (kind, data) pairs as new entries of the current term and see whether that already commits them."""
    first = state.last_index + 1
    state.append_own([Entry(state.term, first + offset, kind, data) for offset, (kind, data) in enumerate(items)])
    advance_commit(state)


def broadcast_append(state: State) -> None:
    """Send every follower what it lacks."""
    for name in state.progress:
        if name != state.id:
            send_append(state, name)


def send_append(state: State, name: str, *, even_if_empty: bool = True) -> bool:
    """Send one follower the entries from its next_index on, or a snapshot if those are gone; True if something was sent."""
    progress = state.progress[name]
    config = state.config
    if not progress.may_send(window=config.appends_inflight_max):
        return False
    log = state.log
    previous = progress.next_index - 1
    previous_term = log.term_at(previous)
    if previous_term is None:
        return _send_snapshot(state, name, progress)
    last = min(log.last_index, previous + config.entries_per_append_max)
    entries = log.slice(previous + 1, last + 1) if last > previous else ()
    if not entries and not even_if_empty:
        return False
    state.send("append_entries", name, log_term=previous_term, index=previous, entries=entries, commit=state.commit_index)
    progress.sent(last, count=len(entries))
    return True


def _send_snapshot(state: State, name: str, progress: Progress) -> bool:
    snapshot = state.snapshot
    state.send("install_snapshot", name, index=snapshot.index, log_term=snapshot.term, snapshot=snapshot)
    progress.become_snapshot(snapshot.index)
    return True


def broadcast_heartbeat(state: State, *, context: str = "") -> None:
    """Tell everybody that the leader lives, and how far each may apply what it surely has."""
    state.heartbeat_due_ticks = state.now_ticks + state.config.heartbeat_ticks
    leaves = not state.is_voter
    for name, progress in state.progress.items():
        if name != state.id:
            if leaves:
                context = FAREWELL if progress.match_index >= state.membership_index else ""
            state.send("heartbeat", name, commit=min(progress.match_index, state.commit_index), context=context)


def receive_append_reply(state: State, message: Message) -> bool:
    """A follower has stored, or refused, entries; True if the commit index moved."""
    sender, index = message.sender, message.index
    progress = state.progress.get(sender)
    if progress is None:
        return False
    progress.recent_active = True
    if message.reject:
        _step_back(state, message, progress)
        return False
    was_waiting = progress.paused or len(progress.inflight) >= state.config.appends_inflight_max
    is_news = progress.acknowledge(index)
    if not is_news and not (progress.match_index == index and progress.state == "probe"):
        return False
    if progress.state != "replicate":
        _resume_stream(state, progress)
    if index > state.commit_index and advance_commit(state):  # an answer about old entries cannot commit anything
        broadcast_append(state)
        return True
    if was_waiting:
        send_append(state, sender)  # while it waited it may have missed the latest commit index
    while progress.next_index <= state.log.last_index and send_append(state, sender, even_if_empty=False):
        pass
    return False


def _step_back(state: State, message: Message, progress: Progress) -> None:
    hint = message.reject_hint
    if message.log_term:
        hint = state.log.conflict_hint(hint, message.log_term)[0]
    if progress.refuse(message.index, hint):
        if progress.state == "replicate":
            progress.become_probe()
        send_append(state, message.sender)


def _resume_stream(state: State, progress: Progress) -> None:
    if progress.state == "snapshot" and progress.match_index + 1 < state.log.first_index:
        return
    progress.become_replicate()


def receive_heartbeat_reply(state: State, message: Message) -> None:
    """A follower is alive; if it lacks something, or was being probed, send again."""
    progress = state.progress.get(message.sender)
    if progress is None:
        return
    progress.recent_active = True
    if progress.state == "snapshot" and not progress.paused:
        progress.give_up_snapshot()  # lost on the way, it seems: send_append below sends the newest one
    progress.paused = False
    if progress.inflight and len(progress.inflight) >= state.config.appends_inflight_max:
        del progress.inflight[0]  # a full window must never stall for ever
    if progress.match_index < state.last_index or progress.state == "probe":
        send_append(state, message.sender)


def advance_commit(state: State) -> bool:
    """Commit the highest index that a quorum has stored, if the entry there is of the leader's own term."""
    progress = state.progress
    membership = state.membership
    match_index = {name: other.match_index for name, other in progress.items()}
    index = joint_committed_index(membership.voters, membership.outgoing, match_index, quorum_of=state.quorum_of)
    if index <= state.commit_index or index > state.last_index:
        return False
    if state.rules.commit_only_own_term and state.log.term_at(index) != state.term:
        return False
    state.note("commit", index=index, by="majority", term=state.log.term_at(index))
    state.commit_index = index
    return True


# -- the follower ----------------------------------------------------------------------------------------------------------------------


def receive_append(state: State, message: Message) -> None:
    """Store the leader's entries if the one before them is here too; otherwise say where to look."""
    index, log, entries, commit = message.index, state.log, message.entries, message.commit
    checks = state.rules.log_consistency_check
    if checks and index < state.commit_index:
        state.send("append_entries_reply", message.sender, index=state.commit_index)
        return
    if checks and log.term_at(index) != message.log_term:
        hint, hint_term = log.conflict_hint(min(index, log.last_index), message.log_term)
        state.note("refuse_entries", index=index, hint=hint)
        state.send(
            "append_entries_reply", message.sender, index=index, log_term=hint_term, reject=True, reject_hint=hint
        )
        return
    if entries:
        fitting = entries if checks else _as_if_they_fitted(state, entries)
        cut = log.append(fitting, truncate=state.rules.truncate_on_conflict)
        if cut:
            state.note("truncate", entries=cut)
    last_new = index + len(entries)
    if commit > state.commit_index:
        learn_commit(state, min(commit, last_new))
    state.send("append_entries_reply", message.sender, index=last_new)


def _as_if_they_fitted(state: State, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """Without the consistency check a follower takes what comes: entries beyond its end go to its next free slots."""
    shift = min(0, state.last_index + 1 - entries[0].index) if entries else 0
    return tuple(entry._replace(index=entry.index + shift) for entry in entries)


def receive_heartbeat(state: State, message: Message) -> None:
    """The leader lives; apply what it says is committed."""
    if message.commit > state.commit_index:
        learn_commit(state, message.commit)
    state.send("heartbeat_reply", message.sender, context=message.context)


def learn_commit(state: State, index: int) -> None:
    """Move the commit index forward, never back, and never past the end of the log."""
    index = min(index, state.last_index)
    if index > state.commit_index:
        state.note("commit", index=index, by="leader", term=state.log.term_at(index))
        state.commit_index = index


def receive_snapshot(state: State, message: Message) -> None:
    """Replace the log by the leader's snapshot, unless we already have all of it."""
    snapshot = message.snapshot
    assert snapshot is not None
    if _is_new(state, snapshot):
        _restore(state, snapshot)
        state.note("restore_snapshot", index=snapshot.index, term=snapshot.term)
        state.send("append_entries_reply", message.sender, index=state.last_index)
    else:
        state.send("append_entries_reply", message.sender, index=state.commit_index)


def _is_new(state: State, snapshot: Snapshot) -> bool:
    if snapshot.index <= state.commit_index:
        return False
    if state.log.matches(snapshot.index, snapshot.term):
        learn_commit(state, snapshot.index)  # we have these entries: no need to throw anything away
        return False
    return True


def _restore(state: State, snapshot: Snapshot) -> None:
    state.log.restore(index=snapshot.index, term=snapshot.term)
    state.snapshot = state.received_snapshot = snapshot
    state.commit_index = state.last_applied = snapshot.index
    state.membership, state.membership_index = Membership.from_snapshot(snapshot), snapshot.index


# -- membership -------------------------------------------------------------------------------------------------------------------------


def apply_change(state: State, entry: Entry) -> None:
    """A membership change is committed: switch to it, unless that was done when the server came back from a crash."""
    if entry.index <= state.membership_index:
        return
    state.membership_index = entry.index
    try:
        if not state.membership.voters:
            raise MembershipError("cannot tell who belongs to the group, expected to be told its first voters")
        state.membership = state.membership.apply(Change.parse(entry.data))
    except MembershipError as error:
        state.note("refuse_change", index=entry.index, why=str(error))
        return
    state.note("change_membership", index=entry.index, voters=state.membership.voters, outgoing=state.membership.outgoing)
    if state.role != "leader":
        return
    known = state.progress
    state.rebuild_progress(known)
    for name, progress in state.progress.items():
        progress.recent_active |= name not in known  # CheckQuorum gives a newcomer time to answer
    advance_commit(state)
    broadcast_append(state)
    if state.transferee is not None and not state.membership.votes(state.transferee):
        state.transferee = None
    if not state.is_voter:
        broadcast_heartbeat(state)  # it steps down when the others know: see `transfer.receive_farewell`


def change_problem(state: State, change: Change) -> str:
    """Why a proposed membership change may not enter the log now; empty if it may."""
    if state.rules.one_change_at_a_time and state.log.term_at(state.commit_index) != state.term:
        return "no entry of the leader's own term is committed yet"
    if state.rules.one_change_at_a_time and state.pending_change_index > state.last_applied:
        return "an earlier change is not applied yet"
    if state.membership.is_joint and not change.leaves_joint:
        return "must transition out of joint config first"
    if not state.membership.is_joint and change.leaves_joint:
        return "not in joint state; refusing empty conf change"
    try:
        state.membership.apply(change)
    except MembershipError as error:
        return str(error)
    return ""

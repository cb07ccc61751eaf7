"""A server's state as a frozen value: what a trace remembers and a picture shows.

Taking a frame must not cost more than the step it records, so unchanged parts are shared: a server that did nothing keeps its old
frame, and only the server that acted gets a new one.

The fields are documented in `NODE_FIELDS`, as a contract with views, graders and readers of saved traces.
"""

from __future__ import annotations

from k8sedu.raft.messages import REPLIES, Entry, Message
from k8sedu.raft.node import Node
from k8sedu.trace import Frozen

EMPTY = Frozen()
NO_BELIEFS = (EMPTY, EMPTY, EMPTY)

NODE_FIELDS = {
    "id": "the server's name",
    "status": "up, stopped (crashed) or paused",
    "role": "follower, pre_candidate, candidate or leader",
    "learner": "true for a member without a vote",
    "term": "current term",
    "voted_for": "whom it voted for in this term, or null",
    "leader": "whom it believes to lead, or null",
    "log": "rows (term, index, kind, data) after the snapshot",
    "snapshot_index": "last index that a snapshot replaced",
    "snapshot_term": "its term",
    "commit_index": "highest index known to be committed",
    "last_applied": "highest index given to the state machine",
    "votes": "answers so far, true for granted (candidates)",
    "next_index": "per follower, the next entry to send (leaders)",
    "match_index": "per follower, the highest entry known to be stored (leaders)",
    "progress": "per follower: probe, replicate or snapshot (leaders)",
    "voters": "voters of the configuration it uses",
    "outgoing": "old voters during a joint configuration",
    "learners": "members without a vote",
    "timer_due_us": "when the election timer will fire, or null",
    "timer_total_us": "how long that timer was set for",
    "heartbeat_due_us": "when the leader will send heartbeats, or null",
    "machine": "the applied key-value state",
    "disk_busy_until_us": "end of a disk write that everything waits for, or null",
}
"""Each field of a server in a frame, and what it means."""


def node_frame(
    node: Node,
    *,
    status: str,
    timer_due_us: int | None,
    timer_total_us: int,
    heartbeat_due_us: int | None,
    machine: Frozen,
    log: tuple[Entry, ...],
    disk_busy_until_us: int | None = None,
) -> Frozen:
    """One server as a frozen mapping, with the fields of NODE_FIELDS in that order."""
    membership = node.membership
    leads = node.role == "leader"
    next_index, match_index, progress = _beliefs(node) if leads else NO_BELIEFS
    return Frozen(
        {
            "id": node.id,
            "status": status,
            "role": node.role,
            "learner": node.id in membership.learners,
            "term": node.term,
            "voted_for": node.voted_for,
            "leader": node.leader,
            "log": log,
            "snapshot_index": node.log.snapshot_index,
            "snapshot_term": node.log.snapshot_term,
            "commit_index": node.commit_index,
            "last_applied": node.last_applied,
            "votes": Frozen(node.votes) if node.votes and not leads and node.role != "follower" else EMPTY,
            "next_index": next_index,
            "match_index": match_index,
            "progress": progress,
            "voters": membership.voters,
            "outgoing": membership.outgoing,
            "learners": membership.learners,
            "timer_due_us": timer_due_us,
            "timer_total_us": timer_total_us,
            "heartbeat_due_us": heartbeat_due_us,
            "machine": machine,
            "disk_busy_until_us": disk_busy_until_us,
        }
    )


def _beliefs(node: Node) -> tuple[Frozen, Frozen, Frozen]:
    """What a leader believes of each member, field by field."""
    next_index, match_index, states = {}, {}, {}
    for name, other in node.progress.items():
        next_index[name], match_index[name], states[name] = other.next_index, other.match_index, other.state
    return Frozen(next_index), Frozen(match_index), Frozen(states)


def message_frame(message: Message, number: int, *, sent_us: int, due_us: int, lost: bool) -> Frozen:
    """One message on its way."""
    kind, sender, receiver, term, _, _, entries, _, reject, _, _, _ = message
    return Frozen(
        {
            "id": number,
            "kind": kind,
            "sender": sender,
            "receiver": receiver,
            "term": term,
            "sent_us": sent_us,
            "due_us": due_us,
            "lost": lost,
            "reject": reject,
            "reply": kind in REPLIES,
            "entries": len(entries),
            "text": message.line(),
        }
    )


def entries(frame: Frozen) -> tuple[Entry, ...]:
    """The log rows of a server's frame as entries again, also after the trace was saved and loaded."""
    return tuple(Entry(*row) for row in frame["log"])

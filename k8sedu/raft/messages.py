"""What Raft servers say to each other: log entries, messages, and one line of text for each.

Two requests carry the whole algorithm: `request_vote` makes a leader, `append_entries` keeps it and copies its log. The others are what
etcd adds around them: `pre_vote` asks first, `heartbeat` keeps quiet followers quiet, `install_snapshot` helps those who are too far
behind, `timeout_now` hands leadership over, `read_index` serves reads. Everything is a frozen tuple: a message in flight cannot change,
however long it travels.

`line()` is the one canonical text form, after the format of etcd-io/raft, so that two runs can be compared by eye or by `diff`.

Source: raft.pdf Figure 2 and Figure 13; etcd-io/raft raftpb/raft.proto and util.go (DescribeMessage).
"""

from __future__ import annotations

from typing import NamedTuple

new = tuple.__new__
"""`new(Message, (...))` makes a named tuple of all its fields in half the time of `Message(...)`; for what is made at every step."""


class Entry(NamedTuple):
    """One slot of the log: a command, and the term in which a leader first wrote it.

    >>> print(Entry(term=2, index=7, kind="normal", data="x=4"))
    2/7 EntryNormal "x=4"
    """

    term: int
    index: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    kind: str = "normal"
    """`normal` for a command, `no_op` for an empty entry (of a new leader, or for a refused change), `change` for a membership change."""
    data: str = ""

    def __str__(self) -> str:
        return f'{self.term}/{self.index} {ENTRY_NAMES[self.kind]} "{self.data}"'


class Snapshot(NamedTuple):
    """The applied state up to an index, which stands in for all log entries up to there."""

    index: int  # type: ignore[assignment]  # also a tuple method, which nobody calls here
    term: int
    voters: tuple[str, ...]
    outgoing: tuple[str, ...] = ()
    learners: tuple[str, ...] = ()
    learners_next: tuple[str, ...] = ()
    auto_leave: bool = False
    data: str = ""


class Message(NamedTuple):
    """One message; which fields matter depends on its kind.

    >>> print(Message("request_vote", "n1", "n2", term=3, log_term=2, index=6).line())
    n1->n2 MsgVote Term:3 Log:2/6
    """

    kind: str
    sender: str
    receiver: str
    term: int = 0
    log_term: int = 0
    """Term of the entry at `index`: the consistency check of append_entries, the candidate's last term in request_vote."""
    index: int = 0  # type: ignore[assignment]  # as in Entry
    """Previous index (append_entries), last index (request_vote), last stored index (append_entries_reply)."""
    entries: tuple[Entry, ...] = ()
    commit: int = 0
    reject: bool = False
    reject_hint: int = 0
    """In a refusal: the last index at which sender and receiver may still agree."""
    snapshot: Snapshot | None = None
    context: str = ""
    """The number of a read, the mark `transfer` of a forced election, or the text of a client."""

    @property
    def is_reply(self) -> bool:
        """True for answers: they are drawn as rings, not as dots."""
        return self.kind in REPLIES

    def line(self) -> str:
        """The message as one line of text: who to whom, kind, term, log position, then what differs from zero."""
        kind, sender, receiver, term, log_term, index, entries, commit, reject, reject_hint, snapshot, context = self
        text = f"{sender}->{receiver} {MESSAGE_NAMES[kind]} Term:{term} Log:{log_term}/{index}"
        if reject:
            text += f" Rejected (Hint: {reject_hint})"
        if commit:
            text += f" Commit:{commit}"
        if entries:
            text += f" Entries:[{', '.join(map(str, entries))}]"
        if snapshot:
            text += f" Snapshot:{snapshot.term}/{snapshot.index}"
        if context:
            text += f' Context:"{context}"'
        return text


ENTRY_NAMES = {"normal": "EntryNormal", "no_op": "EntryNormal", "change": "EntryConfChangeV2"}

MESSAGE_NAMES = {
    "request_vote": "MsgVote",
    "request_vote_reply": "MsgVoteResp",
    "pre_vote": "MsgPreVote",
    "pre_vote_reply": "MsgPreVoteResp",
    "append_entries": "MsgApp",
    "append_entries_reply": "MsgAppResp",
    "heartbeat": "MsgHeartbeat",
    "heartbeat_reply": "MsgHeartbeatResp",
    "install_snapshot": "MsgSnap",
    "timeout_now": "MsgTimeoutNow",
    "transfer_leadership": "MsgTransferLeader",
    "read_index": "MsgReadIndex",
    "read_index_reply": "MsgReadIndexResp",
    "propose": "MsgProp",
    "client_request": "ClientRequest",
    "client_reply": "ClientReply",
}
"""Our words and etcd's: every kind of message there is."""

REPLIES = frozenset(kind for kind in MESSAGE_NAMES if kind.endswith("_reply"))
"""The kinds that answer another message."""

FROM_LEADER = frozenset({"append_entries", "heartbeat", "install_snapshot"})
"""Only a leader sends these: whoever gets one of the current term knows who leads."""

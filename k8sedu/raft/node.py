"""One Raft server as a pure machine: a message, a tick or a wish goes in, a `Ready` comes out.

The machine owns no clock, no thread, no disk and no network. Whoever drives it (a test, a simulation, a real program) calls `tick` as
time passes and `step` for each message, and carries out what the returned `Ready` says. That is why the same machine can be tested by
tables, tortured by random schedules and shown on a projector.

Reading order of this lesson: messages, log, quorum, storage, ready, state, election, replication, reading, transfer, node.

Source: raft.pdf Figure 2; etcd-io/raft raft.go (Step) and rawnode.go.
Left out: flow control by bytes, asynchronous storage writes, and leases for reads.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

from k8sedu.errors import K8sEduError
from k8sedu.raft import election, reading, replication, transfer
from k8sedu.raft.config import Config
from k8sedu.raft.log import CompactedError
from k8sedu.raft.membership import Change, Membership
from k8sedu.raft.messages import FROM_LEADER, Entry, Message, Snapshot, new
from k8sedu.raft.ready import NOTHING, Event, HardState, Read, Ready
from k8sedu.raft.rules import ALL_RULES, Rules
from k8sedu.raft.state import NEVER_TICKS, State
from k8sedu.raft.storage import Storage


class NotLeaderError(K8sEduError, RuntimeError):
    """A command was proposed to a server that cannot take it now; `leader` says whom to ask."""

    def __init__(self, name: str, leader: str | None) -> None:
        super().__init__(f"{name} takes no commands now, expected the leader{f' {leader}' if leader else ' (none is known)'}.")
        self.leader = leader


class Node(State):
    """A server of a Raft group.

    Every server is told the voters that the group started with, also one that joins later: the log only holds the changes since.

    >>> node = Node("n1", voters=("n1",))
    >>> [event.kind for event in node.tick(300).events]
    ['election_timeout', 'become_candidate', 'become_leader', 'commit']
    >>> node.propose("x=4").committed
    (Entry(term=1, index=2, kind='normal', data='x=4'),)
    """

    __slots__ = ()

    def __init__(
        self,
        name: str,
        voters: Sequence[str] = (),
        *,
        learners: Sequence[str] = (),
        storage: Storage | None = None,
        config: Config = Config(),
        rules: Rules = ALL_RULES,
        generator: random.Random | None = None,
    ) -> None:
        if storage is None:
            storage = Storage(Snapshot(0, 0, tuple(voters), learners=tuple(learners)))
        super().__init__(name, storage, config=config, rules=rules, generator=generator or random.Random(name))

    # -- time ----------------------------------------------------------------------------------------------------------------------

    def due_ticks(self) -> int:
        """How many ticks from now until `tick` would do something; call it again after every other call."""
        if self.role == "leader":
            due = min(self.heartbeat_due_ticks, self.quorum_due_ticks)
            if self.transferee is not None:
                due = min(due, self.transfer_due_ticks)
        else:
            due = self.deadline_ticks if self.is_voter else self.now_ticks + NEVER_TICKS
        return max(due - self.now_ticks, 0)

    def tick(self, ticks: int = 1) -> Ready:
        """Let time pass. Each timer fires at most once per call, so do not jump over several deadlines."""
        self.now_ticks += ticks
        if self.role == "leader":
            self._tick_leader()
        elif self.now_ticks >= self.deadline_ticks and self.is_voter:
            self.note("election_timeout", term=self.term)
            election.election_timeout(self)
        return self._ready()

    def _tick_leader(self) -> None:
        now_ticks = self.now_ticks
        if self.transferee is not None and now_ticks >= self.transfer_due_ticks:
            self.note("transfer_abandoned", to=self.transferee)
            self.transferee = None
        if now_ticks >= self.quorum_due_ticks:
            transfer.check_quorum(self)
        if self.role == "leader" and now_ticks >= self.heartbeat_due_ticks:
            self.note("heartbeat_timeout", term=self.term)
            replication.broadcast_heartbeat(self, context=self.read_queue[-1][0] if self.read_queue else "")

    # -- messages --------------------------------------------------------------------------------------------------------------------

    def step(self, message: Message) -> Ready:
        """Take one message from another server.

        >>> node = Node("n2", voters=("n1", "n2", "n3"))
        >>> [reply.line() for reply in node.step(Message("request_vote", "n1", "n2", term=1)).messages]
        ['n2->n1 MsgVoteResp Term:1 Log:0/0']
        """
        kind, term = message.kind, message.term
        if term != self.term and not self._meet_other_term(message):
            return self._ready()
        if kind in FROM_LEADER:
            if self.role != "follower":
                self._fall_back(message)
            if self.role == "follower":
                self.hear_leader(message.sender)
        handler = HANDLERS[self.role].get(kind)
        if handler is not None:
            handler(self, message)
        return self._ready()

    def _meet_other_term(self, message: Message) -> bool:
        """Settle first who is behind; False if nothing else is to be done with the message."""
        if message.term > self.term:
            return self._meet_newer_term(message)
        if message.term == 0 or message.kind.endswith("vote"):
            return True  # of no term (a wish of our own group), or refused by the rule for votes
        self._meet_stale_term(message)
        return False

    def _meet_newer_term(self, message: Message) -> bool:
        """Adopt the term and follow; False if the message is to be ignored."""
        kind = message.kind
        if kind in ("request_vote", "pre_vote") and election.ignores_vote(self, message):
            self.note("ignore_vote", to=message.sender)
            return False
        if kind == "pre_vote" or (kind == "pre_vote_reply" and not message.reject):
            return True  # these speak of a term that nobody has entered yet
        if not self.rules.step_down_on_higher_term and self.role in ("leader", "candidate"):
            self.term, self.voted_for = message.term, None
            return True
        leader = message.sender if kind in FROM_LEADER else None
        self.become_follower(message.term, leader, why="a higher term")
        return True

    def _meet_stale_term(self, message: Message) -> None:
        """A request from the past is refused, so that its sender learns the present; an answer from the past is void."""
        if message.kind in FROM_LEADER:
            self.note("refuse_stale", to=message.sender, term=message.term)
            self.send("append_entries_reply", message.sender, index=message.index, reject=True, reject_hint=self.last_index)

    def _fall_back(self, message: Message) -> None:
        """A message of this term's leader: whoever was a candidate has lost."""
        if self.role != "leader":
            self.become_follower(self.term, message.sender, why="a leader of this term")

    # -- wishes ----------------------------------------------------------------------------------------------------------------------

    def propose(self, *commands: str) -> Ready:
        """Append commands to the log, as leader.

        Raises:
            NotLeaderError: this server does not lead, is handing over, or was removed.
        """
        return self._propose([("normal", command) for command in commands])

    def propose_change(self, change: Change | str) -> Ready:
        """Append a membership change; one that is not allowed now becomes an empty entry, and an event says why.

        Raises:
            NotLeaderError: as for `propose`.
        """
        change = Change.parse(change) if isinstance(change, str) else change
        problem = replication.change_problem(self, change) if self.role == "leader" else ""
        if problem:
            self.note("refuse_change", index=self.last_index + 1, why=problem)
            return self._propose([("no_op", "")])
        ready_index = self.last_index + 1
        ready = self._propose([("change", str(change))])
        if self.role == "leader":
            self.pending_change_index = max(self.pending_change_index, ready_index)
        return ready

    def _propose(self, items: list[tuple[str, str]]) -> Ready:
        if self.role != "leader" or self.transferee is not None or not self.is_voter:
            raise NotLeaderError(self.id, self.leader if self.role != "leader" else self.transferee)
        replication.append(self, items)
        replication.broadcast_append(self)
        return self._ready()

    def campaign(self) -> Ready:
        """Stand for election now, whatever the timer says."""
        self.note("election_timeout", term=self.term)
        election.election_timeout(self)
        return self._ready()

    def transfer_leadership(self, target: str) -> Ready:
        """Hand leadership over to `target`."""
        transfer.transfer_leadership(self, target)
        return self._ready()

    def read(self, context: str) -> Ready:
        """Ask for a linearizable read; the answer comes in some later Ready's `reads`, under the same context."""
        reading.read(self, Message("read_index", self.id, self.id, context=context))
        return self._ready()

    def compact(self, index: int, data: str, *, keep_entries: int = 0) -> Snapshot:
        """Replace the log up to `index` by a snapshot of the applied state `data`.

        So many entries before it may stay in memory: a follower that is only a little behind gets these and not the whole state.

        Raises:
            CompactedError: `index` is not applied yet, or already compacted.
        """
        if index > self.last_applied:
            raise CompactedError(f"cannot compact to {index}, expected an applied index, at most {self.last_applied}.")
        log, old = self.log, self.snapshot
        term = log.term_at(index)
        if term is None or index < old.index:
            raise CompactedError(f"cannot compact to {index}, expected an index from {old.index} to {self.last_applied}.")
        membership = Membership.replay(old, log.slice(old.index + 1, index + 1))
        log.compact(max(index - keep_entries, log.snapshot_index))
        self.snapshot = Snapshot(index, term, *membership, data=data)
        return self.snapshot

    # -- giving out --------------------------------------------------------------------------------------------------------------------

    def _ready(self) -> Ready:
        """Collect everything that this call has brought about."""
        committed: tuple[Entry, ...] = ()
        while self.last_applied < self.commit_index:
            committed += self._apply_committed()
        if self.pending_reads:
            reading.release_pending(self)
        log = self.log
        entries = log.take_unstable() if log.unstable_from <= log.last_index else ()
        messages: tuple[Message, ...] = ()
        events: tuple[Event, ...] = ()
        if self.outbox:
            messages, self.outbox = tuple(self.outbox), []
        if self.events:
            events, self.events = tuple(self.events), []
        reads: tuple[Read, ...] = ()
        if self.reads:
            reads, self.reads = tuple(self.reads), []
        snapshot, hard_state = self.received_snapshot, None
        saved_term, saved_vote, saved_commit = self.saved_hard_state
        keeps_commit = saved_commit == self.commit_index or self.rules.restart_forgets_commit_index
        if not (keeps_commit and saved_term == self.term and saved_vote == self.voted_for):
            hard_state = self.saved_hard_state = HardState(self.term, self.voted_for, self.commit_index)
        if not (messages or events or entries or committed or reads or hard_state or snapshot):
            return NOTHING
        self.received_snapshot = None
        return new(Ready, (messages, entries, hard_state, snapshot, committed, reads, events))

    def _apply_committed(self) -> tuple[Entry, ...]:
        """Hand out newly committed entries; a membership change takes effect here (and may commit more)."""
        entries = self.log.slice(self.last_applied + 1, self.commit_index + 1)
        for entry in entries:
            self.last_applied = entry.index
            if entry.kind == "change":
                replication.apply_change(self, entry)
        membership = self.membership
        if self.role == "leader" and membership.auto_leave and self.pending_change_index <= self.last_applied:
            self.pending_change_index = self.last_index + 1
            replication.append(self, [("change", str(Change()))])
            replication.broadcast_append(self)
        return entries


def _append_reply(node: State, message: Message) -> None:
    replication.receive_append_reply(node, message)
    if node.transferee is not None and message.sender in node.progress:
        transfer.finish_if_ready(node, message.sender)


def _heartbeat_reply(node: State, message: Message) -> None:
    replication.receive_heartbeat_reply(node, message)
    if not message.context:
        return
    if message.context == replication.FAREWELL and not node.is_voter:
        transfer.receive_farewell(node, message)
    else:
        reading.receive_confirmation(node, message)


def _transfer(node: State, message: Message) -> None:
    transfer.transfer_leadership(node, message.context)


Handlers = dict[str, Callable[[State, Message], None]]

_IN_ANY_ROLE: Handlers = {
    "request_vote": election.receive_vote_request,
    "pre_vote": election.receive_vote_request,
    "timeout_now": transfer.receive_timeout_now,
    "transfer_leadership": _transfer,
    "read_index": reading.read,
    "read_index_reply": reading.receive_read_reply,
}
_AS_CANDIDATE: Handlers = _IN_ANY_ROLE | {
    "request_vote_reply": election.receive_vote_reply,
    "pre_vote_reply": election.receive_vote_reply,
}

HANDLERS: dict[str, Handlers] = {
    "follower": _IN_ANY_ROLE
    | {
        "append_entries": replication.receive_append,
        "heartbeat": replication.receive_heartbeat,
        "install_snapshot": replication.receive_snapshot,
    },
    "pre_candidate": _AS_CANDIDATE,
    "candidate": _AS_CANDIDATE,
    "leader": _IN_ANY_ROLE | {"append_entries_reply": _append_reply, "heartbeat_reply": _heartbeat_reply},
}
"""What each kind of message does in each role, once the term has been dealt with; what is not here is ignored."""

"""The state of one server and the few ways in which it may change.

All other files of this lesson (`election`, `replication`, `reading`, `transfer`) are rules about this state. Role changes happen only
through the four `become_...` methods here, each checked against the table in `roles`.

Time is a number of ticks. A timer is a tick number at which something is due, so a driver can ask "when must I wake you?" instead of
calling every tick.

Source: raft.pdf Figure 2; etcd-io/raft raft.go (raft, reset, becomeFollower, becomeCandidate, becomeLeader).
"""

from __future__ import annotations

import random
from typing import Any

from k8sedu.raft.config import Config
from k8sedu.raft.log import Log
from k8sedu.raft.membership import Membership
from k8sedu.raft.messages import Entry, Message, Snapshot, new
from k8sedu.raft.progress import Progress
from k8sedu.raft.quorum import majority
from k8sedu.raft.ready import Event, HardState, Read
from k8sedu.raft.roles import check_transition
from k8sedu.raft.rules import Rules
from k8sedu.raft.storage import Storage

NEVER_TICKS = 1 << 62
"""The time of a timer that is not set."""


class State:
    """Everything one server knows; the names are those of the paper."""

    __slots__ = (
        "commit_index", "config", "contact_ticks", "deadline_ticks", "events", "heartbeat_due_ticks", "id", "last_applied",
        "leader", "log", "membership", "membership_index", "now_ticks", "outbox", "patience_ticks", "pending_change_index", "pending_reads",
        "progress", "quorum_due_ticks", "quorum_of", "random", "read_acks", "read_queue", "reads", "received_snapshot", "role",
        "rules", "saved_hard_state", "snapshot", "spread_ticks", "term", "timeout_ticks", "transfer_due_ticks", "transferee",
        "voted_for", "votes",
    )  # fmt: skip

    def __init__(self, name: str, storage: Storage, *, config: Config, rules: Rules, generator: random.Random) -> None:
        self.id = name
        self.config = config
        self.rules = rules
        self.random = generator
        self.quorum_of = majority if rules.majority_size else half
        self.patience_ticks = config.election_ticks_min
        self.spread_ticks = config.election_ticks_max - config.election_ticks_min if rules.randomized_timeouts else 0
        self._load(storage)
        self.role = "follower"
        self.leader: str | None = None
        self.votes: dict[str, bool] = {}
        self.progress: dict[str, Progress] = {}
        self.now_ticks = 0
        self.contact_ticks = -config.election_ticks_min
        self.quorum_due_ticks = self.heartbeat_due_ticks = self.transfer_due_ticks = 0
        self.transferee: str | None = None
        self.pending_change_index = 0
        self.pending_reads: list[Message] = []
        self.read_queue: list[tuple[str, str, int]] = []
        self.read_acks: dict[str, dict[str, bool]] = {}
        self.outbox: list[Message] = []
        self.events: list[Event] = []
        self.reads: list[Read] = []
        self.received_snapshot: Snapshot | None = None
        self.restart_election_timer()

    def _load(self, storage: Storage) -> None:
        hard_state = storage.hard_state
        self.log: Log = storage.log()
        self.snapshot = storage.snapshot
        self.term = hard_state.term if self.rules.term_persistence else self.log.last_term
        keeps_vote = self.rules.vote_persistence and self.term == hard_state.term
        self.voted_for = hard_state.voted_for if keeps_vote else None
        self.last_applied = storage.snapshot.index
        self.commit_index = self.membership_index = self._settled_change_index()
        settled = self.log.entries[: self.membership_index - self.last_applied]
        self.membership = Membership.replay(storage.snapshot, settled)
        if not self.rules.restart_forgets_commit_index:
            self.commit_index = max(self.commit_index, min(hard_state.commit_index, self.log.last_index))
        self.saved_hard_state = HardState(self.term, self.voted_for, self.commit_index)

    def _settled_change_index(self) -> int:
        """The index of the last membership change that is surely committed: the last but one in the log.

        A leader writes a change only after it has applied the one before. A server that forgot this in a crash and went back to an older
        configuration could win an election among servers that have long been replaced.
        """
        changes = [entry.index for entry in self.log.entries if entry.kind == "change"]
        return changes[-2] if self.rules.one_change_at_a_time and len(changes) > 1 else self.snapshot.index

    # -- timers --------------------------------------------------------------------------------------------------------------------

    def restart_election_timer(self) -> None:
        """Draw a fresh timeout; called on a leader's message, on granting a vote, and on starting an election."""
        ticks = self.patience_ticks
        if self.spread_ticks:
            ticks += int(self.random.random() * self.spread_ticks)
        self.timeout_ticks, self.deadline_ticks = ticks, self.now_ticks + ticks

    def hear_leader(self, leader: str) -> None:
        """A message of the current term's leader has come: remember who it is and be patient again."""
        self.leader = leader
        self.contact_ticks = self.now_ticks
        self.restart_election_timer()

    # -- roles ---------------------------------------------------------------------------------------------------------------------

    def become_follower(self, term: int, leader: str | None, *, why: str) -> None:
        """Follow: of a newer term, of a leader just discovered, or of nobody yet."""
        was_leader, is_new_term = self.role == "leader", term != self.term
        self._change_role("follower", why=why, term=term)
        self._enter_term(term)
        self.leader = leader
        if was_leader or (is_new_term and self.config.restart_timer_on_new_term):
            self.restart_election_timer()

    def become_pre_candidate(self) -> None:
        """Ask around before standing for election; term and vote stay as they are."""
        self._change_role("pre_candidate", term=self.term + 1)
        self.votes = {}
        self.leader = None

    def become_candidate(self) -> None:
        """Stand for election in a new term, and vote for oneself."""
        self._change_role("candidate", term=self.term + 1)
        self._enter_term(self.term + 1)
        self.leader = None
        self.voted_for = self.id

    def become_leader(self) -> None:
        """Lead: assume that everybody's log is like one's own, and find out by sending."""
        self._change_role("leader", term=self.term, votes=sum(self.votes.values()), voters=len(self.membership.voters))
        self.leader = self.id
        self.rebuild_progress({})
        self.pending_change_index = self.log.last_index
        self.deadline_ticks = NEVER_TICKS  # who leads waits for nobody
        self.quorum_due_ticks = self.now_ticks + self.config.election_ticks_min
        self.heartbeat_due_ticks = self.now_ticks + self.config.heartbeat_ticks

    def _change_role(self, role: str, **detail: Any) -> None:
        if role == "follower" and self.role == "follower":
            return
        check_transition(self.role, role)
        self.role = role
        self.note(f"become_{role}", **detail)

    def _enter_term(self, term: int) -> None:
        if term != self.term:
            self.term, self.voted_for = term, None
        self.votes = {}
        self.progress = {}
        self.transferee = None
        self.pending_change_index = 0
        self.pending_reads.clear()
        self.read_queue.clear()
        self.read_acks.clear()

    # -- small things that several rules need ----------------------------------------------------------------------------------------

    @property
    def last_index(self) -> int:
        """The index of the last entry of the log."""
        return self.log.last_index

    @property
    def is_voter(self) -> bool:
        """Does this server's own vote count in the configuration it knows?"""
        return self.membership.votes(self.id)

    def rebuild_progress(self, known: dict[str, Progress]) -> None:
        """One Progress per member: kept where there is one, fresh for newcomers."""
        self.progress = {
            name: known.get(name) or Progress(next_index=self.last_index + 1) for name in self.membership.members
        }
        mine = self.progress.get(self.id)
        if mine is not None:
            mine.state, mine.match_index, mine.next_index = "replicate", self.last_index, self.last_index + 1

    def append_own(self, entries: list[Entry]) -> None:
        """As leader, write new entries at the end of one's own log."""
        self.log.extend(entries)
        mine = self.progress.get(self.id)
        if mine is not None:
            mine.match_index, mine.next_index = self.last_index, self.last_index + 1

    def send(
        self,
        kind: str,
        receiver: str,
        *,
        term: int | None = None,
        log_term: int = 0,
        index: int = 0,
        entries: tuple[Entry, ...] = (),
        commit: int = 0,
        reject: bool = False,
        reject_hint: int = 0,
        snapshot: Snapshot | None = None,
        context: str = "",
    ) -> None:
        """Put a message into the outbox, stamped with the current term."""
        stamp = self.term if term is None else term
        fields = (kind, self.id, receiver, stamp, log_term, index, entries, commit, reject, reject_hint, snapshot, context)
        self.outbox.append(new(Message, fields))

    def note(self, kind: str, **detail: Any) -> None:
        """Remember that something happened, for the trace."""
        self.events.append(Event(kind, detail))


def half(size: int) -> int:
    """The broken quorum of `Rules.without("majority_size")`: half of the voters, rounded down.

    >>> [half(size) for size in (1, 2, 3, 4, 5)]
    [1, 1, 1, 2, 2]
    """
    return max(size // 2, 1)

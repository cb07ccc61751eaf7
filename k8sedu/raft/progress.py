"""What a leader knows of each follower's log, and how fast it dares to send.

`next_index` is a guess, `match_index` a proof. While the guess is unconfirmed the leader *probes*: one message, then wait. Once a
follower has agreed it *replicates*: entries stream without waiting, up to a window. A follower too far behind gets a *snapshot*, and
nothing else until that has arrived.

Source: raft.pdf Figure 2 (nextIndex, matchIndex); etcd-io/raft tracker/progress.go and inflights.go.
"""

from __future__ import annotations


class Progress:
    """One follower as its leader sees it.

    >>> progress = Progress(next_index=5)
    >>> progress.acknowledge(7), progress.match_index, progress.next_index
    (True, 7, 8)
    """

    __slots__ = ("inflight", "match_index", "next_index", "paused", "recent_active", "snapshot_index", "state")

    def __init__(self, *, next_index: int, match_index: int = 0) -> None:
        self.match_index = match_index
        self.next_index = next_index
        self.state = "probe"
        """`probe`, `replicate` or `snapshot`."""
        self.paused = False
        """Waiting for an answer (or a heartbeat's answer) while probing or sending a snapshot."""
        self.inflight: list[int] = []
        """Last index of each unanswered append_entries message, oldest first."""
        self.snapshot_index = 0
        self.recent_active = False
        """Heard from since the last CheckQuorum round."""

    def may_send(self, *, window: int) -> bool:
        """Is another append_entries message welcome now?"""
        if self.state == "replicate":
            return len(self.inflight) < window
        return self.state == "probe" and not self.paused

    def sent(self, last_index: int, *, count: int) -> None:
        """Note that entries up to `last_index` are on their way: optimistic when replicating, waiting when probing."""
        if self.state == "replicate":
            if count:
                self.next_index = last_index + 1
                self.inflight.append(last_index)
        else:
            self.paused = True

    def acknowledge(self, index: int) -> bool:
        """The follower has stored everything up to `index`; True if that is news."""
        is_news = index > self.match_index
        if is_news:
            self.match_index = index
            self.paused = False
        if self.next_index <= index:
            self.next_index = index + 1
        inflight = self.inflight
        while inflight and inflight[0] <= index:
            del inflight[0]
        return is_news

    def refuse(self, index: int, hint: int) -> bool:
        """The follower lacks the entry at `index`; step back to `hint`. False for an outdated refusal."""
        if self.state == "replicate":
            if index <= self.match_index:
                return False
            self.next_index = self.match_index + 1
            self.inflight.clear()
            return True
        if self.next_index - 1 != index:
            return False
        self.next_index = max(min(index, hint + 1), self.match_index + 1, 1)
        self.paused = False
        return True

    def become_probe(self) -> None:
        """Slow down: send one message and wait for the answer."""
        if self.state == "snapshot":
            self.next_index = max(self.match_index + 1, self.snapshot_index + 1)
        else:
            self.next_index = self.match_index + 1
        self._become("probe")

    def become_replicate(self) -> None:
        """The follower agrees up to match_index: stream."""
        self.next_index = self.match_index + 1
        self._become("replicate")

    def become_snapshot(self, index: int) -> None:
        """A snapshot up to `index` is on its way."""
        self._become("snapshot")
        self.snapshot_index = index
        self.paused = True

    def give_up_snapshot(self) -> None:
        """Two rounds of heartbeats were answered, but not the snapshot: start again from what is proven."""
        self.snapshot_index = 0
        self.become_probe()

    def _become(self, state: str) -> None:
        self.state, self.paused, self.snapshot_index = state, False, 0
        self.inflight.clear()

"""A server read back from a saved frame, in the words of a live one.

So whatever judges a live `Node` (the invariants, a grader) can judge a trace from a file with the same code. One thing a frame does not
say: whether a log was cut and filled again between two frames. It is found by comparing the log with the one before.

Left out: timers, snapshots' contents and everything else that nobody judges.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.raft.frames import entries
from k8sedu.raft.log import Log
from k8sedu.raft.membership import Membership
from k8sedu.trace import Frozen, Step


class FramePeer(NamedTuple):
    """What a leader believed of one follower."""

    match_index: int
    next_index: int


class FrameServer:
    """One server's frame with the attributes of a `Node`.

    >>> row = Frozen(id="n1", status="up", role="follower", term=2, voted_for=None, votes=Frozen(), log=((1, 1, "normal", "x=4"),),
    ...     snapshot_index=0, snapshot_term=0, commit_index=1, last_applied=1, next_index=Frozen(), match_index=Frozen(),
    ...     voters=("n1",), outgoing=(), learners=())
    >>> FrameServer(row).log.last_term
    1
    """

    def __init__(self, frame: Frozen, before: FrameServer | None = None) -> None:
        self.frame = frame
        self.id: str = frame["id"]
        self.status: str = frame["status"]
        self.role: str = frame["role"]
        self.term: int = frame["term"]
        self.voted_for: str | None = frame["voted_for"]
        self.votes: dict[str, bool] = frame["votes"]
        self.commit_index: int = frame["commit_index"]
        self.last_applied: int = frame["last_applied"]
        self.log = _log(frame, before)
        self.membership = Membership(tuple(frame["voters"]), tuple(frame["outgoing"]), tuple(frame["learners"]))
        self.progress = {name: FramePeer(match_index, frame["next_index"][name]) for name, match_index in frame["match_index"].items()}


def _log(frame: Frozen, before: FrameServer | None) -> Log:
    if before is not None and before.frame["log"] is frame["log"] and before.log.snapshot_index == frame["snapshot_index"]:
        return before.log
    log = Log(entries(frame), snapshot_index=frame["snapshot_index"], snapshot_term=frame["snapshot_term"])
    if before is not None:
        log.truncations = before.log.truncations + (not _continues(before.log, log))
    return log


def _continues(old: Log, new: Log) -> bool:
    """Does the new log still hold everything that the old one held, as far as no snapshot has replaced it?"""
    if new.snapshot_index > old.last_index or new.last_index < old.last_index:
        return False
    start = max(old.first_index, new.first_index)
    return old.slice(start, old.last_index + 1) == new.slice(start, old.last_index + 1)


def changed_servers(step: Step, before: dict[str, FrameServer]) -> Iterator[FrameServer]:
    """The servers that this step has changed; `before` is kept up to date on the way."""
    if step.frame is None:
        return
    for name, frame in step.frame["nodes"].items():
        old = before.get(name)
        if old is None or old.frame is not frame:
            before[name] = FrameServer(frame, old)
            yield before[name]

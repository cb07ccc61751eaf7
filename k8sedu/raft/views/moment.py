"""One step of a run together with the world before and after it: where captions find their facts.

Events such as `grant_vote` say little about themselves, because the core does not know what a reader wants to hear. The rest is in the
frames: the message that was in flight before and no longer is, the log before and after. So a caption can be made for any step of any
saved trace.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from k8sedu.language import Words
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.words import say
from k8sedu.trace import Frozen, Step

_LOG = re.compile(r" Log:(\d+)/(\d+)")
_ENTRY = re.compile(r"(\d+)/(\d+) Entry")
_COMMIT = re.compile(r" Commit:(\d+)")
_HINT = re.compile(r"Rejected \(Hint: (\d+)\)")
_CONTEXT = re.compile(r' Context:"(.*)"$')

NOBODY = Frozen(
    id="", status="stopped", role="follower", learner=False, term=0, voted_for=None, leader=None, log=(), snapshot_index=0, snapshot_term=0,
    commit_index=0, last_applied=0, votes=Frozen(), next_index=Frozen(), match_index=Frozen(), progress=Frozen(), voters=(), outgoing=(),
    learners=(), timer_due_us=None, timer_total_us=0, heartbeat_due_us=None, machine=Frozen(), disk_busy_until_us=None,
)  # fmt: skip
"""A server that is not there: what a caption reads for an unknown name."""


class Moment(NamedTuple):
    """A step, the frame before it, and the frame after it."""

    step: Step
    before: Frozen
    after: Frozen

    @classmethod
    def of(cls, step: Step, previous: Frozen | None, frame: Frozen | None) -> Moment:
        """The moment of a step; a missing frame stands for no change."""
        after = frame or step.frame or previous or Frozen(nodes=Frozen(), messages=Frozen(), blocked=(), clients=Frozen())
        return cls(step, previous or after, after)

    @property
    def actor(self) -> str:
        """Whom it happened to."""
        return self.step.actor

    @property
    def node(self) -> Frozen:
        """The actor's state after the step."""
        return self.server(self.actor)

    @property
    def old(self) -> Frozen:
        """The actor's state before the step."""
        return self.server(self.actor, before=True)

    def server(self, name: str | None, *, before: bool = False) -> Frozen:
        """A server's state; NOBODY for a name that is no server."""
        found: Frozen = (self.before if before else self.after)["nodes"].get(name, NOBODY)
        return found

    def get(self, name: str, default: Any = None) -> Any:
        """A value of the step's detail."""
        return self.step.detail.get(name, default)

    @property
    def message(self) -> Frozen | None:
        """The message that this step is about: the one it names, else the one that the actor has just taken."""
        flying = self.before["messages"]
        named = self.get("message")
        if isinstance(named, int):
            found: Frozen | None = flying.get(str(named)) or self.after["messages"].get(str(named))
            return found
        taken = (m for key, m in flying.items() if m["receiver"] == self.actor and key not in self.after["messages"])
        return next((m for m in taken if self.get("to") in (None, m["sender"], self.actor)), None)


# -- what a frame says -------------------------------------------------------------------------------------------------------------------


def last_entry(node: Frozen) -> tuple[int, int]:
    """Index and term of a server's last log entry, (0, 0) for an empty log."""
    if node["log"]:
        return node["log"][-1][1], node["log"][-1][0]
    return node["snapshot_index"], node["snapshot_term"]


def entry_at(node: Frozen, index: int) -> Any:
    """The log row at an index: (term, index, kind, data), or None if it is not there."""
    position = index - node["snapshot_index"] - 1
    return node["log"][position] if 0 <= position < len(node["log"]) else None


def log_position(message: Frozen | None) -> tuple[int, int]:
    """The index and term that a message speaks of."""
    match = _LOG.search(message["text"]) if message else None
    return (int(match[2]), int(match[1])) if match else (0, 0)


def sent_entries(message: Frozen | None) -> list[tuple[int, int]]:
    """Index and term of each entry in a message."""
    return [(int(index), int(term)) for term, index in _ENTRY.findall(message["text"])] if message else []


def hint(message: Frozen | None) -> int:
    """Where, says a refusal, the logs may still agree."""
    match = _HINT.search(message["text"]) if message else None
    return int(match[1]) if match else 0


def context(message: Frozen | None) -> str:
    """The text that a message carries."""
    match = _CONTEXT.search(message["text"]) if message else None
    return match[1] if match else ""


# -- counting ----------------------------------------------------------------------------------------------------------------------------


def quorums(node: Frozen) -> tuple[tuple[str, ...], ...]:
    """The sets of voters of which a majority is needed: one, or two while the configuration is joint."""
    return (node["voters"], node["outgoing"]) if node["outgoing"] else (node["voters"],)


def is_voter(node: Frozen, name: str) -> bool:
    """Does this name's vote count, as far as the server knows?"""
    return name in node["voters"] or name in node["outgoing"]


def ballot(node: Frozen, granted: frozenset[str]) -> Words:
    """How far a candidate has come: "2 of 5 votes, needs 3"."""
    if not node["outgoing"]:
        size = len(node["voters"])
        return say(
            "{got} of {size} votes, needs {need}", "{size} 票中的 {got} 票，需要 {need} 票",
            got=count(granted, node["voters"]), size=size, need=majority(size),
        )  # fmt: skip
    return say(
        "{a} of {b} votes of the new group and {c} of {d} of the old one, needs a majority of both",
        "新成员 {b} 票中的 {a} 票、旧成员 {d} 票中的 {c} 票，两边都要过半",
        a=count(granted, node["voters"]), b=len(node["voters"]), c=count(granted, node["outgoing"]), d=len(node["outgoing"]),
    )  # fmt: skip


def count(names: frozenset[str], voters: tuple[str, ...]) -> int:
    """How many of the voters are among the names."""
    return sum(1 for voter in voters if voter in names)


def granted(node: Frozen) -> frozenset[str]:
    """Who has said yes to a candidate."""
    return frozenset(name for name, yes in node["votes"].items() if yes)


def stored_by(leader: Frozen, index: int) -> frozenset[str]:
    """Which members store the log up to an index, as far as their leader knows."""
    return frozenset(name for name, match in leader["match_index"].items() if match >= index)


def running(frame: Frozen) -> frozenset[str]:
    """The servers that are neither stopped nor paused."""
    return frozenset(name for name, node in frame["nodes"].items() if node["status"] == "up")


def configuration(frame: Frozen) -> Frozen:
    """The state of the server whose idea of the membership counts: the leader of the highest term, else the highest term."""
    nodes = [node for node in frame["nodes"].values() if node["voters"]]
    return max(nodes, key=lambda n: (n["role"] == "leader" and n["status"] == "up", n["term"], n["commit_index"]), default=NOBODY)


def leader_of(frame: Frozen) -> Frozen | None:
    """The running leader with the highest term, if there is one."""
    leaders = [n for n in frame["nodes"].values() if n["role"] == "leader" and n["status"] != "stopped"]
    return max(leaders, key=lambda n: n["term"], default=None)

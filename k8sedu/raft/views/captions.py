"""One sentence per step that says *why* it happened, in English and Chinese.

A caption is a function of a step, the frame before it and the frame after it, and it uses the numbers of these very frames: "3 of 5
votes, needs 3". Several steps of one server at one time are one event for a reader, such as a vote request that arrives, and the vote
that is given; `telling` says which of them carries the sentence.

Left out: captions that look ahead. A reader who steps through a run should not be told what comes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from k8sedu.language import Words
from k8sedu.raft.views import client_captions, log_captions, vote_captions, world_captions
from k8sedu.raft.views.moment import Moment
from k8sedu.raft.views.words import say
from k8sedu.trace import Frozen, Step

CAPTIONS: dict[str, Callable[[Moment], Words]] = {
    **vote_captions.CAPTIONS,
    **log_captions.CAPTIONS,
    **client_captions.CAPTIONS,
    **world_captions.CAPTIONS,
}
"""Every kind of step that has a sentence of its own."""

RANK = (
    "violation",
    "become_leader",
    "change_membership",
    "timeout_now",
    "become_candidate",
    "become_pre_candidate",
    "restore_snapshot",
    "refuse_change",
    "truncate",
    "refuse_entries",
    "become_follower",
    "refuse_stale",
    "grant_vote",
    "refuse_vote",
    "ignore_vote",
    "commit",
    "transfer_leadership",
    "transfer_abandoned",
    "propose_change",
)
"""Of several steps at one instant, the first one in this list is the most telling; the rest are told in the order they happened."""


def caption(step: Step, previous: Frozen | None = None, frame: Frozen | None = None) -> Words:
    """Why this step happened, given the frames before and after it.

    >>> caption(Step(3, 900_000, "align_timers", "", Frozen(), None)).en[:35]
    '**All election timers are aligned:*'
    """
    return CAPTIONS.get(step.kind, _plainly)(Moment.of(step, previous, frame))


def telling(steps: Sequence[Step]) -> Step:
    """The step that says most about what happened, of several by one server at one time."""
    return min(steps, key=lambda step: RANK.index(step.kind) if step.kind in RANK else len(RANK))


def _plainly(m: Moment) -> Words:
    """For a kind of step that nobody has written a sentence for."""
    kind = m.step.kind.replace("_", " ")
    return say("**{who} {kind}.**", "**{who}：{kind}。**", who=m.actor or "Raft", kind=kind)

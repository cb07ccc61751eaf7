"""The colour of each kind of message in a chart; its letter and its name are those of the player.

On the stage a message has the colour of its term. A chart of a whole election has one or two terms and many kinds, so there the kind is
the colour. A request and its answer share it; the answer is a ring and carries + or − instead of the letter.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.views.words import MESSAGE_LETTERS, MESSAGE_WORDS

ROLES = {
    "request_vote": "orange",
    "pre_vote": "yellow",
    "append_entries": "blue",
    "heartbeat": "sky",
    "install_snapshot": "purple",
    "timeout_now": "vermillion",
    "transfer_leadership": "vermillion",
    "read_index": "green",
    "propose": "grey",
    "client_request": "grey",
}
"""Every kind of request and its colour."""


class Look(NamedTuple):
    """How one kind of message is shown."""

    letter: str
    role: str
    words: Words


def look(kind: str) -> Look:
    """How a kind of message is shown; a reply as the request that it answers.

    >>> look("request_vote_reply").letter
    'V'
    """
    asked = "client_request" if kind == "client_reply" else kind.removesuffix("_reply")
    return Look(MESSAGE_LETTERS[asked], ROLES[asked], MESSAGE_WORDS[asked])

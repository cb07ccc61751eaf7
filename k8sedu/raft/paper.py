"""Two figures of the Raft paper as data: the logs of Figure 7 and the story of Figure 8.

Figure 7 shows a fresh leader and six followers whose logs differ from its own in every possible way. Figure 8 tells why a leader may
count copies only of its own term's entries: an entry of term 2 lies on a majority and is overwritten all the same. Tests, notebooks and
pictures take the logs and the story from here, so that they cannot tell different ones.

Figure 8 is older than the empty entry of a new leader: play it with `Rules.without("no_op_on_election")`.

Source: raft.pdf §5.3 Figure 7, §5.4.2 Figure 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from k8sedu.language import Words
from k8sedu.raft.messages import Entry

FIGURE_7_TERM = 8
"""The term of the leader at the top of Figure 7."""

FIGURE_7 = {
    "leader": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6),
    "a": (1, 1, 1, 4, 4, 5, 5, 6, 6),
    "b": (1, 1, 1, 4),
    "c": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
    "d": (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
    "e": (1, 1, 1, 4, 4, 4, 4),
    "f": (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
}
"""The term of every entry: a and b lack some, c and d have some too many, e and f both."""


def log_of_terms(terms: Sequence[int], *, first_index: int = 1) -> tuple[Entry, ...]:
    """A log that is written down by the terms of its entries, as the paper does.

    >>> [str(entry) for entry in log_of_terms((1, 1, 4))]
    ['1/1 EntryNormal "x=1"', '1/2 EntryNormal "x=2"', '4/3 EntryNormal "x=3"']
    """
    return tuple(Entry(term, index, data=f"x={index}") for index, term in enumerate(terms, first_index))


class Action(NamedTuple):
    """One thing that happens in Figure 8."""

    kind: str
    """`elect`, `propose`, `replicate`, `crash` or `restart`."""
    server: str
    peers: tuple[str, ...] = ()
    """elect: who hears the candidate; replicate: who gets the entries; everything to others is lost."""
    term: int = 0
    """elect: the term; the server times out, unheard, until it gets there."""


class Panel(NamedTuple):
    """One column of Figure 8: what leads to it, and the terms of the logs when it is reached."""

    name: str
    after: str
    """The panel that it continues, empty for the first."""
    actions: tuple[Action, ...]
    logs: dict[str, tuple[int, ...]]
    says: Words


FIGURE_8_SERVERS = ("s1", "s2", "s3", "s4", "s5")

FIGURE_8_START = dict.fromkeys(FIGURE_8_SERVERS, (1,))
"""Before panel (a) everybody has one entry of term 1."""

FIGURE_8 = {
    panel.name: panel
    for panel in (
        Panel(
            "a", "",
            (
                Action("elect", "s1", ("s2", "s3", "s4", "s5"), term=2),
                Action("propose", "s1"),
                Action("replicate", "s1", ("s2",)),
            ),
            {"s1": (1, 2), "s2": (1, 2), "s3": (1,), "s4": (1,), "s5": (1,)},
            Words("s1 leads term 2 and copies entry 2 only to s2.", "s1 在任期 2 当选，条目 2 只复制到了 s2。"),
        ),
        Panel(
            "b", "a",
            (
                Action("crash", "s1"),
                Action("elect", "s5", ("s3", "s4"), term=3),
                Action("propose", "s5"),
            ),
            {"s1": (1, 2), "s2": (1, 2), "s3": (1,), "s4": (1,), "s5": (1, 3)},
            Words(
                "s1 crashes; s5 wins term 3 with s3 and s4 and takes another entry 2.",
                "s1 崩溃；s5 凭 s3、s4 的选票在任期 3 当选，写下另一个条目 2。",
            ),
        ),
        Panel(
            "c", "b",
            (
                Action("crash", "s5"),
                Action("restart", "s1"),
                Action("elect", "s1", ("s2", "s3"), term=4),
                Action("replicate", "s1", ("s2", "s3")),
                Action("propose", "s1"),
            ),
            {"s1": (1, 2, 4), "s2": (1, 2), "s3": (1, 2), "s4": (1,), "s5": (1, 3)},
            Words(
                "s5 crashes, s1 leads again in term 4: its old entry is on a majority now, but not committed.",
                "s5 崩溃，s1 在任期 4 再次当选：旧条目已在多数上，但仍未提交。",
            ),
        ),
        Panel(
            "d", "c",
            (
                Action("crash", "s1"),
                Action("restart", "s5"),
                Action("elect", "s5", ("s2", "s3", "s4"), term=5),
                Action("restart", "s1"),
                Action("replicate", "s5", ("s1", "s2", "s3", "s4")),
            ),
            dict.fromkeys(FIGURE_8_SERVERS, (1, 3)),
            Words(
                "s1 crashes; s5 may win term 5 and overwrite that entry everywhere.",
                "s1 崩溃；s5 可在任期 5 当选，覆盖各处的那个条目。",
            ),
        ),
        Panel(
            "e", "c",
            (
                Action("replicate", "s1", ("s2", "s3")),
                Action("crash", "s1"),
                Action("restart", "s5"),
                Action("elect", "s5", ("s2", "s3", "s4"), term=5),
            ),
            {"s1": (1, 2, 4), "s2": (1, 2, 4), "s3": (1, 2, 4), "s4": (1,), "s5": (1, 3)},
            Words(
                "Instead s1 copies an entry of its own term to a majority: both are committed, and s5 cannot win any more.",
                "若 s1 先把本任期条目复制到多数：两条一并提交，s5 再也无法当选。",
            ),
        ),
    )
}  # fmt: skip
"""The five panels; (d) and (e) are two endings of the same beginning."""


def story(panel: str) -> tuple[Action, ...]:
    """Everything that happens up to and including a panel.

    >>> [action.kind for action in story("b")]
    ['elect', 'propose', 'replicate', 'crash', 'elect', 'propose']
    """
    found = FIGURE_8[panel]
    return (story(found.after) if found.after else ()) + found.actions

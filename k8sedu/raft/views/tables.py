"""A run, a log and a quorum as tables: pandas DataFrames to filter, count and sort.

A picture is for the eye, a table is for questions: who became leader, when, how many messages were lost. The columns are a contract,
written down in each docstring and tested, so that a lesson may rely on them.

Numbers that may be missing are pandas' `Int64`, not floats with holes: a term of 3 shall not be shown as 3.0.

Left out: styling. A DataFrame that somebody filters again must not carry colours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.raft.frames import entries
from k8sedu.raft.messages import Entry
from k8sedu.raft.quorum import majority, tolerated_failures
from k8sedu.raft.views.spans import NoFramesError
from k8sedu.trace import Frozen, Step, Trace

COLUMNS = {
    "index": "int64",
    "time_ms": "float64",
    "kind": "string",
    "actor": "string",
    "term": "Int64",
    "role": "string",
    "leader": "string",
    "last_index": "Int64",
    "commit_index": "Int64",
    "message": "Int64",
    "sender": "string",
    "detail": "string",
}
"""The columns of `table`, in this order, and their types."""

SHOWN_ELSEWHERE = ("message", "sender", "term")
"""What `detail` leaves out, because a column of its own shows it."""

UNSAID = {"pre": False}
"""Flags that `detail` tells only when they are on."""

COMMITTED = "✓"
"""Stands behind an entry that its server knows to be committed."""

IN_SNAPSHOT = "·"
"""Stands for an entry that a snapshot has replaced."""


class GroupSizeError(K8sEduError, ValueError):
    """A number of servers that no group has."""


def table(trace: Trace) -> pd.DataFrame:
    r"""The run as a table, one row per step.

    Columns: `index` int64 and `time_ms` float64 of the step; `kind` and `actor` string; then how the acting server stood *after* the
    step: `term` Int64, `role` string, `leader` string (whom it believes to lead), `last_index` and `commit_index` Int64; of a step
    that concerns a message its number `message` Int64 and `sender` string; and `detail`, everything else as text. What a step does
    not have is `<NA>`; in a run without frames that is all of how the server stood, except a term that the step itself tells.

    >>> start = Step(0, 0, "start", "", Frozen(), None)
    >>> vote = Step(1, 1_500, "receive_request_vote", "n2", Frozen(message=3, sender="n1", term=4), None)
    >>> table(Trace("raft", 7, Frozen(), (start, vote)))[["time_ms", "kind", "actor", "term", "sender"]].to_csv(index=False)
    'time_ms,kind,actor,term,sender\n0.0,start,,,\n1.5,receive_request_vote,n2,4,n1\n'
    """
    rows = [_row(step) for step in trace]
    return pd.DataFrame(rows, columns=list(COLUMNS)).astype(COLUMNS)


def _row(step: Step) -> tuple[Any, ...]:
    detail, node = step.detail, _actor(step)
    rest = "  ".join(f"{key}={_text(value)}" for key, value in _worth_telling(detail))
    told = (node.term, node.role, node.leader, _last_index(node), node.commit_index) if node else (detail.get("term"), *[None] * 4)
    return (step.index, step.time_ms, step.kind, step.actor, *told, detail.get("message"), detail.get("sender"), rest)


def _worth_telling(detail: Frozen) -> Iterator[tuple[str, Any]]:
    return ((key, value) for key, value in detail.items() if key not in SHOWN_ELSEWHERE and (key, value) not in UNSAID.items())


def _actor(step: Step) -> Frozen | None:
    """The acting server after the step, if a server acted and the run has frames."""
    return step.frame.nodes.get(step.actor) if step.frame is not None else None


def _last_index(node: Frozen) -> int:
    return int(node.snapshot_index) + len(node.log)


def _text(value: object) -> str:
    return " ".join(map(_text, value)) if isinstance(value, tuple) else str(value)


def log_table(step: Step, *, data: bool = True) -> pd.DataFrame:
    """All logs at one step: a row per server, a column per index, all values string.

    A cell shows the entry's term, and what it says if `data`: `2: x=4`. A ✓ means that this server knows the entry to be committed;
    `·` is an entry that a snapshot has replaced; an empty text is an index that the server's log does not reach.

    Raises:
        NoFramesError: the step carries no frame.
    """
    if step.frame is None:
        raise NoFramesError(f"step {step.index} has no frame, expected a run with frames=True.")
    nodes = step.frame.nodes
    last = max((_last_index(node) for node in nodes.values()), default=0)
    columns = pd.RangeIndex(1, last + 1, name="index")
    rows = [_cells(node, last, data=data) for node in nodes.values()]
    return pd.DataFrame(rows, index=pd.Index(list(nodes), name="node", dtype="str"), columns=columns, dtype="string")


def _cells(node: Frozen, last: int, *, data: bool) -> list[str]:
    held = [IN_SNAPSHOT] * node.snapshot_index
    held += [_cell(entry, is_committed=entry.index <= node.commit_index, data=data) for entry in entries(node)]
    return held + [""] * (last - len(held))


def _cell(entry: Entry, *, is_committed: bool, data: bool) -> str:
    said = f": {entry.data}" if data and entry.data else ""
    return f"{entry.term}{said}{' ' + COMMITTED if is_committed else ''}"


OVERLAP = Words("any two share a server", "任意两个必有共同成员")
EMPTY_GROUP = Words("one server is the group", "单机即整个集群")
DISJOINT = Words("{} and {} can decide apart: two leaders", "{} 与 {} 可以各自决定：出现两个领导者")


def quorum_table(sizes: Iterable[int] = range(1, 10), *, language: str | None = None) -> pd.DataFrame:
    r"""What a quorum is, for groups of these sizes, and where the often quoted (n + 1) / 2 goes wrong.

    Columns: `size`, `majority` = ⌊n/2⌋ + 1 and `tolerated_failures` int64; `(n+1)/2` float64, which is no whole number for even n;
    `rounded_down` int64, what a program would take for it; `overlaps` bool, whether any two groups of *that* size share a server;
    `why` string.

    >>> quorum_table([3, 4, 5])[["size", "majority", "tolerated_failures", "(n+1)/2", "overlaps"]].to_csv(index=False)
    'size,majority,tolerated_failures,(n+1)/2,overlaps\n3,2,1,2.0,True\n4,3,1,2.5,False\n5,3,2,3.0,True\n'

    Raises:
        GroupSizeError: a size below 1.
    """
    rows = [_quorum_row(size, language) for size in sizes]
    types = {"size": "int64", "majority": "int64", "tolerated_failures": "int64", "(n+1)/2": "float64", "rounded_down": "int64"}
    return pd.DataFrame(rows, columns=[*types, "overlaps", "why"]).astype({**types, "overlaps": "bool", "why": "string"})


def _quorum_row(size: int, language: str | None) -> tuple[Any, ...]:
    if size < 1:
        raise GroupSizeError(f"met a group of {size} servers, expected at least 1.")
    rounded_down = (size + 1) // 2
    overlaps = 2 * rounded_down > size
    why = (EMPTY_GROUP if size == 1 else OVERLAP if overlaps else DISJOINT).in_(language).format(rounded_down, rounded_down)
    return size, majority(size), tolerated_failures(size), (size + 1) / 2, rounded_down, overlaps, why

"""A transaction as rows: what the card and its small sister in the trees' film both write, in words.

A nested transaction becomes rows of its own, indented, in the place where it runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

from k8sedu.language import Words
from k8sedu.trace import Frozen

What: TypeAlias = Literal["if", "then", "else", "operation"]


class Row(NamedTuple):
    """One line of a branch.

    Args:
        path: where it stands in the transaction, for the shape's id.
        what: a comparison of a nested transaction, the head of one of its branches, or an operation.
        depth: how many transactions it lies in, 0 for the outer one.
        runs: does it belong to what runs? None before that is known.
        holds: a comparison's answer.
        number: an operation's place among all that run, from 0; -1 for one that does not run.
    """

    path: str
    what: What
    depth: int
    text: Words | str
    runs: bool | None
    answer: Words | str = ""
    holds: bool | None = None
    number: int = -1


TARGETS = {"mod_revision": "mod", "create_revision": "create", "version": "version", "value": "value", "lease": "lease"}
"""Fields of a key, as the commands call them."""


def compare_text(row: Frozen) -> str:
    """A comparison as one line.

    >>> compare_text(Frozen(target="mod_revision", key="a", range_end="", sign="=", wanted="5"))
    'mod a = 5'
    """
    return f"{TARGETS[row['target']]} {keys_text(row)} {row['sign']} {row['wanted']}"


def keys_text(row: Frozen) -> str:
    """The key of a comparison, or its range."""
    return f"{row['key']} … {row['range_end']}" if row["range_end"] else str(row["key"])


def met_text(row: Frozen) -> Words | str:
    """What a comparison met: a value, nothing, or the values of several keys."""
    seen = row["seen"]
    if row["holds"] is None:
        return ""
    if not seen:
        return Words("no such key", "没有这个键") if row["target"] == "value" else Words("no such key: 0", "没有这个键：0")
    if len(seen) == 1 and not row["range_end"]:
        return str(seen[0][1])
    met = ", ".join(str(value) for _, value, _ in seen[:3]) + (" …" if len(seen) > 3 else "")
    return Words(f"{len(seen)} keys: {met}", f"{len(seen)} 个键：{met}")


def since_text(row: Frozen) -> Words | str:
    """Which revision wrote what was met."""
    seen = row["seen"]
    if not seen:
        return "–" if row["holds"] is not None else ""
    newest = max(revision for _, _, revision in seen)
    return f"revision {newest}" if len(seen) == 1 else Words(f"revision {newest} and before", f"revision {newest} 及以前")


def answer_text(operation: Frozen) -> Words | str:
    """What an operation answered; empty before it ran."""
    answer = operation["answer"]
    if answer is None:
        return ""
    if "kvs" in answer:
        return _read(answer)
    revisions = answer["revisions"]
    if not revisions:
        return Words("nothing to delete", "没有可删的键")
    return f"→ {revisions[0]}" if len(revisions) == 1 else f"→ {revisions[0]} … {revisions[-1]}"


def _read(answer: Frozen) -> Words | str:
    kvs, count = answer["kvs"], answer["count"]
    if not count:
        return Words("no such key", "没有这个键")
    if len(kvs) == 1 == count:
        return Words(f"{kvs[0][1]} (mod {kvs[0][2]})", f"{kvs[0][1]}（mod {kvs[0][2]}）")
    return Words(f"{count} keys", f"{count} 个键")


def branch_rows(node: Frozen, name: Literal["then", "otherwise"]) -> tuple[Row, ...]:
    """The rows of one branch of the outer transaction."""
    return tuple(_numbered(_branch(node, name, depth=0, runs=_runs(node, name), path=name)))


def _runs(node: Frozen, name: str) -> bool | None:
    return None if node["succeeded"] is None else node["succeeded"] == (name == "then")


def _branch(node: Frozen, name: str, *, depth: int, runs: bool | None, path: str) -> Iterator[Row]:
    for place, operation in enumerate(node[name]):
        here = f"{path}/{place}"
        if operation["inner"] is None:
            yield Row(here, "operation", depth, operation["text"], runs, answer_text(operation))
        else:
            yield from _nested(operation["inner"], depth=depth + 1, runs=runs, path=here)


def _nested(node: Frozen, *, depth: int, runs: bool | None, path: str) -> Iterator[Row]:
    for place, row in enumerate(node["compare"]):
        yield Row(f"{path}/if/{place}", "if", depth, compare_text(row), runs, met_text(row), row["holds"])
    for name, what in (("then", "then"), ("otherwise", "else")):
        if node[name]:
            inner = False if runs is False else _runs(node, name)
            yield Row(f"{path}/{name}", what, depth, what, inner)  # type: ignore[arg-type]  # one of the two
            yield from _branch(node, name, depth=depth, runs=inner, path=f"{path}/{name}")


def _numbered(rows: Iterator[Row]) -> Iterator[Row]:
    """Operations that run get their number, in the order in which they run."""
    number = 0
    for row in rows:
        if row.what == "operation" and row.runs:
            yield row._replace(number=number)
            number += 1
        else:
            yield row

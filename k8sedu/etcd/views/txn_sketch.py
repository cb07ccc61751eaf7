"""The transaction of the present request, small, in the corner of the two trees: what was compared, and which branch runs.

It stands where the lives of a key stand otherwise; a transaction has many keys, so these make room. `txn_card` shows the same in full.

Left out: lines that do not fit; they are counted.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8sedu.etcd.views.txn_rows import Row, branch_rows, compare_text, met_text
from k8sedu.language import Words
from k8sedu.stage.lettering import fit
from k8sedu.stage.shapes import Icon, Label, Line, Rect, Shape
from k8sedu.trace import Frozen

LETTERS = 12
STEP = 19.0


def txn_sketch(account: Frozen, *, x: float, y: float, width: float, bottom: float) -> Iterator[Shape]:
    """The shapes of the small card, from (x, y), not below `bottom`."""
    lines = list(_lines(account))
    room = max(int((bottom - y - 42) / STEP), 3)
    hidden = len(lines) - room
    if hidden > 0:
        lines = lines[: room - 1]
    height = 42 + STEP * (len(lines) + (hidden > 0))
    yield Rect("txn", x, y, width, height, r=8, fill="card", stroke="line", layer=1)
    yield Label("txn/head", x + 14, y + 19, Words("transaction", "事务"), anchor="start", weight=600, layer=1)
    if account["revision"] is not None:
        after = account["after"]
        text = f"revision {account['revision']}" + (f" → {after}" if after not in (None, account["revision"]) else "")
        yield Label("txn/revision", x + width - 14, y + 19, text, anchor="end", size=LETTERS, fill="muted", layer=1)
    for place, row in enumerate(lines):
        yield from _line(row, x + 14, y + 42 + STEP * place, width - 28)
    if hidden > 0:
        text_ = Words(f"… {hidden + 1} more lines", f"… 还有 {hidden + 1} 行")
        yield Label("txn/more", x + 14, y + 42 + STEP * len(lines), text_, anchor="start", size=LETTERS, fill="muted", layer=1)


def _lines(account: Frozen) -> Iterator[Row]:
    node = account["txn"]
    succeeded = node["succeeded"]
    for place, compare in enumerate(node["compare"]):
        yield Row(f"if/{place}", "if", 0, compare_text(compare), None, met_text(compare), compare["holds"])
    for name, head in (("then", "then"), ("otherwise", "else")):
        rows = branch_rows(node, "then" if head == "then" else "otherwise")
        if rows:
            yield Row(name, "then" if head == "then" else "else", 0, head, None if succeeded is None else succeeded == (head == "then"))
            yield from (row._replace(depth=row.depth + 1) for row in rows)


def _line(row: Row, x: float, y: float, width: float) -> Iterator[Shape]:
    own, left = f"txn/{row.path}", x + 12 * row.depth
    ink = "muted" if row.runs is False else "ink"
    if row.runs and row.what != "if":
        yield Line(f"{own}/bar", x - 6, y - STEP / 2, x - 6, y + STEP / 2, stroke="orange", width=3, layer=1)
    if row.what == "if":
        yield from _compare(row, own, left, y, x + width)
        return
    text = row.text if isinstance(row.text, str) else row.text.in_("en")
    weight = 600 if row.what in ("then", "else") else 400
    shown = fit(text, x + width - left, LETTERS)
    yield Label(own, left, y, shown, anchor="start", size=LETTERS, weight=weight, fill=ink, layer=1)


def _compare(row: Row, own: str, left: float, y: float, right: float) -> Iterator[Shape]:
    is_known = row.holds is not None
    text = f"if {row.text}" if isinstance(row.text, str) else row.text
    room = right - left - (72 if is_known else 0)
    ink = "muted" if row.runs is False else "ink"
    yield Label(own, left, y, fit(str(text), room, LETTERS), anchor="start", size=LETTERS, fill=ink, layer=1)
    if not is_known:
        return
    answer = row.answer if isinstance(row.answer, Words) else Words(row.answer, row.answer)
    met = Words(_short(answer.en), _short(answer.zh))
    yield Label(f"{own}/met", right - 20, y, met, anchor="end", size=LETTERS, weight=600, layer=1)
    yield Icon(f"{own}/verdict", right - 7, y, "check" if row.holds else "cross", size=14, fill="good" if row.holds else "bad", layer=1)


def _short(answer: str) -> str:
    """What was met, in the little room that there is: a missing key is a dash."""
    return "–" if answer.startswith(("no such", "没有")) else fit(answer, 50, LETTERS)

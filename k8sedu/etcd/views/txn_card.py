"""A transaction as a card: if, then, else, and the view that its comparisons saw.

Above stand the comparisons, each with what it wanted, what it met and which revision wrote that; a check or a cross says whether it holds.
All of them see one revision of the store, those of nested transactions too: that is what makes the choice of a branch safe. Below stand
both branches; the one that runs is lit, with an answer behind each operation, the other one is dashed and pale. At the bottom is what
happened to the revision.

Left out: what the operations of the other branch would have done.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from k8sedu.etcd.accounts import operations
from k8sedu.etcd.views.txn_rows import Row, branch_rows, keys_text, met_text, since_text
from k8sedu.language import Words
from k8sedu.stage.lettering import fit, text_width
from k8sedu.stage.scene import Scene
from k8sedu.stage.shapes import Icon, Label, Line, Path, Rect, Shape
from k8sedu.trace import Frozen

WIDTH = 904.0
ROW = 27.0
HEAD = 38.0
FORK = 46.0
"""The room between the comparisons and the branches."""
FOOT = 46.0
LETTERS = 13.0
BRANCH = 436.0
"""How wide a branch is."""
COLUMNS = {"key": 24.0, "target": 262.0, "wanted": 420.0, "met": 530.0, "since": 690.0}
INDENT = 18.0


class Progress(NamedTuple):
    """How far a transaction has come."""

    compared: int
    """So many comparisons are answered."""
    is_chosen: bool
    done: int
    """So many operations have run."""
    is_over: bool


def whole(account: Frozen) -> Progress:
    """All that an account knows."""
    node = account["txn"]
    is_chosen = node["succeeded"] is not None
    is_over = account["after"] is not None
    done = sum(1 for _ in operations(node)) if is_over and not account["error"] else 0
    return Progress(len(node["compare"]) if is_chosen else 0, is_chosen, done, is_over)


def card_height(account: Frozen) -> float:
    """How high the card of this transaction is."""
    compare, rows = _compare_height(account), _branch_height(account)
    return compare + FORK + rows + FOOT


def txn_card(
    account: Frozen, progress: Progress | None = None, *, caption: str | Words = "", subtitle: str | Words = "", height: float | None = None
) -> Scene:
    """A transaction as a picture.

    Args:
        account: what `etcd.txn_account` tells, or a trace's step of kind `txn` keeps in its detail.
        progress: how far it has come; all of it without.
        caption: the sentence below.
        subtitle: stands beside the title.
        height: of the paper, when several cards are to have the same.

    >>> from k8sedu import etcd
    >>> account = etcd.txn_account(etcd.Store(), etcd.commands.parse("txn if version a = 0 then put a 1"))
    >>> txn_card(account).find("then").stroke
    'orange'
    """
    now = progress or whole(account)
    top = _compare_height(account) + FORK
    shapes = (
        *_comparisons(account, now),
        *_forks(account, now),
        *_branch(account, now, "then", 8, top),
        *_branch(account, now, "otherwise", WIDTH - 8 - BRANCH, top),
        *_foot(account, now, top + _branch_height(account) + FOOT / 2),
    )
    return Scene(
        shapes=shapes, caption=caption or summary(account), subtitle=subtitle, width=WIDTH, height=height or card_height(account),
        card_width=0,
    )  # fmt: skip


def summary(account: Frozen) -> Words:
    """A finished transaction in one sentence."""
    before, after = account["revision"], account["after"]
    if account["error"]:
        return Words(f"**Refused:** {account['error']}. Nothing was written.", f"**被拒绝：** {account['error']}。什么都没有写入。")
    if account["txn"]["succeeded"] is None or after is None:
        return Words("**A transaction:** if, then, else.", "**一个事务：** if、then、else。")
    way = ("Every comparison holds", "全部比较成立") if account["txn"]["succeeded"] else ("A comparison fails", "有比较不成立")
    branch = "then" if account["txn"]["succeeded"] else "else"
    if after == before:
        return Words(
            f"**{way[0]}**, so {branch} runs; it writes nothing, and the revision stays {after}.",
            f"**{way[1]}**，执行 {branch}；没有写入，revision 仍是 {after}。",
        )
    return Words(
        f"**{way[0]}**, so {branch} runs; all that it writes is one revision, {after}.",
        f"**{way[1]}**，执行 {branch}；写入的一切属于同一个 revision：{after}。",
    )


# -- if ----------------------------------------------------------------------------------------------------------------------------------


def _compare_height(account: Frozen) -> float:
    return HEAD + 22 + ROW * max(len(account["txn"]["compare"]), 1) + 8


def _comparisons(account: Frozen, now: Progress) -> Iterator[Shape]:
    node, height = account["txn"], _compare_height(account)
    yield Rect("if", 8, 0, WIDTH - 16, height - 1, r=8, fill="card", stroke="line")
    yield Label("if/head", 24, 20, "if", anchor="start", weight=600, size=15)
    if account["revision"] is not None and (now.compared or now.is_chosen):
        revision = account["revision"]
        text = Words(
            f"every comparison sees the store at revision {revision}", f"所有比较看到的都是 revision 为 {revision} 的存储"
        )
        yield Label("if/view", 48, 20, text, anchor="start", fill="muted")
    if now.is_chosen:
        yield from _verdict("if/verdict", WIDTH - 40, 20, holds=node["succeeded"])
        words = Words("all hold", "全部成立") if node["succeeded"] else Words("not all hold", "并非全部成立")
        yield Label("if/verdict/text", WIDTH - 56, 20, words, anchor="end", weight=600)
    yield from _heads()
    if not node["compare"]:
        text = Words("no comparison: then always runs", "没有比较：总是执行 then")
        yield Label("if/none", 24, HEAD + 22 + ROW / 2, text, anchor="start", fill="muted")
    for place, row in enumerate(node["compare"]):
        yield from _comparison(row, place, is_answered=place < now.compared, is_next=place == now.compared - 1 and not now.is_chosen)


def _heads() -> Iterator[Shape]:
    names = {
        "key": Words("key", "键"), "target": Words("compared", "比较项"), "wanted": Words("wanted", "期望"), "met": Words("met", "实际"),
        "since": Words("written at", "写于"),
    }  # fmt: skip
    for name, words in names.items():
        yield Label(f"if/column/{name}", COLUMNS[name], HEAD + 10, words, anchor="start", size=12, fill="muted")
    yield Line("if/rule", 24, HEAD + 20, WIDTH - 24, HEAD + 20, width=1)


def _comparison(row: Frozen, place: int, *, is_answered: bool, is_next: bool) -> Iterator[Shape]:
    own, y = f"if/{place}", HEAD + 22 + ROW * place + ROW / 2
    if is_next:
        yield Rect(f"{own}/mark", 14, y - ROW / 2 + 1, WIDTH - 28, ROW - 2, r=5, fill="tint:orange")
    ink = "ink" if is_answered else "muted"
    cells: dict[str, Words | str] = {"key": fit(keys_text(row), 228), "target": row["target"], "wanted": f"{row['sign']} {row['wanted']}"}
    if is_answered:
        cells |= {"met": met_text(row), "since": since_text(row)}
    for name, text in cells.items():
        room = {"wanted": 104.0, "met": 154.0, "since": 140.0}.get(name, 240.0)
        weight = 600 if name == "met" else 400
        yield Label(f"{own}/{name}", COLUMNS[name], y, _fitted(text, room), anchor="start", weight=weight, fill=ink, size=LETTERS)
    if is_answered:
        yield from _verdict(f"{own}/verdict", WIDTH - 40, y, holds=row["holds"])


def _fitted(text: Words | str, room: float) -> Words | str:
    return Words(fit(text.en, room), fit(text.zh, room)) if isinstance(text, Words) else fit(text, room)


def _verdict(own: str, x: float, y: float, *, holds: bool) -> Iterator[Shape]:
    """A check or a cross: readable without its colour."""
    yield Icon(own, x, y, "check" if holds else "cross", size=17, fill="good" if holds else "bad")


# -- then, else --------------------------------------------------------------------------------------------------------------------------


def _forks(account: Frozen, now: Progress) -> Iterator[Shape]:
    top = _compare_height(account)
    words = {"then": Words("all hold", "全部成立"), "otherwise": Words("otherwise", "否则")}
    for name, middle in (("then", 8 + BRANCH / 2), ("otherwise", WIDTH - 8 - BRANCH / 2)):
        runs = now.is_chosen and account["txn"]["succeeded"] == (name == "then")
        end = top + FORK - (3 if runs else 1)
        if runs:
            yield Line(f"{name}/way", middle, top + 1, middle, end, stroke="orange", width=3, arrow=True, layer=1)
        else:
            yield Path(f"{name}/way", f"M0,0V{end - top:.1f}", x=middle, y=top, stroke="grey", dashed=True)
        yield Label(f"{name}/when", middle + 12, top + FORK / 2 - 1, words[name], anchor="start", size=12, fill="muted")


def _branch_height(account: Frozen) -> float:
    rows = max(len(branch_rows(account["txn"], "then")), len(branch_rows(account["txn"], "otherwise")), 1)
    return HEAD + ROW * rows + 10


def _branch(account: Frozen, now: Progress, name: str, x: float, top: float) -> Iterator[Shape]:
    node = account["txn"]
    runs = node["succeeded"] == (name == "then") if now.is_chosen else None
    stroke, is_dashed = ("orange", False) if runs else ("line", False) if runs is None else ("grey", True)
    width = 2.5 if runs else 1.5
    yield Rect(name, x, top, BRANCH, _branch_height(account), r=8, fill="card", stroke=stroke, dashed=is_dashed, width=width)
    ink = "muted" if runs is False else "ink"
    head = "then" if name == "then" else "else"
    yield Label(f"{name}/head", x + 16, top + 20, head, anchor="start", weight=600, size=15, fill=ink)
    if runs is not None:
        words = Words("runs", "执行") if runs else Words("does not run", "不执行")
        yield Label(f"{name}/taken", x + BRANCH - 16, top + 20, words, anchor="end", weight=600 if runs else 400, fill=ink)
    rows = branch_rows(node, "then" if name == "then" else "otherwise")
    if not rows:
        text = Words("nothing", "无操作")
        yield Label(f"{name}/none", x + 16, top + HEAD + ROW / 2, text, anchor="start", fill="muted")
    for place, row in enumerate(rows):
        yield from _row(row, x, top + HEAD + ROW * place + ROW / 2, now)


def _row(row: Row, x: float, y: float, now: Progress) -> Iterator[Shape]:
    left = x + 16 + INDENT * row.depth
    is_known = now.is_chosen and row.runs is not None
    ink = "muted" if is_known and not row.runs else "ink"
    if row.depth:
        yield Line(f"{row.path}/bar", left - 9, y - ROW / 2, left - 9, y + ROW / 2, stroke="orange" if is_known and row.runs else "grey")
    is_last = row.what == "operation" and 0 <= row.number == now.done - 1 and not now.is_over
    if is_last:
        yield Rect(f"{row.path}/mark", left - 6, y - ROW / 2 + 1, x + BRANCH - 8 - left, ROW - 2, r=5, fill="tint:orange")
    text = f"if {row.text}" if row.what == "if" else row.text
    answer = _shown_answer(row, now)
    room = BRANCH - 32 - INDENT * row.depth - (max(_width(answer), 20) + 12 if answer or row.what == "if" else 0)
    weight = 600 if row.what in ("then", "else") else 400
    yield Label(row.path, left, y, _fitted(text, room), anchor="start", fill=ink, weight=weight, size=LETTERS)
    has_verdict = row.what == "if" and now.is_chosen and row.holds is not None
    if has_verdict:
        assert row.holds is not None
        yield from _verdict(f"{row.path}/verdict", x + BRANCH - 24, y, holds=row.holds)
    if answer:
        right = x + BRANCH - (40 if has_verdict else 16)
        yield Label(f"{row.path}/answer", right, y, answer, anchor="end", weight=600, fill=ink, size=LETTERS)


def _shown_answer(row: Row, now: Progress) -> Words | str:
    if row.what == "if":
        return row.answer if now.is_chosen else ""
    is_done = row.what == "operation" and 0 <= row.number < now.done
    return _fitted(row.answer, 190) if is_done else ""


def _width(text: Words | str) -> float:
    texts = text if isinstance(text, Words) else (text,)
    return max(text_width(one, LETTERS) for one in texts) + 20


# -- the revision ------------------------------------------------------------------------------------------------------------------------


def _foot(account: Frozen, now: Progress, y: float) -> Iterator[Shape]:
    if account["revision"] is None or not (now.compared or now.is_chosen):
        return
    yield Label("revision/what", 8, y, "revision", anchor="start", fill="muted")
    yield from _pill("revision/before", 78, y, account["revision"], is_new=False)
    if not now.is_over or account["after"] is None:
        return
    if account["after"] != account["revision"]:
        yield Line("revision/way", 136, y, 166, y, stroke="orange", width=2, arrow=True)
        yield from _pill("revision/after", 172, y, account["after"], is_new=True)
        yield Label("revision/why", 236, y, Words("one transaction, one revision", "一个事务，一个 revision"), anchor="start", fill="muted")
    else:
        yield Label("revision/why", 142, y, Words("nothing was written: it stays", "没有写入：保持不变"), anchor="start", fill="muted")


def _pill(own: str, x: float, y: float, revision: int, *, is_new: bool) -> Iterator[Shape]:
    yield Rect(own, x, y - 12, 52, 24, r=12, fill="orange" if is_new else "card", stroke="orange" if is_new else "grey")
    yield Label(f"{own}/text", x + 26, y, str(revision), weight=600 if is_new else 400, fill="on:orange" if is_new else "ink")

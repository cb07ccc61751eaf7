"""Transactions as a film: comparison by comparison, the choice, operation by operation, the revision.

A real etcd does all this at one instant, between two other writes. The film takes it apart, in etcd's own order: every comparison is
answered before the first operation runs.

Left out: time. A step lasts as long as one looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Literal

from k8sedu.errors import K8sEduError
from k8sedu.etcd.accounts import operations
from k8sedu.etcd.views.txn_card import Progress, card_height, summary, txn_card
from k8sedu.etcd.views.txn_rows import compare_text, met_text
from k8sedu.language import Words
from k8sedu.stage.document import Band, Document, Frame, Jump, Legend
from k8sedu.stage.scene import Scene
from k8sedu.trace import Frozen, Trace

STEP_US = 1_000_000


class NoTransactionError(K8sEduError, ValueError):
    """A run in which nobody asked for a transaction."""


def accounts_of(trace: Trace) -> tuple[tuple[str, Frozen], ...]:
    """The transactions of a story or of a cluster's run, each once, with what they are called."""
    found: dict[object, tuple[str, Frozen]] = {}
    for step in trace:
        if step.kind == "txn" and "account" in step.detail:
            name = f"{step.time_us / 1e6:.2f} s"
            found.setdefault(step.detail["index"], (name, step.detail["account"]))
        elif step.kind in ("answer", "refused") and step.frame is not None and step.frame.get("txn") is not None:
            found[step.index] = step.frame["walk"]["command"], step.frame["txn"]
    return tuple(found.values())


def txn_film(
    source: Trace | Frozen | Iterable[Frozen], *, title: str | Words | None = None, language: str | None = None,
    theme: Literal["auto", "light", "dark"] = "auto",
) -> Document:  # fmt: skip
    """Transactions as a document for the stage.

    Args:
        source: a trace of `etcd.tell` or `etcd.simulate`, or accounts of `etcd.txn_account`.
        title: above the picture.
        language: "en" or "zh".
        theme: what to begin with.

    Raises:
        NoTransactionError: there is no transaction in it.
    """
    told = _told(source)
    if not told:
        raise NoTransactionError("met a run without transactions, expected at least one that was carried out.")
    height = max(card_height(account) for _, account in told)
    frames: list[Frame] = []
    bands: list[Band] = []
    begins: list[int] = []
    for number, (name, account) in enumerate(told):
        start_us = len(frames) * STEP_US
        begins.append(len(frames))
        subtitle = Words(f"transaction {number + 1} of {len(told)}", f"第 {number + 1} 个事务，共 {len(told)} 个")
        frames += [Frame((len(frames) + i) * STEP_US, kind, "store", scene) for i, (kind, scene) in enumerate(
            _scenes(account, height, subtitle))]  # fmt: skip
        role = "orange" if account["txn"]["succeeded"] else "grey"
        bands.append(Band(start_us, len(frames) * STEP_US, name, role, faint=number % 2 == 1))
    return Document(
        title=title or Words("A transaction: compare, then write", "事务：先比较，再写入"), frames=tuple(frames), bands=tuple(bands),
        jumps=(Jump(Words("transaction", "事务"), tuple(begins)),), legend=LEGEND, pace="step", end_us=len(frames) * STEP_US,
        language=language, theme=theme,
    )  # fmt: skip


def _told(source: Trace | Frozen | Iterable[Frozen]) -> tuple[tuple[str, Frozen], ...]:
    if isinstance(source, Trace):
        return accounts_of(source)
    accounts = (source,) if isinstance(source, Frozen) else tuple(source)
    return tuple((f"{number}", account) for number, account in enumerate(accounts, start=1))


def _scenes(account: Frozen, height: float, subtitle: Words) -> Iterator[tuple[str, Scene]]:
    """Every step of one transaction."""

    def scene(progress: Progress, caption: Words) -> Scene:
        return txn_card(account, progress, caption=caption, subtitle=subtitle, height=height)

    node = account["txn"]
    yield "ask", scene(Progress(0, is_chosen=False, done=0, is_over=False), ASK)
    for place, row in enumerate(node["compare"], start=1):
        yield "compare", scene(Progress(place, is_chosen=False, done=0, is_over=False), _met(row))
    compared = len(node["compare"])
    yield "choose", scene(Progress(compared, is_chosen=True, done=0, is_over=False), _chosen(node))
    ran = () if account["error"] else tuple(operations(node))
    for done, operation in enumerate(ran, start=1):
        yield operation["verb"], scene(Progress(compared, is_chosen=True, done=done, is_over=False), _ran(operation, is_first=done == 1))
    yield "answer", scene(Progress(compared, is_chosen=True, done=len(ran), is_over=True), summary(account))


ASK = Words(
    "**A client asks:** if these comparisons hold, do this, else do that; all of it at once, or nothing.",
    "**客户端提出请求：** 若这些比较都成立就执行 then，否则执行 else；要么整体生效，要么什么都不做。",
)


def _met(row: Frozen) -> Words:
    met = met_text(row)
    pair = met if isinstance(met, Words) else Words(met, met)
    verdict = ("It holds", "成立") if row["holds"] else ("It does not hold", "不成立")
    line = compare_text(row)
    return Words(f"**if {line}?** The store has: {pair.en}. {verdict[0]}.", f"**if {line}？** 存储中是：{pair.zh}。{verdict[1]}。")


def _chosen(node: Frozen) -> Words:
    rest = ("", "")
    branch = node["then"] if node["succeeded"] else node["otherwise"]
    if any(operation["inner"] is not None for operation in branch):
        rest = (" The nested comparisons are answered now as well.", "嵌套的比较也在此刻回答。")
    if node["succeeded"]:
        return Words(
            f"**All hold, so then runs.** Nothing has been written yet.{rest[0]}",
            f"**全部成立，执行 then。** 到此还没有任何写入。{rest[1]}",
        )
    return Words(
        f"**Not all hold, so else runs.** Nothing has been written yet.{rest[0]}",
        f"**并非全部成立，执行 else。** 到此还没有任何写入。{rest[1]}",
    )


def _ran(operation: Frozen, *, is_first: bool) -> Words:
    text, answer = operation["text"], operation["answer"]
    if "kvs" in answer and is_first:
        return Words(
            f"**{text}** reads the very state that the comparisons saw.", f"**{text}** 读到的正是比较时看到的状态。"
        )
    if "kvs" in answer:
        return Words(
            f"**{text}** reads; it sees what the operations before it wrote.", f"**{text}** 读取；能看到前面操作写入的内容。"
        )
    revisions = answer["revisions"]
    if not revisions:
        return Words(f"**{text}** finds nothing to delete.", f"**{text}** 没有可删的键。")
    listed = revisions[0] if len(revisions) == 1 else f"{revisions[0]} … {revisions[-1]}"
    return Words(
        f"**{text}** is {listed}: the same revision as all of this transaction, a sub number of its own.",
        f"**{text}** 记为 {listed}：与本事务的其他写入同属一个 revision，只是 sub 编号不同。",
    )


LEGEND = (
    Legend(Words("the comparison holds", "比较成立"), icon="check", role="good", hollow=True),
    Legend(Words("the comparison does not hold", "比较不成立"), icon="cross", role="bad", hollow=True),
    Legend(Words("the branch that runs", "执行的分支"), role="orange", hollow=True),
    Legend(Words("the branch that does not run (dashed)", "不执行的分支（虚线）"), role="grey", hollow=True),
)
"""The key to the picture."""

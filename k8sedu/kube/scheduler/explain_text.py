"""An explanation as a table for the terminal, at most a hundred columns wide.

Source: none.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import TYPE_CHECKING

from k8sedu.language import Words

if TYPE_CHECKING:
    from k8sedu.kube.scheduler.explain import Explanation

WIDTH = 100
REJECTED = 6
"""So many rejected nodes are told one by one."""

GOES = Words(
    "{pod} → {node}   ({profile}, {release}: {feasible} of {nodes} nodes feasible)",
    "{pod} → {node}   （{profile}，{release}：{nodes} 个节点中 {feasible} 个可行）",
)
PENDING = Words(
    "{pod} is pending   ({profile}, {release}: none of {nodes} nodes feasible)",
    "{pod} 等待调度（Pending）   （{profile}，{release}：{nodes} 个节点均不可行）",
)
GATED = Words("{pod} waits outside of the queue: {reason}", "{pod} 在队列外等待：{reason}")
MORE = Words("… and {number} more", "…… 另有 {number} 个")
SCORES = Words("weight × score", "权重 × 得分")
TOTAL = Words("total", "总分")
WHY = Words("{node} against the average: {parts}", "{node} 与平均相比：{parts}")
ALONE = Words("Only one node is feasible: it is taken, and nobody scores.", "仅一个节点可行：直接选中，不再打分。")


def text_of(found: Explanation, language: str | None = None, *, nodes: int = 6) -> str:
    """The whole table."""
    return "\n".join([_head(found, language), *_rejected(found, language), *_scores(found, language, nodes), *_foot(found, language)])


def _head(found: Explanation, language: str | None) -> str:
    if not found.pre_enqueue.is_success:
        return cut(GATED.in_(language).format(pod=found.pod.key, reason=found.pre_enqueue.message))
    words = GOES if found.node else PENDING
    known = {"pod": found.pod.key, "node": found.node, "profile": found.profile_name, "release": found.release}
    return words.in_(language).format(**known, feasible=len(found.feasible), nodes=len(found.nodes))


def _rejected(found: Explanation, language: str | None) -> Iterator[str]:
    out = [(node, status) for node, status in found.verdicts.items() if not status.is_success]
    if not found.pre_filter.is_success:
        yield f"  ✗ {found.pre_filter.plugin or 'PreFilter'}: {found.pre_filter.message}"
        return
    width = max((wide(node) for node, _ in out[:REJECTED]), default=0)
    for node, status in out[:REJECTED]:
        yield cut(f"  ✗ {pad(node, width)}  {status.plugin or 'PreFilter'}: {status.message}")
    if len(out) > REJECTED:
        yield f"  {MORE.in_(language).format(number=len(out) - REJECTED)}"


def _scores(found: Explanation, language: str | None, nodes: int) -> Iterator[str]:
    """Plugins down, nodes across, the best node first."""
    shown = found.ranked[:nodes]
    if not found.was_scored:
        if found.node:
            yield ALONE.in_(language)
        return
    names = [f"{plugin} ×{found.weights[plugin]}" for plugin in found.weighted]
    first = max(map(wide, [*names, SCORES.in_(language)]))
    column = max(5, min(max(map(wide, shown)), (WIDTH - first) // len(shown) - 2))
    yield _line(SCORES.in_(language), shown, first, column)
    for name, scores in zip(names, found.weighted.values(), strict=True):
        yield _line(name, [str(scores[node]) for node in shown], first, column)
    yield _line(TOTAL.in_(language), [str(found.totals[node]) for node in shown], first, column)


def _line(name: str, cells: Sequence[str], first: int, column: int) -> str:
    return pad(name, first) + "".join(f"  {pad(cell[:column], column, right=True)}" for cell in cells)


def _foot(found: Explanation, language: str | None) -> Iterator[str]:
    if found.was_scored and found.node:
        parts = [f"{each.plugin} {each.difference:+.1f}" for each in found.contributors()]
        yield from wrap(WHY.in_(language).format(node=found.node, parts=", ".join(parts)), WIDTH - 4, subsequent_indent="  ")
    if found.message and found.pre_enqueue.is_success:
        yield found.message


def wide(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two.

    >>> wide("web"), wide("总分")
    (3, 4)
    """
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def pad(text: str, width: int, *, right: bool = False) -> str:
    """A text made as wide as a column."""
    space = " " * max(0, width - wide(text))
    return space + text if right else text + space


def cut(text: str, width: int = WIDTH) -> str:
    """A text that is no wider than the table.

    >>> cut("x" * 200)[-3:], len(cut("x" * 200))
    ('xx…', 100)
    """
    while wide(text) > width:
        text = text[: -max(2, (wide(text) - width) // 2)] + "…"
    return text

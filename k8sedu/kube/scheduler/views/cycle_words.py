"""What is said of each moment of a cycle, and why. The system's own sentences are quoted as it writes them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8sedu.kube.scheduler.statuses import Code
from k8sedu.kube.scheduler.views.tones import asked
from k8sedu.language import Words

MANY = 4
"""So many names are listed; more are counted."""


def listed(names: Iterable[str], *, language: str = "en") -> str:
    """Names in a row; the rest of many is counted.

    >>> listed(["n1", "n2"]), listed(["n1", "n2", "n3", "n4", "n5", "n6"]), listed(["n1", "n2"], language="zh")
    ('n1 and n2', 'n1, n2, n3 and 3 more', 'n1、n2')
    """
    found = list(names)
    shown, rest = (found, 0) if len(found) <= MANY else (found[: MANY - 1], len(found) - MANY + 1)
    if language == "zh":
        return "、".join(shown) + (f" 等 {len(found)} 个" if rest else "")
    if rest:
        return f"{', '.join(shown)} and {rest} more"
    return " and ".join(filter(None, (", ".join(shown[:-1]), shown[-1]))) if shown else "none"


def popped(explanation: Any) -> Words:
    """The pod leaves the queue."""
    pod, number = explanation.pod, len(explanation.nodes)
    found = ", ".join(asked(pod.requests))
    nodes = "one node is" if number == 1 else f"{number} nodes are"
    return Words(
        f"**{pod.name} is next.** It asks for {found or 'nothing'}; {nodes} known. On which should it run?",
        f"**轮到 {pod.name}。** 它请求 {found or '零资源'}；已知 {number} 个节点。放到哪一个上？",
    )


def prefiltered(explanation: Any) -> Words:
    """Every filter has looked at the pod once."""
    skipped, narrowed, status = list(explanation.skipped_filters), explanation.node_names, explanation.pre_filter
    if not status.is_success:
        who = status.plugin or "PreFilter"
        return Words(
            f"**{who} refuses the pod before any node is looked at:** “{status.message}”.",
            f"**还没有看任何节点，{who} 就拒绝了这个 Pod：** “{status.message}”。",
        )
    en, zh = "**PreFilter:** every filter looks at the pod once.", "**PreFilter：** 每个过滤插件先看一遍这个 Pod。"
    if skipped:
        en += f" {len(skipped)} of them have nothing to check for it and are skipped."
        zh += f"其中 {len(skipped)} 个对它无事可查，直接跳过。"
    if narrowed is not None:
        en += f" Only {listed(sorted(narrowed))} can be meant."
        zh += f"只可能是 {listed(sorted(narrowed), language='zh')}。"
    return Words(en, zh)


def filtered(plugin: str, refused: list[str], explanation: Any) -> Words:
    """One filter has spoken."""
    if not refused:
        return Words(f"**{plugin}** refuses nobody who is left.", f"**{plugin}** 没有拒绝剩下的任何节点。")
    statuses = [explanation.verdicts[name] for name in refused]
    reasons = list(dict.fromkeys(reason for status in statuses for reason in status.reasons))
    quoted_en, quoted_zh = ", ".join(f"“{reason}”" for reason in reasons[:2]), "、".join(f"“{reason}”" for reason in reasons[:2])
    final = all(status.code is Code.UNRESOLVABLE for status in statuses)
    return Words(
        f"**{plugin} refuses {listed(refused)}:** {quoted_en}." + (" No eviction would change that." if final else ""),
        f"**{plugin} 拒绝 {listed(refused, language='zh')}：** {quoted_zh}。" + ("驱逐谁也改变不了。" if final else ""),
    )


def nobody(explanation: Any) -> Words:
    """Every node is out."""
    return Words(f"**No node is left.** {explanation.message}", f"**没有可用的节点。** {explanation.message}")


def only(name: str) -> Words:
    """A single node is left."""
    return Words(
        f"**Only {name} is left,** so it is taken: where there is nothing to choose, nobody scores.",
        f"**只剩 {name}，** 就是它了：没有选择余地，也就不必打分。",
    )


def prescored(explanation: Any) -> Words:
    """Filtering is over; who will score?"""
    left, skipped = len(explanation.feasible), list(explanation.skipped_scores)
    en, zh = f"**{left} nodes are left.** Now they are scored.", f"**还剩 {left} 个节点。** 接下来打分。"
    if skipped:
        en += f" {listed(skipped)} {'has' if len(skipped) == 1 else 'have'} no opinion about this pod."
        zh += f"{listed(skipped, language='zh')} 对这个 Pod 没有意见。"
    return Words(en, zh)


def scored(plugin: str, explanation: Any) -> Words:
    """One scorer has spoken."""
    column, weight = explanation.normalized[plugin], explanation.weights.get(plugin, 1)
    best, least = max(column.values()), min(column.values())
    if best == least:
        return Words(
            f"**{plugin} sees no difference:** {best} for every node. Times {weight} that decides nothing.",
            f"**{plugin} 看不出差别：** 每个节点都是 {best} 分。乘以 {weight} 也决定不了什么。",
        )
    winners = [name for name, score in column.items() if score == best]
    losers = [name for name, score in column.items() if score == least]
    return Words(
        f"**{plugin}, weight {weight}:** {best} of 100 for {listed(winners)}, {least} for {listed(losers)}.",
        f"**{plugin}，权重 {weight}：** {listed(winners, language='zh')} 得 {best}，{listed(losers, language='zh')} 得 {least}。",
    )


def selected(explanation: Any) -> Words:
    """The highest sum wins."""
    node, total = explanation.node, explanation.totals[explanation.node]
    tied = [name for name in explanation.winners if name != node]
    if tied:
        verb = "has" if len(tied) == 1 else "have"
        return Words(
            f"**{node} is taken:** it has {total}, and so {verb} {listed(tied)}. Ties are broken, not argued about.",
            f"**选中 {node}：** 它得 {total} 分，{listed(tied, language='zh')} 也一样。平局只能任取其一。",
        )
    others = [score for name, score in explanation.totals.items() if name != node]
    lead = f", {total - max(others)} more than the next" if others else ""
    ahead = f"，比第二名多 {total - max(others)} 分" if others else ""
    return Words(f"**{node} is taken:** {total} points{lead}.", f"**选中 {node}：** {total} 分{ahead}。")


def bound(explanation: Any) -> Words:
    """The decision is written down."""
    pod, node = explanation.pod, explanation.node
    return Words(
        f"**{pod.name} is bound to {node}.** At once in the scheduler's cache, so that the next pod sees it; then through the API server.",
        f"**{pod.name} 绑定（bind）到 {node}。** 先立刻记进调度器的缓存，让下一个 Pod 看得到；再通过 API server 写下来。",
    )


# -- preemption --------------------------------------------------------------------------------------------------------------------------


def victims(search: Any) -> Words:
    """Who would have to leave one node, in a few words."""
    if search.candidate is None:
        return Words("nobody to evict here would help", "在这里驱逐谁都没用")
    names = [pod.name for pod in search.candidate.victims]
    return Words(f"without {listed(names)} it would fit", f"没有 {listed(names, language='zh')} 就放得下")


def searched(found: Any) -> Words:
    """On which nodes eviction would help."""
    number = sum(search.candidate is not None for search in found.searches)
    if not number:
        return Words(f"**Preemption helps nowhere.** {found.message}", f"**抢占也没用。** {found.message}")
    nodes = "one node" if number == 1 else f"{number} nodes"
    return Words(
        f"**Would it fit without less important pods?** On {nodes} it would, so preemption looks for the cheapest.",
        f"**没有次要的 Pod，放得下吗？** 有 {number} 个节点可以，抢占（preemption）找代价最小的那个。",
    )


def nominated(found: Any) -> Words:
    """The pod waits for a node."""
    name, node, gone = found.pod.name, found.nominated_node, [pod.name for pod in found.candidate.victims]
    return Words(
        f"**{name} is nominated for {node}:** {listed(gone)} must leave. It is not bound; it waits and is tried again.",
        f"**{name} 被提名（nominate）到 {node}：** {listed(gone, language='zh')} 必须离开。它还没有绑定，要等下一次调度。",
    )

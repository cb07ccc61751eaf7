"""Which nodes of many a picture shows: those that say the most.

A cell of five thousand nodes has three or four stories: who scored best, and one for each reason to be out. The nodes that tell them are
drawn in the cluster's order; the rest is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from k8sedu.language import Words


def shown_nodes(explanation: Any, limit: int, always: Iterable[str] = ()) -> list[str]:
    """At most `limit` nodes: the chosen one, the best scores, and nodes that are out, taking turns among the reasons.

    Args:
        explanation: of one pod, as `Framework.explain` gives it.
        limit: how many rows there is room for.
        always: nodes that must be among them.
    """
    names = list(explanation.nodes)
    if len(names) <= limit:
        return names
    best = sorted(explanation.totals, key=lambda name: -explanation.totals[name])
    first = [*always, *([explanation.node] if explanation.node else []), *best[: limit // 2 + 1]]
    wanted = [*first, *_in_turns(explanation.verdicts, names), *names]
    kept = set(list(dict.fromkeys(wanted))[:limit])
    return [name for name in names if name in kept]


def _in_turns(verdicts: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Nodes that are out: the first of each reason, then the second of each, and so on."""
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        status = verdicts.get(name)
        if status is not None and not status.is_success:
            groups.setdefault((status.plugin, *status.reasons), []).append(name)
    longest = max(map(len, groups.values()), default=0)
    return [group[turn] for turn in range(longest) for group in groups.values() if turn < len(group)]


def left_over(explanation: Any, shown: Sequence[str]) -> Words | None:
    """What is said of the nodes that are not drawn; None if all are."""
    rest = [name for name in explanation.nodes if name not in set(shown)]
    if not rest:
        return None
    out = sum(name in explanation.verdicts and not explanation.verdicts[name].is_success for name in rest)
    passing = len(rest) - out
    return Words(f"and {len(rest)} more nodes: {passing} pass, {out} are out", f"另有 {len(rest)} 个节点：{passing} 个通过，{out} 个出局")

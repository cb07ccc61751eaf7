"""What is said of each picture of a preemption, and why."""

from __future__ import annotations

from typing import Any

from k8sedu.kube.scheduler.candidates import CRITERIA
from k8sedu.kube.scheduler.views.cycle_words import listed
from k8sedu.language import Words

TITLES = {criterion.name: criterion.title for criterion in CRITERIA}


def before(found: Any) -> Words:
    """The pod fits nowhere."""
    name, priority = found.pod.name, found.pod.spec.priority or 0
    return Words(
        f"**{name} has priority {priority} and fits nowhere.** Would it fit if less important pods were gone?",
        f"**{name} 的优先级是 {priority}，却哪里都放不下。** 如果次要的 Pod 不在，放得下吗？",
    )


def lift(found: Any, trials: int) -> Words:
    """All less important pods are taken away in thought."""
    number = "One pod is" if trials == 1 else f"{trials} pods are"
    return Words(
        f"**A dry run:** on each node all below priority {found.pod.spec.priority or 0} is lifted off in thought. {number} in the air.",
        f"**试算（dry run）：** 在每个节点上，假想移走优先级低于 {found.pod.spec.priority or 0} 的一切，共 {trials} 个 Pod。",
    )


def reprieve(found: Any, trial: int) -> Words:
    """On each node one more pod is tried."""
    tried = [(search.node, search.reprieves[trial - 1]) for search in found.searches if len(search.reprieves) >= trial]
    spared = [each.pod.rpartition("/")[2] for _, each in tried if each.spared]
    victims = [each.pod.rpartition("/")[2] for _, each in tried if not each.spared]
    en, zh = "**Put back, the most important first.**", "**从最重要的开始放回去。**"
    if spared:
        en += f" There is still room with {listed(spared)}."
        zh += f"放回 {listed(spared, language='zh')} 仍然够用。"
    if victims:
        en += f" With {listed(victims)} there is not: out."
        zh += f"放回 {listed(victims, language='zh')} 就不够了：只能离开。"
    return Words(en, zh)


def nobody(found: Any) -> Words:
    """Even empty nodes would not help."""
    return Words(f"**Nobody is evicted:** it would help nowhere. {found.message}", f"**谁也不驱逐：** 哪里都没用。{found.message}")


def candidates(left: tuple[str, ...]) -> Words:
    """The nodes that would do."""
    if len(left) == 1:
        return Words(f"**Only {left[0]} would do,** so there is nothing to choose.", f"**只有 {left[0]} 可行，** 不必再选。")
    return Words(
        f"**{len(left)} candidates:** {listed(left)}. Six questions are asked until one of them is left.",
        f"**{len(left)} 个候选：** {listed(left, language='zh')}。依次问六个问题，直到只剩一个。",
    )


def asked(found: Any) -> Words:
    """One question was asked."""
    title = TITLES[found.criterion]
    out = [node for node, _ in found.costs if node not in found.left]
    if not out:
        return Words(f"**{title.en.capitalize()}?** All are alike; the next question.", f"**{title.zh}？** 都一样，问下一个。")
    return Words(
        f"**{title.en.capitalize()}?** {listed(found.left)}; so {listed(out)} {'is' if len(out) == 1 else 'are'} left in peace.",
        f"**{title.zh}？** {listed(found.left, language='zh')}；于是放过 {listed(out, language='zh')}。",
    )


def chosen(found: Any) -> Words:
    """One node pays."""
    candidate = found.candidate
    victims = [pod.name for pod in candidate.victims]
    broken = f" {candidate.pdb_violations} of them against a budget." if candidate.pdb_violations else ""
    broken_zh = f"其中 {candidate.pdb_violations} 个违反预算。" if candidate.pdb_violations else ""
    return Words(
        f"**{candidate.node} pays:** {listed(victims)} must leave.{broken}",
        f"**由 {candidate.node} 付出代价：** {listed(victims, language='zh')} 必须离开。{broken_zh}",
    )


def nominated(found: Any) -> Words:
    """The victims are deleted, and the pod is nominated."""
    name, node = found.pod.name, found.candidate.node
    return Words(
        f"**The victims are deleted and {name} is nominated for {node}.** It is not bound: it goes back into the queue and waits.",
        f"**删除牺牲者，{name} 被提名（nominate）到 {node}。** 还没有绑定：它回到队列里等待。",
    )


def after(found: Any) -> Words:
    """A later cycle."""
    name, node = found.pod.name, found.candidate.node
    return Words(
        f"**When the victims are gone, {name} is tried again,** {node} first. Somebody more important may still be faster.",
        f"**牺牲者离开之后，{name} 再被调度一次，** 先试 {node}。更重要的 Pod 仍可能抢先。",
    )

"""What happens in each step of a schedule, in one sentence, and why."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.trace import Frozen, Step
from k8sedu.workload.views.reasons import reason_words

Say = Callable[[Frozen, str], Words]


def caption(step: Step) -> Words:
    """One sentence for a step; a word that only one manager knows is said as it stands.

    >>> caption(Step(0, 0, "place", "master", Frozen(task="web/0", machine="m1"), None)).en
    '**web/0 runs on m1.**'
    """
    say = SENTENCES.get(step.kind)
    return say(step.detail, step.actor) if say else Words(f"**{step.kind.replace('_', ' ')}**", f"**{step.kind.replace('_', ' ')}**")


def _submit(detail: Frozen, _: str) -> Words:
    tasks = "one task" if detail.tasks == 1 else f"{detail.tasks} tasks"
    return Words(
        f"**{detail.user} submits {detail.job}:** {tasks} of priority {detail.priority}.",
        f"**{detail.user} 提交 {detail.job}：** {detail.tasks} 个任务，优先级 {detail.priority}。",
    )


def _place(detail: Frozen, _: str) -> Words:
    why = detail.get("why", Words("", ""))
    return Words(
        f"**{detail.task} runs on {detail.machine}.**" + (f" {why[0]}" if why[0] else ""),
        f"**{detail.task} 在 {detail.machine} 上运行。**" + (f" {why[1]}" if why[1] else ""),
    )


def _refuse(detail: Frozen, _: str) -> Words:
    english = ", ".join(f"{count} × {reason_words(reason).en}" for reason, count in detail.reasons.items()) or "no machine is up"
    chinese = "，".join(f"{reason_words(reason).zh} × {count}" for reason, count in detail.reasons.items()) or "没有机器在线"
    return Words(f"**{detail.task} must wait:** {english}.", f"**{detail.task} 必须等待：** {chinese}。")


def _preempt(detail: Frozen, _: str) -> Words:
    return Words(
        f"**{detail.task} is taken off {detail.machine}** to make room for {detail.by}, which is more important. It waits again.",
        f"**{detail.task} 被从 {detail.machine} 上移走，** 为更重要的 {detail.by} 让位，重新排队。",
    )


def _finish(detail: Frozen, _: str) -> Words:
    return Words(
        f"**{detail.task} is done;** its room on {detail.machine} is free.",
        f"**{detail.task} 完成，** {detail.machine} 上腾出了位置。",
    )


def _delete(detail: Frozen, _: str) -> Words:
    where = Words(f"; its room on {detail.machine} is free", f"，{detail.machine} 上腾出了位置") if detail.machine else Words("", "")
    return Words(f"**{detail.task} is deleted**{where.en}.", f"**{detail.task} 被删除**{where.zh}。")


def _fail(detail: Frozen, _: str) -> Words:
    return Words(
        f"**{detail.task} has crashed on {detail.machine}** and waits for another try.",
        f"**{detail.task} 在 {detail.machine} 上崩溃，** 等待再次尝试。",
    )


def _lost(detail: Frozen, _: str) -> Words:
    return Words(f"**{detail.task} died with {detail.machine}.**", f"**{detail.task} 随 {detail.machine} 一起失效。**")


def _down(_: Frozen, actor: str) -> Words:
    return Words(f"**{actor} fails,** and everything on it with it.", f"**{actor} 失效，** 上面的一切也随之失效。")


def _up(_: Frozen, actor: str) -> Words:
    return Words(f"**{actor} is back,** and empty.", f"**{actor} 恢复，** 上面是空的。")


SENTENCES: dict[str, Say] = {
    "submit": _submit,
    "place": _place,
    "refuse": _refuse,
    "preempt": _preempt,
    "finish": _finish,
    "delete": _delete,
    "fail": _fail,
    "lost": _lost,
    "machine_down": _down,
    "machine_up": _up,
}
"""Kind of step → what is said of it. A manager's film adds its own."""

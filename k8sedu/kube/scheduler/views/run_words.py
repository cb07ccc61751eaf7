"""What is said of each step of a run of the scheduler, and why. The system's own messages are quoted as it writes them."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.kube.scheduler.views.cycle_words import listed
from k8sedu.language import Words
from k8sedu.trace import Frozen, Step
from k8sedu.workload.views.captions import caption as common

Say = Callable[[Frozen, str], Words]

QUEUES = {
    "active": Words("the active queue", "活跃队列（active）"),
    "backoff": Words("the backoff queue", "退避队列（backoff）"),
    "unschedulable": Words("the unschedulable pods", "不可调度的 Pod 之列"),
}


def short(key: str) -> str:
    """A pod's name; its namespace is told where it is not the usual one.

    >>> short("default/web-0"), short("shop/web-0")
    ('web-0', 'shop/web-0')
    """
    return key.removeprefix("default/")


def caption(step: Step) -> Words:
    """One sentence for a step of a run.

    >>> caption(Step(0, 0, "start", "n1", Frozen(pod="default/web-0"), None)).en
    '**web-0 runs on n1:** its kubelet has started the containers.'
    """
    say = SENTENCES.get(step.kind)
    return say(step.detail, step.actor) if say else common(step)


def _submit(detail: Frozen, _: str) -> Words:
    if detail.tasks == 1:
        return Words(
            f"**The pod {detail.job} is created,** with priority {detail.priority} and without a node.",
            f"**Pod {detail.job} 被创建，** 优先级 {detail.priority}，还没有节点。",
        )
    return Words(
        f"**{detail.tasks} pods of {detail.job} are created,** with priority {detail.priority} and without a node.",
        f"**创建 {detail.job} 的 {detail.tasks} 个 Pod，** 优先级 {detail.priority}，都还没有节点。",
    )


def _pop(detail: Frozen, _: str) -> Words:
    pod, number = short(detail.pod), detail.attempts
    times_en, times_zh = ("for the first time", "第一次") if number == 1 else (f"for the {_ordinal(number)} time", f"第 {number} 次")
    return Words(
        f"**The scheduler takes {pod} from the queue** {times_en}; its priority is {detail.priority}.",
        f"**调度器{times_zh}从队列中取出 {pod}；** 优先级 {detail.priority}。",
    )


def _ordinal(number: int) -> str:
    ending = "th" if 10 <= number % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def _assume(detail: Frozen, _: str) -> Words:
    pod, score = short(detail.pod), detail.score
    why = Words("it was the only one left", "只剩它一个") if score is None else Words(f"{score} points", f"{score} 分")
    return Words(
        f"**{pod} is assumed on {detail.node}** ({why.en}). The next pod already sees it; the binding is still on its way.",
        f"**假定（assume）{pod} 在 {detail.node} 上**（{why.zh}）。下一个 Pod 已经看得到它，绑定还在路上。",
    )


def _place(detail: Frozen, _: str) -> Words:
    if detail.get("again"):
        return Words(f"**{short(detail.pod)} is still on {detail.machine}.**", f"**{short(detail.pod)} 仍在 {detail.machine} 上。**")
    if "by" in detail:
        return Words(
            f"**{short(detail.pod)} is bound to {detail.machine},** but not by the scheduler.",
            f"**{short(detail.pod)} 绑定到 {detail.machine}，** 但不是调度器做的。",
        )
    return Words(
        f"**{short(detail.pod)} is bound to {detail.machine}:** the API server has written it down.",
        f"**{short(detail.pod)} 绑定到 {detail.machine}：** API server 已经记下。",
    )


def _refuse(detail: Frozen, _: str) -> Words:
    to = QUEUES.get(detail.get("to", ""), Words("the queue", "队列"))
    return Words(
        f"**FailedScheduling, {short(detail.pod)}:** {detail.message} It joins {to.en}.",
        f"**FailedScheduling，{short(detail.pod)}：** {detail.message} 它进入{to.zh}。",
    )


def _move(detail: Frozen, _: str) -> Words:
    to = QUEUES[detail.to]
    return Words(
        f"**{detail.event} may help {short(detail.pod)}:** it goes to {to.en}.",
        f"**{detail.event} 也许能帮到 {short(detail.pod)}：** 它转到{to.zh}。",
    )


def _nominate(detail: Frozen, _: str) -> Words:
    victims = [short(victim) for victim in detail.victims]
    return Words(
        f"**Preemption:** {short(detail.pod)} is nominated for {detail.node}; {listed(victims)} must leave. It is not bound yet.",
        f"**抢占（preemption）：** {short(detail.pod)} 被提名到 {detail.node}；{listed(victims, language='zh')} 必须离开。它还没有绑定。",
    )


WHY = {
    "preempt": Words("to make room", "为了让位"),
    "taint": Words("because of a taint", "因为污点"),
    "drain": Words("because its node is drained", "因为节点要腾空"),
    "delete": Words("because somebody deleted it", "因为有人删除了它"),
}


def _terminate(detail: Frozen, _: str) -> Words:
    why = WHY.get(detail.why, Words("", ""))
    return Words(
        f"**{short(detail.pod)} is told to end on {detail.node},** {why.en}; it has {detail.grace_s} s. Until then it keeps its room.",
        f"**通知 {detail.node} 上的 {short(detail.pod)} 结束，** {why.zh}；它有 {detail.grace_s} 秒。在此之前位置还归它。",
    )


def _preempt(detail: Frozen, _: str) -> Words:
    task, by = detail.task.removesuffix("/0"), detail.by.removesuffix("/0")
    return Words(
        f"**{task} has left {detail.machine}** to make room for {by or 'a more important pod'}.",
        f"**{task} 已离开 {detail.machine}，** 给 {by or '更重要的 Pod'} 让位。",
    )


def _delete(detail: Frozen, _: str) -> Words:
    task, machine = detail.task.removesuffix("/0"), detail.get("machine", "")
    if machine:
        return Words(f"**{task} is gone from {machine}:** somebody deleted it.", f"**{task} 从 {machine} 上消失：** 有人删除了它。")
    return Words(
        f"**{task} does not come back:** nobody owns it, so nobody makes another one.",
        f"**{task} 不会再来：** 没有所有者，也就没人再造一个。",
    )


def _order(detail: Frozen, _: str) -> Words:
    if detail.problem:
        return Words(f"**{detail.order}** is refused: {detail.problem}", f"**{detail.order}** 被拒绝：{detail.problem}")
    return Words(f"**Somebody says: {detail.order}.**", f"**有人操作：{detail.order}。**")


def _crash(detail: Frozen, actor: str) -> Words:
    lost = len(detail.pods)
    return Words(
        f"**{actor} fails** with {lost} pods. Nobody knows yet: its heartbeat has to be missed for a while first.",
        f"**{actor} 失效，** 上面有 {lost} 个 Pod。还没人知道：要先等心跳缺席一段时间。",
    )


def _plain(english: str, chinese: str) -> Say:
    """A sentence in which only the actor and single details vary."""

    def say(detail: Frozen, actor: str) -> Words:
        told = {**detail, "actor": actor, "pod": short(str(detail.get("pod", ""))), "by": short(str(detail.get("by", "")))}
        return Words(english.format(**told), chinese.format(**told))

    return say


SENTENCES: dict[str, Say] = {
    "submit": _submit,
    "pop": _pop,
    "assume": _assume,
    "place": _place,
    "start": _plain(
        "**{pod} runs on {actor}:** its kubelet has started the containers.", "**{pod} 在 {actor} 上运行：** kubelet 已启动容器。"
    ),
    "refuse": _refuse,
    "move": _move,
    "nominate": _nominate,
    "denominate": _plain(
        "**{pod} loses its nomination for {node}:** {by} is more important.", "**{pod} 失去对 {node} 的提名：** {by} 更重要。"
    ),
    "terminate": _terminate,
    "preempt": _preempt,
    "permit_wait": _plain(
        "**{plugin} lets {pod} wait,** its place on {node} is kept.", "**{plugin} 让 {pod} 等待，** 在 {node} 上的位置保留。"
    ),
    "bind_failed": _plain(
        "**{pod} is not bound to {node} after all:** {why}. Its room is free again.",
        "**{pod} 最终没有绑定到 {node}：** {why}。位置又空了出来。",
    ),
    "gate": _plain("**{pod} is gated by {plugin}:** nobody looks at it.", "**{pod} 被 {plugin} 门控：** 谁也不看它。"),
    "order": _order,
    "node_crash": _crash,
    "node_restart": _plain("**{actor} is switched on again.**", "**{actor} 重新开机。**"),
    "node_cut_off": _plain("**{actor} cannot be reached.** Its pods run on.", "**{actor} 联系不上。** 上面的 Pod 照常运行。"),
    "node_back": _plain("**{actor} can be reached again.**", "**{actor} 又联系上了。**"),
    "machine_down": _plain(
        "**{actor} has been silent for too long:** it is tainted as unreachable, and its pods count as lost.",
        "**{actor} 沉默太久：** 打上 unreachable 污点，上面的 Pod 视为丢失。",
    ),
    "machine_up": _plain("**{actor} speaks again;** its taint is taken away.", "**{actor} 又有了心跳，** 污点去掉。"),
    "scheduler_down": _plain(
        "**The scheduler fails.** What runs, runs on; nothing new is placed.", "**调度器失效。** 运行的照常，新的放不了。"
    ),
    "scheduler_up": _plain("**The scheduler is back** and fills its cache anew.", "**调度器恢复，** 重新填充缓存。"),
    "apiserver_down": _plain("**The API server fails.** Nobody hears of anything.", "**API server 失效。** 谁也得不到消息。"),
    "apiserver_up": _plain("**The API server is back.**", "**API server 恢复。**"),
    "delete": _delete,
    "end": _plain("**The end of the run;** {waiting} pods wait.", "**运行结束；** 还有 {waiting} 个 Pod 在等待。"),
}
"""Kind of step → what is said of it."""

"""What happens in each step of Swarm, in one sentence, and why; the words of every schedule are in `k8sedu.workload.views.captions`."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.trace import Frozen, Step
from k8sedu.workload.views.captions import caption as common

Say = Callable[[Frozen, str], Words]


def caption(step: Step) -> Words:
    """One sentence for a step.

    >>> caption(Step(0, 0, "manager_down", "manager", Frozen(running=9), None)).en
    '**The manager fails.** 9 containers run on; nobody answers docker run.'
    """
    say = SENTENCES.get(step.kind)
    return say(step.detail, step.actor) if say else common(step)


def _submit(detail: Frozen, actor: str) -> Words:
    if detail.get("order") == "update":
        return Words(
            f"**{actor} updates the service to {detail.image}** (version {detail.version}). The slots change one after the other.",
            f"**{actor} 把服务更新为 {detail.image}**（第 {detail.version} 版）。槽位逐个更换。",
        )
    if "order" in detail:
        return Words(
            f"**{actor} wishes for the service {detail.job}:** {detail.replicas} × {detail.image}. The managers see to it.",
            f"**{actor} 想要服务 {detail.job}：** {detail.replicas} × {detail.image}。其余由管理者负责。",
        )
    tasks = "one container" if detail.tasks == 1 else f"{detail.tasks} containers"
    return Words(
        f"**{detail.user} types docker run:** {tasks} of {detail.job}.",
        f"**{detail.user} 输入 docker run：** {detail.job} 的 {detail.tasks} 个容器。",
    )


def _place(detail: Frozen, _: str) -> Words:
    if detail.get("rescheduled"):
        return Words(
            f"**{detail.task} is started again on {detail.machine},** since it was marked reschedule:on-node-failure.",
            f"**{detail.task} 在 {detail.machine} 上重新启动，** 因为它带有 reschedule:on-node-failure。",
        )
    return Words(f"**{detail.task} is assigned to {detail.machine}.**", f"**{detail.task} 分配给 {detail.machine}。**")


def _refuse(detail: Frozen, _: str) -> Words:
    reasons = ", ".join(f"{count} × {reason}" for reason, count in detail.reasons.items())
    return Words(
        f"**No host for {detail.task}:** {reasons or 'none is known'}.", f"**{detail.task} 没有可用的主机：** {reasons or '一台也不知道'}。"
    )


def _finish(detail: Frozen, _: str) -> Words:
    return Words(f"**{detail.task} has ended on {detail.machine}.**", f"**{detail.task} 在 {detail.machine} 上结束。**")


def _fail(detail: Frozen, _: str) -> Words:
    return Words(
        f"**{detail.task} fails on {detail.machine}.** A new task takes its slot, after the restart delay.",
        f"**{detail.task} 在 {detail.machine} 上失败。** 经过重启延迟后，新的任务接替它的槽位。",
    )


def _manager_down(detail: Frozen, actor: str) -> Words:
    if "running" in detail:
        return Words(
            f"**The manager fails.** {detail.running} containers run on; nobody answers docker run.",
            f"**管理者失效。** {detail.running} 个容器照常运行，只是没有谁回应 docker run。",
        )
    left = Words("A majority is left.", "多数派还在。") if detail.quorum else Words("No majority is left.", "多数派没有了。")
    return Words(f"**{actor} fails.** {left.en}", f"**{actor} 失效。** {left.zh}")


def _no_answer(detail: Frozen, _: str) -> Words:
    return Words(f"**{detail.tasks} × docker run fail:** {detail.message}", f"**{detail.tasks} 次 docker run 失败：** {detail.message}")


def _manager_up(detail: Frozen, actor: str) -> Words:
    if "known" in detail:
        english = "**The manager is back, and knows nothing.** It asks host after host."
        return Words(english, "**管理者恢复，但一无所知。** 它逐台询问主机。")
    there = Words("A majority is there.", "多数派在场。") if detail.quorum else Words("Still no majority.", "仍然没有多数派。")
    return Words(f"**{actor} is back.** {there.en}", f"**{actor} 恢复。** {there.zh}")


def _refresh(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} tells what it runs:** {detail.containers} containers. The manager knows {detail.known} hosts again.",
        f"**{actor} 报告自己在运行什么：** {detail.containers} 个容器。管理者重新认识了 {detail.known} 台主机。",
    )


def _engine_lost(detail: Frozen, _: str) -> Words:
    nothing = Words("It does nothing: rescheduling is off.", "它什么也不做：默认不重新调度。")
    does = Words("It starts them elsewhere.", "它在别处启动它们。") if detail.policy else nothing
    return Words(
        f"**The manager notices that {detail.machine} is gone,** and {detail.containers} containers with it. {does.en}",
        f"**管理者发现 {detail.machine} 没有了，** 连同 {detail.containers} 个容器。{does.zh}",
    )


def _leader(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} leads in term {detail.term}.** It knows {detail.tasks} tasks from the log, and goes on.",
        f"**{actor} 在任期 {detail.term} 领导。** 它从日志里知道 {detail.tasks} 个任务，继续工作。",
    )


def _leader_lost(detail: Frozen, actor: str) -> Words:
    nobody = Words("There is no majority to elect another.", "没有多数派，选不出新的。")
    then = Words("The others will elect one.", "其余的会选出新的。") if detail.quorum else nobody
    return Words(
        f"**The leader {actor} is gone.** {detail.running} tasks run on. {then.en}",
        f"**领导者 {actor} 没有了。** {detail.running} 个任务照常运行。{then.zh}",
    )


def _node(state: Words) -> Say:
    def say(_: Frozen, actor: str) -> Words:
        return Words(f"**{actor} {state.en}", f"**{actor} {state.zh}")

    return say


def _status(detail: Frozen, actor: str) -> Words:
    english, chinese = STATUS[detail.status]
    because = f" ({detail.message})" if "due to" in detail.message else ""
    return Words(f"**{actor}: {english}**{because}", f"**{actor}：{chinese}**{because}")


def _task_state(detail: Frozen, actor: str) -> Words:
    english, chinese = STATES[detail.state]
    where = f" ({actor})" if actor else ""
    return Words(f"**{detail.task}{where} {english}**", f"**{detail.task}{where} {chinese}**")


def _desired(detail: Frozen, actor: str) -> Words:
    english, chinese = DESIRED.get(detail.desired, DESIRED["shutdown"])
    return Words(f"**{detail.task} on {actor} {english}**", f"**{actor} 上的 {detail.task} {chinese}**")


def _running(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{detail.task} runs on {actor},** in version {detail.version}.", f"**{detail.task} 在 {actor} 上运行，** 版本 {detail.version}。"
    )


def _refused_order(detail: Frozen, actor: str) -> Words:
    return Words(f"**{actor} gets an error:** {detail.message}", f"**{actor} 得到一个错误：** {detail.message}")


def _scale(detail: Frozen, _: str) -> Words:
    return Words(f"**{detail.service} is to have {detail.replicas} tasks.**", f"**{detail.service} 要有 {detail.replicas} 个任务。**")


STATUS = {
    "updating": Words("the update begins.", "开始更新。"),
    "paused": Words("the update is paused; the service is half and half.", "更新暂停，服务停在新旧各半的状态。"),
    "completed": Words("the update is complete.", "更新完成。"),
    "rollback_started": Words("back to the former version.", "回滚到之前的版本。"),
    "rollback_paused": Words("the rollback is paused.", "回滚暂停。"),
    "rollback_completed": Words("the rollback is complete.", "回滚完成。"),
}
STATES = {
    "new": Words("is wished for.", "被需要。"),
    "pending": Words("waits for a node.", "等待节点。"),
    "assigned": Words("is assigned.", "已分配。"),
    "accepted": Words("is accepted by its node.", "已被节点接受。"),
    "preparing": Words("is prepared: the image is fetched.", "正在准备：拉取镜像。"),
    "ready": Words("is ready, and waits for the word.", "已就绪，等待启动的指令。"),
    "starting": Words("starts.", "正在启动。"),
    "running": Words("has reported that it runs.", "报告正在运行。"),
    "complete": Words("has done its work.", "已完成工作。"),
    "shutdown": Words("is shut down.", "已关闭。"),
    "failed": Words("has failed.", "已失败。"),
    "rejected": Words("was rejected by its node.", "被节点拒绝。"),
    "orphaned": Words("is orphaned.", "成为孤儿。"),
}
NODE_DOWN = Words(
    "has not called for too long:** the managers take it for lost and start its tasks elsewhere.",
    "太久没有报到：** 管理者认定它失效，在别处启动它的任务。",
)
NODE_UNKNOWN = Words("is unknown** to the new leader until it calls.", "的状态未知，** 直到它向新的领导者报到。")
DESIRED = {
    "shutdown": Words("is told to stop.", "被要求停止。"),
    "running": Words("is told to run.", "被要求运行。"),
    "ready": Words("is told to get ready.", "被要求就绪。"),
}
SENTENCES: dict[str, Say] = {
    "submit": _submit,
    "place": _place,
    "refuse": _refuse,
    "finish": _finish,
    "fail": _fail,
    "manager_down": _manager_down,
    "manager_up": _manager_up,
    "no_answer": _no_answer,
    "refresh": _refresh,
    "engine_lost": _engine_lost,
    "become_leader": _leader,
    "leader_lost": _leader_lost,
    "manager_resigned": _leader_lost,
    "node_down": _node(NODE_DOWN),
    "node_unknown": _node(NODE_UNKNOWN),
    "update_status": _status,
    "task_state": _task_state,
    "desired_state": _desired,
    "task_running": _running,
    "order_refused": _refused_order,
    "scale": _scale,
    "start": lambda _, __: Words("**The managers and nodes start.**", "**管理者和节点启动。**"),
    "end": lambda _, __: Words("**The end of the run.**", "**运行结束。**"),
}
"""Kind of step → what is said of it."""

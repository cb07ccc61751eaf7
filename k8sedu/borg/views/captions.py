"""What happens in each step of Borg's own, in one sentence, and why; the common words of schedules are said as everywhere."""

from __future__ import annotations

from collections.abc import Callable

from k8sedu.language import Words
from k8sedu.trace import Frozen, Step
from k8sedu.workload.views.captions import caption as common

Say = Callable[[Frozen, str], Words]


def caption(step: Step) -> Words:
    """One sentence for a step of Borg.

    >>> caption(Step(0, 0, "master_lost", "b1", Frozen(), None)).en
    '**The master b1 is gone.** Tasks run on; nobody polls, nothing new starts.'
    """
    say = SENTENCES.get(step.kind)
    return say(step.detail, step.actor) if say else common(step)


def _count(number: int, one: str, many: str) -> str:
    return one if number == 1 else many.format(number)


def _poll(detail: Frozen, actor: str) -> Words:
    asked = sum(shard.machines for shard in detail.shards.values())
    read, passed = (sum(shard[key] for shard in detail.shards.values()) for key in ("lines", "passed_lines"))
    missed = ", ".join(detail.missed)
    silent_en = f" **{missed}** did not answer." if missed else ""
    silent_zh = f" **{missed}** 没有回答。" if missed else ""
    return Words(
        f"**{actor} has {asked} borglets polled:** they report {read} lines, the link shards pass on {passed}.{silent_en}",
        f"**{actor} 轮询 {asked} 个 borglet：** 上报 {read} 行，链接分片（link shard）只转发 {passed} 行。{silent_zh}",
    )


def _fetch(detail: Frozen, _: str) -> Words:
    changes = _count(detail.changes, "one change", "{} changes")
    return Words(
        f"**The scheduler fetches {changes}** and brings its copy up to date; {detail.pending} tasks wait.",
        f"**调度器取回 {detail.changes} 条变更，** 更新自己的副本；{detail.pending} 个任务在等待。",
    )


def _reject(detail: Frozen, _: str) -> Words:
    return Words(
        f"**The master refuses {detail.task} on {detail.machine}:** {detail.why}. The scheduler's copy was old.",
        f"**主控拒绝把 {detail.task} 放到 {detail.machine}：** {detail.why}。调度器的副本已经过时。",
    )


def _refuse_job(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor}'s job {detail.job} is not taken:** {detail.why}.",
        f"**{actor} 的作业 {detail.job} 未被接纳：** {detail.why}。",
    )


def _crash(detail: Frozen, actor: str) -> Words:
    lost = len(detail.tasks)
    return Words(
        f"**{actor} fails** with {_count(lost, 'one task', '{} tasks')}. The master does not know yet: it will miss some polls first.",
        f"**{actor} 失效，** 上面有 {lost} 个任务。主控还不知道：要先错过几次轮询。",
    )


def _cut(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} cannot be reached.** Its {_count(len(detail.tasks), 'task runs on', '{} tasks run on')}, and nobody sees them.",
        f"**{actor} 联系不上。** 上面的 {len(detail.tasks)} 个任务照常运行，只是没人看得见。",
    )


def _reconnected(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} can be reached again,** and still runs {_count(len(detail.tasks), 'one task', '{} tasks')}.",
        f"**{actor} 又联系上了，** 上面仍有 {len(detail.tasks)} 个任务在运行。",
    )


def _unreachable(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} has missed {detail.missed} polls in a row:** it is unreachable, and nothing new is placed there.",
        f"**{actor} 连续错过 {detail.missed} 次轮询：** 判为不可达，不再往上放新任务。",
    )


def _duplicate(detail: Frozen, actor: str) -> Words:
    where_en = f"it runs on {detail.runs_on} now" if detail.runs_on else "it was given up there"
    where_zh = f"它现在在 {detail.runs_on} 上运行" if detail.runs_on else "它在这里已被放弃"
    return Words(f"**{detail.task} is killed on {actor}:** {where_en}.", f"**杀掉 {actor} 上重复的 {detail.task}：** {where_zh}。")


def _ended(detail: Frozen, actor: str) -> Words:
    how = {"finished": Words("has done its work", "完成"), "failed": Words("has crashed", "崩溃")}[detail.state]
    return Words(
        f"**{detail.task} {how.en} on {actor}.** The master learns of it with the next poll.",
        f"**{detail.task} 在 {actor} 上{how.zh}。** 主控要到下一次轮询才知道。",
    )


def _ready(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} is the master** of term {detail.term}: it knows its {detail.objects} machines and tasks, and deals the borglets anew.",
        f"**{actor} 成为主控（term {detail.term}）：** 已过一遍 {detail.objects} 个机器与任务，并重新分配 borglet。",
    )


def _leader(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} is elected** in term {detail.term}. Before it works it goes through the cell's state.",
        f"**{actor} 在 term {detail.term} 当选。** 开始工作前，它要先过一遍单元（cell）的状态。",
    )


def _replica_down(detail: Frozen, actor: str) -> Words:
    which_en, which_zh = ("the master", "主控") if detail.leader else ("a replica", "一个副本")
    return Words(f"**{actor}, {which_en}, fails.** Its disk stays.", f"**{actor}（{which_zh}）失效，** 磁盘还在。")


def _replica_up(detail: Frozen, actor: str) -> Words:
    return Words(
        f"**{actor} starts from its checkpoint:** a snapshot up to {detail.snapshot}, {detail.log} changes; the others tell it the rest.",
        f"**{actor} 从检查点（checkpoint）启动：** 到 {detail.snapshot} 的快照和 {detail.log} 条变更，其余由其他副本补上。",
    )


def _plain(english: str, chinese: str) -> Say:
    """A sentence in which only the actor and single details vary."""
    return lambda detail, actor: Words(english.format(actor=actor, **detail), chinese.format(actor=actor, **detail))


SENTENCES: dict[str, Say] = {
    "poll": _poll,
    "fetch": _fetch,
    "reject_stale": _reject,
    "refuse_job": _refuse_job,
    "machine_crash": _crash,
    "machine_restart": _plain("**{actor} is switched on again,** empty.", "**{actor} 重新开机，** 上面是空的。"),
    "machine_cut_off": _cut,
    "machine_reconnected": _reconnected,
    "unreachable": _unreachable,
    "kill_duplicate": _duplicate,
    "task_ended": _ended,
    "election_timeout": _plain(
        "**{actor} has not heard of a leader** and asks the others.", "**{actor} 没有听到领导者的消息，** 去问其他副本。"
    ),
    "become_candidate": _plain("**{actor} stands for election** in term {term}.", "**{actor} 在 term {term} 参选。**"),
    "grant_vote": _plain("**{actor} votes for {to}.**", "**{actor} 投票给 {to}。**"),
    "become_leader": _leader,
    "restore_snapshot": _plain("**{actor} is given a whole snapshot** up to {index}.", "**{actor} 收到到 {index} 为止的整份快照。**"),
    "master_ready": _ready,
    "master_lost": _plain(
        "**The master {actor} is gone.** Tasks run on; nobody polls, nothing new starts.",
        "**主控 {actor} 不在了。** 任务照常运行；没人轮询，也没有新任务启动。",
    ),
    "no_master": _plain(
        "**{actor} submits {job} and nobody answers:** there is no master.", "**{actor} 提交 {job}，没人回答：** 现在没有主控。"
    ),
    "replica_down": _replica_down,
    "replica_up": _replica_up,
    "partition": _plain("**The replicas fall apart:** some do not hear the others.", "**副本之间断开：** 有些听不到另一些。"),
    "heal": _plain("**All replicas hear each other again.**", "**所有副本又能互通。**"),
    "checkpoint": _plain(
        "**A checkpoint:** the state after {changes} changes stands in place of the log up to {index}.",
        "**检查点：** 用 {changes} 条变更之后的状态代替到 {index} 为止的日志。",
    ),
    "scheduler_down": _plain("**The scheduler fails.** Everything else goes on.", "**调度器失效。** 其余一切照常。"),
    "scheduler_up": _plain("**The scheduler is back,** and makes its copy anew.", "**调度器恢复，** 重新建立副本。"),
    "scorer": _plain("**From now on machines are scored by {scorer}.**", "**从现在起用 {scorer} 给机器打分。**"),
    "end": _plain("**The end of the run.**", "**运行结束。**"),
}
"""Kind of step → what is said of it."""

"""What must hold in every run of Swarm, by name.

Each predicate looks at one step and at the frame before it, and answers an empty text if all is well, else one sentence. Tests, runs that a
student has made, and homework are judged by the same list. The two claims of the course notes are among them: `containers_outlive_managers`
holds in both kinds of Swarm, and `no_decision_without_manager` is its price.

Source: the promises of Docker's documentation (services, rolling updates), and moby/swarmkit, design/task_model.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.swarm.mode.task import STATES
from k8sedu.trace import Frozen, Step, Trace


class UnknownInvariantError(K8sEduError, ValueError):
    """An invariant's name that is not in the table."""


class Violation(NamedTuple):
    """A promise that was broken: which, how, and at which step."""

    name: str
    message: str
    step: int

    def __str__(self) -> str:
        return f"{self.name} at step {self.step}: {self.message}"


class Invariant(NamedTuple):
    """One promise."""

    name: str
    says: Words
    predicate: Callable[[Frozen, Step], str]


# -- both kinds --------------------------------------------------------------------------------------------------------------------------


def containers_outlive_managers(before: Frozen, step: Step) -> str:
    """The loss of a manager ends no container."""
    if step.kind not in {"manager_down", "leader_lost", "manager_resigned"} or step.frame is None:
        return ""
    if running(before) == running(step.frame):
        return ""
    return f"{step.kind} changed what runs from {sorted(running(before))} to {sorted(running(step.frame))}."


def no_decision_without_manager(before: Frozen, step: Step) -> str:
    """Nothing new is placed while no manager leads."""
    if step.kind != "place":
        return ""
    leads = before.more.manager if before.more.mode == "classic" else before.more.leader
    return "" if leads else f"{step.detail.task} was placed while nobody led."


def nothing_runs_on_a_lost_machine(_: Frozen, step: Step) -> str:
    """A machine that is down holds no task."""
    if step.frame is None:
        return ""
    ghosts = [name for name, machine in step.frame.machines.items() if machine.tasks and not machine.up]
    return f"tasks on machines that are down: {', '.join(ghosts)}." if ghosts else ""


def reservations_fit(before: Frozen, step: Step) -> str:
    """Swarm mode never promises more of a machine than it has (classic Swarm does, on purpose)."""
    if step.kind != "place" or before.more.mode != "swarm" or step.frame is None:
        return ""
    machine = step.frame.machines[step.detail.machine]
    over = [name for name, whole in machine.capacity.items() if machine.used.get(name, 0) > whole]
    return f"{step.detail.machine} has promised too much {' and '.join(over)}." if over else ""


# -- swarm mode --------------------------------------------------------------------------------------------------------------------------


def states_go_forward(before: Frozen, step: Step) -> str:
    """The state of a task never goes back."""
    if step.frame is None or step.frame.more.mode != "swarm" or before.more.leader != step.frame.more.leader:
        return ""
    for task_id, task in step.frame.more.tasks.items():
        old = before.more.tasks.get(task_id)
        if old is not None and STATES[task.state] < STATES[old.state]:
            return f"task {task_id} went from {old.state} back to {task.state}."
    return ""


def one_wanted_task_per_slot(_: Frozen, step: Step) -> str:
    """Of one version a slot has at most one task that is wanted; of two versions two, until an update has gone by."""
    if step.frame is None or step.frame.more.mode != "swarm":
        return ""
    wanted: dict[tuple[str, int, str, int], str] = {}
    for task_id, task in step.frame.more.tasks.items():
        if STATES[task.desired] <= STATES["running"]:
            place = (task.service, task.slot, "" if task.slot else task.node, task.version)
            if place in wanted:
                return f"{task.name} is wanted twice in version {task.version}: {wanted[place]} and {task_id}."
            wanted[place] = task_id
    return ""


def leader_has_quorum(_: Frozen, step: Step) -> str:
    """Whoever becomes leader has a majority behind it."""
    if step.kind != "become_leader" or step.frame is None or step.frame.more.quorum:
        return ""
    return f"{step.actor} leads without a majority."


INVARIANTS = {
    invariant.name: invariant
    for invariant in (
        Invariant(
            "containers_outlive_managers", Words("The loss of a manager ends no container.", "失去管理者不会结束任何容器。"),
            containers_outlive_managers,
        ),
        Invariant(
            "no_decision_without_manager",
            Words("Nothing new is placed while no manager leads.", "没有管理者领导时，不会放置任何新任务。"),
            no_decision_without_manager,
        ),
        Invariant(
            "nothing_runs_on_a_lost_machine", Words("A machine that is down holds no task.", "失效的机器上没有任务。"),
            nothing_runs_on_a_lost_machine,
        ),
        Invariant(
            "reservations_fit",
            Words("Swarm mode promises no more than a machine has.", "Swarm 模式不会超额承诺机器的资源。"),
            reservations_fit,
        ),
        Invariant("states_go_forward", Words("A task's state never goes back.", "任务的状态从不倒退。"), states_go_forward),
        Invariant(
            "one_wanted_task_per_slot",
            Words("Of one version a slot has at most one wanted task.", "同一版本下，一个槽位至多有一个想要的任务。"),
            one_wanted_task_per_slot,
        ),
        Invariant("leader_has_quorum", Words("A leader has a majority behind it.", "领导者背后有多数派。"), leader_has_quorum),
    )
}  # fmt: skip
"""Name → promise."""


def running(frame: Frozen) -> dict[str, str]:
    """What runs: task → machine."""
    return {task: name for name, machine in frame.machines.items() for task in machine.tasks}


def violations(trace: Trace, names: tuple[str, ...] | None = None) -> Iterator[Violation]:
    """The promises that a run has broken, step by step; a run needs frames for it.

    Raises:
        UnknownInvariantError: a name that is not in the table.
    """
    for name in names or ():
        if name not in INVARIANTS:
            raise UnknownInvariantError(f"the invariant {name!r} is not known, expected one of {', '.join(INVARIANTS)}")
    chosen = [INVARIANTS[name] for name in names or INVARIANTS]
    before: Frozen | None = None
    for step in trace:
        if before is not None:
            for each in chosen:
                message = each.predicate(before, step)
                if message:
                    yield Violation(each.name, message, step.index)
        before = step.frame

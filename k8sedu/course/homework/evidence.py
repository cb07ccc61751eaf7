"""What the sandbox found out: for each call a plain value, or half a sentence that says why there is none.

This is the only file that speaks with `k8sedu.course.sandbox`. Whatever the sandbox had to stop becomes a note for the student, in words
that help an honest one, and a flag for the grader.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from k8sedu.course import sandbox
from k8sedu.course.homework.checking import UNANSWERED, Answer
from k8sedu.course.homework.split import bound_names
from k8sedu.course.homework.submission import Prepared
from k8sedu.language import Words

LIMITS = sandbox.Limits(cpu_s=20, wall_s=40, cell_s=10, call_s=5)
"""What one submission may use; homework of this course needs a hundredth of it."""

ENDED = {
    "exited": Words("the notebook ended Python itself", "笔记本自己结束了 Python"),
    "time": Words("the notebook took longer than it may", "笔记本运行超时"),
    "memory": Words("the notebook needed more memory than it may", "笔记本占用的内存超限"),
    "output": Words("the notebook printed more than it may", "笔记本的输出超限"),
    "files": Words("the notebook wrote more than it may", "笔记本写的文件超限"),
    "killed": Words(
        "the notebook was stopped from outside, as happens when it takes too much", "笔记本从外部被停止，资源占用过多时会这样",
    ),
    "crashed": Words("the notebook brought the sandbox down", "笔记本使沙箱崩溃"),
}  # fmt: skip
"""How a run ended, for the student; what is not here ended well."""


REASONS = {
    "no name": "代码没有定义这个名字",
    "no function": "这个名字下的东西不能调用",
    "error": "调用出错",
    "no plain value": "返回值不是由普通值组成的（None、bool、int、float、str、list、dict）",
    "too large": "返回值超过允许的大小",
    "time": "调用超时",
    "memory": "调用占用的内存超限",
    "not reached": "调用之前代码已经结束",
    "forged": "代码往结果通道里写了自己的结果",
}
"""Why a call gave no value, in Chinese; `sandbox.REASONS` has the same in English."""

REFUSED = re.compile(r"PermissionError|Operation not permitted|Read-only file system")
"""What Python says where the sandbox has a wall."""


class Found(NamedTuple):
    """One call's value, or why there is none."""

    value: Any = None
    fault: str = ""


class Evidence(NamedTuple):
    """What running a submission brought."""

    found: tuple[Found, ...]
    notes: tuple[str, ...] = ()
    """For the student: cells that failed, and what was stopped."""
    flags: tuple[str, ...] = ()
    """For the grader: what smells of a cheat."""
    sandboxed: bool = True


def has_sandbox() -> bool:
    """Is there a sandbox on this machine?"""
    try:
        expect_sandbox()
    except sandbox.SandboxError:
        return False
    return True


def expect_sandbox() -> None:
    """Try the sandbox with nothing in it.

    Raises:
        SandboxError: there is none on this machine.
    """
    sandbox.run(sandbox.Job(()))


def collect(prepared: Prepared, calls: Sequence[Answer], *, given: Any, unsandboxed: bool) -> Evidence:
    """Run a submission's cells, then make the calls.

    Raises:
        SandboxError: there is no sandbox on this machine.
    """
    cells = tuple(sandbox.Cell(name, source) for name, source in zip(prepared.names, prepared.cells, strict=True))
    asked = tuple(sandbox.Call(call.name, call.arguments) for call in calls)
    outcome = sandbox.run(sandbox.Job(cells, asked, {"given": given}), limits=LIMITS, unsandboxed=unsandboxed)
    unmade = _unmade(prepared, outcome)
    found = tuple(_found(answer, unmade.get(call.name, "")) for answer, call in zip(outcome.answers, asked, strict=True))
    flags = tuple(f"sandbox: {note}" for note in outcome.notes)
    return Evidence(found, tuple(_notes(outcome)), flags, outcome.sandboxed)


def _unmade(prepared: Prepared, outcome: sandbox.Outcome) -> dict[str, str]:
    """The names that a cell would have bound, had it run to its end, and that cell; those of untouched answers are not among them."""
    sources = dict(zip(prepared.names, prepared.cells, strict=True))
    failed = [cell for cell in outcome.cells if cell.status not in ("ok", "not reached") and "NotImplementedError" not in cell.says]
    return {name: cell.id for cell in failed for name in bound_names(sources[cell.id])}


def _found(answer: sandbox.Value | sandbox.Refusal, unmade: str) -> Found:
    """A value, or why there is none; `unmade` is the cell that failed before it came to bind the name."""
    if isinstance(answer, sandbox.Value):
        return Found(answer.value)
    if answer.reason == "no name" and unmade:
        text = Words(f"does not exist, since the cell {unmade} did not run to its end", f"不存在，因为单元 {unmade} 没有运行到底")
        return Found(fault=text.in_())
    if answer.reason == "no name" or "NotImplementedError" in answer.says:
        return Found(fault=UNANSWERED.in_())
    more = answer.says.removeprefix(sandbox.REASONS.get(answer.reason, ""))
    chinese = f"没有给出值：{REASONS.get(answer.reason, answer.reason)}{more}"
    return Found(fault=Words(f"gave no value: {answer.says}", chinese).in_())


def _explained(says: str) -> str:
    """What an error of the sandbox means: it looks as if something were broken, but it is a wall."""
    walls = Words(
        " — graded code may use no further process, no network, and no file outside its own folder",
        " — 被批改的代码不得启动其他进程，不得联网，也不得访问自己文件夹以外的文件",
    )
    return walls.in_() if REFUSED.search(says) else ""


def _notes(outcome: sandbox.Outcome) -> Iterator[str]:
    for cell in outcome.cells:
        if cell.status != "ok" and "NotImplementedError" not in cell.says and cell.status != "not reached":
            head = Words(f"the cell {cell.id} did not run to its end ({cell.status}): ", f"单元 {cell.id} 没有运行到底（{cell.status}）：")
            yield f"{head.in_()}{cell.says}{_explained(cell.says)}"
    if outcome.ended in ENDED:
        yield ENDED[outcome.ended].in_()
    if "forged result" in outcome.notes:
        english = "something in the notebook wrote into the channel of results; it was not believed"
        yield Words(english, "笔记本里有代码往结果通道里写东西；这些内容没有采信").in_()

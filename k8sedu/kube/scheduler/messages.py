"""What `kubectl describe pod` says: why a pod waits, where it went, and who took its place.

    0/5 nodes are available: 1 Insufficient memory, 1 node(s) had untolerated taint(s), 3 Insufficient cpu.

A node counts once for each of its reasons, so the numbers may add up to more than there are nodes. The parts are sorted as *texts*: "100 x"
stands before "12 y", and a capital letter before a small one. Both are facts about the real scheduler, and both have confused people.

Source: kubernetes, pkg/scheduler/framework/types.go (FitError), schedule_one.go (handleSchedulingFailure, truncateMessage), preemption.go.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.scheduler.releases import has, minor

NO_NODES = "no nodes available to schedule pods"
NOTE_LENGTH_LIMIT = 1024
SUFFIX = " ..."


class Notice(NamedTuple):
    """An event about a pod, as the scheduler tells it: `Warning FailedScheduling`, `Normal Scheduled`, `Normal Preempted`."""

    type: str
    reason: str
    action: str
    note: str


def counted(reasons: Iterable[str]) -> list[str]:
    """Each reason with how often it was given, sorted as texts.

    >>> counted(["Insufficient cpu"] * 12 + ["Too many pods"] * 100)
    ['100 Too many pods', '12 Insufficient cpu']
    """
    found: dict[str, int] = {}
    for reason in reasons:
        found[reason] = found.get(reason, 0) + 1
    return sorted(f"{count} {reason}" for reason, count in found.items())


def fit_error(
    nodes: int, reasons: Mapping[str, Iterable[str]], *, pre_filter: str = "", post_filter: str = "", release: str = "1.35"
) -> str:
    """Why a pod fits nowhere.

    >>> fit_error(2, {"n1": ["Insufficient cpu"], "n2": ["Insufficient cpu", "Insufficient memory"]})
    '0/2 nodes are available: 1 Insufficient memory, 2 Insufficient cpu.'

    Args:
        nodes: how many there are, looked at or not.
        reasons: what each node was rejected for.
        pre_filter: what PreFilter has said when it rejected the pod for all nodes at once; then nodes give no reasons.
        post_filter: what preemption has said.
        release: from 1.25 to 1.29 a second full stop follows what preemption has said (kubernetes issue 123301).
    """
    parts = counted(reason for given in reasons.values() for reason in given)
    return told(nodes, parts, pre_filter=pre_filter, post_filter=post_filter, release=release)


def told(nodes: int, parts: Iterable[str], *, pre_filter: str = "", post_filter: str = "", release: str = "1.35") -> str:
    """The sentence, from parts that are counted and sorted already."""
    joined = ", ".join(parts)
    text = f"0/{nodes} nodes are available:"
    if pre_filter:
        text += f" {pre_filter}."
    elif joined:
        text += f" {joined}."
    stop = "." if minor(release) >= minor("1.25") and not has(release, "single_full_stop") else ""
    return f"{text} {post_filter}{stop}" if post_filter else text


def cut(note: str) -> str:
    """A note as an event can hold it: at most 1,024 bytes, the last of them " ..." where something is missing.

    >>> len(cut("x" * 2_000)), cut("x" * 2_000)[-5:], cut("short")
    (1024, 'x ...', 'short')
    """
    whole = note.encode()
    if len(whole) <= NOTE_LENGTH_LIMIT:
        return note
    return whole[: NOTE_LENGTH_LIMIT - len(SUFFIX)].decode(errors="ignore") + SUFFIX


def failed_scheduling(message: str) -> Notice:
    """No node can take the pod now, or something went wrong."""
    return Notice("Warning", "FailedScheduling", "Scheduling", cut(message))


def scheduled(pod: Pod, node: str) -> Notice:
    """The pod has its node.

    >>> scheduled(Pod.of({"metadata": {"name": "web", "namespace": "shop"}}), "n1").note
    'Successfully assigned shop/web to n1'
    """
    return Notice("Normal", "Scheduled", "Binding", f"Successfully assigned {pod.namespace}/{pod.name} to {node}")


def preempted(preemptor: Pod, node: str) -> Notice:
    """The victim is told whose pod takes its place; the real scheduler gives the UID and not the name, since 1.26."""
    return Notice("Normal", "Preempted", "Preempting", f"Preempted by pod {preemptor.metadata.uid} on node {node}")

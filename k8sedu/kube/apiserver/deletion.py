"""Deleting: a wish that others may delay.

A delete that nobody delays removes the key. Two things delay it. A *finalizer* is the name of somebody who wants to clean up first: the
object gets a deletion timestamp and stays until the list of finalizers is empty. A *grace period* gives a pod's containers time to end:
the object stays until its node says that they have, or until somebody deletes it with no grace at all.

What happens to the objects that it owns is said by the propagation policy: in the background they go after it, in the foreground before
it, or they are orphaned and stay. The server only writes the policy down as a finalizer; the garbage collector does the work.

Source: kubernetes, staging/src/k8s.io/apiserver/pkg/registry/generic/registry/store.go (Delete), rest/delete.go, pod strategy
(CheckGracefulDelete); garbage collection: KEP-0009 "foregroundDeletion", "orphan".
"""

from __future__ import annotations

from typing import Literal, NamedTuple, TypeAlias, TypeVar

from k8sedu.kube.objects.cluster import Namespace
from k8sedu.kube.objects.meta import ApiObject, ObjectMeta
from k8sedu.kube.objects.pod import Pod
from k8sedu.kube.times import to_ms, to_text

ObjectT = TypeVar("ObjectT", bound=ApiObject)
Propagation: TypeAlias = Literal["Background", "Foreground", "Orphan"]
FOREGROUND, ORPHAN = "foregroundDeletion", "orphan"
POLICY_FINALIZERS: dict[str, tuple[str, ...]] = {"Background": (), "Foreground": (FOREGROUND,), "Orphan": (ORPHAN,)}
DEFAULT_GRACE_S = 30


class Deletion(NamedTuple):
    """How a delete is meant."""

    propagation: Propagation | None = None
    grace_period_s: int | None = None
    """Seconds for the containers to end; None for what the pod itself says."""


def marked(found: ObjectT, deletion: Deletion, *, now_ms: int) -> ObjectT | None:
    """The object as it stays for now, marked for deletion; None if nothing delays it."""
    finalizers = policy_finalizers(found.metadata, deletion.propagation)
    grace = grace_s(found, deletion.grace_period_s)
    if not finalizers and not grace and not _is_full(found):
        return None
    meta = found.metadata.evolve(finalizers=finalizers) if finalizers else found.metadata.without("finalizers")
    if not _goes_sooner(meta, grace):
        return found.evolve(metadata=meta)
    if meta.generation and not meta.deletion_timestamp:
        meta = meta.evolve(generation=meta.generation + 1)
    since_ms = now_ms if not meta.deletion_timestamp else to_ms(meta.deletion_timestamp) - 1000 * (meta.deletion_grace_period_seconds or 0)
    stamp = to_text(since_ms + 1000 * grace)
    marked_object = found.evolve(metadata=meta.evolve(deletion_timestamp=stamp, deletion_grace_period_seconds=grace))
    return _terminating(marked_object)


def policy_finalizers(meta: ObjectMeta, propagation: Propagation | None) -> tuple[str, ...]:
    """The finalizers after a delete with this policy; without one, what earlier deletes have said stands."""
    if propagation is None:
        return meta.finalizers
    others = tuple(each for each in meta.finalizers if each not in {FOREGROUND, ORPHAN})
    return others + POLICY_FINALIZERS[propagation]


def grace_s(found: ApiObject, asked: int | None) -> int:
    """How long a pod may still run: not at all if no node has it, or if it has ended.

    >>> grace_s(Pod.of({"spec": {"nodeName": "n1"}}), None), grace_s(Pod(), 30)
    (30, 0)
    """
    if not isinstance(found, Pod) or not found.spec.node_name or found.status.phase in {"Failed", "Succeeded"}:
        return 0
    if asked is not None:
        return max(asked, 0)
    own = found.spec.termination_grace_period_seconds
    return DEFAULT_GRACE_S if own is None else max(own, 1)


def is_gone(found: ApiObject) -> bool:
    """Was it marked, and does nothing delay it any more?"""
    meta = found.metadata
    return bool(meta.deletion_timestamp) and not meta.finalizers and not meta.deletion_grace_period_seconds and not _is_full(found)


def _is_full(found: ApiObject) -> bool:
    """A namespace waits until somebody has emptied it."""
    return isinstance(found, Namespace) and bool(found.spec.finalizers)


def _goes_sooner(meta: ObjectMeta, grace: int) -> bool:
    """A later delete can only shorten the wait."""
    return not meta.deletion_timestamp or grace < (meta.deletion_grace_period_seconds or 0)


def _terminating(found: ObjectT) -> ObjectT:
    if isinstance(found, Namespace):
        return found.evolve(status=found.status.evolve(phase="Terminating"))
    return found

"""Workloads count as their pods: what the controllers would make of a Deployment, a Job or a DaemonSet, before the scheduler sees it.

A Deployment does not reach the scheduler; its pods do. Here each workload is taken apart at once: a Deployment into its ReplicaSet and that
into pods, a StatefulSet into its pods and their claims, a DaemonSet into one pod for every node that will have it. The pods are named
web-0, web-1, …, so that a reader can tell them apart; real ones of a ReplicaSet end with random letters.

Source: kubernetes, pkg/controller/{deployment,replicaset,statefulset,job,cronjob,daemon}; the tolerations of a DaemonSet's pods:
pkg/controller/daemon/util/daemonset_util.go (AddOrUpdateDaemonPodTolerations, ReplaceDaemonSetPodNodeNameNodeAffinity).
Left out: order and time. A StatefulSet makes one pod after the other, a CronJob waits for its hour; here all are wanted now.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from k8sedu.kube.defaults import with_defaults
from k8sedu.kube.fields import plain
from k8sedu.kube.objects import (
    ApiObject,
    CronJob,
    DaemonSet,
    Deployment,
    Job,
    LabelSelector,
    Node,
    OwnerReference,
    PersistentVolumeClaim,
    Pod,
    PodTemplateSpec,
    PriorityClass,
    ReplicaSet,
    ReplicaSetSpec,
    ReplicationController,
    StatefulSet,
    Toleration,
)
from k8sedu.kube.scheduler.hints import matches_node
from k8sedu.kube.scheduler.node_match import first_untolerated

HASH_LABEL = "pod-template-hash"
NODE_PROBLEMS = ("not-ready", "unreachable")
NODE_PRESSURES = ("disk-pressure", "memory-pressure", "pid-pressure", "unschedulable")
SYSTEM_CLASSES = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}


def expanded(objects: Iterable[ApiObject], *, nodes: Iterable[Node] = ()) -> tuple[ApiObject, ...]:
    """The same objects with every workload followed by what its controllers make, in order.

    >>> web = Deployment.of({"metadata": {"name": "web"}, "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}},
    ...     "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c", "image": "nginx"}]}}}})
    >>> [type(found).__name__ for found in expanded([web])], [pod.name for pod in pods_of(web)]
    (['Deployment', 'ReplicaSet', 'Pod', 'Pod'], ['web-0', 'web-1'])

    Args:
        objects: manifests.
        nodes: for DaemonSets: where their pods may have to run.
    """
    there = tuple(nodes)
    return tuple(made for found in objects for made in (found, *_made_of(found, there)))


def pods_of(found: ApiObject, *, nodes: Iterable[Node] = ()) -> tuple[Pod, ...]:
    """The pods that a workload stands for; a pod stands for itself, everything else for none."""
    return tuple(made for made in expanded([found], nodes=nodes) if isinstance(made, Pod))


def with_priority(pod: Pod, classes: Mapping[str, PriorityClass]) -> Pod:
    """The pod with the priority that its class gives it, as admission writes it into the pod.

    Args:
        pod: the pod.
        classes: the PriorityClasses of the cluster, by name.
    """
    spec, name = pod.spec, pod.spec.priority_class_name
    default = next((found for found in classes.values() if found.global_default), None)
    found = classes.get(name) if name else default
    value = found.value if found is not None else SYSTEM_CLASSES.get(name, spec.priority or 0)
    policy = spec.preemption_policy or (found.preemption_policy if found is not None else None) or "PreemptLowerPriority"
    return pod.evolve(spec=spec.evolve(priority=value, preemption_policy=policy))


def _made_of(found: ApiObject, nodes: tuple[Node, ...]) -> Iterator[ApiObject]:
    if isinstance(found, Deployment):
        replica_set = _replica_set(found)
        yield replica_set
        yield from _made_of(replica_set, nodes)
    elif isinstance(found, StatefulSet):
        yield from _of_stateful_set(found)
    elif isinstance(found, DaemonSet):
        yield from (_daemon(found, node) for node in nodes if _takes_daemon(found, node))
    elif isinstance(found, ReplicaSet | ReplicationController):
        yield from _numbered(found, found.spec.template, 1 if found.spec.replicas is None else found.spec.replicas)
    elif isinstance(found, Job):
        yield from _numbered(found, found.spec.template, _parallel(found))
    elif isinstance(found, CronJob):
        template = found.spec.job_template
        yield from _made_of(Job.of({"metadata": {"name": found.name, "namespace": found.namespace}, "spec": plain(template.spec)}), nodes)


def _replica_set(found: Deployment) -> ReplicaSet:
    text = json.dumps(plain(found.spec.template), sort_keys=True)
    digest = hashlib.sha256(text.encode()).hexdigest()[:10]
    template = found.spec.template
    labelled = template.evolve(metadata=template.metadata.evolve(labels={**template.metadata.labels, HASH_LABEL: digest}))
    selector = found.spec.selector or LabelSelector()
    selecting = selector.evolve(match_labels={**selector.match_labels, HASH_LABEL: digest})
    replicas = 1 if found.spec.replicas is None else found.spec.replicas
    spec = ReplicaSetSpec(replicas=replicas, selector=selecting, template=labelled)
    meta = found.metadata.evolve(name=f"{found.name}-{digest}", owner_references=(_owner(found),))
    return ReplicaSet(metadata=meta, spec=spec)


def _parallel(found: Job) -> int:
    """How many pods of a job run at once."""
    if found.spec.suspend:
        return 0
    parallelism = 1 if found.spec.parallelism is None else found.spec.parallelism
    return parallelism if found.spec.completions is None else min(parallelism, found.spec.completions)


def _numbered(found: ApiObject, template: PodTemplateSpec | None, count: int) -> Iterator[Pod]:
    owners = found.metadata.owner_references
    name = owners[0].name if isinstance(found, ReplicaSet) and owners else found.name
    return (_pod(found, template or PodTemplateSpec(), f"{name}-{number}") for number in range(count))


def _of_stateful_set(found: StatefulSet) -> Iterator[ApiObject]:
    start = found.spec.ordinals.start if found.spec.ordinals else 0
    for number in range(start, start + (1 if found.spec.replicas is None else found.spec.replicas)):
        name = f"{found.name}-{number}"
        volumes: list[dict[str, Any]] = []
        for claim in found.spec.volume_claim_templates:
            meta = claim.metadata.evolve(name=f"{claim.name}-{name}", namespace=found.namespace or "default")
            yield PersistentVolumeClaim(metadata=meta, spec=claim.spec)
            volumes.append({"name": claim.name, "persistentVolumeClaim": {"claimName": meta.name}})
        pod = plain(_pod(found, found.spec.template, name))
        pod["spec"]["volumes"] = [*pod["spec"].get("volumes", []), *volumes]
        yield Pod.of(pod)


def _pod(found: ApiObject, template: PodTemplateSpec, name: str) -> Pod:
    """A pod from a template; its UID is its name, so that runs can be repeated."""
    namespace = found.namespace or "default"
    meta = template.metadata.evolve(name=name, namespace=namespace, uid=f"{namespace}/{name}", owner_references=(_owner(found),))
    return with_defaults(Pod(metadata=meta, spec=template.spec))


def _owner(found: ApiObject) -> OwnerReference:
    return OwnerReference(api_version=found.api_version, kind=found.kind, name=found.name, uid=found.metadata.uid, controller=True)


# -- DaemonSets -------------------------------------------------------------------------------------------------------------------------


def _takes_daemon(found: DaemonSet, node: Node) -> bool:
    """Will the node have a pod of this DaemonSet? Its labels must do and its taints be borne."""
    pod = _pod(found, found.spec.template, found.name)
    return matches_node(pod, node) and first_untolerated((*pod.spec.tolerations, *_borne(pod)), node.spec.taints) is None


def _borne(pod: Pod) -> tuple[Toleration, ...]:
    """What every daemon bears: it belongs to its node, whatever the node's trouble."""
    problems = [(name, "NoExecute") for name in NODE_PROBLEMS] + [(name, "NoSchedule") for name in NODE_PRESSURES]
    if pod.spec.host_network:
        problems.append(("network-unavailable", "NoSchedule"))
    return tuple(Toleration.of({"key": f"node.kubernetes.io/{name}", "operator": "Exists", "effect": effect}) for name, effect in problems)


def _daemon(found: DaemonSet, node: Node) -> Pod:
    """The pod of one node: pinned to it by its name, in place of any name that its terms said."""
    pod = _pod(found, found.spec.template, f"{found.name}-{node.name}")
    document = plain(pod)
    affinity = document["spec"].setdefault("affinity", {}).setdefault("nodeAffinity", {})
    required = affinity.setdefault("requiredDuringSchedulingIgnoredDuringExecution", {"nodeSelectorTerms": [{}]})
    for term in required["nodeSelectorTerms"]:
        term["matchFields"] = [{"key": "metadata.name", "operator": "In", "values": [node.name]}]
    document["spec"]["tolerations"] = [*document["spec"].get("tolerations", []), *map(plain, _borne(pod))]
    return Pod.of(document)

"""Who takes part in a run: nodes, pods and their owners, made from a workload or given as manifests, under names that all managers share.

A workload has machines and jobs of equal tasks. Here a machine becomes a Node, a job a ReplicaSet or (if it ends) a Job, and a task a pod.
Objects that are given as manifests go the other way: a node is a machine, and a pod is a job of one task. So the same pictures and tables
read both, and a pod knows its task: the pod `web-0` does the task `web/0`, and so does `web-0-2`, its successor.

A part of a GPU is a whole one here: Kubernetes gives devices away in pieces.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.fields import plain
from k8sedu.kube.objects import ApiObject, Node, Pod, PriorityClass, ReplicaSet
from k8sedu.kube.objects import Job as KubeJob
from k8sedu.kube.patches import merge
from k8sedu.kube.scheduler.expansion import expanded
from k8sedu.kube.scheduler.pods import amounts_of, whole
from k8sedu.kube.scheduler.sim.settings import Arrival, RunError, Settings
from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.resources import Resources

Document = dict[str, Any]
ZONE = "topology.kubernetes.io/zone"
GPU = "nvidia.com/gpu"
RUNS_MS = "k8sedu/runs-ms"
"""Annotation of a pod in a manifest: how long it runs before it succeeds; without it, for ever."""
MAX_PODS = 110
IMAGE = "registry.k8s.io/pause:3.10"


class Part(NamedTuple):
    """A pod that will be created: its task, its manifest, and whether somebody makes a new one when it is gone."""

    task: str
    job: Job
    document: Document
    is_replaced: bool


class Entrance(NamedTuple):
    """What comes at one moment: a job with its pods, or any other object."""

    at_ms: int
    job: Job | None
    parts: tuple[Part, ...] = ()
    objects: tuple[Document, ...] = ()


class Cast(NamedTuple):
    """Everybody."""

    workload: Workload
    """Machines and jobs, in the words that are measured and drawn."""
    objects: tuple[Document, ...]
    """What is there from the beginning, nodes first."""
    running: tuple[Part, ...]
    """Pods that have a node already."""
    entrances: tuple[Entrance, ...]
    classes: Mapping[int, str]
    """priority → the PriorityClass that gives it."""


def of_workload(workload: Workload, settings: Settings) -> Cast:
    """The cast of a workload."""
    classes = {job.priority: f"priority-{job.priority}".replace("--", "-minus-") for job in workload.jobs if job.priority}
    nodes = [_node(machine, settings) for machine in workload.machines]
    entrances = []
    for job in workload.jobs:
        owner, parts = _owner(job), tuple(_parts(job, settings, classes))
        entrances.append(Entrance(job.arrival_ms, job, parts, (owner,)))
    return Cast(workload, (*map(_class, classes.items()), *nodes), (), tuple(entrances), classes)


def of_objects(objects: Iterable[ApiObject], arrivals: Iterable[Arrival]) -> Cast:
    """The cast of manifests; workloads among them are taken apart into their pods.

    Raises:
        RunError: there is no node, or two pods have one name.
    """
    first = list(objects)
    nodes = [found for found in first if isinstance(found, Node)]
    if not nodes:
        raise RunError("there is no node among the objects, expected at least one")
    timed = [(0, found) for found in first if not isinstance(found, Node)] + list(arrivals)
    made = [(at_ms, one) for at_ms, found in timed for one in expanded([found], nodes=nodes)]
    pods = [found for _, found in made if isinstance(found, Pod)]
    classes = {value: f"priority-{value}".replace("--", "-minus-") for pod in pods if (value := _bare_priority(pod))}
    machines = [_machine(found) for found in (*nodes, *(found for _, found in made if isinstance(found, Node)))]
    running, entrances, others = [], [], []
    for at_ms, found in sorted(made, key=lambda pair: pair[0]):
        if isinstance(found, Pod):
            part = _part(found, at_ms, classes)
            if found.spec.node_name and not at_ms:
                running.append(part)
            else:
                entrances.append(Entrance(at_ms, part.job, (part,)))
        elif at_ms:
            entrances.append(Entrance(at_ms, None, (), (_document(found),)))
        else:
            others.append(_document(found))
    jobs = [part.job for part in running] + [entrance.job for entrance in entrances if entrance.job is not None]
    workload = Workload.of(machines, jobs)
    return Cast(workload, (*map(_class, classes.items()), *map(_document, nodes), *others), tuple(running), tuple(entrances), classes)


def _document(found: ApiObject) -> Document:
    """An object as it is sent; one that was made in Python may not say what it is."""
    return {"apiVersion": found.API_VERSION, "kind": found.KIND, **plain(found)}


def _bare_priority(pod: Pod) -> int:
    return 0 if pod.spec.priority_class_name else pod.spec.priority or 0


def _class(found: tuple[int, str]) -> Document:
    value, name = found
    return plain(PriorityClass(metadata=PriorityClass().metadata.evolve(name=name), value=value))  # type: ignore[no-any-return]  # a document


# -- from a workload ---------------------------------------------------------------------------------------------------------------------


def _node(machine: Machine, settings: Settings) -> Document:
    zone = {ZONE: str(machine.attributes["zone"])} if "zone" in machine.attributes else {}
    labels = {"kubernetes.io/hostname": machine.name, **zone, **{key: str(value) for key, value in machine.attributes.items()}}
    amounts = {**_amounts(machine.capacity), "pods": str(MAX_PODS)}
    made = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": machine.name, "labels": labels},
            "status": {"capacity": amounts, "allocatable": amounts}}  # fmt: skip
    return merge(made, plain(settings.extras.get(machine.name, {})))  # type: ignore[no-any-return]  # a document stays one


def _amounts(found: Resources) -> dict[str, str]:
    named = {"cpu": f"{found.cpu_millicores}m", "memory": str(found.memory_bytes)}
    named |= {"ephemeral-storage": str(found.disk_bytes)} if found.disk_bytes else {}
    return {**named, **({GPU: str(-(-found.gpu_milli // 1_000))} if found.gpu_milli else {})}


def _owner(job: Job) -> Document:
    """Who makes new pods: a ReplicaSet of services, a Job of what ends."""
    template: Document = {"metadata": {"labels": {"app": job.name}}, "spec": {"containers": [{"name": "main", "image": IMAGE}]}}
    meta = {"name": job.name}
    if job.duration_ms is None:
        spec: Document = {"replicas": job.tasks, "selector": {"matchLabels": {"app": job.name}}, "template": template}
        return {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": meta, "spec": spec}
    template["spec"]["restartPolicy"] = "OnFailure"
    spec = {"parallelism": job.tasks, "completions": job.tasks, "template": template}
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": meta, "spec": spec}


def _parts(job: Job, settings: Settings, classes: Mapping[int, str]) -> Iterable[Part]:
    for number, task in enumerate(job.task_names):
        kind = ReplicaSet if job.duration_ms is None else KubeJob
        owner = {"apiVersion": kind.API_VERSION, "kind": kind.KIND, "name": job.name, "controller": True}
        amounts = _amounts(job.request)
        devices = {name: amount for name, amount in amounts.items() if name == GPU}
        spec: Document = {
            "containers": [{"name": "main", "image": IMAGE, "resources": {"requests": amounts, "limits": devices}}],
            "tolerations": _patience(settings), **_wanted(job), **({"priorityClassName": classes[job.priority]} if job.priority else {}),
        }  # fmt: skip
        meta = {"name": f"{job.name}-{number}", "namespace": "default", "labels": {"app": job.name}, "ownerReferences": [owner]}
        made = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec}
        yield Part(task, job, merge(made, plain(settings.extras.get(job.name, {}))), is_replaced=True)


def _patience(settings: Settings) -> list[Document]:
    """How long the pod stays on a node that is gone; admission adds five minutes where nothing is said."""
    return [
        {"key": f"node.kubernetes.io/{key}", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": settings.toleration_s}
        for key in ("not-ready", "unreachable")
    ]


def _wanted(job: Job) -> Document:
    """The attributes that a machine must have, as required node affinity: `A|B` is either."""
    if not job.constraints:
        return {}
    given = ((ZONE if key == "zone" else key, str(value).split("|")) for key, value in job.constraints.items())
    conditions = [{"key": key, "operator": "In", "values": values} for key, values in given]
    terms = {"nodeSelectorTerms": [{"matchExpressions": conditions}]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": terms}}}


# -- from manifests ----------------------------------------------------------------------------------------------------------------------


def _machine(node: Node) -> Machine:
    shown = {"zone" if key == ZONE else key: value for key, value in node.labels.items() if "kubernetes.io/" not in key or key == ZONE}
    return Machine(node.name, _resources(whole(node.status.allocatable)), Frozen(shown))


def _part(pod: Pod, at_ms: int, classes: Mapping[int, str]) -> Part:
    document, bare = _document(pod), _bare_priority(pod)
    if bare:
        document["spec"] |= {"priorityClassName": classes[bare]}
    runs = pod.metadata.annotations.get(RUNS_MS, "")
    if runs and not runs.isdecimal():
        raise RunError(f"the pod {pod.name} has the annotation {RUNS_MS} {runs!r}, expected a number of milliseconds")
    namespace = pod.namespace or "default"
    name = pod.name if namespace == "default" else f"{namespace}.{pod.name}"
    asked = _resources(amounts_of(pod.spec).requests)
    job = Job(name, namespace, asked, priority=pod.spec.priority or 0, arrival_ms=at_ms, duration_ms=int(runs) if runs else None)
    return Part(f"{name}/0", job, document, is_replaced=pod.controller is not None)


def _resources(amounts: Mapping[str, int]) -> Resources:
    return Resources(amounts.get("cpu", 0), amounts.get("memory", 0), amounts.get("ephemeral-storage", 0), 1_000 * amounts.get(GPU, 0))

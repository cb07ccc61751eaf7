"""What the API server fills in where a manifest says nothing.

One writes three lines and gets back thirty: a restart policy, a grace period, a protocol. The most consequential one is easily missed: a
container with a limit and no request gets the limit as its request, and so reserves all that it may ever use.

Defaults are filled in on documents (plain mappings), before anything else looks at them, so that what is stored says everything.

Source: kubernetes 1.35, pkg/apis/core/v1/defaults.go, apps/v1/defaults.go, batch/v1/defaults.go.
Left out: cluster IPs and node ports of Services, which are handed out and not defaulted; service accounts and their volumes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.objects.pod import PodSpec
from k8sedu.kube.requests import container_requests, is_pod_level

Document = dict[str, Any]
ObjectT = TypeVar("ObjectT", bound=ApiObject)


def with_defaults(found: ObjectT) -> ObjectT:
    """The object as the API server would store it.

    >>> from k8sedu.kube.objects import Pod
    >>> limited = {"name": "c", "image": "nginx", "resources": {"limits": {"cpu": "1"}}}
    >>> pod = with_defaults(Pod.of({"metadata": {"name": "web"}, "spec": {"containers": [limited]}}))
    >>> pod.spec.restart_policy, str(pod.spec.containers[0].resources.requests["cpu"]), pod.spec.containers[0].image_pull_policy
    ('Always', '1', 'Always')
    """
    document = found.document()
    fill_in(document, type(found))
    return type(found).of(document)


def fill_in(document: Document, cls: type[ApiObject]) -> None:
    """Fill defaults into a document of this class, in place."""
    if cls.KIND in DEFAULTS:
        DEFAULTS[cls.KIND](document)
    if cls.NAMESPACED and cls.KIND:
        _set(_part(document, "metadata"), namespace="default")


def _part(document: Document, name: str) -> Document:
    if not isinstance(document.get(name), Mapping):
        document[name] = {}
    part: Document = document[name]
    return part


def _set(document: Document, **values: Any) -> None:
    for name, value in values.items():
        if document.get(name, "") in ("", None):
            document[name] = value


# -- pods ---------------------------------------------------------------------------------------------------------------------------------


def _pod(document: Document) -> None:
    spec = _part(document, "spec")
    _pod_spec(spec)
    for container in [*spec.get("containers", []), *spec.get("initContainers", [])]:
        _requests(container)
    _pod_requests(spec)
    _set(spec, enableServiceLinks=True)


def _template(spec: Document) -> None:
    template = _part(spec, "template")
    _part(template, "metadata")
    _pod_spec(_part(template, "spec"))


def _pod_spec(spec: Document) -> None:
    _set(spec, dnsPolicy="ClusterFirst", restartPolicy="Always", schedulerName="default-scheduler", terminationGracePeriodSeconds=30)
    spec.setdefault("securityContext", {})
    for container in [*spec.get("initContainers", []), *spec.get("containers", [])]:
        _container(container, host_network=bool(spec.get("hostNetwork")))


def _container(container: Document, *, host_network: bool) -> None:
    _set(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File")
    _set(container, imagePullPolicy="Always" if _tag(container.get("image", "")) == "latest" else "IfNotPresent")
    container.setdefault("resources", {})
    for port in container.get("ports", []):
        _set(port, protocol="TCP")
        if host_network and not port.get("hostPort"):
            port["hostPort"] = port.get("containerPort", 0)
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        if name in container:
            _probe(container[name])


def _tag(image: str) -> str:
    """The tag of an image; `latest` where none is said, and none where a digest is."""
    if "@" in image:
        return ""
    return image.rpartition("/")[2].partition(":")[2] or "latest"


def _probe(probe: Document) -> None:
    for name, value in (("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3)):
        probe[name] = probe.get(name) or value
    if "httpGet" in probe:
        _set(probe["httpGet"], path="/", scheme="HTTP")
    if "grpc" in probe:
        probe["grpc"].setdefault("service", "")


def _requests(container: Document) -> None:
    resources = container["resources"]
    if resources.get("limits"):
        resources["requests"] = {**resources["limits"], **(resources.get("requests") or {})}


def _pod_requests(spec: Document) -> None:
    """A pod with limits of its own asks for what its containers ask for, or for its limits."""
    resources = spec.get("resources") or {}
    if not resources.get("limits"):
        return
    asked = {name: str(amount) for name, amount in container_requests(PodSpec.of(spec)).items() if is_pod_level(name)}
    limits = {name: amount for name, amount in resources["limits"].items() if is_pod_level(name)}
    resources["requests"] = {**limits, **asked, **(resources.get("requests") or {})}


# -- the others ---------------------------------------------------------------------------------------------------------------------------


def _service(document: Document) -> None:
    spec = _part(document, "spec")
    _set(spec, type="ClusterIP", sessionAffinity="None", internalTrafficPolicy="Cluster")
    if spec["sessionAffinity"] == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10_800}})
    if spec["type"] in {"NodePort", "LoadBalancer"}:
        _set(spec, externalTrafficPolicy="Cluster")
    if spec["type"] == "LoadBalancer":
        _set(spec, allocateLoadBalancerNodePorts=True)
    for port in spec.get("ports", []):
        _set(port, protocol="TCP")
        if port.get("targetPort") in (None, "", 0):
            port["targetPort"] = port.get("port", 0)


def _replicas(spec: Document) -> None:
    if spec.get("replicas") is None:
        spec["replicas"] = 1
    _template(spec)


def _replica_set(document: Document) -> None:
    spec = _part(document, "spec")
    _replicas(spec)
    labels = (spec["template"].get("metadata") or {}).get("labels")
    if labels and not (document.get("metadata") or {}).get("labels"):
        _part(document, "metadata")["labels"] = dict(labels)


def _replication_controller(document: Document) -> None:
    spec = _part(document, "spec")
    _replicas(spec)
    labels = (spec["template"].get("metadata") or {}).get("labels")
    if labels and not spec.get("selector"):
        spec["selector"] = dict(labels)


def _deployment(document: Document) -> None:
    spec = _part(document, "spec")
    _replicas(spec)
    _set(spec, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    strategy = _part(spec, "strategy")
    _set(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), maxSurge="25%", maxUnavailable="25%")


def _stateful_set(document: Document) -> None:
    spec = _part(document, "spec")
    _replicas(spec)
    _set(spec, podManagementPolicy="OrderedReady", revisionHistoryLimit=10)
    spec.setdefault("persistentVolumeClaimRetentionPolicy", {"whenDeleted": "Retain", "whenScaled": "Retain"})
    strategy = _part(spec, "updateStrategy")
    _set(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), partition=0)
    for claim in spec.get("volumeClaimTemplates", []):
        _set(claim, apiVersion="v1", kind="PersistentVolumeClaim")
        _claim(claim)


def _daemon_set(document: Document) -> None:
    spec = _part(document, "spec")
    _template(spec)
    _set(spec, revisionHistoryLimit=10)
    strategy = _part(spec, "updateStrategy")
    _set(strategy, type="RollingUpdate")
    if strategy["type"] == "RollingUpdate":
        _set(_part(strategy, "rollingUpdate"), maxUnavailable=1, maxSurge=0)


def _job(document: Document) -> None:
    _job_spec(_part(document, "spec"))


def _job_spec(spec: Document) -> None:
    if spec.get("completions") is None and spec.get("parallelism") is None:
        spec.update(completions=1, parallelism=1)
    _set(spec, parallelism=1, backoffLimit=6, completionMode="NonIndexed", suspend=False)
    _template(spec)


def _cron_job(document: Document) -> None:
    spec = _part(document, "spec")
    _set(spec, concurrencyPolicy="Allow", suspend=False, successfulJobsHistoryLimit=3, failedJobsHistoryLimit=1)
    _template(_part(_part(spec, "jobTemplate"), "spec"))


def _claim(document: Document) -> None:
    _set(_part(document, "spec"), volumeMode="Filesystem")
    _set(_part(document, "status"), phase="Pending")


def _volume(document: Document) -> None:
    _set(_part(document, "spec"), persistentVolumeReclaimPolicy="Retain", volumeMode="Filesystem")
    _set(_part(document, "status"), phase="Pending")


def _storage_class(document: Document) -> None:
    _set(document, reclaimPolicy="Delete", volumeBindingMode="Immediate")


def _priority_class(document: Document) -> None:
    _set(document, preemptionPolicy="PreemptLowerPriority")


def _namespace(document: Document) -> None:
    spec = _part(document, "spec")
    if not spec.get("finalizers"):
        spec["finalizers"] = ["kubernetes"]
    _set(_part(document, "status"), phase="Active")
    name = (document.get("metadata") or {}).get("name")
    if name:
        labels = _part(_part(document, "metadata"), "labels")
        labels["kubernetes.io/metadata.name"] = name


def _node(document: Document) -> None:
    status = document.get("status") or {}
    if status.get("capacity") and not status.get("allocatable"):
        status["allocatable"] = dict(status["capacity"])


DEFAULTS: dict[str, Callable[[Document], None]] = {
    "Pod": _pod, "Service": _service, "ReplicaSet": _replica_set, "ReplicationController": _replication_controller,
    "Deployment": _deployment, "StatefulSet": _stateful_set, "DaemonSet": _daemon_set, "Job": _job, "CronJob": _cron_job,
    "PersistentVolumeClaim": _claim, "PersistentVolume": _volume, "StorageClass": _storage_class, "PriorityClass": _priority_class,
    "Namespace": _namespace, "Node": _node,
}  # fmt: skip
"""Kind → what fills its defaults in."""

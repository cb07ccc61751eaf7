"""What an object must look like to be stored: names, what is required, what fits together, what may not change.

Reading checks that a number is a number; here is checked that it makes sense. All problems are found and told at once, with their fields,
because nobody likes to be sent back five times.

Source: kubernetes 1.35, pkg/apis/core/validation/validation.go, pkg/apis/apps/validation, pkg/apis/batch/validation, pkg/apis/policy.
Left out: rules about parts that no model here reads (volumes, security contexts, DNS).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

from k8sedu.kube import names, selectors
from k8sedu.kube.endpoint_rules import endpoints_problems, slice_problems, slice_update_problems
from k8sedu.kube.objects import (
    ApiObject,
    ConfigMap,
    CronJob,
    DaemonSet,
    Deployment,
    Endpoints,
    EndpointSlice,
    Job,
    LabelSelector,
    Node,
    ObjectMeta,
    Pod,
    PodDisruptionBudget,
    PodTemplateSpec,
    PriorityClass,
    ReplicaSet,
    Secret,
    Service,
    ServiceSpec,
    StatefulSet,
)
from k8sedu.kube.pod_rules import (
    Problems,
    labels_problems,
    pod_problems,
    pod_spec_problems,
    pod_update_problems,
    selector_problems,
)
from k8sedu.kube.status import Problem, duplicate, forbidden, invalid, required, unsupported

IMMUTABLE = "field is immutable"


def problems_of(found: ApiObject) -> list[Problem]:
    """Everything that is wrong with a new object.

    >>> [problem.sentence for problem in problems_of(Pod.of({"metadata": {"name": "web", "namespace": "default"}, "spec": {}}))]
    ['spec.containers: Required value']
    """
    check = CHECKS.get(type(found))
    return [*_metadata(found), *(check(found) if check else ())]


def problems_of_update(found: ApiObject, old: ApiObject) -> list[Problem]:
    """Everything that is wrong with the new state of an object."""
    check = UPDATES.get(type(found))
    return [*problems_of(found), *_new_finalizers(found, old), *(check(found, old) if check else ())]


# -- names and labels ---------------------------------------------------------------------------------------------------------------------


def _metadata(found: ApiObject) -> Problems:
    meta = found.metadata
    problem_of = NAMES.get(found.KIND, names.subdomain_problem)
    if not meta.name:
        yield required("metadata.name", "name or generateName is required")
    elif problem := problem_of(meta.name):
        yield invalid("metadata.name", meta.name, problem)
    yield from labels_problems(meta.labels, "metadata.labels")
    for key in meta.annotations:
        if problem := names.qualified_name_problem(key.lower()):
            yield invalid("metadata.annotations", key, problem)
    yield from _owners(meta)


NAMES: dict[str, Callable[[str], str]] = {
    "Namespace": names.label_problem,
    "Service": names.service_problem,
}
"""Kinds whose names must be more than a subdomain."""


def _owners(meta: ObjectMeta) -> Problems:
    for place, owner in enumerate(meta.owner_references):
        for part, value in (("apiVersion", owner.api_version), ("kind", owner.kind), ("name", owner.name), ("uid", owner.uid)):
            if not value:
                yield invalid(f"metadata.ownerReferences[{place}].{part}", value, "must not be empty")
    controllers = [owner for owner in meta.owner_references if owner.controller]
    if len(controllers) > 1:
        said = " and ".join(owner.name for owner in controllers)
        yield invalid("metadata.ownerReferences", said, "Only one reference can have Controller set to true")


def _new_finalizers(found: ApiObject, old: ApiObject) -> Problems:
    new = [each for each in found.metadata.finalizers if each not in old.metadata.finalizers]
    if new and old.metadata.deletion_timestamp:
        why = f"no new finalizers can be added if the object is being deleted, found new finalizers {', '.join(new)}"
        yield forbidden("metadata.finalizers", why)


# -- those who make pods ------------------------------------------------------------------------------------------------------------------


def _template(selector: LabelSelector | None, template: PodTemplateSpec, *, restart: tuple[str, ...] = ("Always",)) -> Problems:
    if selector is None:
        yield required("spec.selector")
    elif not selector.match_labels and not selector.match_expressions:
        yield invalid("spec.selector", {}, "empty selector is invalid for deployment")
    else:
        broken = list(selector_problems(selector, "spec.selector"))
        yield from broken
        if not broken and not selectors.of(selector).matches(template.metadata.labels):
            yield invalid("spec.template.metadata.labels", dict(template.metadata.labels), "`selector` does not match template `labels`")
    yield from _pod_template(template, restart=restart)


def _pod_template(template: PodTemplateSpec, *, restart: tuple[str, ...], field: str = "spec.template") -> Problems:
    yield from labels_problems(template.metadata.labels, f"{field}.metadata.labels")
    yield from pod_spec_problems(template.spec, f"{field}.spec")
    if template.spec.restart_policy not in restart:
        yield unsupported(f"{field}.spec.restartPolicy", template.spec.restart_policy, restart)


def _not_negative(field: str, value: int | None) -> Problems:
    if value is not None and value < 0:
        yield invalid(field, value, "must be greater than or equal to 0")


def _replicas(found: ApiObject) -> Problems:
    spec = cast("Deployment | ReplicaSet | StatefulSet", found).spec
    yield from _not_negative("spec.replicas", spec.replicas)
    yield from _not_negative("spec.minReadySeconds", spec.min_ready_seconds)
    yield from _template(spec.selector, spec.template)


def _deployment(found: ApiObject) -> Problems:
    yield from _replicas(found)
    strategy = cast(Deployment, found).spec.strategy
    rolling = strategy.rolling_update
    if strategy.type == "Recreate" and rolling is not None:
        yield forbidden("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    elif rolling is not None and all(_is_zero(value) for value in (rolling.max_surge, rolling.max_unavailable)):
        yield invalid("spec.strategy.rollingUpdate.maxUnavailable", rolling.max_unavailable, "may not be 0 when `maxSurge` is 0")


def _is_zero(value: object) -> bool:
    return value in {0, "0%"}


def _daemon_set(found: ApiObject) -> Problems:
    spec = cast(DaemonSet, found).spec
    yield from _template(spec.selector, spec.template)


def _job(found: ApiObject) -> Problems:
    spec = cast(Job, found).spec
    for field, value in (("parallelism", spec.parallelism), ("completions", spec.completions), ("backoffLimit", spec.backoff_limit)):
        yield from _not_negative(f"spec.{field}", value)
    yield from _pod_template(spec.template, restart=("OnFailure", "Never"))


def _cron_job(found: ApiObject) -> Problems:
    spec = cast(CronJob, found).spec
    if not spec.schedule:
        yield required("spec.schedule")
    elif len(spec.schedule.split()) != 5 and not spec.schedule.startswith("@"):
        yield invalid("spec.schedule", spec.schedule, f"expected exactly 5 fields, found {len(spec.schedule.split())}: [{spec.schedule}]")
    template = spec.job_template.spec.template
    yield from _pod_template(template, restart=("OnFailure", "Never"), field="spec.jobTemplate.spec.template")


def _same_selector(found: ApiObject, old: ApiObject) -> Problems:
    new, before = (cast(Deployment, each).spec.selector for each in (found, old))
    if new != before:
        yield invalid("spec.selector", new.document() if new else None, IMMUTABLE)


STATEFUL_UPDATE = (
    "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', "
    "'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden"
)


def _stateful_set_update(found: ApiObject, old: ApiObject) -> Problems:
    may = ("replicas", "ordinals", "template", "update_strategy", "persistent_volume_claim_retention_policy", "min_ready_seconds")
    new, before = (cast(StatefulSet, each).spec.without(*may, "revision_history_limit") for each in (found, old))
    if new != before:
        yield forbidden("spec", STATEFUL_UPDATE)


def _job_update(found: ApiObject, old: ApiObject) -> Problems:
    new, before = cast(Job, found).spec, cast(Job, old).spec
    if new.template != before.template:
        yield invalid("spec.template", new.template.document(), IMMUTABLE)
    if new.completions != before.completions and new.completion_mode != "Indexed":
        yield invalid("spec.completions", new.completions, IMMUTABLE)
    yield from _same_selector(found, old)


# -- the others ---------------------------------------------------------------------------------------------------------------------------


def _service(found: ApiObject) -> Problems:
    spec = cast(Service, found).spec
    if not spec.ports and spec.type != "ExternalName" and spec.cluster_ip != "None":
        yield required("spec.ports")
    for place, port in enumerate(spec.ports):
        if not 0 < port.port < 65_536:
            yield invalid(f"spec.ports[{place}].port", port.port, "must be between 1 and 65535, inclusive")
        if len(spec.ports) > 1 and not port.name:
            yield required(f"spec.ports[{place}].name")
    yield from _distinct([port.name for port in spec.ports if port.name], "spec.ports[{}].name")
    yield from _distinct([f"{port.protocol}:{port.node_port or place}" for place, port in enumerate(spec.ports)], "spec.ports[{}].nodePort")
    yield from labels_problems(spec.selector, "spec.selector")
    yield from _service_type(spec)


def _service_type(spec: ServiceSpec) -> Problems:
    """What a Service of this type may not have."""
    if spec.type == "ExternalName":
        if not spec.external_name:
            yield required("spec.externalName")
        if spec.cluster_ip:
            yield forbidden("spec.clusterIPs", "may not be set for ExternalName services")
    if spec.type in {"NodePort", "LoadBalancer"}:
        if spec.cluster_ip == "None":
            yield invalid("spec.clusterIPs[0]", "None", f"may not be set to 'None' for {spec.type} services")
        return
    for place, port in enumerate(spec.ports):
        if port.node_port:
            yield forbidden(f"spec.ports[{place}].nodePort", f"may not be used when `type` is '{spec.type}'")
    if spec.external_traffic_policy and not spec.external_ips:
        yield invalid("spec.externalTrafficPolicy", spec.external_traffic_policy, "may only be set for externally-accessible services")


def _service_update(found: ApiObject, old: ApiObject) -> Problems:
    new, before = cast(Service, found).spec, cast(Service, old).spec
    stays = "ExternalName" not in {new.type, before.type}
    if stays and before.cluster_ip and new.cluster_ip != before.cluster_ip:
        yield invalid("spec.clusterIPs[0]", [new.cluster_ip], "may not change once set")


def _distinct(found: Sequence[str], field: str) -> Problems:
    for place, name in enumerate(found):
        if name in found[:place]:
            yield duplicate(field.format(place), name)


def _budget(found: ApiObject) -> Problems:
    spec = cast(PodDisruptionBudget, found).spec
    if spec.min_available is not None and spec.max_unavailable is not None:
        yield invalid("spec", spec.document(), "minAvailable and maxUnavailable cannot be both set")
    yield from selector_problems(spec.selector, "spec.selector")


def _priority_class(found: ApiObject) -> Problems:
    value = cast(PriorityClass, found).value
    if value > 1_000_000_000 and not found.name.startswith("system-"):
        yield forbidden("value", "maximum allowed value of a user defined priority is 1000000000")


def _priority_class_update(found: ApiObject, old: ApiObject) -> Problems:
    if cast(PriorityClass, found).value != cast(PriorityClass, old).value:
        yield forbidden("value", "may not be changed in an update.")


def _node(found: ApiObject) -> Problems:
    taints = cast(Node, found).spec.taints
    yield from _distinct([f"{taint.key}:{taint.effect}" for taint in taints], "spec.taints[{}]")


def _immutable_data(found: ApiObject, old: ApiObject) -> Problems:
    if cast(Any, old).immutable and cast(Any, found).data != cast(Any, old).data:
        yield forbidden("data", "field is immutable when `immutable` is set")


CHECKS: dict[type[ApiObject], Callable[[ApiObject], Problems]] = {
    Pod: pod_problems, Deployment: _deployment, ReplicaSet: _replicas, StatefulSet: _replicas, DaemonSet: _daemon_set, Job: _job,
    CronJob: _cron_job, Service: _service, Endpoints: endpoints_problems, EndpointSlice: slice_problems,
    PodDisruptionBudget: _budget, PriorityClass: _priority_class, Node: _node,
}  # fmt: skip
"""Kind → what must hold for a new object."""

UPDATES: dict[type[ApiObject], Callable[[ApiObject, ApiObject], Problems]] = {
    Pod: pod_update_problems, Deployment: _same_selector, ReplicaSet: _same_selector, DaemonSet: _same_selector,
    StatefulSet: _stateful_set_update, Job: _job_update, PriorityClass: _priority_class_update,
    Service: _service_update, EndpointSlice: slice_update_problems, ConfigMap: _immutable_data, Secret: _immutable_data,
}  # fmt: skip
"""Kind → what may not change."""

"""What a pod's spec must look like, in a pod or in a template; and what of it may change.

Almost nothing may: images, further tolerations, and gates that are taken away. Everything else of a stored pod stays as it is, because the
node acts upon it. Whoever wants another pod makes another pod.

Source: kubernetes 1.35, pkg/apis/core/validation/validation.go (ValidatePodSpec, ValidatePodUpdate).
Left out: rules about parts that no model here reads (volumes, security contexts, DNS).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

from k8sedu.kube import names, selectors
from k8sedu.kube.objects import ApiObject, Container, LabelSelector, Pod, PodSpec
from k8sedu.kube.objects.pod import ResourceRequirements
from k8sedu.kube.status import Problem, duplicate, forbidden, invalid, required

Problems = Iterator[Problem]
OVERCOMMITTED = {"cpu", "memory", "ephemeral-storage", "storage"}
"""Resources of which a container may ask for less than its limit; of all others request and limit must be equal."""


def labels_problems(labels: Mapping[str, str], field: str) -> Problems:
    """What is wrong with labels."""
    for key, value in labels.items():
        if problem := names.qualified_name_problem(key):
            yield invalid(field, key, problem)
        if problem := names.label_value_problem(value):
            yield invalid(field, value, problem)


def selector_problems(selector: LabelSelector | None, field: str) -> Problems:
    """What is wrong with a selector."""
    try:
        selectors.of(selector)
    except selectors.SelectorError as error:
        yield invalid(field, selector.document() if selector else None, str(error))


def pod_problems(found: ApiObject) -> Problems:
    """What is wrong with a pod."""
    yield from pod_spec_problems(cast(Pod, found).spec, "spec")


def pod_spec_problems(spec: PodSpec, field: str) -> Problems:
    """What is wrong with the spec of a pod or of a template."""
    if not spec.containers:
        yield required(f"{field}.containers")
    taken: dict[str, str] = {}
    for part, containers in (("containers", spec.containers), ("initContainers", spec.init_containers)):
        for place, container in enumerate(containers):
            where = f"{field}.{part}[{place}]"
            if container.name in taken:
                yield duplicate(f"{where}.name", container.name)
            taken[container.name] = where
            yield from _container(container, where)
    yield from labels_problems(spec.node_selector, f"{field}.nodeSelector")
    yield from _tolerations(spec, field)
    yield from _constraints(spec, field)
    if (spec.termination_grace_period_seconds or 0) < 0:
        yield invalid(f"{field}.terminationGracePeriodSeconds", spec.termination_grace_period_seconds, "must be greater than or equal to 0")


def _container(container: Container, field: str) -> Problems:
    if not container.name:
        yield required(f"{field}.name")
    elif problem := names.label_problem(container.name):
        yield invalid(f"{field}.name", container.name, problem)
    if not container.image:
        yield required(f"{field}.image")
    elif container.image != container.image.strip():
        yield invalid(f"{field}.image", container.image, "must not have leading or trailing whitespace")
    for place, port in enumerate(container.ports):
        if not port.container_port:
            yield required(f"{field}.ports[{place}].containerPort")
        elif not 0 < port.container_port < 65_536:
            yield invalid(f"{field}.ports[{place}].containerPort", port.container_port, "must be between 1 and 65535, inclusive")
        if port.host_port and not 0 < port.host_port < 65_536:
            yield invalid(f"{field}.ports[{place}].hostPort", port.host_port, "must be between 1 and 65535, inclusive")
    yield from _resources(container.resources, f"{field}.resources")


def _resources(resources: ResourceRequirements, field: str) -> Problems:
    for part, amounts in (("limits", resources.limits), ("requests", resources.requests)):
        for name, amount in amounts.items():
            if amount.nano < 0:
                yield invalid(f"{field}.{part}[{name}]", str(amount), "must be greater than or equal to 0")
            if name not in OVERCOMMITTED and amount.nano % 10**9:
                yield invalid(f"{field}.{part}[{name}]", str(amount), "must be an integer")
    for name, amount in resources.requests.items():
        limit = resources.limits.get(name)
        if limit is not None and amount > limit:
            yield invalid(f"{field}.requests", str(amount), f"must be less than or equal to {name} limit of {limit}")
        elif name not in OVERCOMMITTED and limit != amount:
            yield from _exactly(name, limit, str(amount), field)


def _exactly(name: str, limit: object, amount: str, field: str) -> Problems:
    if "/" in name or name.startswith("hugepages-"):
        if limit is None:
            yield required(f"{field}.limits", f"Limit must be set for non overcommitable resources: {name}")
        else:
            yield invalid(f"{field}.requests", amount, f"must be equal to {name} limit of {limit}")


def _tolerations(spec: PodSpec, field: str) -> Problems:
    for place, found in enumerate(spec.tolerations):
        where = f"{field}.tolerations[{place}]"
        if not found.key and found.operator != "Exists":
            why = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
            yield invalid(f"{where}.operator", found.operator, why)
        if found.operator == "Exists" and found.value:
            yield invalid(f"{where}.operator", found.value, "value must be empty when `operator` is 'Exists'")
        if found.toleration_seconds is not None and found.effect != "NoExecute":
            yield invalid(f"{where}.effect", found.effect, "effect must be 'NoExecute' when `tolerationSeconds` is set")


def _constraints(spec: PodSpec, field: str) -> Problems:
    seen: set[tuple[str, str]] = set()
    for place, found in enumerate(spec.topology_spread_constraints):
        where = f"{field}.topologySpreadConstraints[{place}]"
        if found.max_skew <= 0:
            yield invalid(f"{where}.maxSkew", found.max_skew, "must be greater than zero")
        if not found.topology_key:
            yield required(f"{where}.topologyKey", "can not be empty")
        if found.min_domains is not None and found.min_domains <= 0:
            yield invalid(f"{where}.minDomains", found.min_domains, "must be greater than zero")
        pair = (found.topology_key, found.when_unsatisfiable)
        if pair in seen:
            yield duplicate(f"{where}.{{topologyKey, whenUnsatisfiable}}", f"{{{pair[0]}, {pair[1]}}}")
        seen.add(pair)
        yield from selector_problems(found.label_selector, f"{where}.labelSelector")


POD_UPDATE = (
    "pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,"
    "`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),"
    "`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)"
)


def pod_update_problems(found: ApiObject, old: ApiObject) -> Problems:
    """What may not change."""
    new, before = cast(Pod, found).spec, cast(Pod, old).spec
    if _frozen_part(new) != _frozen_part(before):
        yield forbidden("spec", POD_UPDATE)
    if new.tolerations[: len(before.tolerations)] != before.tolerations:
        yield forbidden("spec.tolerations", "existing toleration can not be modified except its tolerationSeconds")
    if any(gate not in before.scheduling_gates for gate in new.scheduling_gates):
        yield forbidden("spec.schedulingGates", "only deletion is allowed, but found new scheduling gate")


def _frozen_part(spec: PodSpec) -> PodSpec:
    """What of a stored pod may never change."""
    parts = ("containers", "init_containers")
    images = {part: tuple(container.without("image") for container in getattr(spec, part)) for part in parts}
    return spec.without("tolerations", "active_deadline_seconds", "scheduling_gates").evolve(**images)

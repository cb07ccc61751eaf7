from __future__ import annotations

import copy
import pickle

import pytest

from k8sedu.kube.fields import FieldError, fields_of, wire_name
from k8sedu.kube.objects import (
    ApiObject,
    Container,
    ContainerPort,
    DeploymentSpec,
    LabelSelector,
    Lease,
    ObjectMeta,
    Pod,
    PodSpec,
    RollingUpdate,
    ServiceSpec,
    Taint,
    Toleration,
)
from k8sedu.kube.quantity import Quantity

WRONG = [
    (Pod, {"spec": {"containers": [{"name": "a"}, {"image": 3}]}}, 'spec.containers[1].image is 3, expected a text (put it in quotes)'),
    (Pod, {"spec": {"containers": {"name": "a"}}}, "spec.containers is a mapping, expected a list"),
    (Pod, {"spec": []}, "spec is a list, expected a mapping with the fields of a PodSpec"),
    (Pod, {"metadata": {"labels": {"tier": 1}}}, "metadata.labels.tier is 1, expected a text (put it in quotes)"),
    (Pod, {"metadata": {"labels": ["a"]}}, "metadata.labels is a list, expected a mapping"),
    (
        Pod, {"metadata": {"creationTimestamp": "yesterday"}},
        'metadata.creationTimestamp is "yesterday", expected a time such as "2026-01-31T12:00:00Z"',
    ),
    (Pod, {"spec": {"hostNetwork": "yes"}}, 'spec.hostNetwork is "yes", expected true or false'),
    (Pod, {"spec": {"priority": True}}, "spec.priority is true, expected a whole number"),
    (PodSpec, {"restartPolicy": "always"}, 'restartPolicy is "always", expected Always, in this spelling'),
    (Toleration, {"effect": "Never"}, 'effect is "Never", expected one of NoSchedule, PreferNoSchedule, NoExecute'),
    (PodSpec, {"overhead": {"cpu": "lots"}}, 'overhead.cpu is "lots", expected a quantity such as "250m", "2" or "1Gi"'),
    (PodSpec, {"overhead": {"cpu": [1]}}, 'overhead.cpu is a list, expected a quantity such as "250m", "2" or "1Gi"'),
    (RollingUpdate, {"maxSurge": 1.5}, "maxSurge is 1.5, expected a whole number or a text (put it in quotes)"),
]  # fmt: skip


@pytest.mark.parametrize(("cls", "document", "sentence"), WRONG, ids=[sentence for _, _, sentence in WRONG])
def test_a_wrong_value_is_told_with_its_path(cls: type[Pod], document: dict[str, object], sentence: str) -> None:
    """The sentence says where, what was met, and what was expected."""
    with pytest.raises(FieldError) as error:
        cls.of(document)
    assert str(error.value) == sentence
    assert str(pickle.loads(pickle.dumps(error.value))) == sentence


def test_given_and_absent_differ() -> None:
    """An empty selector is not a missing one, zero replicas are not the default, and each is written back as it was given."""
    for document in ({}, {"selector": {}}, {"replicas": 0, "selector": {"matchLabels": {}}}, {"paused": False}):
        assert DeploymentSpec.of(document).document() == document
    assert DeploymentSpec.of({}).selector is None
    assert DeploymentSpec.of({"selector": {}}).selector == LabelSelector()
    assert DeploymentSpec.of({"paused": False}).gives("paused")
    assert not DeploymentSpec().gives("paused")


def test_null_is_absent() -> None:
    """`creationTimestamp: null`, as `kubectl create --dry-run` writes it, is no creation timestamp."""
    assert ObjectMeta.of({"name": "a", "creationTimestamp": None}) == ObjectMeta(name="a")


def test_unknown_fields_are_kept() -> None:
    """What tomorrow's release adds passes through, at every depth."""
    document = {"spec": {"containers": [{"name": "a", "new": {"deep": [1, {"x": None}]}}], "newer": 1.5}, "newest": "x"}
    assert Pod.of(document).document() == document
    assert ApiObject.of({"apiVersion": "x/v1", "kind": "Y", "spec": {"a": [1]}}).extra["spec"] == {"a": (1,)}


def test_values_never_change() -> None:
    """A value is made anew where it changes; what is shared stays the same, and copies are the value."""
    pod = Pod(metadata=ObjectMeta(name="a"), spec=PodSpec(containers=[Container(name="c")], node_selector={"disk": "ssd"}))
    moved = pod.evolve(spec=pod.spec.evolve(node_name="n1"))
    assert (pod.spec.node_name, moved.spec.node_name) == ("", "n1")
    assert moved.metadata is pod.metadata
    assert moved.spec.without("node_name") == pod.spec
    for change in (lambda: setattr(pod, "kind", "x"), lambda: delattr(pod, "spec"), lambda: pod.spec.node_selector.update(a="b")):  # type: ignore[attr-defined]  # the point
        with pytest.raises(TypeError, match="never changes"):
            change()
    assert pickle.loads(pickle.dumps(pod)) == pod == copy.deepcopy(pod)
    assert hash(pod) == hash(Pod.of(pod.document()))


def test_equality_does_not_ask_how() -> None:
    """A field that was given its default equals one that was not given; another class never equals."""
    assert ContainerPort(protocol="", container_port=80) == ContainerPort(container_port=80)
    assert hash(ContainerPort(protocol="", container_port=80)) == hash(ContainerPort(container_port=80))
    assert Taint(key="a") != Toleration(key="a")
    assert Taint(key="a") != Taint(key="b")
    assert PodSpec(overhead={"memory": Quantity("1Gi")}) == PodSpec.of({"overhead": {"memory": "1024Mi"}})


def test_a_misspelt_field_is_told() -> None:
    """Python's spelling is asked for by name."""
    with pytest.raises(TypeError, match="PodSpec has no field 'nodename'; did you mean 'node_name'"):
        PodSpec(nodename="n1")  # type: ignore[call-arg]  # the point


def test_names_on_the_wire() -> None:
    """Words that the API writes in capitals are, where they do not begin a name."""
    names = {"cluster_ips": "clusterIPs", "host_pid": "hostPID", "pod_cidr": "podCIDR", "ip": "ip", "fs_type": "fsType", "uid": "uid"}
    assert {name: wire_name(name) for name in names} == names
    assert list(fields_of(Lease)) == ["api_version", "kind", "metadata", "spec", "extra"]
    assert ServiceSpec(cluster_ip="None", external_ips=("1.2.3.4",)).document() == {"clusterIP": "None", "externalIPs": ["1.2.3.4"]}


def test_it_shows_what_is_given() -> None:
    """A value shows the fields that it was given and nothing of the rest."""
    assert repr(Pod(metadata=ObjectMeta(name="a"))) == "Pod(api_version='v1', kind='Pod', metadata=ObjectMeta(name='a'))"

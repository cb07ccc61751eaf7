from __future__ import annotations

import pytest

from k8sedu.kube import kinds
from k8sedu.kube.fields import FieldError
from k8sedu.kube.objects import ApiObject, Node, Pod, Service


@pytest.mark.parametrize("name", ["pods", "pod", "po", "Pod", "POD", Pod, Pod()])
def test_whatever_people_say(name: str) -> None:
    """Plural, singular, short and long name, class and object mean the same."""
    assert kinds.resource(name) is Pod


def test_nobody_is_called_so() -> None:
    """An unknown name lists the known ones."""
    with pytest.raises(kinds.UnknownKindError, match=r"'pds', expected one of .*pods"):
        kinds.resource("pds")


def test_each_kind_is_found() -> None:
    """Every kind is known by its class's words, and no two share one."""
    assert len(kinds.RESOURCES) == len(kinds.KINDS) > 25
    for found in kinds.KINDS.values():
        assert kinds.resource(kinds.qualified(found)) is found
        assert kinds.read({"apiVersion": found.API_VERSION, "kind": found.KIND}) == found()


def test_where_etcd_has_it() -> None:
    """The keys are those that `etcdctl get /registry/ --prefix --keys-only` shows."""
    assert kinds.registry_key(Node, "", "n1") == "/registry/minions/n1"
    assert kinds.registry_key(Service, "default", "web") == "/registry/services/specs/default/web"
    assert kinds.registry_key(Pod, "default", "") == "/registry/pods/default/"


def test_an_unknown_kind_is_kept() -> None:
    """A custom resource, or a version of long ago, keeps everything."""
    document = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "old"}, "spec": {"replicas": "x"}}
    found = kinds.read(document)
    assert type(found) is ApiObject
    assert found.document() == document


@pytest.mark.parametrize("document", [{}, {"apiVersion": "v1"}, {"kind": "Pod"}, {"apiVersion": 1, "kind": "Pod"}, [], "Pod", None])
def test_it_must_say_what_it_is(document: object) -> None:
    """Without apiVersion and kind nobody knows how to read the rest."""
    with pytest.raises(FieldError, match="expected"):
        kinds.read(document)  # type: ignore[arg-type]  # the point

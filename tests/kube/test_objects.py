from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube import objects
from k8sedu.kube.fields import Value
from k8sedu.kube.manifest import load, to_json, to_yaml
from k8sedu.kube.objects import ApiObject, Namespace, Node, Pod, ReplicaSet, Service
from k8sedu.kube.quantity import Quantity

CLASSES: dict[str, type[ApiObject]] = {
    "nodes": Node, "namespaces": Namespace, "services": Service, "replicasets": ReplicaSet, "existing_pods": Pod, "pods": Pod,
}  # fmt: skip
AMOUNTS = {"requests", "limits", "allocatable", "overhead"}
"""Fields whose values the API writes in canonical form."""


def recorded(path: Path) -> Iterator[tuple[type[ApiObject], dict[str, Any]]]:
    for case in json.loads(path.read_text(encoding="utf-8")):
        for name, cls in CLASSES.items():
            yield from ((cls, document) for document in case.get(name, []))
        if "pod" in case:
            yield Pod, case["pod"]


def canonical(document: Any) -> Any:
    if isinstance(document, list):
        return [canonical(each) for each in document]
    if not isinstance(document, dict):
        return document
    return {
        name: {each: str(Quantity(amount)) for each, amount in value.items()} if name in AMOUNTS else canonical(value)
        for name, value in document.items()
    }


def unknown(value: Any) -> Iterator[str]:
    if isinstance(value, Value):
        yield from value.extra
        for each in value.__dict__.values():
            yield from unknown(each)
    elif isinstance(value, tuple):
        for each in value:
            yield from unknown(each)


@pytest.mark.conformance("k8s/placements/*.json")
def test_objects_of_the_real_scheduler(conformance_path: Path) -> None:
    """Every object of the recordings is read with no field unknown and written back as it was, amounts in canonical form."""
    for cls, document in recorded(conformance_path):
        found = cls.of(document)
        assert list(unknown(found)) == []
        assert found.document() == canonical(document)


@pytest.mark.conformance("k8s/placements/hand.json")
def test_through_yaml_and_json(conformance_path: Path) -> None:
    """An object that is written as YAML or JSON and read again is the same."""
    found = tuple(cls.of({"apiVersion": cls.API_VERSION, "kind": cls.KIND, **document}) for cls, document in recorded(conformance_path))
    assert load(to_yaml(*found)) == load(to_json(*found)) == found


def test_owner() -> None:
    """The controller is the owner that says so."""
    owners = [{"kind": "A", "name": "a"}, {"kind": "B", "name": "b", "controller": True}]
    pod = Pod.of({"metadata": {"name": "p", "namespace": "n", "labels": {"x": "y"}, "ownerReferences": owners}})
    assert pod.controller is not None
    assert (pod.controller.kind, pod.key, pod.labels) == ("B", "n/p", {"x": "y"})
    assert Node.of({"metadata": {"name": "n1"}}).key == "n1"
    assert Pod().controller is None


def test_the_table_of_contents_is_whole() -> None:
    """Every name that the package lists is there, in order."""
    assert objects.__all__ == sorted(objects.__all__)
    assert all(hasattr(objects, name) for name in objects.__all__)

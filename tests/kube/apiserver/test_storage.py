from __future__ import annotations

from k8sedu.kube.apiserver.storage import Storage, encode
from k8sedu.kube.objects import ConfigMap, Node


def made(name: str, value: str = "1") -> ConfigMap:
    return ConfigMap.of({"metadata": {"name": name, "namespace": "default"}, "data": {"x": value}})


def test_only_if_nobody_else_has() -> None:
    """Creating, replacing and deleting happen only to the version that was read; else nothing happens."""
    storage = Storage(None)
    first = storage.create(made("a"))
    assert first is not None
    assert storage.create(made("a")) is None
    second = storage.replace(first, first.evolve(data={"x": "2"}))
    assert second is not None
    before = storage.revision
    assert storage.replace(first, first) is None
    assert storage.delete(first) is None
    assert storage.revision == before
    assert storage.delete(second) == before + 1
    assert storage.get(ConfigMap, "default", "a") is None
    storage.check()


def test_the_past_is_read_as_it_was() -> None:
    """What is remembered of the present is not taken for the past."""
    storage = Storage()
    first = storage.create(made("a"))
    assert first is not None
    storage.replace(first, first.evolve(data={"x": "2"}))
    kvs, count = storage.page("/registry/configmaps/", revision=int(first.metadata.resource_version))
    assert [storage.decode(ConfigMap, kv) for kv in kvs] == [first]
    assert count == 1
    newest = storage.get(ConfigMap, "default", "a")
    assert newest is not None
    assert newest.data["x"] == "2"


def test_the_value_is_plain_json() -> None:
    """Another program can read the value: JSON in UTF-8, without version and kind."""
    node = Node.of({"metadata": {"name": "n1", "resourceVersion": "5", "labels": {"位置": "x"}}})
    assert encode(node).decode() == '{"metadata":{"name":"n1","labels":{"位置":"x"}}}'

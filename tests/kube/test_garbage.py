from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.garbage import GarbageCollector
from k8sedu.kube.objects import ConfigMap


@pytest.fixture
def server() -> ApiServer:
    return ApiServer(Random(1))


def own(server: ApiServer, name: str, *owners: ConfigMap, blocks: bool = True, namespace: str = "default") -> ConfigMap:
    references = [
        {"apiVersion": "v1", "kind": "ConfigMap", "name": owner.name, "uid": owner.metadata.uid, "blockOwnerDeletion": blocks}
        for owner in owners
    ]
    meta = {"name": name, "namespace": namespace, "ownerReferences": references}
    made: ConfigMap = server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}, now_ms=0)
    return made


def names(server: ApiServer) -> list[str]:
    return [found.name for found in server.list("configmaps", namespace="default").items]


def test_background(server: ApiServer) -> None:
    """The owner is gone at once, and then what it owned, down to the last."""
    root = own(server, "root")
    own(server, "leaf", own(server, "child", root))
    collector = GarbageCollector(server)
    assert collector.run(now_ms=0) == []
    server.delete("configmaps", "root", now_ms=0)
    assert names(server) == ["child", "leaf"]
    assert collector.run(now_ms=0) == ["delete configmaps default/child (Background)", "delete configmaps default/leaf (Background)"]
    assert names(server) == []
    collector.check()


def test_foreground(server: ApiServer) -> None:
    """The owner waits until those that block it are gone, theirs before them; one that does not block goes after."""
    root = own(server, "root")
    own(server, "leaf", own(server, "child", root))
    own(server, "free", root, blocks=False)
    collector = GarbageCollector(server)
    collector.run(now_ms=0)
    server.delete("configmaps", "root", propagation="Foreground", now_ms=0)
    assert collector.run(now_ms=0) == [
        "delete configmaps default/child (Foreground)",
        "delete configmaps default/leaf (Background)",
        "release configmaps default/child (foregroundDeletion)",
        "release configmaps default/root (foregroundDeletion)",
        "delete configmaps default/free (Background)",
    ]
    assert names(server) == []


def test_orphan(server: ApiServer) -> None:
    """The owner goes, and what it owned lives on without it."""
    root = own(server, "root")
    own(server, "child", root)
    collector = GarbageCollector(server)
    server.delete("configmaps", "root", propagation="Orphan", now_ms=0)
    assert collector.run(now_ms=0) == ["cut configmaps default/child", "release configmaps default/root (orphan)"]
    assert server.get(ConfigMap, "child").metadata.owner_references == ()
    assert names(server) == ["child"]


def test_one_owner_is_enough(server: ApiServer) -> None:
    """With one owner left an object lives, and forgets the one that is gone; with the last one it goes."""
    one, two = own(server, "one"), own(server, "two")
    own(server, "child", one, two)
    collector = GarbageCollector(server)
    server.delete("configmaps", "one", now_ms=0)
    assert collector.run(now_ms=0) == ["cut configmaps default/child"]
    assert [owner.name for owner in server.get(ConfigMap, "child").metadata.owner_references] == ["two"]
    server.delete("configmaps", "two", now_ms=0)
    collector.run(now_ms=0)
    assert names(server) == []


def test_the_same_name_is_not_the_same_owner(server: ApiServer) -> None:
    """A new object of the owner's name, or an owner in another namespace, is no owner."""
    root = own(server, "root")
    own(server, "child", root)
    server.delete("configmaps", "root", now_ms=0)
    own(server, "root")
    far = own(server, "far", namespace="kube-public")
    own(server, "stranger", far)
    GarbageCollector(server).run(now_ms=0)
    assert names(server) == ["root"]


def test_a_pod_with_grace_holds_its_owner(server: ApiServer) -> None:
    """In the foreground, an owner waits for a pod until its node has let it go."""
    root = own(server, "root")
    owner = {"apiVersion": "v1", "kind": "ConfigMap", "name": "root", "uid": root.metadata.uid, "blockOwnerDeletion": True}
    spec = {"containers": [{"name": "c", "image": "i"}]}
    server.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "ownerReferences": [owner]}, "spec": spec}, now_ms=0)
    server.bind("web", "n1", now_ms=0)
    collector = GarbageCollector(server)
    server.delete("configmaps", "root", propagation="Foreground", now_ms=0)
    assert collector.run(now_ms=0) == ["delete pods default/web (Background)"]
    assert names(server) == ["root"]
    server.delete("pods", "web", grace_period_s=0, now_ms=30_000)
    assert collector.run(now_ms=30_000) == ["release configmaps default/root (foregroundDeletion)"]


def test_a_namespace_is_emptied(server: ApiServer) -> None:
    """A namespace on its way out is emptied, waits for what is held, and goes."""
    server.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}}, now_ms=0)
    own(server, "a", namespace="shop")
    held = {"name": "b", "namespace": "shop", "finalizers": ["x/y"]}
    server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": held}, now_ms=0)
    collector = GarbageCollector(server)
    server.delete("namespaces", "shop", now_ms=0)
    assert collector.run(now_ms=0) == ["delete configmaps shop/a (Background)", "delete configmaps shop/b (Background)"]
    server.patch("configmaps", "b", {"metadata": {"finalizers": None}}, namespace="shop")
    assert collector.run(now_ms=0) == ["finalize namespaces shop"]
    assert "shop" not in [found.name for found in server.list("namespaces").items]


graphs = st.lists(st.sets(st.integers(0, 6), max_size=2), min_size=1, max_size=7)


@given(graphs, st.lists(st.tuples(st.integers(0, 6), st.sampled_from(["Background", "Foreground", "Orphan"])), max_size=4), st.booleans())
@settings(max_examples=40)
def test_who_is_left(graph: list[set[int]], deletions: list[tuple[int, Any]], eager: bool) -> None:
    """Whatever belongs to whom and goes in which order, in the end nothing is left that has lost its last owner, and nothing waits."""
    server = ApiServer(Random(2))
    collector = GarbageCollector(server)
    made: list[ConfigMap] = []
    for place, owners in enumerate(graph):
        made.append(own(server, f"o{place}", *(made[owner] for owner in sorted(owners) if owner < place)))
    for place, policy in deletions:
        if f"o{place}" in names(server):
            server.delete("configmaps", f"o{place}", propagation=policy, now_ms=0)
        if eager:
            collector.run(now_ms=0)
            collector.check()
    collector.run(now_ms=0)
    collector.check()
    left = {found.metadata.uid: found for found in server.list(ConfigMap).items}
    for found in left.values():
        assert not found.metadata.deletion_timestamp
        assert all(owner.uid in left for owner in found.metadata.owner_references)
    assert len(collector.queue) == 0
    server.check()

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.apiserver.watching import INITIAL_EVENTS_END, Watch, shown


def config_map(name: str, app: str = "web") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": app}}}


@pytest.fixture
def server() -> ApiServer:
    return ApiServer(Random(1))


def told(watch: Watch) -> list[tuple[str, str]]:
    return [(event.type, event.object.name) for event in watch.receive()]


def test_from_a_list_on(server: ApiServer) -> None:
    """A watch from a list's version tells what came after it, and nothing else."""
    server.create(config_map("a"), now_ms=0)
    listing = server.list("configmaps")
    server.create(config_map("b"), now_ms=0)
    watch = server.watch("configmaps", resource_version=listing.resource_version)
    server.delete("configmaps", "a", now_ms=0)
    events = watch.receive()
    assert [(event.type, event.object.name) for event in events] == [("ADDED", "b"), ("DELETED", "a")]
    assert events[1].object.metadata.resource_version == server.resource_version
    assert watch.receive() == []


def test_without_a_version(server: ApiServer) -> None:
    """Without a version, what is there comes first as if it had just been added; asked for, a bookmark ends that."""
    server.create(config_map("a"), now_ms=0)
    for options in ({}, {"resource_version": "0"}, {"send_initial_events": True, "resource_version": "1"}):
        watch = server.watch("configmaps", **options)  # type: ignore[arg-type]  # a table of options
        assert told(watch) == [("ADDED", "a")]
    watch = server.watch("configmaps", send_initial_events=True, allow_bookmarks=True)
    server.create(config_map("b"), now_ms=0)
    events = watch.receive()
    assert [event.type for event in events] == ["ADDED", "BOOKMARK", "ADDED"]
    assert events[1].object.metadata.annotations == {INITIAL_EVENTS_END: "true"}


@pytest.mark.parametrize("kind", ["DELETE", "PUT"])
def test_exactly_where_it_was_compacted(server: ApiServer, kind: str) -> None:
    """Of the change at the compacted revision nobody knows what was before it: the watch ends with 500 instead of losing it in silence."""
    before = server.create(config_map("a"), now_ms=0).metadata.resource_version
    if kind == "DELETE":
        server.delete("configmaps", "a", now_ms=0)
    else:
        server.update(config_map("a", "db"))
    server.compact()
    watch = server.watch("configmaps", resource_version=before)
    (event,) = watch.receive()
    assert (event.type, event.object["code"], event.object["reason"]) == ("ERROR", 500, "InternalError")
    assert event.object["message"] == (
        "Internal error occurred: etcd event received with PrevKv=nil "
        f'(key="/registry/configmaps/default/a", modRevision={server.resource_version}, type={kind})'
    )
    assert not watch.is_open


def test_leaving_a_selection(server: ApiServer) -> None:
    """For who selects a label, an object that loses it is deleted and one that gets it is added."""
    made = server.create(config_map("a"), now_ms=0)
    watch = server.watch("configmaps", resource_version=server.resource_version, label_selector="app=web")
    for app in ("db", "cache", "web"):
        server.patch("configmaps", "a", {"metadata": {"labels": {"app": app}}})
    events = watch.receive()
    assert [(event.type, event.object.labels["app"]) for event in events] == [("DELETED", "web"), ("ADDED", "web")]
    assert events[0].object.metadata.uid == made.metadata.uid


def test_one_namespace(server: ApiServer) -> None:
    """A watch of a namespace is told of that namespace; one of nodes needs none."""
    watch = server.watch("configmaps", namespace="kube-public", resource_version=server.resource_version)
    nodes = server.watch("nodes", namespace="ignored", resource_version=server.resource_version)
    server.create(config_map("a"), now_ms=0)
    server.create(config_map("b"), namespace="kube-public", now_ms=0)
    server.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}, now_ms=0)
    assert (told(watch), told(nodes)) == ([("ADDED", "b")], [("ADDED", "n1")])


def test_too_old(server: ApiServer) -> None:
    """A watch whose past is forgotten is told 410 Expired as an event, at its beginning or when it comes back too late."""
    old = server.resource_version
    late = server.watch("configmaps", resource_version=old)
    server.create(config_map("a"), now_ms=0)
    server.create(config_map("b"), now_ms=0)
    assert [event.type for event in late.receive()] == ["ADDED", "ADDED"]
    server.compact()
    for watch in (server.watch("configmaps", resource_version=old), server.watch("pods", resource_version="1")):
        (event,) = watch.receive()
        assert (event.type, event.object["code"], event.object["reason"]) == ("ERROR", 410, "Expired")
        assert not watch.is_open
    server.create(config_map("c"), now_ms=0)
    assert told(late) == [("ADDED", "c")]


def test_a_version_of_the_future(server: ApiServer) -> None:
    """A version that the store has not yet reached is told as an error event as well."""
    (event,) = server.watch("configmaps", resource_version="999").receive()
    assert (event.object["code"], event.object["reason"]) == (504, "Timeout")


def test_bookmarks(server: ApiServer) -> None:
    """A bookmark comes after everything before it, only to those that want it, and carries a version to go on from."""
    quiet = server.watch("nodes", resource_version=server.resource_version, allow_bookmarks=True)
    deaf = server.watch("nodes", resource_version=server.resource_version)
    server.create(config_map("a"), now_ms=0)
    server.send_bookmarks()
    server.create({"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n1"}}, now_ms=0)
    events = quiet.receive()
    assert [event.type for event in events] == ["ADDED", "BOOKMARK"]
    assert [event.type for event in deaf.receive()] == ["ADDED"]
    assert json.loads(json.dumps(shown(events[1])))["object"] == {
        "apiVersion": "v1", "kind": "Node", "metadata": {"resourceVersion": server.resource_version},
    }  # fmt: skip


def test_a_slow_reader_loses_nothing(server: ApiServer) -> None:
    """Who reads seldom and little is told everything in order, and stops nobody."""
    watch = server.watch("configmaps", resource_version=server.resource_version)
    for place in range(300):
        server.create(config_map(f"a{place:03}"), now_ms=0)
    events = [watch.receive(7) for _ in range(50)]
    assert [event.object.name for some in events for event in some] == [f"a{place:03}" for place in range(300)]
    assert max(map(len, events)) == 7


def test_a_closed_watch_is_silent(server: ApiServer) -> None:
    """After closing, nothing comes, and the server forgets the watch."""
    watch = server.watch("configmaps", resource_version=server.resource_version)
    watch.close()
    server.create(config_map("a"), now_ms=0)
    assert watch.receive() == []
    server.watch("configmaps")
    assert watch not in server.watches.values()
    server.check()

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects import ConfigMap


def config_map(name: str, app: str = "web") -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"app": app}}}


@pytest.fixture
def server() -> ApiServer:
    made = ApiServer(Random(1))
    for name in "ab":
        made.create(config_map(name), now_ms=0)
    return made


def following(server: ApiServer, **options: Any) -> tuple[Informer[ConfigMap], list[tuple[str, str, bool]]]:
    informer = Informer(server, ConfigMap, **options)
    heard: list[tuple[str, str, bool]] = []

    def hear(change: Change[ConfigMap]) -> None:
        heard.append((change.type, change.object.name, change.is_stale))

    informer.handlers.append(hear)
    return informer, heard


def test_list_then_watch(server: ApiServer) -> None:
    """The first step lists, every later one hears what has changed."""
    informer, heard = following(server)
    assert not informer.has_synced
    assert informer.step(now_ms=0) == "listed"
    assert informer.has_synced
    server.patch("configmaps", "a", {"data": {"x": "1"}})
    server.delete("configmaps", "b", now_ms=0)
    assert (informer.step(now_ms=0), informer.step(now_ms=0)) == ("heard 2", "")
    assert heard == [("added", "a", False), ("added", "b", False), ("updated", "a", False), ("deleted", "b", False)]
    assert [found.key for found in informer.cache] == ["default/a"]


def test_a_break_costs_nothing(server: ApiServer) -> None:
    """After a lost connection the watch goes on where it was; nothing is listed, nothing is missed."""
    informer, heard = following(server)
    informer.run(now_ms=0)
    server.create(config_map("c"), now_ms=0)
    informer.break_off()
    server.delete("configmaps", "a", now_ms=0)
    informer.run(now_ms=0)
    assert (informer.lists, heard[2:]) == (1, [("added", "c", False), ("deleted", "a", False)])


def test_too_old_means_list_anew(server: ApiServer) -> None:
    """When the past is forgotten, a second list tells the difference, and what is missing in it was deleted."""
    informer, heard = following(server)
    informer.run(now_ms=0)
    server.create(config_map("c"), now_ms=0)
    server.delete("configmaps", "a", now_ms=0)
    server.compact()
    informer.break_off()
    assert [informer.step(now_ms=0) for _ in range(3)] == ["expired", "listed", ""]
    assert (informer.lists, heard[2:]) == (2, [("deleted", "a", True), ("added", "c", False)])


def test_a_bookmark_spares_a_list(server: ApiServer) -> None:
    """Who watches something quiet and gets bookmarks is not too old after a compaction."""
    for bookmarked, lists in ((True, 1), (False, 2)):
        informer, _ = following(server, label_selector="app=none")
        informer.run(now_ms=0)
        server.patch("configmaps", "a", {"data": {"x": str(bookmarked)}})
        if bookmarked:
            server.send_bookmarks()
        informer.run(now_ms=0)
        server.patch("configmaps", "a", {"data": {"y": str(bookmarked)}})
        server.compact(str(int(server.resource_version) - 0) if not bookmarked else str(int(server.resource_version) - 1))
        informer.break_off()
        informer.run(now_ms=0)
        assert informer.lists == lists


def test_reminders(server: ApiServer) -> None:
    """With a resync, handlers are told of everything again after that time, as nothing new."""
    informer, heard = following(server, resync_ms=1_000)
    informer.run(now_ms=0)
    assert (informer.step(now_ms=999), informer.step(now_ms=1_000), informer.step(now_ms=1_001)) == ("", "resynced", "")
    assert heard[2:] == [("synced", "a", False), ("synced", "b", False)]


def test_only_what_is_selected(server: ApiServer) -> None:
    """An object that leaves the selection is deleted for the informer, and an index finds what it should."""
    informer, heard = following(server, label_selector="app", indexes={"app": lambda found: [found.labels.get("app", "")]})
    informer.run(now_ms=0)
    server.patch("configmaps", "a", {"metadata": {"labels": {"app": "db"}}})
    server.patch("configmaps", "b", {"metadata": {"labels": {"app": None}}})
    informer.run(now_ms=0)
    assert heard[2:] == [("updated", "a", False), ("deleted", "b", False)]
    assert [found.name for found in informer.cache.by("app", "db")] == ["a"]
    assert informer.cache.by("app", "web") == []
    informer.cache.check()


def test_many_pages(server: ApiServer) -> None:
    """The first list comes in pages of 500, all of one moment."""
    for place in range(600):
        server.create(config_map(f"x{place}"), now_ms=0)
    informer, _ = following(server)
    informer.run(now_ms=0)
    assert len(informer.cache) == 602

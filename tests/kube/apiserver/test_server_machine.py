"""The API server against a twin of fifty lines that keeps every state there ever was."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, multiple, rule

from k8sedu.kube.apiserver import ApiServer, Watch
from k8sedu.kube.informers import Change, Informer
from k8sedu.kube.objects import ConfigMap
from k8sedu.kube.status import AlreadyExistsError, ConflictError, ExpiredError, NotFoundError

names = st.sampled_from(["a", "b", "c"])
apps = st.sampled_from(["web", "db"])
finalizers = st.sampled_from([(), ("x.io/y",)])
State = dict[str, tuple[int, str, tuple[str, ...], bool]]
"""Name → (version, app, finalizers, is being deleted)."""


def config_map(name: str, app: str, held: tuple[str, ...], version: str = "") -> dict[str, Any]:
    metadata = {"name": name, "labels": {"app": app}, "finalizers": list(held)} | ({"resourceVersion": version} if version else {})
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def state_of(found: ConfigMap) -> tuple[int, str, tuple[str, ...], bool]:
    meta = found.metadata
    return int(meta.resource_version), meta.labels["app"], meta.finalizers, meta.deletion_timestamp is not None


class ApiServerMachine(RuleBasedStateMachine):
    """Random requests, asked of both."""

    versions = Bundle("versions")
    watches = Bundle("watches")

    @initialize(seed=st.integers(0, 9))
    def begin(self, seed: int) -> None:
        """An empty cluster."""
        self.server = ApiServer(Random(seed))
        self.revision = self.start = int(self.server.resource_version)
        self.now: State = {}
        self.history: dict[int, State] = {self.revision: {}}
        self.compacted = 0
        self.followed: Informer[ConfigMap] = Informer(self.server, ConfigMap, indexes={"app": lambda found: [found.labels["app"]]})
        self.heard: State = {}
        self.followed.handlers.append(self.hear)

    def hear(self, change: Change[ConfigMap]) -> None:
        """What an informer tells is enough to know everything."""
        if change.new is None:
            del self.heard[change.object.name]
        else:
            assert (change.type == "added") == (change.object.name not in self.heard)
            self.heard[change.object.name] = state_of(change.new)

    def wrote(self, name: str, *state: Any) -> None:
        """Another moment of history; without a state, the object is gone."""
        self.revision += 1
        self.now = {key: value for key, value in self.now.items() if key != name} | ({name: (self.revision, *state)} if state else {})
        self.history[self.revision] = self.now

    @rule(target=versions, name=names, app=apps, held=finalizers)
    def create(self, name: str, app: str, held: tuple[str, ...]) -> Any:
        """A new object, unless the name is taken."""
        if name in self.now:
            with pytest.raises(AlreadyExistsError):
                self.server.create(config_map(name, app, held), now_ms=self.revision)
            return multiple()
        found = self.server.create(config_map(name, app, held), now_ms=self.revision)
        self.wrote(name, app, held, False)
        return name, found.metadata.resource_version

    @rule(target=versions, version=versions, app=apps, held=finalizers, blind=st.booleans())
    def update(self, version: tuple[str, str], app: str, held: tuple[str, ...], blind: bool) -> Any:
        """A change of what was read some time ago: it counts only if nobody was faster."""
        name, read = version
        state = self.now.get(name)
        if state is not None and state[3]:
            held = tuple(each for each in held if each in state[2])  # nobody may hold what is being deleted
        wanted = config_map(name, app, held, "" if blind else read)
        if state is None:
            with pytest.raises(NotFoundError):
                self.server.update(wanted)
            return multiple()
        if not blind and int(read) != state[0]:
            with pytest.raises(ConflictError, match="has been modified"):
                self.server.update(wanted)
            return multiple()
        found = self.server.update(wanted)
        if state[3] and not held:
            self.wrote(name)
        elif state[1:3] != (app, held):
            self.wrote(name, app, held, state[3])
        assert int(found.metadata.resource_version) == (self.now[name][0] if name in self.now else self.revision)
        return name, found.metadata.resource_version

    @rule(name=names, app=apps, kind=st.sampled_from(["merge", "strategic", "json"]))
    def patch(self, name: str, app: str, kind: Any) -> None:
        """A change of one label, in any of the three languages."""
        patch: Any = {"metadata": {"labels": {"app": app}}}
        if kind == "json":
            patch = [{"op": "replace", "path": "/metadata/labels/app", "value": app}]
        if name not in self.now:
            with pytest.raises(NotFoundError):
                self.server.patch("configmaps", name, patch, type=kind)
            return
        self.server.patch("configmaps", name, patch, type=kind)
        _, before, held, deleting = self.now[name]
        if before != app:
            self.wrote(name, app, held, deleting)

    @rule(name=names)
    def delete(self, name: str) -> None:
        """It goes at once, or is marked once if a finalizer holds it."""
        if name not in self.now:
            with pytest.raises(NotFoundError):
                self.server.delete("configmaps", name, now_ms=self.revision)
            return
        self.server.delete("configmaps", name, now_ms=self.revision)
        _, app, held, deleting = self.now[name]
        if not held:
            self.wrote(name)
        elif not deleting:
            self.wrote(name, app, held, True)

    @rule(now=st.sampled_from([False, False, False, True]))
    def compact(self, now: bool) -> None:
        """The past is forgotten, not too often: after it every watch begins anew."""
        if now and self.revision > self.compacted:
            self.server.compact()
            self.compacted = self.revision

    @rule(limit=st.integers(1, 3), app=st.sampled_from(["", "web"]), name=names)
    def list_in_pages(self, limit: int, app: str, name: str) -> None:
        """All pages together are one moment, whatever is written between them."""
        selector = f"app={app}" if app else ""
        page = self.server.list("configmaps", limit=limit, label_selector=selector)
        expected = {key: state for key, state in self.now.items() if app in {"", state[1]}}
        found = list(page.items)
        while page.continue_:
            if page.remaining_item_count is not None:
                assert page.remaining_item_count == len(expected) - len(found)
            self.patch(name, "db", "merge")
            page = self.server.list("configmaps", limit=limit, label_selector=selector, continue_=page.continue_)
            found += page.items
        assert {each.name: state_of(each) for each in found} == expected
        assert [each.name for each in found] == sorted(expected)

    @rule(back=st.integers(0, 30))
    def list_the_past(self, back: int) -> None:
        """The state of any moment that is not forgotten can still be read."""
        moment = max(self.revision - back, self.start)
        if moment < self.compacted:
            with pytest.raises(ExpiredError):
                self.server.list("configmaps", resource_version=str(moment), resource_version_match="Exact")
            return
        found = self.server.list("configmaps", resource_version=str(moment), resource_version_match="Exact")
        assert {each.name: state_of(each) for each in found.items} == self.history[moment]

    @rule(target=watches, back=st.integers(0, 12), app=st.sampled_from(["", "web"]))
    def watch(self, back: int, app: str) -> tuple[Watch, int, str]:
        """A watch from some moment on."""
        moment = max(self.revision - back, self.start)
        selector = f"app={app}" if app else ""
        watch = self.server.watch("configmaps", resource_version=str(moment), label_selector=selector, allow_bookmarks=True)
        return watch, moment, app

    @rule(target=watches, watched=consumes(watches), name=names, app=apps)
    def change_and_receive(self, watched: tuple[Watch, int, str], name: str, app: str) -> Any:
        """A new object and its changes are told to who watches."""
        if name not in self.now:
            self.create(name, app, ())
        for label in ("web", app):
            self.patch(name, label, "merge")
        return self.receive(watched, late=False)

    @rule(name=names, now=st.sampled_from([False, False, True]))
    def lose_and_follow(self, name: str, now: bool) -> None:
        """An informer whose connection breaks while objects go and the past is forgotten finds out what has gone."""
        if not now:
            return
        self.follow(breaks=False)
        self.delete(name)
        self.create("zz" + name, "web", ())
        self.delete("zz" + name)
        self.compact(now=True)
        self.follow(breaks=True)

    @rule(target=watches, watched=consumes(watches), late=st.booleans())
    def receive(self, watched: tuple[Watch, int, str], late: bool) -> Any:
        """Every change since, once, in order; or the news that it is too late."""
        watch, moment, app = watched
        if late:
            self.server.send_bookmarks()
        events = watch.receive()
        if events and events[-1].type == "ERROR":
            assert events[-1].object["reason"] in {"Expired", "InternalError"}
            assert moment < self.compacted
            assert not watch.is_open
            assert watch.receive() == []
            return multiple()
        assert not late or events[-1].type == "BOOKMARK"
        if events and events[-1].type == "BOOKMARK":  # asked for now, or when another watch asked
            assert events.pop().object.metadata.resource_version == str(self.revision)
        told = [(event.type, event.object.name, event.object.metadata.resource_version) for event in events]
        since = range(moment + 1, self.revision + 1)
        assert told == [(kind, name, str(revision)) for revision in since for kind, name in self.happened(revision, app)]
        return watch, self.revision, app

    def happened(self, revision: int, app: str) -> list[tuple[str, str]]:
        """What a selection sees of one revision."""
        moments = (self.history[revision - 1], self.history[revision])
        before, after = ({name: state for name, state in moment.items() if app in {"", state[1]}} for moment in moments)
        gone = [("DELETED", name) for name in sorted(before.keys() - after.keys())]
        return gone + [("MODIFIED" if name in before else "ADDED", name) for name in sorted(after) if before.get(name) != after[name]]

    @rule(breaks=st.booleans())
    def follow(self, breaks: bool) -> None:
        """An informer knows everything once it has caught up, however often its connection breaks."""
        if breaks:
            self.followed.break_off()
        self.followed.run(now_ms=self.revision)
        assert {found.name: state_of(found) for found in self.followed.cache} == self.now == self.heard
        self.followed.cache.check()

    @invariant()
    def sound(self) -> None:
        """Both tell the same, and the server holds together."""
        if hasattr(self, "server"):
            self.server.check()
            assert self.server.resource_version == str(self.revision)
            assert {found.name: state_of(found) for found in self.server.list(ConfigMap).items} == self.now


TestApiServer = ApiServerMachine.TestCase
TestApiServer.settings = settings(settings.get_profile("dev"), max_examples=30, stateful_step_count=30)

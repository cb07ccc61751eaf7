"""A story of several clients and one API server: who reads what, who writes first, who is told, and who has to begin anew.

Each line is one request, in the order in which they arrive:

    ann create web replicas=3     a new object
    ann read web                  remember it as it is now
    ann set web replicas=5        change the remembered copy and write it back, with the version that was read
    ann patch web replicas=5      change that field, whatever version there is
    ann delete web                delete it
    ann list                      remember everything there is, and the version of that moment
    ann watch                     be told of everything that happens after the last version that was heard of
    ann away / ann back           the connection breaks; it comes back and goes on where it was
    compact                       the server forgets the past
    bookmark                      the server tells all watches how far they are

The objects are ConfigMaps, because they have nothing but data.

Left out: time. A step lasts as long as one looks at it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.kube.apiserver.server import ApiServer
from k8sedu.kube.apiserver.watching import Watch, WatchEvent
from k8sedu.kube.objects.cluster import ConfigMap
from k8sedu.kube.status import ApiError
from k8sedu.sim.recorder import Recorder
from k8sedu.sim.seeds import stream
from k8sedu.trace import Frozen, Trace, freeze

STEP_US = 1_000_000
KIND = "configmaps"
VERBS = ("create", "read", "set", "patch", "delete", "list", "watch", "away", "back")


class StoryError(K8sEduError, ValueError):
    """A line of a story that nobody can act out."""


class _Client:
    """Somebody who asks: what it remembers, up to which version it knows everything, and its watch."""

    def __init__(self) -> None:
        self.copies: dict[str, ConfigMap] = {}
        self.version = ""
        self.watch: Watch | None = None
        self.is_watching = False


def tell(lines: Iterable[str], *, seed: int = 0) -> Trace:
    """Act a story out; the trace's frames are what `kube.apiserver.views.play` draws.

    >>> trace = tell(["ann create web replicas=3", "ben read web", "ann set web replicas=4", "ben set web replicas=9"])
    >>> [(step.kind, step.actor, step.detail.code) for step in trace]
    [('create', 'ann', 201), ('read', 'ben', 200), ('update', 'ann', 200), ('conflict', 'ben', 409)]

    Raises:
        StoryError: a line that is no request, named with its number.
    """
    story = _Story([line.strip() for line in lines], seed)
    for number, line in enumerate(story.lines, 1):
        if line and not line.startswith("#"):
            story.act(line, number)
    return story.recorder.trace()


class _Story:
    def __init__(self, lines: list[str], seed: int) -> None:
        self.lines = lines
        self.server = ApiServer(stream(seed, "apiserver"))
        self.first = int(self.server.resource_version)
        words = (line.split() for line in lines if line and not line.startswith("#"))
        self.clients = {found[0]: _Client() for found in words if len(found) > 1}
        self.history: list[Frozen] = []
        self.recorder = Recorder("kube.apiserver", seed=seed, parameters={"lines": tuple(lines), "first": self.first})

    # -- lines ----------------------------------------------------------------------------------------------------------------------------

    def act(self, line: str, number: int) -> None:
        """One request, and what the others are told because of it."""
        words = line.split()
        if words == ["compact"]:
            self.server.compact()
            self.record("compact", "server", version=self.server.resource_version)
        elif words == ["bookmark"]:
            self.server.send_bookmarks()
        else:
            self._ask(words, line, number)
        self._tell_watchers()

    def _ask(self, words: list[str], line: str, number: int) -> None:
        needs = {"create": 3, "set": 4, "patch": 4, "read": 3, "delete": 3}
        if len(words) < 2 or words[1] not in VERBS or len(words) < needs.get(words[1], 2):
            raise StoryError(f"line {number} is {line!r}, expected CLIENT followed by one of {', '.join(VERBS)}, or compact, or bookmark")
        name, verb, *rest = words
        client = self.clients[name]
        fields = dict(word.partition("=")[::2] for word in rest[1:])
        try:
            getattr(self, f"_{verb}")(name, client, rest[0] if rest else "", fields)
        except KeyError:
            told = f"line {number} is {line!r}, but {name} has not read {rest[0]}"
            raise StoryError(f"{told}, expected it to read before it writes") from None

    def _refused(self, error: ApiError, verb: str, name: str, target: str, sent: str = "") -> None:
        kind = {409: "conflict", 404: "not_found"}.get(error.code, "refused")
        kind = "refused" if error.reason == "AlreadyExists" else kind
        self.record(kind, name, verb=verb, target=target, code=error.code, sent=sent, reason=error.reason, message=str(error))

    def _create(self, name: str, client: _Client, target: str, fields: dict[str, str]) -> None:
        body = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": target}, "data": fields}
        try:
            client.copies[target] = self.server.create(body, now_ms=0)
        except ApiError as error:
            self._refused(error, "create", name, target)
            return
        self.wrote("ADDED", target)
        self.record("create", name, target=target, code=201, version=client.copies[target].metadata.resource_version)

    def _read(self, name: str, client: _Client, target: str, _: dict[str, str]) -> None:
        try:
            client.copies[target] = self.server.get(ConfigMap, target)
        except ApiError as error:
            self._refused(error, "read", name, target)
            return
        self.record("read", name, target=target, code=200, version=client.copies[target].metadata.resource_version)

    def _set(self, name: str, client: _Client, target: str, fields: dict[str, str]) -> None:
        copy = client.copies[target]
        sent = copy.metadata.resource_version
        try:
            written = self.server.update(copy.evolve(data={**copy.data, **fields}))
        except ApiError as error:
            self._refused(error, "update", name, target, sent)
            return
        self._changed("update", name, client, written, sent)

    def _patch(self, name: str, client: _Client, target: str, fields: dict[str, str]) -> None:
        try:
            written = self.server.patch(KIND, target, {"data": fields})
        except ApiError as error:
            self._refused(error, "patch", name, target)
            return
        self._changed("patch", name, client, written, "")

    def _changed(self, verb: str, name: str, client: _Client, written: ConfigMap, sent: str) -> None:
        client.copies[written.name] = written
        if not self.history or str(self.history[-1].revision) != self.server.resource_version:
            self.wrote("MODIFIED", written.name)
        self.record(verb, name, target=written.name, code=200, sent=sent, version=written.metadata.resource_version)

    def _delete(self, name: str, client: _Client, target: str, _: dict[str, str]) -> None:
        try:
            last = self.server.delete(KIND, target, now_ms=0)
        except ApiError as error:
            self._refused(error, "delete", name, target)
            return
        client.copies.pop(target, None)
        self.wrote("DELETED", target)
        self.record("delete", name, target=target, code=200, version=last.metadata.resource_version)

    def _list(self, name: str, client: _Client, *_: Any) -> None:
        found = self.server.list(ConfigMap)
        client.copies = {each.name: each for each in found.items}
        client.version = found.resource_version
        self.record("list", name, code=200, version=found.resource_version, count=len(found.items))

    def _watch(self, name: str, client: _Client, *_: Any) -> None:
        client.version = client.version or self.server.resource_version
        client.watch = self.server.watch(KIND, resource_version=client.version, allow_bookmarks=True)
        client.is_watching = True
        self.record("watch", name, code=200, version=client.version)

    def _away(self, name: str, client: _Client, *_: Any) -> None:
        if client.watch is not None:
            client.watch.close()
        client.watch = None
        self.record("away", name, version=client.version)

    def _back(self, name: str, client: _Client, *_: Any) -> None:
        self._watch(name, client)

    # -- telling --------------------------------------------------------------------------------------------------------------------------

    def _tell_watchers(self) -> None:
        for name, client in self.clients.items():
            for event in client.watch.receive() if client.watch is not None else ():
                self._told(name, client, event)

    def _told(self, name: str, client: _Client, event: WatchEvent) -> None:
        if event.type == "ERROR":
            client.watch, client.is_watching = None, False
            status = event.object
            self.record("expired", name, code=status["code"], reason=status["reason"], message=status["message"], version=client.version)
            return
        found = event.object
        client.version = found.metadata.resource_version
        if event.type == "DELETED":
            client.copies.pop(found.name, None)
        elif event.type != "BOOKMARK":
            client.copies[found.name] = found
        self.record("told", name, target=found.name, event=event.type, version=client.version)

    def wrote(self, event: str, target: str) -> None:
        """One more moment of history."""
        self.history.append(Frozen(revision=int(self.server.resource_version), event=event, target=target))

    def record(self, kind: str, actor: str, **detail: Any) -> None:
        """Write a step down, with everything as it is after it."""
        objects = {found.name: _shown(found) for found in self.server.list(ConfigMap).items}
        clients = {
            name: Frozen(
                copies=Frozen({key: _shown(copy) for key, copy in client.copies.items()}), version=client.version,
                is_watching=client.is_watching, is_connected=client.watch is not None,
            )
            for name, client in self.clients.items()
        }  # fmt: skip
        compacted = max(self.server.storage.store.compact_revision, 0)
        frame = Frozen(
            revision=int(self.server.resource_version), compacted=compacted, objects=Frozen(objects), clients=Frozen(clients),
            history=tuple(self.history),
        )  # fmt: skip
        self.recorder.record(len(self.recorder) * STEP_US, kind, actor, freeze(detail), frame)


def _shown(found: ConfigMap) -> Frozen:
    return Frozen(version=found.metadata.resource_version, data=Frozen(found.data))

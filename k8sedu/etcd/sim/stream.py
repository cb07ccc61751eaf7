"""The watches of one client, and the connection over which it is told: news in order, nothing twice, and another member when this one is
gone.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from k8sedu.etcd import commands
from k8sedu.etcd.agreement import watch_exactly_once
from k8sedu.etcd.api import WatchCreateRequest
from k8sedu.etcd.ranges import bounds
from k8sedu.etcd.sim.frames import text
from k8sedu.trace import Frozen

if TYPE_CHECKING:
    from k8sedu.etcd.sim.clients import Client


class Watch:
    """One watch as its client sees it."""

    def __init__(self, request: WatchCreateRequest) -> None:
        self.request = request
        self.start_revision = self.next_revision = request.start_revision
        """The first revision that it was told of, and the first that it was not; 0 while that is not known."""
        self.last_event_us: int | None = None
        first, self.end = bounds(request.key, request.range_end)
        self.first = first

    def covers(self, key: bytes) -> bool:
        """Is it about this key?"""
        return self.first <= key and (self.end is None or key < self.end)

    def line(self, number: int) -> str:
        """The wish for it, from where it stands."""
        end = text(self.request.range_end)
        words: list[object] = ["watch", text(self.request.key), *(["to", end] if end else [])]
        return commands.words_of(*words, *(["from", self.next_revision] if self.next_revision else []), "as", number)


class WatchStream:
    """A client's connection to one member, with all its watches."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.watches: dict[int, Watch] = {}
        self.connection = 0
        self.member = ""
        self.expected = 1
        self.early: dict[int, tuple[dict[str, Any], str]] = {}
        self.heard_us = 0
        self.is_pinging = False

    # -- wishes ----------------------------------------------------------------------------------------------------------------------------

    def watch(self, line: str) -> None:
        """Begin a watch."""
        number = len(self.watches) + 1
        self.watches[number] = Watch(commands.parse(line))
        if not self.connection:
            self._open(self.client.target)
        else:
            self._wish(number)
        if not self.is_pinging:
            self.is_pinging = True
            self.client.after(self.client.options.ping_ms, self._ping)

    def stop(self) -> None:
        """End all watches."""
        self.client.post(str(self.connection), "bye", to=self.member or self.client.target)
        self.watches.clear()

    def move(self, why: str, *, to: str = "") -> None:
        """Go on at another member, each watch from the first revision that it has not seen."""
        if not self.watches:
            return
        to = to or self.client.member_after(self.member)
        rows = tuple((number, watch.next_revision) for number, watch in self.watches.items())
        self.client.world.record("watch_reconnect", self.client.name, to=to, left=self.member, why=why, watches=rows)
        self._open(to)

    def _open(self, member: str) -> None:
        self.member, self.expected = member, 1
        self.connection += 1
        self.early.clear()
        self.heard_us = self.client.world.now_us
        for number in self.watches:
            self._wish(number)

    def _wish(self, number: int) -> None:
        self.client.post(str(self.connection), self.watches[number].line(number), to=self.member)

    def _ping(self) -> None:
        """Is anybody there? Silence over two pings, or a gap that does not close, ends the connection."""
        if not self.watches:
            self.is_pinging = False
            return
        options, now_us = self.client.options, self.client.world.now_us
        if now_us - self.heard_us > 2_500 * options.ping_ms:
            self.move("silence")
        else:
            self.client.post(str(self.connection), "progress", to=self.member)
        self.client.after(options.ping_ms, self._ping)

    # -- news ------------------------------------------------------------------------------------------------------------------------------

    def receive(self, message: str, sender: str) -> None:
        """Take a message of this connection, in its turn."""
        connection, number, body = message.split(" ", 2)
        if int(connection) != self.connection or not self.watches:
            return
        news = json.loads(body)
        if "closed" in news:
            self.move(news["closed"])
            return
        if int(number) >= self.expected:
            self.early[int(number)] = (news, sender)
        while self.expected in self.early and self.connection == int(connection):
            self.heard_us = self.client.world.now_us
            taken, sender = self.early.pop(self.expected)
            self.expected += 1
            self._take(taken, sender)

    def _take(self, news: dict[str, Any], sender: str) -> None:
        watch = self.watches.get(news["watch"])
        self.client.touch()
        world, name = self.client.world, self.client.name
        if watch is None:
            self._progress(news)
        elif "canceled" in news:
            del self.watches[news["watch"]]
            world.record("watch_canceled", name, member=sender, **news)
        elif "created" in news:
            watch.next_revision = watch.next_revision or news["revision"] + 1
            watch.start_revision = watch.start_revision or watch.next_revision
            detail = {"watch": news["watch"], "start_revision": watch.next_revision, "revision": news["revision"]}
            world.record("watch_created", name, member=sender, **detail)
        else:
            self._events(watch, news, sender)

    def _progress(self, news: dict[str, Any]) -> None:
        """All watches have been told everything up to this revision."""
        for watch in self.watches.values():
            if watch.next_revision:
                watch.next_revision = max(watch.next_revision, news["revision"] + 1)

    def _events(self, watch: Watch, news: dict[str, Any], sender: str) -> None:
        world, rows = self.client.world, tuple(tuple(row) for row in news["events"])
        began, last = watch.next_revision, rows[-1][3]
        watch.next_revision, watch.last_event_us = last + 1, world.now_us
        told = {"watch": news["watch"], "events": rows, "revision": news["revision"], "from_revision": began}
        world.record("watch_event", self.client.name, member=sender, **told, first=rows[0][3], last=last)
        if world.agreement is not None:
            events = [(kind, key.encode(), value.encode(), revision) for kind, key, value, revision in rows]
            complaint = watch_exactly_once(world.agreement, events, next_revision=began, covers=watch.covers)
            world.judge(f"watch_exactly_once: {complaint}" if complaint else "")

    # -- its picture -----------------------------------------------------------------------------------------------------------------------

    def take_frame(self) -> Frozen:
        """All watches as a frozen value, by their numbers."""
        return Frozen({
            str(number): Frozen(
                key=text(watch.request.key), range_end=text(watch.request.range_end), member=self.member,
                start_revision=watch.start_revision, next_revision=watch.next_revision, last_event_us=watch.last_event_us,
            )
            for number, watch in self.watches.items()
        })  # fmt: skip

"""What clients do by themselves: write, watch, hold a lease, count together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from k8sedu.etcd.commands import words_of

if TYPE_CHECKING:
    from k8sedu.etcd.sim.clients import Client


class Habit:
    """A guest: does nothing by itself."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def start(self) -> None:
        """Begin."""

    def next(self) -> str:
        """The next command, or nothing."""
        return ""

    def answered(self, command: str, answer: dict[str, Any]) -> None:
        """A command was answered, or nobody answered."""

    def lost(self, lease: int) -> None:
        """A lease that it kept alive is gone."""


class Writer(Habit):
    """Puts, deletes and reads keys, whatever comes to its mind."""

    def start(self) -> None:
        """Think first."""
        self.client.think()

    def next(self) -> str:
        """A random command."""
        options, random = self.client.options, self.client.random
        key, luck = random.choice(options.keys), random.random()
        if luck < options.reads_ratio:
            return words_of("get", key)
        luck -= options.reads_ratio
        if luck < options.deletes_ratio:
            return words_of("delete", key)
        luck -= options.deletes_ratio
        value = f"{self.client.name}-{self.client.serial + 1}"
        if luck < options.txns_ratio:
            other = random.choice(options.keys)
            also = f" and {words_of('put', other, value)}" if other != key else ""
            return f"txn if {words_of('version', key, '>', 0)} then {words_of('put', key, value)}{also} else {words_of('get', key)}"
        return words_of("put", key, value)


class Watcher(Habit):
    """Watches everything under the prefix."""

    def start(self) -> None:
        """Begin at once, from now on."""
        self.client.do(words_of("watch", self.client.options.prefix, "prefix"))


class Keeper(Habit):
    """Holds a lease with keys on it, and begins anew when it is lost."""

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.granted = 0
        self.lease = 0
        self.keys_left = 0

    def start(self) -> None:
        """Think first."""
        self.client.think()

    def next(self) -> str:
        """A grant, then the puts of its keys, then nothing but keep-alives."""
        options = self.client.options
        if not self.lease:
            self.granted += 1
            return words_of("grant", int(self.client.name[1:]) * 1000 + self.client.epoch * 100 + self.granted, options.ttl_s)
        if not self.keys_left:
            return ""
        self.keys_left -= 1
        key = f"{self.client.name}/{options.keys_per_lease - self.keys_left}"
        return words_of("put", key, "alive", "lease", self.lease)

    def answered(self, command: str, answer: dict[str, Any]) -> None:
        """A lease that was granted is kept alive from now on."""
        words = command.split()
        if words[0] == "grant" and answer["ok"]:
            self.lease, self.keys_left = int(words[1]), self.client.options.keys_per_lease
            self.client.keep(self.lease, self.client.options.ttl_s)

    def lost(self, lease: int) -> None:
        """Begin anew."""
        if lease == self.lease:
            self.lease = self.keys_left = 0
            self.client.think()


class Counter(Habit):
    """Adds one to the first key, again and again, without ever losing somebody else's one.

    Read value and `mod_revision`; put the next value if `mod_revision` is still the same; if not, somebody was faster: read again.
    """

    def __init__(self, client: Client) -> None:
        super().__init__(client)
        self.seen: tuple[int, int] | None = None

    def start(self) -> None:
        """Think first."""
        self.client.think()

    def next(self) -> str:
        """Read, or write what follows from what was read."""
        key = self.client.options.keys[0]
        if self.seen is None:
            return words_of("get", key)
        value, revision = self.seen
        condition = words_of("mod", key, "=", revision)
        return f"txn if {condition} then {words_of('put', key, value + 1)} else {words_of('get', key)}"

    def answered(self, command: str, answer: dict[str, Any]) -> None:
        """Remember what was read; a write that failed brings the new value along."""
        if not answer["ok"] or (command.startswith("txn") and answer["succeeded"]):
            self.seen = None
            return
        rows: list[list[Any]] = answer["kvs"]
        _, value, revision, _ = rows[0] if rows else ("", "0", 0, 0)
        self.seen = (int(value) if value.isdecimal() else 0, revision)


HABITS: dict[str, Callable[[Client], Habit]] = {
    "writer": Writer, "watcher": Watcher, "keeper": Keeper, "counter": Counter, "guest": Habit,
}  # fmt: skip
"""All habits, by their names."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from k8sedu.etcd.api import Event, KeyValue, WatchCreateRequest, prefix_end
from k8sedu.etcd.ranges import bounds
from k8sedu.etcd.watchers import Watcher, Watchers

KEYS = ["a", "a/1", "a/2", "b", "b/1", "c", "zz"]
ENDS = ["", "\0", "a/2", "b", "b0", "c", "zzz"]


def watch(watch_id: int, key: str, end: str = "", *, stream: int = 0, **options: Any) -> Watcher:
    """A watch that knows everything so far."""
    return Watcher(watch_id, stream, WatchCreateRequest(key, end, **options), bounds(key, end), start_revision=2, group="synced")


class WatchersMachine(RuleBasedStateMachine):
    """Watches come and go; a plain dictionary of all of them is asked beside."""

    def __init__(self) -> None:
        super().__init__()
        self.watchers, self.plain = Watchers(), dict[tuple[int, int], Watcher]()

    @rule(number=st.integers(0, 2), stream=st.integers(0, 1), key=st.sampled_from(KEYS), end=st.sampled_from(ENDS))
    def add(self, number: int, stream: int, key: str, end: str) -> None:
        """One comes, if its name is free; ranges may be empty or overlap."""
        if (stream, number) not in self.plain:
            watcher = self.plain[stream, number] = watch(number, key, end, stream=stream)
            self.watchers.add(watcher)

    @rule(number=st.integers(0, 2), stream=st.integers(0, 1))
    def discard(self, number: int, stream: int) -> None:
        """One goes, and goes again."""
        watcher = self.plain.pop((stream, number), None)
        if watcher is not None:
            self.watchers.discard(watcher)
            self.watchers.discard(watcher)

    @rule(key=st.sampled_from([*KEYS, "", "a0", "zzzz"]))
    def of(self, key: str) -> None:
        """Found are those that a look at every one finds, each once."""
        found = [(watcher.stream, watcher.watch_id) for watcher in self.watchers.of(key.encode())]
        assert sorted(found) == sorted(name for name, watcher in self.plain.items() if watcher.covers(key.encode()))

    @invariant()
    def counts(self) -> None:
        """Their number is right, and none is false."""
        assert len(self.watchers) == len(self.plain)
        assert bool(self.watchers) == bool(self.plain)


TestWatchersMachine = WatchersMachine.TestCase


class Noted(list[Any]):
    """A list that notes which of its places are read."""

    def __init__(self, items: list[Any], places: list[int]) -> None:
        super().__init__(items)
        self.places = places

    def __getitem__(self, place: Any) -> Any:
        self.places.append(place)
        return super().__getitem__(place)


@pytest.mark.parametrize("key", [f"/registry/{number:03}/pod" for number in (0, 1, 500, 998, 999)])
def test_disjoint_ranges_are_not_asked_one_by_one(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a thousand watches on disjoint prefixes, at most two are looked at to find whose a key is."""
    watchers = Watchers()
    for number in range(1_000):
        prefix = f"/registry/{number:03}/"
        watchers.add(watch(number, prefix, prefix_end(prefix).decode()))
    assert watchers.of(b"") == []
    looked: list[int] = []
    monkeypatch.setattr(watchers, "_reach", Noted(watchers._reach, looked))
    assert [watcher.watch_id for watcher in watchers.of(key.encode())] == [int(key.split("/")[2])]
    assert len(looked) <= 2


def test_one_long_range_hides_no_short_one() -> None:
    """A range that reaches over all others is found beside the short one in which the key lies, and beside a watch of the key alone."""
    watchers = Watchers()
    for watcher in (watch(1, "a", "\0"), watch(2, "b", "c"), watch(3, "d", "e"), watch(4, "d/1")):
        watchers.add(watcher)
    assert sorted(watcher.watch_id for watcher in watchers.of(b"d/1")) == [1, 3, 4]
    assert [watcher.watch_id for watcher in watchers.of(b"f")] == [1]


def test_the_order_of_creation_decides_nothing() -> None:
    """Watches of ranges are told in one order, whichever began first."""
    made = [("a", "c"), ("a", "\0"), ("", "b0"), ("b", "b0")]
    orders = []
    for numbers in ([0, 1, 2, 3], [3, 1, 0, 2]):
        watchers = Watchers()
        for number in numbers:
            watchers.add(watch(number, *made[number]))
        orders.append([watcher.watch_id for watcher in watchers.of(b"b")])
    assert orders[0] == orders[1]
    assert sorted(orders[0]) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("filters", "puts", "deletes"),
    [((), True, True), (("NOPUT",), False, True), (("NODELETE",), True, False), (("NOPUT", "NODELETE"), False, False)],
)
def test_filters(filters: Any, puts: bool, deletes: bool) -> None:
    """A filter keeps away the events that it names, and no others."""
    watcher = watch(1, "a", filters=filters)
    assert watcher.wants(Event("PUT", KeyValue(b"a"))) == puts
    assert watcher.wants(Event("DELETE", KeyValue(b"a"))) == deletes

"""Laws of etcd's promises: each holds wherever etcd does what it should, and each is broken by the one fault that it is there for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu import etcd
from k8sedu.etcd import invariants, specimens
from k8sedu.etcd.agreement import LAWS, watch_exactly_once
from k8sedu.etcd.frames import store_frame
from k8sedu.etcd.invariants import INVARIANTS, UnknownInvariantError, check, check_frame
from k8sedu.etcd.mvcc import Store
from k8sedu.trace import Frozen, Trace

STORY = ["put a 1", "put b 2", "delete a", "put a 3", "txn if mod a = 5 then put x 1 and put y 2 else get a", "delete zz", "compact 4"]
KEYS = st.sampled_from("abc")
COMMANDS = st.lists(
    st.one_of(
        st.builds("put {} {}".format, KEYS, st.integers(0, 9)),
        st.builds("delete {}".format, KEYS),
        st.builds("txn if mod {} > 3 then put d 1 and put e 2 else delete {}".format, KEYS, KEYS),
        st.builds("compact {}".format, st.integers(0, 12)),
    ),
    max_size=15,
)


def set_at(frame: Any, path: tuple[str, ...], change: Callable[[Any], Any]) -> Frozen:
    """A picture in which one thing deep inside is another one."""
    if not path:
        return change(frame)  # type: ignore[no-any-return]  # whatever stands there
    return Frozen({**frame, path[0]: set_at(frame[path[0]], path[1:], change)})


def first_page(frame: Frozen, change: Callable[[list[Any]], list[Any]]) -> Frozen:
    """A picture in which the first page has other records."""
    return set_at(frame, ("pages", "pages", frame.pages.first, "records"), lambda rows: tuple(change(list(rows))))


def first_node(frame: Frozen, field: str, change: Callable[[list[Any]], list[Any]]) -> Frozen:
    """A picture in which the index's root holds something else."""
    return set_at(frame, ("index", "nodes", frame.index.root, field), lambda rows: tuple(change(list(rows))))


def store_of(*commands: str) -> Frozen:
    """A store after some commands."""
    frame = etcd.tell(commands)[-1].frame
    assert frame is not None
    return frame


ONE, TWO = store_of("put a 1"), store_of("put a 1", "put b 2")
COMPACTED = store_of("put a 1", "put a 2", "put b 1", "compact 3")
PAIR = store_of("put a 1", "txn if version a = 1 then put x 1 and put y 2")
HELD = Frozen(
    id="n1", store=ONE, leases=Frozen({"7": Frozen({"keys": ("a",), "ttl_s": 9})}), kvs=(("a", "1", 2, 2, 1, 7),)
)  # fmt: skip

FAULTS: dict[str, tuple[Frozen | None, Frozen]] = {
    "revision_only_grows": (TWO, ONE),
    "one_transaction_one_revision": (ONE, store_of("put a 1", "put b 2", "put c 3")),
    "no_revision_without_change": (ONE, ONE.evolve(revision=3)),
    "the_past_does_not_change": (ONE, first_page(ONE, lambda rows: [(rows[0][0], "a", "9", False, 0)])),
    "compaction_only_goes_on": (COMPACTED, COMPACTED.evolve(compact_revision=2)),
    "index_and_store_agree": (None, first_page(TWO, lambda rows: rows[1:])),
    "index_is_in_order": (None, first_node(TWO, "keys", lambda keys: keys[::-1])),
    "pages_are_in_order": (None, first_page(TWO, lambda rows: rows[::-1])),
    "revisions_have_no_gaps_inside": (None, first_page(PAIR, lambda rows: [row for row in rows if row[0] != "3.0"])),
    "versions_count_puts": (None, set_at(ONE, ("keys", "a", "version"), lambda _: 2)),
    "created_before_modified": (None, set_at(ONE, ("keys", "a", "mod_revision"), lambda _: 1)),
    "the_compacted_past_is_gone": (None, first_node(COMPACTED, "lives", lambda lives: [(("2", "3"),), *lives[1:]])),
    "leases_point_to_live_keys": (None, HELD.evolve(kvs=())),
}
"""Promise → pictures before and after, with the one fault that it is there for."""


def test_every_promise_that_a_picture_shows_has_its_fault() -> None:
    """The table of faults is whole, and laws of clusters are those that runs are judged by."""
    assert set(FAULTS) == set(invariants.chosen(None))
    judged = {law.__name__ for law in (*LAWS, watch_exactly_once)}
    assert {name for name, invariant in INVARIANTS.items() if invariant.scope == "cluster"} == judged


@pytest.mark.parametrize("name", FAULTS)
def test_the_fault_breaks_its_promise(name: str) -> None:
    """With its own fault a promise is broken, in one sentence."""
    before, now = FAULTS[name]
    found = check_frame(now, before, names=[name])
    assert found is not None
    assert found.name == name
    assert found.message.endswith(".")


@pytest.mark.parametrize("name", FAULTS)
def test_without_the_fault_it_holds(name: str) -> None:
    """The same pictures without the fault break nothing: a promise is no false alarm."""
    for frame in (ONE, TWO, COMPACTED, PAIR, HELD):
        assert check_frame(frame, names=[name]) is None


@given(COMMANDS)
@settings(max_examples=40, deadline=None)
def test_whatever_one_asks_every_promise_holds(commands: list[str]) -> None:
    """Random requests, refused ones and compactions among them, break nothing in the model."""
    assert check(etcd.tell(commands)) is None


def test_every_promise_holds_in_what_a_real_etcd_left() -> None:
    """The directories of a real member and of a real cluster."""
    for place in ("datadir", "cluster/m1", "cluster/m2", "cluster/m3"):
        assert check(etcd.datadir.load(specimens.path(place)).server.store) is None


def test_a_story_is_judged_between_requests_and_says_where_it_went_wrong() -> None:
    """The step that broke the promise is named; the way through a request, where the index is ahead of the pages, breaks none."""
    story = etcd.tell(STORY)
    assert check(story) is None
    last = story[-1]
    broken = Trace(story.system, story.seed, story.parameters, (*story[:-1], last._replace(frame=last.frame.evolve(revision=2))))
    found = check(broken)
    assert found is not None
    assert (found.name, found.step) == ("revision_only_grows", last.index)


def test_a_cluster_is_judged_member_by_member() -> None:
    """A member whose store falls back without a restart is named."""
    trace = etcd.simulate(seed=3, duration_ms=6_000, clients=2)
    assert check(trace) is None
    last = trace[-1]
    old = next(step for step in trace if step.frame.nodes.n2.revision == 3).frame.nodes.n2
    frame = set_at(last.frame, ("nodes", "n2"), lambda _: old)
    found = check(Trace(trace.system, trace.seed, trace.parameters, (*trace[:-1], last._replace(frame=frame))))
    assert found is not None
    assert (found.name, found.member) == ("revision_only_grows", "n2")


@contextmanager
def broken_put(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that forgets to count versions."""
    original = Store.get

    def get(self: Store, *args: Any, **kwargs: Any) -> Any:
        found = original(self, *args, **kwargs)
        return found._replace(version=1) if found and found.version > 1 else found

    monkeypatch.setattr(Store, "get", get)
    yield
    monkeypatch.undo()


def test_a_run_ends_where_a_member_goes_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster whose members all make the same mistake agree with each other; their pictures give them away."""
    with broken_put(monkeypatch):
        trace = etcd.simulate(seed=3, duration_ms=8_000, clients=2)
    assert trace[-1].kind == "violation"
    assert trace[-1].detail.invariant in {"versions_count_puts", "created_before_modified"}


@pytest.mark.parametrize(("name", "says"), [("nonsense", "is not known"), ("watch_exactly_once", "judged while a cluster runs")])
def test_a_name_that_cannot_be_judged_is_refused(name: str, says: str) -> None:
    """The sentence says why."""
    with pytest.raises(UnknownInvariantError, match=says):
        check(Store(), names=[name])


def test_a_live_store_can_be_asked() -> None:
    """As a student would, after each exercise."""
    store = Store(order=4, page_records=4)
    for number in range(40):
        store.put(f"k{number % 7}", str(number))
    store.compact(30)
    assert check(store) is None
    assert check_frame(store_frame(store), names=["the_compacted_past_is_gone", "index_is_in_order"]) is None


def test_each_promise_is_said_in_both_languages() -> None:
    """What it says and what it prevents."""
    for invariant in INVARIANTS.values():
        assert invariant.says.en.endswith(".")
        assert invariant.says.zh.endswith("。")
        assert all(invariant.prevents)

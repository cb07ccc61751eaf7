"""Laws of the managers' store: what is written is read, and a copy does not follow."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from k8sedu.swarm.mode.service import Port, Service, Spec, Update
from k8sedu.swarm.mode.store import CHANGES_MAX, Change, Node, Removed, Store, batches, read, written
from k8sedu.swarm.mode.task import STATES, Task

SPEC = st.builds(
    Spec,
    image=st.text(max_size=5),
    constraints=st.lists(st.just("node.role==worker"), max_size=2).map(tuple),
    platforms=st.lists(st.tuples(st.just("linux"), st.just("amd64")), max_size=2).map(tuple),
    ports=st.lists(st.builds(Port, st.integers(1, 9), st.integers(1, 9)), max_size=2).map(tuple),
    runs_ms=st.none() | st.integers(1, 9),
)
UPDATE = st.builds(Update, parallelism=st.integers(0, 3), max_failure_ratio=st.floats(0, 1))
CHANGE: st.SearchStrategy[Change] = st.one_of(
    st.builds(Service, st.sampled_from("ab"), SPEC, previous=st.none() | SPEC, update=UPDATE, rollback=UPDATE),
    st.builds(Task, st.sampled_from(["t1", "t2"]), st.sampled_from("ab"), st.integers(1, 3), SPEC, state=st.sampled_from(list(STATES))),
    st.builds(Node, st.sampled_from(["n1", "n2"]), labels=st.lists(st.tuples(st.just("zone"), st.text(max_size=3)), max_size=1).map(tuple)),
    st.builds(Removed, st.sampled_from(["t1", "t2"])),
)


@settings(max_examples=40)
@given(st.lists(CHANGE, max_size=4))
def test_what_is_written_is_read(changes: list[Change]) -> None:
    """Lines of the log give the same objects back, and a snapshot the same store."""
    assert read(written(changes)) == changes
    store, other = Store(), Store()
    store.apply(written(changes))
    other.load(store.dump())
    assert (other.services, other.tasks, other.nodes) == (store.services, store.tasks, store.nodes)


def test_a_copy_does_not_follow() -> None:
    """What is put into one is not in the other."""
    store = Store()
    copy = store.copy()
    store.put(Node("n1"))
    assert not copy.nodes


def test_a_batch_holds_at_most_200() -> None:
    """As swarmkit's do."""
    changes: list[Change] = [Removed(str(number)) for number in range(450)]
    assert [len(batch) for batch in batches(changes)] == [CHANGES_MAX, CHANGES_MAX, 50]

"""What a leader believes of a follower."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.progress import Progress


def test_probe_waits_for_an_answer():
    """A probed follower gets one message, and the next only after an answer."""
    progress = Progress(next_index=5)
    assert progress.may_send(window=9)
    progress.sent(7, count=3)
    assert not progress.may_send(window=9)
    assert progress.next_index == 5
    progress.acknowledge(7)
    assert progress.may_send(window=9)


def test_replicate_streams_up_to_the_window():
    """A follower that agrees gets messages without waiting, until the window is full; each answer frees what it covers."""
    progress = Progress(next_index=1)
    progress.become_replicate()
    for last in (1, 2, 3):
        assert progress.may_send(window=3)
        progress.sent(last, count=1)
    assert (progress.may_send(window=3), progress.next_index, progress.inflight) == (False, 4, [1, 2, 3])
    progress.acknowledge(2)
    assert (progress.may_send(window=3), progress.inflight) == (True, [3])


def test_empty_messages_take_no_place_in_the_window():
    """A message without entries is not counted."""
    progress = Progress(next_index=1)
    progress.become_replicate()
    progress.sent(0, count=0)
    assert (progress.inflight, progress.next_index) == ([], 1)


REFUSALS = [
    ("probe", (0, 10), (9, 9), 9),
    ("probe", (0, 10), (9, 4), 5),
    ("probe", (3, 10), (9, 1), 4),
    ("probe", (0, 10), (8, 4), None),
    ("probe", (0, 1), (0, 0), 1),
    ("replicate", (5, 10), (5, 2), None),
    ("replicate", (5, 10), (8, 2), 6),
]


@pytest.mark.parametrize(("state", "match_and_next", "index_and_hint", "after"), REFUSALS)
def test_refusals(state, match_and_next, index_and_hint, after):
    """A refusal moves next_index back to the hint, never to or below match_index, and an outdated one moves nothing."""
    match_index, next_index = match_and_next
    progress = Progress(next_index=next_index, match_index=match_index)
    progress.state = state
    assert progress.refuse(*index_and_hint) is (after is not None)
    assert progress.next_index == (after or next_index)


steps = st.one_of(
    st.tuples(st.just("sent"), st.integers(0, 3)),
    st.tuples(st.just("acknowledge"), st.integers(0, 20)),
    st.tuples(st.just("refuse"), st.integers(0, 20), st.integers(0, 20)),
    st.tuples(st.sampled_from(("become_probe", "become_replicate", "give_up_snapshot"))),
    st.tuples(st.just("become_snapshot"), st.integers(0, 20)),
)


@given(st.lists(steps, max_size=30))
def test_the_guess_is_always_above_the_proof(calls):
    """Whatever answers come in whatever order, next_index > match_index, and match_index never falls."""
    progress = Progress(next_index=8)
    for name, *arguments in calls:
        proven = progress.match_index
        if name == "sent":
            progress.sent(progress.next_index - 1 + arguments[0], count=arguments[0])
        else:
            getattr(progress, name)(*arguments)
        assert progress.next_index > progress.match_index >= proven
        assert progress.inflight == sorted(progress.inflight)


def test_after_a_snapshot_the_probe_starts_behind_it():
    """When a snapshot has arrived, probing goes on behind it; when it was given up, behind what is proven."""
    for finish, wanted in (("become_probe", 8), ("give_up_snapshot", 3)):
        progress = Progress(next_index=3, match_index=2)
        progress.become_snapshot(7)
        assert not progress.may_send(window=9)
        getattr(progress, finish)()
        assert (progress.state, progress.next_index, progress.may_send(window=9)) == ("probe", wanted, True)

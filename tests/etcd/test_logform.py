from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.api import LeaseCheckpointRequest, LeaseGrantRequest, PutRequest, RangeRequest, TxnRequest
from k8sedu.etcd.entry import write_entry
from k8sedu.etcd.logform import from_log, mark_of, snapshot_from_log, snapshot_to_log, state_from_log, state_to_log, to_log
from k8sedu.etcd.protobuf import ProtobufError
from k8sedu.etcd.schema import LogEntry
from k8sedu.raft.messages import Entry, Snapshot
from k8sedu.raft.ready import HardState

PLACES = st.integers(1, 2**40)
KEYS = st.binary(min_size=1, max_size=20)
REQUESTS = st.one_of(
    st.builds(PutRequest, KEYS, st.binary(max_size=50), st.integers(0, 2**63 - 1), st.booleans(), st.booleans(), st.booleans()),
    st.builds(LeaseGrantRequest, st.integers(1, 2**40), st.integers(1, 2**63 - 1)),
    st.builds(LeaseCheckpointRequest, st.integers(1, 2**63 - 1), st.integers(0, 2**40)),
    st.builds(lambda key: TxnRequest(success=(PutRequest(key, b"\xff"),), failure=(RangeRequest(key),)), KEYS),
)


@given(PLACES, PLACES, st.integers(1, 2**63 - 1), REQUESTS)
def test_an_entry_comes_back(term: int, index: int, number: int, request_said: PutRequest) -> None:
    """What Raft has written to disk it reads back letter by letter, whatever bytes a request holds: logs can be compared."""
    entry = Entry(term, index, "normal", write_entry(str(number), request_said))
    assert from_log(to_log(entry)) == entry


def test_an_empty_entry_comes_back() -> None:
    """The empty entry of a new leader stays one."""
    assert from_log(to_log(Entry(3, 9, "no_op"))) == Entry(3, 9, "no_op")


def test_bytes_that_are_no_request_are_refused() -> None:
    """An entry whose data are no request is refused with a typed error."""
    with pytest.raises(ProtobufError):
        from_log(LogEntry(Term=1, Index=1, Data=b"\x0a\xff"))


@given(PLACES, st.sampled_from([None, "n1", "n5"]), PLACES)
def test_the_state_comes_back(term: int, vote: str | None, commit: int) -> None:
    """Term, vote and commit index come back; who voted for nobody has the number 0."""
    state = HardState(term, vote, commit)
    assert state_from_log(state_to_log(state)) == state
    assert bool(state_to_log(state).vote) == bool(vote)


@given(PLACES, PLACES, st.text(max_size=40))
def test_a_snapshot_comes_back(index: int, term: int, data: str) -> None:
    """State, place and members come back, and the note in the log names the same place."""
    snapshot = Snapshot(index, term, ("n1", "n2", "n3"), data=data)
    assert snapshot_from_log(snapshot_to_log(snapshot)) == snapshot
    assert (mark_of(snapshot).index, mark_of(snapshot).term) == (index, term)

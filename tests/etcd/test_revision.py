from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.revision import Revision, RevisionError, is_tombstone

numbers = st.one_of(st.integers(0, 300), st.integers(0, 2**63 - 1))
revisions = st.builds(Revision, numbers, numbers)


@given(revisions, revisions)
def test_the_bytes_sort_like_the_pairs(one: Revision, other: Revision) -> None:
    """On disk, where only bytes are compared, revisions stand in the order in which they happened."""
    assert (one.to_bytes() < other.to_bytes()) == (one < other)
    assert (one.to_bytes() == other.to_bytes()) == (one == other)


@given(revisions, st.booleans())
def test_the_bytes_tell_everything(revision: Revision, dies: bool) -> None:
    """From its key in the backend a revision is read back, and whether it marks a deletion."""
    key = revision.to_bytes(tombstone=dies)
    assert len(key) == (18 if dies else 17)
    assert Revision.from_bytes(key) == revision
    assert is_tombstone(key) == dies


@given(revisions, revisions)
def test_a_tombstone_stands_at_its_revision(one: Revision, other: Revision) -> None:
    """The mark of a deletion moves a record past no other revision."""
    if one < other:
        assert one.to_bytes() < one.to_bytes(tombstone=True) < other.to_bytes()


@pytest.mark.parametrize(
    "key",
    [
        b"", b"\0" * 16, b"\0" * 17, b"\0" * 18, b"\0" * 8 + b"-" + b"\0" * 8, b"\0" * 8 + b"_" + b"\0" * 8 + b"T",
        b"\0" * 8 + b"_" + b"\0" * 7, b"\0" * 8 + b"_" + b"\0" * 8 + b"tt", b"\0" * 7 + b"_" + b"\0" * 9,
    ],
)  # fmt: skip
def test_other_bytes_are_refused(key: bytes) -> None:
    """Bytes of another length, without the line in the middle, or with another mark are no revision."""
    with pytest.raises(RevisionError, match=f"the key '{key.hex()}' is no revision, expected 8 bytes"):
        Revision.from_bytes(key)


@given(st.binary(min_size=15, max_size=19))
def test_what_is_read_would_be_written(key: bytes) -> None:
    """Whatever bytes are accepted are exactly those that the revision would be written as."""
    try:
        revision = Revision.from_bytes(key)
    except RevisionError:
        return
    assert revision.to_bytes(tombstone=is_tombstone(key)) == key


def test_changes_of_one_transaction_keep_their_order() -> None:
    """The first number counts transactions, the second the changes inside one, so the tenth of one is before the first of the next."""
    assert Revision(4) == Revision(4, 0) < Revision(4, 1) < Revision(4, 10) < Revision(5, 0)
    assert [str(revision) for revision in (Revision(4), Revision(4, 10))] == ["4.0", "4.10"]

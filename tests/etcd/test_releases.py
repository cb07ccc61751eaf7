from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.releases import Release, ReleaseError

ANSWERS = ["keeps_tombstone", "hashes_compacted", "refuses_negative_start", "tells_hash_revision"]
small = st.integers(0, 40)


@given(st.integers(0, 999_999), st.integers(0, 999_999), st.integers(0, 999_999))
def test_a_release_is_written_as_it_is_read(major: int, minor: int, patch: int) -> None:
    """Text and release are the same thing, and without a patch the first one is meant."""
    release = Release(major, minor, patch)
    assert Release.parse(str(release)) == release
    assert Release.parse(f"{major}.{minor}") == Release(major, minor, 0)


@pytest.mark.parametrize("text", ["", "3", "v3.5.1", "3.5.", "3.5.1.2", "3.-5", "3.5.1-rc.0", " 3.5", "3.5\n", "3.1234567", "three"])
def test_other_texts_are_refused(text: str) -> None:
    """What names no release is refused in a sentence with an example."""
    with pytest.raises(ReleaseError, match=r"expected one like '3\.5\.16'"):
        Release.parse(text)


CHANGED = [
    ("keeps_tombstone", "3.4.33", "3.4.34"), ("keeps_tombstone", "3.5.15", "3.5.16"),
    ("hashes_compacted", "3.4.21", "3.4.22"), ("hashes_compacted", "3.5.5", "3.5.6"),
    ("refuses_negative_start", "3.5.99", "3.6.0"), ("tells_hash_revision", "3.5.99", "3.6.0"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "last", "first"), CHANGED)
def test_where_an_answer_changed(answer: str, last: str, first: str) -> None:
    """Each answer changes between the two releases that etcd's changelog names."""
    assert not getattr(Release.parse(last), answer)
    assert getattr(Release.parse(first), answer)


@pytest.mark.parametrize("answer", ANSWERS)
@given(minor=st.integers(0, 9), one=small, other=small)
def test_a_correction_stays(answer: str, minor: int, one: int, other: int) -> None:
    """What a patch release answers anew, all later patches of the same minor release answer so too."""
    earlier, later = sorted((one, other))
    assert getattr(Release(3, minor, earlier), answer) <= getattr(Release(3, minor, later), answer)


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_correction_reaches_minor_releases_one_by_one(answer: str) -> None:
    """3.3 never learned any of it, and from 3.6 on all of it is so."""
    assert not getattr(Release(3, 3, 40), answer)
    assert getattr(Release(3, 6, 0), answer)
    assert getattr(Release(4, 0, 0), answer)


def test_patches_are_numbers() -> None:
    """3.5.16 is newer than 3.5.9, though as text it would come first."""
    assert Release.parse("3.5.16") > Release.parse("3.5.9")

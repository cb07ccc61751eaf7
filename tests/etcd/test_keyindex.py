from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.keyindex import KeyIndex, KeyIndexError
from k8sedu.etcd.revision import Revision


def index_of(*changes: str) -> KeyIndex:
    """A history from texts such as "15.1" and "16t"."""
    index = KeyIndex(b"foo")
    for text in changes:
        main, _, sub = text.removesuffix("t").partition(".")
        revision = Revision(int(main), int(sub or 0))
        if text.endswith("t"):
            index.tombstone(revision)
        else:
            index.put(revision)
    index.check()
    return index


def foo() -> KeyIndex:
    """The key of etcd's own tests: three lives."""
    return index_of("2", "4", "6t", "8", "10", "12t", "14", "15.1", "16t")


AFTER_4 = {
    17: None, 16: None, 15: ("15.1", 14, 2), 14: ("14.0", 14, 1), 13: None, 12: None, 11: ("10.0", 8, 2), 10: ("10.0", 8, 2),
    9: ("8.0", 8, 1), 8: ("8.0", 8, 1), 7: None, 6: None, 5: ("4.0", 2, 2), 4: ("4.0", 2, 2), 3: None, 2: None, 1: None, 0: None,
}  # fmt: skip
SURVIVORS = {
    1: "", 2: "2.0", 3: "2.0", 4: "4.0", 5: "4.0", 6: "6.0", 7: "", 8: "8.0", 9: "8.0", 10: "10.0", 11: "10.0", 12: "12.0", 13: "",
    14: "14.0", 15: "15.1", 16: "16.0", 17: "",
}  # fmt: skip


@pytest.mark.parametrize("main", AFTER_4)
def test_find_after_a_compaction(main: int) -> None:
    """After compaction at 4 every read says what etcd's own table says."""
    index = foo()
    index.compact(4, set())
    found = index.find(main)
    assert (found and (str(found.modified), found.created.main, found.version)) == AFTER_4[main]


@pytest.mark.parametrize("main", SURVIVORS)
def test_what_survives_a_compaction(main: int) -> None:
    """Of what is not after the compacted revision, exactly what etcd's own table names stays, and `keep` says so beforehand."""
    index, available, kept = foo(), set[Revision](), set[Revision]()
    foo().keep(main, kept)
    index.compact(main, available)
    index.check()
    assert " ".join(map(str, sorted(available))) == SURVIVORS[main]
    assert index.is_empty == (main == 17)
    assert available - kept == ({Revision(main)} if main in (6, 12, 16) else set())


@pytest.mark.parametrize(("main", "left"), [(2, "{2, 3t} {4, 5t} {}"), (4, "{4, 5t} {}"), (5, "{5t} {}"), (6, "{}")])
def test_the_example_of_the_source(main: int, left: str) -> None:
    """The example in etcd's source comes out as it says there."""
    index = index_of("1", "2", "3t", "4", "5t")
    index.compact(main, set())
    assert str(index) == left


def test_older_releases_drop_the_tombstone() -> None:
    """Before 3.5.16 a tombstone exactly at the compacted revision went, and with it the key."""
    index, available = index_of("1", "2", "3t"), set[Revision]()
    index.compact(3, available, keeps_tombstone=False)
    assert (index.is_empty, available) == (True, set())


@pytest.mark.parametrize("compacted", range(18))
def test_where_the_value_lies(compacted: int) -> None:
    """`at` tells the revision that `find` tells, before and after every compaction; a key with many changes is no exception."""
    for index in (foo(), index_of(*map(str, range(2, 17)))):
        index.compact(compacted, set())
        for main in range(20):
            found = index.find(main)
            assert index.at(main) == (found.modified if found else None)


@given(st.lists(st.booleans(), max_size=12), st.integers(0, 14))
def test_lives_and_compaction(changes: list[bool], compacted: int) -> None:
    """Whatever a key has lived through, reads at the compacted revision and later answer as before the compaction."""
    alive, names = False, list[str]()
    for main, puts in enumerate(changes, start=1):
        if puts or alive:
            names.append(f"{main}" if puts else f"{main}t")
            alive = puts
    index = index_of(*names)
    before = {main: index.find(main) for main in range(compacted, 16)}
    kept = set[Revision]()
    index.keep(compacted, kept)
    index.compact(compacted, available := set[Revision]())
    index.check()
    assert {main: index.find(main) for main in range(compacted, 16)} == before
    assert kept <= available
    assert index.is_empty == (index.modified.main <= compacted and not available)


def test_since() -> None:
    """The changes since a revision name each transaction once, by its last change."""
    assert list(map(str, foo().since(15))) == ["15.1", "16.0"]
    assert list(map(str, index_of("2", "3.0", "3.2", "4").since(3))) == ["3.2", "4.0"]


def test_changes_that_cannot_be() -> None:
    """A revision that is not later, and a deletion of what is not there, are refused."""
    with pytest.raises(KeyIndexError, match="expected a revision after"):
        index_of("4").put(Revision(4))
    with pytest.raises(KeyIndexError, match="expected a key that is there"):
        index_of("2", "3t").tombstone(Revision(4))


def test_a_restart_knows_the_oldest_that_is_left() -> None:
    """After a restart the first record on disk tells creation and version; later ones count on."""
    index = KeyIndex(b"foo")
    index.restore(Revision(2), Revision(8), 5)
    index.put(Revision(9))
    assert index.find(8) == (Revision(8), Revision(2), 5)
    assert index.find(9) == (Revision(9), Revision(2), 6)
    buried = KeyIndex(b"foo")
    buried.restore_tombstone(Revision(8))
    buried.check()
    assert buried.find(9) is None

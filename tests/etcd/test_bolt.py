from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.etcd.bolt import Bolt, BoltError
from k8sedu.etcd.member import MemberError, assemble
from k8sedu.etcd.revision import Revision
from k8sedu.etcd.wal import Encoder, read

BUCKETS = {"alarm", "auth", "authRoles", "authUsers", "cluster", "key", "lease", "members", "members_removed", "meta"}
SAMPLE = Path(__file__).parents[1] / "conformance/etcd/datadir/member/snap/db"


@pytest.mark.conformance("etcd/**/db")
def test_a_real_database(conformance_path: Path) -> None:
    """Every bucket of a real database is found, revisions stand in order, and every page has exactly one use."""
    bolt = Bolt(conformance_path.read_bytes())
    assert set(bolt.buckets()) == BUCKETS
    revisions = [Revision.from_bytes(element.key) for element in bolt.items("key")]
    assert revisions == sorted(set(revisions))
    uses = bolt.page_map()
    assert [use.number for use in uses] == list(range(len(uses)))
    assert [use.use for use in uses].count("meta") == 2
    assert any(use.use == "free" and use.stale == "leaf" for use in uses)


@given(st.binary(max_size=9000))
def test_random_bytes_are_no_database(data: bytes) -> None:
    """Random bytes are refused in one sentence."""
    with pytest.raises(BoltError, match="expected a bbolt database"):
        Bolt(data, name="db")


def damaged_databases() -> list[bytes]:
    """A real database with one byte changed, or cut short, at a few hundred places."""
    data, generator = SAMPLE.read_bytes(), random.Random(7)
    used = [place for page in (0, 1, 2, 4) for place in range(page * 4096, page * 4096 + 500)]
    places = generator.sample(used, 500) + generator.sample(range(len(data)), 100)
    flipped = [data[:place] + bytes([data[place] ^ generator.randrange(1, 256)]) + data[place + 1 :] for place in places]
    return flipped + [data[:size] for size in range(0, len(data), 1234)]


def test_a_damaged_database_is_read_or_refused() -> None:
    """A changed byte or a cut file ends in values or in a typed error that names page or file, and always ends."""
    empty = read([("a.wal", Encoder().start(b""))])
    refused = 0
    for data in damaged_databases():
        try:
            bolt = Bolt(data)
            bolt.page_map()
            assemble("m", bolt, empty, {})
        except (BoltError, MemberError) as refusal:
            refused += 1
            assert str(refusal).startswith("db")  # noqa: PT017 (most damage is told, some only changes a value: both are fine)
    assert refused > 20


def test_a_record_without_a_key_is_refused() -> None:
    """A record from which damage took the key is refused, naming file and page."""
    data = bytearray(SAMPLE.read_bytes())
    bolt = Bolt(bytes(data), name="db")
    element = next(bolt.items("key"))
    place = data.index(element.key + element.value, element.page * bolt.page_bytes) + len(element.key)
    data[place] = 0x7A  # the number of a field that nobody knows, instead of the key's
    with pytest.raises(MemberError, match=r"db, page 2: met a message of .*, expected a field"):
        assemble("m", Bolt(bytes(data), name="db"), read([("a.wal", Encoder().start(b""))]), {})


def test_elements_cannot_claim_more_than_their_page() -> None:
    """Elements that all point to the same bytes, to make a reader collect far more than there is, are refused."""
    data = bytearray(SAMPLE.read_bytes())
    offset = 2 * 4096
    count = 200
    data[offset + 10 : offset + 12] = count.to_bytes(2, "little")
    for place in range(count):
        struct.pack_into("<IIII", data, offset + 16 + 16 * place, 0, 0, 17, 800)
    with pytest.raises(BoltError, match=r"page 2, offset \d+: met an element"):
        list(Bolt(bytes(data)).items("key"))


def test_a_tree_that_bites_its_tail_is_refused() -> None:
    """A branch that leads back to itself is told, not followed for ever."""
    path = SAMPLE.parents[3] / "cluster/m1/member/snap/db"
    data = bytearray(path.read_bytes())
    bolt = Bolt(bytes(data))
    branch = next(use.number for use in bolt.page_map() if use.use == "branch")
    data[branch * 4096 + 16 + 8 : branch * 4096 + 16 + 16] = branch.to_bytes(8, "little")
    with pytest.raises(BoltError, match="twice in one tree"):
        list(Bolt(bytes(data)).items("key"))


def test_the_older_meta_page_counts_when_the_newer_is_torn() -> None:
    """With one meta page damaged the other one is used: that is why there are two."""
    data = bytearray(SAMPLE.read_bytes())
    newest = Bolt(bytes(data)).meta
    data[newest.page * 4096 + 30] ^= 1
    older = Bolt(bytes(data)).meta
    assert (older.page, older.transaction) == (1 - newest.page, newest.transaction - 1)

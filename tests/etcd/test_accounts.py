from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.accounts import compared, operations, txn_account
from k8sedu.etcd.commands import parse
from k8sedu.etcd.mvcc import Store


@pytest.fixture
def store() -> Store:
    """Two keys, one of them put twice: revision 4."""
    filled = Store()
    for key, value in (("/config", "v1"), ("/nodes/a", "up"), ("/config", "v2")):
        filled.put(key, value)
    return filled


@pytest.mark.parametrize(
    ("condition", "seen", "holds"),
    [
        ("mod /config = 4", (("/config", "4", 4),), True),
        ("mod /config = 2", (("/config", "4", 4),), False),
        ("version /config > 1", (("/config", "2", 4),), True),
        ("create /nodes/a < 3", (("/nodes/a", "3", 3),), False),
        ("value /nodes/a = up", (("/nodes/a", "up", 3),), True),
        ("version /gone = 0", (), True),
        ("value /gone != x", (), False),
    ],
)
def test_what_a_comparison_saw(store: Store, condition: str, seen: tuple[object, ...], holds: bool) -> None:
    """A comparison's account has what it met, the revision that wrote it, and the store's own verdict."""
    account = compared(store, parse(f"txn if {condition} then put x 1"))
    (row,) = account.txn.compare
    assert (row.seen, row.holds, account.revision) == (seen, holds, 4)
    assert store.txn(parse(f"txn if {condition} then put x 1")).succeeded is holds


def test_every_change_has_its_own_sub_revision(store: Store) -> None:
    """Puts and deleted keys of a transaction, nested ones too, share a main revision and count its sub revisions without a gap."""
    request = parse("txn then put a 1 and txn if mod a = 0 then put b 1 and delete /nodes/ prefix else get a and put c 1")
    account = txn_account(store, request)
    told = [revision for operation in operations(account.txn) for revision in operation.answer.get("revisions", ())]
    kept = {kv.mod_revision for kv in store.find(b"a", b"d")}
    assert told == ["5.0", "5.1", "5.2"]
    assert (account.revision, account.after, kept) == (4, 5, {5})
    assert [str(revision) for page in store.backend.pages() for revision in page.keys if revision.main == 5] == told


def test_a_nested_comparison_does_not_see_what_the_outer_branch_writes(store: Store) -> None:
    """Comparisons of nested transactions are answered before the first operation runs; those of the other branch not at all."""
    account = txn_account(store, parse("txn then put a 1 and txn if version a = 0 then get a else get b"))
    nested = account.txn.then[1].inner
    assert (nested.compare[0].seen, nested.succeeded) == ((), True)
    assert nested.then[0].answer.kvs == (("a", "1", 5),)
    other = txn_account(store, parse("txn if version a = 0 then txn if version b = 0 then get a else get b"))
    assert other.txn.then[0].inner.succeeded is None
    assert other.txn.then[0].inner.compare[0].holds is None


def test_a_refusal_is_told(store: Store) -> None:
    """What etcd refuses as a whole leaves the revision as it was, and the account says why."""
    account = txn_account(store, parse("txn then put a 1 lease 99"))
    assert account.error == "etcdserver: requested lease not found"
    assert account.after == account.revision == store.revision == 4


def test_stories_and_clusters_tell_the_same(store: Store) -> None:
    """The same requests give the same account in a story, in a cluster's trace, and by hand."""
    lines = ["put /config v1", "put /nodes/a up", "put /config v2", "txn if mod /config = 4 then put /config v3 else get /config"]
    by_hand = txn_account(store, parse(lines[-1]))
    told = etcd.tell(lines)[-1].frame["txn"]
    faults = ["at 200 timeout n1", *(f'at {600 + 100 * number} request "{line}"' for number, line in enumerate(lines))]
    steps = etcd.simulate(duration_ms=1_500, faults=faults).where("txn")
    assert by_hand == told
    assert len(steps) == 3
    assert all(step.detail["account"] == by_hand for step in steps)

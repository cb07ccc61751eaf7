"""Laws of what is measured: keep-alives cost messages and no entries, and a revision is a transaction."""

from __future__ import annotations

from k8sedu.etcd.sim import simulate
from k8sedu.etcd.sim.experiments import keep_alive_cost, term_revision
from k8sedu.sim.faults import request, timeout


def test_keep_alives_are_paid_per_lease_and_never_in_the_log() -> None:
    """Eight keys on eight leases cost eight times the messages of one lease; neither writes an entry or makes a revision."""
    one, many = keep_alive_cost(keys=8)
    assert (one.keys, many.keys, one.leases, many.leases) == (8, 8, 1, 8)
    assert many.renewals == 8 * one.renewals > 100
    assert many.messages == 8 * one.messages
    assert one[4:] == many[4:] == (0, 0)


def test_a_transaction_is_one_revision_and_deleting_nothing_none() -> None:
    """Entries, not revisions, are what every request makes; terms only say who wrote them."""
    lines = ("txn then put a 1 and put b 1", "delete z", "grant 7 5", "put a 2", "delete a to c")
    faults = [timeout("n1", at_ms=200), *(request(line, at_ms=600 + 50 * number) for number, line in enumerate(lines))]
    rows = term_revision(simulate(duration_ms=1_000, faults=faults))
    assert [(revision, kind) for _, _, revision, kind in rows] == [
        (1, "empty_entry"), (2, "txn"), (2, "delete_range"), (2, "lease_grant"), (3, "put"), (4, "delete_range"),
    ]  # fmt: skip

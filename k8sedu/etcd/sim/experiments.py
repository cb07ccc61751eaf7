"""What keep-alives cost: one lease for many keys, or one lease for each.

A keep-alive is a message to the leader and back; it never enters the log. So its price is messages and not disk writes, and it is paid
per *lease*, not per key. Kubernetes ties the events of a whole minute to one lease for this reason.

Source: etcd 3.5, Documentation, "Lease API"; kube-apiserver, storage/etcd3/lease_manager.go.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.etcd.sim import simulate
from k8sedu.etcd.sim.clients import Clients
from k8sedu.sim.faults import request, timeout
from k8sedu.trace import Trace


class KeepAliveCost(NamedTuple):
    """What it cost to keep some keys alive."""

    leases: int
    keys: int
    renewals: int
    """Keep-alives that the leader answered."""
    messages: int
    """Messages for them, both ways, those that members passed on included."""
    entries: int
    """Log entries that were written meanwhile."""
    revisions: int
    """Revisions that came into being meanwhile."""


def keep_alive_cost(*, keys: int = 8, ttl_s: int = 3, duration_ms: int = 20_000, seed: int = 0) -> tuple[KeepAliveCost, KeepAliveCost]:
    """The same keys on one lease, and each on its own.

    >>> one, many = keep_alive_cost(keys=4, duration_ms=12_000)
    >>> many.renewals == 4 * one.renewals, one.entries, many.entries
    (True, 0, 0)
    """
    return (
        _measured(leases=1, keys=keys, ttl_s=ttl_s, duration_ms=duration_ms, seed=seed),
        _measured(leases=keys, keys=keys, ttl_s=ttl_s, duration_ms=duration_ms, seed=seed),
    )


def _measured(*, leases: int, keys: int, ttl_s: int, duration_ms: int, seed: int) -> KeepAliveCost:
    begin_ms = 1_000 + 20 * (leases + keys)
    grants = [f"grant {lease} {ttl_s}" for lease in range(1, leases + 1)]
    puts = [f"put k{key} alive lease {key % leases + 1}" for key in range(keys)]
    setup = [request(line, at_ms=600 + 20 * number) for number, line in enumerate((*grants, *puts))]
    keeps = [request(f"keep {lease}", node="c1", at_ms=begin_ms) for lease in range(1, leases + 1)]
    run = simulate(
        seed=seed, duration_ms=duration_ms, faults=[timeout("n1", at_ms=200), *setup, *keeps],
        clients=Clients(guests=1, ttl_s=ttl_s), frames=False,
    )  # fmt: skip
    return _counted(run, leases=leases, keys=keys, begin_us=begin_ms * 1000)


def _counted(run: Trace, *, leases: int, keys: int, begin_us: int) -> KeepAliveCost:
    later = run.between(begin_us, run.duration_us)
    asked = sum(step.kind == "receive_client_request" for step in later)
    renewals = sum(step.kind == "keep_alive" for step in later)
    applied = [step for step in later if "changed" in step.detail]
    return KeepAliveCost(leases, keys, renewals, asked + renewals, len(applied), sum(step.detail["changed"] for step in applied))


def term_revision(trace: Trace) -> tuple[tuple[int, int, int, str], ...]:
    """What the log of a run did to the revision: rows (index, term, revision after it, kind), each entry once.

    One transaction is one revision, however many keys it writes; deleting nothing, granting a lease and a new leader's empty entry are
    none.

    >>> from k8sedu.sim.faults import request
    >>> faults = [timeout("n1", at_ms=200), request("put a 1", at_ms=600), request("delete z", at_ms=700)]
    >>> term_revision(simulate(duration_ms=1_000, faults=faults))
    ((1, 1, 1, 'empty_entry'), (2, 1, 2, 'put'), (3, 1, 2, 'delete_range'))
    """
    rows: dict[int, tuple[int, int, int, str]] = {}
    for step in trace:
        if "changed" in step.detail:
            rows.setdefault(step.detail["index"], (step.detail["index"], step.detail["term"], step.detail["revision"], step.kind))
    return tuple(rows[index] for index in sorted(rows))

"""Laws of a cluster in time: who answers, who counts leases, what comes back after a crash, and what a checker sees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.etcd.server import Server
from k8sedu.etcd.sim import Clients, run_scenario, simulate
from k8sedu.raft.rules import Rules
from k8sedu.sim.faults import clock_drift, crash, drop_next, partition, pause, request, restart, timeout
from k8sedu.trace import Trace

SCENARIOS = Path(__file__).parents[3] / "k8sedu" / "etcd" / "scenarios"
FIRST = timeout("n1", at_ms=200)


def last(trace: Trace) -> Any:
    """The members as they are at the end."""
    frame = trace[-1].frame
    assert frame is not None
    return frame.nodes


def scenario(name: str) -> Trace:
    """One of the ready runs."""
    return run_scenario(SCENARIOS / f"{name}.scenario")


def test_the_revision_only_grows_while_terms_change() -> None:
    """Along time, every member's (term, revision) of what it applies never falls in either, but for the replay after a restart."""
    trace = scenario("leader-changes")
    applied = [step for step in trace if "changed" in step.detail]
    assert sorted({step.detail.term for step in applied}) == [1, 2, 3, 4]
    first_seen = {step.detail.index: step for step in reversed(applied)}
    pairs = [(first_seen[index].detail.term, first_seen[index].detail.revision) for index in sorted(first_seen)]
    assert pairs == sorted(pairs)
    assert pairs[-1][1] == 10


def test_a_cluster_that_stopped_comes_back_with_all_that_was_acknowledged() -> None:
    """After a power failure the values are there, in a new term, and the next revision follows the last."""
    trace = scenario("whole-cluster-restart")
    read = trace.where("client_reply", command="get b")[0].detail
    assert (read.answer, read.revision, read.term) == ("3", 5, 2)
    assert trace.where("client_reply", command="put b 4")[0].detail.revision == 6
    assert len(trace.where("entries_skipped")) == 3


def test_only_the_leader_ends_a_lease_and_through_the_log() -> None:
    """The lease of a dead client is gone on all members at one index and one revision; that of a live one stays."""
    trace = scenario("lease-expiry-and-keepalive")
    (expired,) = trace.where("lease_expired")
    ends = trace.where("lease_revoke")
    assert expired.actor == "n1"
    assert {step.actor for step in ends} == {"n1", "n2", "n3"}
    assert {(step.detail.index, step.detail.revision, step.detail.lease) for step in ends} == {(7, 5, 2)}
    assert expired.time_ms >= 5_000 - 1_000 + 3_000
    assert [row[0] for row in last(trace).n3.kvs] == ["/members/c1"]
    assert len(trace.where("keep_alive", lease=1)) > 5


def test_a_lease_lives_longer_through_a_change_of_leader_never_shorter() -> None:
    """The new leader counts the whole time again, and only one lessor counts at a time."""
    trace = scenario("lease-through-leader-change")
    promoted = trace.where("lessor_promoted", actor="n2")[0]
    assert promoted.detail.leases == (7,)
    assert trace.where("lease_expired")[0].time_us >= promoted.time_us + 4_000_000
    assert all(sum(member.is_primary for member in step.frame.nodes.values()) <= 1 for step in trace if step.frame)


def test_a_watch_goes_on_where_it_was() -> None:
    """Over crash and move each client is told the same changes, each once."""
    trace = scenario("watch-resumes")
    told = {name: [row for step in trace.where("watch_event", actor=name) for row in step.detail.events] for name in ("c2", "c3")}
    assert told["c2"] == told["c3"]
    assert [row[3] for row in told["c2"]] == [2, 3, 4, 5, 7, 8]
    assert trace.where("watch_reconnect", actor="c2")[0].detail.watches == ((1, 4),)


def test_a_late_member_gets_the_snapshot() -> None:
    """It does not see the entries that the log has lost, and ends level."""
    trace = scenario("snapshot-catches-up")
    (installed,) = trace.where("snapshot_installed")
    assert (installed.actor, installed.detail.index, installed.detail.revision) == ("n3", 6, 6)
    assert trace.where("put", actor="n3", index=4) == ()


@pytest.mark.parametrize(("kept", "installed"), [(0, 1), (100, 0)])
def test_entries_kept_behind_a_snapshot_spare_a_late_member_the_snapshot(kept: int, installed: int) -> None:
    """With enough of them it is sent what it lacks, entry by entry; either way it ends level."""
    late = [crash("n3", at_ms=4_000), restart("n3", at_ms=6_500)]
    run = simulate(seed=3, duration_ms=12_000, snapshot_count=4, catch_up_entries=kept, clients=2, faults=late)
    assert len(run.where("snapshot_installed")) == installed
    members = last(run)
    assert members.n1.hash == members.n3.hash


def test_no_number_is_lost_between_two_counters() -> None:
    """The counter ends at the number of transactions that succeeded, though some failed."""
    trace = scenario("optimistic-concurrency")
    mine = trace.where("txn", actor="n1")
    done = [step for step in mine if step.detail.succeeded]
    assert 0 < len(done) < len(mine)
    assert last(trace).n1.kvs[0][1] == str(len(done))


def test_a_retried_put_takes_effect_twice() -> None:
    """Etcd does not recognise a request that comes again: the answer is lost, the client asks again, the version is 2."""
    run = simulate(
        duration_ms=5_000, clients=Clients(guests=1, retries=True, timeout_ms=500),
        faults=[FIRST, drop_next("client_reply", sender="n2", receiver="c1", at_ms=500),
                request("use n2", node="c1", at_ms=500), request("put a 1", node="c1", at_ms=600)],
    )  # fmt: skip
    assert [row[4] for row in last(run).n1.kvs] == [2]


def test_a_follower_answers_after_it_has_applied() -> None:
    """A write asked of a follower goes to the leader, and the follower answers when the entry is back."""
    faults = [FIRST, request("use n3", node="c1", at_ms=500), request("put a 1", node="c1", at_ms=600)]
    run = simulate(duration_ms=1_500, clients=Clients(guests=1), faults=faults)
    (reply,) = run.where("client_reply")
    assert reply.detail.member == "n3"
    assert reply.time_us > run.where("put", actor="n3")[0].time_us
    assert run.where("receive_propose", actor="n1")


def test_a_member_alone_refuses_and_serves_old_data_only_when_asked_to() -> None:
    """Cut off from the others it has no leader soon: it refuses writes, and answers a serializable read."""
    faults = [
        FIRST, request("put a 1", at_ms=600), partition("n3 c1 | n1 n2", at_ms=1_000), request("use n3", node="c1", at_ms=1_000),
        request("put a 2", at_ms=1_500), request("put b 1", node="c1", at_ms=4_000),
        request("use n3", node="c1", at_ms=5_000), request("get a serializable", node="c1", at_ms=5_500),
    ]  # fmt: skip
    run = simulate(duration_ms=7_000, clients=Clients(guests=1), faults=faults)
    refused, read = run.where("client_reply")[:2]
    assert refused.detail.error == "etcdserver: no leader"
    assert (read.detail.answer, last(run).n1.machine.a) == ("1", "2")


def test_entries_that_were_applied_before_a_crash_change_nothing() -> None:
    """The database remembers the consistent index; what Raft hands out again up to it is skipped."""
    run = simulate(duration_ms=3_500, faults=[FIRST, request("put a 1", at_ms=600), crash("n3", at_ms=1_500), restart("n3", at_ms=2_000)])
    (skipped,) = run.where("entries_skipped")
    assert (skipped.actor, skipped.detail.first, skipped.detail.last, skipped.detail.revision) == ("n3", 1, 2, 2)
    assert len(run.where("put", actor="n3")) == 1


def test_a_fast_clock_ends_leases_early_and_a_paused_leader_late() -> None:
    """Leases are counted by the leader's own clock, which is why TTLs are not a lock's only guard."""
    asked = [FIRST, request("grant 7 4", at_ms=600)]
    right, fast, late = (
        simulate(duration_ms=9_000, faults=[*asked, *extra]).where("lease_expired")[0].time_ms
        for extra in ([], [clock_drift("n1", ppm=500_000, at_ms=700)], [pause("n1", at_ms=4_700, until_ms=5_200)])
    )
    assert fast < 600 + 4_000 < right < late


def test_a_log_that_was_not_written_is_noticed() -> None:
    """Without the rule that entries reach the disk, a restart of all loses what was acknowledged, and the run ends with a violation."""
    names = ("n1", "n2", "n3")
    outage = [*(crash(name, at_ms=1_000) for name in names), *(restart(name, at_ms=1_500) for name in names)]
    faults = [FIRST, request("put a 1", at_ms=600), *outage]
    run = simulate(duration_ms=8_000, faults=[*faults, request("put b 1", at_ms=6_000)], rules=Rules(("log_persistence",)))
    assert run[-1].kind == "violation"


def test_a_state_machine_that_looks_at_its_member_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A member that applies something else than the others ends the run at that very entry."""
    honest = Server.apply

    def dishonest(self: Server, index: int, term: int, request: object, *, now_ms: int) -> object:
        return honest(self, index, term, request if self.member_id != 2 else None, now_ms=now_ms)

    monkeypatch.setattr(Server, "apply", dishonest)
    run = simulate(duration_ms=2_000, faults=[FIRST, request("put a 1", at_ms=600)])
    assert run[-1].detail.invariant == "members_apply_the_same"


def test_a_dead_client_is_told_nothing_and_a_new_one_begins_anew() -> None:
    """A keeper that crashed loses its lease; restarted it gets another."""
    faults = [FIRST, crash("c1", at_ms=4_000), restart("c1", at_ms=9_000)]
    run = simulate(duration_ms=12_000, clients=Clients(keepers=1), faults=faults)
    assert len(run.where("lease_expired")) == 1
    assert len(last(run).n1.leases) == 1
    assert run.where("watch_event") == ()

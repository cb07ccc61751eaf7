from __future__ import annotations

from itertools import pairwise

from k8sedu import etcd
from k8sedu.trace import Trace

BEGIN = ("at 200 timeout n1", 'at 800 request "grant 7 6" to c1', "at 1500 crash n2", 'at 1600 request "use n2" to c1')


def run(*faults: str, duration_ms: float = 12_000, ttl_s: int = 3) -> Trace:
    """One guest, who knows lease 7."""
    return etcd.simulate(duration_ms=duration_ms, clients=etcd.Clients(guests=1, ttl_s=ttl_s), faults=[*BEGIN, *faults])


def test_a_client_renews_three_times_per_granted_ttl() -> None:
    """How often is the leader's word: what it answers decides, not what the client assumed first."""
    trace = run("at 1700 restart n2", 'at 2000 request "keep 7" to c1')
    sent = [step.time_us for step in trace.where("keep_alive_sent")]
    gaps = [after - before for before, after in pairwise(sent)]
    assert abs(gaps[0] - 1_000_000) < 2
    assert {round(gap / 1000) for gap in gaps[1:]} == {2_000}
    assert dict(trace[-1].frame["clients"]["c1"]["leases"]) == {7: 6}


def test_a_keep_alive_that_nobody_answers_goes_elsewhere_next_time() -> None:
    """A client whose member is down turns to the next one, so its lease outlives the member."""
    trace = run('at 2000 request "keep 7" to c1', duration_ms=11_500)
    to = [step.detail["to"] for step in trace.where("keep_alive_sent")]
    assert to[:2] == ["n2", "n3"]
    assert set(to[1:]) == {"n3"}
    assert len(trace.where("keep_alive")) == len(to) - 1
    assert not trace.where("lease_revoke")


def test_asking_twice_to_keep_a_lease_renews_it_once() -> None:
    """`keep` again begins a new rhythm and ends the old one; `leave` ends it altogether."""
    twice = run("at 1700 restart n2", 'at 2000 request "keep 7" to c1', 'at 2500 request "keep 7" to c1', 'at 9000 request "leave 7" to c1')
    sent = [step.time_us for step in twice.where("keep_alive_sent")]
    assert sent[:2] == [2_000_000, 2_500_000]
    assert all(after - before > 900_000 for before, after in pairwise(sent[1:]))
    assert max(sent) < 9_000_000

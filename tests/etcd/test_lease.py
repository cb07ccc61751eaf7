from __future__ import annotations

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from k8sedu.etcd.errors import LeaseExistsError, LeaseNotFoundError, LeaseTTLTooLargeError
from k8sedu.etcd.lease import Lessor

IDS = st.integers(1, 5)
KEYS = st.sampled_from([b"a", b"b", b"c"])


class LessorMachine(RuleBasedStateMachine):
    """A lessor against what one would write on paper."""

    def __init__(self) -> None:
        super().__init__()
        self.lessor, self.now_ms = Lessor(), 0
        self.due: dict[int, int] = {}
        self.lease_of: dict[bytes, int] = {}

    @rule(lease=IDS, ttl_s=st.integers(0, 9))
    def grant(self, lease: int, ttl_s: int) -> None:
        """A lease is granted once, for at least the minimum."""
        if lease in self.due:
            with pytest.raises(LeaseExistsError):
                self.lessor.grant(lease, ttl_s, now_ms=self.now_ms)
            return
        granted = self.lessor.grant(lease, ttl_s, now_ms=self.now_ms)
        self.due[lease] = self.now_ms + max(ttl_s, 2) * 1000
        assert granted.expiry_ms == self.due[lease]

    @rule(lease=IDS)
    def renew(self, lease: int) -> None:
        """A live lease begins anew, one that is due does not."""
        if self.due.get(lease, 0) <= self.now_ms:
            with pytest.raises(LeaseNotFoundError):
                self.lessor.renew(lease, now_ms=self.now_ms)
            return
        self.due[lease] = self.now_ms + self.lessor.renew(lease, now_ms=self.now_ms).ttl_s * 1000

    @rule(lease=IDS, key=KEYS)
    def attach(self, lease: int, key: bytes) -> None:
        """A key lies on one lease, the last one."""
        if lease in self.due:
            self.lessor.attach(lease, key)
            self.lease_of[key] = lease

    @rule(lease=IDS, key=KEYS)
    def detach(self, lease: int, key: bytes) -> None:
        """Only the lease that has the key can let go of it."""
        self.lessor.detach(lease, key)
        if self.lease_of.get(key) == lease:
            del self.lease_of[key]

    @rule(passed_ms=st.integers(0, 4_000))
    def wait(self, passed_ms: int) -> None:
        """What is due is named, and its end deletes its keys in order."""
        self.now_ms += passed_ms
        for lease in self.lessor.expired(now_ms=self.now_ms):
            assert self.due.pop(lease) <= self.now_ms
            assert self.lessor.revoke(lease) == tuple(sorted(key for key, of in self.lease_of.items() if of == lease))
            self.lease_of = {key: of for key, of in self.lease_of.items() if of != lease}

    @invariant()
    def is_sound(self) -> None:
        """Leases, keys and countdowns agree."""
        self.lessor.check()
        assert {lease.lease_id: lease.expiry_ms for lease in self.lessor.leases} == self.due
        assert all(self.lessor.lease_of(key) == self.lease_of.get(key, 0) for key in (b"a", b"b", b"c"))


TestLessorMachine = LessorMachine.TestCase


def test_limits() -> None:
    """The shortest TTL is raised, the longest is 9,000,000,000 s, and 0 is no ID."""
    lessor = Lessor()
    assert [lessor.grant(number, ttl_s, now_ms=0).ttl_s for number, ttl_s in ((1, 0), (2, -5), (3, 9_000_000_000))] == [2, 2, 9_000_000_000]
    with pytest.raises(LeaseTTLTooLargeError):
        lessor.grant(4, 9_000_000_001, now_ms=0)
    with pytest.raises(LeaseNotFoundError):
        lessor.grant(0, 5, now_ms=0)


def test_an_unfinished_end_is_proposed_again() -> None:
    """A lease whose end did not happen is named again after three seconds, not before; at most 500 are named in a pass."""
    lessor = Lessor()
    for number in range(1, 601):
        lessor.grant(number, 5, now_ms=0)
    assert lessor.next_due_ms() == 5_000
    assert len(lessor.expired(now_ms=5_000)) == 500
    assert len(lessor.expired(now_ms=5_500)) == 100
    assert lessor.expired(now_ms=7_999) == []
    assert len(lessor.expired(now_ms=8_000)) == 500


def test_only_a_leader_counts() -> None:
    """Where nobody leads nothing ends; a new leader begins every countdown anew, plus the time of an election."""
    lessor = Lessor(is_primary=False)
    assert lessor.grant(7, 5, now_ms=0).expiry_ms is None
    assert lessor.expired(now_ms=10**9) == []
    lessor.promote(now_ms=1_000, extend_ms=1_500)
    assert lessor.get(7).expiry_ms == 7_500
    lessor.demote()
    lessor.check()
    assert lessor.remaining_s(7, now_ms=9_999) == 5


def test_a_checkpoint_is_where_the_next_leader_begins() -> None:
    """The rest of a long lease is due to be noted after five minutes, and a new leader counts from there; a renewal forgets it."""
    lessor = Lessor()
    lessor.grant(7, 3_600, now_ms=0)
    lessor.grant(8, 60, now_ms=0)
    assert lessor.due_checkpoints(now_ms=299_999) == []
    assert lessor.due_checkpoints(now_ms=300_000) == [(7, 3_300)]
    lessor.checkpoint(7, 3_300, now_ms=300_000)
    lessor.demote()
    lessor.promote(now_ms=400_000)
    assert lessor.get(7).expiry_ms == 3_700_000
    assert lessor.renew(7, now_ms=500_000).expiry_ms == 4_100_000


def test_a_new_leader_spreads_the_ends_of_many_leases() -> None:
    """Of thousands of leases that would end at the same moment, no second ends many more than 750."""
    lessor = Lessor(is_primary=False)
    for number in range(1, 4_001):
        lessor.grant(number, 60, now_ms=0)
    lessor.promote(now_ms=0)
    lessor.check()
    ends = [(lease.expiry_ms or 0) // 1_000 for lease in lessor.leases]
    assert min(ends) == 60
    assert max(ends.count(second) for second in set(ends)) <= 1_500
    assert max(ends) >= 64


def test_a_dump_brings_back_leases_without_their_clocks() -> None:
    """A dump holds leases and checkpoints; a leader that reads it begins all countdowns."""
    lessor = Lessor()
    lessor.grant(7, 600, now_ms=0)
    lessor.checkpoint(7, 500, now_ms=0)
    again = Lessor()
    again.restore(lessor.dump(), now_ms=50)
    again.check()
    assert again.get(7).expiry_ms == 500_050

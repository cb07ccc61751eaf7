"""Leases: keys that live only while their owner keeps renewing.

A `Lessor` has no clock and no thread: every call is told `now_ms`. It reports what is due; the deletion itself goes through the Raft log,
so that all members delete the same keys at the same revision.

The decision that surprises: only the leader's lessor counts down. Everywhere else a lease lasts for ever (`expiry_ms` is None), because
the clocks of members differ and nobody may end a lease alone. A new leader begins every countdown anew, so a lease may live longer than
granted, never shorter; for leases of hours that would be much, so the leader notes the rest every five minutes (a checkpoint). And as all
countdowns begin at the same moment, a new leader spreads the ends of many leases over time.

Source: etcd 3.5, server/lease/lessor.go (Grant, Renew, Promote, findExpiredLeases, findDueScheduledCheckpoints).
"""

from __future__ import annotations

from heapq import heappop, heappush
from math import ceil
from typing import NamedTuple, Protocol

from k8sedu.etcd.errors import LeaseExistsError, LeaseNotFoundError, LeaseTTLTooLargeError

TTL_S_MAX = 9_000_000_000
EXPIRED_MAX = 500
"""So many leases are ended in one pass, twice a second."""
RETRY_MS = 3_000
"""A lease whose end was proposed and did not happen is proposed again after this time."""
CHECKPOINT_S = 300
SPREAD_FROM = 1_000
"""With fewer leases than this a new leader does not spread their ends."""
SPREAD_PER_S = 750


class LeaseKeeper(Protocol):
    """What a store must know of leases; a `Lessor` is one."""

    def __contains__(self, lease_id: object) -> bool: ...

    def attach(self, lease_id: int, key: bytes) -> None:
        """Tie a key to a lease."""

    def detach(self, lease_id: int, key: bytes) -> None:
        """Untie it."""

    def lease_of(self, key: bytes) -> int:
        """The lease of a key, 0 for none."""
        ...


class Lease(NamedTuple):
    """One lease as a value."""

    lease_id: int
    ttl_s: int
    expiry_ms: int | None
    """When it is due; None where nobody counts."""
    remaining_s: int = 0
    """What the last checkpoint noted; 0 for none."""
    keys: tuple[bytes, ...] = ()


class _Countdown:
    """A lease as the lessor keeps it. Keys are in a dict because its order is the same in every run."""

    __slots__ = ("expiry_ms", "keys", "remaining_s", "ttl_s")

    def __init__(self, ttl_s: int, remaining_s: int = 0) -> None:
        self.ttl_s, self.remaining_s = ttl_s, remaining_s
        self.expiry_ms: int | None = None
        self.keys: dict[bytes, None] = {}

    @property
    def rest_s(self) -> int:
        """What a new countdown begins with."""
        return self.remaining_s or self.ttl_s


class Lessor:
    """The leases of one store.

    >>> lessor = Lessor()
    >>> lessor.grant(7, 5, now_ms=0)
    Lease(lease_id=7, ttl_s=5, expiry_ms=5000, remaining_s=0, keys=())
    >>> lessor.renew(7, now_ms=3_000).expiry_ms, lessor.expired(now_ms=7_999), lessor.expired(now_ms=8_000)
    (8000, [], [7])
    """

    def __init__(self, *, min_ttl_s: int = 2, is_primary: bool = True) -> None:
        self.min_ttl_s, self.is_primary = min_ttl_s, is_primary
        self._countdowns: dict[int, _Countdown] = {}
        self._lease_of: dict[bytes, int] = {}
        self._due: list[tuple[int, int]] = []  # a heap of (when, lease); what is out of date is skipped
        self._asked: dict[int, int] = {}  # lease → when to propose its end again
        self._checkpoints: list[tuple[int, int]] = []  # a heap as well

    def __contains__(self, lease_id: object) -> bool:
        return lease_id in self._countdowns

    # -- life -----------------------------------------------------------------------------------------------------------------------------

    def grant(self, lease_id: int, ttl_s: int, *, now_ms: int) -> Lease:
        """Begin a lease; a TTL below the minimum is raised to it.

        Raises:
            LeaseTTLTooLargeError, LeaseExistsError, LeaseNotFoundError: the TTL or the ID cannot be; 0 is no ID.
        """
        if not lease_id:
            raise LeaseNotFoundError
        if ttl_s > TTL_S_MAX:
            raise LeaseTTLTooLargeError
        if lease_id in self._countdowns:
            raise LeaseExistsError
        self._countdowns[lease_id] = _Countdown(max(ttl_s, self.min_ttl_s))
        if self.is_primary:
            self._wind(lease_id, now_ms)
        return self.get(lease_id)

    def renew(self, lease_id: int, *, now_ms: int) -> Lease:
        """Restart the countdown of a live lease with its full time.

        Raises:
            LeaseNotFoundError: never granted, revoked, or already due.
        """
        countdown = self._find(lease_id)
        if countdown.expiry_ms is not None and countdown.expiry_ms <= now_ms:
            raise LeaseNotFoundError
        countdown.remaining_s = 0
        if self.is_primary:
            self._wind(lease_id, now_ms)
        return self.get(lease_id)

    def revoke(self, lease_id: int) -> tuple[bytes, ...]:
        """End a lease; returns its keys in order, which are now to be deleted as one revision.

        Raises:
            LeaseNotFoundError: there is no such lease.
        """
        keys = tuple(sorted(self._find(lease_id).keys))
        del self._countdowns[lease_id]
        self._asked.pop(lease_id, None)
        for key in keys:
            del self._lease_of[key]
        return keys

    def _find(self, lease_id: int) -> _Countdown:
        countdown = self._countdowns.get(lease_id)
        if countdown is None:
            raise LeaseNotFoundError
        return countdown

    def _wind(self, lease_id: int, now_ms: int, *, extend_ms: int = 0) -> None:
        """Begin the countdown, and note when a checkpoint is due."""
        countdown = self._countdowns[lease_id]
        countdown.expiry_ms = now_ms + extend_ms + countdown.rest_s * 1000
        self._asked.pop(lease_id, None)
        heappush(self._due, (countdown.expiry_ms, lease_id))
        if countdown.rest_s > CHECKPOINT_S:
            heappush(self._checkpoints, (now_ms + CHECKPOINT_S * 1000, lease_id))

    # -- keys -----------------------------------------------------------------------------------------------------------------------------

    def attach(self, lease_id: int, key: bytes) -> None:
        """Tie a key to a lease; a key that lies on another lease moves.

        Raises:
            LeaseNotFoundError: there is no such lease.
        """
        countdown = self._find(lease_id)
        old = self._lease_of.get(key)
        if old is not None:
            self.detach(old, key)
        countdown.keys[key] = None
        self._lease_of[key] = lease_id

    def detach(self, lease_id: int, key: bytes) -> None:
        """Untie a key, if it lies on this lease."""
        if self._lease_of.get(key) == lease_id:
            del self._lease_of[key]
            self._countdowns[lease_id].keys.pop(key, None)

    def lease_of(self, key: bytes) -> int:
        """The lease of a key; 0 for none."""
        return self._lease_of.get(key, 0)

    # -- time -----------------------------------------------------------------------------------------------------------------------------

    def expired(self, *, now_ms: int, limit: int = EXPIRED_MAX) -> list[int]:
        """The leases whose end the leader must propose now, the longest due first; each is named again only after a while."""
        found: list[int] = []
        while self._due and self._due[0][0] <= now_ms and len(found) < limit:
            when_ms, lease_id = heappop(self._due)
            if self._is_up_to_date(when_ms, lease_id):
                self._asked[lease_id] = now_ms + RETRY_MS
                heappush(self._due, (now_ms + RETRY_MS, lease_id))
                found.append(lease_id)
        return found

    def next_due_ms(self) -> int | None:
        """When somebody should ask `expired` next; None for never."""
        while self._due and not self._is_up_to_date(*self._due[0]):
            heappop(self._due)
        return self._due[0][0] if self._due else None

    def _is_up_to_date(self, when_ms: int, lease_id: int) -> bool:
        countdown = self._countdowns.get(lease_id)
        return countdown is not None and when_ms == self._asked.get(lease_id, countdown.expiry_ms)

    def remaining_s(self, lease_id: int, *, now_ms: int) -> int:
        """Whole seconds that are left; where nobody counts, all that a countdown would begin with.

        Raises:
            LeaseNotFoundError: there is no such lease.
        """
        countdown = self._find(lease_id)
        return countdown.rest_s if countdown.expiry_ms is None else (countdown.expiry_ms - now_ms) // 1000

    # -- leaders come and go --------------------------------------------------------------------------------------------------------------

    def promote(self, *, now_ms: int, extend_ms: int = 0) -> None:
        """This member leads now: every countdown begins anew, extended by the time that an election takes.

        Of many leases that would end within the same second, the later ones get longer, so that no second ends more than 750.
        """
        self.is_primary = True
        for lease_id in self._countdowns:
            self._wind(lease_id, now_ms, extend_ms=extend_ms)
        if len(self._countdowns) >= SPREAD_FROM:
            self._spread(now_ms, extend_ms)

    def _spread(self, now_ms: int, extend_ms: int) -> None:
        rests_ms = sorted(((countdown.expiry_ms or 0) - now_ms, lease_id) for lease_id, countdown in self._countdowns.items())
        base_ms = rests_ms[0][0]
        window_ms, count = base_ms + 1_000, 0
        for rest_ms, lease_id in rests_ms:
            if rest_ms > window_ms:
                base_ms, window_ms, count = rest_ms, rest_ms + 1_000, 1
                continue
            count += 1
            if count > SPREAD_PER_S:
                delay_ms = 1_000 * count // SPREAD_PER_S - (rest_ms - base_ms)
                window_ms = base_ms + delay_ms
                self._wind(lease_id, now_ms, extend_ms=delay_ms + extend_ms)

    def demote(self) -> None:
        """This member leads no longer: nobody counts here."""
        self.is_primary = False
        for countdown in self._countdowns.values():
            countdown.expiry_ms = None
        self._due.clear()
        self._asked.clear()
        self._checkpoints.clear()

    def due_checkpoints(self, *, now_ms: int) -> list[tuple[int, int]]:
        """The leases whose rest should be noted in the log now, each with its rest in seconds."""
        found = {}
        while self._checkpoints and self._checkpoints[0][0] <= now_ms:
            _, lease_id = heappop(self._checkpoints)
            countdown = self._countdowns.get(lease_id)
            if countdown is None or countdown.expiry_ms is None or countdown.expiry_ms <= now_ms:
                continue
            rest_s = ceil((countdown.expiry_ms - now_ms) / 1000)
            if rest_s < countdown.ttl_s:
                found[lease_id] = rest_s
        return sorted(found.items())

    def checkpoint(self, lease_id: int, remaining_s: int, *, now_ms: int) -> None:
        """Note what is left of a lease; the next leader begins its countdown with that.

        Raises:
            LeaseNotFoundError: there is no such lease.
        """
        self._find(lease_id).remaining_s = remaining_s
        if self.is_primary and remaining_s > CHECKPOINT_S:
            heappush(self._checkpoints, (now_ms + CHECKPOINT_S * 1000, lease_id))

    # -- leases as values -----------------------------------------------------------------------------------------------------------------

    def get(self, lease_id: int) -> Lease:
        """One lease.

        Raises:
            LeaseNotFoundError: there is no such lease.
        """
        countdown = self._find(lease_id)
        return Lease(lease_id, countdown.ttl_s, countdown.expiry_ms, countdown.remaining_s, tuple(sorted(countdown.keys)))

    @property
    def leases(self) -> tuple[Lease, ...]:
        """All leases, by their IDs."""
        return tuple(self.get(lease_id) for lease_id in sorted(self._countdowns))

    def dump(self) -> list[list[int]]:
        """All leases as plain data, without expiries: a clock that stood still has nothing to say. Their keys lie in the store."""
        return [[lease.lease_id, lease.ttl_s, lease.remaining_s] for lease in self.leases]

    def restore(self, dump: list[list[int]], *, now_ms: int) -> None:
        """Take over the leases of a dump, still without keys."""
        self.__init__(min_ttl_s=self.min_ttl_s, is_primary=self.is_primary)  # type: ignore[misc]  # everything anew is what is meant
        self._countdowns = {lease_id: _Countdown(max(ttl_s, self.min_ttl_s), remaining_s) for lease_id, ttl_s, remaining_s in dump}
        if self.is_primary:
            self.promote(now_ms=now_ms)

    def check(self) -> None:
        """Assert that both directions between leases and keys agree, and that every countdown will be noticed; O(n log n)."""
        pairs = {key: lease_id for lease_id, countdown in self._countdowns.items() for key in countdown.keys}
        assert pairs == self._lease_of
        for lease_id, countdown in self._countdowns.items():
            assert countdown.ttl_s >= self.min_ttl_s
            assert (countdown.expiry_ms is not None) == self.is_primary
            assert countdown.expiry_ms is None or (self._asked.get(lease_id, countdown.expiry_ms), lease_id) in self._due


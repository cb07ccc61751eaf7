"""The queue between hearing of a change and doing something about it.

A controller is told that something about `default/web` has changed, puts that name into a queue, and later takes it out and looks at
everything anew. Only the name is queued, never what was heard: when it is taken out, what was heard may be long out of date. Three rules
make it work:

- a name waits once, however often it is added;
- nobody gets a name that somebody is still working on: if it is added meanwhile it comes again afterwards, so nothing is missed;
- a name whose work failed comes back later and later (5 ms, 10, 20, … up to 1,000 s), and forgets its failures once it succeeds.

Beside that, all names together come back at most ten times a second once a burst of a hundred is used up.

Source: kubernetes, staging/src/k8s.io/client-go/util/workqueue (queue.go, delaying_queue.go, default_rate_limiters.go).
Left out: threads and shutdown. A queue is told `now_ms` and asked; nobody waits in it.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable
from typing import Generic, NamedTuple, TypeVar

Item = TypeVar("Item", bound=Hashable)

BASE_MS, LONGEST_MS = 5, 1_000_000
REFILL_PER_S, BURST = 10, 100


class Backoff:
    """How long an item waits after its n-th failure in a row: twice as long each time.

    >>> backoff = Backoff(base_ms=5, longest_ms=1_000_000)
    >>> [backoff.failed("a") for _ in range(4)], backoff.failed("b")
    ([5, 10, 20, 40], 5)
    >>> backoff.forget("a"); backoff.failed("a")
    5
    """

    def __init__(self, *, base_ms: int = BASE_MS, longest_ms: int = LONGEST_MS) -> None:
        self.base_ms, self.longest_ms = base_ms, longest_ms
        self._failures: dict[Hashable, int] = {}

    def failed(self, item: Hashable) -> int:
        """One more failure; the time until the next try."""
        failures = self._failures.get(item, 0)
        self._failures[item] = failures + 1
        return min(self.base_ms << min(failures, 40), self.longest_ms)

    def forget(self, item: Hashable) -> None:
        """It has succeeded."""
        self._failures.pop(item, None)

    def failures(self, item: Hashable) -> int:
        """How often it has failed in a row."""
        return self._failures.get(item, 0)


class TokenBucket:
    """So many at once, and so many per second from then on.

    >>> bucket = TokenBucket(per_s=10, burst=2)
    >>> [bucket.reserve(now_ms=0) for _ in range(4)], bucket.reserve(now_ms=1_000)
    ([0, 0, 100, 200], 0)
    """

    def __init__(self, *, per_s: int = REFILL_PER_S, burst: int = BURST) -> None:
        self.per_s, self.burst = per_s, burst
        self._tokens_milli = burst * 1000
        self._last_ms = 0

    def reserve(self, *, now_ms: int) -> int:
        """Take a token, of the future if need be; the time until it is there."""
        gained = (now_ms - self._last_ms) * self.per_s
        self._tokens_milli = min(self._tokens_milli + gained, self.burst * 1000) - 1000
        self._last_ms = now_ms
        return max(0, -(self._tokens_milli // self.per_s))


class Waiting(NamedTuple, Generic[Item]):
    """What a queue holds, for pictures and frames."""

    ready: tuple[Item, ...]
    working: tuple[Item, ...]
    later: tuple[tuple[int, Item], ...]
    """When, and what."""


class WorkQueue(Generic[Item]):
    """Names that wait to be looked at.

    >>> queue = WorkQueue()
    >>> queue.add("default/web"); queue.add("default/db"); queue.add("default/web")
    >>> queue.get(now_ms=0), len(queue)
    ('default/web', 1)
    >>> queue.add("default/web"); queue.get(now_ms=0), queue.get(now_ms=0)
    ('default/db', None)
    >>> queue.done("default/web"); queue.get(now_ms=0)
    'default/web'

    Adding and taking cost O(1), what waits for its time O(log n).
    """

    def __init__(self, *, backoff: Backoff | None = None, bucket: TokenBucket | None = None) -> None:
        self.backoff, self.bucket = backoff or Backoff(), bucket or TokenBucket()
        self._ready: deque[Item] = deque()
        self._dirty: dict[Item, None] = {}
        self._working: dict[Item, None] = {}
        self._later: list[tuple[int, int, Item]] = []
        self._due: dict[Item, int] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._ready)

    def add(self, item: Item) -> None:
        """Something about it has changed."""
        if item in self._dirty:
            return
        self._dirty[item] = None
        if item not in self._working:
            self._ready.append(item)

    def add_after(self, item: Item, delay_ms: int, *, now_ms: int) -> None:
        """Add it later; if it waits already, the earlier time counts."""
        if delay_ms <= 0:
            self.add(item)
            return
        due = now_ms + delay_ms
        if due < self._due.get(item, due + 1):
            self._due[item] = due
            self._count += 1
            heapq.heappush(self._later, (due, self._count, item))

    def add_rate_limited(self, item: Item, *, now_ms: int) -> int:
        """Its work has failed: add it after its backoff, or when the bucket has a token, whichever is later; returns the delay."""
        delay_ms = max(self.backoff.failed(item), self.bucket.reserve(now_ms=now_ms))
        self.add_after(item, delay_ms, now_ms=now_ms)
        return delay_ms

    def forget(self, item: Item) -> None:
        """Its work has succeeded."""
        self.backoff.forget(item)

    def get(self, *, now_ms: int) -> Item | None:
        """Take the next item to work on, or None; say `done` when the work is."""
        self._wake(now_ms)
        if not self._ready:
            return None
        item = self._ready.popleft()
        self._working[item] = None
        del self._dirty[item]
        return item

    def done(self, item: Item) -> None:
        """The work on it is done; if it was added meanwhile, it waits again."""
        self._working.pop(item, None)
        if item in self._dirty:
            self._ready.append(item)

    @property
    def next_ms(self) -> int | None:
        """When the first of those that wait for their time is due."""
        self._drop_stale()
        return self._later[0][0] if self._later else None

    def waiting(self) -> Waiting[Item]:
        """What it holds."""
        later = sorted((due, place, item) for due, place, item in self._later if self._due.get(item) == due)
        return Waiting(tuple(self._ready), tuple(self._working), tuple((due, item) for due, _, item in later))

    def check(self) -> None:
        """Assert that nothing waits twice, and that what waits is exactly what is dirty and not worked on; O(items)."""
        assert len(set(self._ready)) == len(self._ready), "an item waits twice"
        assert set(self._ready) == self._dirty.keys() - self._working.keys()
        assert self._due.keys() == {item for due, _, item in self._later if self._due.get(item) == due}

    def _wake(self, now_ms: int) -> None:
        self._drop_stale()
        while self._later and self._later[0][0] <= now_ms:
            _, _, item = heapq.heappop(self._later)
            del self._due[item]
            self.add(item)
            self._drop_stale()

    def _drop_stale(self) -> None:
        """Forget entries that an earlier time has overtaken."""
        while self._later and self._due.get(self._later[0][2]) != self._later[0][0]:
            heapq.heappop(self._later)

"""Backoff: who has just failed waits, longer each time, so that one hopeless pod does not keep all others from their turn.

One second after the first failure, then 2, 4, 8, and never more than 10. Since 1.33 the moment is rounded down to a whole second, the
*window*: pods of one window are in the order of their priorities, and a window is emptied as a whole.

Source: kubernetes, pkg/scheduler/backend/queue/backoff_queue.go; KEP-5142.
"""

from __future__ import annotations

from typing import NamedTuple

INITIAL_MS, MAX_MS = 1_000, 10_000
WINDOW_MS = 1_000
"""How often pods whose backoff is over are looked for; since 1.33 also how finely the moment is given."""


def duration_ms(count: int, *, initial_ms: int = INITIAL_MS, max_ms: int = MAX_MS) -> int:
    """How long a pod waits after so many failures.

    >>> [duration_ms(count) // 1_000 for count in range(7)]
    [0, 1, 2, 4, 8, 10, 10]
    """
    if count <= 0:
        return 0
    doubled = initial_ms << min(count - 1, 64)  # nobody's backoff is longer than that, however many failures there were
    return min(max_ms, doubled)


class Backoff(NamedTuple):
    """When a pod that has failed may be tried again."""

    initial_ms: int = INITIAL_MS
    max_ms: int = MAX_MS
    windows: bool = True
    """Moments are rounded down to whole seconds (since 1.33)."""

    def until_ms(self, count: int, since_ms: int) -> int:
        """The moment at which a backoff ends, rounded as the release does; 0 for who has never failed."""
        return self.aligned(since_ms + duration_ms(count, initial_ms=self.initial_ms, max_ms=self.max_ms)) if count else 0

    def aligned(self, now_ms: int) -> int:
        """The beginning of the window in which a moment lies."""
        return now_ms // WINDOW_MS * WINDOW_MS if self.windows else now_ms

    def is_over(self, until_ms: int, now_ms: int) -> bool:
        """Is a backoff over? With windows only when its whole window is over.

        >>> [Backoff().is_over(2_000, now_ms) for now_ms in (1_999, 2_500, 3_000)]
        [False, False, True]
        >>> [Backoff(windows=False).is_over(2_000, now_ms) for now_ms in (1_999, 2_000)]
        [False, True]
        """
        return until_ms < self.aligned(now_ms) if self.windows else until_ms <= now_ms

    def flushed_ms(self, until_ms: int) -> int:
        """At which tick of the clock a pod leaves the backoff queue by itself: the first at which its backoff is over."""
        return until_ms + WINDOW_MS if self.windows else -(-until_ms // WINDOW_MS) * WINDOW_MS

"""Late work: what is left of the points, by a rule that is said before the term begins.

>>> policy = LatePolicy(due=datetime(2026, 12, 1, 18, tzinfo=UTC), per_day=10, at_least=50)
>>> policy.of(datetime(2026, 12, 1, 18, tzinfo=UTC)), policy.of(datetime(2026, 12, 3, 9, tzinfo=UTC))
(Late(seconds=0, factor=1.0), Late(seconds=140400, factor=0.8))

Every started day costs the same, so that nobody argues about minutes twice; within the grace time nothing is late.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import NamedTuple

from k8sedu.course.homework.results import Late
from k8sedu.errors import K8sEduError

DAY_S = 86_400


class LateError(K8sEduError, ValueError):
    """A rule for late work that makes no sense."""


class LatePolicy(NamedTuple):
    """When work is due, and what being late costs."""

    due: datetime | None = None
    per_day: float = 0
    """Percent of the points that each started day takes."""
    at_least: float = 0
    """Percent that is left in any case."""
    grace_minutes: int = 0
    extensions: Mapping[str, datetime] = {}
    """Students with another date."""

    def checked(self) -> LatePolicy:
        """The same policy.

        Raises:
            LateError: percentages out of range, or a date without a time zone.
        """
        if not (0 <= self.per_day <= 100 and 0 <= self.at_least <= 100 and self.grace_minutes >= 0):
            met = f"{self.per_day:g}% per day, at least {self.at_least:g}%, {self.grace_minutes} minutes of grace"
            raise LateError(f"the rule for late work is {met}, expected percentages from 0 to 100 and minutes from 0 on")
        if self.due is not None and self.due.tzinfo is None:
            raise LateError(f"the date is {self.due.isoformat()}, expected one with a time zone, such as 2026-12-01T18:00+01:00")
        return self

    def of(self, submitted: datetime | None, *, student: str = "") -> Late:
        """How late this is, and what it costs."""
        due = self.extensions.get(student, self.due)
        if due is None or submitted is None or submitted <= due + timedelta(minutes=self.grace_minutes):
            return Late(0, 1.0)
        seconds = ceil((submitted - due).total_seconds())
        left = 100 - self.per_day * ceil(seconds / DAY_S)
        return Late(seconds, round(max(left, self.at_least, 0) / 100, 4))


def read_date(text: str) -> datetime:
    """A date with its time zone, as ISO 8601 writes it; without a time the end of that day, without a zone UTC.

    >>> read_date("2026-12-01T18:00+01:00").isoformat(), read_date("2026-12-01").isoformat()
    ('2026-12-01T18:00:00+01:00', '2026-12-01T23:59:59+00:00')

    Raises:
        LateError: it is no date.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise LateError(f"the date is {text!r}, expected a form such as 2026-12-01T18:00+01:00") from None
    if len(text.strip()) == len("2026-12-01"):
        found = found.replace(hour=23, minute=59, second=59)
    return found if found.tzinfo else found.replace(tzinfo=UTC)

"""Points in time: a cluster writes 2026-01-31T12:00:00Z, a simulation counts milliseconds.

A model is told `now_ms`; what it writes into `creationTimestamp` is that moment on a calendar which begins at `EPOCH`, in UTC, with whole
seconds, as the real one. So two pods that were made within one second have the same timestamp here as well, and whoever needs their order
asks for something else.

Source: API conventions, "Time"; RFC 3339. The calendar: proleptic Gregorian, counted in eras of 400 years.
"""

from __future__ import annotations

import re

from k8sedu.errors import K8sEduError

EPOCH = "2026-01-01T00:00:00Z"
"""The moment 0 of a simulation."""
TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")


class TimeError(K8sEduError, ValueError):
    """A text that is no point in time."""


def to_text(now_ms: int) -> str:
    """The moment as the API writes it, in whole seconds.

    >>> to_text(0), to_text(61_999), to_text(59 * 86_400_000)
    ('2026-01-01T00:00:00Z', '2026-01-01T00:01:01Z', '2026-03-01T00:00:00Z')
    """
    seconds = _EPOCH_S + now_ms // 1000
    days, rest = divmod(seconds, 86_400)
    year, month, day = _date(days)
    return f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}Z"


def to_micro_text(now_ms: int) -> str:
    """The moment as leases write it, with microseconds.

    >>> to_micro_text(1_250)
    '2026-01-01T00:00:01.250000Z'
    """
    return f"{to_text(now_ms)[:-1]}.{now_ms % 1000:03}000Z"


def to_ms(text: str) -> int:
    """Milliseconds since `EPOCH`.

    >>> to_ms("2026-01-01T00:00:01.25Z"), to_ms("2026-01-01T08:00:00+08:00")
    (1250, 0)

    Raises:
        TimeError: no point in time.
    """
    found = TIME.fullmatch(text)
    if found is None:
        raise TimeError(f'the time is "{text}", expected one such as "{EPOCH}"')
    return (_seconds(text) - _EPOCH_S) * 1000 + int((found[7] or "0").ljust(9, "0")[:3])


def _seconds(text: str) -> int:
    found = TIME.fullmatch(text)
    assert found is not None
    year, month, day, hour, minute, second = (int(part) for part in found.groups()[:6])
    zone = found[8]
    offset = 0 if zone == "Z" else (int(zone[1:3]) * 60 + int(zone[4:])) * (-60 if zone[0] == "+" else 60)
    return _days(year, month, day) * 86_400 + hour * 3600 + minute * 60 + second + offset


def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01. A year begins in March here, so that the leap day is its last."""
    year -= month <= 2
    era, of_era = divmod(year, 400)
    of_year = (153 * ((month + 9) % 12) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468


def _date(days: int) -> tuple[int, int, int]:
    era, of_era = divmod(days + 719_468, 146_097)
    year = (of_era - of_era // 1460 + of_era // 36_524 - of_era // 146_096) // 365
    of_year = of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * 400 + (month <= 2), month, of_year - (153 * shifted + 2) // 5 + 1


_EPOCH_S = _seconds(EPOCH)

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.times import EPOCH, TimeError, to_micro_text, to_ms, to_text

START = datetime.fromisoformat(EPOCH)


@given(st.integers(-(10**13), 10**14))
def test_the_calendar(now_ms: int) -> None:
    """Every moment has the date and time of the standard library, and reading gives the second back."""
    text = to_text(now_ms)
    assert datetime.fromisoformat(text) == (START + timedelta(milliseconds=now_ms)).replace(microsecond=0)
    assert to_ms(text) == now_ms // 1000 * 1000
    assert to_ms(to_micro_text(now_ms)) == now_ms


@given(st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)), st.integers(-14 * 60, 14 * 60))
def test_zones(moment: datetime, offset_min: int) -> None:
    """A time of another zone is the same moment."""
    sign, away = "-" if offset_min < 0 else "+", abs(offset_min)
    text = f"{moment.replace(microsecond=0).isoformat()}{sign}{away // 60:02}:{away % 60:02}"
    expected = datetime.fromisoformat(text).astimezone(UTC) - START
    assert to_ms(text) == expected // timedelta(milliseconds=1)


@pytest.mark.parametrize("text", ["", "2026-01-01", "2026-01-01 00:00:00Z", "now", "2026-01-01T00:00:00"])
def test_refuses(text: str) -> None:
    """What is no moment is told."""
    with pytest.raises(TimeError, match="expected one such as"):
        to_ms(text)

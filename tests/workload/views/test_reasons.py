"""Laws of reasons: whatever a manager gives is said, and what is known is said in both languages."""

from __future__ import annotations

import pytest

from k8sedu.workload.views.reasons import reason_words, short_reason


@pytest.mark.parametrize(
    ("reason", "chinese", "short"),
    [
        ("too little cpu", "CPU不足", "cpu"),
        ("too little memory and ports", "内存、端口不足", "memory and ports"),
        ("down", "已宕机", "down"),
        ("is not zone=a", "不满足 zone=a", "is not zone=a"),
        ("the moon is full", "the moon is full", "the moon is full"),
    ],
)
def test_a_reason_is_said_in_both_languages(reason: str, chinese: str, short: str) -> None:
    """English as the manager gave it; where there is little room without the words that all share."""
    assert reason_words(reason) == (reason, chinese)
    assert short_reason(reason) == (short, chinese)

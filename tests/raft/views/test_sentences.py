from __future__ import annotations

import pytest

from k8sedu import raft
from k8sedu.raft.curves import Curve
from k8sedu.raft.views import sentences
from k8sedu.raft.views.spans import flights
from k8sedu.trace import Trace


def crashes(*times_ms: int) -> Trace:
    """A run in which leaders crash: seed 7 elects n5, n1, then others."""
    return raft.simulate(
        size=5,
        seed=7,
        duration_ms=2_000,
        faults=[f"at {time_ms} crash {name}" for time_ms, name in zip(times_ms, ("n5", "n1"), strict=False)],
    )


def test_the_title_of_terms_names_the_leaders() -> None:
    """No leader, one leader and several are told apart."""
    assert "Nobody" in sentences.of_terms(raft.simulate(size=5, seed=7, duration_ms=100)).en
    assert "n5 wins term 1" in sentences.of_terms(crashes()).en
    assert sentences.of_terms(crashes(900)).en == "n5 leads term 1, then n1 term 2"
    assert "n1 领导任期 2" in sentences.of_terms(crashes(900)).zh


def test_the_title_of_messages_counts_losses() -> None:
    """Nothing, nothing lost, something lost: three sentences."""
    assert sentences.of_messages(()).en == "Nobody says anything"
    assert sentences.of_messages(flights(crashes())).en.endswith("none is lost")
    lost = sum(flight.is_lost for flight in flights(crashes(900)))
    assert f"{lost} are lost" in sentences.of_messages(flights(crashes(900))).en


def test_the_title_of_commits_counts_entries() -> None:
    """The leader's empty entry counts too, in the stretch where it is committed; with no leader nothing is."""
    assert sentences.of_commits(crashes()).en.startswith("1 entry is committed; the leader knows first")
    assert sentences.of_commits(crashes(), start_us=500_000).en == "Nothing is committed"
    assert sentences.of_commits(raft.simulate(size=5, seed=7, duration_ms=100)).en == "Nothing is committed"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_title_of_elections_names_the_fastest_and_the_slowest(language: str) -> None:
    """The medians that it tells are those of the curves."""
    curves = [Curve.measured("12-24", [20.0, 30.0, 40.0]), Curve.measured("150-300", [150.0, 170.0, 1_190.0])]
    said = sentences.of_elections(curves).in_(language)
    assert "30" in said
    assert "170" in said
    assert "No election" in sentences.of_elections([Curve.measured("150-150", [], unfinished=3)]).en

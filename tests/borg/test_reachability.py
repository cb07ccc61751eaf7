"""Laws of giving up: a single silent machine at once, a whole row one after the other, and nobody who answers."""

from __future__ import annotations

import pytest

from k8sedu.borg.reachability import Reachability, ReachabilityError


def silent(watch: Reachability, *machines: str) -> None:
    """Let these miss as many polls as it takes."""
    for machine in machines:
        for _ in range(watch.missed_max):
            watch.missed(machine)


def test_a_machine_is_unreachable_after_several_polls_in_a_row() -> None:
    """An answer in between begins the count anew, and it is said once."""
    watch = Reachability(missed_max=3)
    assert [watch.missed("m1") for _ in range(2)] == [False, False]
    assert not watch.answered("m1")
    assert [watch.missed("m1") for _ in range(5)] == [False, False, True, False, False]


def test_one_machine_is_given_up_at_once_and_the_next_after_a_pause() -> None:
    """In the order in which they fell silent."""
    watch = Reachability(drain_every_ms=5_000)
    silent(watch, "m3", "m1", "m2")
    due = [watch.due(now_ms=now_ms) for now_ms in (0, 0, 4_999, 5_000, 9_999, 10_000, 20_000)]
    assert due == ["m3", None, None, "m1", None, "m2", None]


def test_whoever_answers_before_its_turn_is_spared() -> None:
    """That is what the pause is for."""
    watch = Reachability(drain_every_ms=5_000)
    silent(watch, "m1", "m2")
    assert watch.due(now_ms=0) == "m1"
    assert watch.answered("m2")
    assert watch.due(now_ms=60_000) is None


def test_without_a_limit_all_are_given_up_together() -> None:
    """What Borg avoids."""
    watch = Reachability(drain_every_ms=0)
    silent(watch, "m1", "m2", "m3")
    assert [watch.due(now_ms=0) for _ in range(4)] == ["m1", "m2", "m3", None]


def test_a_new_master_begins_to_count_anew_and_knows_who_was_given_up() -> None:
    """Polls that its predecessor missed say nothing; a machine that is down and answers is news."""
    watch = Reachability(missed_max=2)
    watch.missed("m1")
    silent(watch, "m2")
    watch.begin_anew(["m3"])
    assert not watch.missed("m1")
    assert not watch.silent
    assert watch.answered("m3")
    assert watch.due(now_ms=0) is None


@pytest.mark.parametrize(("missed_max", "drain_every_ms"), [(0, 0), (3, -1)])
def test_numbers_without_sense_are_refused(missed_max: int, drain_every_ms: int) -> None:
    """At least one poll must be missed, and no pause is negative."""
    with pytest.raises(ReachabilityError, match="expected at least 1 and 0"):
        Reachability(missed_max=missed_max, drain_every_ms=drain_every_ms)

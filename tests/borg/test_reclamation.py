from __future__ import annotations

import pytest

from k8sedu.borg.reclamation import Estimation, next_reservation

LIMIT = (4_000, 8_000, 0, 0, 3)


def steps(usages: list[int], *, age_s: int = 300) -> list[int]:
    """The CPU reservation after each usage, starting at the limit."""
    reservation, told = LIMIT, []
    for usage in usages:
        reservation = next_reservation(LIMIT, reservation, (usage, 1_000, 0, 0, 3), age_s=age_s)
        told.append(reservation[0])
    return told


def test_nothing_is_reclaimed_in_the_first_300_s() -> None:
    """What a task does while it starts says nothing about later."""
    assert steps([10, 10, 10], age_s=299) == [4_000, 4_000, 4_000]


def test_it_sinks_slowly_to_usage_and_margin() -> None:
    """Each step it loses a part of the distance, and comes to rest exactly at the usage plus a quarter."""
    told = steps([1_000] * 200)
    assert told == sorted(told, reverse=True)
    assert told[0] == 3_725
    assert told[-1] == told[-2] == 1_250


def test_it_rises_at_once() -> None:
    """A usage above the reservation lifts it in one step, to at most the limit."""
    assert steps([1_000] * 200 + [2_000, 5_000])[-2:] == [2_500, 4_000]


def test_ports_are_never_lent() -> None:
    """A port is used or not; nobody gets a part of it."""
    assert next_reservation(LIMIT, LIMIT, (0, 0, 0, 0, 0), age_s=900)[4] == 3


@pytest.mark.parametrize("margin", [0, 25, 100])
def test_a_bolder_margin_lends_more(margin: int) -> None:
    """The rest at which the reservation comes to lie is the usage with the margin."""
    reservation = LIMIT
    for _ in range(200):
        reservation = next_reservation(LIMIT, reservation, (1_000, 0, 0, 0, 3), age_s=900, how=Estimation(margin_percent=margin))
    assert reservation[0] == 1_000 + 10 * margin

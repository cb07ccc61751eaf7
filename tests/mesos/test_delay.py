"""Laws of delay scheduling: patience ends, and a little of it buys much locality."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.mesos.delay import Patience, expected_locality, locality


def test_no_patience_takes_whatever_comes() -> None:
    """With a wait of zero the first free machine is taken."""
    assert Patience(wait_ms=0).takes(local=False, now_ms=0)


def test_a_local_launch_makes_patient_again() -> None:
    """The wait is counted from the first refusal since the last local launch."""
    patience = Patience(wait_ms=10)
    assert not patience.takes(local=False, now_ms=0)
    assert patience.takes(local=True, now_ms=9)
    assert not patience.takes(local=False, now_ms=12)
    assert patience.takes(local=False, now_ms=22)


@pytest.mark.parametrize("skips", [0, 10, 50])
def test_the_formula_agrees_with_a_run(skips: int) -> None:
    """Drawing machines at random and skipping so many gives the share that the formula says."""
    rng, tasks = Random(skips), 20_000
    found = []
    for _ in range(tasks):
        draws = (rng.random() < 3 / 100 for _ in range(skips + 1))
        found.append(any(draws))
    assert locality(found) == pytest.approx(expected_locality(replicas=3, machines=100, skips=skips), abs=0.012)


def test_each_further_chance_helps_less() -> None:
    """Locality grows with patience, and grows slower and slower."""
    shares = [expected_locality(replicas=3, machines=100, skips=skips) for skips in range(50)]
    gains = [after - before for before, after in zip(shares, shares[1:], strict=False)]  # noqa: RUF007  # one line says it here
    assert all(gain > 0 for gain in gains)
    assert gains == sorted(gains, reverse=True)

from __future__ import annotations

from random import Random

import pytest

from k8sedu.borg.pressure import Demand, kill, relieve, throttle


@pytest.mark.parametrize("seed", range(5))
def test_throttling_kills_nobody_and_serves_prod_first(seed: int) -> None:
    """Everybody lives on; non-prod gets something only when prod has all that it wants; never more than there is."""
    rng = Random(seed)
    demands = [Demand(f"t{n}", rng.choice((0, 110, 200, 360)), rng.randrange(1, 4_000), 4_000) for n in range(8)]
    given = throttle(6_000, demands)
    assert list(given) == [demand.task for demand in demands]
    assert sum(given.values()) <= 6_000
    assert all(given[demand.task] <= demand.wants for demand in demands)
    prod = [demand for demand in demands if demand.priority >= 120]
    others = sum(given[demand.task] for demand in demands if demand.priority < 120)
    assert not others or all(given[demand.task] == demand.wants for demand in prod)


@pytest.mark.parametrize("seed", range(5))
def test_killing_spares_the_important(seed: int) -> None:
    """The rest fits; nobody lives whose priority is below that of a victim who kept to its limit; one less would not have been enough."""
    rng = Random(seed)
    demands = [Demand(f"t{n}", rng.choice((0, 110, 200)), rng.randrange(1, 10), 10) for n in range(8)]
    killed = kill(20, demands)
    living = [demand for demand in demands if demand.task not in killed]
    dead = [demand for demand in demands if demand.task in killed]
    assert sum(demand.wants for demand in living) <= 20
    assert max((demand.priority for demand in dead), default=0) <= min((demand.priority for demand in living), default=999)
    last = next(demand for demand in dead if demand.task == killed[-1])
    assert sum(demand.wants for demand in living) + last.wants > 20


def test_memory_is_settled_before_time_is_shared() -> None:
    """Who is killed for memory gets no processor time, so the living have more."""
    memory = [Demand("web/0", 200, 6, 8), Demand("batch/0", 100, 6, 8)]
    cpu = [Demand("web/0", 200, 1_000, 2_000), Demand("batch/0", 100, 3_000, 4_000)]
    assert relieve({"cpu": 2_000, "memory": 8}, {"cpu": cpu, "memory": memory}) == (("batch/0",), {"web/0": 1_000})

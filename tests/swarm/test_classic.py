"""Laws of classic Swarm's strategies: weights are cut to whole per cents, and ties go by the number of containers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.swarm.classic import Engine, SwarmError, Wanted, put, rank, weigh

GIB = 1024**3
ENGINE = st.builds(
    Engine,
    name=st.sampled_from("abcdefgh"),
    cpus=st.integers(1, 16),
    memory_bytes=st.integers(1, 32).map(lambda gib: gib * GIB),
    used_cpus=st.integers(0, 8),
    used_memory_bytes=st.integers(0, 16).map(lambda gib: gib * GIB),
    containers=st.integers(0, 9),
)
FLEET = st.lists(ENGINE, min_size=1, max_size=8, unique_by=lambda engine: engine.name)
WANTED = st.builds(Wanted, cpus=st.integers(0, 4), memory_bytes=st.integers(0, 8).map(lambda gib: gib * GIB))


def fleet(count: int = 2) -> list[Engine]:
    """Equal empty hosts of two cores and two GiB."""
    return [Engine(f"node-{number}", cpus=2, memory_bytes=2 * GIB) for number in range(count)]


def place(wanted: Wanted, engines: list[Engine], strategy: str) -> tuple[str, list[Engine]]:
    """Put a container on the best host, and give its name and the fleet afterwards."""
    best = rank(wanted, engines, strategy)[0]
    return best.name, [put(wanted, engine) if engine.name == best.name else engine for engine in engines]


def test_spread_goes_round_and_binpack_fills_up() -> None:
    """Four containers of half a host: spread alternates, binpack fills one host before it begins the next."""
    for strategy, wanted in (("spread", ["node-0", "node-1", "node-0", "node-1"]), ("binpack", ["node-0", "node-0", "node-1", "node-1"])):
        engines, met = fleet(), []
        for _ in range(4):
            name, engines = place(Wanted(memory_bytes=GIB), engines, strategy)
            met.append(name)
        if strategy == "binpack":
            assert [met.count(name) for name in dict.fromkeys(met)] == [2, 2]
            assert met[0] == met[1]
        else:
            assert met == wanted


def test_two_of_three_weights_by_hand() -> None:
    """(used + asked) * 100 // total for both, 100 for what is not asked for, and health ten times with the strategy's sign."""
    engine = Engine("n", cpus=3, memory_bytes=10, used_cpus=1, used_memory_bytes=3, overcommit_percent=0)
    assert weigh(Wanted(cpus=1, memory_bytes=1), [engine], health_factor=-10)[0].weight == 66 + 40 - 1000
    assert weigh(Wanted(), [engine], health_factor=10)[0].weight == 100 + 100 + 1000


def test_five_per_cent_more_than_there_is_may_be_promised() -> None:
    """Overcommit counts for memory; a few whole cores give no whole core more."""
    engine = Engine("n", cpus=4, memory_bytes=100)
    assert (engine.total_cpus, engine.total_memory_bytes) == (4, 105)
    assert weigh(Wanted(memory_bytes=105), [engine], health_factor=10)[0].weight == 100 + 100 + 1000


def test_an_unhealthy_host_comes_last_in_both() -> None:
    """Health counts ten times as much as a per cent, with opposite signs, since one list is read from the front and one from the back."""
    sick = Engine("sick", cpus=4, memory_bytes=4 * GIB, health=0)
    well = Engine("well", cpus=4, memory_bytes=4 * GIB, used_cpus=2, used_memory_bytes=2 * GIB)
    for strategy in ("spread", "binpack"):
        assert [engine.name for engine in rank(Wanted(cpus=1), [sick, well], strategy)] == ["well", "sick"]


def test_equal_weights_go_by_containers() -> None:
    """Spread prefers the host with fewer, binpack that with more."""
    few, many = (Engine(name, cpus=4, memory_bytes=GIB, containers=count) for name, count in (("few", 1), ("many", 5)))
    assert [rank(Wanted(), [few, many], strategy)[0].name for strategy in ("spread", "binpack")] == ["few", "many"]


@given(FLEET, WANTED)
def test_spread_takes_the_lightest_and_binpack_the_heaviest(engines: list[Engine], wanted: Wanted) -> None:
    """The order is that of weights and containers, and only hosts with room are in it."""
    for strategy, sign in (("spread", 1), ("binpack", -1)):
        try:
            ranked = rank(wanted, engines, strategy)
        except SwarmError:
            continue
        weights = {each.engine.name: each.weight for each in weigh(wanted, engines, health_factor=-10 * sign)}
        keys = [(sign * weights[engine.name], sign * engine.containers) for engine in ranked]
        assert keys == sorted(keys)
        assert all(put(wanted, engine).used_memory_bytes <= engine.total_memory_bytes for engine in ranked if wanted.memory_bytes)
        assert all(put(wanted, engine).used_cpus <= engine.total_cpus for engine in ranked if wanted.cpus)


@given(FLEET, st.integers(0, 99))
def test_random_asks_nobody_whether_there_is_room(engines: list[Engine], seed: int) -> None:
    """It is a permutation of all hosts, the same for the same generator."""
    huge = Wanted(cpus=10_000)
    ranked = rank(huge, engines, "random", rng=Random(seed))
    assert sorted(engine.name for engine in ranked) == sorted(engine.name for engine in engines)
    assert ranked == rank(huge, engines, "random", rng=Random(seed))


def test_a_constraint_is_a_label() -> None:
    """Only hosts that carry it are left, and without one Swarm says which condition it was."""
    ssd = fleet(1)[0]._replace(name="fast", labels={"storage": "ssd"})
    assert [engine.name for engine in rank(Wanted(constraints={"storage": "ssd"}), [*fleet(), ssd])] == ["fast"]
    with pytest.raises(SwarmError, match="satisfies the following conditions"):
        rank(Wanted(constraints={"storage": "tape"}), fleet())


@pytest.mark.parametrize(("strategy", "says"), [("fastest", "expected one of spread, binpack, random"), ("random", "expected rng=")])
def test_what_is_no_strategy_is_refused(strategy: str, says: str) -> None:
    """The sentence says what there is."""
    with pytest.raises(SwarmError, match=says):
        rank(Wanted(), fleet(), strategy)


def test_too_large_a_container_is_refused_with_swarms_words() -> None:
    """Nothing is placed by halves."""
    with pytest.raises(SwarmError, match="no resources available to schedule container"):
        rank(Wanted(memory_bytes=3 * GIB), fleet())

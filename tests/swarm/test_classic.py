"""Laws of classic Swarm's strategies: weights are cut to whole per cents, and ties go by the number of containers."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.swarm.classic import Container, Engine, Wanted, put, rank, remove, stop, weigh
from k8sedu.swarm.errors import SwarmError

GIB = 1024**3
CORE = 1_000
WANTED = st.tuples(st.integers(0, 4), st.integers(0, 8)).map(lambda drawn: Wanted(drawn[0] * CORE, drawn[1] * GIB))
ROW = st.tuples(st.integers(1, 16), st.integers(1, 32), st.integers(0, 8), st.integers(0, 16), st.integers(0, 9))
FLEET = st.lists(ROW, min_size=1, max_size=8).map(lambda rows: [host(number, *row) for number, row in enumerate(rows)])


def host(number: int, *row: int) -> Engine:
    """A host with one container that asks for something, and some that ask for nothing."""
    cores, gib, used_cores, used_gib, idle = row
    containers = (Wanted(used_cores * CORE, used_gib * GIB), *(Wanted() for _ in range(idle)))
    return Engine(f"host-{number}", cores * CORE, gib * GIB, tuple(map(Container, containers)))


def fleet(count: int = 2) -> list[Engine]:
    """Equal empty hosts of two cores and two GiB."""
    return [Engine(f"node-{number}", 2 * CORE, 2 * GIB) for number in range(count)]


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


def held(cores: int = 0, memory_bytes: int = 0, count: int = 1) -> tuple[Container, ...]:
    """Containers that together ask for this."""
    first = Container(Wanted(cores * CORE, memory_bytes, name="old"))
    return (first, *(Container(Wanted(name=f"idle-{number}")) for number in range(1, count)))


def test_two_of_three_weights_by_hand() -> None:
    """(used + asked) * 100 // total for both, 100 for what is not asked for, and health ten times with the strategy's sign."""
    engine = Engine("n", 3 * CORE, 10, held(1, 3), overcommit_percent=0)
    assert weigh(Wanted(CORE, 1), [engine], health_factor=-10)[0].weight == 66 + 40 - 1000
    assert weigh(Wanted(), [engine], health_factor=10)[0].weight == 100 + 100 + 1000


def test_five_per_cent_more_than_there_is_may_be_promised() -> None:
    """Overcommit counts for memory; a few whole cores give no whole core more, and twenty give one."""
    engine = Engine("n", 4 * CORE, 100)
    assert (engine.total_cpu_millicores, engine.total_memory_bytes) == (4 * CORE, 105)
    assert engine._replace(cpu_millicores=20 * CORE).total_cpu_millicores == 21 * CORE
    assert weigh(Wanted(memory_bytes=105), [engine], health_factor=10)[0].weight == 100 + 100 + 1000


def test_an_unhealthy_host_comes_last_in_both() -> None:
    """Health counts ten times as much as a per cent, with opposite signs, since one list is read from the front and one from the back."""
    sick = Engine("sick", 4 * CORE, 4 * GIB, health=0)
    well = Engine("well", 4 * CORE, 4 * GIB, held(2, 2 * GIB))
    for strategy in ("spread", "binpack"):
        assert [engine.name for engine in rank(Wanted(CORE), [sick, well], strategy)] == ["well", "sick"]


def test_equal_weights_go_by_containers() -> None:
    """Spread prefers the host with fewer, binpack that with more."""
    few, many = (Engine(name, 4 * CORE, GIB, held(count=count)) for name, count in (("few", 1), ("many", 5)))
    assert [rank(Wanted(), [few, many], strategy)[0].name for strategy in ("spread", "binpack")] == ["few", "many"]


def test_a_stopped_container_counts_until_it_is_removed() -> None:
    """Its cores, its memory and its place in the number of containers: a host full of the dead looks busy."""
    engine = put(Wanted(CORE, GIB, name="web"), Engine("n", 4 * CORE, 4 * GIB))
    stopped = stop("web", engine)
    assert not stopped.containers[0].is_running
    assert (stopped.used_cpu_millicores, stopped.used_memory_bytes, len(stopped.containers)) == (CORE, GIB, 1)
    other = Engine("other", 4 * CORE, 4 * GIB)
    assert rank(Wanted(), [stopped, other])[0].name == "other"
    assert remove("web", stopped) == Engine("n", 4 * CORE, 4 * GIB)


@given(FLEET, WANTED)
def test_spread_takes_the_lightest_and_binpack_the_heaviest(engines: list[Engine], wanted: Wanted) -> None:
    """The order is that of weights and containers, and only hosts with room are in it."""
    for strategy, sign in (("spread", 1), ("binpack", -1)):
        try:
            ranked = rank(wanted, engines, strategy)
        except SwarmError:
            continue
        weights = {each.engine.name: each.weight for each in weigh(wanted, engines, health_factor=-10 * sign)}
        keys = [(sign * weights[engine.name], sign * len(engine.containers)) for engine in ranked]
        assert keys == sorted(keys)
        after = [put(wanted, engine) for engine in ranked]
        assert all(engine.used_memory_bytes * 100 // engine.total_memory_bytes <= 100 for engine in after if wanted.memory_bytes)
        assert all(engine.used_cpu_millicores * 100 // engine.total_cpu_millicores <= 100 for engine in after if wanted.cpu_millicores)


def test_a_host_without_cores_takes_what_asks_for_none() -> None:
    """And nothing else."""
    engine = Engine("store", 0, 8 * GIB)
    assert rank(Wanted(memory_bytes=GIB), [engine]) == [engine]
    with pytest.raises(SwarmError):
        rank(Wanted(CORE, GIB), [engine])


def test_the_cut_to_whole_per_cents_forgives_nearly_one() -> None:
    """18 GiB on a host that may promise 17.85: 100.8 per cent are 100."""
    engine = Engine("n", CORE, 17 * GIB, held(0, 10 * GIB))
    assert weigh(Wanted(memory_bytes=8 * GIB), [engine], health_factor=10)[0].weight == 100 + 100 + 1000
    with pytest.raises(SwarmError):
        weigh(Wanted(memory_bytes=9 * GIB), [engine], health_factor=10)


@given(FLEET, st.integers(0, 99))
def test_random_asks_nobody_whether_there_is_room(engines: list[Engine], seed: int) -> None:
    """It is a permutation of all hosts, the same for the same generator."""
    huge = Wanted(10_000 * CORE)
    ranked = rank(huge, engines, "random", rng=Random(seed))
    assert sorted(engine.name for engine in ranked) == sorted(engine.name for engine in engines)
    assert ranked == rank(huge, engines, "random", rng=Random(seed))


@pytest.mark.parametrize(("strategy", "says"), [("fastest", "expected one of spread, binpack, random"), ("random", "expected rng=")])
def test_what_is_no_strategy_is_refused(strategy: str, says: str) -> None:
    """The sentence says what there is."""
    with pytest.raises(SwarmError, match=says):
        rank(Wanted(), fleet(), strategy)


def test_too_large_a_container_is_refused_with_swarms_words() -> None:
    """Nothing is placed by halves."""
    with pytest.raises(SwarmError, match="no resources available to schedule container"):
        rank(Wanted(memory_bytes=3 * GIB), fleet())

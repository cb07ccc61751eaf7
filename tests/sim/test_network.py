from __future__ import annotations

import pickle
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.sim.network import Delivery, Network, NetworkError, Wire, links_between

NODES = ["n1", "n2", "n3", "n4", "n5"]
links = st.sampled_from([(a, b) for a in NODES for b in NODES if a != b])
link_sets = st.sets(links, max_size=6).map(sorted)
ratios = st.sampled_from([0.0, 0.3, 1.0])
networks = st.builds(
    lambda low, span, loss, duplication, reordering: Network((low, low + span), loss, duplication, reordering),
    st.integers(0, 50),
    st.integers(0, 50),
    ratios,
    ratios,
    st.booleans(),
)
sends = st.lists(st.tuples(links, st.integers(0, 5_000)), max_size=30)


def plans(wire: Wire, messages: list[tuple[tuple[str, str], int]], seed: int) -> list[tuple[Delivery, ...]]:
    """What the wire says of messages that are sent one after the other."""
    random, now_us, planned = Random(seed), 0, []
    for (sender, receiver), pause_us in messages:
        now_us += pause_us
        planned.append(wire.plan(sender, receiver, now_us=now_us, random=random))
    return planned


@given(networks, sends, st.integers(0, 99))
def test_deliveries_keep_to_the_network(network: Network, messages: list[tuple[tuple[str, str], int]], seed: int) -> None:
    """Each message has one or two deliveries in whole microseconds, no sooner than the shortest delay and, unless it waits, no later."""
    low_us, high_us = network.delay_us()
    now_us = 0
    for (_, pause_us), deliveries in zip(messages, plans(Wire(network), messages, seed), strict=True):
        now_us += pause_us
        assert len(deliveries) in ({1} if network.duplication == 0 else {2} if network.duplication == 1 else {1, 2}), f"seed {seed}"
        for due_us, lost in deliveries:
            assert isinstance(due_us, int)
            assert now_us + low_us <= due_us, f"seed {seed}"
            assert due_us <= now_us + high_us or not network.reordering, f"seed {seed}"
            assert lost == (network.loss == 1) or 0 < network.loss < 1, f"seed {seed}"


@given(networks, sends, link_sets, st.integers(0, 99))
def test_a_cut_changes_only_the_messages_it_stops(
    network: Network, messages: list[tuple[tuple[str, str], int]], cut: list[tuple[str, str]], seed: int
) -> None:
    """With some links cut, every message on another link arrives exactly when it did before, and none on a cut link arrives."""
    wire = Wire(network)
    wire.cut(cut, cause="wall")
    before, after = plans(Wire(network), messages, seed), plans(wire, messages, seed)
    for (link, _), free, stopped in zip(messages, before, after, strict=True):
        assert [due_us for due_us, _ in stopped] == [due_us for due_us, _ in free], f"seed {seed}"
        if link in cut:
            assert all(lost for _, lost in stopped), f"seed {seed}"
        else:
            assert stopped == free, f"seed {seed}"


@given(sends, st.integers(0, 99))
def test_without_reordering_a_link_is_a_queue(messages: list[tuple[tuple[str, str], int]], seed: int) -> None:
    """Messages on one link arrive in the order of sending when the network does not reorder."""
    arrivals: dict[tuple[str, str], list[int]] = {}
    for (link, _), deliveries in zip(messages, plans(Wire(Network((0, 20), reordering=False)), messages, seed), strict=True):
        arrivals.setdefault(link, []).append(deliveries[0].due_us)
    for link, due_us in arrivals.items():
        assert due_us == sorted(due_us), f"{link}, seed {seed}"


def test_messages_overtake_each_other_by_default() -> None:
    """Among a hundred messages on one link, some arrive before an earlier one."""
    planned = plans(Wire(Network()), [(("n1", "n2"), 10)] * 100, seed=7)
    due_us = [deliveries[0].due_us for deliveries in planned]
    assert due_us != sorted(due_us)


def test_delays_are_drawn_evenly() -> None:
    """The mean delay of many messages is the middle of the range, and both ends occur."""
    planned = plans(Wire(Network((0, 0.009))), [(("n1", "n2"), 0)] * 5000, seed=7)
    delays = [deliveries[0].due_us for deliveries in planned]
    assert set(delays) == set(range(10))
    assert sum(delays) / len(delays) == pytest.approx(4.5, abs=0.15)


def test_a_slow_link_is_slow_one_way() -> None:
    """A slow link has its own delay in its own direction; all others keep the usual one."""
    wire = Wire(Network(delay_ms=1, slow_links={("n1", "n2"): 80}))
    (there,), (back,) = plans(wire, [(("n1", "n2"), 0), (("n2", "n1"), 0)], seed=7)
    assert (there.due_us, back.due_us) == (80_000, 1_000)


@given(st.lists(st.tuples(st.sampled_from("abc"), link_sets | st.none()), max_size=12))
def test_cuts_add_up(history: list[tuple[str, list[tuple[str, str]] | None]]) -> None:
    """The blocked links are those that at least one cause cuts now; None mends a cause."""
    wire, naive = Wire(Network()), {}
    for cause, cut in history:
        if cut is None:
            wire.mend(cause)
            naive.pop(cause, None)
        else:
            wire.cut(cut, cause=cause)
            naive[cause] = cut
        expected = sorted({link for cut in naive.values() for link in cut})
        assert list(wire.blocked) == expected
        assert all(wire.is_blocked(a, b) == ((a, b) in expected) for a in NODES for b in NODES)
    wire.heal()
    assert wire.blocked == ()


@given(st.lists(st.integers(0, 3), min_size=5, max_size=5))
def test_a_partition_cuts_exactly_between_groups(sides: list[int]) -> None:
    """Two nodes reach each other if and only if they are in the same group; side 0 is the group of those not named."""
    groups = [[name for name, side in zip(NODES, sides, strict=True) if side == number] for number in (1, 2, 3)]
    cut = links_between([group for group in groups if group], nodes=NODES)
    assert sorted(cut) == sorted((a, b) for a, i in zip(NODES, sides, strict=True) for b, j in zip(NODES, sides, strict=True) if i != j)


def test_a_network_can_change_in_mid_run() -> None:
    """When a network becomes another, the new one's delays hold and the cuts stay."""
    wire = Wire(Network(delay_ms=1))
    wire.cut([("n1", "n2")], cause="wall")
    wire.become(Network(delay_ms=2, loss=1))
    assert plans(wire, [(("n2", "n1"), 0)], seed=7) == [(Delivery(2_000, lost=True),)]
    assert wire.is_blocked("n1", "n2")


def test_networks_are_values() -> None:
    """Equal networks are equal, hash alike and survive the way to another process."""
    one, same = Network(slow_links={("n1", "n2"): (1, 2)}), Network(slow_links={("n1", "n2"): (1, 2)})
    assert one == same
    assert hash(one) == hash(same)
    assert pickle.loads(pickle.dumps(one)) == one
    assert pickle.loads(pickle.dumps(Wire(one).network)) == one


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"loss": 1.5}, r"loss is 1\.5, expected a ratio from 0 to 1"),
        ({"duplication": -0.1}, r"duplication is -0\.1, expected a ratio from 0 to 1"),
        ({"loss": float("nan")}, "loss is nan, expected a ratio from 0 to 1"),
        ({"delay_ms": -1}, "the delay is -1 ms, expected a number from 0 on, or"),
        ({"delay_ms": (6, 5)}, r"the delay is \(6, 5\) ms, expected a number from 0 on, or"),
        ({"delay_ms": float("inf")}, "the delay is inf ms, expected a number from 0 on, or"),
        ({"slow_links": {("n1", "n2"): (-1, 5)}}, r"the delay is \(-1, 5\) ms, expected"),
    ],
)
def test_impossible_networks_are_refused(arguments: dict[str, object], sentence: str) -> None:
    """A network that cannot be is refused when it is made, with the value met and what was expected."""
    with pytest.raises(NetworkError, match=sentence):
        Network(**arguments)  # type: ignore[arg-type]

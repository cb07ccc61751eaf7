"""Laws of classic Swarm's filters: what each keeps, what is said when none is left, and two rounds for soft wishes."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.docker.ports import Published
from k8sedu.swarm.classic import Container, Engine, Wanted
from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.filters import FILTERS, apply, select, verdicts, without_soft

GIB = 1024**3


def host(name: str, *containers: Wanted, **more: Any) -> Engine:
    """A host of four cores and four GiB with these containers on it."""
    return Engine(name, 4_000, 4 * GIB, tuple(Container(wanted) for wanted in containers), **more)


def names(engines: list[Engine]) -> str:
    """Their names as one word."""
    return "".join(engine.name for engine in engines)


WEB = Wanted(name="web", image="nginx:1.25", ports=(Published.parse("80:80"),), labels={"tier": "front"})
FLEET = [
    host("a", WEB, labels={"storage": "ssd", "containerslots": "1"}, images=("nginx:1.25", "redis:7")),
    host("b", labels={"storage": "disk", "containerslots": "many"}),
    host("c", labels={"storage": "ssd"}, is_healthy=False),
]


@pytest.mark.parametrize(
    ("wanted", "left"),
    [
        (Wanted(constraints=("storage==disk",)), "b"),
        (Wanted(constraints=("storage!=disk", "node!=a")), ""),
        (Wanted(constraints=("node==/[ab]/",)), "b"),
        (Wanted(affinities=("container!=web",)), "b"),
        (Wanted(affinities=("image!=nginx",)), "b"),
        (Wanted(affinities=("tier!=front",)), "b"),
        (Wanted(whitelist=("node==b|c",)), "b"),
        (Wanted(needs=("db",)), ""),
    ],
)
def test_each_filter_keeps_what_its_wish_allows(wanted: Wanted, left: str) -> None:
    """Host a has no slot left and c does not answer, so only b is ever in question, and only where the wish allows it."""
    if left:
        assert names(apply(wanted, FLEET)) == left
    else:
        with pytest.raises(SwarmError, match="Unable to find a node"):
            apply(wanted, FLEET)


def test_near_and_dependent() -> None:
    """Affinity to a container, to an image with or without its tag, to a label; and whatever needs another stands beside it."""
    roomy = [host("a", WEB, images=("nginx:1.25",)), host("b")]
    for wish in ("container==web", "container==w*", "image==nginx", "image==nginx:1.25", "tier==front"):
        assert names(apply(Wanted(affinities=(wish,)), roomy)) == "a"
    assert names(apply(Wanted(needs=("web",)), roomy)) == "a"


def test_a_port_is_taken_by_a_stopped_container_too() -> None:
    """It may be started again; another address or protocol is another port, and none at all is no wish."""
    fleet = [Engine("a", 4_000, GIB, (Container(WEB, is_running=False),)), host("b")]
    for port, left in (("80:8080", "b"), ("127.0.0.1:80:80", "b"), ("80:80/udp", "ab"), ("80", "ab"), ("81:80", "ab")):
        assert names(apply(Wanted(ports=(Published.parse(port),)), fleet)) == left


def test_the_message_lists_all_conditions_up_to_the_filter_that_kept_nobody() -> None:
    """As Swarm says it: slots always, then what was asked for, one line a filter."""
    wanted = Wanted(ports=WEB.ports, affinities=("container!=~web",), constraints=("storage==tape",), whitelist=("node==b",))
    with pytest.raises(SwarmError) as error:
        apply(wanted, FLEET)
    conditions = ("port 80 (Bridge mode)", "free slots", "container!=web (soft=true)", "storage==tape")
    lines = "".join(f"\n[{condition}]" for condition in conditions)
    assert str(error.value) == f"Unable to find a node that satisfies the following conditions {lines}"


def test_where_no_host_answers_that_alone_is_said() -> None:
    """Health is a case of its own."""
    with pytest.raises(SwarmError, match=r"^No healthy node available in the cluster$"):
        apply(Wanted(constraints=("storage==tape",)), FLEET[2:])


@pytest.mark.parametrize("why", ["filter", "room"])
def test_a_soft_wish_is_given_up_only_when_nothing_else_helps(why: str) -> None:
    """First round with it; if no host is left, or none of them has room, one more without."""
    wanted = Wanted(memory_bytes=GIB, constraints=("storage==~ssd",))
    fleet = [host("a", labels={"storage": "ssd"}), host("b", WEB)]
    assert names(select(wanted, fleet)) == "a"
    if why == "filter":
        assert names(select(wanted, fleet[1:])) == "b"
    else:
        full = fleet[0]._replace(containers=(Container(Wanted(memory_bytes=4 * GIB)),))
        assert names(select(wanted, [full, fleet[1]])) == "b"


def test_a_picture_says_why_each_host_is_out() -> None:
    """The first filter that it does not pass, or the resource of which it has too little."""
    big = Wanted(cpu_millicores=3_000)
    fleet = [*FLEET, host("d", big), host("e", Wanted(memory_bytes=4 * GIB)), host("f")]
    met = verdicts(Wanted(cpu_millicores=2_000, memory_bytes=GIB, constraints=("node!=b",)), fleet)
    assert met == {"a": "containerslots", "b": "constraint", "c": "health", "d": "cpu", "e": "memory", "f": ""}


@given(st.lists(st.sampled_from(["storage==ssd", "storage!=~disk", "node!=a", "node==~/[ab]/"]), max_size=4), st.integers(0, 99))
def test_whatever_is_selected_passes_every_filter(constraints: list[str], seed: int) -> None:
    """Also at random, and whatever hard wishes there are."""
    wanted = Wanted(constraints=tuple(constraints))
    fleet = [host("a", labels={"storage": "ssd"}), host("b", labels={"storage": "disk"}), host("c", is_healthy=False)]
    try:
        chosen = select(wanted, fleet, "random", rng=Random(seed))
    except SwarmError:
        return
    assert chosen
    assert all(each.keeps(without_soft(wanted), engine) for each in FILTERS for engine in chosen)

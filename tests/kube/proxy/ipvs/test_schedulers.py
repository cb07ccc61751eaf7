from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.proxy.ipvs.hashed import bucket
from k8sedu.kube.proxy.ipvs.schedulers import SCHEDULERS, UnknownSchedulerError, scheduler_of
from k8sedu.kube.proxy.ipvs.servers import RealServer, ServerKey, VirtualServer
from k8sedu.kube.proxy.packet import Packet

PACKET = Packet("10.244.1.7", 40_001, "10.96.0.7", 80)


def virtual(scheduler: str, *weights: int) -> VirtualServer:
    reals = [RealServer(f"10.0.0.{number}", 80, weight, last_weight=weight) for number, weight in enumerate(weights, 1)]
    return VirtualServer(ServerKey("10.96.0.7", 80), scheduler, reals=reals)


def picks(server: VirtualServer, count: int) -> str:
    """The next choices, as letters by the order of the list; every connection stays open."""
    chosen, scheduler, names = "", scheduler_of(server), {real: chr(65 + place) for place, real in enumerate(server.reals)}
    for _ in range(count):
        real = scheduler.pick(PACKET)
        assert real is not None
        real.active += 1
        chosen += names[real]
    return chosen


@pytest.mark.conformance("k8s/ipvs.json")
def test_rules_of_the_kernel(conformance_path: Path) -> None:
    """Each scheduler chooses, and each address falls, as the kernel's rules say."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["schedulers"]:
        if "ip" in case:
            assert (bucket(case["ip"]), bucket(case["ip"], is_old=True)) == (case["kernel_ge_4_18"], case["old_kernel"])
            continue
        for name in case["scheduler"].split()[0].split("/"):
            server = virtual(name, *case["weights"])
            for place, real in enumerate(server.reals):
                real.active, real.inactive = (case.get(what, [0] * 9)[place] for what in ("active", "inactive"))
            assert picks(server, len(case["picks"])) == case["picks"], name


@pytest.mark.parametrize("name", ["rr", "wrr", "lc", "wlc", "sed", "nq"])
@given(servers=st.integers(1, 6), rounds=st.integers(1, 4))
def test_equal_shares(name: str, servers: int, rounds: int) -> None:
    """Over servers of weight 1 that keep their connections, every round gives one to each."""
    server = virtual(name, *[1] * servers)
    picks(server, servers * rounds)
    assert {real.active for real in server.reals} == {rounds}


@given(weights=st.lists(st.integers(0, 5), min_size=1, max_size=5).filter(any))
def test_weighted_rounds(weights: list[int]) -> None:
    """A whole round of wrr gives each server connections in proportion to its weight, and none to weight 0."""
    server = virtual("wrr", *weights)
    picks(server, sum(weights))
    assert [real.active for real in server.reals] == weights


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_nobody(name: str) -> None:
    """Without servers, or with none of a weight, nobody is chosen."""
    assert scheduler_of(virtual(name)).pick(PACKET) is None
    assert scheduler_of(virtual(name, 0, 0)).pick(PACKET) is None


@pytest.mark.parametrize("name", sorted(SCHEDULERS))
def test_changes_are_seen(name: str) -> None:
    """A server that is taken out is never chosen again, and one that is put in can be."""
    server = virtual(name, 1, 1)
    scheduler = scheduler_of(server)
    scheduler.pick(PACKET)
    for real in tuple(server.reals):
        server.remove(real)
    assert scheduler.pick(PACKET) is None
    server.add(RealServer("10.0.0.9", 80))
    found = scheduler.pick(PACKET)
    assert found is not None
    assert found.ip == "10.0.0.9"


def test_turn_after_removal() -> None:
    """When the server that had its turn last is taken out, round robin goes on behind the place where it stood."""
    server = virtual("rr", 1, 1, 1)
    scheduler = scheduler_of(server)
    second = [scheduler.pick(PACKET), scheduler.pick(PACKET)][1]
    assert second is not None
    server.remove(second)
    found = scheduler.pick(PACKET)
    assert found is not None
    assert found.ip == "10.0.0.3"


def test_unknown() -> None:
    """A scheduler that the kernel does not have is named, with those that it has."""
    with pytest.raises(UnknownSchedulerError, match="'fair' is not known, expected one of rr, wrr"):
        scheduler_of(virtual("fair", 1))

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.controllers.topology_hints import OVERLOAD, allocations, with_hints, zone_shares
from k8sedu.kube.objects import Endpoint, Node
from k8sedu.kube.objects.service import EndpointConditions


@pytest.mark.conformance("k8s/endpointslice.json")
def test_shares(conformance_path: Path) -> None:
    """Zones get endpoints in proportion to their CPUs, and none at all where a zone would be overloaded."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["topology_hints"]:
        if "zone_cores" in case:
            nodes = [
                Node.of({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}, "status": {"allocatable": {"cpu": str(cores)}}})
                for zone, cores in case["zone_cores"].items()
            ]
            assert zone_shares(nodes) == pytest.approx(case["expected_share"])
        else:
            shares = {f"z{place}": 1 / case["zones"] for place in range(case["zones"])}
            assert (allocations(case["endpoints"], shares) is not None) == case["hints"]
            assert case["threshold_add"] == OVERLOAD


READY = EndpointConditions(ready=True)


def endpoints(*zones: str) -> list[Endpoint]:
    return [Endpoint(addresses=(f"10.0.0.{place}",), zone=zone, conditions=READY) for place, zone in enumerate(zones)]


@given(st.lists(st.sampled_from("abc"), max_size=24), st.tuples(*[st.integers(1, 9)] * 3))
def test_no_zone_is_overloaded(zones: list[str], cores: tuple[int, int, int]) -> None:
    """If there are hints, every endpoint has one, and no zone has less than it needs to bear its share with a fifth too much."""
    shares = {zone: count / sum(cores) for zone, count in zip("abc", cores, strict=True)}
    hinted = with_hints(endpoints(*zones), shares)
    told = [each.hints["forZones"][0]["name"] for each in hinted if each.hints]
    if told:
        assert len(told) == len(zones)
        for zone, share in shares.items():
            assert share * len(zones) <= told.count(zone) * (1 + OVERLOAD) + 1e-9
    else:
        assert allocations(len(zones), shares) is None


def test_at_home_where_possible() -> None:
    """An endpoint is meant for its own zone unless another has too few; one without a zone takes the hints from all."""
    shares = {"a": 0.5, "b": 0.5}
    assert [each.hints["forZones"][0]["name"] for each in with_hints(endpoints("b", "a", "b", "a"), shares)] == ["b", "a", "b", "a"]
    assert [each.hints["forZones"][0]["name"] for each in with_hints(endpoints("a", "a", "a", "a"), shares)] == ["a", "a", "b", "b"]
    assert all(each.hints is None for each in with_hints([*endpoints("a", "b"), Endpoint(conditions=READY)], shares))

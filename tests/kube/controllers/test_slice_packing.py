from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.controllers.slice_packing import Packing, identity, pack, watch_bytes
from k8sedu.kube.objects import Endpoint, EndpointSlice, ObjectMeta
from k8sedu.kube.objects.service import EndpointConditions


def endpoint(number: int, *, ready: bool = True) -> Endpoint:
    return Endpoint(addresses=(f"10.{number >> 16}.{number >> 8 & 255}.{number & 255}",), conditions=EndpointConditions(ready=ready))


def slices(*lengths: int) -> list[EndpointSlice]:
    starts = [sum(lengths[:place]) for place in range(len(lengths))]
    return [
        EndpointSlice(metadata=ObjectMeta(name=f"s{place}"), endpoints=tuple(map(endpoint, range(start, start + length))))
        for place, (start, length) in enumerate(zip(starts, lengths, strict=True))
    ]


def after(existing: list[EndpointSlice], packing: Packing) -> list[tuple[Endpoint, ...]]:
    kept = {each.name: each.endpoints for each in existing if each.name not in packing.delete}
    return [*(kept | dict(packing.update)).values(), *packing.create]


@pytest.mark.conformance("k8s/endpointslice.json")
def test_lengths(conformance_path: Path) -> None:
    """Slices come out as long, and with as many writes, as in the tests of the real controller."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["packing"]:
        existing = slices(*case["existing"])
        packing = pack(existing, map(endpoint, range(sum(case["existing"]) + case["add"])), most=case["max"])
        assert sorted(map(len, after(existing, packing))) == sorted(case["expected_lengths"]), case["name"]
        assert (len(packing.create), len(packing.update)) == (case["creates"], case["updates"]), case["name"]


@pytest.mark.parametrize(
    ("existing", "removed", "added", "expected", "writes"),
    [((62, 61), 0, 127, [89, 61, 100], (1, 1, 0)), ((62, 61), 1, 127, [61, 88, 100], (1, 1, 0)), ((50, 50), 50, 0, [50], (0, 0, 1)),
     ((100, 40), 0, 30, [70, 100], (0, 1, 0)), ((30, 60, 50), 0, 40, [30, 50, 100], (0, 1, 0)), ((), 0, 0, [], (0, 0, 0))],
)  # fmt: skip
def test_few_writes(existing: tuple[int, ...], removed: int, added: int, expected: list[int], writes: tuple[int, int, int]) -> None:
    """What must be written anyway is filled first; a rest goes to the fullest slice that takes all of it; else a new one is made."""
    found = slices(*existing)
    packing = pack(found, map(endpoint, range(removed, sum(existing) + added)))
    assert sorted(map(len, after(found, packing))) == sorted(expected)
    assert (len(packing.create), len(packing.update), len(packing.delete)) == writes


@given(st.lists(st.integers(1, 5), max_size=5), st.lists(st.integers(0, 30), unique=True), st.integers(1, 6), st.randoms())
def test_nothing_is_lost(lengths: list[int], wanted: list[int], most: int, random: Any) -> None:
    """Every wanted endpoint stands in exactly one slice, as it is wanted; no slice is too long or empty; nothing is written in vain."""
    existing = slices(*(min(length, most) for length in lengths))
    desired = [endpoint(number, ready=random.random() < 0.8) for number in wanted]
    packing = pack(existing, desired, most=most)
    result = after(existing, packing)
    found = [each for endpoints in result for each in endpoints]
    assert sorted(map(identity, found), key=str) == sorted(map(identity, desired), key=str)
    assert {identity(each): each for each in found} == {identity(each): each for each in desired}
    assert all(0 < len(endpoints) <= most for endpoints in result)
    before = {each.name: each.endpoints for each in existing}
    assert all(before[name] != endpoints for name, endpoints in packing.update.items())
    assert pack([each.evolve(endpoints=before[each.name]) for each in existing], found_in(existing), most=most) == Packing((), {}, ())


def found_in(existing: list[EndpointSlice]) -> list[Endpoint]:
    return [endpoint for each in existing for endpoint in each.endpoints]


def test_labels_alone() -> None:
    """A slice whose labels are old is written, though its endpoints are right."""
    assert dict(pack(slices(2), map(endpoint, range(2)), is_relabelled=lambda _: True).update) == {"s0": slices(2)[0].endpoints}


@pytest.mark.conformance("k8s/endpointslice.json")
def test_bytes(conformance_path: Path) -> None:
    """What a change costs the network is what the KEP counts, for one object, slices of a hundred, and slices of one."""
    units = {"KB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["kep752_bytes"]:
        changes = 20_000 if "rolling" in case["case"] else 1
        for column, most in (("endpoints_bytes", 20_000), ("slices100_bytes", 100), ("slices1_bytes", 1)):
            number, unit = re.findall(r"([\d.]+)([KMGT]B)", case[column])[-1]
            assert watch_bytes(20_000, per_object=most, nodes=5_000, changes=changes) == float(number) * units[unit], case

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.kube.services.bands import Band, FullError, IpRange, OutsideError, PortRange, TakenError


@pytest.mark.conformance("k8s/kubeproxy.json")
def test_sizes(conformance_path: Path) -> None:
    """The bands of every range are as large as the documentation's tables say."""
    for case in json.loads(conformance_path.read_text(encoding="utf-8"))["groups"]["ip_bands"]:
        if case["kind"] == "clusterIP":
            band = IpRange(case["cidr"]).band
        else:
            first, _, last = case["range"].partition("-")
            band = PortRange(int(first), int(last)).band
            assert band.size == case["size"]
        assert (band.static, band.size - band.static) == (case["static"], case["dynamic"]), case


@given(st.integers(1, 60), st.data())
def test_nothing_twice(size: int, data: st.DataObject) -> None:
    """Whatever is taken and handed out, nobody gets what another has, the lower band is handed out last, and a full range says so."""
    static = data.draw(st.integers(0, size))
    band, rng = Band(size, static=static), Random(data.draw(st.integers(0, 99)))
    chosen = data.draw(st.lists(st.integers(0, size - 1), unique=True))
    for place in chosen:
        band.take(place)
    given_out = [band.give(rng) for _ in range(size - len(chosen))]
    assert sorted([*chosen, *given_out]) == list(range(size))
    upper = [place >= static for place in given_out]
    assert upper == sorted(upper, reverse=True)
    with pytest.raises(FullError):
        band.give(rng)
    band.free(0)
    assert band.give(rng) == 0


def test_first_and_last() -> None:
    """The address of the network and its broadcast are nobody's; in IPv6 there is no broadcast."""
    ips = IpRange("10.96.0.0/28")
    assert (ips.dynamic_band, ips.band.static) == (("10.96.0.1", "10.96.0.14"), 0)
    for wrong in ("10.96.0.0", "10.96.0.15", "10.97.0.1"):
        with pytest.raises(OutsideError, match=r"The range of valid IPs is 10\.96\.0\.0/28"):
            ips.take(wrong)
    assert IpRange("fd00::/108").dynamic_band == ("fd00::101", "fd00::ffff")


def test_chosen_twice() -> None:
    """What somebody has chosen another cannot choose, until it is given back."""
    ips, ports = IpRange("10.96.0.0/24"), PortRange()
    ips.take("10.96.0.10")
    with pytest.raises(TakenError, match="provided IP is already allocated"):
        ips.take("10.96.0.10")
    ips.free(["10.96.0.10", "192.168.0.1"])
    ips.take("10.96.0.10")
    ports.take(30_007)
    with pytest.raises(TakenError, match="provided port is already allocated"):
        ports.take(30_007)
    with pytest.raises(OutsideError, match="30000-32767"):
        ports.take(80)

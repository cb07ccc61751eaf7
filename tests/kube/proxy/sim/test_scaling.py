from __future__ import annotations

import pytest

from k8sedu.kube.proxy.sim import ProxyRunError, scaling


def test_two_curves() -> None:
    """What a first packet is asked grows in the modes of long lists; what a change writes grows in iptables mode alone."""
    few, many = ({row.mode: row for row in scaling([size], samples=5, endpoints=1)} for size in (50, 500))
    for mode in ("iptables", "userspace"):
        assert many[mode].asked_last - many[mode].asked_first == 499
    for mode in ("ipvs", "nftables"):
        assert many[mode].asked_last == many[mode].asked_first == few[mode].asked_mean
    for mode in ("ipvs", "nftables", "userspace"):
        assert many[mode].written_change == few[mode].written_change
    assert many["iptables"].written_change - few["iptables"].written_change == 450, "a line for every Service in the shared chain"
    assert many["ipvs"].rules == few["ipvs"].rules


def test_rule_counts() -> None:
    """Rules per Service are those of the reference: in iptables mode 2 and 3 for each endpoint, over those that are always there."""
    counts = {(row.services, ends): row.rules for ends in (1, 2, 10) for row in scaling([1, 10], modes=["iptables"], endpoints=ends)}
    always = counts[1, 1] - 5
    assert counts == {(size, ends): always + size * (2 + 3 * ends) for size in (1, 10) for ends in (1, 2, 10)}


def test_clock() -> None:
    """With a clock there are seconds, without one there are none."""
    ticks = iter(range(100))
    (row,) = scaling([5], modes=["ipvs"], clock=lambda: float(next(ticks)))
    assert (row.full_s, row.change_s) == (1.0, 1.0)
    assert row.walk_s == 1.0 / 5
    assert scaling([5], modes=["ipvs"])[0].walk_s is None


@pytest.mark.parametrize(("arguments", "said"), [
    ({"services": [0]}, "services holds 0, expected numbers from 1"), ({"services": [1], "endpoints": 0}, "endpoints is 0"),
    ({"services": [1], "modes": ["ebpf"]}, "modes holds 'ebpf', expected some of"),
])  # fmt: skip
def test_impossible(arguments: dict[str, object], said: str) -> None:
    """What cannot be is told in one sentence."""
    with pytest.raises(ProxyRunError, match=said):
        scaling(**arguments)  # type: ignore[arg-type]  # wrong on purpose

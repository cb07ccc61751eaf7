from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from k8sedu.kube.proxy.iptables.proxier import Iptables
from k8sedu.kube.proxy.iptables.ruleset import Ruleset
from k8sedu.kube.proxy.iptables.saved import saved


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        (
            '-A X -m comment --comment "a/b cluster IP" -m tcp -p tcp -d 10.96.0.1 --dport 80 ! -s 10.244.0.0/16 -j M',
            '-A X ! -s 10.244.0.0/16 -d 10.96.0.1/32 -p tcp -m comment --comment "a/b cluster IP" -m tcp --dport 80 -j M',
        ),
        (
            '-A X -m comment --comment "a/b -> 10.0.0.1:80" -m statistic --mode random --probability 0.3333333333 -j KUBE-SEP-Y',
            '-A X -m comment --comment "a/b -> 10.0.0.1:80" -m statistic --mode random --probability 0.33333333349 -j KUBE-SEP-Y',
        ),
        (
            "-A X -m comment --comment a/b -m recent --name KUBE-SEP-Y --set -m udp -p udp -j DNAT --to-destination 10.0.0.1:53",
            '-A X -p udp -m comment --comment "a/b" -m recent --set --name KUBE-SEP-Y --mask 255.255.255.255 --rsource -m udp '
            "-j DNAT --to-destination 10.0.0.1:53",
        ),
        (
            "-A X -m recent --name Y --rcheck --seconds 10800 --reap -j Y",
            "-A X -m recent --rcheck --seconds 10800 --reap --name Y --mask 255.255.255.255 --rsource -j Y",
        ),
        ("-A X -m mark ! --mark 0x00004000/0x00004000 -j RETURN", "-A X -m mark ! --mark 0x4000/0x4000 -j RETURN"),
        ("-A X -j MARK --xor-mark 0x00004000", "-A X -j MARK --set-xmark 0x4000/0x0"),
        ("-A X -d 10.0.0.1 -j REJECT", "-A X -d 10.0.0.1/32 -j REJECT --reject-with icmp-port-unreachable"),
        ("-A X -j MASQUERADE --random-fully", "-A X -j MASQUERADE --random-fully"),
    ],
)  # fmt: skip
def test_as_the_kernel_shows_it(written: str, shown: str) -> None:
    """A rule is shown as iptables-save shows it on real nodes."""
    assert saved(written) == shown
    assert saved(shown) == shown, "what is shown is shown again so"


def test_six() -> None:
    """ip6tables-save has longer addresses and another way of rejecting."""
    assert saved("-A X -d fd00::1 -j REJECT", is_ipv6=True) == "-A X -d fd00::1/128 -j REJECT --reject-with icmp6-port-unreachable"


@pytest.mark.conformance("k8s/proxy/*.jsonl")
def test_what_is_saved_can_be_read(conformance_path: Path, recordings: Any) -> None:
    """Every table that is saved can be read, and is then saved the same."""
    for recording in recordings(conformance_path):
        proxier, update = Iptables(recording.settings), recording.first()
        proxier.sync(recording.tracker, update)
        text = proxier.ruleset().save()
        assert Ruleset.read(text).save() == text, recording.name

from __future__ import annotations

import pytest

from k8sedu.kube.proxy.iptables.rules import marked, rule
from k8sedu.kube.proxy.packet import Packet

PACKET = Packet("10.0.0.1", 1, "10.0.0.2", 2, mark=0x4001)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("--or-mark 0x8000", 0xC001), ("--xor-mark 0x4000", 0x1), ("--and-mark 0xff", 0x1), ("--set-mark 0x7", 0x7),
        ("--set-mark 0x8000/0xf000", 0x8001), ("--set-xmark 0x4000/0x0", 0x1), ("--set-xmark 0x4000/0x4000", 0x4001),
        ("--set-xmark 0x7", 0x7),
    ],
)  # fmt: skip
def test_marks(options: str, expected: int) -> None:
    """Each way of setting a mark does what the manual says; kube-proxy's way and iptables-save's do the same."""
    assert marked(PACKET, rule(f"-A A -j MARK {options}").parts).mark == expected

"""Laws of the bench: a death is not known at once, every other change is, and a copy is another bench."""

from __future__ import annotations

import pytest

from k8sedu.kube.proxy.lab.bench import Bench, BenchError


@pytest.mark.parametrize("mode", ["iptables", "ipvs", "nftables"])
def test_requests_are_lost_until_the_node_is_told(mode: str) -> None:
    """The share of the dead pod, and afterwards none."""
    bench = Bench.of(mode=mode)
    bench.kill("web-1")
    bench.send(60)
    assert 0 < bench.lost < 60
    assert bench.dead == {"10.244.1.10:8080"}
    bench.tell()
    bench.send(60)
    assert (bench.sent, bench.lost, bench.dead) == (60, 0, frozenset({"10.244.1.10:8080"}))


def test_userspace_tries_the_next_pod() -> None:
    """Somebody listens in this mode, and notices: nothing is lost."""
    bench = Bench.of(mode="userspace")
    bench.kill("web-2")
    bench.send(30)
    assert bench.lost == 0


def test_a_new_pod_has_another_address() -> None:
    """The Service's address stays."""
    bench = Bench.of()
    before, meant = bench.pods["web-1"].ip, bench.packet().destination
    bench.kill("web-1")
    bench.start("web-1")
    assert bench.pods["web-1"].ip != before
    assert bench.packet().destination == meant
    assert not bench.dead


def test_affinity_keeps_a_client_and_local_keeps_a_node() -> None:
    """With either, fewer pods are asked."""
    bench = Bench.of()
    bench.keep_clients(10_800)
    assert len({walk.endpoint for walk in bench.send(40)}) == 1
    bench.keep_clients(0)
    bench.route_by("Local")
    assert {walk.endpoint for walk in bench.send(40)} == {"10.244.1.10:8080", "10.244.1.11:8080"}


def test_without_pods_all_is_rejected() -> None:
    """And told so at once."""
    bench = Bench.of(pods=0)
    assert {walk.outcome for walk in bench.send(3)} == {"rejected"}
    assert bench.lost == 3


def test_a_copy_goes_its_own_way() -> None:
    """Pods, rules and chance belong to one bench alone, and the same is drawn in both."""
    bench = Bench.of(mode="userspace")
    other = bench.copied()
    other.kill("web-1")
    assert bench.is_up("10.244.1.10:8080")
    assert other.node.mode("userspace").is_up("10.244.1.10:8080") is False  # type: ignore[attr-defined]  # the mode's own
    assert bench.node.mode("userspace").is_up("10.244.1.10:8080") is True  # type: ignore[attr-defined]


def test_what_cannot_be_is_refused() -> None:
    """In one sentence each."""
    bench = Bench.of()
    with pytest.raises(BenchError, match="met the pod 'db', expected one of: web-1, web-2, web-3"):
        bench.kill("db")
    with pytest.raises(BenchError, match="met 9 pods, expected 0 to 5"):
        bench.scale(9)
    with pytest.raises(BenchError, match="met the mode 'ebpf'"):
        Bench.of(mode="ebpf")

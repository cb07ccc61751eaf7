from __future__ import annotations

from pathlib import Path

from k8sedu.etcd.datadir import load
from k8sedu.etcd.identity import Identity, LogOwner, Peer, identify

CONFORMANCE = Path(__file__).parents[1] / "conformance/etcd"


def test_a_real_member_knows_who_it_is() -> None:
    """Log, backend and snapshot of a real member tell one story about the membership."""
    identity = load(CONFORMANCE / "cluster/m2").identity
    assert (f"{identity.member_id:x}", f"{identity.cluster_id:x}", identity.name) == ("4fc002f19ca8c789", "60af5509c73d32f", "m2")
    assert {peer.name for peer in identity.peers} == {"m1", "m2", "m3"}
    assert tuple(peer.member_id for peer in identity.peers) == tuple(sorted(identity.voters))
    assert identity.peers[0] == Peer(identity.member_id, "m2", ("http://127.0.0.1:26011",), ("http://127.0.0.1:26010",))


def test_a_member_that_knows_nothing_yet() -> None:
    """Without metadata, peers and snapshots everything is empty, and nothing fails."""
    bolt = load(CONFORMANCE / "cluster/m2").bolt
    assert identify(bolt, b"", {})[:2] == LogOwner()
    assert identify(bolt, b"", {}).voters == ()
    assert Identity().name == ""

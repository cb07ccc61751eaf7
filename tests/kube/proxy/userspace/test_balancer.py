from __future__ import annotations

from k8sedu.kube.proxy.userspace.balancer import Balancer


def test_affinity_is_counted_from_the_last_visit() -> None:
    """A client stays as long as it comes back in time; after that it gets whose turn it is."""
    turns = Balancer(("a", "b"), affinity_ms=1_000)
    assert [turns.next_for("c", now_ms=now_ms) for now_ms in (0, 900, 1_800)] == ["a", "a", "a"]
    assert turns.next_for("c", now_ms=2_800) == "b"


def test_failure_breaks_affinity() -> None:
    """A client whose endpoint did not answer is given the next one, and stays with that."""
    turns = Balancer(("a", "b"), affinity_ms=1_000)
    assert turns.next_for("c", now_ms=0) == "a"
    assert turns.next_for("c", now_ms=1, starts_anew=True) == "b"
    assert turns.next_for("c", now_ms=2) == "b"


def test_endpoints_change() -> None:
    """Clients of an endpoint that has gone are free; the others stay."""
    turns = Balancer(("a", "b"), affinity_ms=1_000)
    assert [turns.next_for(client, now_ms=0) for client in ("one", "two")] == ["a", "b"]
    turns.set_endpoints(("b", "d"), 1_000)
    assert [turns.next_for(client, now_ms=1) for client in ("two", "one")] == ["b", "b"]
    assert turns.next_for("three", now_ms=1) == "d"


def test_nobody() -> None:
    """Without endpoints there is nobody."""
    assert Balancer().next_for("c", now_ms=0) is None

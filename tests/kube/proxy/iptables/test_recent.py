from __future__ import annotations

from k8sedu.kube.proxy.iptables.recent import LIST_LENGTH, Recent


def test_a_list_is_full() -> None:
    """The hundred and first client takes the place of the one that was longest away, not of the one that came first."""
    recent = Recent()
    for number in range(LIST_LENGTH):
        recent.set("A", f"10.0.0.{number}", now_ms=number)
    recent.set("A", "10.0.0.0", now_ms=200)
    recent.set("A", "10.0.1.0", now_ms=201)
    assert len(recent.clients("A")) == LIST_LENGTH
    assert "10.0.0.0" in recent.clients("A")
    assert "10.0.0.1" not in recent.clients("A")


def test_reaping() -> None:
    """Asking with --reap takes out the client that was longest away, if that was too long ago."""
    recent = Recent()
    recent.set("A", "10.0.0.1", now_ms=0)
    recent.set("A", "10.0.0.2", now_ms=500)
    assert recent.check("A", "10.0.0.2", within_ms=1000, now_ms=1400, reap=True)
    assert recent.clients("A") == ("10.0.0.2",)


def test_lists_are_apart() -> None:
    """Every endpoint has a list of its own, and a list goes with its chain."""
    recent = Recent()
    recent.set("A", "10.0.0.1", now_ms=0)
    assert not recent.check("B", "10.0.0.1", within_ms=None, now_ms=0)
    recent.drop(["A"])
    assert not recent.check("A", "10.0.0.1", within_ms=None, now_ms=0)
    assert not recent.remove("A", "10.0.0.1")

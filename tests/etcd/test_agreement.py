"""Laws between members and clients: each is kept by a sound history and catches a planted violation."""

from __future__ import annotations

import pytest

from k8sedu.etcd.agreement import LAWS, Agreement, Applied, watch_exactly_once

PUT = Applied(3, 2, "n1.1.1", before=4, revision=5, compact_revision=-1, hash=77, changes=(("PUT", b"a", b"1"), ("DELETE", b"b", b"")))
GOOD = (PUT, Applied(4, 2, "", 5, 5, -1, 77), Applied(5, 3, "n2.1.1", 5, 6, -1, 78, (("PUT", b"c", b"1"),)))


def sound() -> Agreement:
    """A history in which nothing is wrong."""
    agreement = Agreement()
    for member in ("n1", "n2"):
        assert [agreement.applied(member, one) for one in GOOD] == ["", "", ""]
    agreement.acknowledge(5, 6)
    return agreement


@pytest.mark.parametrize(
    ("law", "now"),
    [
        ("members_apply_the_same", PUT._replace(hash=78)),
        ("members_apply_the_same", PUT._replace(request_id="n2.1.1")),
        ("revision_grows_across_terms", Applied(6, 2, "", 6, 6, -1, 78)),
        ("revision_grows_across_terms", Applied(6, 3, "", 5, 5, -1, 78)),
        ("revision_grows_across_terms", Applied(6, 3, "", 6, 8, -1, 78)),
        ("acknowledged_writes_survive", GOOD[2]._replace(revision=5)),
    ],
)
def test_a_planted_violation_is_caught(law: str, now: Applied) -> None:
    """The sentence begins with the name of the broken law and names the member."""
    complaint = sound().applied("n3", now)
    assert complaint.startswith(f"{law}: n3 ")


def test_every_law_has_a_planted_violation() -> None:
    """No law is decoration."""
    assert {law.__name__ for law in LAWS} == {"members_apply_the_same", "revision_grows_across_terms", "acknowledged_writes_survive"}


@pytest.mark.parametrize(
    ("told", "is_right"),
    [
        ((("PUT", b"a", b"1", 5), ("DELETE", b"b", b"", 5)), True),
        ((("PUT", b"a", b"1", 5),), False),
        ((("PUT", b"c", b"1", 6),), False),
        ((("DELETE", b"b", b"", 5), ("PUT", b"a", b"1", 5)), False),
        ((("PUT", b"a", b"1", 5), ("DELETE", b"b", b"", 5), ("PUT", b"c", b"1", 6), ("PUT", b"c", b"1", 6)), False),
    ],
)
def test_a_watch_is_told_everything_once_in_order(told: tuple[tuple[str, bytes, bytes, int], ...], *, is_right: bool) -> None:
    """A half revision, a skipped one, a wrong order and a repetition are all noticed."""
    complaint = watch_exactly_once(sound(), told, next_revision=5, covers=lambda _: True)
    assert (complaint == "") == is_right


def test_a_watch_is_told_of_its_own_keys_only() -> None:
    """What a watch is not about is no gap."""
    assert watch_exactly_once(sound(), [("PUT", b"c", b"1", 6)], next_revision=5, covers=lambda key: key == b"c") == ""

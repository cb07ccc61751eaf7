"""Laws of `-p`: what is read is what was meant, and a port of the host is given away once."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.docker.ports import PortError, Published

PUBLISHED = st.builds(
    Published,
    host_port=st.integers(1, 65_535),
    container_port=st.integers(1, 65_535),
    protocol=st.sampled_from(["tcp", "udp"]),
    address=st.sampled_from(["0.0.0.0", "127.0.0.1", "10.0.0.5"]),  # no address to listen on, but text to read
)


@given(PUBLISHED)
def test_text_and_value_say_the_same(published: Published) -> None:
    """What a published port writes, it reads again."""
    assert Published.parse(published.text) == published


@given(PUBLISHED, PUBLISHED)
def test_a_conflict_is_mutual(one: Published, other: Published) -> None:
    """If one is in the way of the other, so is the other of the one; and each is in its own way."""
    assert one.conflicts_with(other) == other.conflicts_with(one)
    assert one.conflicts_with(one)


def test_what_shares_nothing_is_in_nobodys_way() -> None:
    """Another port, another protocol, or another address of the host: any one of them is enough."""
    one = Published.parse("10.0.0.5:80:80")
    for other in ("10.0.0.5:81:80", "10.0.0.5:80:80/udp", "127.0.0.1:80:80"):
        assert not one.conflicts_with(Published.parse(other))
    assert one.conflicts_with(Published.parse("80:9000"))


@pytest.mark.parametrize("text", ["", "a", "80:", "80:0", "70000", "1:2:3", "80/icmp", "-1:80", "300.1.1:80:80"])
def test_what_cannot_be_read_is_refused_with_its_text(text: str) -> None:
    """The sentence names what was met and shows an example or the range."""
    with pytest.raises(PortError, match="expected") as caught:
        Published.parse(text)
    assert repr(text) in str(caught.value)

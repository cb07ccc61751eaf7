"""Laws of swarm mode's constraints: whole words without regard to capitals, and Docker's words for what cannot be read."""

from __future__ import annotations

import pytest

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.constraints import Constraint
from k8sedu.swarm.mode.store import Node

NODE = Node("n1", role="manager", labels=(("zone", "eu-a"),), platform=("linux", "arm64"), address="10.0.0.1")._replace(
    engine_labels=(("os", "ubuntu 22.04"),)
)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("node.id==n1", True), ("node.hostname != n1", False), ("node.role==MANAGER", True), ("NODE.ROLE == worker", False),
        ("node.labels.zone==eu-a", True), ("node.labels.zone==eu-*", False), ("node.labels.rack==1", False), ("node.labels.rack!=1", True),
        ("engine.labels.os == ubuntu 22.04", True), ("node.platform.os==linux", True), ("node.platform.arch!=amd64", True),
        ("node.ip==10.0.0.1", True), ("node.colour!=red", False), ("node.labels.==x", False),
    ],
)  # fmt: skip
def test_what_a_constraint_compares(text: str, fits: bool) -> None:
    """A missing label is the empty text; an unknown key is fulfilled by nobody."""
    assert Constraint.parse(text).matches(NODE) is fits


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("node.role=manager", "constraint expected one operator from ==, !="),
        ("1node==x", "key '1node' is invalid"),
        ("node.role==", "value '' is invalid"),
        ("node.role==a&b", "value 'a&b' is invalid"),
    ],
)
def test_what_cannot_be_read_is_refused(text: str, says: str) -> None:
    """In Docker's words."""
    with pytest.raises(SwarmError) as error:
        Constraint.parse(text)
    assert says in str(error.value)

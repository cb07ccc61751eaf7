"""`node.labels.zone==a`: swarm mode's constraints. No globs, no regular expressions, no soft wishes; capitals do not matter.

Source: moby/swarmkit, manager/constraint/constraint.go.
Left out: `node.ip` with a whole network behind it; an address is compared as text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from k8sedu.swarm.errors import SwarmError
from k8sedu.swarm.mode.store import Node

OPERATORS = ("==", "!=")
_KEY = re.compile(r"(?i)[a-z_][a-z0-9\-_.]+")
_VALUE = re.compile(r"(?i)[a-z0-9:\-_\s.*()?+\[\]\\^$|/]+")
NODE_LABELS, ENGINE_LABELS = "node.labels.", "engine.labels."


class Constraint(NamedTuple):
    """One constraint.

    >>> Constraint.parse("node.labels.zone == A").matches(Node("n1", labels=(("zone", "a"),)))
    True
    >>> Constraint.parse("node.role!=manager").matches(Node("n1", role="manager"))
    False
    """

    key: str
    operator: str
    value: str

    @classmethod
    @lru_cache(maxsize=1024)  # each task of a service asks for the same
    def parse(cls, text: str) -> Constraint:
        """Read a constraint; spaces around the operator do not count.

        Raises:
            SwarmError: no operator, or other letters; the message is Docker's.
        """
        operator = next((sign for sign in OPERATORS if sign in text), None)
        if operator is None:
            raise SwarmError(f"constraint expected one operator from {', '.join(OPERATORS)}")
        key, _, value = (part.strip() for part in text.partition(operator))
        if not _KEY.fullmatch(key):
            raise SwarmError(f"key '{key}' is invalid")
        if not _VALUE.fullmatch(value):
            raise SwarmError(f"value '{value}' is invalid")
        return cls(key, operator, value)

    def matches(self, node: Node) -> bool:
        """Whether the node fulfils it; a key that nobody knows is fulfilled by none."""
        value = value_of(node, self.key)
        if value is None:
            return False
        return (value.casefold() == self.value.casefold()) == (self.operator == "==")


def value_of(node: Node, key: str) -> str | None:
    """What a node says under a key; "" where it has no such label, None where there is no such key."""
    name = key.casefold()
    for prefix, labels in ((NODE_LABELS, node.labels), (ENGINE_LABELS, node.engine_labels)):
        if name.startswith(prefix) and len(name) > len(prefix):
            return dict(labels).get(key[len(prefix) :], "")
    known = {
        "node.id": node.name, "node.hostname": node.name, "node.ip": node.address, "node.role": node.role,
        "node.platform.os": node.platform[0], "node.platform.arch": node.platform[1],
    }  # fmt: skip
    return known.get(name)

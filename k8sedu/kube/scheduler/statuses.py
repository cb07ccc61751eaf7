"""What a plugin answers: a code, and the reasons that a person reads.

Two codes say no. `Unschedulable` means not now: if somebody made room, the pod could go there, so preemption looks at the node.
`UnschedulableAndUnresolvable` means that no eviction helps: the node is the wrong one. The difference decides who is evicted.

Source: kubernetes 1.35, staging/src/k8s.io/kube-scheduler/framework/interface.go (Code, Status).
"""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from k8sedu.errors import K8sEduError

Ints: TypeAlias = NDArray[np.int64]
Truth: TypeAlias = NDArray[np.bool_]

MIN_SCORE, MAX_SCORE = 0, 100
"""What a node can score at one plugin, after normalising."""


class SchedulerError(K8sEduError, ValueError):
    """Something that the scheduler cannot work with."""


class Code(StrEnum):
    """How a plugin answered."""

    SUCCESS = "Success"
    ERROR = "Error"
    UNSCHEDULABLE = "Unschedulable"
    UNRESOLVABLE = "UnschedulableAndUnresolvable"
    WAIT = "Wait"
    SKIP = "Skip"
    PENDING = "Pending"


class Status(NamedTuple):
    """A code, why, and which plugin said it.

    >>> Status(Code.UNSCHEDULABLE, ("Insufficient cpu",), "NodeResourcesFit").message
    'Insufficient cpu'
    """

    code: Code = Code.SUCCESS
    reasons: tuple[str, ...] = ()
    plugin: str = ""
    timeout_s: int = 0
    """How long a pod may wait, where the code is Wait."""

    @property
    def is_success(self) -> bool:
        """Nothing stands in the way."""
        return self.code is Code.SUCCESS

    @property
    def is_skip(self) -> bool:
        """The plugin has nothing to say about this pod."""
        return self.code is Code.SKIP

    @property
    def is_rejected(self) -> bool:
        """The pod is refused, by judgement and not by accident."""
        return self.code in {Code.UNSCHEDULABLE, Code.UNRESOLVABLE, Code.PENDING}

    @property
    def message(self) -> str:
        """All reasons in a line."""
        return ", ".join(self.reasons)

    def document(self) -> dict[str, object]:
        """The status as plain data; what is empty is left out."""
        parts = {"code": str(self.code), "plugin": self.plugin, "reasons": list(self.reasons)}
        return {name: value for name, value in parts.items() if value}


SUCCESS = Status()
SKIP = Status(Code.SKIP)


class Rejection(NamedTuple):
    """One reason of a filter, and the nodes that it is told about: a truth per node."""

    where: Truth
    code: Code
    reason: str

"""The life of a task: pending, running, dead, and what leads from one to the other.

A task that is evicted, fails, or is lost with its machine is pending again, not dead: the user asked for a task, not for a try. Only the
user's kill, its own end, or a submission that is refused make it dead.

Source: Verma et al., EuroSys 2015, section 2.3, Figure 2.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

from k8sedu.errors import K8sEduError

State: TypeAlias = Literal["", "pending", "running", "dead"]

TRANSITIONS: dict[tuple[State, str], State] = {
    ("", "submit"): "pending",
    ("", "reject"): "dead",
    ("pending", "schedule"): "running",
    ("pending", "update"): "pending",
    ("pending", "kill"): "dead",
    ("running", "update"): "running",
    ("running", "evict"): "pending",
    ("running", "fail"): "pending",
    ("running", "lost"): "pending",
    ("running", "finish"): "dead",
    ("running", "kill"): "dead",
    ("dead", "submit"): "pending",
}
"""(state, event) → state. Figure 2 of the paper, as a table."""


class TransitionError(K8sEduError, ValueError):
    """An event that cannot happen to a task in this state."""


def next_state(state: State, event: str) -> State:
    """Where an event leads.

    >>> next_state("running", "evict"), next_state("running", "finish")
    ('pending', 'dead')

    Raises:
        TransitionError: see the class.
    """
    if (state, event) not in TRANSITIONS:
        possible = ", ".join(each for begin, each in TRANSITIONS if begin == state)
        raise TransitionError(f"{event!r} cannot happen to a task that is {state or 'new'!r}, expected one of: {possible}")
    return TRANSITIONS[state, event]

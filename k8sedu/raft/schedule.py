"""What can happen to a group, as values: one action is one line of text, and a list of them is a schedule.

A message is named by what it is, `append_entries n1->n2`, meaning the oldest one of that kind on that way (`#2` the second oldest). So a
schedule still makes sense when an earlier action is taken out of it, which is what shortening a counterexample does all the time; a
running number would then mean something else.

Left out: time. A schedule says what happens in which order, not when; `story` gives it a clock for the eye.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.errors import K8sEduError

NODE_ACTIONS = {
    "timeout": "its election timer runs out",
    "wait": "its clock runs on, almost until its election timer is due",
    "heartbeat": "its next timer as a leader runs out",
    "crash": "it loses everything that is not on its disk",
    "restart": "it starts again from its disk",
    "compact": "it replaces the log that it has applied by a snapshot",
    "propose": "TEXT: it is given a command, without a session",
    "request": "CLIENT COMMAND: a client sends it a request; without an answer the client keeps waiting",
    "retry": "CLIENT: a client that still waits sends it the same request again",
    "read": "CLIENT KEY: a client asks it for a value, which costs no log entry",
    "change": "TEXT: it is given a membership change, such as `add n4`",
    "transfer": "NODE: it hands leadership over",
}
"""The actions at one server, and what they mean."""

GROUP_ACTIONS = {
    "deliver": "MESSAGE arrives",
    "drop": "MESSAGE is lost",
    "duplicate": "a second copy of MESSAGE is on its way",
    "cut": "A->B: nothing passes from A to B any more; messages wait",
    "partition": "A B | C D: nothing passes between the sides any more",
    "heal": "every link works again",
}
"""The actions in the network, and what they mean."""


class ActionError(K8sEduError, ValueError):
    """A line that is no action."""


class Action(NamedTuple):
    """One thing that happens to a group.

    >>> Action.parse("request n1 c1 x+=1")
    Action(kind='request', node='n1', text='c1 x+=1')
    >>> print(Action("deliver", text="append_entries n1->n2"))
    deliver append_entries n1->n2
    """

    kind: str
    node: str = ""
    text: str = ""

    @classmethod
    def parse(cls, line: str) -> Action:
        """Read the text form.

        Raises:
            ActionError: an unknown kind, or no server where one is expected.
        """
        kind, _, rest = line.strip().partition(" ")
        if kind in GROUP_ACTIONS:
            return cls(kind, "", rest.strip())
        if kind not in NODE_ACTIONS:
            known = ", ".join((*NODE_ACTIONS, *GROUP_ACTIONS))
            raise ActionError(f"met the action {line.strip()!r}, expected it to begin with one of {known}.")
        node, _, text = rest.strip().partition(" ")
        if not node:
            raise ActionError(f"met the action {line.strip()!r}, expected the name of a server behind {kind!r}.")
        return cls(kind, node, text.strip())

    def __str__(self) -> str:
        return " ".join(part for part in self if part)


def parse_schedule(text: str) -> tuple[Action, ...]:
    """Read one action per line; empty lines and `# comments` are skipped.

    >>> [str(action) for action in parse_schedule('''
    ...     timeout n1        # n1 stands for election
    ...     deliver request_vote n1->n2
    ... ''')]
    ['timeout n1', 'deliver request_vote n1->n2']

    Raises:
        ActionError: with the number of the line.
    """
    actions = []
    for number, line in enumerate(text.splitlines(), start=1):
        body = f"{line} ".partition(" # ")[0].strip()
        if body and not body.startswith("#"):
            try:
                actions.append(Action.parse(body))
            except ActionError as error:
                raise ActionError(f"line {number}: {error}") from None
    return tuple(actions)


def pick(text: str) -> tuple[str, str, str, int]:
    """Take a message's name apart: kind, sender, receiver, and which one of them (from 0).

    >>> pick("append_entries n1->n2 #2")
    ('append_entries', 'n1', 'n2', 1)

    Raises:
        ActionError: it is not of that form.
    """
    kind, _, rest = text.partition(" ")
    way, _, position = rest.partition(" #")
    sender, arrow, receiver = way.strip().partition("->")
    if not arrow or not (position.isdecimal() or not position):
        raise ActionError(f"met the message {text!r}, expected a form such as 'append_entries n1->n2' or 'append_entries n1->n2 #2'.")
    return kind, sender, receiver, int(position or 1) - 1

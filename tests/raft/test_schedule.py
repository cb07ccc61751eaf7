"""Actions and schedules as text."""

from __future__ import annotations

import pytest

from k8sedu.raft.schedule import GROUP_ACTIONS, NODE_ACTIONS, Action, ActionError, parse_schedule, pick

LINES = [
    "timeout n1", "wait n1", "heartbeat n1", "crash n1", "restart n1", "compact n1", "propose n1 x=4", "request n1 c1 x+=1", "retry n2 c1",
    "read n1 c1 x", "change n1 add n4, remove n1", "transfer n1 n2", "deliver append_entries n1->n2", "drop append_entries n1->n2 #2",
    "duplicate 17", "cut n1->n2", "partition n1 n2 | n3", "heal",
]  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_text_form_is_exact(line):
    """An action is its line: reading and writing it gives the line back."""
    assert str(Action.parse(line)) == line


def test_every_action_has_an_example():
    """No kind of action is missing above."""
    assert {line.split()[0] for line in LINES} == {*NODE_ACTIONS, *GROUP_ACTIONS}


@pytest.mark.parametrize("line", ["", "explode n1", "crash", "TIMEOUT n1"])
def test_wrong_lines_are_refused(line):
    """A line that is no action is refused with what was expected."""
    with pytest.raises(ActionError, match="expected"):
        Action.parse(line)


def test_line_number_is_told():
    """In a longer text the error names the line."""
    with pytest.raises(ActionError, match=r"^line 3: .*explode"):
        parse_schedule("timeout n1\n# a comment\nexplode n2\n")


def test_comments_are_not_positions():
    """`#2` behind a message is a position, ` # …` behind an action a comment."""
    assert [str(action) for action in parse_schedule("drop append_entries n1->n2 #2  # the second")] == ["drop append_entries n1->n2 #2"]


@pytest.mark.parametrize("text", ["append_entries", "append_entries n1 n2", "append_entries n1->n2 #x"])
def test_wrong_message_names_are_refused(text):
    """A message is named by kind, sender and receiver."""
    with pytest.raises(ActionError, match="expected a form such as"):
        pick(text)

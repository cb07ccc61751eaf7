"""Shortening a schedule: what is left breaks the same promise, and nothing in it can be missed."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.raft.schedule import Action, parse_schedule
from k8sedu.raft.shrink import shrink


def needs(*lines):
    """A promise that breaks as soon as these actions have happened in this order, with anything between them."""

    def attempt(actions):
        left = list(lines)
        for number, action in enumerate(actions, start=1):
            if left and str(action) == left[0]:
                del left[0]
            if not left:
                return tuple(actions[:number])
        return None

    return attempt


@given(st.lists(st.sampled_from(["heal", "timeout n1", "timeout n2", "crash n1", "restart n1"]), max_size=30), st.data())
def test_only_what_matters_is_left(noise, data):
    """Whatever stands around them, exactly the actions that matter are left, in their order."""
    wanted = ["timeout n1", "crash n1", "timeout n2"]
    lines = [*noise]
    position = 0
    for line in wanted:
        position = data.draw(st.integers(position, len(lines)))
        lines.insert(position, line)
        position += 1
    assert [str(action) for action in shrink(parse_schedule("\n".join(lines)), needs(*wanted))] == wanted


def test_pairs_that_need_each_other_go_together():
    """A crash without its restart would change the outcome, so neither can go alone; both together can."""

    def attempt(actions):
        lines = [str(action) for action in actions]
        return tuple(actions) if "timeout n1" in lines and lines.count("crash n1") == lines.count("restart n1") else None

    left = shrink(parse_schedule("crash n1\nrestart n1\ntimeout n1"), attempt)
    assert [str(action) for action in left] == ["timeout n1"]


def test_result_is_minimal():
    """No single action and no pair can be missed from what is left."""

    def attempt(actions):
        return tuple(actions) if sum(len(str(action)) for action in actions) % 7 == 3 else None

    schedule = parse_schedule("\n".join(["timeout n1", "heal", "crash n2", "restart n2", "heal", "wait n1", "heartbeat n1", "crash n1"]))
    if attempt(schedule) is None:
        schedule = next(part for size in range(8, 0, -1) for part in combinations(schedule, size) if attempt(part))
    left = shrink(schedule, attempt)
    for size in (1, 2):
        for gone in combinations(range(len(left)), size):
            assert len(left) <= size or attempt([action for number, action in enumerate(left) if number not in gone]) is None


def test_plainer_words_are_chosen():
    """A stale copy, a session and a joint change are dropped from the story when the plain form does as well."""

    def attempt(actions):
        return tuple(actions) if [action.kind for action in actions][-1:] == ["deliver"] and len(actions) == 2 else None

    left = shrink(parse_schedule("drop heartbeat n3->n2\ndeliver append_entries n3->n2 #2"), attempt)
    assert [str(action) for action in left] == ["drop heartbeat n1->n2", "deliver append_entries n1->n2"]


def test_client_asks_the_right_server_at_once():
    """A request to the wrong server, repeated at the right one, is told as one request."""

    def attempt(actions):
        asked = [action for action in actions if action.node == "n2" and action.kind in ("request", "retry")]
        begun = any(action.kind == "request" for action in actions)
        return tuple(actions) if asked and begun else None

    left = shrink([Action("request", "n1", "c1 x+=1"), Action("retry", "n2", "c1")], attempt)
    assert [str(action) for action in left] == ["request n2 c1 x+=1"]


def test_nothing_to_shorten_is_refused():
    """A schedule that breaks nothing cannot become a counterexample."""
    with pytest.raises(ValueError, match="expected one that does"):
        shrink(parse_schedule("heal"), needs("crash n1"))

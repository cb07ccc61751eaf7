from __future__ import annotations

import pytest

from k8sedu.kube.apiserver.sim import StoryError, tell

CONFLICT = [
    "ann create web replicas=3", "ben read web", "ann set web replicas=5", "ben set web replicas=9",
    "ben read web", "ben set web replicas=9",
]  # fmt: skip
AWAY = [
    "ann create web a=1", "cat list", "cat watch", "ann patch web a=2", "cat away", "ann delete web", "ann create db a=1", "cat back",
    "cat away", "ann set db a=2", "ann set db a=3", "compact", "cat back", "cat list", "cat watch", "bookmark",
]  # fmt: skip


def test_a_conflict() -> None:
    """Who writes an old copy is refused, and nothing is written; after reading again it works."""
    trace = tell(CONFLICT)
    assert [step.kind for step in trace] == ["create", "read", "update", "conflict", "read", "update"]
    refused = trace[3]
    assert refused.frame is not None
    assert (refused.detail.code, refused.detail.reason) == (409, "Conflict")
    assert refused.frame.objects.web.data.replicas == "5"
    assert refused.frame.clients.ben.copies.web.version != refused.frame.objects.web.version


def test_away_and_back() -> None:
    """A short break costs nothing; after a compaction one is too old and lists anew."""
    trace = tell(AWAY)
    told = [(step.detail.event, step.detail.target) for step in trace.where("told")]
    assert told == [("MODIFIED", "web"), ("DELETED", "web"), ("ADDED", "db"), ("BOOKMARK", "")]
    (expired,) = trace.where("expired")
    assert (expired.detail.code, expired.actor) == (410, "cat")
    last = trace[-1].frame
    assert last is not None
    assert last.clients.cat.copies == last.objects


def test_the_same_story_is_the_same_run() -> None:
    """A story has one digest."""
    assert tell(AWAY).digest() == tell(AWAY).digest()
    assert tell(AWAY, seed=1).parameters.lines == tuple(AWAY)


def test_who_is_refused() -> None:
    """What is not there, and what is there already, is a step of its own; a comment is none."""
    trace = tell(["# a story", "", "ann read web", "ann create web a=1", "ben create web a=2", "ben delete db", "ben patch db a=1"])
    assert [(step.kind, step.detail.code) for step in trace] == [
        ("not_found", 404), ("create", 201), ("refused", 409), ("not_found", 404), ("not_found", 404),
    ]  # fmt: skip


def test_writing_the_same_is_no_revision() -> None:
    """A write that changes nothing adds nothing to history."""
    last = tell(["ann create web a=1", "ann set web a=1", "ann patch web a=1"])[-1].frame
    assert last is not None
    assert len(last.history) == 1


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("ann jump web", "line 1 is 'ann jump web', expected CLIENT followed by one of create"),
        ("ann", "line 1 is 'ann'"), ("ann create", "line 1 is 'ann create'"), ("ann set web", "line 1 is 'ann set web'"),
        ("ann set web a=1", "but ann has not read web, expected it to read before it writes"),
    ],
)  # fmt: skip
def test_lines_that_nobody_can_act_out(line: str, sentence: str) -> None:
    """A wrong line is told with its number."""
    with pytest.raises(StoryError, match=sentence):
        tell([line])

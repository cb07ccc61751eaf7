from __future__ import annotations

from k8sedu.raft.frames import message_frame
from k8sedu.raft.messages import Entry, Message
from k8sedu.raft.sim import simulate
from k8sedu.raft.views.film import events
from k8sedu.raft.views.moment import NOBODY, Moment, ballot, hint, leader_of, log_position, sent_entries
from k8sedu.trace import Frozen, Step


def test_facts_are_read_from_the_line_of_a_message() -> None:
    """Log position, entries and hint of a message come from its canonical line."""
    message = Message("append_entries", "n1", "n2", term=3, log_term=2, index=6, entries=(Entry(3, 7, "normal", "x=4"), Entry(3, 8)))
    frame = message_frame(message, 1, sent_us=0, due_us=1, lost=False)
    assert log_position(frame) == (6, 2)
    assert sent_entries(frame) == [(7, 3), (8, 3)]
    refusal = Message("append_entries_reply", "n2", "n1", term=3, index=6, reject=True, reject_hint=4)
    assert hint(message_frame(refusal, 2, sent_us=0, due_us=1, lost=False)) == 4


def test_an_event_finds_the_message_that_caused_it() -> None:
    """A vote's moment knows the request that it answers, although the step does not name it."""
    trace = simulate(size=5, seed=7, duration_ms=400)
    for event in events(trace):
        if event.step.kind == "grant_vote":
            message = Moment.of(event.step, event.before, event.last.frame).message
            assert message is not None
            assert (message.kind, message.receiver) == ("request_vote", event.step.actor)
            assert message.sender == event.step.detail.to


def test_a_moment_without_frames_is_quiet() -> None:
    """Unknown servers read as NOBODY, unknown messages as None."""
    moment = Moment.of(Step(0, 0, "grant_vote", "n1", Frozen(to="n2"), None), None, None)
    assert (moment.node, moment.message, leader_of(moment.after)) == (NOBODY, None, None)


def test_a_joint_ballot_counts_both_groups() -> None:
    """While two majorities are needed, both counts are said."""
    node = NOBODY.evolve(voters=("n1", "n4"), outgoing=("n1", "n2", "n3"))
    assert ballot(node, frozenset({"n1", "n2"})).en == "1 of 2 votes of the new group and 2 of 3 of the old one, needs a majority of both"

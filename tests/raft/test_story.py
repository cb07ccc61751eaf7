"""A schedule becomes a trace that every picture can show."""

from __future__ import annotations

import pytest

from k8sedu.raft.frames import NODE_FIELDS
from k8sedu.raft.group import Group
from k8sedu.raft.invariants import PROMISES
from k8sedu.raft.rules import Rules
from k8sedu.raft.search import find_violation
from k8sedu.raft.story import STEP_US, retell

ELECTION = """
    timeout n1
    deliver request_vote n1->n2
    drop request_vote n1->n3
    deliver request_vote_reply n2->n1
    request n1 c1 x=4
    deliver append_entries n1->n2
    crash n2
    restart n2
"""


@pytest.fixture(scope="module")
def trace():
    """An election, a request and a crash."""
    return retell(ELECTION)


def test_frames_have_the_fields_of_every_raft_trace(trace):
    """A told schedule and a simulation in time have frames of the same shape, so one player shows both."""
    for step in trace:
        assert set(step.frame) == {"nodes", "messages", "blocked", "clients"}
        assert all(tuple(node) == tuple(NODE_FIELDS) for node in step.frame.nodes.values())
    assert set(trace[-1].frame.clients.c1) == {"status", "request", "session", "serial", "leader"}


def test_begins_with_start_and_goes_on_in_even_steps(trace):
    """The first step is `start` at time 0; each action is 20 ms after the one before, whatever steps it consists of."""
    assert (trace[0].kind, trace[0].time_us) == ("start", 0)
    assert sorted({step.time_us for step in trace}) == [number * STEP_US for number in range(9)]


def test_words_of_the_field(trace):
    """Every step is told in the words that simulations use."""
    kinds = {step.kind for step in trace}
    assert kinds >= {"election_timeout", "become_candidate", "receive_request_vote", "grant_vote", "message_lost", "become_leader"}
    assert kinds >= {"client_request", "receive_append_entries", "crash", "restart"}


def test_dots_fly_until_they_are_delivered(trace):
    """A message is in the frames from the action that sends it up to the one that delivers it, and is due exactly then."""
    arrival = trace.where("receive_request_vote")[0]
    number = str(arrival.detail.message)
    seen = [step for step in trace if number in step.frame.messages]
    assert {step.time_us for step in seen} == {STEP_US}
    message = seen[0].frame.messages[number]
    assert (message.sent_us, message.due_us, message.lost) == (STEP_US, arrival.time_us, False)


def test_lost_messages_are_marked(trace):
    """What is dropped is shown as lost and ends there; what never arrives is shown as lost a little later."""
    dropped = trace.where("message_lost")[0]
    first = trace.where("election_timeout")[0].frame.messages
    by_receiver = {message.receiver: message for message in first.values()}
    assert (by_receiver["n3"].lost, by_receiver["n3"].due_us) == (True, dropped.time_us)
    never = next(message for message in trace.where("become_leader")[0].frame.messages.values() if message.receiver == "n3")
    assert never.lost
    assert str(never.id) not in trace[-1].frame.messages


def test_timer_runs_out_at_the_timeout(trace):
    """The arc of an election timer ends when the schedule lets it end."""
    assert trace[0].frame.nodes.n1.timer_due_us == trace.where("election_timeout")[0].time_us
    assert trace[-1].frame.nodes.n1.timer_due_us is None


def test_stopped_server_shows_no_state(trace):
    """A crashed server is marked as stopped and its state machine is gone; after the restart it is up again."""
    crash, restart = trace.where("crash")[0], trace.where("restart")[0]
    assert (crash.frame.nodes.n2.status, crash.frame.nodes.n2.machine) == ("stopped", {})
    assert restart.frame.nodes.n2.status == "up"


def test_what_did_not_change_is_shared(trace):
    """A step at one server copies that server only."""
    before, after = trace.where("receive_append_entries")[0].frame.nodes, trace[-1].frame.nodes
    assert after.n3 is before.n3


def test_same_story_same_digest(trace, tmp_path):
    """A schedule told twice, or saved and loaded, is the same trace."""
    assert retell(ELECTION) == trace
    trace.save(tmp_path / "story.jsonl")
    assert type(trace).load(tmp_path / "story.jsonl") == trace


def test_story_ends_with_the_violation():
    """The last step names the invariant and repeats what the search was told; nothing is played behind it."""
    schedule = "timeout n1\ntimeout n2\ntimeout n3"
    trace = retell(schedule, lambda: Group(3, rules=Rules.without("majority_size"), invariants=PROMISES), seed=5, verdict={"schedule": 9})
    detail = trace[-1].detail
    assert (trace[-1].kind, trace[-1].actor, detail.invariant, detail.schedule) == ("violation", "n2", "election_safety", 9)
    assert trace.seed == 5
    assert trace.parameters.schedule == ("timeout n1", "timeout n2")
    assert trace.parameters.rules_off == ("majority_size",)


def test_schedule_in_the_trace_tells_the_trace_again():
    """The schedule that a counterexample carries is all that is needed to see it again."""
    trace = find_violation(Rules.without("one_vote_per_term"))
    rules = Rules.without("one_vote_per_term")
    again = retell("\n".join(trace.parameters.schedule), lambda: Group(3, rules=rules, invariants=PROMISES))
    assert again[-1].detail.message == trace[-1].detail.message

from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest

from k8sedu import raft
from k8sedu.raft.views.spans import Flight, NoFramesError, flights, names, reigns, spans, state
from k8sedu.trace import Trace


@cache
def run() -> Trace:
    """A leader crashes and comes back, one server pauses, the network falls apart for a while."""
    faults = ["at 900 crash n5", "at 1300 restart n5", "at 1500 partition n1 n2 | n3 n4 n5 until 1700", "at 1800 pause n2 until 1900"]
    return raft.simulate(size=5, seed=7, duration_ms=2_000, clients=1, faults=faults)


def test_spans_cover_the_whole_run_without_gap() -> None:
    """Stretches of one server follow each other from the start to the end, and none is empty."""
    for name in names(run()):
        found = spans(run(), name, state)
        assert found[0][0].start_us == 0
        assert found[-1][0].end_us == run().duration_us
        for (span, _), (after, _) in pairwise(found):
            assert span.start_us < span.end_us == after.start_us


def test_spans_say_what_the_frames_say() -> None:
    """In the middle of a stretch, the frame of the run shows what the stretch claims."""
    for name in names(run()):
        for span, value in spans(run(), name, state):
            frame = run().at((span.start_us + span.end_us) // 2).frame
            assert frame is not None
            assert state(frame.nodes[name]) == value


def test_flights_are_sent_before_they_end() -> None:
    """A message takes time, and every one that the run received or lost is among the flights."""
    flown = {flight.number: flight for flight in flights(run())}
    assert all(flight.sent_us < flight.end_us for flight in flown.values())
    ended = {step.detail.message for step in run() if isinstance(step.detail.get("message"), int) and step.kind != "violation"}
    assert ended <= flown.keys()
    lost = {step.detail.message for step in run().where("message_lost")}
    assert lost == {number for number, flight in flown.items() if flight.is_lost and flight.end_us <= run().duration_us}


def test_flights_lost_at_a_stopped_server_are_lost_at_the_door() -> None:
    """What reaches a crashed server or a cut link got to the end of its way; what the network lost did not."""
    flown = {flight.number: flight for flight in flights(run())}
    for step in run().where("message_lost"):
        at_the_door = step.detail.why in {"partition", "receiver is down"}
        assert flown[step.detail.message].is_lost_on_its_way is not at_the_door


def test_flights_of_a_window_are_those_in_the_air() -> None:
    """Only messages that were in the air at some time of the stretch are given."""
    start_us, end_us = 800_000, 1_000_000
    expected = [flight for flight in flights(run()) if flight.end_us >= start_us and flight.sent_us <= end_us]
    assert flights(run(), start_us=start_us, end_us=end_us) == expected
    assert isinstance(expected[0], Flight)


def test_reigns_have_one_leader_per_term() -> None:
    """No term has two leaders, and terms rise."""
    terms = [reign.term for reign in reigns(run())]
    assert terms == sorted(set(terms))
    assert len(terms) >= 2


def test_a_run_without_frames_is_refused() -> None:
    """There is nothing to draw in a run that only counted; the error says what to do."""
    with pytest.raises(NoFramesError, match="frames=True"):
        spans(raft.simulate(size=3, seed=1, duration_ms=300, frames=False), "n1", state)

"""Laws of faults: each does to the group what its name says."""

from __future__ import annotations

import pytest

from k8sedu import raft
from k8sedu.raft.sim.actions import ACTIONS, change_to
from k8sedu.sim.faults import (
    align_timers,
    block,
    change,
    clock_drift,
    crash,
    delay_message,
    drop,
    drop_next,
    duplication,
    heal,
    loss,
    partition,
    pause,
    reordering,
    request,
    restart,
    resume,
    set_timer,
    slow_disk,
    snapshot,
    spread_timers,
    timeout,
    transfer,
)
from k8sedu.sim.grammar import FORMS
from k8sedu.trace import Trace


def run(*faults: object, **more: object) -> Trace:
    return raft.simulate(**{"size": 5, "seed": 7, "duration_ms": 1_500, "faults": faults, **more})  # type: ignore[arg-type]


def leader_of(trace: Trace) -> str:
    return str(trace.where("become_leader")[0].actor)


def test_every_fault_of_the_grammar_is_carried_out() -> None:
    """Whatever a scenario file can say, a Raft run can do."""
    assert sorted(ACTIONS) == sorted(FORMS)


def test_pause_keeps_memory_and_delays_messages() -> None:
    """A paused server answers nothing until it is resumed, and then everything that waited."""
    trace = run(pause("n2", at_ms=500, until_ms=700))
    during = [step for step in trace.between(501_000, 700_000) if step.actor == "n2"]
    assert during == []
    after = trace.where("resume")[0]
    assert trace[after.index + 1].actor == "n2"
    assert after.frame.nodes.n2.commit_index == trace.where("pause")[0].frame.nodes.n2.commit_index


def test_resume_ends_an_open_pause() -> None:
    """A pause without an end lasts until somebody resumes the server."""
    trace = run(pause("n2", at_ms=500), resume("n2", at_ms=900))
    assert trace.where("resume")[0].time_us == 900_000


def test_a_partition_stops_messages_both_ways_until_it_ends() -> None:
    """Across the wall nothing arrives; a majority behind it elects its own leader; healing brings everybody into one term."""
    first = leader_of(run())
    trace = run(partition([[first]], at_ms=500, until_ms=1_100), duration_ms=2_000)
    inside = trace.between(510_000, 1_100_000)
    assert all(first not in (step.actor, step.detail.get("sender")) for step in inside if step.kind.startswith("receive"))
    assert {step.detail.why for step in inside if step.kind == "message_lost"} == {"partition"}
    assert len(trace.where("become_leader")) == 2
    assert len({node.term for node in trace[-1].frame.nodes.values()}) == 1
    assert len(trace.where("heal")) == 1


def test_a_blocked_link_is_cut_one_way_only() -> None:
    """With one direction cut, the other direction still works."""
    first = leader_of(run())
    other = next(name for name in ("n1", "n2") if name != first)
    trace = run(block(sender=first, receiver=other, at_ms=500), heal(at_ms=1_200))
    between = trace.between(510_000, 1_200_000)
    assert not [s for s in between if s.actor == other and s.detail.get("sender") == first and s.kind.startswith("receive")]
    assert [s for s in between if s.detail.get("sender") == other and s.kind.startswith("receive")]


def test_drop_takes_one_message_out_of_the_air() -> None:
    """The dropped message does not arrive; all others do."""
    plain = run()
    flying = plain.at_ms(160).frame.messages
    number = int(next(iter(flying)))
    trace = run(drop(number, at_ms=160))
    assert trace.where("message_dropped")[0].detail.message == number
    assert not [step for step in trace if step.kind.startswith("receive") and step.detail.message == number]


def test_drop_next_loses_exactly_one_message_of_a_kind() -> None:
    """Only the next message of that kind on that link is lost."""
    first = leader_of(run())
    other = next(name for name in ("n1", "n2") if name != first)
    trace = run(drop_next("heartbeat", sender=first, receiver=other, at_ms=500))
    lost = trace.where("message_lost", why="dropped on purpose")
    assert [(step.detail.message_kind, step.detail.sender, step.actor) for step in lost] == [("heartbeat", first, other)]


def test_delay_message_moves_one_arrival() -> None:
    """A delayed message arrives exactly that much later."""
    plain = run()
    message = next(iter(plain.at_ms(160).frame.messages.values()))
    trace = run(delay_message(message.id, by_ms=3, at_ms=160))
    arrival = next(step for step in trace if step.kind.startswith("receive") and step.detail.message == message.id)
    assert arrival.time_us == message.due_us + 3_000


@pytest.mark.parametrize("name", ["n1", "n4"])
def test_timeout_makes_a_candidate_at_once(name: str) -> None:
    """A server whose timer is made to run out stands for election at that moment."""
    trace = run(timeout(name, at_ms=50))
    assert (trace.where("become_candidate")[0].actor, trace.where("become_candidate")[0].time_us) == (name, 50_000)


def test_set_timer_decides_who_stands_first() -> None:
    """The server whose timer is set shortest is the first candidate."""
    trace = run(set_timer("n4", in_ms=20, at_ms=10))
    first = trace.where("become_candidate")[0]
    assert first.actor == "n4"
    assert abs(first.time_us - 30_000) <= 1_000  # its clock ticks once a millisecond


def test_align_splits_the_vote_and_spread_does_not() -> None:
    """Aligned timers make all servers candidates of the same term; spread timers make one."""
    aligned, spread = run(align_timers(at_ms=10)), run(spread_timers(at_ms=10))
    assert len(aligned.where("become_candidate", term=1)) == 5
    assert len(spread.where("become_candidate", term=1)) == 1


def test_request_commits_a_command_everywhere() -> None:
    """A request at the leader ends up in every state machine; at a follower it is refused with the leader's name."""
    first = leader_of(run())
    other = next(name for name in ("n1", "n2") if name != first)
    trace = run(request("x=4", at_ms=500), request("y=5", at_ms=520, node=other))
    assert all(dict(node.machine) == {"x": "4"} for node in trace[-1].frame.nodes.values())
    assert trace.where("client_request", accepted=False)[0].detail.leader == first


def test_transfer_hands_over_without_waiting() -> None:
    """Leadership moves to the chosen server in the next term, well within an election timeout."""
    first = leader_of(run())
    target = next(name for name in ("n1", "n2") if name != first)
    trace = run(transfer(target, at_ms=500))
    second = trace.where("become_leader")[1]
    assert (second.actor, second.detail.term) == (target, trace.where("become_leader")[0].detail.term + 1)
    assert second.time_us < 550_000


def test_change_goes_through_a_joint_configuration() -> None:
    """Replacing servers passes through two majorities and ends with the wanted voters, learners not counted."""
    trace = run(change(["n1", "n2", "n4"], learners=["n5"], at_ms=600), size=3, spares=2, duration_ms=2_000)
    steps = trace.where("change_membership")
    assert any(step.detail.outgoing for step in steps)
    end = trace[-1].frame.nodes
    assert set(end.n4.voters) == {"n1", "n2", "n4"}
    assert (end.n5.learner, end.n4.learner) == (True, False)
    assert end.n5.log[-1] == end.n4.log[-1]


def test_change_to_is_minimal() -> None:
    """Nobody is added or removed who need not be; an old voter can become a learner."""
    assert str(change_to(("n1", "n2"), ("n1", "n2"), (), ("n1", "n2"))) == "leave joint"
    assert str(change_to(("n1", "n2"), ("n1",), ("n2",), ("n1", "n2"))) == "learner n2"


def test_snapshot_shortens_the_log_and_saves_a_lagging_server() -> None:
    """A server that missed what a snapshot replaced gets the snapshot and ends with the same state."""
    first = leader_of(run())
    lagging = next(name for name in ("n1", "n2") if name != first)
    faults = [crash(lagging, at_ms=400), *(request(f"x={i}", at_ms=500 + 10 * i) for i in range(5)), snapshot(first, at_ms=700)]
    trace = run(*faults, restart(lagging, at_ms=800))
    assert trace.where("snapshot")[0].frame.nodes[first].snapshot_index >= 5
    assert trace.where("receive_install_snapshot", actor=lagging)
    assert trace[-1].frame.nodes[lagging].machine == trace[-1].frame.nodes[first].machine


def test_a_slow_disk_slows_only_its_server() -> None:
    """While one disk is slow, its server is busy after each write and the others go on."""
    trace = run(slow_disk("n2", write_ms=30, at_ms=10, until_ms=1_000), request("x=4", at_ms=600))
    busy = [step for step in trace if step.frame.nodes.n2.disk_busy_until_us]
    assert busy
    assert {step.actor for step in trace.where("disk_written")} == {"n2"}


def test_a_paused_server_sends_nothing_though_its_disk_is_done() -> None:
    """When a write ends during a pause, what waited for it is sent only when the server goes on."""
    plain = run(slow_disk("n2", write_ms=30, at_ms=10), duration_ms=800)
    begun = next(step for step in plain if step.frame.nodes.n2.disk_busy_until_us)
    pause_ms = (begun.time_us + 5_000) / 1000
    trace = run(slow_disk("n2", write_ms=30, at_ms=10), pause("n2", at_ms=pause_ms, until_ms=pause_ms + 100), duration_ms=800)
    written = trace.where("disk_written", actor="n2")[0]
    assert written.time_us == round(pause_ms * 1000) + 100_000
    asleep = trace.between(round(pause_ms * 1000) + 1, written.time_us)
    flying = [message for step in asleep for message in step.frame.messages.values() if message.sender == "n2"]
    assert all(message.sent_us < written.time_us - 99_000 for message in flying)


def test_a_fast_clock_times_out_early() -> None:
    """A clock that gains much runs its election timer out before its time."""
    plain = run(duration_ms=200)
    due_us = plain[0].frame.nodes.n3.timer_due_us
    fast = run(clock_drift("n3", ppm=900_000, at_ms=0), duration_ms=200)
    assert fast.where("clock_drift")[0].frame.nodes.n3.timer_due_us < due_us * 0.6


def test_the_network_can_be_spoilt_for_a_while() -> None:
    """Loss and duplication begin and end when they should; without reordering a link delivers in order."""
    trace = run(loss(1, at_ms=300, until_ms=600), duplication(1, at_ms=700, until_ms=1_000), reordering(on=False, at_ms=1_100))
    assert not [s for s in trace.between(310_000, 600_000) if s.kind.startswith("receive")]
    arrivals = [s for s in trace.between(710_000, 1_000_000) if s.kind == "receive_heartbeat"]
    assert len(arrivals) >= 2 * len({(s.actor, s.detail.term) for s in arrivals})
    kinds = [(s.time_us, dict(s.detail)) for s in trace.where("network")]
    assert kinds[1] == (600_000, {"loss": 0.0})


def test_the_end_of_a_fault_ends_that_fault_alone() -> None:
    """Where faults overlap, each end takes away its own change: an older end does not cut a newer fault short, nor bring itself back."""
    trace = run(loss(0.2, at_ms=300, until_ms=600), loss(0.5, at_ms=500, until_ms=800), loss(0.1, at_ms=700, until_ms=750))
    told = [(step.time_ms, step.detail.loss) for step in trace.where("network")]
    assert told == [(300, 0.2), (500, 0.5), (600, 0.5), (700, 0.1), (750, 0.5), (800, 0.0)]
    again = run(pause("n2", at_ms=500, until_ms=900), resume("n2", at_ms=600), pause("n2", at_ms=700, until_ms=1_000))
    assert [step.time_ms for step in again.where("resume")] == [600, 1_000]
    disks = run(slow_disk("n2", write_ms=9, at_ms=0, until_ms=700), slow_disk("n2", write_ms=5, at_ms=0), request("x=4", at_ms=800))
    assert [step for step in disks.where("disk_written", actor="n2") if step.time_us > 800_000]

"""Laws of a run: what `raft.simulate` promises whatever the seed."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from k8sedu import raft
from k8sedu.raft.checker import check
from k8sedu.raft.config import Config
from k8sedu.raft.sim import Clients
from k8sedu.sim.faults import crash, restart
from k8sedu.sim.network import Network
from k8sedu.trace import Trace


def leaders(trace: Trace) -> list[tuple[str, int]]:
    return [(step.actor, step.detail.term) for step in trace.where("become_leader")]


@pytest.mark.parametrize("size", range(1, 10))
def test_every_size_elects_a_leader(size: int) -> None:
    """A group of any size, even, odd or alone, finds a leader and commits its first entry."""
    trace = raft.simulate(size=size, seed=size, duration_ms=2_000)
    assert leaders(trace), f"seed {size}"
    assert all(node.commit_index >= 1 for node in trace[-1].frame.nodes.values()), f"seed {size}"


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_same_seed_same_trace(seed: int) -> None:
    """The same seed and parameters give the same trace, to the last frame."""
    note(f"seed {seed}")
    runs = [raft.simulate(size=5, seed=seed, duration_ms=600, clients=2, network=Network(loss=0.05, duplication=0.05)) for _ in range(2)]
    assert runs[0].digest() == runs[1].digest()
    assert runs[0].steps == runs[1].steps


def test_another_seed_another_trace() -> None:
    """Different seeds give different runs."""
    assert len({raft.simulate(size=3, seed=seed, duration_ms=400).digest() for seed in range(10)}) == 10


def test_frames_do_not_change_the_run() -> None:
    """With and without frames the same steps happen, so the digest is the same."""
    with_frames, without = (raft.simulate(size=5, seed=3, duration_ms=1_000, clients=2, frames=frames) for frames in (True, False))
    assert with_frames.digest() == without.digest()
    assert all(step.frame is None for step in without)


def test_a_crashed_leader_is_replaced_in_a_higher_term() -> None:
    """When the leader dies, another server leads in a later term, and the old one follows when it is back."""
    first = leaders(raft.simulate(size=5, seed=7, duration_ms=800))[0][0]
    trace = raft.simulate(size=5, seed=7, duration_ms=3_000, faults=[crash(first, at_ms=800), restart(first, at_ms=1_800)])
    (old, old_term), (new, new_term) = leaders(trace)[:2]
    assert (old, new != old, new_term > old_term) == (first, True, True)
    returned = trace[-1].frame.nodes[first]
    assert (returned.status, returned.role, returned.term) == ("up", "follower", new_term)


def test_a_crash_keeps_the_disk_and_nothing_else() -> None:
    """Term, vote and log survive a restart; role, commit index and applied state do not."""
    trace = raft.simulate(size=3, seed=1, duration_ms=2_500, clients=1, faults=[crash("n1", at_ms=1_000), restart("n1", at_ms=1_500)])
    before = trace[trace.where("crash")[0].index - 1].frame.nodes.n1
    after = trace.where("restart")[0].frame.nodes.n1
    assert (after.term, after.voted_for, after.log) == (before.term, before.voted_for, before.log)
    assert (after.role, after.commit_index, dict(after.machine)) == ("follower", 0, {})
    end = trace[-1].frame.nodes
    assert end.n1.machine == end.n2.machine


def test_a_minority_cannot_commit() -> None:
    """With three of five servers down nothing is committed any more; the even sizes tolerate no more than the odd size below."""
    for size, dead in ((3, 2), (4, 2), (5, 3)):
        faults = [crash(f"n{number}", at_ms=1_000) for number in range(1, dead + 1)]
        trace = raft.simulate(size=size, seed=size, duration_ms=3_000, clients=1, faults=faults)
        late = [step for step in trace.where("commit") if step.time_us > 1_010_000 and step.detail.by == "majority"]
        assert not late, f"seed {size}, size {size}"


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_no_run_breaks_an_invariant(seed: int) -> None:
    """Under loss, duplication, slow disks, drift and crashes no invariant breaks, live or checked again from the saved frames."""
    note(f"seed {seed}")
    faults = [
        "at 100 clock_drift n2 20000", "at 300 slow_disk n3 takes 15 until 900", "at 400 crash n1", "at 600 partition n2 n3 until 900",
        "at 700 restart n1", "at 800 pause n4 until 1100", "at 1000 snapshot n1", "at 1000 snapshot n2", "at 1000 snapshot n3",
        "at 1100 transfer to n5", "at 1200 loss 0.2 until 1500",
    ]  # fmt: skip
    network = Network(loss=0.05, duplication=0.1)
    trace = raft.simulate(size=5, seed=seed, duration_ms=1_800, faults=faults, clients=2, network=network)
    assert trace.where("violation") == ()
    assert check(trace) == []


def test_a_broken_rule_ends_the_run_with_a_violation() -> None:
    """A run under broken rules stops at the first violation and names the invariant."""
    for seed in range(200):
        rules = raft.Rules.without("majority_size")
        trace = raft.simulate(size=3, seed=seed, duration_ms=1_000, rules=rules, faults=["at 10 partition n1 | n2 | n3"])
        if trace.where("violation"):
            assert trace[-1].kind == "violation"
            assert trace[-1].detail.invariant in ("election_safety", "leader_won_election"), f"seed {seed}"
            return
    pytest.fail("no seed in range(200) broke anything")


def test_etcds_own_timers_elect_too() -> None:
    """With etcd's ticks of 100 ms, PreVote and CheckQuorum, a leader is found within the first seconds."""
    trace = raft.simulate(size=3, seed=2, duration_ms=5_000, config=Config.etcd(), tick_us=100_000)
    assert leaders(trace)
    assert trace.where("become_pre_candidate")


def test_clients_get_every_answer_once() -> None:
    """A client's serial numbers are answered in order and each once, even with lost and repeated messages."""
    trace = raft.simulate(size=3, seed=5, duration_ms=4_000, clients=Clients(2, retry_ms=60), network=Network(loss=0.1, duplication=0.1))
    for name in ("c1", "c2"):
        serials = [step.detail.serial for step in trace.where("client_reply", actor=name)]
        assert serials == list(range(1, len(serials) + 1))
        assert len(serials) > 10


def test_traces_survive_files_and_processes(tmp_path: Path) -> None:
    """A trace saved and loaded, or sent to another process, is the same trace."""
    trace = raft.simulate(size=3, seed=7, duration_ms=500, clients=1, network=Network(slow_links={("n1", "n2"): (30, 40)}))
    trace.save(tmp_path / "run.jsonl")
    assert Trace.load(tmp_path / "run.jsonl").digest() == trace.digest()
    assert pickle.loads(pickle.dumps(trace)).digest() == trace.digest()


def test_no_election_timer_fires_late() -> None:
    """A server stands for election within a tick of the time that its timer showed, however often the timer was set anew."""
    checked = 0
    for seed in range(12):
        faults = ["at 400 crash n1", "at 700 restart n1", "at 900 partition n2 n3 until 1300", "at 1500 crash n4"]
        trace = raft.simulate(size=5, seed=seed, duration_ms=2_500, faults=faults, clients=1)
        for step in trace.where("election_timeout"):
            due_us = trace[step.index - 1].frame.nodes[step.actor].timer_due_us
            assert due_us - 1_000 <= step.time_us <= due_us, f"seed {seed}, step {step.index}"
            checked += 1
    assert checked > 40


def test_a_slow_disk_delays_every_promise() -> None:
    """Nothing is sent before the disk has written: votes and acknowledgements come later by at least the time of a write."""
    fast = raft.simulate(size=3, seed=4, duration_ms=1_500)
    slow = raft.simulate(size=3, seed=4, duration_ms=1_500, disk_ms=20)
    delay_us = slow.where("become_leader")[0].time_us - fast.where("become_leader")[0].time_us
    assert delay_us >= 40_000  # the candidate's own vote, and the voter's
    assert slow.where("disk_written")

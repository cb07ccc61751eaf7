from __future__ import annotations

import random
import re

import pytest

from k8sedu.language import Words
from k8sedu.raft.config import Config
from k8sedu.raft.rules import Rules
from k8sedu.raft.sim import simulate
from k8sedu.raft.sim.clients import Clients
from k8sedu.raft.views.captions import CAPTIONS, caption, telling
from k8sedu.raft.views.film import events
from k8sedu.sim import faults as make
from k8sedu.sim.faults import Fault
from k8sedu.sim.network import Network
from k8sedu.trace import Frozen, Step, Trace

HOLES = re.compile(r"\{|\}|None|Frozen|Words\(|\bn\?|nan")
CHINESE = re.compile(r"[\u4e00-\u9fff]")


def some_faults(generator: random.Random, names: tuple[str, ...]) -> list[Fault]:
    """A plan in which everything happens that can happen."""

    def at() -> float:
        return generator.randrange(200, 2_900)

    def node() -> str:
        return generator.choice(names)

    makers = (
        lambda: make.crash(node(), at_ms=at()),
        lambda: make.restart(node(), at_ms=at()),
        lambda: make.pause(node(), at_ms=at()),
        lambda: make.resume(node(), at_ms=at()),
        lambda: make.partition([generator.sample(names, 2)], at_ms=at()),
        lambda: make.block(sender=names[0], receiver=names[1], at_ms=at()),
        lambda: make.heal(at_ms=at()),
        lambda: make.timeout(node(), at_ms=at()),
        lambda: make.set_timer(node(), in_ms=40, at_ms=at()),
        lambda: make.request(f"y={generator.randrange(9)}", at_ms=at()),
        lambda: make.request("y=1", node=node(), at_ms=at()),
        lambda: make.transfer(node(), at_ms=at()),
        lambda: make.change(generator.sample(names, 3), at_ms=at()),
        lambda: make.change(names[:2], learners=names[2:4], at_ms=at()),
        lambda: make.snapshot(node(), at_ms=at()),
        lambda: make.slow_disk(node(), write_ms=3, at_ms=at(), until_ms=2_950),
        lambda: make.clock_drift(node(), ppm=50_000, at_ms=at()),
        lambda: make.loss(0.2, at_ms=at(), until_ms=2_950),
        lambda: make.duplication(0.2, at_ms=at(), until_ms=2_950),
        lambda: make.reordering(on=False, at_ms=at()),
        lambda: make.drop(generator.randrange(400), at_ms=at()),
        lambda: make.delay_message(generator.randrange(400), by_ms=5, at_ms=at()),
        lambda: make.align_timers(at_ms=at()),
        lambda: make.spread_timers(at_ms=at()),
    )
    return sorted((generator.choice(makers)() for _ in range(24)), key=lambda fault: fault.at_us)


def wild_run(seed: int) -> Trace:
    """A run with many faults, of a kind that the seed chooses."""
    generator = random.Random(f"captions {seed}")
    size, spares = generator.choice((1, 2, 3, 4, 5, 5, 7)), generator.choice((2, 3))
    names = tuple(f"n{number}" for number in range(1, size + spares + 1))
    config = Config(pre_vote=seed % 2 == 1, check_quorum=seed % 3 == 1)
    network = Network(delay_ms=(0.5, 12), loss=0.03 * (seed % 4), duplication=0.1)
    return simulate(
        size=size, spares=spares, seed=seed, duration_ms=3_000, faults=some_faults(generator, names), clients=Clients(seed % 3),
        network=network, config=config,
    )  # fmt: skip


@pytest.fixture(scope="module")
def wild_runs() -> list[Trace]:
    """A dozen runs in which nearly everything happens."""
    return [wild_run(seed) for seed in range(14)]


def test_every_step_of_every_run_has_a_sentence_of_its_own(wild_runs: list[Trace]) -> None:
    """No step of any run falls to the plain caption, in whatever order things happen."""
    met = frozenset(step.kind for trace in wild_runs for step in trace)
    assert met <= CAPTIONS.keys()
    assert len(met) >= 45, "the runs are too tame to say so"


def test_captions_speak_both_languages_and_leave_no_holes(wild_runs: list[Trace]) -> None:
    """Every caption of a film has English and Chinese, a strong part, and no gap where a fact should be."""
    for trace in wild_runs:
        for event in events(trace):
            words = caption(event.step, event.before, event.last.frame)
            where = f"seed {trace.seed}, step {event.step.index} ({event.step.kind}): {words}"
            assert words.en != words.zh, where
            assert CHINESE.search(words.zh), where
            assert not CHINESE.search(words.en), where
            assert all(text.count("**") == 2 and not HOLES.search(text) and "  " not in text for text in words), where
            assert (words.en.rstrip("*")[-1], words.zh.rstrip("*")[-1]) == (".", "。"), where


def test_no_rule_is_called_off_while_all_hold(wild_runs: list[Trace]) -> None:
    """The sentences about rules that are switched off never appear in a run with all rules."""
    for trace in wild_runs:
        for event in events(trace):
            words = caption(event.step, event.before, event.last.frame)
            assert "switched off" not in words.en, f"seed {trace.seed}, step {event.step.index}: {words.en}"


def test_captions_need_no_frames(wild_runs: list[Trace]) -> None:
    """A step without frames still gets a sentence: a trace that only counts can be read as well."""
    for step in wild_runs[1]:
        bare = caption(step._replace(frame=None))
        assert bare.en
        assert bare.zh


def told(trace: Trace, kind: str, *, actor: str | None = None, **detail: object) -> Words:
    """The caption of the first event of a run whose most telling step is this one."""
    for event in events(trace):
        step = event.step
        if step.kind == kind and actor in (None, step.actor) and detail.items() <= step.detail.items():
            return caption(step, event.before, event.last.frame)
    raise AssertionError(f"nothing of kind {kind} happened")


def test_a_vote_is_explained_by_both_its_reasons() -> None:
    """The caption of a vote names where both logs end, and the term in which the voter was still free."""
    trace = simulate(size=3, seed=7, duration_ms=400, logs={"n1": (1, 1, 2), "n2": (1, 1), "n3": (1,)}, faults=["at 20 timeout n1"])
    words = told(trace, "grant_vote", actor="n2")
    assert words.en == (
        "**n2 grants its vote:** n1’s log (index 3, term 2) is at least as up to date as its own (index 2, term 1), "
        "and n2 has not voted in term 3."
    )
    assert (
        words.zh == "**n2 投票给 n1：**n1 的 log（index 3、term 2）至少和自己的（index 2、term 1）一样新，而且 n2 在 term 3 还没有投过票。"
    )


def test_a_refusal_names_the_rule() -> None:
    """A candidate whose log is behind reads why it is refused, with both positions."""
    trace = simulate(size=3, seed=7, duration_ms=400, logs={"n1": (1,), "n2": (1, 1), "n3": (1, 1)}, faults=["at 20 timeout n1"])
    assert "n1’s log (index 1, term 1) is behind its own (index 2, term 1)" in told(trace, "refuse_vote").en
    assert "loses the election" in told(trace, "become_follower", actor="n1").en


def test_a_second_candidate_reads_who_got_the_vote() -> None:
    """One vote per term: the caption says to whom it went."""
    trace = simulate(size=5, seed=7, duration_ms=400, network=Network(delay_ms=(4, 6)), faults=["at 20 timeout n1", "at 21 timeout n2"])
    assert "its one vote already went to itself" in told(trace, "refuse_vote", actor="n2").en


def test_a_leader_is_explained_by_its_count() -> None:
    """The winner's caption counts the votes that it had at that very step."""
    trace = simulate(size=5, seed=7, duration_ms=400)
    assert "3 of 5 votes are a majority" in told(trace, "become_leader").en
    assert "5 票中的 3 票" in told(trace, "become_leader").zh


def test_a_commit_says_how_many_store_it_and_what_is_done() -> None:
    """The leader's commit names the count, the term and the command."""
    trace = simulate(size=5, seed=7, duration_ms=600, faults=["at 400 request x=4"])
    words = told(trace, "commit", by="majority", index=2)
    assert words.en == "**Index 2 is committed:** 3 of 5 servers store it, and n5 leads term 1: it can never be lost. n5 applies x=4."


def test_entries_of_an_old_term_wait() -> None:
    """Figure 8: stored on a majority, an entry of an older term is said to wait for one of the leader's own."""
    rules = Rules.without("no_op_on_election")
    logs = {"n1": (1, 2), "n2": (1,), "n3": (1,)}
    trace = simulate(size=3, seed=1, duration_ms=200, logs=logs, rules=rules, faults=["at 20 timeout n1"])
    words = told(trace, "receive_append_entries_reply", actor="n1", sender="n2")
    later = [caption(e.step, e.before, e.last.frame).en for e in events(trace) if e.step.kind == "receive_append_entries_reply"]
    assert words.zh
    assert any("committed only along with one of the leader’s own term" in text for text in later)


def test_a_repaired_log_says_what_was_lost_and_why() -> None:
    """A follower that drops entries names the index and both terms."""
    logs = {"n1": (1, 1, 4), "n2": (1, 2, 3), "n3": (1, 1, 4)}
    trace = simulate(size=3, seed=1, duration_ms=300, logs=logs, faults=["at 20 timeout n1"])
    assert "of term 2" in told(trace, "truncate").en
    assert "the leader’s is of term 1" in told(trace, "truncate").en


def test_a_partition_says_who_can_decide() -> None:
    """The side with a majority is named; if there is none, that is said."""
    whole = simulate(size=5, seed=7, duration_ms=700, faults=["at 600 partition n1 n2 | n3 n4 n5"])
    assert "Only n3, n4 and n5 can decide anything" in told(whole, "partition").en
    none = simulate(size=9, seed=7, duration_ms=700, faults=["at 600 partition n1 n2 n3 | n4 n5 n6 | n7 n8 n9"])
    assert "No side has 5 of 9" in told(none, "partition").en


def test_a_crash_counts_who_is_left() -> None:
    """The caption of a crash says whether a majority is left."""
    trace = simulate(size=3, seed=7, duration_ms=700, faults=["at 500 crash n1", "at 600 crash n2"])
    assert "2 of 3 run on, and 2 suffice" in told(trace, "crash", actor="n1").en
    assert "Only 1 of 3 run: without 2 nothing can be decided" in told(trace, "crash", actor="n2").en


def test_a_broken_promise_is_named() -> None:
    """A violation's caption carries the invariant's name and its sentence."""
    step = Step(9, 5, "violation", "n1", Frozen(invariant="election_safety", message="n1 leads term 2, but n2 did already."), None)
    assert caption(step).en == "**Election safety is broken:** n1 leads term 2, but n2 did already."
    assert caption(step).zh.startswith("**违反了 Election safety（")


def test_the_most_telling_step_speaks_for_all() -> None:
    """A vote that is given says more than the request that arrived; a leader made says more than the vote that made it."""
    steps = [Step(i, 5, kind, "n1", Frozen(), None) for i, kind in enumerate(("receive_request_vote", "become_follower", "grant_vote"))]
    assert telling(steps[::2]).kind == "grant_vote"
    assert telling(steps).kind == "become_follower"
    assert (
        telling([Step(0, 5, "receive_request_vote_reply", "n1", Frozen(), None), Step(1, 5, "become_leader", "n1", Frozen(), None)]).index
        == 1
    )


def all_told(trace: Trace) -> str:
    """Every caption of a run, one after the other."""
    return "\n".join(caption(event.step, event.before, event.last.frame).en for event in events(trace))


def test_captions_stay_true_when_rules_are_switched_off() -> None:
    """Each broken rule is told where it shows: nothing is called safe that is not."""
    behind = simulate(
        size=3, seed=1, duration_ms=60, logs={"n1": (1,), "n2": (1, 1), "n3": (1, 1)}, check=False,
        rules=Rules.without("election_restriction"), faults=["at 20 timeout n1"],
    )  # fmt: skip
    assert "although n1’s log (index 1, term 1) is behind its own (index 2, term 1)" in all_told(behind)
    twice = simulate(
        size=3, seed=7, duration_ms=60, network=Network(delay_ms=(4, 6)), check=False, rules=Rules.without("one_vote_per_term"),
        faults=["at 20 timeout n1", "at 21 timeout n2"],
    )  # fmt: skip
    assert "votes a second time in term 1" in all_told(twice)
    few = simulate(size=5, seed=7, duration_ms=300, check=False, rules=Rules.without("majority_size"))
    assert "that is no majority" in all_told(few)
    assert "it may yet be lost" in all_told(few)
    early = simulate(
        size=3, seed=1, duration_ms=200, logs={"n1": (1, 2), "n2": (1,), "n3": (1,)}, check=False, faults=["at 20 timeout n1"],
        rules=Rules.without("commit_only_own_term", "no_op_on_election"),
    )  # fmt: skip
    assert "Index 2 is committed too early" in all_told(early)
    stale = simulate(
        size=3, seed=2, duration_ms=900, clients=Clients(1, reads_ratio=1, adds_ratio=0), check=False,
        rules=Rules.without("reads_confirm_leadership"),
    )  # fmt: skip
    assert "from memory at once" in all_told(stale)
    torn = simulate(
        size=3, seed=1, duration_ms=60, logs={"n1": (1, 1, 2), "n2": (1,), "n3": (1,)}, check=False,
        rules=Rules.without("log_consistency_check"), faults=["at 20 timeout n1"],
    )  # fmt: skip
    assert "the check is switched off" in all_told(torn)

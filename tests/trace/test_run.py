from __future__ import annotations

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.trace import Frozen, Step, Trace

details = st.dictionaries(st.sampled_from(["term", "peer"]), st.integers(0, 2) | st.sampled_from(["n1", "n2"]), max_size=2).map(Frozen)
moments = st.tuples(st.integers(0, 3), st.sampled_from(["start", "crash", "commit"]), st.sampled_from(["", "n1", "n2"]), details)


def made(history: list[tuple[int, str, str, Frozen]], *, frames: bool = True) -> Trace:
    """The run in which these things happen, each so many µs after the one before."""
    steps, now_us = [], 0
    for index, (pause_us, kind, actor, detail) in enumerate(history):
        now_us += pause_us
        steps.append(Step(index, now_us, kind, actor, detail, Frozen(count=index) if frames else None))
    return Trace("demo", 7, Frozen(size=3), tuple(steps))


traces = st.lists(moments, max_size=12).map(made)


@given(traces, st.integers(-2, 40))
def test_at_is_the_last_step_not_after(trace: Trace, time_us: int) -> None:
    """`at` finds what reading all steps finds, and says so where there is nothing."""
    naive = [step for step in trace if step.time_us <= time_us]
    if naive:
        assert trace.at(time_us) is naive[-1]
        assert trace.at_ms(time_us / 1000) is naive[-1]
    else:
        with pytest.raises(LookupError, match=f"this trace has nothing at {time_us} µs: it (begins at|has no steps)"):
            trace.at(time_us)


@given(traces, st.integers(-2, 40), st.integers(0, 9), st.integers(0, 9))
def test_between_takes_the_start_and_not_the_end(trace: Trace, start_us: int, first_us: int, second_us: int) -> None:
    """`between` finds what reading all steps finds, and neighbouring ranges make up the whole."""
    middle_us, end_us = start_us + first_us, start_us + first_us + second_us
    assert trace.between(start_us, end_us) == tuple(step for step in trace if start_us <= step.time_us < end_us)
    assert trace.between(start_us, middle_us) + trace.between(middle_us, end_us) == trace.between(start_us, end_us)


@given(traces, st.none() | st.just("crash"), st.none() | st.just("n1"), details)
def test_where_asks_for_all_of_it(trace: Trace, kind: str | None, actor: str | None, detail: Frozen) -> None:
    """`where` finds exactly the steps that agree in everything that was asked."""
    found = trace.where(kind, actor=actor, **detail)
    naive = tuple(
        step
        for step in trace
        if kind in (None, step.kind) and actor in (None, step.actor) and all(step.detail.get(key, "-") == detail[key] for key in detail)
    )
    assert found == naive


@given(st.lists(moments, max_size=8), st.lists(moments, max_size=4), st.lists(moments, max_size=4))
def test_fork_point_is_the_first_difference(
    past: list[tuple[int, str, str, Frozen]], one: list[tuple[int, str, str, Frozen]], other: list[tuple[int, str, str, Frozen]]
) -> None:
    """Two runs agree before their fork point and not at it, whoever asks."""
    left, right = made(past + one), made(past + other, frames=False)
    fork = left.fork_point(right)
    assert fork == right.fork_point(left)
    assert fork >= len(past)
    assert [step[:5] for step in left[:fork]] == [step[:5] for step in right[:fork]]
    assert fork in (len(left), len(right)) or left[fork][:5] != right[fork][:5]


@given(st.lists(moments, max_size=6), st.lists(moments, max_size=6))
def test_digest_tells_runs_apart(one: list[tuple[int, str, str, Frozen]], other: list[tuple[int, str, str, Frozen]]) -> None:
    """Two runs have the same digest exactly if the same happened; frames do not count."""
    same = made(one, frames=False).steps == made(other, frames=False).steps
    assert (made(one).digest() == made(other, frames=False).digest()) == same


def test_digest_covers_the_header() -> None:
    """Another system, seed or parameter is another run, even if the same happened in it."""
    digests = {Trace(system, seed, Frozen(size=size), ()).digest() for system in ("raft", "etcd") for seed in (1, 2) for size in (3, 5)}
    assert len(digests) == 8


def test_digest_never_changes() -> None:
    """The digests of published runs stay valid: this one is part of the package's promise."""
    assert made([(0, "start", "", Frozen()), (900, "crash", "n1", Frozen(term=1, peer="n2"))]).digest()[:16] == "3fcf660e2017b872"


def test_two_thousand_steps_are_a_small_file(tmp_path: Path) -> None:
    """A run of a group of five, in which each step changes one node, is saved with less than 150 bytes a step."""
    nodes = Frozen({f"n{number}": Frozen(id=f"n{number}", term=0, role="follower", log=(), due_us=0) for number in range(1, 6)})
    steps = []
    for index in range(2000):
        name = f"n{index % 5 + 1}"
        node = nodes[name].evolve(term=index // 100, log=(*nodes[name].log, (index // 100, index)), due_us=index * 1000)
        nodes = nodes.evolve(**{name: node})
        steps.append(Step(index, index * 1000, "receive_append_entries", name, Frozen(term=index // 100), Frozen(nodes=nodes)))
    trace = Trace("demo", 7, Frozen(size=5), tuple(steps))
    trace.save(tmp_path / "run.trace")
    assert (tmp_path / "run.trace").stat().st_size < 2000 * 150
    assert Trace.load(tmp_path / "run.trace") == trace


@given(traces)
def test_traces_go_to_other_processes(trace: Trace) -> None:
    """A trace survives pickling, equal in every step, and hashes like its equals."""
    again = pickle.loads(pickle.dumps(trace))
    assert again == trace
    assert hash(again) == hash(trace)


def test_shown_as_one_line_and_as_a_table() -> None:
    """A trace shows itself in a terminal and in a notebook, where nothing in it is taken for HTML."""
    trace = made([(0, "start", "", Frozen()), (1500, "<b>", "n1", Frozen())])
    assert repr(trace) == "Trace(demo, seed 7, 2 steps, 1.5 ms)"
    table = trace._repr_html_()
    assert "2 steps in 1.5 ms" in table
    assert "start × 1, &lt;b&gt; × 1" in table
    assert trace.digest()[:16] in table
    assert "0 steps" in Trace("demo", 7, Frozen(), ())._repr_html_()


def test_knows_neither_simulation_nor_picture() -> None:
    """Traces can be read where neither SimPy nor matplotlib is installed."""
    code = "import sys, k8sedu.trace; print(sorted({'simpy', 'numpy', 'matplotlib', 'pandas'} & set(sys.modules)))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"

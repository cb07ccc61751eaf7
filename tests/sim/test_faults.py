from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.sim.faults import (
    Fault,
    FaultError,
    align_timers,
    block,
    change,
    check_faults,
    clock_drift,
    crash,
    delay_message,
    drop,
    drop_next,
    duplication,
    exact_us,
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

EXAMPLES = {
    "at 900 crash n1": crash("n1", at_ms=900),
    "at 900 restart n1": restart("n1", at_ms=900),
    "at 900 pause n1": pause("n1", at_ms=900),
    "at 900 pause n1 until 950.001": pause("n1", at_ms=900, until_ms=950.001),
    "at 900 resume n1": resume("n1", at_ms=900),
    "at 1200 partition n1 n2 | n3 n4 n5 until 2000": partition([["n1", "n2"], ["n3", "n4", "n5"]], at_ms=1200, until_ms=2000),
    "at 1200 partition n1": partition("n1", at_ms=1200),
    "at 1 block n1 to n2": block(sender="n1", receiver="n2", at_ms=1),
    "at 1 block n1 to n2 until 3": block(sender="n1", receiver="n2", at_ms=1, until_ms=3),
    "at 0 heal": heal(at_ms=0),
    "at 12.5 drop 17": drop(17, at_ms=12.5),
    "at 12.5 drop_next append_entries from n1 to n2": drop_next("append_entries", sender="n1", receiver="n2", at_ms=12.5),
    "at 12.5 delay_message 17 by 0.001": delay_message(17, by_ms=0.001, at_ms=12.5),
    "at 5 timeout n1": timeout("n1", at_ms=5),
    "at 5 set_timer n1 in 40": set_timer("n1", in_ms=40, at_ms=5),
    "at 5 spread_timers": spread_timers(at_ms=5),
    "at 5 align_timers": align_timers(at_ms=5),
    "at 1500 request x=4": request("x=4", at_ms=1500),
    'at 1500 request "x = 4" to n2': request("x = 4", at_ms=1500, node="n2"),
    'at 1500 request ""': request("", at_ms=1500),
    "at 5 transfer to n3": transfer("n3", at_ms=5),
    "at 5 change n1 n2 n3": change(["n1", "n2", "n3"], at_ms=5),
    "at 5 change n1 learners n2 n3": change(["n1"], learners=["n2", "n3"], at_ms=5),
    "at 5 snapshot n1": snapshot("n1", at_ms=5),
    "at 5 slow_disk n1 takes 20": slow_disk("n1", write_ms=20, at_ms=5),
    "at 5 slow_disk n1 takes 0.5 until 90": slow_disk("n1", write_ms=0.5, at_ms=5, until_ms=90),
    "at 5 clock_drift n1 -500": clock_drift("n1", ppm=-500, at_ms=5),
    "at 5 loss 0.1 until 90": loss(0.1, at_ms=5, until_ms=90),
    "at 5 loss 1e-05": loss(1e-5, at_ms=5),
    "at 5 duplication 1.0": duplication(1, at_ms=5),
    "at 5 reordering on": reordering(on=True, at_ms=5),
    "at 5 reordering off": reordering(on=False, at_ms=5),
}

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
times_ms = st.integers(0, 10**10).map(lambda time_us: time_us / 1000)
nodes = st.sampled_from(["n1", "n2", "node-3", "节点", "a.b"])
some_nodes = st.lists(nodes, min_size=2, max_size=5, unique=True)
faults = st.one_of(
    st.builds(lambda node, at_ms: crash(node, at_ms=at_ms), nodes, times_ms),
    st.builds(lambda node, at_ms, more: pause(node, at_ms=at_ms, until_ms=at_ms + 1 + more), nodes, st.integers(0, 10**6), times_ms),
    st.builds(lambda all_, at_ms: partition([all_[:1], all_[1:]], at_ms=at_ms), some_nodes, times_ms),
    st.builds(lambda all_, at_ms: change(all_[:1], learners=all_[1:], at_ms=at_ms), some_nodes, times_ms),
    st.builds(lambda data, at_ms, node: request(data, at_ms=at_ms, node=node), texts, times_ms, st.none() | nodes),
    st.builds(lambda number, by_ms, at_ms: delay_message(number, by_ms=by_ms, at_ms=at_ms), st.integers(0), times_ms, times_ms),
    st.builds(lambda at_ms: heal(at_ms=at_ms), times_ms),
)


@pytest.mark.parametrize("line", EXAMPLES)
def test_a_fault_is_one_line(line: str) -> None:
    """The function of a fault and its line make the same value, and the value writes that line."""
    assert Fault.parse(line) == EXAMPLES[line]
    assert EXAMPLES[line].format() == line


def test_every_kind_has_an_example() -> None:
    """The examples above cover every kind of fault that can be written."""
    assert {fault.kind for fault in EXAMPLES.values()} == set(FORMS)


@given(faults)
def test_round_trip(fault: Fault) -> None:
    """Every fault is read back equal from its line, whatever text and time is in it."""
    assert Fault.parse(fault.format()) == fault
    assert hash(Fault.parse(fault.format())) == hash(fault)
    assert pickle.loads(pickle.dumps(fault)) == fault


@given(st.integers(0, 10**12))
def test_times_are_exact(time_us: int) -> None:
    """Every whole microsecond can be said in milliseconds, as a number and as text."""
    assert exact_us(time_us / 1000) == time_us
    assert Fault.parse(heal(at_ms=time_us / 1000).format()).at_us == time_us


@pytest.mark.parametrize("time_ms", [-1, -0.001, 0.0005, 1e-7, float("nan"), float("inf"), True, "9", None])
def test_impossible_times_are_refused(time_ms: Any) -> None:
    """A time that is negative, finer than a microsecond or no number is refused, and named."""
    with pytest.raises(FaultError, match=f"the time is {time_ms!r} ms, expected"):
        crash("n1", at_ms=time_ms)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda: crash("n 1", at_ms=0), "the name is 'n 1', expected a letter followed by"),
        (lambda: crash("until", at_ms=0), "the name is 'until', expected"),
        (lambda: crash("", at_ms=0), "the name is '', expected"),
        (lambda: pause("n1", at_ms=5, until_ms=5), "'at 5 pause n1 until 5' ends before it begins, expected a later 'until'"),
        (lambda: partition([["n1"], []], at_ms=0), "a partition at 0 ms has no node in it, expected at least one name in each group"),
        (lambda: partition([], at_ms=0), "a partition at 0 ms has no node in it"),
        (lambda: partition("n1 | n2 n1", at_ms=0), "'at 0 partition n1 | n2 n1' names 'n1' twice, expected each node once"),
        (lambda: block(sender="n1", receiver="n1", at_ms=0), "'at 0 block n1 to n1' names 'n1' twice"),
        (lambda: change([], at_ms=0), "a change at 0 ms has no node in it"),
        (lambda: change(["n1"], learners=["n1"], at_ms=0), "'at 0 change n1 learners n1' names 'n1' twice"),
        (lambda: drop(-1, at_ms=0), "a drop has Frozen(message=-1), expected"),
        (lambda: request(4, at_ms=0), "a request has Frozen(data=4, node=None), expected a text as data"),  # type: ignore[arg-type]
        (lambda: drop_next("two words", sender="n1", receiver="n2", at_ms=0), "the name is 'two words', expected"),
        (lambda: Fault.parse("crash n1"), "'crash n1' is not a fault, expected 'at MS KIND …'"),
        (
            lambda: Fault.parse("at 5 block n1 n2"),
            "'at 5 block n1 n2': 'to NAME' is missing, expected 'at MS block NAME to NAME [until MS]'",
        ),
        (lambda: Fault.parse("at 5 drop x"), "'at 5 drop x': 'x' is not a whole number from 0 on, expected 'at MS drop NUMBER'"),
        (lambda: Fault.parse("at -5 heal"), "the time is '-5', expected milliseconds from 0 on with at most three decimals"),
        (lambda: Fault.parse('at 5 request "x'), "'\"x' has a quotation mark that is not closed"),
        (lambda: Fault.parse('at 5 request "\\q"'), '\'at 5 request "\\\\q"\': "\\q" is not a quoted text, expected the escapes of JSON'),
        (lambda: loss(1.5, at_ms=5), "'at 5 loss 1.5' is out of range, expected a ratio from 0 to 1"),
        (lambda: clock_drift("n1", ppm=-1_000_000, at_ms=5), "'at 5 clock_drift n1 -1000000' is out of range, expected"),
        (
            lambda: Fault.parse("at 5 loss much"),
            "'at 5 loss much': 'much' is not a ratio from 0 to 1, expected 'at MS loss RATIO [until MS]'",
        ),
        (lambda: Fault.parse("at 5 clock_drift n1 1.5"), "'at 5 clock_drift n1 1.5': '1.5' is not a whole number of parts per million"),
        (lambda: Fault.parse("at 5 reordering maybe"), "'at 5 reordering maybe': 'maybe' is neither 'on' nor 'off'"),
        (lambda: Fault.parse("at 5 partition n1 |"), "a partition at 5 ms has no node in it"),
    ],
)
def test_impossible_faults_are_refused(make: Callable[[], Fault], sentence: str) -> None:
    """A fault that makes no sense is refused when it is made, in one sentence that says what was expected."""
    with pytest.raises(FaultError) as caught:
        make()
    assert str(caught.value).startswith(sentence)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        (crash("n9", at_ms=1), "'at 1 crash n9' names node 'n9', expected one of n1, n2"),
        (partition("n1 | n3", at_ms=1), "'at 1 partition n1 | n3' names node 'n3', expected one of n1, n2"),
        (transfer("n4", at_ms=1), "'at 1 transfer to n4' names node 'n4', expected one of n1, n2"),
        (change(["n1"], learners=["n7"], at_ms=1), "'at 1 change n1 learners n7' names node 'n7', expected one of n1, n2"),
        (request("x", node="n5", at_ms=1), "'at 1 request x to n5' names node 'n5', expected one of n1, n2"),
        (block(sender="n1", receiver="n6", at_ms=1), "'at 1 block n1 to n6' names node 'n6', expected one of n1, n2"),
        (heal(at_ms=5.001), "'at 5.001 heal' is after the end, expected a time up to 5 ms"),
    ],
)
def test_a_run_refuses_faults_that_do_not_fit(fault: Fault, sentence: str) -> None:
    """A run is told of unknown nodes and of times after its end before it starts."""
    with pytest.raises(FaultError) as caught:
        check_faults([heal(at_ms=5), fault], nodes=["n1", "n2"], duration_us=5_000)
    assert str(caught.value) == sentence

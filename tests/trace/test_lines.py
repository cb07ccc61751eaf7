from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from k8sedu.trace import Frozen, Step, Trace, TraceFormatError, TraceValueError

leaves = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.dictionaries(st.text(max_size=2), inner, max_size=3).map(Frozen),
    max_leaves=8,
)
mappings = st.dictionaries(st.sampled_from("abc"), trees, max_size=3).map(Frozen)
moments = st.tuples(st.integers(0, 5), st.text(max_size=3), st.text(max_size=2), mappings, st.none() | mappings)

quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def made(history: list[tuple[int, str, str, Frozen, Frozen | None]]) -> Trace:
    """The run in which these things happen, each so many µs after the one before."""
    steps, now_us = [], 0
    for index, (pause_us, *rest) in enumerate(history):
        now_us += pause_us
        steps.append(Step(index, now_us, *rest))
    return Trace("demo", 7, Frozen(size=3), tuple(steps))


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    """A small trace in a file."""
    path = tmp_path / "run.trace"
    nodes = Frozen(n1=Frozen(log=((1, 1, "x=4"),)))
    grown = Frozen(n1=Frozen(log=((1, 1, "x=4"), (1, 2, "y=5"))))
    made([(0, "start", "", Frozen(), Frozen(nodes=nodes)), (5, "put", "n1", Frozen(key="y"), Frozen(nodes=grown))]).save(path)
    return path


@quick
@given(trace=st.lists(moments, max_size=6).map(made))
def test_round_trip(tmp_path: Path, trace: Trace) -> None:
    """Every trace is loaded as it was saved, to the type of each number and the order of each mapping."""
    trace.save(tmp_path / "run.trace")
    again = Trace.load(tmp_path / "run.trace")
    assert again == trace
    assert json.dumps(again.steps) == json.dumps(trace.steps)
    assert again.digest() == trace.digest()


class Entry(NamedTuple):
    """A row with names, as a core has them."""

    term: int
    data: str


def test_named_tuples_come_back_as_equal_rows(tmp_path: Path) -> None:
    """What a core calls an entry is a plain row in a file, and equal to the entry."""
    trace = made([(0, "start", "", Frozen(), Frozen(log=(Entry(1, "x"),), rows=[[1]]))])
    trace.save(tmp_path / "run.trace")
    again = Trace.load(tmp_path / "run.trace")
    assert again[0].frame == Frozen(log=(Entry(1, "x"),), rows=((1,),))


def test_a_file_reads_like_a_table(saved: Path) -> None:
    """Line 1 says what the file is; each step is one line, its frame the difference to the one before."""
    header, first, second, last = saved.read_text(encoding="utf-8").splitlines()
    assert header.startswith('{"format":"k8sedu trace","version":1,"system":"demo","seed":7,"parameters":{"size":3},"steps":2,')
    assert first == '[0,0,"start","",{},{"nodes":[{"n1":{"log":[[1,1,"x=4"]]}}]}]'
    assert second == '[1,5,"put","n1",{"key":"y"},{"nodes":{"n1":{"log":[1,[[1,2,"y=5"]]]}}}]'
    assert last.startswith('{"sha256":"')


@quick
@given(share=st.floats(0, 1, exclude_max=True))
def test_a_file_that_was_cut_off_is_noticed(saved: Path, tmp_path: Path, share: float) -> None:
    """Wherever a file ends too early, be it at the end of a line, one sentence names file and line."""
    content = saved.read_bytes()
    kept = int(len(content) * share)
    (tmp_path / "cut.trace").write_bytes(content[:kept])
    with pytest.raises(TraceFormatError, match=r"^cut\.trace, line \d+: [^\n]*, expected [^\n]*$"):
        Trace.load(tmp_path / "cut.trace")


@quick
@given(share=st.floats(0, 1, exclude_max=True), byte=st.integers(1, 255))
def test_a_changed_byte_is_noticed(saved: Path, tmp_path: Path, share: float, byte: int) -> None:
    """Whichever byte of a file is changed, one sentence names file and line."""
    content = bytearray(saved.read_bytes())
    content[int(len(content) * share)] ^= byte
    (tmp_path / "hurt.trace").write_bytes(content)
    with pytest.raises(TraceFormatError, match=r"^hurt\.trace, line \d+: [^\n]*, expected [^\n]*$"):
        Trace.load(tmp_path / "hurt.trace")


HEADER = {"format": "k8sedu trace", "version": 1, "system": "demo", "seed": 7, "parameters": {}, "steps": 1, "digest": "-"}
START: list[Any] = [0, 0, "start", "", {}, {}]


def forged(path: Path, *lines: Any) -> Path:
    """A file of these lines with the right checksum, as a program with a mistake may write it."""
    body = b"".join(json.dumps(line).encode() + b"\n" if not isinstance(line, bytes) else line + b"\n" for line in lines)
    path.write_bytes(body + json.dumps({"sha256": hashlib.sha256(body).hexdigest()}).encode() + b"\n")
    return path


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        ([{"a": 1}, START], "line 1: met {'a': 1}, expected the header of a k8sedu trace"),
        ([START], "line 1: met [0, 0, 'start', '', {}, {}], expected the header of a k8sedu trace"),
        ([b"\x89PNG\xff", START], "line 1: this is not JSON: '�PNG�', expected the header of a k8sedu trace"),
        ([HEADER | {"seed": "7"}, START], "line 1: met {'format': 'k8sedu trace', 'version': 1, 'system': 'demo', …, expected the header"),
        (
            [HEADER | {"version": 2}],
            "line 1: version 2 of the format is newer than this k8sedu, expected version 1; a newer k8sedu reads it",
        ),
        ([HEADER, START, START], "line 3: met step 0 at 0 µs, expected step 1 at 0 µs or later"),
        ([HEADER, [1, *START[1:]]], "line 2: met step 1 at 0 µs, expected step 0 at 0 µs or later"),
        ([HEADER | {"steps": 2}, [0, 5, *START[2:]], [1, 4, *START[2:]]], "line 3: met step 1 at 4 µs, expected step 1 at 5 µs or later"),
        (
            [HEADER, [0, 0.5, *START[2:]]],
            "line 2: met [0, 0.5, 'start', '', {}, {}], expected step 0 as [index, time_us, kind, actor, detail, frame]",
        ),
        ([HEADER, {"index": 0}], "line 2: met {'index': 0}, expected step 0 as"),
        ([HEADER, START[:5]], "line 2: met [0, 0, 'start', '', {}], expected step 0 as"),
        ([HEADER, [*START[:5], {"a": []}]], "line 2: the frame cannot be put together: "),
        ([HEADER, [*START[:5], [7]]], "line 2: the frame is 7, expected a mapping"),
        ([HEADER, b"[0,0,"], "line 2: this is not JSON: '[0,0,', expected step 0 as a JSON array"),
        ([HEADER, b'[0,0,"start","",{"x":NaN},{}]'], "line 2: this is not JSON: "),
        ([HEADER, b"[" * 100_000], "line 2: this is not JSON: '[[["),
        ([HEADER], "line 2: 0 steps are above, expected 1, as line 1 says"),
        ([HEADER, START], "line 1: the digest is -, expected "),
    ],
)
def test_a_wrong_line_is_named(tmp_path: Path, lines: list[Any], sentence: str) -> None:
    """A file that holds together but is no trace is refused in one sentence with file, line and what was expected."""
    with pytest.raises(TraceFormatError) as caught:
        Trace.load(forged(tmp_path / "odd.trace", *lines))
    assert str(caught.value).startswith(f"odd.trace, {sentence}")
    assert "\n" not in str(caught.value)


def test_an_empty_file_is_no_trace(tmp_path: Path) -> None:
    """An empty file is refused like every other foreign file."""
    (tmp_path / "empty.trace").write_bytes(b"")
    with pytest.raises(
        TraceFormatError, match=re.escape("empty.trace, line 1: this is not JSON: '', expected the header of a k8sedu trace")
    ):
        Trace.load(tmp_path / "empty.trace")


@pytest.mark.parametrize(
    ("detail", "frame", "sentence"),
    [
        (Frozen(x=b"ab"), None, "step 0, detail.x is b'ab', expected None, a bool, a finite number, a text, a tuple or a mapping"),
        (Frozen(x=float("nan")), None, "step 0, detail.x is nan, expected"),
        (Frozen(), Frozen(nodes=Frozen({1: "a"})), "step 0, frame.nodes has the key 1, expected a text"),
        (Frozen(), Frozen(nodes=({"a"},)), "step 0, frame.nodes is {'a'}, expected"),
    ],
)
def test_values_that_a_file_cannot_hold_are_refused(tmp_path: Path, detail: Frozen, frame: Frozen | None, sentence: str) -> None:
    """Nothing is saved that would be loaded differently, and the file from before stays."""
    path = tmp_path / "run.trace"
    path.write_text("old")
    with pytest.raises(TraceValueError, match=re.escape(sentence)):
        made([(0, "start", "", detail, frame)]).save(path)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]

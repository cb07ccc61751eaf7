"""The story of a log: its bytes are those that a member would write, and a repair loses nothing that was acknowledged."""

from __future__ import annotations

import pytest

from k8sedu.etcd.sim.wal_story import LogStoryError, write_log
from k8sedu.etcd.wal import read
from k8sedu.trace import Step

LINES = """
append 1 1            # a new leader's empty entry
append 1 2 put /pods/web run
state 1 1 1
append 1 3 put /pods/db run
cut
append 2 3 put /pods/api run
state 2 2 2
mark 1 1
append 2 4 delete /pods/api
tear 21
repair
append 2 4 put x y
"""


def segments(step: Step) -> list[tuple[str, bytes]]:
    """The log as it lies on disk after a step."""
    assert step.frame is not None
    return [(name, bytes.fromhex(digits)) for name, digits in step.frame["segments"]]


def test_every_step_is_a_log_that_can_be_read() -> None:
    """After each line the bytes are a log, and it is torn after a tear only."""
    for step in write_log(LINES):
        assert (read(segments(step)).torn is not None) == (step.kind == "tear")


def test_a_repair_loses_what_was_torn_and_nothing_else() -> None:
    """After the repair the entries are those before the write that was torn, and what is appended then continues the chain."""
    trace = write_log(LINES)
    kinds = [step.kind for step in trace]
    before, repaired = trace[kinds.index("tear") - 2], trace[kinds.index("repair")]
    assert segments(before) == segments(repaired)
    assert [(entry.Term, entry.Index) for entry in read(segments(trace[-1])).entries] == [(1, 1), (1, 2), (2, 3), (2, 4)]


def test_a_commit_alone_needs_no_flush() -> None:
    """A state that changes the commit index only is written without fsync; a vote is flushed."""
    trace = write_log(["state 1 2 0", "append 1 1", "state 1 2 1"])
    assert [step.detail["sync"] for step in trace.where("state")] == [True, False]


def test_the_names_of_segments_tell_number_and_first_entry() -> None:
    """A further segment is called by its number and the first entry that can be in it, as etcd does."""
    names = [name for name, _ in segments(write_log(["append 1 1", "append 1 2", "state 1 1 1", "cut"])[-1])]
    assert names == ["0000000000000000-0000000000000000.wal", "0000000000000001-0000000000000003.wal"]


@pytest.mark.parametrize(
    ("lines", "met"),
    [
        (["burn"], "'burn'"), (["append 1 5"], "entry 5"), (["append one 1"], "append TERM INDEX"), (["tear 0"], "met 0 bytes"),
        (["repair"], "whole"), (["append 1 1", "tear 99"], "expected 1 to"), (["append 1 1", "tear 9", "append 1 2"], "torn"),
        (["append 1 1 put"], "put KEY VALUE"), (["append 1 1", "cut"], "term 0"), (["cut now"], "cut"), (["state 1"], "state TERM"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_happen_is_refused(lines: list[str], met: str) -> None:
    """The sentence quotes the line and says what was expected."""
    with pytest.raises(LogStoryError) as caught:
        write_log(lines)
    assert met in str(caught.value)
    assert lines[-1] in str(caught.value)

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu.etcd.bptree import PageSizeError
from k8sedu.etcd.btree import OrderError
from k8sedu.etcd.commands import CommandError
from k8sedu.etcd.sim.story import tell
from k8sedu.trace import Trace

STORY = """
put /config a      # the course notes' example
put /nodes/a up
put /nodes/a down
get /nodes/a at 3
delete /config
compact 4
get /nodes/a at 3
"""


def test_a_get_walks_through_both_trees() -> None:
    """A read of the past is asked, walks the index, finds a revision, walks the pages and is answered with the value of then."""
    steps = [step for step in tell(STORY) if step.frame["walk"]["command"] == "get /nodes/a at 3"][:5]
    assert [step.kind for step in steps] == ["ask", "index_walk", "key_found", "store_walk", "answer"]
    assert steps[2].detail["revisions"] == ("3.0",)
    assert steps[4].detail["value"] == "up"
    assert steps[3].frame["walk"]["pages"]


def test_a_put_changes_the_index_before_the_pages() -> None:
    """Within a put the index knows the new revision one step before the pages hold its record."""
    trace = tell("put a 1")
    index, pages = (next(step for step in trace if step.kind == kind) for kind in ("index_change", "pages_append"))
    assert index.frame["keys"]["a"].lives == (("2",),)
    assert index.frame["pages"]["pages"]["1"].records == ()
    assert pages.frame["pages"]["pages"]["1"].records == (("2.0", "a", "1", False, 0),)
    assert pages.index == index.index + 1


def test_a_compacted_past_is_refused() -> None:
    """After compaction the past before it is refused in etcd's words, and holes stay in the pages."""
    last = tell(STORY)[-1]
    assert (last.kind, last.detail["message"]) == ("refused", "etcdserver: mvcc: required revision has been compacted")
    assert last.frame["pages"]["pages"]["1"].holes == ("3.0",)


def test_the_same_story_is_the_same_trace() -> None:
    """A story told twice has the same digest, and another page size gives another one."""
    assert tell(STORY).digest() == tell(STORY).digest() != tell(STORY, page_records=2).digest()


def test_a_story_survives_a_file(tmp_path: Path) -> None:
    """A story can be saved and loaded."""
    trace = tell(STORY)
    path = tmp_path / "story.trace"
    trace.save(path)
    assert Trace.load(path).digest() == trace.digest()


def test_splits_are_told() -> None:
    """A node and a page that are full split, and the step says so."""
    trace = tell([f"put k{number} x" for number in range(6)], order=4, page_records=4)
    assert [step.detail["splits"] for step in trace if step.kind == "index_change"].count(1) >= 1
    assert [step.detail["splits"] for step in trace if step.kind == "pages_append"].count(1) == 1


@pytest.mark.parametrize(("lines", "order", "error"), [("dance", 4, CommandError), ("put a 1", 2, OrderError), ("put", 4, CommandError)])
def test_what_cannot_be_told_is_refused(lines: str, order: int, error: type[Exception]) -> None:
    """A line that is no command and a tree that cannot be are refused in one sentence."""
    with pytest.raises(error, match="expected"):
        tell(lines, order=order)
    with pytest.raises(PageSizeError):
        tell("put a 1", page_records=0)

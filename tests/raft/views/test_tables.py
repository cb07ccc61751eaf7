from __future__ import annotations

from functools import cache

import pandas as pd
import pytest

from k8sedu import raft
from k8sedu.raft.quorum import majority
from k8sedu.raft.views.spans import NoFramesError
from k8sedu.raft.views.tables import COLUMNS, GroupSizeError, log_table, quorum_table, table
from k8sedu.trace import Trace


@cache
def run() -> Trace:
    """Two requests, a snapshot, a crash."""
    faults = ["at 300 request x=4", "at 350 request x+=1", "at 500 snapshot n2", "at 700 crash n1"]
    return raft.simulate(size=3, seed=3, duration_ms=1_000, faults=faults)


def test_table_has_the_columns_of_its_contract() -> None:
    """Names, order and types of the columns are those that the docstring promises."""
    assert {name: str(kind) for name, kind in table(run()).dtypes.items()} == COLUMNS
    assert list(table(run()).columns) == list(COLUMNS)


@pytest.mark.parametrize("frames", [True, False])
def test_table_has_one_row_per_step(frames: bool) -> None:
    """Rows are steps, in order; a run without frames has the same columns and types, with holes."""
    trace = raft.simulate(size=3, seed=3, duration_ms=500, frames=frames)
    rows = table(trace)
    assert list(rows["index"]) == [step.index for step in trace]
    assert list(rows["time_ms"]) == [step.time_ms for step in trace]
    assert list(rows["kind"]) == [step.kind for step in trace]
    assert {name: str(kind) for name, kind in rows.dtypes.items()} == COLUMNS
    assert rows["role"].isna().all() != frames


def test_table_tells_how_the_actor_stood_after_the_step() -> None:
    """Who becomes leader is leader in the row, believes in itself, and has the term of its frame."""
    rows = table(run()).query("kind == 'become_leader'")
    assert list(rows["role"]) == ["leader"] * len(rows)
    assert list(rows["leader"]) == list(rows["actor"])
    for row in rows.itertuples():
        frame = run()[row.index].frame
        assert frame is not None
        assert row.term == frame.nodes[row.actor].term
        assert row.last_index == frame.nodes[row.actor].snapshot_index + len(frame.nodes[row.actor].log)


def test_details_of_a_table_are_short() -> None:
    """A step's detail stands in one text, without what other columns show and without flags that are off."""
    votes = table(run()).query("kind == 'grant_vote'")
    assert set(votes["detail"]) == {f"to={run().where('become_leader')[0].actor}"}
    assert "command=x=4  accepted=True  index=2" in set(table(run())["detail"])


def test_log_table_shows_every_entry_once_and_marks_what_is_committed() -> None:
    """Cells are `term: data`, with a check mark up to the commit index, and dots where a snapshot stands."""
    step = run()[-1]
    assert step.frame is not None
    logs = log_table(step)
    assert list(logs.index) == ["n1", "n2", "n3"]
    assert list(logs.columns) == list(range(1, len(logs.columns) + 1))
    assert all(str(kind) == "string" for kind in logs.dtypes)
    for name, node in step.frame.nodes.items():
        cells = list(logs.loc[name])
        assert cells.count("·") == node.snapshot_index
        assert sum(cell.endswith("✓") for cell in cells) == node.commit_index - node.snapshot_index
        assert sum(cell not in {"", "·"} for cell in cells) == len(node.log)
    assert "x=4" in logs.to_string()
    assert "x=4" not in log_table(step, data=False).to_string()


def test_log_table_before_the_first_entry_is_empty() -> None:
    """At the start no log has an entry: three rows, no column."""
    assert log_table(run()[0]).shape == (3, 0)


def test_log_table_needs_a_frame() -> None:
    """A step without a frame is refused with one sentence."""
    with pytest.raises(NoFramesError, match="has no frame"):
        log_table(raft.simulate(size=3, seed=3, duration_ms=100, frames=False)[0])


def test_quorum_table_agrees_with_the_core() -> None:
    """The majority is the one that servers use; (n+1)/2 is right exactly for odd sizes, and groups of 1."""
    rows = quorum_table(range(1, 12))
    assert list(rows["majority"]) == [majority(size) for size in range(1, 12)]
    assert list(rows["size"] - rows["majority"]) == list(rows["tolerated_failures"])
    odd = rows["size"] % 2 == 1
    pd.testing.assert_series_equal(rows["overlaps"], odd, check_names=False)
    assert (rows.loc[odd, "rounded_down"] == rows.loc[odd, "majority"]).all()
    assert (rows.loc[~odd, "rounded_down"] < rows.loc[~odd, "majority"]).all()


def test_quorum_table_speaks_chinese() -> None:
    """The reasons are in the chosen language."""
    assert "领导者" in quorum_table([4], language="zh")["why"][0]


def test_quorum_table_refuses_an_empty_group() -> None:
    """There is no group of no servers."""
    with pytest.raises(GroupSizeError, match="expected at least 1"):
        quorum_table([0])

"""Laws of names: a task is found where it is now, under the name that it always had."""

from __future__ import annotations

import pytest

from k8sedu.borg.names import BnsError, NameService


def test_a_task_that_moves_keeps_its_name() -> None:
    """The last registration counts, and the others of its job are not touched."""
    names = NameService("cc")
    for index in range(12):
        names.register("ubar", "jfoo", index, host=f"m{index}", port=31_000)
    names.register("ubar", "jfoo", 1, host="m99", port=31_005)
    assert names.find("ubar", "jfoo", 1) == "m99:31005"
    assert len(names.tasks("ubar", "jfoo")) == 12
    assert names.find("ubar", "jfoo", 11) == "m11:31000"


def test_jobs_with_alike_names_are_apart() -> None:
    """`jfoo` does not see the tasks of `jfoo2`."""
    names = NameService("cc")
    names.register("ubar", "jfoo2", 0, host="m1", port=1)
    assert names.tasks("ubar", "jfoo") == {}


def test_nothing_is_found_where_nothing_runs() -> None:
    """One sentence with the name that was asked for."""
    with pytest.raises(BnsError, match="nothing runs as /bns/cc/ubar/jfoo/7"):
        NameService("cc").find("ubar", "jfoo", 7)

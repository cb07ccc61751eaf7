"""Laws of the table: every line of code runs, and says what the row claims."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.borg.kubernetes import ROWS, SETUP, Row, lines


@pytest.fixture
def names() -> dict[str, Any]:
    """What the lines may use."""
    space: dict[str, Any] = {}
    exec(SETUP, space)
    return space


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.borg)
def test_both_lines_of_a_row_run(row: Row, names: dict[str, Any]) -> None:
    """Neither side is a promise: each gives a value."""
    for line in (row.borg_line, row.kubernetes_line):
        assert eval(line, names) is not None


def test_what_the_lines_say(names: dict[str, Any]) -> None:
    """The alloc and the pod reserve the same; ports are short on a machine and not in a pod; the reasons are those of the row."""
    said = {row.borg: tuple(eval(line, names) for line in row[3:]) for row in ROWS}
    alloc, pod = said["alloc"]
    assert alloc == (1_100, 1_152 * 1024**2)
    assert {name: str(amount) for name, amount in pod.items()} == {"cpu": "1100m", "memory": "1152Mi"}
    assert said["job"] == (["web/0", "web/1", "web/2"], True)
    ports, addresses = said["one IP per machine"]
    assert ports == {"too little ports": 2}
    assert len(set(addresses)) == 2
    assert said["hard constraint"] == ({"is not ssd=yes": 1}, False)
    assert said["priority band"][0] == "production"
    assert said["link shard"] == (2, "ADDED")


def test_the_table_is_complete_in_both_languages() -> None:
    """What the issue of the course names is there, with a reason in both languages, and twice as many lines as rows."""
    pairs = {row.borg: row.kubernetes for row in ROWS}
    assert (pairs["alloc"], pairs["BNS"], pairs["one IP per machine"]) == ("pod", "Service", "one IP per pod")
    assert "selector" in pairs["job"]
    assert all(row.why.en and any("\u4e00" <= letter <= "\u9fff" for letter in row.why.zh) for row in ROWS)
    assert len(lines()) == 2 * len(ROWS)

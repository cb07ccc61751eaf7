"""Laws of the polling experiment: shards divide the reading, differences spare the master, and nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from k8sedu.borg.polling import LINE_US, MESSAGE_US, PollingError, load, loads

SMALL: dict[str, Any] = {"machines": 200, "tasks_per_machine": 10, "rounds": 3, "change_share": 0.01}


@pytest.mark.parametrize("seed", range(3))
def test_the_master_reads_the_same_whatever_the_number_of_shards(seed: int) -> None:
    """Its work is what has changed; the number of shards divides only the reports."""
    found = loads((1, 5, 20), seed=seed, **SMALL)
    assert len({(each.master_messages, each.master_lines, each.report_lines) for each in found}) == 1
    assert [each.shard_lines * each.shards for each in found] == pytest.approx([found[0].report_lines] * 3, rel=0.05)


def test_more_shards_are_more_throughput_until_the_master_is_the_busiest() -> None:
    """Five shards hear five times as many borglets a second, twenty nearly twenty times; a hundred gain nothing more."""
    one, five, twenty, many, more = (load(shards=count, **SMALL) for count in (1, 5, 20, 100, 200))
    assert five.reports_per_s == pytest.approx(5 * one.reports_per_s, rel=0.05)
    assert twenty.reports_per_s > 2 * five.reports_per_s
    assert (one.busiest, five.busiest, many.busiest) == ("link shards", "link shards", "master")
    assert many.reports_per_s == more.reports_per_s


def test_without_shards_the_master_reads_every_line() -> None:
    """All reports come to it: as slow as a single shard, and it has no time for anything else."""
    alone, one = load(shards=0, **SMALL), load(shards=1, **SMALL)
    assert alone.master_lines == one.shard_lines == one.report_lines == 200 * 11
    assert alone.round_ms == one.round_ms == (200 * MESSAGE_US + 200 * 11 * LINE_US) / 1_000


def test_it_is_the_differences_that_spare_the_master() -> None:
    """Shards that pass on everything leave it as busy as if there were none."""
    whole = load(shards=20, differences=False, **SMALL)
    assert whole.master_lines == whole.report_lines
    assert whole.busiest == "master"


def test_a_cell_in_which_nothing_happens_tells_the_master_nothing() -> None:
    """No change, no message; only the first round after an election is told whole."""
    quiet = load(shards=5, **{**SMALL, "change_share": 0.0})
    assert (quiet.master_messages, quiet.master_lines) == (0, 0)
    assert quiet.first_ms == (200 * MESSAGE_US + 200 * 11 * LINE_US) / 1_000


@pytest.mark.parametrize(("name", "value"), [("machines", 0), ("rounds", 0), ("change_share", 1.5), ("shards", -1)])
def test_an_experiment_without_sense_is_refused(name: str, value: float) -> None:
    """One sentence with what was met."""
    with pytest.raises(PollingError, match="expected at least 1"):
        load(**{**SMALL, name: value})

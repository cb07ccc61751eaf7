"""Laws of link shards: differences add up to the whole, nothing hangs on a shard's memory, and parts are even."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.borg.borglet import Report, Running
from k8sedu.borg.link_shards import Difference, LinkShard, ShardError, difference, share_out

STATES = st.sampled_from([Running(), Running("finished"), Running("failed")])
REPORTS = st.lists(st.dictionaries(st.sampled_from(["a/0", "a/1", "b/0", "c/0"]), STATES), min_size=1, max_size=8)


def applied(known: dict[str, Running], news: Difference | None) -> dict[str, Running]:
    """What the master knows after a difference."""
    if news is None:
        return known
    kept = {} if news.whole else {task: state for task, state in known.items() if task not in news.gone}
    return {**kept, **news.changed}


@given(REPORTS, st.sets(st.integers(0, 8)))
def test_differences_add_up_to_the_last_report(reports: list[dict[str, Running]], losses: set[int]) -> None:
    """Whatever is reported, and whenever a shard forgets, the master knows what the borglet said last."""
    shard, known = LinkShard("b1"), dict[str, Running]()
    shard.take_over(["m1"])
    for number, tasks in enumerate(reports):
        if number in losses:
            shard.take_over(["m1"])
        news = shard.receive(Report("m1", tasks))
        assert news is None or news.whole == (number == 0 or number in losses)
        known = applied(known, news)
        assert known == tasks


@given(REPORTS)
def test_the_same_report_twice_is_passed_on_once(reports: list[dict[str, Running]]) -> None:
    """Nothing new is no message at all."""
    shard = LinkShard("b1")
    shard.take_over(["m1"])
    for tasks in reports:
        shard.receive(Report("m1", tasks))
        assert shard.receive(Report("m1", tasks)) is None


def test_a_difference_is_measured_in_lines() -> None:
    """One for the machine, one for each task that is new, different or gone."""
    news = difference(Report("m1", {"a/0": Running(), "b/0": Running()}), Report("m1", {"b/0": Running("failed"), "c/0": Running()}))
    assert news == Difference("m1", {"b/0": Running("failed"), "c/0": Running()}, ("a/0",))
    assert news.items == 4


def test_a_borglet_that_was_silent_is_heard_whole() -> None:
    """What it says after a pause is compared with nothing."""
    shard = LinkShard("b1")
    shard.take_over(["m1"])
    shard.receive(Report("m1", {}))
    shard.lose("m1")
    news = shard.receive(Report("m1", {}))
    assert news is not None
    assert news.whole


def test_a_shard_refuses_the_borglets_of_others() -> None:
    """A borglet that answers the wrong shard is a bug of ours, and is told."""
    shard = LinkShard("b2")
    shard.take_over(["m1"])
    with pytest.raises(ShardError, match="b2 met a report of m9, expected one of m1"):
        shard.receive(Report("m9", {}))


@pytest.mark.parametrize("seed", range(6))
def test_every_borglet_belongs_to_one_shard_and_parts_are_even(seed: int) -> None:
    """Whatever the numbers: nobody is left out, nobody has two shards, and no part is larger than another by more than one."""
    rng = Random(seed)
    machines = [f"m{number}" for number in range(rng.randint(0, 50))]
    shards = [f"b{number}" for number in range(1, rng.randint(2, 9))]
    parts = share_out(machines, shards, election=rng.randint(0, 20))
    assert sorted(machine for part in parts.values() for machine in part) == sorted(machines)
    assert list(parts) == shards
    assert max(map(len, parts.values())) - min(map(len, parts.values())) <= 1


def test_an_election_deals_anew() -> None:
    """After it a borglet belongs to another shard, so no shard is favoured for ever."""
    machines = [f"m{number}" for number in range(10)]
    first, second = (share_out(machines, ["b1", "b2", "b3"], election=number) for number in (0, 1))
    assert not any(set(first[shard]) & set(second[shard]) for shard in first)


def test_somebody_must_poll() -> None:
    """Without a shard there is nobody to give the borglets to."""
    with pytest.raises(ShardError, match="met 1 borglets and no link shard"):
        share_out(["m1"], [])

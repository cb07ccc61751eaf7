from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest

from k8sedu.borg.findings import Compaction
from k8sedu.borg.sim.experiments import (
    FULL,
    CompactionError,
    as_json,
    bucketing,
    cells,
    compact,
    compaction,
    compaction_table,
    segregation,
    switches,
    switches_table,
)
from k8sedu.borg.sim.experiments.packing import Policy, fits
from k8sedu.borg.synthetic import Assumptions, make_cell
from k8sedu.sim.seeds import stream

SMALL = Assumptions(machines=40, jobs=80, tasks=320)


def by_name(found: list[Compaction]) -> dict[str, int]:
    return {each.name: sum(each.needed) for each in found}


def test_the_hybrid_needs_fewest_machines_and_spreading_most() -> None:
    """Over the same orders of machines: hybrid ≤ best fit ≤ E-PVM."""
    needed = by_name(compaction(trials=2, seed=0, assumptions=SMALL))
    assert needed["hybrid"] <= needed["best_fit"] <= needed["epvm"]
    assert needed["hybrid"] < needed["epvm"]


def test_walls_small_cells_and_rounded_sizes_cost_machines() -> None:
    """Segregating prod, dealing jobs out among five cells, and rounding up to powers of two each cost machines."""
    apart = by_name(segregation(trials=2, seed=0, assumptions=SMALL))
    dealt = by_name(cells((5,), trials=2, seed=0, assumptions=SMALL))
    rounded = by_name(bucketing(trials=1, seed=0, assumptions=SMALL))
    assert apart["segregated"] > apart["shared"]
    assert dealt["5 cells"] > dealt["1 cell"]
    assert rounded["powers of two"] > rounded["as requested"]


def test_every_switch_saves_examinations() -> None:
    """From scratch classes and randomization save, in later passes caching too; only randomization changes how well is packed."""
    found = {each.name: each for each in switches(seed=0, passes=2, enough=8, assumptions=FULL._replace(machines=40, jobs=40, tasks=320))}
    off, on = found["all off"], found["all on"]
    assert found["only equivalence classes"].scratch < off.scratch
    assert found["only relaxed randomization"].scratch < off.scratch
    assert found["only score caching"].scratch == off.scratch
    assert found["only score caching"].online < off.online
    assert on.scratch * 10 < off.scratch
    assert on.online < min(found[f"without {idea}"].online for idea in ("score caching", "equivalence classes"))
    for same in ("only score caching", "only equivalence classes", "without relaxed randomization"):
        assert (found[same].placed, found[same].cpu_percent) == (off.placed, off.cpu_percent)
    assert on.cpu_percent >= 0.9 * off.cpu_percent
    assert "all on" in switches_table(list(found.values()))


def test_a_trial_ends_where_it_no_longer_fits() -> None:
    """The number of machines that a trial finds is enough, and one machine less is not."""
    made = make_cell(stream(3, "cell"), SMALL)
    needed = compact(made.machines, made.jobs, seed=3)
    order = list(made.machines)
    stream(3, "order").shuffle(order)
    soft = [job._replace(hard=(), soft=job.hard) if 2 * job.tasks > len(order) else job for job in made.jobs]
    assert fits(order[:needed], soft, seed=3, policy=Policy())
    assert not fits(order[: needed - 1], soft, seed=3, policy=Policy())


def test_it_does_not_matter_who_computes() -> None:
    """The same numbers from this process and from an executor."""
    tiny = SMALL._replace(machines=20, jobs=30, tasks=100)
    with ThreadPoolExecutor(2) as pool:
        spread = segregation(trials=2, seed=5, assumptions=tiny, executor=pool)
    assert spread == segregation(trials=2, seed=5, assumptions=tiny)


def test_results_are_told_with_their_assumptions() -> None:
    """JSON carries every assumption, every trial and the 90th percentile; the table the error bars."""
    found = [Compaction("hybrid", 100, (61, 60, 70))]
    told = json.loads(as_json("compaction", found, seed=1, assumptions=SMALL))
    assert told["results"][0] == {"name": "hybrid", "original": 100, "needed": [61, 60, 70], "p90": 70}
    assert told["assumptions"]["machines"] == 40
    assert compaction_table(found).splitlines()[1].split() == ["hybrid", "70", "60", "70", "70.0", "%"]


def test_what_fits_nowhere_is_told() -> None:
    """A task larger than every machine ends the experiment with a sentence."""
    made = make_cell(stream(3, "cell"), SMALL._replace(machines=3, jobs=2, tasks=4))
    giant = made.jobs[0]._replace(limit=made.jobs[0].limit._replace(cpu_millicores=10**9))
    with pytest.raises(CompactionError, match="1 jobs do not fit into 8 copies of their 3 machines"):
        compact(made.machines, [giant], seed=1)
    with pytest.raises(CompactionError, match="trials is 0"):
        compaction(trials=0)

"""Laws of the experiment: the load is what was said, the seed decides everything, and the published curves are met."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from k8sedu.workload import packing, readers
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.packing.columns import Machines, PackingError, kinds_of
from k8sedu.workload.packing.curve import Experiment, stretched
from k8sedu.workload.packing.published import PublishedError, parse
from k8sedu.workload.resources import Resources

SMALL = Workload.of(
    [Machine(f"m{number}", Resources.of(cpu="64", gpu="8")) for number in range(4)],
    [Job(f"j{number:02}", "ann", Resources.of(cpu="2", gpu=gpu)) for number, gpu in enumerate(["500m", "1", "2", "300m", "8"] * 4)],
)


@pytest.mark.parametrize("load", [20, 50, 100, 150])
@pytest.mark.parametrize("seed", range(3))
def test_what_arrives_is_what_was_said(load: int, seed: int) -> None:
    """Never more than the load, and less by no more than the largest pod; the whole trace comes where there is room for it."""
    machines = Machines(SMALL.machines)
    kinds, kind_of = kinds_of(SMALL.jobs, machines)
    target = machines.gpu_milli * load // 100
    pods = stretched(kind_of, kinds, target=target, rng=Random(seed))
    arrived = int(kinds.gpu[pods].sum())
    assert target - 8000 < arrived <= target
    if int(kinds.gpu[kind_of].sum()) <= target:
        assert sorted(pods[: len(kind_of)].tolist()) == sorted(kind_of.tolist())


@pytest.mark.parametrize("policy", packing.POLICIES)
def test_the_seed_decides_everything(policy: str) -> None:
    """Twice the same curve, another seed another order; what is given away never shrinks and never exceeds what was asked for."""
    one = packing.run(SMALL, policy=policy, load=130, seed=1)
    assert one == packing.run(SMALL, policy=policy, load=130, seed=1)
    given = list(one.allocation.values())
    assert given == sorted(given)
    assert list(one.allocation) == list(range(10, 131, 10))
    assert given[-1] <= 100
    assert one.placed + sum(one.refused.values()) > 10


def test_runs_are_the_same_wherever_they_are_computed() -> None:
    """Two processes and this one give the same curves in the same order."""
    here = packing.trials(SMALL, policies=["bestfit", "random"], seeds=[3, 1], workers=1)
    assert here == packing.trials(SMALL, policies=["bestfit", "random"], seeds=[3, 1], workers=2)
    assert [(curve.policy, curve.seed) for curve in here] == [("bestfit", 3), ("bestfit", 1), ("random", 3), ("random", 1)]


def test_what_cannot_be_is_a_sentence() -> None:
    """No such policy, no load, no GPU."""
    with pytest.raises(PackingError, match=r"the policy is 'worst', expected one of random, .*fgd"):
        packing.trials(SMALL, policies=["worst"])
    with pytest.raises(PackingError, match="the load is 0 per cent"):
        packing.run(SMALL, load=0)
    with pytest.raises(PackingError, match="without GPUs"):
        Experiment(Workload.of([Machine("m", Resources.of(cpu="1"))], SMALL.jobs))


def test_published_curves_are_read_or_refused() -> None:
    """A file of another form is told by its name."""
    run = {"runs": 2, "gpu_allocation_ratio_pct": {"10": {"mean": 10, "sd": 0}}}
    text = json.dumps({"data": {packing.published.TRACE: {"06-FGD": run}}})
    assert parse(text)["fgd"].allocation == {10: 10.0}
    for wrong in ("[", "{}", '{"data": {}}'):
        with pytest.raises(PublishedError, match=r"p\.json: met"):
            parse(wrong, where="p.json")


@pytest.mark.conformance("traces/openb/published_allocation.json")
@pytest.mark.parametrize("policy", ["random", "bestfit"])
def test_published_means_are_met(conformance_path: Path, policy: str) -> None:
    """Two seeds of ours lie within a point of the mean of the published ten, all along the curve (`make nightly` takes ten, within 0.7)."""
    published = parse(conformance_path.read_text())[policy].allocation
    cell = readers.openb(*(conformance_path.with_name(f"openb_{name}.csv") for name in ("node_list_gpu_node", "pod_list_default")))
    means = packing.mean(packing.trials(cell.workload, policies=[policy], seeds=[42, 43], workers=1))[policy].allocation
    assert {x: abs(means[x] - published[x]) for x in published if abs(means[x] - published[x]) > 1} == {}


@pytest.mark.nightly
@pytest.mark.conformance("traces/openb/published_allocation.json")
@pytest.mark.parametrize("policy", packing.POLICIES)
def test_ten_seeds_meet_the_published_means(conformance_path: Path, policy: str) -> None:
    """Means over the seeds 42 to 51 at 100 and 130 % of the load; two of the six are a little further away than the others."""
    within = 1.0 if policy in {"gpupacking", "gpuclustering"} else 0.7
    published = parse(conformance_path.read_text())[policy].allocation
    cell = readers.openb(*(conformance_path.with_name(f"openb_{name}.csv") for name in ("node_list_gpu_node", "pod_list_default")))
    means = packing.mean(packing.trials(cell.workload, policies=[policy]))[policy].allocation
    assert {x: means[x] for x in (100, 130) if abs(means[x] - published[x]) > within} == {}

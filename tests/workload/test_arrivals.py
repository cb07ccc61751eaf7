"""Laws of made workloads: the seed decides everything, and the assumptions are kept."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.workload.arrivals import Mix, make


@pytest.mark.parametrize("seed", range(5))
def test_the_seed_decides_everything(seed: int) -> None:
    """The same generator gives the same machines and jobs, another one others."""
    assert make(Random(seed)) == make(Random(seed))
    assert make(Random(seed)) != make(Random(seed + 100))


@pytest.mark.parametrize("seed", range(3))
def test_the_mix_is_kept(seed: int) -> None:
    """Shares, bands and sizes are those that the mix names, within what chance allows."""
    workload = make(Random(seed), Mix(jobs=2_000, machines=50))
    services = [job for job in workload.jobs if job.duration_ms is None]
    assert len(services) / 2_000 == pytest.approx(0.3, abs=0.04)
    assert {job.priority for job in services} == {200}
    small = [job for job in workload.jobs if job.request.cpu_millicores < 100]
    assert len(small) / 2_000 == pytest.approx(0.2, abs=0.04)
    assert workload.jobs[-1].arrival_ms / 2_000 == pytest.approx(500, rel=0.1)
    assert {machine.attributes.zone for machine in workload.machines} == {"a", "b", "c"}

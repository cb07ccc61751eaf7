"""Laws of parts: what is kept stays as it was, and squeezed time keeps its order."""

from __future__ import annotations

from random import Random

import pytest

from k8sedu.workload.arrivals import make
from k8sedu.workload.cut import cut, squeeze
from k8sedu.workload.jobs import WorkloadError


@pytest.mark.parametrize("seed", range(3))
def test_a_part_is_the_first(seed: int) -> None:
    """Machines and jobs keep their order, and asking for more than there is keeps all."""
    whole = make(Random(seed))
    part = cut(whole, machines=4, jobs=7)
    assert (part.machines, part.jobs) == (whole.machines[:4], whole.jobs[:7])
    assert cut(whole, machines=99, jobs=999) == whole == cut(whole)
    with pytest.raises(WorkloadError, match="met 0 machines to keep"):
        cut(whole, machines=0)


@pytest.mark.parametrize("seed", range(3))
def test_squeezed_time_keeps_its_order_and_its_proportions(seed: int) -> None:
    """The last job arrives at the end of the span; services stay services, and nothing lasts no time at all."""
    whole = make(Random(seed))
    short = squeeze(whole, span_ms=1_000)
    assert short.jobs[-1].arrival_ms == 1_000
    assert [job.name for job in short.jobs] == [job.name for job in whole.jobs]
    for before, after in zip(whole.jobs, short.jobs, strict=True):
        assert after.arrival_ms == before.arrival_ms * 1_000 // whole.jobs[-1].arrival_ms
        assert (after.duration_ms is None) == (before.duration_ms is None)
        assert after.duration_ms is None or after.duration_ms >= 1
    with pytest.raises(WorkloadError, match="a span of 0 ms"):
        squeeze(whole, span_ms=0)

from __future__ import annotations

import pytest

from k8sedu.raft.sim.experiments.errors import ExperimentError, expect_trials


@pytest.mark.parametrize("trials", [0, -5])
def test_measuring_nothing_is_refused(trials: int) -> None:
    """An experiment has at least one trial."""
    with pytest.raises(ExperimentError, match=f"the number of trials is {trials}, expected at least 1"):
        expect_trials(trials)

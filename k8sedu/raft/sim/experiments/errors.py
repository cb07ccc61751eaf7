"""What an experiment cannot be asked."""

from __future__ import annotations

from k8sedu.errors import K8sEduError


class ExperimentError(K8sEduError, ValueError):
    """An experiment that cannot be run as asked."""


def expect_trials(trials: int) -> None:
    """Refuse to measure nothing.

    Raises:
        ExperimentError: fewer than one trial.
    """
    if trials < 1:
        raise ExperimentError(f"the number of trials is {trials}, expected at least 1.")

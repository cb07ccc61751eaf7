"""The published curves of this experiment, to lay beside one's own.

A JSON text `{"data": {trace: {"05-BestFit": {"runs": 10, "gpu_allocation_ratio_pct": {"10": {"mean": …, "sd": …}, …}}}}}`: means and
standard deviations over runs of one trace, one policy each.

Source: hkust-adsl/kubernetes-scheduler-simulator, experiments/analysis/expected_results (1,020 runs: six policies, 17 traces, ten seeds).
"""

from __future__ import annotations

import json
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.workload.packing.curve import Mean
from k8sedu.workload.packing.policies import POLICIES

TRACE = "openb_pod_list_default"


class PublishedError(K8sEduError, ValueError):
    """A text that does not hold published curves."""


def parse(text: str, *, trace: str = TRACE, where: str = "the published curves") -> dict[str, Mean]:
    """The published means of one trace, by our name of the policy; `where` is the file's name, for errors.

    >>> text = '{"data": {"t": {"05-BestFit": {"runs": 10, "gpu_allocation_ratio_pct": {"100": {"mean": 92.862, "sd": 0.137}}}}}}'
    >>> parse(text, trace="t")
    {'bestfit': Mean(policy='bestfit', runs=10, allocation={100: 92.862}, deviation={100: 0.137})}

    Raises:
        PublishedError: it is no JSON, or not of this form, or not about this trace.
    """
    try:
        told: Any = json.loads(text)
        traces: Any = told["data"]
        runs = traces[trace]
        found = {key.partition("-")[2].lower(): _mean(key.partition("-")[2].lower(), run) for key, run in runs.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        form = '{"data": {"' + trace + '": {"05-BestFit": {"gpu_allocation_ratio_pct": …}}}}'
        raise PublishedError(f"{where}: met {type(error).__name__} ({error}), expected JSON of the form {form}") from None
    return {policy: found[policy] for policy in POLICIES if policy in found}


def _mean(policy: str, run: Any) -> Mean:
    points = {int(percent): point for percent, point in run["gpu_allocation_ratio_pct"].items()}
    means = {percent: float(point["mean"]) for percent, point in points.items()}
    return Mean(policy, int(run["runs"]), means, {percent: float(point["sd"]) for percent, point in points.items()})

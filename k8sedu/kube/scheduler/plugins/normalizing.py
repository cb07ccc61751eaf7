"""Raw scores brought to 0…100, all by whole numbers.

Source: kubernetes 1.35, pkg/scheduler/framework/plugins/helper/normalize_score.go.
"""

from __future__ import annotations

import numpy as np

from k8sedu.kube.scheduler.statuses import MAX_SCORE, Ints


def scaled(scores: Ints, *, reverse: bool = False) -> Ints:
    """The highest becomes 100 and the others in proportion; reversed, the highest becomes 0.

    >>> scaled(np.array([1, 2, 3])).tolist(), scaled(np.array([0, 1, 3]), reverse=True).tolist()
    ([33, 66, 100], [100, 67, 0])
    >>> scaled(np.array([0, 0]), reverse=True).tolist()
    [100, 100]
    """
    most = int(scores.max(initial=0))
    if most == 0:
        return np.full_like(scores, MAX_SCORE) if reverse else scores
    share = scores * MAX_SCORE // most
    return MAX_SCORE - share if reverse else share


def stretched(scores: Ints) -> Ints:
    """The lowest becomes 0 and the highest 100; all alike become 0.

    >>> stretched(np.array([-5, 0, 5])).tolist(), stretched(np.array([7, 7])).tolist()
    ([0, 50, 100], [0, 0])
    """
    if not len(scores):
        return scores
    least, most = int(scores.min()), int(scores.max())
    if most == least:
        return np.zeros_like(scores)
    share = (scores - least).astype(np.float64) / float(most - least)
    return np.asarray(MAX_SCORE * share).astype(np.int64)

"""Judges for kube-scheduler: reasons and messages, plugins over columns, and manifests that the model schedules.

Read the files in this order:

1. `clusters` - nodes and pods as plain values; why a node is refused, what the event says, which zones a constraint leaves
2. `columns` - what a filter, a score and a normaliser answer; whom the scheduler takes with a student's score in its profile
3. `manifests` - repaired and written manifests, scheduled here and on clusters that nobody has seen
4. `scenes` - the clusters that are drawn for a student
"""

from __future__ import annotations

from k8sedu.course.homework.judges.scheduler.clusters import allowed, cluster, message, reasons
from k8sedu.course.homework.judges.scheduler.columns import USUAL, gpu_cell, normalized, passes, scores, takes
from k8sedu.course.homework.judges.scheduler.manifests import lands, runs, wishes_only
from k8sedu.course.homework.judges.scheduler.scenes import following, nodes_in, pending, spreading

__all__ = [
    "USUAL", "allowed", "cluster", "following", "gpu_cell", "lands", "message", "nodes_in", "normalized", "passes", "pending", "reasons",
    "runs", "scores", "spreading", "takes", "wishes_only",
]  # fmt: skip

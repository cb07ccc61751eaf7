"""Borg's own experiments, done again on a synthetic cell.

1. `packing`: cell compaction, a workload packed from scratch onto fewer and fewer machines
2. `variants`: scorers, segregation, smaller cells, rounded requests, in machines that are needed
3. `switches`: the ideas of section 3.4, in examinations

What they find comes as values of `k8sedu.borg.findings`.

    from k8sedu.borg.sim import experiments
    print(experiments.compaction_table(experiments.compaction(seed=7)))
"""

from k8sedu.borg.findings import Compaction, SwitchCount, as_json, compaction_table, switches_table
from k8sedu.borg.sim.experiments.packing import CompactionError, Policy, compact, pack
from k8sedu.borg.sim.experiments.switches import FULL, switches
from k8sedu.borg.sim.experiments.variants import TRIALS, bucketing, cells, compaction, segregation

__all__ = [
    "FULL", "TRIALS", "Compaction", "CompactionError", "Policy", "SwitchCount", "as_json", "bucketing", "cells", "compact", "compaction",
    "compaction_table", "pack", "segregation", "switches", "switches_table",
]  # fmt: skip

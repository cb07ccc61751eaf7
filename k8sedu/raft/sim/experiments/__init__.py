"""The measurements of the Raft paper and thesis, done again with our own servers.

1. `lan_benchmark`: Figure 16 of the paper, how the randomness of timeouts decides how long a crashed leader is missed
2. `wan_simulation`: the thesis' servers across a continent, with failures and with logs that differ
3. `split_model`: how often votes split, as a formula and counted
4. `elections`, `sampling`, `runner`, `results`: how thousands of elections are held, spread over processes, and written down

Times come as `k8sedu.raft.curves.Curve`, which the charts can draw beside the paper's own (`k8sedu.raft.paper_curves`).
"""

from k8sedu.raft.sim.experiments.errors import ExperimentError
from k8sedu.raft.sim.experiments.lan_benchmark import CONVERGING, LIVELOCK, Lan, fig16
from k8sedu.raft.sim.experiments.results import as_json, table
from k8sedu.raft.sim.experiments.split_model import SplitCount, SplitModel, split
from k8sedu.raft.sim.experiments.wan_simulation import wan

__all__ = [
    "CONVERGING", "LIVELOCK", "ExperimentError", "Lan", "SplitCount", "SplitModel", "as_json", "fig16", "split", "table", "wan",
]  # fmt: skip

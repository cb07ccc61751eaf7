"""What every simulation needs besides its system: a network, faults, seeds, a recorder.

Read in this order:

1. `seeds`: one stream of random numbers per actor, so that one more draw here changes nothing there
2. `faults`: what goes wrong and when, as values; `grammar` writes them as lines
3. `network`: what happens to a message on its way
4. `recorder`: how a run becomes a `Trace`
5. `scenario`: an experiment as a text file that tests, notebooks and slides share

Nothing here knows a system: the word "leader" means nothing to a network. And nothing here needs SimPy; the drivers of the systems,
which are `<system>/sim.py`, bring it.

    from k8sedu.sim import Network, crash, partition
"""

from __future__ import annotations

from k8sedu.sim.faults import (
    Fault,
    FaultError,
    align_timers,
    block,
    change,
    check_faults,
    clock_drift,
    crash,
    delay_message,
    drop,
    drop_next,
    duplication,
    heal,
    loss,
    partition,
    pause,
    reordering,
    request,
    restart,
    resume,
    set_timer,
    slow_disk,
    snapshot,
    spread_timers,
    timeout,
    transfer,
)
from k8sedu.sim.network import Delivery, Network, NetworkError, Wire, links_between
from k8sedu.sim.recorder import Recorder, RecorderError
from k8sedu.sim.scenario import Scenario, ScenarioError
from k8sedu.sim.seeds import derive, stream

__all__ = [
    "Delivery",
    "Fault",
    "FaultError",
    "Network",
    "NetworkError",
    "Recorder",
    "RecorderError",
    "Scenario",
    "ScenarioError",
    "Wire",
    "align_timers",
    "block",
    "change",
    "check_faults",
    "clock_drift",
    "crash",
    "delay_message",
    "derive",
    "drop",
    "drop_next",
    "duplication",
    "heal",
    "links_between",
    "loss",
    "partition",
    "pause",
    "reordering",
    "request",
    "restart",
    "resume",
    "set_timer",
    "slow_disk",
    "snapshot",
    "spread_timers",
    "stream",
    "timeout",
    "transfer",
]

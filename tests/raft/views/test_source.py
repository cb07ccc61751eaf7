from __future__ import annotations

import pytest

from k8sedu.raft.config import Config
from k8sedu.raft.rules import Rules
from k8sedu.raft.search import find_violation
from k8sedu.raft.sim import run_scenario, simulate
from k8sedu.raft.sim.clients import Clients
from k8sedu.raft.views.source import heartbeat_us, scenario_text
from k8sedu.sim.network import Network
from k8sedu.sim.scenario import parse
from k8sedu.trace import Trace


@pytest.mark.parametrize(
    "trace",
    [
        simulate(size=3, seed=9, duration_ms=300),
        simulate(
            size=4, seed=2, duration_ms=500, clients=Clients(2, keys=("x", "y")), disk_ms=(1, 3), spares=1, config=Config(pre_vote=True)
        ),
        simulate(size=5, seed=1, duration_ms=450.5, rules=Rules.without("no_op_on_election"), network=Network(delay_ms=3, loss=0.05)),
        simulate(
            size=3,
            seed=1,
            duration_ms=300,
            logs={"n1": (1, 1, 2), "n3": (1,)},
            faults=["at 20.5 timeout n1"],
            config=Config.etcd(),
            tick_us=20_000,
        ),
    ],
    ids=["plain", "clients, disk, spares", "network, rules", "logs, ticks"],
)
def test_the_text_is_the_run(trace: Trace) -> None:
    """A picture's scenario text, run again, gives the same digest."""
    assert run_scenario(parse(scenario_text(trace))).digest() == trace.digest()


def test_the_heartbeat_comes_from_the_config() -> None:
    """How long a leader's arc runs is read off the trace."""
    assert heartbeat_us(simulate(size=1, duration_ms=5)) == 75_000


def test_a_counterexample_shows_its_moves() -> None:
    """A run that the search found is told as the list of moves that lead to the broken promise."""
    trace = find_violation(Rules.without("majority_size"))
    assert trace is not None
    assert scenario_text(trace).splitlines() == list(trace.parameters.schedule)

from __future__ import annotations

import pytest

from k8sedu import etcd
from k8sedu.etcd.sim.parameters import Parameters
from k8sedu.etcd.views.source import USUAL, scenario_text
from k8sedu.sim.network import Network
from k8sedu.sim.scenario import parse
from k8sedu.trace import Trace

RUNS = {
    "plain": etcd.simulate(seed=3, duration_ms=1_500, frames=False),
    "busy": etcd.simulate(
        size=5, seed=4, duration_ms=1_500, clients=etcd.Clients(writers=2, guests=1, keys=("x",), prefix="/a", ttl_s=9),
        faults=["at 700 crash n1", 'at 800 request "put a 1" to c3'], network=Network(delay_ms=(1.0, 9.5), loss=0.05), disk_ms=(1, 2.5),
        snapshot_count=5, frames=False,
    ),
    "slow": etcd.simulate(duration_ms=1_500, network=Network(slow_links={("n1", "n2"): (30.0, 40.0)}), release="3.4.20", frames=False),
}  # fmt: skip


@pytest.mark.parametrize("name", RUNS)
def test_the_text_runs_again(name: str) -> None:
    """The scenario that a picture offers gives the very same run."""
    trace = RUNS[name]
    assert isinstance(trace, Trace)
    again = etcd.run_scenario(parse(scenario_text(trace), where=name), frames=False)
    assert again.digest() == trace.digest()


def test_what_is_unsaid_is_what_the_simulation_takes() -> None:
    """The table of usual settings is that of the simulation."""
    usual = Parameters()
    clients = {f"clients.{name}": value for name, value in usual.clients._asdict().items()}
    network = {name: getattr(usual.network, name) for name in ("delay_ms", "loss", "duplication", "reordering")}
    plain = {name: getattr(usual, name) for name in ("tick_us", "release", "min_ttl_s", "snapshot_count", "order", "page_records")}
    assert dict(USUAL) == {**plain, **network, **usual.config._asdict(), **clients}

from __future__ import annotations

import pytest

from k8sedu.kube.proxy.sim import ProxyRunError, run_scenario, scenario_of, simulate
from k8sedu.sim.scenario import parse


def test_round_trip() -> None:
    """The scenario of a trace, written and read again, gives the same trace."""
    trace = simulate(["at 500 delete web-2", "at 900 rollout"], mode="ipvs", seed=9, duration_ms=1_500, watch_delay_ms=(5, 20))
    again = run_scenario(parse(scenario_of(trace).format()))
    assert again.digest() == trace.digest()


@pytest.mark.parametrize(("text", "said"), [
    ("system raft\n", "the system 'raft', expected kube.proxy"), ("system kube.proxy\nsize 3\n", "the setting 'size'"),
    ("system kube.proxy\nat 900 crash n1\n", "met 'at 900 crash n1', expected a request"),
])  # fmt: skip
def test_foreign(text: str, said: str) -> None:
    """Another system's scenario, an unknown setting and a foreign fault are told."""
    with pytest.raises(ProxyRunError, match=said):
        run_scenario(parse(text))

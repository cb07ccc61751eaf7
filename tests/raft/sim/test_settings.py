"""Laws of scenarios: a run written down is the same run."""

from __future__ import annotations

from pathlib import Path

import pytest

from k8sedu import raft
from k8sedu.errors import K8sEduError
from k8sedu.raft.config import Config
from k8sedu.raft.sim import Clients
from k8sedu.sim.faults import crash, partition, request
from k8sedu.sim.network import Network

RUNS = {
    "plain": {},
    "faults": {"faults": [crash("n1", at_ms=100.5), partition("n2 | n3", at_ms=200, until_ms=300), request("x=4", at_ms=350)]},
    "network": {"network": Network(delay_ms=(1, 2.5), loss=0.1, duplication=0.1, reordering=False, slow_links={("n1", "n2"): (30, 40)})},
    "config": {"config": Config(election_ticks_min=20, election_ticks_max=40, heartbeat_ticks=5, pre_vote=True, check_quorum=True)},
    "etcd": {"config": Config.etcd(), "tick_us": 10_000},
    "clients": {"clients": Clients(2, retry_ms=33.5, keys=("x", "y"))},
    "past": {"logs": {"n1": [1, 1, 2], "n2": [1]}, "spares": 1, "disk_ms": (0.5, 2)},
    "rules": {"rules": raft.Rules.without("one_vote_per_term")},
}


@pytest.mark.parametrize("name", RUNS)
def test_a_scenario_gives_the_same_run(name: str, tmp_path: Path) -> None:
    """Any run, written as a scenario file and read back, happens again step for step."""
    trace = raft.simulate(size=3, seed=11, duration_ms=500, **RUNS[name])  # type: ignore[arg-type]
    file = tmp_path / "run.scenario"
    file.write_text(raft.scenario_of(trace).format(), encoding="utf-8")
    assert raft.run_scenario(file).digest() == trace.digest()


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("system raft\nsize 3\nduration_ms 500\n\n\n\nat 900 crush n1\n", r"line 7: .*crush"),
        ("system raft\nsize 3\nat 900 crash n9\n", r"names node 'n9', expected one of n1, n2, n3"),
        ("system etcd\nsize 3\n", r"for the system 'etcd', expected 'raft'"),
        ("system raft\ncolour blue\n", r"sets 'colour', expected one of size, seed"),
        ("system raft\nsize 0\n", r"size is 0, expected 1 to 99 servers"),
        ("system raft\nsize three\n", r"size is 'three', expected a whole number"),
        ("system raft\nwithout gravity\n", r"rule name 'gravity', expected one of vote_persistence"),
        ("system raft\nclients.count 2\nclients.mood happy\n", r"setting of the wrong kind"),
    ],
)
def test_a_wrong_scenario_is_told_in_one_sentence(text: str, sentence: str, tmp_path: Path) -> None:
    """What is wrong in a scenario file is named with what was expected, and with the line where there is one."""
    file = tmp_path / "wrong.scenario"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(K8sEduError, match=sentence) as caught:
        raft.run_scenario(file)
    assert "\n" not in str(caught.value)

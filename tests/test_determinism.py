"""The law that everything else leans on: same seed and inputs, same run, byte for byte.

Python gives strings another hash in every process, so a set or a hash that slips into a decision shows only across processes. Hence these
tests run the same script in processes with different `PYTHONHASHSEED`s and compare all that comes out.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HASH_SEEDS = ("0", "1", "4242")

RAFT = """
from k8sedu.sim.faults import crash, partition, request, restart
trace = k8sedu.raft.simulate(size=5, seed=7, duration_ms=3000, faults=[crash("n1", at_ms=900)])
others = [
    k8sedu.raft.simulate(size=4, seed=8, duration_ms=1500, clients=2, faults=[partition([["n1", "n2"]], at_ms=600, until_ms=900)]),
    k8sedu.raft.simulate(size=1, seed=9, duration_ms=500, faults=[request("x=4", at_ms=400)]),
]
"""

ETCD = """
faults = ["at 3000 crash n1", "at 4000 restart n1", "at 5000 partition n1 | n2 n3", "at 7000 heal"]
clients = k8sedu.etcd.Clients(writers=2, watchers=2, keepers=2, counters=1)
runs = [
    k8sedu.etcd.simulate(seed=7, duration_ms=10_000, snapshot_count=8, clients=clients, faults=faults),
    k8sedu.etcd.tell(["put a 1", "put b 2", "txn if mod a = 2 then put c 1 and delete b else get a", "compact 3"]),
]
"""

HOST_AND_OFFERS = """
swarm = k8sedu.swarm
web = swarm.Service("web", swarm.Spec("web:1", cpu_millicores=500, preferences=("node.labels.zone",)), replicas=5)
orders = [swarm.update("web", image="web:2", fails_after_ms=600, failure_action="rollback", at_ms=5_000), swarm.drain("n3", at_ms=9_000)]
always = [f"docker run -d --restart always --name {name} nginx" for name in "abcd"]
runs = [
    k8sedu.docker.simulate(always, seed=7, faults=["at 6000 crash host", "at 7000 restart host", "at 8000 crash b"]),
    k8sedu.docker.simulate(containers=30, seed=8, insist=True, every_ms=100),
    k8sedu.borg.simulate(seed=7, duration_ms=24_000, faults=["at 3000 crash m2", "at 6000 crash master", "at 9000 pause m4 until 20000"]),
    k8sedu.mesos.simulate(seed=7, duration_ms=15_000, faults=["at 4000 crash m2", "at 6000 crash master", "at 8000 restart m2"]),
    k8sedu.kube.apiserver.tell(["ann create web a=1", "ben list", "ben watch", "ann set web a=2", "compact", "ann delete web"], seed=7),
    k8sedu.kube.scheduler.simulate(seed=7, duration_ms=9_000, release="1.30", faults=["at 4000 crash m2", "at 6000 crash scheduler"]),
    *k8sedu.kube.proxy.compare_modes(["at 500 kill web-1", "at 700 start web-1"], seed=7, duration_ms=1_200, affinity_seconds=1).values(),
    k8sedu.swarm.simulate(seed=7, duration_ms=12_000, strategy="random", faults=["at 4000 crash m2", "at 6000 crash manager"]),
    k8sedu.swarm.simulate(seed=7, duration_ms=12_000, mode="swarm", faults=["at 4000 crash m2"]),
    k8sedu.swarm.simulate_services([web], seed=7, orders=orders, faults=["at 8000 crash manager-1"], duration_ms=40_000),
]
"""

FIGURES = """
from k8sedu.course.figures import figures
digests = {name: hashlib.sha256(draw().encode()).hexdigest() for name, draw in figures().items()}
"""


def answers(script: str, folder: Path) -> list[object]:
    """What a script prints, as JSON, in one process per hash seed."""
    printed = []
    for seed in HASH_SEEDS:
        environment = {**os.environ, "PYTHONHASHSEED": seed, "OUT": str(folder / f"{seed}.jsonl")}
        text = "import hashlib, json, os, k8sedu\n" + script
        done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=False, env=environment, timeout=300)
        assert done.returncode == 0, done.stderr
        printed.append(json.loads(done.stdout))
    return printed


def test_the_hash_seeds_make_a_difference(tmp_path: Path) -> None:
    """A script whose outcome does depend on string hashes is caught by this way of comparing."""
    first, *others = answers("print(json.dumps([*{'n1', 'n2', 'n3', 'n4', 'n5', 'n6', 'n7', 'n8'}]))", tmp_path)
    assert any(first != other for other in others)


def test_a_run_has_the_same_digest_in_every_process(tmp_path: Path) -> None:
    """Digests of runs with crashes, partitions, clients and loss of leaders do not depend on the process."""
    first, *others = answers(RAFT + "print(json.dumps([trace.digest(), *(other.digest() for other in others)]))", tmp_path)
    assert others == [first] * len(others)


def test_a_run_of_etcd_has_the_same_digest_in_every_process(tmp_path: Path) -> None:
    """Clusters with watches, leases and transactions, and stories of one store, are the same everywhere."""
    first, *others = answers(ETCD + "print(json.dumps([run.digest() for run in runs]))", tmp_path)
    assert others == [first] * len(others)


def test_a_run_of_one_host_and_of_mesos_has_the_same_digest_in_every_process(tmp_path: Path) -> None:
    """A host that falls and returns, a crowd that wants the same ports, offers and failures: the same everywhere."""
    first, *others = answers(HOST_AND_OFFERS + "print(json.dumps([run.digest() for run in runs]))", tmp_path)
    assert others == [first] * len(others)


def test_a_saved_run_has_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """The file of a run, frames included, is the same on every machine, so that it can be compared and cached."""
    answers(RAFT + "trace.save(os.environ['OUT']); print(len(trace))", tmp_path)
    first, *others = ((tmp_path / f"{seed}.jsonl").read_bytes() for seed in HASH_SEEDS)
    assert len(first) > 1_000
    assert others == [first] * len(others)


def test_frames_do_not_change_the_run(tmp_path: Path) -> None:
    """Looking does not disturb: without frames the same things happen at the same times."""
    script = "runs = [k8sedu.raft.simulate(seed=7, duration_ms=2000, frames=frames).digest() for frames in (True, False)]\n"
    for with_frames, without in answers(script + "print(json.dumps(runs))", tmp_path):
        assert with_frames == without


@pytest.mark.nightly
def test_figures_have_the_same_bytes_in_every_process(tmp_path: Path) -> None:
    """Each figure of the course is drawn alike by every process."""
    first, *others = answers(FIGURES + "print(json.dumps(digests))", tmp_path)
    assert first
    assert others == [first] * len(others)

"""Laws of whole runs of a cluster: they repeat themselves, keep what they promised, and can be told otherwise."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from k8sedu.etcd.sim import Clients, SimulationError, fork, rerun, run_scenario, scenario_of, simulate
from k8sedu.raft import checker
from k8sedu.raft.linearizability import Operation, is_linearizable
from k8sedu.sim import faults as wrong
from k8sedu.sim.faults import Fault, crash, request, restart, timeout
from k8sedu.sim.network import Network
from k8sedu.trace import Trace

SCENARIOS = sorted((Path(__file__).parents[3] / "k8sedu" / "etcd" / "scenarios").glob("*.scenario"))
BUSY = Clients(writers=2, watchers=2, keepers=1, counters=2)


def storm(seed: int) -> Trace:
    """A run in which much goes wrong."""
    dice = random.Random(seed)
    size = dice.choice([1, 3, 3, 5])
    names = [f"n{number}" for number in range(1, size + 1)]
    faults = [fault_of(dice, dice.choice(names)) for _ in range(dice.randrange(2, 14))]
    faults += [restart(name, at_ms=11_000) for name in names]
    faults.sort(key=lambda fault: fault.at_us)
    return simulate(
        size=size, seed=seed, duration_ms=15_000, clients=BUSY._replace(retries=dice.random() < 0.3),
        faults=faults,
        snapshot_count=dice.choice([0, 0, 7, 20]), network=Network(delay_ms=(0.2, dice.choice([2, 30]))), disk_ms=(0, dice.choice([0, 8])),
    )  # fmt: skip


def fault_of(dice: random.Random, name: str) -> Fault:
    """One thing that goes wrong at a random time."""
    at_ms = dice.randrange(500, 10_500)
    until_ms = at_ms + dice.randrange(100, 4_000)
    return dice.choice([
        crash(name, at_ms=at_ms), crash(name, at_ms=at_ms), restart(name, at_ms=at_ms), wrong.pause(name, at_ms=at_ms, until_ms=until_ms),
        wrong.partition([[name]], at_ms=at_ms, until_ms=until_ms), wrong.loss(0.1, at_ms=at_ms, until_ms=until_ms),
        wrong.duplication(0.3, at_ms=at_ms, until_ms=until_ms), wrong.snapshot(name, at_ms=at_ms), wrong.transfer(name, at_ms=at_ms),
        wrong.slow_disk(name, write_ms=200, at_ms=at_ms, until_ms=until_ms), wrong.clock_drift(name, ppm=200_000, at_ms=at_ms),
        request(f"compact {dice.randrange(1, 9)}", at_ms=at_ms), crash("c4", at_ms=at_ms), restart("c4", at_ms=at_ms),
    ])  # fmt: skip


def history_of(trace: Trace) -> list[Operation]:
    """The puts, deletes and gets of single keys, as clients saw them."""
    operations: dict[tuple[str, int], Operation] = {}
    for step in trace.where("client_request") + trace.where("client_reply"):
        verb, _, rest = step.detail["command"].partition(" ")
        name = (step.actor, step.detail.get("serial", -1))
        if verb not in ("put", "get", "delete") or not step.actor.startswith("c"):
            continue
        if step.kind == "client_request":
            key, value = [*rest.split(), ""][:2]
            operations.setdefault(name, Operation(step.actor, key, "?" if verb == "get" else "=", value, step.index))
        elif step.detail["ok"]:
            answer = step.detail["answer"] if verb == "get" else operations[name].value
            operations[name] = operations[name]._replace(answered=step.index, answer=answer)
        else:
            operations.pop(name)
    return list(operations.values())


@pytest.mark.parametrize("seed", range(12))
def test_a_storm_breaks_no_promise(seed: int) -> None:
    """Whatever crashes, every invariant of Raft and of etcd holds, and members that are level hold the same data."""
    trace = storm(seed)
    assert trace.where("violation") == ()
    assert checker.check(trace) == []
    hashes = defaultdict(set)
    for frame in (step.frame for step in trace if step.frame):
        for member in frame.nodes.values():
            hashes[member.consistent_index].add((member.revision, member.hash))
    assert all(len(found) == 1 for found in hashes.values())


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_answers_are_linearizable(seed: int) -> None:
    """Puts, deletes and linearizable gets look as if each had happened at one moment, across crashes of leaders."""
    faults = [crash("n1", at_ms=3_000), restart("n1", at_ms=5_000), crash("n2", at_ms=6_000), restart("n2", at_ms=7_500)]
    trace = simulate(seed=seed, duration_ms=11_000, clients=Clients(writers=4, txns_ratio=0), faults=faults)
    history = history_of(trace)
    assert sum(operation.answered is not None for operation in history) > 30
    assert is_linearizable(history)


@pytest.mark.parametrize("seed", range(6))
def test_a_later_write_has_a_higher_revision(seed: int) -> None:
    """A write that was asked after another was acknowledged gets the higher revision, whatever the terms."""
    done = 0
    began: dict[tuple[str, int], int] = {}
    for step in storm(seed):
        name = (step.actor, step.detail.get("serial", -1))
        if step.kind == "client_request":
            began.setdefault(name, done)
        elif step.kind == "client_reply" and step.detail["ok"] and step.detail["command"].startswith("put"):
            assert step.detail["revision"] > began[name]
            done = max(done, step.detail["revision"])


def test_a_run_repeats_itself() -> None:
    """Same seed, same digest; another seed, another run; without frames the same things happen."""
    first, again, other = (simulate(seed=seed, duration_ms=5_000, clients=BUSY) for seed in (1, 1, 2))
    assert first.digest() == again.digest() != other.digest()
    assert simulate(seed=1, duration_ms=5_000, clients=BUSY, frames=False).digest() == first.digest()


def test_a_run_has_the_same_digest_in_every_process() -> None:
    """The hash seed of Python decides nothing."""
    script = (
        "from k8sedu.etcd.sim import simulate, Clients; print(simulate(seed=7, duration_ms=6000, snapshot_count=9,"
        " clients=Clients(writers=2, watchers=1, keepers=1, counters=1), faults=['at 3000 crash n1', 'at 4000 restart n1']).digest())"
    )
    digests = {
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env={"PYTHONHASHSEED": seed}).stdout
        for seed in ("0", "1", "4242")
    }
    assert len(digests) == 1


def test_a_fork_keeps_the_past() -> None:
    """Up to the time of the fork nothing is different; a run is re-lived with other parameters, and written as a scenario."""
    trace = simulate(seed=7, duration_ms=5_000, clients=BUSY)
    other = fork(trace, trace.at_ms(3_000), [crash("n1", at_ms=3_100)])
    assert trace.fork_point(other) > trace.at_ms(3_000).index
    assert rerun(trace).digest() == run_scenario(scenario_of(trace)).digest() == trace.digest()
    with pytest.raises(SimulationError, match="before the fork"):
        fork(trace, trace.at_ms(3_000), [crash("n1", at_ms=100)])


def test_a_trace_survives_its_file(tmp_path: Path) -> None:
    """What a trace says can be saved and loaded, frames included, and the run done again from it."""
    trace = simulate(seed=3, duration_ms=3_000, clients=BUSY, faults=[timeout("n1", at_ms=200)])
    trace.save(tmp_path / "run.trace")
    loaded = Trace.load(tmp_path / "run.trace")
    assert loaded == trace
    assert rerun(loaded).digest() == trace.digest()


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_every_scenario_runs_to_its_end(path: Path) -> None:
    """No ready scenario breaks an invariant, and all members end level."""
    trace = run_scenario(path)
    assert trace[-1].kind == "end"
    frame = trace[-1].frame
    assert frame is not None
    assert len({(member.revision, member.hash) for member in frame.nodes.values()}) == 1
    assert run_scenario(scenario_of(trace)).digest() == trace.digest()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"size": 0}, "size is 0"), ({"duration_ms": 0}, "duration_ms is 0"), ({"snapshot_count": -1}, "snapshot_count is -1"),
        ({"faults": ["at 5 crash n9"]}, "names node 'n9'"), ({"faults": ["at 5 request put"]}, "expected 'put KEY VALUE"),
        ({"faults": ['at 5 request "get a"']}, "without a client"), ({"faults": ["at 5 change n1 n2"]}, "expected another fault"),
        ({"clients": Clients(guests=1), "faults": ["at 5 pause c1"]}, "names the client 'c1'"), ({"clients": Clients(ttl_s=0)}, "ttl_s"),
        ({"release": "new"}, "met the release"),
    ],
)  # fmt: skip
def test_wrong_parameters_are_refused_in_a_sentence(arguments: dict[str, object], sentence: str) -> None:
    """Nobody gets a run that was not asked for."""
    with pytest.raises(ValueError, match=sentence):
        simulate(**arguments)  # type: ignore[arg-type]  # wrong on purpose

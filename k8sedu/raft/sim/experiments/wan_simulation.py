"""The thesis' wide-area simulation: five servers across a continent, none, one or two of them down.

Every message takes 30 to 40 ms, timeouts are 300 to 600 ms, and nothing else takes time. With 10,000 elections per curve the averages of
the thesis come out again; there is nothing to fit.

The surprising part is what counts as *the* election. A server that is winning may be disturbed by another whose timer ran out before it
heard of the election: that one enters a higher term and brings the new leader down. The thesis records when the first leader that *stays*
took office, not the first leader; with different logs the average would come out 3.6 % too small otherwise. AvailSim waits 16 heartbeats
to see who stays. We stop as soon as it is certain: once every server that is up follows the same leader in the same term, heartbeats arrive
more often than the shortest timeout, so nobody will ever stand again. `heartbeats=16` waits like the original, with the same result.

The first timeouts are not merely random but spread evenly over all trials (see `sampling`). Otherwise the averages of 10,000 elections
would still differ by 1 % from seed to seed. With many trials five of our six averages are within 0.4 % of the thesis; that of two failures
and equal logs is 1.7 % smaller, and stays so.

Source: thesis §9.4 and §9.5 (leaderelection/real.tex, logsdiff.tex); ongardie/availsim raft.rs and sim.rs (stable_leader_start_time).
Left out: acknowledgements, which only a leader with something to replicate would need, unless they bring news of a higher term.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random

from k8sedu.raft.config import Config
from k8sedu.raft.curves import Curve
from k8sedu.raft.messages import Message
from k8sedu.raft.node import Node
from k8sedu.raft.sim.experiments.elections import Group, curves_of, names, server
from k8sedu.raft.sim.experiments.errors import ExperimentError, expect_trials
from k8sedu.raft.sim.experiments.runner import Block, Executor, measure
from k8sedu.raft.sim.experiments.sampling import EvenStart, even_points
from k8sedu.sim.seeds import derive, stream

SIZE = 5
DELAY_US = (30_000, 40_000)
WAN_CONFIG = Config(election_ticks_min=300_000, election_ticks_max=600_000, heartbeat_ticks=150_000)
LOGS = ("same", "diff")
EVEN_TIMEOUTS = 2
"""The first timeouts of each server that are spread evenly over the trials: those of the first election and of the one after it."""


def wan(
    failed: Sequence[int] = (0, 1, 2),
    logs: Sequence[str] = LOGS,
    *,
    trials: int = 10_000,
    seed: int = 0,
    heartbeats: int = 0,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> dict[str, Curve]:
    """Measure when the first lasting leader takes office, counted from the moment at which all timers start.

    The curves are named `0_failed_same`, `1_failed_diff` and so on. With `diff` all five logs differ in length, in random order, so
    that with two servers down exactly one of the three others can win. `heartbeats` waits for so many heartbeats of a leader before
    believing that it stays; 0 stops as soon as it is certain. For `executor`, `workers` and `progress` see `fig16`.

    >>> curve = wan([0], ["same"], trials=50, seed=7)["0_failed_same"]
    >>> 390 < curve.median_ms < 430
    True

    Raises:
        ExperimentError: failures that leave no majority, a word other than same or diff, or a number of trials below 1.
    """
    expect_trials(trials)
    for count in failed:
        if not 0 <= count <= SIZE // 2:
            raise ExperimentError(f"{count} of {SIZE} servers are to fail, expected 0 to {SIZE // 2}: a majority must be up.")
    for word in logs:
        if word not in LOGS:
            raise ExperimentError(f"the logs are {word!r}, expected 'same' or 'diff'.")
    jobs = {f"{count}_failed_{word}": (count, word, heartbeats) for word in logs for count in failed}
    return curves_of(measure(run_block, jobs, trials=trials, seed=seed, executor=executor, workers=workers, progress=progress))


def run_block(block: Block, job: tuple[int, str, int], *, seed: int) -> list[float]:
    """Some trials of one curve: times in ms."""
    failed, logs, heartbeats = job
    timers = {name: EvenStart(derive(seed, "wan", block.name, block.number, name)) for name in names(SIZE)[failed:]}
    luck = {actor: stream(seed, "wan", block.name, block.number, actor) for actor in ("network", "logs")}
    shifts = stream(seed, "wan", block.name, "shifts")
    times_ms = []
    for point in even_points(EVEN_TIMEOUTS * len(timers), shifts, start=block.first_trial, count=block.trials):
        for number, timer in enumerate(timers.values()):
            timer.begin(point[number :: len(timers)])
        times_ms.append(_trial_us(logs, heartbeats, timers, luck) / 1000)
    return times_ms


def _trial_us(logs: str, heartbeats: int, timers: Mapping[str, Random], luck: dict[str, Random]) -> int:
    """When the leader that stays took office."""
    group = _start(logs, timers, luck)
    elected_us = 0
    beats: dict[str, int] = {}
    while True:
        node, ready = group.advance()
        for event in ready.events:
            if event.kind == "become_leader":
                elected_us, beats[node.id] = group.now_us, 0
            elif event.kind == "heartbeat_timeout":
                beats[node.id] += 1
        if node.leader is not None and _is_followed_by_all(group, node) and beats[node.leader] >= heartbeats:
            return elected_us


def _start(logs: str, timers: Mapping[str, Random], luck: dict[str, Random]) -> Group:
    voters = names(SIZE)
    lengths = dict(zip(voters, luck["logs"].sample(range(SIZE), SIZE) if logs == "diff" else [0] * SIZE, strict=True))
    nodes = {name: server(name, voters, WAN_CONFIG, timer, log_length=lengths[name], term=1) for name, timer in timers.items()}
    network = luck["network"]
    low_us, high_us = DELAY_US

    def delay_us(message: Message) -> int | None:
        if message.kind.startswith(("append_entries_r", "heartbeat_r")) and nodes[message.receiver].term >= message.term:
            return None
        return low_us + int(network.random() * (high_us - low_us))

    return Group(nodes, delay_us=delay_us)


def _is_followed_by_all(group: Group, node: Node) -> bool:
    return all(other.leader == node.leader and other.term == node.term for other in group.nodes.values())

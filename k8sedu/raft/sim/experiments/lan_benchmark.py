"""Figure 16 of the Raft paper: how the choice of election timeouts decides how long a crashed leader is missed.

Five servers, the leader crashes. The benchmark makes it hard: a heartbeat reaches all followers at the same moment just before, so that
their timers start together, and two of the four survivors cannot win because their logs are too short. Measured is the time from the crash
until the other servers have heard of the new leader. Little randomness means split votes, one step in the curve each; none at all means
that all candidates stand at the same instant for ever: each votes for itself, all time out together, and so on. In the real benchmark the
operating system's jitter ended that after half a minute; in this ideal world nothing does, and a trial is given up after `limit_ms`.

The paper tells only that a broadcast took "roughly 15 ms". The delays in `Lan` were fitted once, to all curves together: they are an
assumption, the timers and rules are not.

Source: raft.pdf §9.3 and Figure 16; thesis §9.4 (leaderelection/real.tex); curves read off the thesis' vector figures (CC-BY).
Left out: CPU time, and the time a candidate takes to write its own vote (it overlaps with the requests).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random
from typing import NamedTuple

from k8sedu.raft.config import Config
from k8sedu.raft.curves import Curve
from k8sedu.raft.messages import Message
from k8sedu.raft.node import Node
from k8sedu.raft.sim.experiments.elections import Group, curves_of, names, server
from k8sedu.raft.sim.experiments.errors import ExperimentError, expect_trials
from k8sedu.raft.sim.experiments.runner import Block, Executor, measure
from k8sedu.sim.seeds import stream

CONVERGING = ("150-151", "150-155", "150-175", "150-200", "150-300", "12-24", "25-50", "50-100", "100-200")
"""The nine curves of Figure 16 that end: more and more randomness, then shorter and shorter timeouts."""
LIVELOCK = "150-150"
"""The tenth: no randomness."""
TIMEOUTS_MAX = 400
"""A trial is given up after so many election timeouts in a row without a leader."""
LIVELOCK_LIMIT_MS = 10_000
"""Without randomness waiting longer shows nothing new; the paper says: consistently more than ten seconds."""


class Lan(NamedTuple):
    """The network and the disks of the benchmark; the numbers are fitted, see above."""

    size: int = 5
    """All servers, the crashed leader among them."""
    delay_us: tuple[int, int] = (500, 6_000)
    """How long a message travels, one way."""
    persist_us: tuple[int, int] = (0, 2_000)
    """How long a server needs to write its vote before it may answer."""


def fig16(
    curves: Sequence[str] = CONVERGING,
    *,
    trials: int = 1_000,
    seed: int = 0,
    lan: Lan = Lan(),
    limit_ms: float | None = None,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> dict[str, Curve]:
    """Measure election times for each range of timeouts, named `low-high` in milliseconds.

    A trial is given up after `limit_ms`; by default after 400 timeouts, or 10 s where there is no randomness.

    The work is done by `executor`, which is anything with `submit`, such as a concurrent.futures pool or a Dask client; without one by this
    process, or for big jobs by one process per CPU, at most `workers`. The result does not depend on that: every 50 trials of a curve draw
    from streams of their own. `progress` shows a bar; by default where somebody is looking, on a terminal or in a notebook.

    >>> curve = fig16(["12-24"], trials=100, seed=7)["12-24"]
    >>> curve.trials, 24 < curve.median_ms < 37
    (100, True)

    Raises:
        ExperimentError: a name that is no range, or a number of trials below 1.
    """
    expect_trials(trials)
    if lan.size < 2:
        raise ExperimentError(f"the group has {lan.size} servers, expected at least 2: its leader crashes.")
    ranges = {name: parse_range(name) for name in curves}
    jobs = {name: (low_us, high_us, lan, _limit_us(low_us, high_us, limit_ms)) for name, (low_us, high_us) in ranges.items()}
    return curves_of(measure(run_block, jobs, trials=trials, seed=seed, executor=executor, workers=workers, progress=progress))


def parse_range(name: str) -> tuple[int, int]:
    """The shortest and the longest election timeout of a curve, in microseconds.

    >>> parse_range("12-24")
    (12000, 24000)
    >>> parse_range("24-12")
    Traceback (most recent call last):
        ...
    k8sedu.raft.sim.experiments.errors.ExperimentError: the curve is '24-12', expected LOW-HIGH in milliseconds with 0 < LOW <= HIGH, ...
    """
    parts = name.split("-")
    try:
        low_us, high_us = (round(float(part) * 1000) for part in parts)
    except (ValueError, OverflowError):
        low_us, high_us = 0, -1
    if not 2 <= low_us <= high_us:
        raise ExperimentError(f"the curve is {name!r}, expected LOW-HIGH in milliseconds with 0 < LOW <= HIGH, such as 150-300.")
    return low_us, high_us


def run_block(block: Block, job: tuple[int, int, Lan, int], *, seed: int) -> list[float | None]:
    """Some trials of one curve: times in ms, None for a trial that was given up."""
    low_us, high_us, lan, limit_us = job
    config = Config(election_ticks_min=low_us, election_ticks_max=high_us, heartbeat_ticks=low_us // 2)
    luck = {actor: stream(seed, "fig16", block.name, block.number, actor) for actor in (*names(lan.size), "network", "disk", "crash")}
    times_us = [_trial_us(config, lan, luck, limit_us) for _ in range(block.trials)]
    return [None if time_us is None else time_us / 1000 for time_us in times_us]


def _trial_us(config: Config, lan: Lan, luck: dict[str, Random], limit_us: int) -> int | None:
    """From the crash until the last of the other servers hears of the new leader."""
    voters = names(lan.size)
    nodes: dict[str, Node] = {
        name: server(name, voters, config, luck[name], log_length=rank, term=1) for rank, name in enumerate(voters[1:], start=1)
    }
    network, disk = luck["network"], luck["disk"]

    def delay_us(message: Message) -> int:
        is_grant = message.kind == "request_vote_reply" and not message.reject
        return _between(network, lan.delay_us) + (_between(disk, lan.persist_us) if is_grant else 0)

    crash_us = int(luck["crash"].random() * config.heartbeat_ticks)
    group = Group(nodes, delay_us=delay_us)
    while group.now_us < limit_us:
        node, ready = group.advance()
        if node.role == "leader":
            news_us = [delay_us(message) for message in ready.messages if message.receiver in nodes]
            return group.now_us + max(news_us, default=0) - crash_us
    return None


def _between(generator: Random, limits: tuple[int, int]) -> int:
    low, high = limits
    return low + int(generator.random() * (high - low))


def _limit_us(low_us: int, high_us: int, limit_ms: float | None) -> int:
    if limit_ms is not None:
        if not 0 < limit_ms < math.inf:
            raise ExperimentError(f"a trial is to be given up after {limit_ms:g} ms, expected a time of more than 0 ms.")
        return round(limit_ms * 1000)
    return LIVELOCK_LIMIT_MS * 1000 if low_us == high_us else TIMEOUTS_MAX * high_us

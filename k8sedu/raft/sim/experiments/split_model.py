"""How often votes split, as a formula and counted.

Of `n` servers `s` are up, and one election timeout after the last heartbeat their timers run out at random moments of a range. Take the
length of that range as the unit of time. Whoever times out first gets the votes of all whose timer runs out more than `l` later, where `l`
is the time a message travels; the others vote for themselves. The vote is split if too few are left for a majority, and that is a question
about sorted random numbers only, so it has an answer in closed form.

Counted means: real servers hold the election and the votes cast in the first term are added up. Then they go on until there is a leader,
which gives the distribution of which the formulas know the mean, roughly: they take every term for a fresh start. The time that a message
travels may also vary there, for which there is no formula: a later request may overtake an earlier one.

Source: thesis §9.1-§9.3 (leaderelection/nosplit.tex, splitrate.tex, splittotal.tex).
Left out: logs that differ.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, NamedTuple

from k8sedu.raft.config import Config
from k8sedu.raft.curves import Curve
from k8sedu.raft.node import Node
from k8sedu.raft.quorum import majority
from k8sedu.raft.sim.experiments.elections import Group, curves_of, names, server
from k8sedu.raft.sim.experiments.errors import ExperimentError, expect_trials
from k8sedu.raft.sim.experiments.runner import Block, Executor, measure
from k8sedu.sim.seeds import stream

UNIT_TICKS = 1_000_000
"""The range of the timeouts, from one such unit to two."""
UNITS_MAX = 60
"""An election is given up after so long; with messages slower than timeouts there is never a leader."""


class SplitModel(NamedTuple):
    """The thesis' formulas; all times in units of the timeout range.

    >>> model = SplitModel(size=5, available=4, latency=0.1)
    >>> f"{model.split_probability:.2%}", f"{model.first_timeout_by(0.25):.2f}", model.first_timeout_mean
    ('5.23%', '0.68', 0.2)
    """

    size: int = 5
    available: int = 4
    latency: float = 0.1
    disk: float = 0.0
    """Mean time to write a vote to disk."""

    def checked(self) -> SplitModel:
        """The same model, or an error that says what is wrong.

        Raises:
            ExperimentError: no majority is up, or a latency beyond the timeout range.
        """
        if self.size < 1:
            raise ExperimentError(f"the group has {self.size} servers, expected at least 1.")
        least = majority(self.size)
        if not least <= self.available <= self.size:
            raise ExperimentError(f"{self.available} of {self.size} servers are up, expected {least} to {self.size}: a majority.")
        if not 0 < self.latency <= 1:
            raise ExperimentError(f"the latency is {self.latency:g} of the timeout range, expected more than 0 and at most 1.")
        if not 0 <= self.disk < math.inf:
            raise ExperimentError(f"the disk takes {self.disk:g} of the timeout range, expected 0 or more.")
        return self

    @property
    def candidates(self) -> int:
        """How many servers must time out within the latency of the first for the vote to split (c in the thesis)."""
        return self.available - self.size // 2 + 1

    @property
    def split_probability(self) -> float:
        """The share of terms that end without a leader: at least c-1 of s timers lie within the latency, as in a binomial distribution."""
        if self.candidates > self.available:
            return 0.0  # a group of one: nobody to compete with
        return math.fsum(self._exactly(count) for count in range(self.candidates - 1, self.available + 1))

    def _exactly(self, count: int) -> float:
        return math.comb(self.available, count) * self.latency**count * (1 - self.latency) ** (self.available - count)

    def first_timeout_by(self, time: float) -> float:
        """The probability that the first timer has run out so long after the range began."""
        return 1 - (1 - min(max(time, 0), 1)) ** self.available

    @property
    def first_timeout_mean(self) -> float:
        """When the first of s timers runs out on average."""
        return 1 / (self.available + 1)

    @property
    def terms_mean(self) -> float:
        """How many terms it takes on average to find a leader: they succeed independently of each other."""
        return 1 / (1 - self.split_probability) if self.split_probability < 1 else math.inf

    @property
    def election_mean_without_split(self) -> float:
        """From the crash to a leader if the first term succeeds; a crash comes half a heartbeat (1/4) after the last one on average."""
        return 1 + self.first_timeout_mean + 2 * self.latency + self.disk - 1 / 4

    @property
    def election_mean(self) -> float:
        """From the crash to a leader, split votes included."""
        return self.terms_mean * (1 + self.first_timeout_mean + self.latency) + self.latency + self.disk - 1 / 4


class SplitCount(NamedTuple):
    """A model, and what real servers did: how many of their first terms ended in a split vote, and when they had a leader."""

    model: SplitModel
    splits: int
    elections: Curve
    """Times from the crash to a leader, in units of the timeout range (and not in ms)."""

    @property
    def trials(self) -> int:
        """How many elections were held."""
        return self.elections.trials

    @property
    def rate(self) -> float:
        """The share of first terms that ended without a majority for anybody."""
        return self.splits / self.trials

    @property
    def standard_error(self) -> float:
        """By how much luck typically moves the rate."""
        return math.sqrt(max(self.rate * (1 - self.rate), 1 / self.trials) / self.trials)

    def as_json(self) -> dict[str, Any]:
        """What `k8sedu raft experiment split --json` writes; an endless mean is null."""
        model = self.model
        means = {"terms_mean": model.terms_mean, "election_mean": model.election_mean}
        return {
            "n": model.size,
            "s": model.available,
            "l": model.latency,
            "c": model.candidates,
            "split_probability": model.split_probability,
            "first_timeout_mean": model.first_timeout_mean,
            "election_mean_without_split": model.election_mean_without_split,
            **{name: value if math.isfinite(value) else None for name, value in means.items()},
            "curves": {
                self.elections.name: self.elections.as_json() | {"split_rate": self.rate, "split_rate_error": self.standard_error},
            },
        }


def split(
    size: int = 5,
    available: int = 4,
    latency: float = 0.1,
    *,
    latency_max: float | None = None,
    trials: int = 10_000,
    seed: int = 0,
    executor: Executor | None = None,
    workers: int | None = None,
    progress: bool | None = None,
) -> SplitCount:
    """Compute how often votes split, and count it.

    With `latency_max` each message of the counted elections takes between `latency` and that; the formulas know only `latency`. For
    `executor`, `workers` and `progress` see `fig16`.

    >>> result = split(5, 3, 0.2, trials=500, seed=7)
    >>> round(result.model.split_probability, 3), abs(result.rate - 0.488) < 0.1
    (0.488, True)

    Raises:
        ExperimentError: no majority is up, a latency that is not in (0, 1], or a number of trials below 1.
    """
    expect_trials(trials)
    model = SplitModel(size, available, latency).checked()
    if latency_max is not None and not latency <= latency_max <= 1:
        raise ExperimentError(f"the largest latency is {latency_max:g}, expected {latency:g} to 1.")
    job = (size, available, latency, latency if latency_max is None else latency_max)
    name = f"{size}-{available}-{latency:g}"
    found = measure(run_block, {name: job}, trials=trials, seed=seed, executor=executor, workers=workers, progress=progress)
    (elections,) = found.values()
    splits = sum(is_split for is_split, _ in elections)
    return SplitCount(model, splits, curves_of({name: [time for _, time in elections] for name in found})[name])


def run_block(block: Block, job: tuple[int, int, float, float], *, seed: int) -> list[tuple[bool, float | None]]:
    """Some elections: was the vote of the first term split, and when was there a leader?"""
    size, available, latency, latency_max = job
    luck = {name: stream(seed, "split", block.number, name) for name in (*names(available), "network", "crash")}
    config = Config(election_ticks_min=UNIT_TICKS, election_ticks_max=2 * UNIT_TICKS, heartbeat_ticks=UNIT_TICKS // 2)
    low_us, high_us = round(latency * UNIT_TICKS), round(latency_max * UNIT_TICKS)
    results = []
    for _ in range(block.trials):
        nodes = {name: server(name, names(size), config, luck[name]) for name in names(available)}
        group = Group(nodes, delay_us=lambda _: low_us + int(luck["network"].random() * (high_us - low_us)))
        is_split = _is_split(group, needed=majority(size))
        leader_ticks = _leader_ticks(group)
        crash_ticks = luck["crash"].random() * config.heartbeat_ticks
        results.append((is_split, None if leader_ticks is None else (leader_ticks - crash_ticks) / UNIT_TICKS))
    return results


def _is_split(group: Group, *, needed: int) -> bool:
    """Let everybody vote once: within the latency of the first timeout they all do, for themselves or for another."""
    nodes: list[Node] = list(group.nodes.values())
    while any(node.voted_for is None for node in nodes):
        group.advance()
    votes = Counter(node.voted_for for node in nodes)
    return max(votes.values()) < needed


def _leader_ticks(group: Group) -> int | None:
    """When there is a leader, however many terms it takes."""
    while not any(node.role == "leader" for node in group.nodes.values()):
        if group.now_us > UNITS_MAX * UNIT_TICKS:
            return None
        group.advance()
    return group.now_us

"""What polling costs, counted: messages and lines that the link shards and the master have to read, for any number of shards.

An experiment with real borglets and real link shards and without time: in every round each borglet is asked once, between rounds some
tasks end and others begin. What is *counted* is exact. How long a round must last at least is a small model on top of the counts: reading
a message costs `MESSAGE_US`, each of its lines `LINE_US` more; a shard reads one message at a time, and shards and master work side by
side. So a round lasts as long as the busiest of them works.

It answers the open question of the notes, why many borglets are split. With one shard everything passes through one process. With k of
them each reads a k-th, and rounds can be k times as frequent, until the master, whose work is the *changes* and does not depend on k, is
the busiest. That the master has so little to read is due to the differences, not to the number of shards; `differences=False` shows it.

Source: Verma et al., EuroSys 2015, sections 3.3 and 3.4 (95 % of all polls come back within 10 s). The two costs and the share of tasks
that change are ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from random import Random
from typing import Any, NamedTuple

from k8sedu.borg.borglet import Borglet
from k8sedu.borg.link_shards import LinkShard, share_out
from k8sedu.errors import K8sEduError

MESSAGE_US = 200
LINE_US = 20


class PollingError(K8sEduError, ValueError):
    """An experiment without machines, rounds or sense."""


class Load(NamedTuple):
    """What one round of polls costs on average once the first round is over. Lines are those of reports and differences."""

    shards: int
    """0: the master asks every borglet itself."""
    machines: int
    polls: float
    """Questions to borglets; as many reports come back."""
    report_lines: float
    """Lines of all reports together."""
    shard_lines: float
    """Lines that the busiest shard reads."""
    master_messages: float
    master_lines: float
    shard_ms: float
    """How long the busiest shard works on a round."""
    master_ms: float
    first_ms: float
    """How long the first round after an election takes: every report is passed on whole."""

    @property
    def round_ms(self) -> float:
        """The shortest time in which all borglets can be asked."""
        return max(self.shard_ms, self.master_ms)

    @property
    def reports_per_s(self) -> float:
        """Throughput: borglets heard in a second, when rounds follow each other as fast as they can."""
        return 1_000 * self.machines / self.round_ms

    @property
    def busiest(self) -> str:
        """Who sets the pace: "link shards" or "master"."""
        return "link shards" if self.shard_ms > self.master_ms else "master"


class _Count(NamedTuple):
    """Messages and lines read in one round: by each shard, and by the master."""

    shards: tuple[tuple[int, int], ...]
    master: tuple[int, int]


def load(
    *, shards: int = 5, machines: int = 2_000, tasks_per_machine: int = 20, rounds: int = 4, change_share: float = 0.002, seed: int = 0,
    differences: bool = True,
) -> Load:  # fmt: skip
    """Count some rounds of polls.

    >>> [load(shards=shards, machines=200).busiest for shards in (1, 5, 20, 200)]
    ['link shards', 'link shards', 'link shards', 'master']

    Args:
        shards: link shards; 0 lets the master ask the borglets itself.
        machines: each with a borglet.
        tasks_per_machine: at all times.
        rounds: counted ones; one more comes before, in which nobody knows anything.
        change_share: the part of all tasks that ends between two rounds; as many others begin.
        seed: which tasks these are.
        differences: whether shards pass on only what is new.

    Raises:
        PollingError: no machine, fewer than one round, or a share that is none.
    """
    if machines < 1 or rounds < 1 or tasks_per_machine < 0 or shards < 0 or not 0 <= change_share <= 1:
        raise PollingError(f"met {machines} machines, {rounds} rounds and the share {change_share}, expected at least 1, 1, and 0 to 1")
    fleet = _fleet(machines, tasks_per_machine)
    parts = _parts(shards, list(fleet))
    first, *rest = _rounds(parts, fleet, rounds=rounds, rng=Random(f"{seed}/polling"), share=change_share, differences=differences)
    mean = 1 / len(rest)
    busiest = [max(count.shards, key=_work_us) for count in rest] if shards else [(0, 0)] * len(rest)
    return Load(
        shards=shards,
        machines=machines,
        polls=float(machines),
        report_lines=sum(_report_lines(count) for count in rest) * mean,
        shard_lines=sum(lines for _, lines in busiest) * mean,
        master_messages=sum(count.master[0] for count in rest) * mean,
        master_lines=sum(count.master[1] for count in rest) * mean,
        shard_ms=sum(map(_work_us, busiest)) * mean / 1_000,
        master_ms=sum(_work_us(count.master) for count in rest) * mean / 1_000,
        first_ms=max(map(_work_us, [*first.shards, first.master])) / 1_000,
    )


def loads(shards: Iterable[int] = (1, 5, 20), **more: Any) -> list[Load]:
    """The same cell, polled by different numbers of link shards; `more` goes to `load`."""
    return [load(shards=count, **more) for count in shards]


def _fleet(machines: int, tasks: int) -> dict[str, Borglet]:
    fleet = {name: Borglet(name) for name in (f"m{number}" for number in range(1, machines + 1))}
    for name, borglet in fleet.items():
        for index in range(tasks):
            borglet.start(f"{name}-{index}/0")
    return fleet


def _parts(shards: int, machines: list[str]) -> list[LinkShard]:
    parts = [LinkShard(f"s{number}") for number in range(1, shards + 1)]
    if parts:
        for shard, part in zip(parts, share_out(machines, [shard.name for shard in parts]).values(), strict=True):
            shard.take_over(part)
    return parts


def _rounds(
    parts: list[LinkShard], fleet: dict[str, Borglet], *, rounds: int, rng: Random, share: float, differences: bool
) -> Iterator[_Count]:
    yield _poll(parts, fleet, differences=differences)
    for number in range(rounds):
        for borglet in fleet.values():
            _live(borglet, number, rng, share)
        yield _poll(parts, fleet, differences=differences)


def _live(borglet: Borglet, number: int, rng: Random, share: float) -> None:
    """Between two rounds: some tasks are gone, others have come in their places."""
    for index, task in enumerate(borglet.running):
        if rng.random() < share:
            borglet.stop(task)
            borglet.start(f"{borglet.machine}-{number}-{index}/1")


def _poll(parts: list[LinkShard], fleet: dict[str, Borglet], *, differences: bool) -> _Count:
    """One round: who reads how many messages and lines."""
    if not parts:
        return _Count((), (len(fleet), sum(borglet.report().items for borglet in fleet.values())))
    read, messages, lines = [], 0, 0
    for shard in parts:
        reports = [fleet[machine].report() for machine in shard.machines]
        read.append((len(reports), sum(report.items for report in reports)))
        for report in reports:
            news = shard.receive(report)
            if news is not None or not differences:
                messages += 1
                lines += report.items if news is None or not differences else news.items
    return _Count(tuple(read), (messages, lines))


def _report_lines(count: _Count) -> int:
    return sum(lines for _, lines in count.shards) if count.shards else count.master[1]


def _work_us(read: tuple[int, int]) -> int:
    messages, lines = read
    return MESSAGE_US * messages + LINE_US * lines

"""Rounds of polls in simulated time, and what the working master concludes from the answers.

In a round each link shard asks its borglets and passes on what is new. The master writes into the log what follows: tasks that have
ended, machines that are back. Tasks that run where they should not are stopped at once, which needs no log: it says already where they
should.

Left out: the two milliseconds that a question takes; a round happens at one instant.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8sedu.borg.borglet import Running
from k8sedu.borg.borgmaster import CellState, change
from k8sedu.borg.link_shards import Difference, LinkShard, share_out
from k8sedu.borg.reachability import Reachability
from k8sedu.borg.sim.machines import Machines
from k8sedu.borg.sim.masters import Masters
from k8sedu.trace import Frozen, freeze

Told = Callable[[str, str, Mapping[str, Any]], None]


class Polls:
    """The link shards of all replicas and the master's ear.

    Args:
        masters: who leads, and the log.
        machines: the borglets.
        watch: who answers.
        told: is told (kind, actor, detail) of rounds and of what they bring.
    """

    def __init__(self, masters: Masters, machines: Machines, watch: Reachability, *, told: Told) -> None:
        self.masters, self.machines, self.watch, self.told = masters, machines, watch, told
        self.shards = {name: LinkShard(name) for name in masters.names}
        self.elections = self.rounds = 0
        self.counts: dict[str, Frozen] = {}
        """Of the last round, by shard."""
        self.news: list[Difference] = []
        """What the last round has brought."""
        self.heard: Callable[[str, str], None] = _ignore
        """Is told (machine, "answers" or "silent") when that changes."""

    def deal(self) -> None:
        """Give each replica that is up its part of the borglets."""
        names = [name for name in self.masters.names if self.masters.is_up(name)]
        parts = share_out(list(self.machines.borglets), names, election=self.elections) if names else {}
        for name, shard in self.shards.items():
            shard.take_over(parts.get(name, ()))

    def begin(self) -> None:
        """A new master works: other parts, nothing known."""
        state = self.masters.state
        assert state is not None
        self.elections += 1
        self.deal()
        self.watch.begin_anew(name for name in self.machines.borglets if not state.books.is_up(name))
        for name in self.machines.borglets:
            self.heard(name, "answers")
        self.round()

    def round(self) -> None:
        """Ask everybody once."""
        state = self.masters.state
        if state is None:
            return
        self.rounds += 1
        counts, news, silent = dict[str, Frozen](), list[Difference](), list[str]()
        self.counts = counts
        for name, shard in self.shards.items():
            if shard.machines:
                counts[name], found = self._ask(shard, silent)
                news += found
        missed = tuple(machine for machine in silent if state.books.is_up(machine))
        detail = {"round": self.rounds, "shards": Frozen(counts), "missed": missed, "lines": _lines(news)}
        self.told("poll", self.masters.ready or "", detail)
        for machine in silent:
            if self.watch.missed(machine) and state.books.is_up(machine):
                self.heard(machine, "silent")
                self.told("unreachable", machine, {"missed": self.watch.missed_max})
        self.news = news
        for one in news:
            self._conclude(state, one)

    def give_up(self, now_ms: int) -> None:
        """Let the next silent machine be taken for down, if it is time."""
        while self.masters.ready is not None and (machine := self.watch.due(now_ms=now_ms)) is not None:
            self.masters.propose(change("down", machine=machine))

    def _ask(self, shard: LinkShard, silent: list[str]) -> tuple[Frozen, list[Difference]]:
        lines, answered, news = 0, 0, list[Difference]()
        for machine in shard.machines:
            report = self.machines.ask(machine)
            if report is None:
                shard.lose(machine)
                silent.append(machine)
                continue
            answered, lines = answered + 1, lines + report.items
            if self.watch.answered(machine):
                self.heard(machine, "answers")
            found = shard.receive(report)
            news += [found] if found is not None else []
        passed = {"passed_on": len(news), "passed_lines": _lines(news)}
        return freeze({"machines": len(shard.machines), "answered": answered, "lines": lines, **passed}), news

    # -- conclusions -------------------------------------------------------------------------------------------------------------------

    def _conclude(self, state: CellState, news: Difference) -> None:
        machine = news.machine
        if not state.books.is_up(machine):
            self.masters.propose(change("up", machine=machine))
        finished = [task for task, known in news.changed.items() if known.state == "finished"]
        here = [task for task in finished if state.books.where(task) == machine]
        if here:
            self.masters.propose(change("finish", tasks=here, machine=machine))
        self.machines.borglets[machine].forget(task for task in finished if task not in here)
        for task, known in news.changed.items():
            self._conclude_task(state, machine, task, known)
        self._miss(state, news)

    def _conclude_task(self, state: CellState, machine: str, task: str, known: Running) -> None:
        if known.state == "failed":
            self.masters.propose(change("fail", task=task, machine=machine))
        elif known.state == "running" and state.books.where(task) != machine:
            elsewhere = state.books.where(task)
            if self.machines.borglets[machine].stop(task):
                self.told("kill_duplicate", machine, {"task": task, "runs_on": elsewhere or ""})

    def _miss(self, state: CellState, news: Difference) -> None:
        """Tasks that should run here and that the borglet does not know: it was switched off and on between two polls."""
        gone = news.gone
        if news.whole:
            ordered = self.machines.ordered
            gone = tuple(one.task for one in state.books.on(news.machine) if one.task not in news.changed and one.task not in ordered)
        lost = [task for task in gone if state.books.where(task) == news.machine]
        if lost:
            self.masters.propose(change("lost", tasks=lost, machine=news.machine))


def _lines(news: list[Difference]) -> int:
    return sum(one.items for one in news)


def _ignore(_machine: str, _how: str) -> None:
    """Nobody listens."""

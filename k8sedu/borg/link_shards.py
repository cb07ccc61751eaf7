"""Link shards: between the master and ten thousand borglets, each speaks to a part of them and passes on only what is new.

Each of the five replicas of the Borgmaster runs one. A shard asks its borglets, compares each whole report with the one before, and gives
the elected master the *difference*; most of the time that is nothing. Which borglets belong to which shard is settled anew at every
election.

A shard keeps the last report of each borglet, and nothing hangs on it: an empty shard passes the next report on whole, and after that
only differences again. That is what the paper means by stateless. So nothing needs to be saved or handed over.

The notes ask what is split when a cell is large: not the borglet, of which each machine has one, but the *set* of borglets. A shard's
work is one part of all reports; the master's work is the number of things that changed, and does not depend on the number of shards.
`k8sedu.borg.polling` counts both.

Source: Verma et al., EuroSys 2015, section 3.3 ("each Borgmaster replica runs a stateless link shard").
Left out: how a shard and a borglet find that a connection is broken; a poll is answered or it is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from k8sedu.borg.borglet import Report, Running
from k8sedu.errors import K8sEduError


class ShardError(K8sEduError, ValueError):
    """A report of a borglet that belongs to another shard, or no shard at all."""


class Difference(NamedTuple):
    """What changed on one machine since the report before: tasks that are new or different, and tasks that are gone.

    `whole` says that the shard had nothing to compare with, so that `changed` is everything.
    """

    machine: str
    changed: Mapping[str, Running]
    gone: tuple[str, ...] = ()
    whole: bool = False

    @property
    def items(self) -> int:
        """How many lines the message has, the one with the machine's name included."""
        return 1 + len(self.changed) + len(self.gone)


def difference(old: Report | None, new: Report) -> Difference | None:
    """What to pass on of a report; None when nothing has changed. O(tasks).

    >>> old, new = Report("m1", {"a/0": Running(), "b/0": Running()}), Report("m1", {"b/0": Running("finished")})
    >>> found = difference(old, new)
    >>> list(found.changed), found.gone, found.items
    (['b/0'], ('a/0',), 3)
    """
    if old is None:
        return Difference(new.machine, dict(new.tasks), whole=True)
    if old.tasks == new.tasks:
        return None
    changed = {task: known for task, known in new.tasks.items() if old.tasks.get(task) != known}
    gone = tuple(task for task in old.tasks if task not in new.tasks)
    return Difference(new.machine, changed, gone)


class LinkShard:
    """The part of the borglets that one replica speaks to.

    >>> shard = LinkShard("b1")
    >>> shard.take_over(["m1", "m2"])
    >>> report = Report("m1", {"web/0": Running()})
    >>> shard.receive(report).whole, shard.receive(report)
    (True, None)
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.machines: tuple[str, ...] = ()
        self._mine: dict[str, None] = {}
        self._last: dict[str, Report] = {}

    def take_over(self, machines: Iterable[str]) -> None:
        """Begin with these borglets, knowing nothing of any of them."""
        self.machines = tuple(machines)
        self._mine = dict.fromkeys(self.machines)
        self._last.clear()

    def receive(self, report: Report) -> Difference | None:
        """Compare a borglet's report with the one before.

        Raises:
            ShardError: the borglet is not one of this shard's.
        """
        if report.machine not in self._mine:
            raise ShardError(f"{self.name} met a report of {report.machine}, expected one of {', '.join(self.machines[:5]) or 'none'}")
        found = difference(self._last.get(report.machine), report)
        self._last[report.machine] = report
        return found

    def lose(self, machine: str) -> None:
        """A borglet did not answer: its next report is passed on whole."""
        self._last.pop(machine, None)


def share_out(machines: Sequence[str], shards: Sequence[str], *, election: int = 0) -> dict[str, tuple[str, ...]]:
    """Which borglets each shard speaks to: parts that differ by one at most, other ones after each election.

    >>> share_out(["m1", "m2", "m3", "m4", "m5"], ["b1", "b2"])
    {'b1': ('m1', 'm3', 'm5'), 'b2': ('m2', 'm4')}
    >>> share_out(["m1", "m2", "m3"], ["b1", "b2"], election=1)["b1"]
    ('m2',)

    Raises:
        ShardError: there is no shard.
    """
    if not shards:
        raise ShardError(f"met {len(machines)} borglets and no link shard, expected at least one")
    count = len(shards)
    return {shard: tuple(machines[(place - election) % count :: count]) for place, shard in enumerate(shards)}

from __future__ import annotations

import pytest

from k8sedu.borg.allocs import Allocs
from k8sedu.borg.cell import BY_LIMIT, BY_RESERVATION, Cell, CellError
from k8sedu.borg.jobs import BorgJob, Task, tasks_of
from k8sedu.borg.preemption import victims
from k8sedu.borg.queue import PendingQueue
from k8sedu.borg.scheduler import Decision, Random, Scheduler
from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Machine
from k8sedu.workload.resources import Resources


def cell(count: int = 2, cores: int = 4) -> Cell:
    return Cell([Machine(f"m{n}", Resources(cores * 1_000), Frozen(os="ab"[n % 2])) for n in range(1, count + 1)])


def task(name: str, cores: int, priority: int, **more: object) -> Task:
    return Task(BorgJob(name, "ann", Resources(cores * 1_000), priority=priority, **more), 0)  # type: ignore[arg-type]  # a short cut for tests


def test_prod_sees_limits_and_non_prod_reservations() -> None:
    """What a prod task is not expected to use is free for batch, and not for production."""
    here, web = cell(1), task("web", 4, 200)
    here.place(web, "m1")
    here.reserve(web, (1_000, 0, 0, 0, 0))
    assert here.room.free(0, BY_LIMIT)[0] == 0
    assert here.room.free(0, BY_RESERVATION)[0] == 3_000
    with pytest.raises(CellError, match="no room for db/0 on m1: too little cpu"):
        here.place(task("db", 1, 200), "m1")
    here.place(task("batch", 3, 100), "m1")
    here.check()


def test_production_takes_back_what_was_lent() -> None:
    """Who needs the room that limits promise evicts the borrower, until the limits of all who stay fit."""
    here, web, batch = cell(1), task("web", 2, 200), task("batch", 3, 100)
    here.place(web, "m1")
    here.reserve(web, (500, 0, 0, 0, 0))
    here.place(batch, "m1")
    assert victims(here, 200, (2_000, 0, 0, 0, 0), "m1") == (batch,)


@pytest.mark.parametrize(
    ("priority", "evicts"),
    [
        (360, ["free", "batch", "prod"]), (300, ["free", "batch"]), (120, ["free", "batch"]),
        (119, ["free", "batch"]), (100, ["free"]), (0, []),
    ],
)
def test_who_evicts_whom(priority: int, evicts: list[str]) -> None:
    """From the lowest priority up; monitoring may evict production, production never does, equals never do."""
    here = cell(1, cores=3)
    for name, level in (("prod", 200), ("batch", 100), ("free", 0)):
        here.place(task(name, 1, level), "m1")
    found = victims(here, priority, (len(evicts) * 1_000, 0, 0, 0, 0), "m1")
    assert found is not None
    assert [victim.job.name for victim in found] == evicts
    assert victims(here, priority, ((len(evicts) + 1) * 1_000, 0, 0, 0, 0), "m1") is None


def test_levels_that_come_late_see_the_same() -> None:
    """A level made when the cell is full has the same room as one made when it was empty."""
    here = cell(3)
    for number, priority in enumerate((0, 110, 200, 300, 400)):
        here.place(task(f"t{number}", 1, priority), number % 3)
    for priority in (0, 50, 110, 119, 200, 360, 400):
        here.level(priority)
    here.check()


def test_a_machine_is_lost_with_everything() -> None:
    """A machine that goes down gives back its tasks in the order of placement, takes nobody, and comes back empty."""
    here, first, second = cell(1), task("a", 1, 200), task("b", 1, 0)
    here.place(first, "m1")
    here.place(second, "m1")
    assert here.lose("m1") == (first, second)
    with pytest.raises(CellError, match="no room for a/0 on m1: the machine is down"):
        here.place(first, "m1")
    here.return_("m1")
    here.place(first, "m1")
    here.check()


def test_either_of_two_attributes() -> None:
    """`a|b` holds where one of them does, also after a machine has changed."""
    here = cell(2)
    assert here.attribute("os", "a|b").tolist() == [True, True]
    here.mark("m1", "os", here.machines[0].attributes.os, on=False)
    assert here.attribute("os", "a|b").tolist() == [False, True]


@pytest.mark.parametrize("machine", ["m9", ""])
def test_an_unknown_machine_is_told(machine: str) -> None:
    """There is a sentence for a machine that the cell does not have."""
    with pytest.raises(CellError, match=r"there is no machine '.*', expected one of m1, m2"):
        cell().place(task("a", 1, 0), machine)


def test_an_alloc_holds_its_room() -> None:
    """Room of an alloc is taken whether it is used or not, and its tasks take none beside."""
    here = cell(1)
    pair, web = task("pair", 3, 200, is_alloc_set=True), task("web", 2, 200, alloc_set="pair")
    here.place(pair, "m1")
    assert here.room.free(0, BY_LIMIT)[0] == 1_000
    here.place_inside(web, pair)
    assert here.room.free(0, BY_LIMIT)[0] == 1_000
    with pytest.raises(CellError, match="pair/0 is an alloc in which tasks run"):
        here.remove(pair)
    with pytest.raises(CellError, match=r"more/0 cannot run in pair/0"):
        here.place_inside(task("more", 2, 200, alloc_set="pair"), pair)
    here.check()
    assert here.lose("m1") == (pair, web)
    here.check()


def test_who_evicts_an_alloc_evicts_its_tasks() -> None:
    """An alloc that makes room for somebody takes its tasks along, and all of them wait again."""
    here = cell(1)
    webs = tasks_of(BorgJob("web", "ann", Resources(1_000), 2, 50, alloc_set="pair"))
    queue = PendingQueue([task("pair", 3, 100, is_alloc_set=True), *webs])
    scheduler = Scheduler(here, rng=Random(1))
    assert [each.task.name for each in scheduler.schedule(queue).placed] == ["pair/0", "web/0", "web/1"]
    queue.add(task("prod", 2, 200))
    done: list[Decision] = scheduler.schedule(queue).placed
    assert [victim.name for victim in done[0].victims] == ["web/0", "web/1", "pair/0"]
    assert len(queue) == 3
    here.check()


def test_allocs_and_tasks_find_their_pair() -> None:
    """The task with an index goes to the alloc with that index, and to another one only if that is full."""
    allocs, sets = Allocs(), tasks_of(BorgJob("pair", "ann", Resources(2_000), 2, is_alloc_set=True))
    servers = tasks_of(BorgJob("web", "ann", Resources(2_000), 3, alloc_set="pair"))
    for alloc in sets:
        allocs.open(alloc)
    for server in reversed(servers[:2]):
        chosen = allocs.choose(server)
        assert chosen is sets[server.index]
        allocs.put(server, chosen)
    assert allocs.choose(servers[2]) is None

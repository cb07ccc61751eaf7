from __future__ import annotations

from random import Random

import pytest

from k8sedu.borg.jobs import BorgJob, Task, tasks_of
from k8sedu.borg.queue import FifoQueue, PendingQueue, QueueError, positions
from k8sedu.workload.resources import Resources

ONE = Resources(1_000)


def waiting(*jobs: tuple[str, str, int, int]) -> list[Task]:
    """Tasks of jobs (name, user, priority, tasks), in the order of their arrival."""
    return [task for name, user, priority, count in jobs for task in tasks_of(BorgJob(name, user, ONE, count, priority))]


def names(tasks: list[Task]) -> list[str]:
    return [task.name for task in tasks]


MIXED = (("big", "ann", 200, 4), ("low", "bob", 100, 1), ("one", "bob", 200, 1), ("two", "eve", 200, 2), ("top", "ann", 300, 1))


def test_priority_first_then_turns_between_users() -> None:
    """The scan goes from high to low priority, and within one the users take turns."""
    assert names(PendingQueue(waiting(*MIXED)).order()) == ["top/0", "big/0", "one/0", "two/0", "big/1", "two/1", "big/2", "big/3", "low/0"]


def test_fifo_keeps_the_order_of_arrival() -> None:
    """Without turns a priority is looked at in the order of arrival, so a large job blocks everybody behind it."""
    assert names(FifoQueue(waiting(*MIXED)).order()) == ["top/0", "big/0", "big/1", "big/2", "big/3", "one/0", "two/0", "two/1", "low/0"]


def test_the_scan_is_the_order() -> None:
    """A scan yields exactly what `order` foretells, and leaves the queue empty if nobody is kept."""
    for kind in (PendingQueue, FifoQueue):
        queue = kind(waiting(*MIXED))
        foretold = queue.order()
        assert list(queue.scan()) == foretold
        assert len(queue) == 0
        queue.check()


def test_kept_tasks_keep_their_place() -> None:
    """Who could not be placed stands where they stood, and the next scan begins as this one did."""
    queue = PendingQueue(waiting(*MIXED))
    before = queue.order()
    for task in queue.scan():
        queue.keep(task)
    assert queue.order() == before
    queue.check()


def test_a_blocking_line_stops_at_its_head() -> None:
    """In a strict line nobody passes a head that fits nowhere; other priorities go on."""
    queue, seen = FifoQueue(waiting(*MIXED), blocking=True), []
    for task in queue.scan():
        seen.append(task.name)
        if task.name == "big/1":
            queue.keep(task)
    assert seen == ["top/0", "big/0", "big/1", "low/0"]
    assert names(queue.order()) == ["big/1", "big/2", "big/3", "one/0", "two/0", "two/1"]


def test_a_scan_can_be_left() -> None:
    """What a scan has not reached waits on, and what was kept is not lost."""
    queue = PendingQueue(waiting(*MIXED))
    for task in queue.scan():
        queue.keep(task)
        if task.name == "one/0":
            break
    assert len(queue) == len(waiting(*MIXED))
    queue.check()


def test_victims_are_met_in_the_same_scan() -> None:
    """A task that is added during a scan at a lower priority has its turn in this scan."""
    queue, (victim,) = PendingQueue(waiting(("high", "ann", 300, 1))), waiting(("victim", "bob", 100, 1))
    seen = []
    for task in queue.scan():
        seen.append(task.name)
        if task.name == "high/0":
            queue.add(victim)
    assert seen == ["high/0", "victim/0"]


def test_waiting_twice_or_not_at_all_is_told() -> None:
    """A task waits once, and only who waits can be taken out."""
    (task,) = waiting(("a", "ann", 0, 1))
    queue = PendingQueue([task])
    with pytest.raises(QueueError, match="a/0 waits already"):
        queue.add(task)
    queue.remove(task)
    with pytest.raises(QueueError, match="a/0 does not wait"):
        queue.remove(task)


@pytest.mark.parametrize("users", [2, 10])
def test_nobody_waits_behind_a_large_job(users: int) -> None:
    """With turns each user is looked at within as many decisions as there are users; in one line they wait for the whole job."""
    everybody = waiting(("big", "u0", 100, 500), *((f"j{n}", f"u{n}", 100, 1) for n in range(1, users)))
    assert max(positions(PendingQueue(everybody)).values()) == users - 1
    assert max(positions(FifoQueue(everybody)).values()) == 500 + users - 2


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_in_any_order_of_calls(seed: int) -> None:
    """After any scans, keeps, removals and additions, exactly those wait who were not placed or taken out."""
    rng, queue, expected = Random(seed), PendingQueue(), dict[Task, None]()
    for number in range(30):
        for task in waiting((f"j{number}", f"u{rng.randrange(4)}", rng.choice((0, 100, 200)), rng.randint(1, 4))):
            queue.add(task)
            expected[task] = None
        for task in queue.scan():
            if rng.random() < 0.6:
                queue.keep(task)
            else:
                del expected[task]
            if rng.random() < 0.1:
                break
        if expected and rng.random() < 0.3:
            gone = rng.choice(list(expected))
            queue.remove(gone)
            del expected[gone]
        queue.check()
    assert set(queue) == set(expected)

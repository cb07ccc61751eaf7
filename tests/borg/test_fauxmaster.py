"""Laws of the Fauxmaster: its answers are those of the real code, and asking changes nothing."""

from __future__ import annotations

from k8sedu.borg.borgmaster import CellState
from k8sedu.borg.checkpoint import Checkpoint
from k8sedu.borg.fauxmaster import Fauxmaster
from k8sedu.borg.sim import simulate
from k8sedu.workload import Job, Machine, Resources

FOUR = Resources.of(cpu="4", memory="8Gi")


def faux(*jobs: Job, machines: int = 2) -> Fauxmaster:
    """A cell in which these jobs wait."""
    state = CellState([Machine(f"m{number}", FOUR) for number in range(1, machines + 1)])
    for job in jobs:
        state.submit(job)
    return Fauxmaster(Checkpoint(state.dump(), ()))


def batch(tasks: int) -> Job:
    """Tasks of one core."""
    return Job("batch", "ann", Resources.of(cpu="1", memory="1Gi"), tasks=tasks, priority=100)


def test_all_pending_tasks_are_scheduled_and_the_stubs_obey() -> None:
    """What fits is placed and runs, the rest is named."""
    asked = faux(batch(10))
    answer = asked.schedule_all_pending()
    assert (len(answer.placed), answer.refused, answer.evicted) == (8, ("batch/8", "batch/9"), ())
    asked.check()
    assert sum(len(borglet.running) for borglet in asked.borglets.values()) == 8


def test_capacity_is_counted_without_touching_the_cell() -> None:
    """Two machines of four cores hold two tasks of three cores, and after that none."""
    asked, before = faux(), faux().state.dump()
    big = Job("big", "ann", Resources.of(cpu="3", memory="1Gi"))
    assert (asked.how_many_fit(big), asked.how_many_fit(big)) == (2, 2)
    assert asked.state.dump() == before
    asked.submit(big._replace(tasks=2))
    asked.schedule_all_pending()
    assert asked.how_many_fit(big) == 0


def test_one_is_told_whom_a_job_would_push_out() -> None:
    """Production pushes batch out; nothing has happened yet."""
    asked = faux(batch(8))
    asked.schedule_all_pending()
    before = asked.state.dump()
    victims = asked.would_evict(Job("web", "bob", Resources.of(cpu="2", memory="1Gi"), priority=200))
    assert len(victims) == 2
    assert all(victim.startswith("batch/") for victim in victims)
    assert asked.would_evict(Job("more", "bob", Resources.of(cpu="2", memory="1Gi"), priority=100)) == ()
    assert asked.state.dump() == before


def test_a_checkpoint_of_a_run_goes_on_at_the_desk() -> None:
    """What waited in the run at that moment is what a pass at the desk looks at."""
    trace = simulate(seed=5, duration_ms=10_000, frames=False)
    asked = Fauxmaster(Checkpoint.of(trace))
    waiting = list(asked.state.pending)
    answer = asked.schedule_all_pending()
    assert sorted([*(task for task, _ in answer.placed), *answer.refused]) == sorted([*waiting, *answer.evicted])
    asked.check()

"""Laws of the borglet: it says everything, remembers what nobody has written down, and goes on when nobody asks."""

from __future__ import annotations

import pytest

from k8sedu.borg.borglet import Borglet, BorgletError, Running
from k8sedu.workload import Resources


def test_a_report_is_the_whole_state_every_time() -> None:
    """Two reports without a change between them are equal, and neither depends on who got the first."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.start("b/0", Resources.of(cpu="1"))
    assert borglet.report() == borglet.report()
    assert borglet.report().tasks == {"a/0": Running(), "b/0": Running("running", Resources.of(cpu="1"))}
    assert borglet.report().items == 3


def test_a_report_does_not_change_after_it_was_given() -> None:
    """It is a letter, not a window."""
    borglet = Borglet("m1")
    before = borglet.report()
    borglet.start("a/0")
    assert not before.tasks


def test_an_ended_task_is_reported_until_it_is_forgotten() -> None:
    """A master that dies before it has written the end down costs nothing."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.end("a/0", "finished")
    assert borglet.running == ()
    assert borglet.report() == borglet.report()
    assert borglet.report().tasks["a/0"].state == "finished"
    borglet.forget(["a/0", "never/0"])
    assert not borglet.report().tasks


def test_a_running_task_is_never_forgotten() -> None:
    """An order to forget is about ends only: one that comes late does not lose a new try."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.end("a/0", "failed")
    borglet.start("a/0")
    borglet.forget(["a/0"])
    assert "a/0" in borglet


def test_orders_may_be_repeated() -> None:
    """Starting what runs and stopping what does not are harmless, and say so."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.start("a/0")
    assert borglet.running == ("a/0",)
    assert (borglet.stop("a/0"), borglet.stop("a/0")) == (True, False)


def test_what_does_not_run_cannot_end() -> None:
    """The sentence names task, machine, and what does run."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    with pytest.raises(BorgletError, match="b/0 does not run on m1, expected one of a/0"):
        borglet.end("b/0", "finished")


def test_use_changes_only_what_runs() -> None:
    """What a task uses is a part of the report; of a task that has ended nothing is used."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.use("a/0", Resources.of(cpu="2"))
    borglet.use("b/0", Resources.of(cpu="2"))
    assert borglet.report().tasks == {"a/0": Running("running", Resources.of(cpu="2"))}


def test_a_crash_loses_everything() -> None:
    """Also what had ended and was not written down: the machine is empty when it is back."""
    borglet = Borglet("m1")
    borglet.start("a/0")
    borglet.start("b/0")
    borglet.end("a/0", "finished")
    assert borglet.crash() == ("b/0",)
    assert borglet.report().items == 1


def test_a_second_failure_differs_from_the_first() -> None:
    """Also when nobody asked in between: a shard that compares reports must see that something happened."""
    borglet, reports = Borglet("m1"), []
    for _ in range(2):
        borglet.start("a/0")
        borglet.end("a/0", "failed")
        reports.append(borglet.report())
        borglet.forget(["a/0"])
    assert reports[0] != reports[1]

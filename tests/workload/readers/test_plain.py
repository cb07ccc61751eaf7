"""Laws of our own format: what is written is read again, and a wrong line is told with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload, WorkloadError
from k8sedu.workload.readers import plain
from k8sedu.workload.readers.rows import ReadingError
from k8sedu.workload.resources import Resources

AMOUNTS = st.builds(Resources, st.integers(0, 9_999), st.integers(0, 2**40), st.integers(0, 2**40), st.integers(0, 9_999))
NAMES = st.text(st.characters(codec="utf-8", exclude_characters="=#|/", categories=["L", "N"]), min_size=1, max_size=8)
WORDS = st.dictionaries(st.sampled_from(["zone", "ssd", "model"]), st.sampled_from(["a", "b", "yes|no"]), max_size=2).map(Frozen)
JOBS = st.builds(
    Job, NAMES, NAMES, AMOUNTS, st.integers(1, 9), st.integers(0, 400), st.integers(0, 10**7), st.none() | st.integers(1, 10**7), WORDS
)
MACHINES = st.builds(Machine, NAMES, AMOUNTS.filter(any), WORDS)


@given(
    machines=st.lists(MACHINES, min_size=1, max_size=5, unique_by=lambda machine: machine.name),
    jobs=st.lists(JOBS, max_size=8, unique_by=lambda job: job.name),
)
def test_what_is_written_is_read_again(machines: list[Machine], jobs: list[Job]) -> None:
    """Any workload, and the lines of its failures."""
    workload = Workload.of(machines, jobs)
    reading = plain.parse(plain.format(workload, ["at 9000 crash m1"]).splitlines())
    assert (reading.workload, reading.faults, reading.bad) == (workload, ("at 9000 crash m1",), ())


def test_a_name_that_would_be_read_otherwise_is_not_written() -> None:
    """A blank would end it."""
    with pytest.raises(ReadingError, match="the name 'a b' cannot stand in a line"):
        plain.format(Workload.of([Machine("a b", Resources.of(cpu="1"))], []))


def test_many_machines_are_one_line() -> None:
    """They are numbered from 1 on."""
    reading = plain.parse(["machines 3 mid cpu=8 zone=b  # three of them"])
    assert [machine.name for machine in reading.workload.machines] == ["mid-1", "mid-2", "mid-3"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("jobs web", "column 1: met 'jobs', expected one of machine, machines, job, at"),
        ("job", "column NAME: met nothing, expected job NAME user=ann tasks=3 cpu=500m memory=1Gi priority=200 at=0 for=8000"),
        ("job web cpu", "column cpu: met 'cpu', expected each word once, as WORD=VALUE"),
        ("job web cpu=1 cpu=2", "column cpu: met 'cpu=2', expected each word once, as WORD=VALUE"),
        ("job web cores=1", f"column cores: met 'cores', expected one of {', '.join(plain.JOB_WORDS)}, or needs.WORD"),
        ("job web cpu=lots", "column cpu: met 'lots', expected for example '250m' or '1Gi'"),
        ("job web tasks=0", "column tasks: met '0', expected a whole number from 1 on"),
        ("job web for=0", "column for: met '0', expected a whole number from 1 on"),
        ("job a/b cpu=1", "column NAME: met 'a/b', expected a name without = # | /"),
        ("job ok cpu=1", "column NAME: met 'ok' again, expected each name once"),
        ("machine m9 zone=a", "column cpu: met nothing, expected machine NAME cpu=8 memory=32Gi zone=a"),
        ("machines x mid cpu=1", "column COUNT: met 'x', expected a whole number from 1 on"),
    ],
)
def test_a_wrong_line_is_told(line: str, told: str) -> None:
    """File, line and word; the lines around it are read."""
    reading = plain.parse(["machine m1 cpu=4", "job ok cpu=1", line, "job after"], where="a.workload")
    assert [str(bad) for bad in reading.bad] == [f"a.workload, line 3, {told}"]
    assert [job.name for job in reading.workload.jobs] == ["ok", "after"]


def test_no_machine_is_a_sentence() -> None:
    """There is nothing to run on."""
    with pytest.raises(WorkloadError, match="no machine"):
        plain.parse(["job web cpu=1"])


def test_a_file_of_something_else_is_told_by_its_first_line() -> None:
    """A file without a single machine is refused by what stands in it, and not by what it lacks."""
    with pytest.raises(ReadingError, match=r"line 1, .*met 'vm', expected one of machine.*no row of 1 is a machine"):
        plain.parse(["vm"])

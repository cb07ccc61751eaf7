"""Laws of the reader of Google's trace: events become jobs, whatever way 64-bit numbers are written."""

from __future__ import annotations

import json
from typing import Any

import pytest

from k8sedu.workload.jobs import WorkloadError
from k8sedu.workload.readers import Reading, google_events
from k8sedu.workload.resources import Resources

SECOND = 1_000_000
LARGEST = Resources(cpu_millicores=10_000, memory_bytes=1_000_000)
MACHINE = {"time": "0", "machine_id": "5", "type": "1", "capacity": {"cpus": 0.5, "memory": 1}, "platform_id": "A"}


def read(*events: Any) -> Reading:
    """The workload of these events, each an object or the text of a line."""
    lines = [event if isinstance(event, str) else json.dumps(event) for event in (MACHINE, *events)]
    return google_events.parse([("events.jsonl", lines)], largest=LARGEST)


def instance(at_s: float, kind: int | str, *, task: int = 0, cpus: float = 0.1, **more: Any) -> dict[str, Any]:
    """An event of a task of the collection 7."""
    base = {"time": str(round(at_s * SECOND)), "type": kind, "collection_id": "7", "instance_index": task, "priority": 103}
    return {**base, "resource_request": {"cpus": cpus, "memory": 0.5}, **more}


def test_events_become_a_job() -> None:
    """Tasks are counted, the request is scaled, arrival is the first event, length the median from start to end."""
    collection = {"time": 0, "type": "SUBMIT", "collection_id": 7, "collection_type": 0, "priority": "103", "user": "u"}
    lives = [event for task, length in enumerate((10, 20, 90)) for event in (
        instance(3, 0, task=task), instance(4, "SCHEDULE", task=task), instance(4 + length, 6, task=task))]  # fmt: skip
    (job,) = read(collection, *lives).workload.jobs
    assert (job.name, job.user, job.tasks, job.priority, job.arrival_ms, job.duration_ms) == ("7", "u", 3, 103, 3_000, 20_000)
    assert job.request == Resources(cpu_millicores=1_000, memory_bytes=500_000)


def test_tasks_that_ask_for_different_amounts_are_different_jobs() -> None:
    """A job of this course has equal tasks."""
    jobs = read(instance(0, 0, task=0), instance(0, 0, task=1, cpus=0.2), instance(0, 0, task=2)).workload.jobs
    assert [(job.name, job.tasks, job.request.cpu_millicores) for job in jobs] == [("7.a", 2, 1_000), ("7.b", 1, 2_000)]


def test_alloc_sets_are_set_aside_and_said() -> None:
    """They are reservations, not work."""
    reading = read({"time": 0, "type": 0, "collection_id": 7, "collection_type": "1"}, instance(0, 0))
    assert (reading.workload.jobs, reading.notes, reading.bad) == ((), ("alloc sets are left out: 1",), ())


def test_a_task_that_never_ends_makes_a_service() -> None:
    """After the trace is not an end."""
    (job,) = read(instance(0, 0), instance(1, 3), instance(0, 6) | {"time": str(2**63 - 1)}).workload.jobs
    assert job.duration_ms is None


def test_machines_without_events_are_those_that_tasks_were_on() -> None:
    """And that this is an assumption is said."""
    line = json.dumps(instance(0, 3, machine_id="12"))
    reading = google_events.parse([("events.jsonl", [line, json.dumps(instance(0, 0, task=1, machine_id="0"))])], largest=LARGEST)
    assert [(machine.name, machine.capacity) for machine in reading.workload.machines] == [("m12", LARGEST)]
    assert "no machine events" in reading.notes[0]
    with pytest.raises(WorkloadError, match="no machine"):
        google_events.parse([("events.jsonl", [])])


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("{", "column 2: met no JSON, expected one object per line"),
        ("[1]", "column 1: met [1], expected an object"),
        ({"time": 0}, "column collection_id: met nothing, expected a number, or a machine_id"),
        (instance(0, 11), "column type: met 11, expected 0 to 10, or a name such as QUEUE"),
        (instance(0, 0, time="soon"), "column time: met 'soon', expected a whole number from 0 on"),
        (instance(0, 0, time=True), "column time: met True, expected a whole number from 0 on"),
        (instance(0, 0, cpus=1.5), "column resource_request.cpus: met 1.5, expected a number from 0 to 1"),
        (instance(0, 0, resource_request=3), "column resource_request: met 3, expected an object with cpus and memory"),
        (instance(0, 0, collection_id="x"), "column collection_id: met 'x', expected a whole number from 0 on"),
    ],
)
def test_a_bad_line_is_left_out_and_told(line: Any, told: str) -> None:
    """File, line and field; the lines around it are read."""
    reading = read(instance(0, 0), line, instance(0, 0, task=1))
    assert [str(bad) for bad in reading.bad] == [f"events.jsonl, line 3, {told}"]
    assert (reading.rows, reading.workload.jobs[0].tasks) == (4, 2)

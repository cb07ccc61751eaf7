"""Google's cells of May 2019: what happened to collections, instances and machines, as JSON lines.

A *collection* is a job (or an alloc set), an *instance* one of its tasks. Each line is one event, and its fields tell of what:

    collection   time, type, collection_id, collection_type, priority, user, collection_name, …
    instance     time, type, collection_id, instance_index, priority, machine_id, resource_request {cpus, memory}, …
    machine      time, type, machine_id, capacity {cpus, memory}, platform_id, …

Times are microseconds; 0 is before the trace and 2⁶³ − 1 after it. BigQuery writes 64-bit numbers as text, and both ways are read. Event
types are numbers or names (`SUBMIT`). Sizes are parts of the largest machine, which `LARGEST` makes concrete.

A job here has equal tasks. So instances of one collection that ask for different amounts become several jobs: `383.a`, `383.b`. How long a
job's tasks run is the median of those that the trace saw from start to end.

Source: google/cluster-data, clusterdata_trace_format_v3.proto; Tirmazi et al., "Borg: the Next Generation", EuroSys 2020.
Left out: alloc sets (their number is told), usage, constraints, and updates of a request while a task runs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from statistics import median_low
from typing import Any, NamedTuple

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.readers.rows import BadValueError, Reading, Sieve, part, shown, whole
from k8sedu.workload.resources import GIB, Resources

EVENTS = ("SUBMIT", "QUEUE", "ENABLE", "SCHEDULE", "EVICT", "FAIL", "FINISH", "KILL", "LOST", "UPDATE_PENDING", "UPDATE_RUNNING")
MACHINE_EVENTS = ("UNKNOWN", "ADD", "REMOVE", "UPDATE")
ENDS = ("FAIL", "FINISH", "KILL", "LOST")
AFTER_US = 2**63 - 1
LARGEST = Resources(cpu_millicores=100_000, memory_bytes=400 * GIB)
"""What the largest machine has, an assumption: the trace says parts of it only."""


class Event(NamedTuple):
    """One line that could be used; `of` is "collection", "instance" or "machine"."""

    of: str
    time_us: int
    kind: str
    number: int
    task: int
    fields: dict[str, Any]
    request: Resources | None


def parse(files: Iterable[tuple[str, Iterable[str]]], *, largest: Resources = LARGEST) -> Reading:
    """The workload in these files of events, whatever each holds; a file is its name and its lines.

    Without machine events, every machine that a task was on is taken to be the largest, and that is noted.

    Raises:
        WorkloadError: no machine is known.
    """
    sieve = Sieve()
    events: list[Event] = []
    for name, lines in files:
        events += sieve.sift(name, _rows(lines), lambda row: _event(row, largest))
    machines, notes = _machines(events, largest)
    jobs, set_aside = _jobs(events)
    return sieve.reading(machines, jobs, notes=(*notes, *set_aside))


def _rows(lines: Iterable[str]) -> Iterator[tuple[int, Any]]:
    for number, line in enumerate(lines, 1):
        if line.strip():
            yield number, _object(line)


def _object(line: str) -> Any:
    try:
        row = json.loads(line)
    except ValueError as error:
        return BadValueError(str(getattr(error, "colno", 1)), "no JSON", "one object per line")
    return row if isinstance(row, dict) else BadValueError("1", shown(row), "an object")


def _event(row: dict[str, Any], largest: Resources) -> Event:
    if "instance_index" in row:
        of, number = "instance", whole(row, "collection_id")
    elif "collection_id" in row:
        of, number = "collection", whole(row, "collection_id")
    elif "machine_id" in row:
        of, number = "machine", whole(row, "machine_id")
    else:
        raise BadValueError("collection_id", "nothing", "a number, or a machine_id")
    kind = _kind(row, MACHINE_EVENTS if of == "machine" else EVENTS)
    sizes = "capacity" if of == "machine" else "resource_request"
    return Event(
        of, whole(row, "time"), kind, number, whole(row, "instance_index", empty=0), row, _sizes(row, sizes, largest)
    )


def _kind(row: dict[str, Any], names: tuple[str, ...]) -> str:
    value = row.get("type")
    if isinstance(value, str) and value in names:
        return value
    place = whole(row, "type")
    if place >= len(names):
        raise BadValueError("type", shown(value), f"0 to {len(names) - 1}, or a name such as {names[1]}")
    return names[place]


def _sizes(row: dict[str, Any], column: str, largest: Resources) -> Resources | None:
    sizes = row.get(column)
    if sizes is None:
        return None
    if not isinstance(sizes, dict):
        raise BadValueError(column, shown(sizes), "an object with cpus and memory")
    named = {f"{column}.{key}": sizes.get(key) or 0 for key in ("cpus", "memory")}
    cpus, memory = (part(named, key, most=1) for key in named)
    return Resources(round(cpus * largest.cpu_millicores), round(memory * largest.memory_bytes))


def _machines(events: list[Event], largest: Resources) -> tuple[list[Machine], list[str]]:
    known: dict[int, Machine] = {}
    for event in events:
        if event.of == "machine" and event.request is not None and any(event.request):
            platform = event.fields.get("platform_id")
            known[event.number] = Machine(f"m{event.number}", event.request, Frozen(platform=str(platform)) if platform else Frozen())
    if known:
        return list(known.values()), []
    seen = sorted({whole(event.fields, "machine_id", empty=0, least=-1) for event in events if event.of == "instance"} - {0, -1})
    note = "there are no machine events: the machines are those that tasks were on, all of the largest size"
    return [Machine(f"m{number}", largest) for number in seen], [note]


def _jobs(events: list[Event]) -> tuple[list[Job], list[str]]:
    collections: dict[int, Event] = {}
    tasks: dict[tuple[int, int], list[Event]] = {}
    for event in events:
        if event.of == "collection" and (event.number not in collections or event.kind == "SUBMIT"):
            collections[event.number] = event
        elif event.of == "instance":
            tasks.setdefault((event.number, event.task), []).append(event)
    sets = [number for number, event in collections.items() if event.fields.get("collection_type") in (1, "1", "ALLOC_SET")]
    alike: dict[int, dict[Resources, list[list[Event]]]] = {}
    for (number, _), happened in tasks.items():
        request = next((event.request for event in happened if event.request is not None), None)
        if request is not None and number not in sets:
            alike.setdefault(number, {}).setdefault(request, []).append(happened)
    jobs = [job for number, groups in alike.items() for job in _split(number, collections.get(number), groups)]
    return jobs, [f"alloc sets are left out: {len(sets)}"] if sets else []


def _split(number: int, collection: Event | None, groups: dict[Resources, list[list[Event]]]) -> Iterator[Job]:
    """One collection as one job, or as a job for each amount that its instances ask for."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for place, (request, instances) in enumerate(groups.items()):
        first = collection or instances[0][0]
        arrival_us = min(event.time_us for happened in instances for event in happened if event.time_us < AFTER_US)
        ending = letters[place] if place < len(letters) else str(place)
        yield Job(
            name=f"{number}.{ending}" if len(groups) > 1 else str(number),
            user=str(first.fields.get("user") or "unknown"),
            request=request,
            tasks=len(instances),
            priority=whole(first.fields, "priority", empty=0),
            arrival_ms=arrival_us // 1000,
            duration_ms=_duration_ms(instances),
        )


def _duration_ms(instances: list[list[Event]]) -> int | None:
    """The median of what was seen from start to end; None where nothing ended."""
    lasted = []
    for happened in instances:
        starts = [event.time_us for event in happened if event.kind == "SCHEDULE"]
        ends = [event.time_us for event in happened if event.kind in ENDS and event.time_us < AFTER_US]
        if starts and ends and max(ends) > max(starts):
            lasted.append((max(ends) - max(starts)) // 1000)
    return max(1, median_low(lasted)) if lasted else None

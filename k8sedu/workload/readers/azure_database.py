"""Azure's packing trace of 2020: two weeks of virtual machines, as an SQLite database.

    vm       vmId, tenantId, vmTypeId, priority (0 high, 1 low), starttime, endtime (fractional days; NULL is still alive)
    vmType   id, vmTypeId, machineId, core, memory, hdd, ssd, nic (parts of a machine of that kind)

A type of VM is as large a part of one kind of machine as it says, and of another kind another part. So one reads for one kind of machine,
the one on which most types may run unless another is named. How many machines there were the trace does not say; one says it.

A VM becomes a job of one task: its user is the tenant, its priority 200 (high) or 100 (low), and one that began before the window arrives
at 0. A machine is taken to have 1,000 parts of each thing, as `MACHINE` makes concrete.

Source: Azure/AzurePublicDataset, AzureTracesForPacking2020; Hadary et al., "Protean", OSDI 2020.
Left out: the network, and of the two disks the smaller share.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.readers.rows import BadValueError, Once, Reading, ReadingError, Sieve, part, shown, whole
from k8sedu.workload.resources import GIB, Resources

TABLES = {
    "vm": ("vmId", "tenantId", "vmTypeId", "priority", "starttime", "endtime"),
    "vmType": ("id", "vmTypeId", "machineId", "core", "memory", "hdd", "ssd", "nic"),
}
MACHINE = Resources(cpu_millicores=64_000, memory_bytes=256 * GIB, disk_bytes=1024 * GIB)
"""What one machine has, an assumption: the trace says parts of it only."""
DAY_MS = 86_400_000


def azure(
    path: Path | str, *, machines: int = 100, machine_id: int | None = None, machine: Resources = MACHINE, limit: int | None = None
) -> Reading:
    """The workload in the database.

    Args:
        path: the database.
        machines: how many machines to have.
        machine_id: their kind; the one on which most types may run otherwise.
        machine: what one of them has.
        limit: at most so many VMs, the first ones.

    Raises:
        ReadingError: it is no such database.
        OSError: it cannot be read.
    """
    path = Path(path)
    with path.open("rb") as opened:  # SQLite would make a file that is not there
        if opened.read(16) != b"SQLite format 3\0":
            raise ReadingError(f"{path.name} is not an SQLite database, expected one with the tables vm and vmType")
    with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as database:
        try:
            return _read(database, path.name, machine, machines=machines, machine_id=machine_id, limit=limit)
        except sqlite3.Error as error:
            raise ReadingError(f"{path.name}: {error}, expected a whole SQLite database with the tables vm and vmType") from None


def _read(
    database: sqlite3.Connection, file: str, machine: Resources, *, machines: int, machine_id: int | None, limit: int | None
) -> Reading:
    for table, columns in TABLES.items():
        _check(database, file, table, columns)
    sieve = Sieve()
    kind = machine_id if machine_id is not None else _most_welcoming(database)
    types: dict[int, Resources | None] = {}
    for number, mine, size in sieve.sift(f"{file}: vmType", _rows(database, "vmType", None), lambda row: _type(row, kind, machine)):
        types[number] = size if mine else types.get(number)
    if not any(types.values()):
        raise ReadingError(f"{file}: no type of VM may run on machines of the kind {kind}, expected another machineId")
    elsewhere: list[int] = []
    jobs = sieve.sift(f"{file}: vm", _rows(database, "vm", limit), _job(types, Once("vmId"), elsewhere))
    have = [Machine(f"m{number}", machine, Frozen(kind=str(kind))) for number in range(1, machines + 1)]
    notes = [f"{machines} machines of the kind {kind}: the trace does not say how many there were"]
    if elsewhere:
        notes.append(f"{len(elsewhere)} VMs are left out, whose types run on other kinds of machines only")
    return sieve.reading(have, jobs, notes=tuple(notes))


def _check(database: sqlite3.Connection, file: str, table: str, columns: tuple[str, ...]) -> None:
    met = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
    for column in columns:
        if column not in met:
            raise ReadingError(f"{file}: the table {table} has the columns {', '.join(met) or 'none'}, expected also {column!r}")


def _most_welcoming(database: sqlite3.Connection) -> Any:
    found = database.execute("SELECT machineId FROM vmType GROUP BY machineId ORDER BY COUNT(*) DESC, machineId LIMIT 1").fetchone()
    return found[0] if found else None


def _rows(database: sqlite3.Connection, table: str, limit: int | None) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows with their numbers, from 1 on, in the order in which they were written."""
    columns = TABLES[table]
    most = -1 if limit is None else limit
    for row in database.execute(f"SELECT rowid, {', '.join(columns)} FROM {table} ORDER BY rowid LIMIT ?", (most,)):
        yield row[0], dict(zip(columns, row[1:], strict=True))


def _type(row: dict[str, Any], kind: Any, machine: Resources) -> tuple[int, bool, Resources]:
    """A type's number, whether this row is about our kind of machine, and how much of it the type takes."""
    sizes = {column: part({column: row[column] or 0}, column, most=1) for column in ("core", "memory", "hdd", "ssd")}
    size = Resources(
        cpu_millicores=round(sizes["core"] * machine.cpu_millicores),
        memory_bytes=round(sizes["memory"] * machine.memory_bytes),
        disk_bytes=round(max(sizes["hdd"], sizes["ssd"]) * machine.disk_bytes),
    )
    return whole(row, "vmTypeId"), row["machineId"] == kind, size


def _job(types: dict[int, Resources | None], once: Once, elsewhere: list[int]) -> Callable[[dict[str, Any]], Job | None]:
    def make(row: dict[str, Any]) -> Job | None:
        number, priority = whole(row, "vmTypeId"), whole(row, "priority")
        if number not in types:
            raise BadValueError("vmTypeId", str(number), "a type of the table vmType")
        if priority > 1:
            raise BadValueError("priority", str(priority), "0 (high) or 1 (low)")
        arrival_ms, duration_ms = _times(row)
        name, user, size = f"vm-{once(str(whole(row, 'vmId')))}", f"tenant-{whole(row, 'tenantId')}", types[number]
        if size is None:
            elsewhere.append(number)
            return None
        return Job(name, user, size, priority=100 if priority else 200, arrival_ms=arrival_ms, duration_ms=duration_ms)

    return make


def _times(row: dict[str, Any]) -> tuple[int, int | None]:
    start, end = row["starttime"], row["endtime"]
    if not isinstance(start, int | float):
        raise BadValueError("starttime", shown(start), "a number of days")
    if end is not None and (not isinstance(end, int | float) or end < start or end < 0):
        raise BadValueError("endtime", shown(end), f"NULL, or a number of days from {max(start, 0):g} on")
    arrival_ms = round(max(start, 0) * DAY_MS)
    return arrival_ms, None if end is None else max(1, round(end * DAY_MS) - arrival_ms)

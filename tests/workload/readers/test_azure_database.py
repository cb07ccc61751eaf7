"""Laws of the reader of Azure's trace: parts of a machine become amounts, days become milliseconds, bad rows are told."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from k8sedu.workload.readers import azure
from k8sedu.workload.readers.rows import ReadingError
from k8sedu.workload.resources import Resources

MACHINE = Resources(cpu_millicores=1_000, memory_bytes=1_000, disk_bytes=1_000)
TYPES = [(1, 0, 16, 0.5, 0.25, 0.1, 0.2, 0.0), (2, 1, 16, 0.1, 0.1, None, 0.1, 0.0), (3, 2, 17, 1.0, 1.0, 0.0, 0.0, 0.0)]
GOOD = (1, 4, 0, 0, 0.5, 1.5)


def database(folder: Path, vms: Sequence[tuple[Any, ...]], types: Sequence[tuple[Any, ...]] = TYPES) -> Path:
    """A database with these rows."""
    path = folder / "azure.sqlite"
    with sqlite3.connect(path) as made:
        made.execute("CREATE TABLE vmType (id, vmTypeId, machineId, core, memory, hdd, ssd, nic)")
        made.execute("CREATE TABLE vm (vmId, tenantId, vmTypeId, priority, starttime, endtime)")
        made.executemany("INSERT INTO vmType VALUES (?, ?, ?, ?, ?, ?, ?, ?)", types)
        made.executemany("INSERT INTO vm VALUES (?, ?, ?, ?, ?, ?)", vms)
    made.close()
    return path


def test_rows_become_jobs(tmp_path: Path) -> None:
    """Parts of a machine as amounts, of two disks the larger part; days as milliseconds; who began before the window arrives at 0."""
    path = database(tmp_path, [GOOD, (2, 5, 1, 1, -2.0, None)])
    early, late = azure(path, machine=MACHINE, machines=3).workload.jobs
    assert (late.name, late.user, late.priority, late.arrival_ms, late.duration_ms) == ("vm-1", "tenant-4", 200, 43_200_000, 86_400_000)
    assert late.request == Resources(cpu_millicores=500, memory_bytes=250, disk_bytes=200)
    assert (early.priority, early.arrival_ms, early.duration_ms, early.request.disk_bytes) == (100, 0, None, 100)


def test_vms_of_other_machines_are_counted_and_are_no_fault(tmp_path: Path) -> None:
    """A type that runs on another kind only is left out on purpose; another kind can be asked for."""
    path = database(tmp_path, [GOOD, (2, 5, 2, 1, 0.0, None)])
    reading = azure(path)
    assert (len(reading.workload.jobs), reading.bad) == (1, ())
    assert any(note.startswith("1 VMs are left out") for note in reading.notes)
    assert [job.name for job in azure(path, machine_id=17).workload.jobs] == ["vm-2"]


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ((2, 4, 9, 0, 0.5, None), "column vmTypeId: met 9, expected a type of the table vmType"),
        ((2, 4, 0, 3, 0.5, None), "column priority: met 3, expected 0 (high) or 1 (low)"),
        ((2, 4, 0, 0, "noon", None), "column starttime: met 'noon', expected a number of days"),
        ((2, 4, 0, 0, 0.5, 0.25), "column endtime: met 0.25, expected NULL, or a number of days from 0.5 on"),
        ((1, 4, 0, 0, 0.5, None), "column vmId: met '1' again, expected each name once"),
        ((None, 4, 0, 0, 0.5, None), "column vmId: met nothing, expected a whole number from 0 on"),
    ],
)
def test_a_bad_row_is_left_out_and_told(tmp_path: Path, row: tuple[Any, ...], told: str) -> None:
    """File and table, row and column; the rows around it are read."""
    reading = azure(database(tmp_path, [GOOD, row, (3, 4, 1, 0, 0.5, None)]))
    assert [str(bad) for bad in reading.bad] == [f"azure.sqlite: vm, line 2, {told}"]
    assert len(reading.workload.jobs) == 2


def test_a_bad_type_is_told(tmp_path: Path) -> None:
    """A VM cannot be larger than its machine."""
    reading = azure(database(tmp_path, [GOOD], [*TYPES, (4, 3, 16, 1.5, 0.1, 0.0, 0.0, 0.0)]))
    assert str(reading.bad[0]) == "azure.sqlite: vmType, line 4, column core: met 1.5, expected a number from 0 to 1"


def test_what_is_no_such_database_is_a_sentence(tmp_path: Path) -> None:
    """No SQLite at all, other tables, a torn file, no machine of that kind; a missing file is the system's error, and none is made."""
    (tmp_path / "text").write_text("machine m1")
    with pytest.raises(ReadingError, match="text is not an SQLite database"):
        azure(tmp_path / "text")
    with sqlite3.connect(tmp_path / "other") as made:
        made.execute("CREATE TABLE vm (vmId)")
    made.close()
    with pytest.raises(ReadingError, match="the table vm has the columns vmId, expected also 'tenantId'"):
        azure(tmp_path / "other")
    path = database(tmp_path, [GOOD] * 200)
    with pytest.raises(ReadingError, match="no type of VM may run on machines of the kind 99"):
        azure(path, machine_id=99)
    path.write_bytes(path.read_bytes()[:3000])
    with pytest.raises(ReadingError, match=r"azure\.sqlite: .*expected a whole SQLite database"):
        azure(path)
    with pytest.raises(FileNotFoundError):
        azure(tmp_path / "none")
    assert not (tmp_path / "none").exists()

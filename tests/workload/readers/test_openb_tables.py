"""Laws of the reader of Alibaba's trace: every column becomes what it says, and a bad row is told with its place."""

from __future__ import annotations

import pytest

from k8sedu.workload.readers import openb_tables
from k8sedu.workload.readers.rows import ReadingError
from k8sedu.workload.resources import GIB

NODES = ["sn,cpu_milli,memory_mib,gpu,model", "n1,64000,262144,2,P100", "n2,32000,1024,0,"]
HEADER = "name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation_time,deletion_time,scheduled_time"


def read(*pods: str) -> openb_tables.Reading:
    """The workload of two machines and these pods."""
    return openb_tables.parse(NODES, [HEADER, *pods], where=("nodes.csv", "pods.csv"))


def test_machines_have_what_their_columns_say() -> None:
    """Millicores, MiB and GPUs; the model is an attribute where there is one."""
    first, second = read("p,0,0,0,,,LS,Running,0,,").workload.machines
    assert (first.capacity.cpu_millicores, first.capacity.memory_bytes, first.capacity.gpu_milli) == (64_000, 256 * GIB, 2_000)
    assert (first.attributes.model, second.attributes) == ("P100", {})


def test_pods_have_what_their_columns_say() -> None:
    """A part of a GPU, whole GPUs, models that will do, and times in seconds from arrival and from start."""
    pods = ("a,4000,1024,1,460,,BE,Running,7,107,10", "b,8000,2048,4,1000,V100M16|V100M32,LS,Running,5,,")
    whole, part = read(*pods).workload.jobs
    assert (part.request.gpu_milli, part.user, part.priority, part.arrival_ms, part.duration_ms) == (460, "be", 100, 7_000, 97_000)
    assert (whole.request.gpu_milli, whole.priority, whole.duration_ms) == (4_000, 200, None)
    assert whole.constraints == {"model": "V100M16|V100M32"}


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("p,x,1,0,,,LS,Running,0,,", "pods.csv, line 3, column cpu_milli: met 'x', expected a whole number from 0 on"),
        ("p,-5,1,0,,,LS,Running,0,,", "pods.csv, line 3, column cpu_milli: met '-5', expected a whole number from 0 on"),
        ("p,1.5,1,0,,,LS,Running,0,,", "pods.csv, line 3, column cpu_milli: met '1.5', expected a whole number from 0 on"),
        ("p,1,,0,,,LS,Running,0,,", "pods.csv, line 3, column memory_mib: met '', expected a whole number from 0 on"),
        ("p,1,1,2,500,,LS,Running,0,,", "pods.csv, line 3, column gpu_milli: met '500', expected 1000, since the pod wants 2 GPUs"),
        ("p,1,1,1,1500,,LS,Running,0,,", "pods.csv, line 3, column gpu_milli: met '1500', expected at most 1000, which is one GPU"),
        ("p,1,1,1,,,LS,Running,0,,", "pods.csv, line 3, column gpu_milli: met '', expected 1 to 1000, since the pod wants a GPU"),
        ("p,1,1,0,,,LS,Running,9,5,9", "pods.csv, line 3, column deletion_time: met '5', expected a time from 9 on"),
        ("p,1,1", "pods.csv, line 3, column num_gpu: met only 3 fields, expected 11"),
        ("p,1,1,0,,,LS,Running,0,,,,", "pods.csv, line 3, column 12: met 13 fields, expected 11"),
        ("ok,1,1,0,,,LS,Running,0,,", "pods.csv, line 3, column name: met 'ok' again, expected each name once"),
        (",1,1,0,,,LS,Running,0,,", "pods.csv, line 3, column name: met nothing, expected a name"),
        ("p,١,1,0,,,LS,Running,0,,", "pods.csv, line 3, column cpu_milli: met '١', expected a whole number from 0 on"),
    ],
)
def test_a_bad_row_is_left_out_and_told(row: str, told: str) -> None:
    """File, line and column; the rows around it are read."""
    reading = read("ok,1,1,0,,,LS,Running,0,,", row, "after,1,1,0,,,LS,Running,0,,")
    assert [str(bad) for bad in reading.bad] == [told]
    assert (reading.rows, [job.name for job in reading.workload.jobs]) == (5, ["ok", "after"])
    assert reading.told() == [told, "1 of 5 rows was left out."]


def test_the_line_is_that_of_the_file() -> None:
    """Empty lines and quoted line breaks are counted."""
    reading = read("\n", '"a\n', 'b",1,1,0,,,LS,Running,0,,\n', "\n", "bad,x,1,0,,,LS,Running,0,,\n")
    assert [bad.line for bad in reading.bad] == [6]


def test_many_bad_rows_are_counted() -> None:
    """The first ten are told in full, all of them are kept."""
    reading = read(*(f"p{number},x,1,0,,,LS,Running,0,," for number in range(25)))
    assert len(reading.bad) == 25
    assert len(reading.told()) == 11
    assert reading.told()[-1] == "25 of 27 rows were left out, the first 10 of them above."


def test_a_missing_column_ends_the_reading() -> None:
    """Nothing could be right without it."""
    with pytest.raises(ReadingError, match=r"pods\.csv, line 1: met the columns name, cpu_milli, expected also 'memory_mib'"):
        openb_tables.parse(NODES, ["name,cpu_milli"], where=("nodes.csv", "pods.csv"))
    with pytest.raises(ReadingError, match=r"nodes\.csv, line 1: met the columns no header"):
        openb_tables.parse([], [HEADER], where=("nodes.csv", "pods.csv"))


def test_variants_without_times_are_read() -> None:
    """Some variants of the trace keep the first columns only: all pods arrive at once and stay."""
    reading = openb_tables.parse(NODES, ["name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec", "p,1,1,1,250,"])
    assert (reading.workload.jobs[0].arrival_ms, reading.workload.jobs[0].duration_ms, reading.workload.jobs[0].user) == (0, None, "pods")

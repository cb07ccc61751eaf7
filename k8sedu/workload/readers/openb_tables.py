"""Alibaba's GPU cluster of 2023 ("openb"): machines and pods as two CSV files.

    nodes   sn, cpu_milli, memory_mib, gpu, model
    pods    name, cpu_milli, memory_mib, num_gpu, gpu_milli, gpu_spec, qos, pod_phase, creation_time, deletion_time, scheduled_time

`gpu_milli` is thousandths of one GPU, and only a pod that wants a single GPU may want a part of it. `gpu_spec` names the models that will
do, as `V100M16|V100M32`. Times are seconds from the first pod on. The last three columns of pods may be missing: variants of the trace
have been cut to what packing needs.

What the trace does not say and this course's words want: the *user* of a pod is its quality of service (`ls` latency sensitive, `be` best
effort, …), and its *priority* follows from it, see `PRIORITY`.

Source: alibaba/clusterdata, cluster-trace-gpu-v2023; Weng et al., "Beware of Fragmentation", USENIX ATC 2023.
Left out: the phase. A pod that failed asked for its machine all the same.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine
from k8sedu.workload.readers.rows import BadValueError, Once, Reading, ReadingError, Sieve, shown, whole
from k8sedu.workload.resources import MIB, Resources

NODES = ("sn", "cpu_milli", "memory_mib", "gpu", "model")
PODS = ("name", "cpu_milli", "memory_mib", "num_gpu", "gpu_milli", "gpu_spec")
PRIORITY = {"guaranteed": 200, "ls": 200, "burstable": 150, "be": 100}
"""Quality of service → priority, an assumption of this course: who is sensitive to delay goes before who is not."""

Row = Mapping[str, str]


def parse(nodes: Iterable[str], pods: Iterable[str], *, where: tuple[str, str] = ("nodes", "pods")) -> Reading:
    """The workload in the lines of these two files; `where` are their names, for what is told.

    Raises:
        ReadingError: a column is missing.
        WorkloadError: no usable machine is left.
    """
    sieve = Sieve()
    machines = sieve.sift(where[0], table(nodes, NODES, where[0]), _machine(Once("sn")))
    jobs = sieve.sift(where[1], table(pods, PODS, where[1]), _job(Once("name")))
    return sieve.reading(machines, jobs, notes=("the user of a pod is its quality of service, and its priority follows from it",))


def table(lines: Iterable[str], columns: tuple[str, ...], where: str) -> Iterator[tuple[int, Row | BadValueError]]:
    """The rows of a CSV file with the line on which each begins; a row with too few or too many fields is a `BadValueError`.

    Raises:
        ReadingError: there is no header, or a column is missing in it.
    """
    reader = csv.reader(lines, strict=True)
    header = [name.strip() for name in next(reader, [])]
    for column in columns:
        if column not in header:
            met = ", ".join(header) or "no header"
            raise ReadingError(f"{where}, line 1: met the columns {met}, expected also {column!r}")
    while True:
        line = reader.line_num + 1
        try:
            fields = next(reader, None)
        except csv.Error as error:
            yield line, BadValueError("1", f"a broken row ({error})", f"{len(header)} fields with commas between them")
            continue
        if fields is None:
            return
        if fields:
            yield line, _row(header, fields)


def _row(header: list[str], fields: list[str]) -> Row | BadValueError:
    if len(fields) < len(header):
        return BadValueError(header[len(fields)], f"only {len(fields)} fields", f"{len(header)}")
    if len(fields) > len(header):
        return BadValueError(str(len(header) + 1), f"{len(fields)} fields", f"{len(header)}")
    return dict(zip(header, fields, strict=True))


def _machine(once: Once) -> Callable[[Row], Machine]:
    def make(row: Row) -> Machine:
        capacity = Resources(
            cpu_millicores=whole(row, "cpu_milli", least=1), memory_bytes=whole(row, "memory_mib") * MIB, gpu_milli=whole(row, "gpu") * 1000
        )
        return Machine(once(row["sn"]), capacity, Frozen(model=row["model"]) if row["model"] else Frozen())

    return make


def _job(once: Once) -> Callable[[Row], Job]:
    def make(row: Row) -> Job:
        quality = row.get("qos", "").lower() or "pods"
        arrival_s = whole(row, "creation_time", empty=0)
        return Job(
            request=Resources(
                cpu_millicores=whole(row, "cpu_milli"), memory_bytes=whole(row, "memory_mib") * MIB, gpu_milli=_gpu_milli(row)
            ),
            user=quality,
            priority=PRIORITY.get(quality, 0),
            arrival_ms=arrival_s * 1000,
            duration_ms=_duration_ms(row, arrival_s),
            constraints=Frozen(model=row["gpu_spec"].strip("|")) if row["gpu_spec"].strip("|") else Frozen(),
            name=once(row["name"]),
        )

    return make


def _gpu_milli(row: Row) -> int:
    count, each = whole(row, "num_gpu"), whole(row, "gpu_milli", empty=0)
    if each > 1000:
        raise BadValueError("gpu_milli", shown(row["gpu_milli"]), "at most 1000, which is one GPU")
    if count > 1 and each != 1000:
        raise BadValueError("gpu_milli", shown(row["gpu_milli"]), f"1000, since the pod wants {count} GPUs")
    if count == 1 and not each:
        raise BadValueError("gpu_milli", shown(row["gpu_milli"]), "1 to 1000, since the pod wants a GPU")
    return count * each


def _duration_ms(row: Row, arrival_s: int) -> int | None:
    """From the start to the end; None where the trace ends first."""
    end_s = whole(row, "deletion_time", empty=0)
    start_s = whole(row, "scheduled_time", empty=arrival_s)
    if end_s and end_s < start_s:
        raise BadValueError("deletion_time", shown(row["deletion_time"]), f"a time from {start_s} on")
    return max(1, end_s - start_s) * 1000 if end_s else None

"""A workload as a short text, to write by hand, mail, and read aloud.

    # two machines in zone a, two that are smaller
    machine m1 cpu=8 memory=32Gi zone=a
    machine m2 cpu=8 memory=32Gi zone=a
    machines 2 small cpu=4 memory=16Gi zone=b        # small-1, small-2

    job web user=ann tasks=3 cpu=500m memory=1Gi priority=200
    job batch user=bob tasks=10 cpu=1 memory=2Gi priority=100 at=1500 for=8000 needs.zone=a

    at 9000 crash m2
    at 15000 restart m2

`at` is the arrival and `for` the length of a job, in milliseconds; a job without `for` is a service that never ends. What a machine says of
itself is any other word; a job asks for it with `needs.`. The lines that begin with `at` are failures, as in every scenario of this course.

Left out: everything that `k8sedu.workload.jobs` leaves out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from k8sedu.trace import Frozen
from k8sedu.workload.jobs import Job, Machine, Workload
from k8sedu.workload.readers.rows import BadValueError, Once, Reading, ReadingError, Sieve, whole
from k8sedu.workload.resources import NAMES, Resources, ResourcesError, amount

FORMS = {
    "machine": "machine NAME cpu=8 memory=32Gi zone=a",
    "machines": "machines COUNT NAME cpu=8 memory=32Gi",
    "job": "job NAME user=ann tasks=3 cpu=500m memory=1Gi priority=200 at=0 for=8000",
    "at": "at 9000 crash m2",
}
JOB_WORDS = ("user", "tasks", "priority", "at", "for", *NAMES)
_NAME = re.compile(r"[^\s=#|/]+")


class Line(NamedTuple):
    """One line, taken apart: what it is about, the plain words after that, and the pairs."""

    form: str
    words: tuple[str, ...]
    pairs: dict[str, str]
    text: str


def parse(lines: Iterable[str], *, where: str = "workload") -> Reading:
    r"""The workload in these lines; `where` is the file's name, for what is told.

    >>> reading = parse("machine m1 cpu=4\njob web user=ann cpu=500m tasks=2\nat 9000 crash m1\n".splitlines())
    >>> reading.workload.jobs[0].request.cpu_millicores, reading.faults
    (500, ('at 9000 crash m1',))

    Raises:
        WorkloadError: no usable machine is left.
    """
    sieve = Sieve()
    names, once = Once("NAME"), Once("NAME")
    machines: list[Machine] = []
    jobs: list[Job] = []
    faults: list[str] = []

    def make(line: Line) -> Line:
        if line.form == "at":
            faults.append(line.text)
        elif line.form == "job":
            jobs.append(_job(line, names))
        else:
            machines.extend(_machines(line, once))
        return line

    sieve.sift(where, _lines(lines), make)
    return sieve.reading(machines, jobs, faults=tuple(faults))


def format(workload: Workload, faults: Iterable[str] = ()) -> str:  # noqa: A001 (as Fault.format and Scenario.format)
    """The text of a workload; `parse` gives an equal one back.

    Raises:
        ReadingError: a name or a word holds a letter that has a meaning here.
    """
    for word in (*(machine.name for machine in workload.machines), *(word for job in workload.jobs for word in (job.name, job.user))):
        if not _NAME.fullmatch(word):
            raise ReadingError(f"the name {word!r} cannot stand in a line, expected one without blanks and = # | /")
    machines = (f"machine {machine.name} {_pairs(machine.capacity)}{_words(machine.attributes)}" for machine in workload.machines)
    return "\n".join([*machines, "", *map(_job_line, workload.jobs), "", *faults, ""])


def _job_line(job: Job) -> str:
    length = "" if job.duration_ms is None else f" for={job.duration_ms}"
    sizes = f" {_pairs(job.request)}" if any(job.request) else ""
    needs = _words(job.constraints, before="needs.")
    return f"job {job.name} user={job.user} tasks={job.tasks}{sizes} priority={job.priority} at={job.arrival_ms}{length}{needs}"


def _pairs(amounts: Resources) -> str:
    return " ".join(f"{name}={_amount(name, value)}" for name, value in amounts.named.items())


def _amount(name: str, value: int) -> str:
    """An amount as people write it, and exact: `500m`, `16`, `64Gi`."""
    if name in {"cpu", "gpu"}:
        return f"{value}m" if value % 1000 else str(value // 1000)
    unit = next((letter for power, letter in ((4, "Ti"), (3, "Gi"), (2, "Mi"), (1, "Ki")) if value % 1024**power == 0), "")
    return f"{value // 1024 ** ' KMGT'.index(unit[0])}{unit}" if unit else str(value)


def _words(attributes: Frozen, *, before: str = "") -> str:
    return "".join(f" {before}{key}={value}" for key, value in attributes.items())


def _lines(lines: Iterable[str]) -> Iterator[tuple[int, Line | BadValueError]]:
    for number, line in enumerate(lines, 1):
        text = re.sub(r"(^|\s)#.*", "", line).strip()
        if text:
            try:
                yield number, _line(text)
            except BadValueError as error:
                yield number, error


def _line(text: str) -> Line:
    form, *rest = text.split()
    if form not in FORMS:
        raise BadValueError("1", repr(form), f"one of {', '.join(FORMS)}")
    if form == "at":
        return Line(form, (), {}, text)
    plain = 2 if form == "machines" else 1
    words, pairs = rest[:plain], dict[str, str]()
    if len(words) < plain or any("=" in word for word in words):
        raise BadValueError("NAME", "nothing", FORMS[form])
    for pair in rest[plain:]:
        key, equals, value = pair.partition("=")
        if not (key and equals and value) or key in pairs:
            raise BadValueError(key or "1", repr(pair), "each word once, as WORD=VALUE")
        pairs[key] = value
    return Line(form, tuple(words), pairs, text)


def _machines(line: Line, once: Once) -> Iterator[Machine]:
    capacity = _sizes(line)
    if not any(capacity):
        raise BadValueError("cpu", "nothing", FORMS[line.form])
    attributes = Frozen({key: value for key, value in line.pairs.items() if key not in NAMES})
    if line.form == "machine":
        yield Machine(once(_name(line.words[0])), capacity, attributes)
        return
    for number in range(1, whole({"COUNT": line.words[0]}, "COUNT", least=1) + 1):
        yield Machine(once(f"{_name(line.words[1])}-{number}"), capacity, attributes)


def _job(line: Line, once: Once) -> Job:
    pairs = line.pairs
    for key in pairs:
        if key not in JOB_WORDS and not key.startswith("needs."):
            raise BadValueError(key, repr(key), f"one of {', '.join(JOB_WORDS)}, or needs.WORD")
    needs = {key.removeprefix("needs."): value for key, value in pairs.items() if key.startswith("needs.")}
    return Job(
        request=_sizes(line),
        user=pairs.get("user", "somebody"),
        tasks=whole(pairs, "tasks", least=1, empty=1),
        priority=whole(pairs, "priority", empty=0),
        arrival_ms=whole(pairs, "at", empty=0),
        duration_ms=whole(pairs, "for", least=1) if "for" in pairs else None,
        constraints=Frozen(needs),
        name=once(_name(line.words[0])),
    )


def _name(word: str) -> str:
    if not _NAME.fullmatch(word):
        raise BadValueError("NAME", repr(word), "a name without = # | /")
    return word


def _sizes(line: Line) -> Resources:
    found = {}
    for name in NAMES:
        try:
            found[name] = amount(line.pairs.get(name, "0"), name if name in {"cpu", "gpu"} else "bytes")
        except ResourcesError as error:
            raise BadValueError(name, repr(line.pairs[name]), str(error).rpartition("expected ")[2]) from None
    return Resources(found["cpu"], found["memory"], found["disk"], found["gpu"])

"""Without walls: the same worker in an ordinary process. For a teacher's own notebooks, and for machines that have no bubblewrap.

There are limits of time, memory and files, and an empty folder to work in; and nothing keeps the code from reading the teacher's home, or
from using the network. So nobody gets here by accident, and every outcome says `sandboxed=False`.

Left out: any protection against a student who means harm.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import k8sedu
from k8sedu.course.sandbox.host import Raw, encode, outcome
from k8sedu.course.sandbox.job import Job, Limits, Outcome

START = """
import json, sys
sys.path.insert(0, {package!r})
from k8sedu.course.sandbox.inside import worker
job = json.load(open({job!r}, encoding="utf-8"))
worker.run(job, worker.writer({results}))
"""


def run(job: Job, limits: Limits) -> Outcome:
    """Run a job without a sandbox."""
    word = secrets.token_hex(16)
    with tempfile.TemporaryDirectory(prefix="k8sedu-") as folder:
        written = Path(folder, "job.json")
        written.write_bytes(encode(job, limits, word))
        work = Path(folder, "work")
        work.mkdir()
        results, output = Path(folder, "results"), Path(folder, "output")
        raw = _process(written, work, results, output, limits)
    return outcome(job, raw, word, sandboxed=False)


def _process(job: Path, work: Path, results: Path, output: Path, limits: Limits) -> Raw:
    """One process; its results and its output go to files, which are read up to their limits."""
    start = time.monotonic()
    with results.open("wb") as told, output.open("wb") as printed:
        text = START.format(package=str(Path(k8sedu.__file__).parent.parent), job=str(job), results=told.fileno())
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        process = subprocess.Popen(
            [sys.executable, "-B", "-c", text], cwd=work, stdin=subprocess.DEVNULL, stdout=printed, stderr=subprocess.STDOUT,
            pass_fds=[told.fileno()], start_new_session=True, env={"PATH": os.defpath, "HOME": str(work)},
            preexec_fn=lambda: _limit(limits),  # noqa: PLW1509  # no thread is alive here, and limits can be set in no other way
        )  # fmt: skip
        killed = ""
        try:
            process.wait(limits.wall_s)
        except subprocess.TimeoutExpired:
            killed = "time"
        finally:
            _kill(process)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_ms = round((after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000)
    status = {"exit": process.returncode, "killed": killed, "cpu_ms": cpu_ms}
    wall_ms = round((time.monotonic() - start) * 1000)
    said, is_cut = _head(output, limits.output_bytes)
    return Raw(_head(results, limits.result_bytes)[0], said, json.loads(json.dumps(status)), is_cut, wall_ms)


def _limit(limits: Limits) -> None:
    cpu_s = max(1, round(limits.cpu_s))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s + 1))
    resource.setrlimit(resource.RLIMIT_AS, (limits.memory_bytes, limits.memory_bytes))
    largest = max(limits.files_bytes, limits.result_bytes, limits.output_bytes)
    resource.setrlimit(resource.RLIMIT_FSIZE, (largest, largest))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the process and all that it has started."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait()


def _head(path: Path, size: int) -> tuple[bytes, bool]:
    with path.open("rb") as file:
        return file.read(size), path.stat().st_size > size

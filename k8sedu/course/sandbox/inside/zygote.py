"""The zygote: has everything imported that homework needs, and splits off one child for each submission.

Starting Python and importing the models takes longer than most homework. So it is done once, inside the sandbox, and each submission gets a
copy of that process, which the kernel makes in a few milliseconds by sharing all memory that is only read. The zygote itself never runs a
line of a student's and never holds an answer; the child gives up every right before it runs its job.

One job at a time: a message with three descriptors (job, results, output), then one message back that says how the child ended. A message
in between means: kill it.

Source: the name and the idea are Android's.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import resource
import select
import signal
import socket
import sys
from typing import Any

from k8sedu.course.sandbox.inside import confine, worker

MESSAGE_BYTES = 65_536


def main(descriptor: int, preload: list[str]) -> None:
    """Import, say that all is ready, and serve jobs until the other side closes."""
    control = socket.socket(fileno=descriptor)
    for name in preload:
        importlib.import_module(name)
    own_processes = os.open("/proc/self/ns/pid", os.O_RDONLY)
    gc.collect()
    gc.freeze()  # memory that nobody touches stays shared
    control.send(b"ready")
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, MESSAGE_BYTES, 3)
        if not message:
            return
        answer = serve(json.loads(message), descriptors, control, own_processes)
        for each in descriptors:
            os.close(each)
        control.send(json.dumps(answer).encode())


def serve(limits: dict[str, Any], descriptors: list[int], control: socket.socket, own_processes: int) -> dict[str, Any]:
    """Run one job in a child of its own, which is the first process of a new process namespace."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    confine.unshare(confine.CLONE_NEWPID)
    child = os.fork()
    if child == 0:
        live(limits, descriptors, control.fileno())
    confine.enter(own_processes, confine.CLONE_NEWPID)
    was_killed = watch(child, control, limits["wall_s"])
    _, status = os.waitpid(child, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"exit": os.waitstatus_to_exitcode(status), "killed": was_killed, "cpu_ms": round(cpu_s * 1000)}


def watch(child: int, control: socket.socket, wall_s: float) -> str:
    """Wait for the child's end; kill it when its time is over ("time") or when the other side says so ("asked")."""
    handle = os.pidfd_open(child)
    try:
        ready, _, _ = select.select([handle, control.fileno()], [], [], wall_s)
        if handle in ready:
            return ""
        if control.fileno() in ready:
            control.recv(MESSAGE_BYTES)
        os.kill(child, signal.SIGKILL)
        return "asked" if control.fileno() in ready else "time"
    finally:
        os.close(handle)


def live(limits: dict[str, Any], descriptors: list[int], control: int) -> None:
    """The child's whole life: lock itself in, read the job, run it, end. It never returns."""
    code = 1
    try:
        os.close(control)
        job, results, output = descriptors
        confine.own_files(limits["files_bytes"])
        text = os.fdopen(job, "rb").read()
        _arrange(results, output)
        confine.drop_rights(limits)
        worker.run(json.loads(text), worker.writer(RESULTS))
        code = 0
    except BaseException as error:  # nothing may leave this frame alive, or there would be two zygotes
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


RESULTS = 3
"""The descriptor of the results in the child."""


def _arrange(results: int, output: int) -> None:
    """Input is empty, output and errors go to one pipe, results to another; every other descriptor is closed."""
    results, output = os.dup2(results, 60), os.dup2(output, 61)
    nothing = os.open("/dev/null", os.O_RDONLY)
    for target, source in ((0, nothing), (1, output), (2, output), (RESULTS, results)):
        os.dup2(source, target)
    os.closerange(RESULTS + 1, 1024)
    sys.stdout = os.fdopen(1, "w", buffering=8192, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stderr = os.fdopen(2, "w", buffering=1, encoding="utf-8", errors="backslashreplace", closefd=False)
    sys.stdin = os.fdopen(0, encoding="utf-8", closefd=False)

"""The trusted side: starts a zygote, hands jobs in, and reads what comes out, never more than it said it would.

A `Cage` is one zygote and serves one job after the other. Whatever a job does, its cage is either well afterwards or thrown away and
built anew: the next submission never notices. Reading has its own limits and its own clock, because a child that is not supposed to
write without end may do so all the same.

Left out: several jobs at once in one cage. Who has more processors has more cages, one in each process of the grader's pool.
"""

from __future__ import annotations

import json
import os
import secrets
import select
import socket
import subprocess
import time
from contextlib import suppress
from typing import Any, NamedTuple

from k8sedu.course.sandbox import bubblewrap
from k8sedu.course.sandbox.job import CellReport, Ended, Job, Limits, Outcome, Refusal, SandboxError, Value, missing
from k8sedu.course.sandbox.reply import read

START_S = 60.0
GRACE_S = 2.0
"""So much longer than its own time a job may take before the whole cage is thrown away."""
CHUNK = 65_536


class Raw(NamedTuple):
    """What came out of a process, before anybody believes it."""

    results: bytes
    output: bytes
    status: dict[str, Any] | None
    is_cut: bool
    wall_ms: int


class Cage:
    """One zygote behind walls.

    Raises:
        SandboxError: bubblewrap is not installed, or may not be used here.
    """

    def __init__(self, preload: tuple[str, ...] = bubblewrap.PRELOAD) -> None:
        self.preload = preload
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._start()

    def run(self, job: Job, limits: Limits) -> Outcome:
        """Run one job; whatever it does, there is an outcome."""
        word = secrets.token_hex(16)
        text = encode(job, limits, word)
        for attempt in (1, 2):
            if self._process is None or self._process.poll() is not None:
                self._restart()
            try:
                raw = self._serve(text, limits)
            except OSError:
                if attempt == 2:
                    raise SandboxError("the sandbox ended twice before a job could be handed in") from None
                self._restart()
                continue
            if raw.status is None:
                self._restart()
            return outcome(job, raw, word, sandboxed=True)
        raise AssertionError("both attempts return or raise")

    def close(self) -> None:
        """End the zygote, and with it whatever is in the cage."""
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            with suppress(OSError):
                self._process.kill()
            self._process.communicate()
        self._process = self._control = None

    def _restart(self) -> None:
        self.close()
        self._start()

    def _start(self) -> None:
        bubblewrap.program()  # before anything is opened
        here, there = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with there:
            words = bubblewrap.command(there.fileno(), preload=self.preload)
            self._process = subprocess.Popen(
                words, pass_fds=[there.fileno()], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
            )
        self._control = here
        here.settimeout(START_S)
        try:
            ready = here.recv(16)
        except OSError:
            ready = b""
        if ready != b"ready":
            here.close()
            raise SandboxError(f"bubblewrap cannot lock code in on this machine: {self._complaint()}")

    def _complaint(self) -> str:
        """The last line that the dead process has written."""
        assert self._process is not None
        self._process.kill()
        said = self._process.communicate()[1].decode(errors="replace").strip().splitlines()
        self._process = None
        return said[-1][:300] if said else "it gave no reason"

    def _serve(self, text: bytes, limits: Limits) -> Raw:
        """Hand one job in and read until the child has ended."""
        assert self._control is not None
        start = time.monotonic()
        results, results_in = os.pipe()
        output, output_in = os.pipe()
        job = os.memfd_create("job")
        try:
            os.write(job, text)
            os.lseek(job, 0, os.SEEK_SET)
            message = json.dumps(limits._asdict()).encode()
            socket.send_fds(self._control, [message], [job, results_in, output_in])
            for descriptor in (job, results_in, output_in):
                os.close(descriptor)
            reader = _Reader(results, output, limits)
            status = reader.listen(self._control, deadline=start + limits.wall_s + GRACE_S)
            return Raw(reader.results, reader.output, status, reader.is_cut, round((time.monotonic() - start) * 1000))
        finally:
            os.close(results)
            os.close(output)


class _Reader:
    """Reads two pipes up to their limits, and the zygote's word about the end."""

    def __init__(self, results: int, output: int, limits: Limits) -> None:
        self.parts: dict[int, list[bytes]] = {results: [], output: []}
        self.room = {results: limits.result_bytes, output: limits.output_bytes}
        self._ends = (results, output)
        self.is_cut = False

    @property
    def results(self) -> bytes:
        return b"".join(self.parts[self._ends[0]])

    @property
    def output(self) -> bytes:
        return b"".join(self.parts[self._ends[1]])

    def listen(self, control: socket.socket, *, deadline: float) -> dict[str, Any] | None:
        """Read until the child has ended; its status, or None when the zygote itself is gone."""
        status: dict[str, Any] | None = None
        asked = False
        waiting = {*self.parts, control.fileno()}
        while status is None or waiting:
            left = deadline - time.monotonic()
            ready, _, _ = select.select(list(waiting), [], [], 0 if status else max(left, 0))
            if not ready:
                return status  # ended, and all that was written has been read; or not ended in time
            for each in ready:
                if each == control.fileno():
                    message = control.recv(CHUNK)
                    if not message:
                        return None
                    status = dict(json.loads(message))
                    waiting.discard(each)
                elif not self._take(each):
                    waiting.discard(each)
            if self.is_cut and not asked and status is None:
                control.send(b"kill")
                asked = True
        return status

    def _take(self, descriptor: int) -> bool:
        """Read a piece of one pipe; what is over its limit is thrown away. False at its end."""
        found = os.read(descriptor, CHUNK)
        kept = found[: self.room[descriptor]]
        self.room[descriptor] -= len(kept)
        self.is_cut = self.is_cut or len(kept) < len(found)
        self.parts[descriptor].append(kept)
        return bool(found)


def encode(job: Job, limits: Limits, word: str) -> bytes:
    """A job as the worker reads it.

    Raises:
        SandboxError: a value of the job that JSON cannot carry.
    """
    cells = [{"id": cell.id, "source": cell.source} for cell in job.cells]
    calls = [{"name": call.name, "arguments": None if call.arguments is None else list(call.arguments)} for call in job.calls]
    whole = {"cells": cells, "calls": calls, "given": dict(job.given), "limits": limits._asdict(), "word": word}
    try:
        return json.dumps(whole, allow_nan=False).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise SandboxError(f"the job holds a value that JSON cannot carry into the sandbox: {error}") from None


def outcome(job: Job, raw: Raw, word: str, *, sandboxed: bool) -> Outcome:
    """Put together what can be believed of what came out."""
    reply = read(raw.results, job, word)
    ended = _ended(raw, is_whole=reply.is_whole, cells=tuple(reply.cells.values()))
    why = {"finished": "", "exited": "it ended Python itself"}.get(ended, f"it was ended ({ended})")
    answers = tuple(reply.answers.get(index) or missing("not reached", why) for index in range(len(job.calls)))
    reports = tuple(reply.cells.get(index) or CellReport(cell.id, "not reached") for index, cell in enumerate(job.cells))
    notes = (*reply.notes, *(("output cut",) if raw.is_cut else ()))
    cpu_ms = raw.status["cpu_ms"] if raw.status else 0
    text = raw.output.decode("utf-8", "replace")
    return Outcome(answers, reports, text, ended, sandboxed, raw.wall_ms, cpu_ms, notes)


def _ended(raw: Raw, *, is_whole: bool, cells: tuple[CellReport, ...]) -> Ended:
    """Which word fits the end."""
    if raw.status is None:
        return "crashed"
    if raw.is_cut:
        return "output"
    if raw.status["killed"]:
        return "time"
    code = raw.status["exit"]
    if code in (-24, -9) and not is_whole:  # SIGXCPU, SIGKILL: the limit of computing time, or the machine had no memory left
        return "time" if code == -24 or raw.status["cpu_ms"] >= 900 else "killed"
    if code < 0:
        return "killed"
    if is_whole:
        return "memory" if any(cell.status == "memory" for cell in cells) else "finished"
    return "exited"


__all__ = ["Cage", "Raw", "Refusal", "Value", "encode", "outcome"]

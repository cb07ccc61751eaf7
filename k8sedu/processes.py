"""A pool of processes that share a long job, and that end when they should: with their work, with Ctrl-C, with whoever started them.

Each worker has a pipe of its own, and a thread of the starter hands it one call after the other. So workers share no lock, and may be ended
at any moment, in the middle of anything, without somebody waiting for ever; and a worker that dies takes the one call that it had in hand.
Ctrl-C reaches all processes of a terminal at once: here it is heard by the starter alone, which ends its workers without waiting for what
they have in hand.

Left out: replacing a worker that died. The others go on; who wants the lost call asks for it again.
"""

from __future__ import annotations

import contextlib
import math
import multiprocessing
import os
import pickle
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError, Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple, TypeVar

from k8sedu.interrupts import undisturbed

GRACE_S = 0.5
"""So long may workers take to tidy up (remove a folder, end a browser) before they are killed."""

GLANCE_S = 0.2
"""So long is a wait at most. Python may miss a signal that comes just as a wait begins, and sees it when the wait ends."""

Given = TypeVar("Given")
"""Whatever a caller has that takes calls: it need not be a subclass of concurrent.futures' own."""

_LOST = "a worker process ended in the middle of its work: it was killed, or the memory ran out"


@contextmanager
def pool(workers: int, *, fork: bool = False) -> Iterator[Executor]:
    """Processes that take calls, until the block is left: after an error or Ctrl-C at once, otherwise when all that was asked is done.

    Args:
        workers: so many processes.
        fork: let workers be copies of this process, where the system allows it. That starts fast, and keeps scripts without a `__main__`
            guard working. Otherwise they know nothing of the memory of who started them.
    """
    method = "fork" if fork and sys.platform == "linux" else _method()
    made = _Pool()
    try:
        with undisturbed():
            made.start(workers, method)
        yield made
        made.shutdown()
    except BaseException:
        with undisturbed():
            made.give_up()
        raise


@contextmanager
def chosen(executor: Given | None, *, workers: int | None, runs: int) -> Iterator[Given | Executor | None]:
    """Who computes so many runs: the given executor, which stays open; else a pool of processes; None if this process is enough.

    Args:
        executor: of a caller, a pool of concurrent.futures or a Dask client's.
        workers: at most so many processes; one per processor otherwise.
        runs: more processes than runs would have nothing to do.
    """
    count = min(processors() if workers is None else max(workers, 1), runs)
    if executor is not None or count <= 1:
        yield executor
        return
    with pool(count, fork=True) as processes:
        yield processes


def processors() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def end_all() -> None:
    """End all workers of this process now."""
    _end(multiprocessing.active_children())


def _end(processes: Iterable[BaseProcess]) -> None:
    """End processes of ours. They may tidy up for a moment."""
    started = list(processes)
    for process in started:
        process.terminate()
    last = time.monotonic() + GRACE_S
    for process in started:
        process.join(max(0.0, last - time.monotonic()))
    for process in started:
        process.kill()  # one that has ended does not mind
        process.join()


def _method() -> str:
    """How a process is started that is no copy of this one."""
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return "spawn"
    from multiprocessing import resource_tracker

    with contextlib.suppress(OSError):
        resource_tracker.ensure_running()  # here, since starting it unblocks Ctrl-C in some versions of Python
    return "forkserver"


# -- the starter's side -----------------------------------------------------------------------------------------------------------------


class _Answer(Future[Any]):
    """A result to come. Who waits for it looks up now and then."""

    def result(self, timeout: float | None = None) -> Any:
        """The value, or the error raised."""
        self._await(timeout)
        return super().result(0)

    def exception(self, timeout: float | None = None) -> BaseException | None:
        """The error, or None."""
        self._await(timeout)
        return super().exception(0)

    def _await(self, timeout: float | None) -> None:
        last = math.inf if timeout is None else time.monotonic() + timeout
        while not self.done() and (left := last - time.monotonic()) > 0:
            with contextlib.suppress(TimeoutError, CancelledError):
                super().exception(min(left, GLANCE_S))


class _Call(NamedTuple):
    future: _Answer
    work: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]]


class _Pool(Executor):
    """Workers, a queue of calls, and a thread for each worker."""

    def __init__(self) -> None:
        self._calls: queue.SimpleQueue[_Call | None] = queue.SimpleQueue()
        self._workers: list[tuple[BaseProcess, Connection]] = []
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._serving = 0

    def start(self, workers: int, method: str) -> None:
        """Start all processes, and only then the threads: a copy of a process with threads may inherit a lock that nobody opens."""
        context: Any = multiprocessing.get_context(method)
        for _ in range(workers):
            ours, theirs = context.Pipe()
            inherited = [pipe for _, pipe in self._workers] + [ours] if method == "fork" else []
            process = context.Process(target=_work, args=(theirs, inherited), daemon=True)
            process.start()
            theirs.close()
            self._workers.append((process, ours))
        for process, pipe in self._workers:
            self._threads.append(threading.Thread(target=self._serve, args=(process, pipe), daemon=True))
            self._serving += 1
        for thread in self._threads:
            thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> _Answer:
        """Take a call."""
        future = _Answer()
        with self._lock:
            if not self._serving:
                raise BrokenProcessPool(_LOST)
            self._calls.put(_Call(future, (fn, args, kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 (as in concurrent.futures)
        """Take no more calls; wait for the results of those that were taken."""
        if cancel_futures:
            self._drop()
        for _ in self._threads:
            self._calls.put(None)
        if wait:
            for thread in self._threads:
                while thread.is_alive():
                    thread.join(GLANCE_S)
            with undisturbed():
                self._forget()

    def give_up(self) -> None:
        """End the workers now."""
        self._drop()
        _end(process for process, _ in self._workers)
        self.shutdown()

    def _forget(self) -> None:
        """Give back what the processes took, now: a Ctrl-C during the callbacks of garbage would be lost."""
        while self._workers:
            process, _ = self._workers.pop()
            process.join()
            process.close()

    def _serve(self, process: BaseProcess, pipe: Connection) -> None:
        """In a thread: hand one worker a call after the other. A worker whose pipe is closed ends."""
        with pipe:
            for call in iter(self._calls.get, None):
                if call.future.set_running_or_notify_cancel() and not _answered(call, process, pipe):
                    break
        with self._lock:
            self._serving -= 1
        if not self._serving:
            self._drop()

    def _drop(self) -> None:
        """Nobody is going to make the calls that wait."""
        with contextlib.suppress(queue.Empty):
            while True:
                if (call := self._calls.get_nowait()) and call.future.set_running_or_notify_cancel():
                    call.future.set_exception(BrokenProcessPool(_LOST))


def _answered(call: _Call, process: BaseProcess, pipe: Connection) -> bool:
    """Let a worker make a call. False if the worker is no more."""
    try:
        pipe.send(call.work)
        wait([pipe, process.sentinel])
        if not pipe.poll():
            raise EOFError
        succeeded, answer = pipe.recv()
    except (EOFError, OSError):
        call.future.set_exception(BrokenProcessPool(_LOST))
        return False
    except Exception as error:  # whatever pickle says of a call or an answer belongs to that call
        call.future.set_exception(error)
        return True
    if succeeded:
        call.future.set_result(answer)
    else:
        call.future.set_exception(answer)
    return True


# -- the worker's side ------------------------------------------------------------------------------------------------------------------


class _Ended(BaseException):
    """The starter wants this worker to end."""


def _work(pipe: Connection, inherited: list[Connection]) -> None:
    """What a worker does, from its start to its end."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # a program that is started here may ask for Ctrl-C
    for other in inherited:
        other.close()  # so that a closed pipe is seen as closed
    threading.Thread(target=_end_with_starter, daemon=True).start()
    try:
        signal.signal(signal.SIGTERM, _raise_ended)
        while _make_a_call(pipe):
            pass
    except _Ended:
        pass


def _end_with_starter() -> None:
    starter = multiprocessing.parent_process()
    if starter is not None:
        wait([starter.sentinel])
        os._exit(1)


def _raise_ended(*_: object) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # tidying up is not interrupted
    raise _Ended


def _make_a_call(pipe: Connection) -> bool:
    """Take a call and give the answer back. False when there is none to come."""
    try:
        message = pipe.recv_bytes()
    except (EOFError, OSError):
        return False
    answer = _answer(message)
    try:
        pipe.send(answer)
    except OSError:
        return False
    except Exception as error:  # what cannot be pickled
        pipe.send((False, TypeError(f"a worker's answer cannot be sent: {error}")))
    return True


def _answer(message: bytes) -> tuple[bool, Any]:
    try:
        function, args, kwargs = pickle.loads(message)
        return True, function(*args, **kwargs)
    except _Ended:
        raise
    except BaseException as error:  # a SystemExit is an answer as well
        error.add_note(f"In the worker process:\n{traceback.format_exc()}")
        return False, error

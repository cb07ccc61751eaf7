"""A controller's loop: hear of changes, take a name, make what is wanted so, begin again.

A controller never acts on an event. An event only says which name to look at; what is to be done is worked out from what is there then. So
it does not matter whether an event comes twice, late, or together with others, and a controller that was away catches up by itself.

Source: kubernetes, staging/src/k8s.io/client-go/util/workqueue; the `processNextWorkItem` of every controller in pkg/controller.
Left out: several workers. Names are looked at one after the other, which is what makes a run repeatable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from k8sedu.kube.informers import Informer
from k8sedu.kube.status import ApiError
from k8sedu.kube.workqueue import WorkQueue

Sync = Callable[[str, int], Iterator[str]]
"""Makes it so for one name at that time, and tells what it does."""


class Loop:
    """The queue of one controller, and the informers that fill it.

    A round costs what the informers hear and what the controller does for the names in the queue.
    """

    def __init__(self, sync: Sync, *informers: Informer[Any]) -> None:
        self.sync, self.informers = sync, informers
        self.queue: WorkQueue[str] = WorkQueue()

    def run(self, *, now_ms: int) -> list[str]:
        """Work until nothing is left to be done now; tells what was done."""
        done: list[str] = []
        while True:
            self.hear(now_ms=now_ms)
            key = self.queue.get(now_ms=now_ms)
            if key is None:
                return done
            self._try(key, now_ms, done)

    def hear(self, *, now_ms: int) -> None:
        """Let the informers tell what has changed, without acting on it."""
        for informer in self.informers:
            informer.run(now_ms=now_ms)

    def _try(self, key: str, now_ms: int, done: list[str]) -> None:
        """Look at one name; a refusal means that something has changed, so it is looked at again later."""
        try:
            for word in self.sync(key, now_ms):
                done.append(word)  # noqa: PERF402 (what was done before a failure is told too)
            self.queue.forget(key)
        except ApiError as error:
            done.append(f"retry {key}: {error}")
            self.queue.add_rate_limited(key, now_ms=now_ms)
        self.queue.done(key)

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from k8sedu.kube.apiserver import ApiServer
from k8sedu.kube.controllers.loop import Loop
from k8sedu.kube.informers import Informer
from k8sedu.kube.objects import ConfigMap
from k8sedu.kube.status import ConflictError


def test_a_refusal_is_tried_again() -> None:
    """A name whose work was refused comes back later, and is forgotten once it succeeds."""
    tries: list[int] = []

    def sync(key: str, now_ms: int) -> Iterator[str]:
        tries.append(now_ms)
        yield f"try {key}"
        if len(tries) < 3:
            raise ConflictError.of(ConfigMap, key)

    loop = Loop(sync)
    loop.queue.add("a")
    assert [line.split()[0] for line in loop.run(now_ms=0)] == ["try", "retry"]
    assert loop.run(now_ms=4) == []
    assert len(loop.run(now_ms=5)) == 2
    assert loop.run(now_ms=15) == ["try a"]
    assert loop.queue.backoff.failures("a") == 0


def test_many_events_one_look() -> None:
    """However often something changes before the loop looks, it looks once."""
    server, looked = ApiServer(Random(1)), []
    informer = Informer(server, ConfigMap)

    def sync(key: str, now_ms: int) -> Iterator[str]:
        looked.append(key)
        yield from ()

    loop = Loop(sync, informer)
    informer.handlers.append(lambda change: loop.queue.add(change.object.key))
    server.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}, now_ms=0)
    for number in range(5):
        server.patch("configmaps", "a", {"data": {"n": str(number)}})
    loop.run(now_ms=0)
    assert looked == ["default/a"]

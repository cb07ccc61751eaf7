"""Which pod does which task: the books of a run know tasks, Kubernetes knows pods.

A task is a role, a pod is who plays it. When a pod is gone for good and somebody makes a new one, the new pod plays the same role.
"""

from __future__ import annotations

from collections.abc import Iterator

from k8sedu.kube.objects import Pod
from k8sedu.kube.scheduler.sim.cast import Document, Part


class Roles:
    """Tasks and the pods that do them, by `namespace/name`."""

    def __init__(self) -> None:
        self.parts: dict[str, Part] = {}
        """task → how its pods are made."""
        self.player: dict[str, str] = {}
        """task → the key of the pod that does it now."""
        self._task_of: dict[str, str] = {}
        self._times: dict[str, int] = {}

    def cast(self, part: Part) -> Document:
        """The manifest of the next pod for a role; its name is new if an older one may still be there."""
        times = self._times[part.task] = self._times.get(part.task, 0) + 1
        self.parts[part.task] = part
        meta = part.document["metadata"]
        name = meta["name"] if times == 1 else f"{meta['name']}-{times}"
        key = f"{meta.get('namespace') or 'default'}/{name}"
        self.player[part.task], self._task_of[key] = key, part.task
        spec = dict(part.document.get("spec", {}))
        if times > 1:
            spec.pop("nodeName", None)  # where the first one ran says nothing about the next
        return {**part.document, "metadata": {**meta, "name": name}, "spec": spec}

    def task_of(self, key: str) -> str:
        """The task of a pod, also of one that does it no longer; nothing for a pod that nobody cast."""
        return self._task_of.get(key, "")

    def plays(self, pod: Pod) -> str:
        """The task that this pod does now, or nothing."""
        task = self.task_of(pod.key)
        return task if task and self.player.get(task) == pod.key else ""

    def find(self, name: str) -> str:
        """The pod that somebody means: by its key, its name, its task, or the job of a single task; nothing if there is none."""
        for key in (name, f"default/{name}", self.player.get(name, ""), self.player.get(f"{name}/0", "")):
            if key in self._task_of:
                return key
        return next((key for key in self._task_of if key.endswith(f"/{name}")), "")

    def __iter__(self) -> Iterator[tuple[str, str]]:
        """(task, key of its pod)."""
        return iter(self.player.items())

"""Scenario files of the scheduler: a node or a pod is one line, what happens is another.

    # An important pod takes the place of the cheapest ones, and waits until they have ended.
    system kube.scheduler
    title.en Preemption
    duration_ms 12000
    node.n1 cpu=4 zone=a
    pod.low cpu=3 priority=1 node=n1
    pod.high at_ms=1000 cpu=2 priority=9

    at 9000 crash n1
    at 9500 request "taint n2 gpu=yes:NoSchedule"

Of a node may be said: cpu, memory, pods, zone, taints (several with /), label. Of a pod: cpu, memory, node (it runs there from the start),
at_ms (it comes then), priority, tolerations, gates, app (a label), runs_ms (it ends after so long), grace_s, policy (`Never`), and owned:
somebody makes a new pod when it is gone. Everything else is a setting of `simulate`. Without a node, `machines`, `jobs` and `users` make a
workload.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8sedu.kube.objects import Node, Pod
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.sim.cast import RUNS_MS
from k8sedu.kube.scheduler.sim.settings import RunError
from k8sedu.sim.scenario import Scenario
from k8sedu.sim.seeds import stream
from k8sedu.workload.arrivals import Mix, make

SYSTEM = "kube.scheduler"
OF_NODE = ("cpu", "memory", "pods", "zone", "taints", "label")
OF_POD = ("cpu", "memory", "node", "at_ms", "priority", "tolerations", "gates", "app", "runs_ms", "grace_s", "policy", "owned")


class Given(NamedTuple):
    """What `simulate` is called with."""

    seed: int
    settings: dict[str, Any]


def given_by(scenario: Scenario) -> Given:
    """The call that a scenario describes.

    Raises:
        RunError: it is about another system, or a node or pod is described in words that are not known.
    """
    if scenario.system != SYSTEM:
        raise RunError(f"scenario {scenario.name!r} is about the system {scenario.system!r}, expected {SYSTEM}")
    said = dict(scenario.parameters)
    nodes, pods, seed = said.pop("node", {}), said.pop("pod", {}), said.pop("seed", 0)
    sizes = {name: said.pop(name) for name in ("machines", "jobs", "users") if name in said}
    if not nodes:
        return Given(seed, {"workload": make(stream(seed, "workload"), Mix(**{"machines": 6, "jobs": 18, "users": 3, **sizes})), **said})
    made = [(name, words(f"pod.{name}", text, OF_POD)) for name, text in pods.items()]
    later = [(int(found.pop("at_ms")), name, found) for name, found in made if "at_ms" in found]
    there = [_pod(name, found) for name, found in made if name not in {other for _, other, _ in later}]
    objects = [*(_node(name, words(f"node.{name}", text, OF_NODE)) for name, text in nodes.items()), *there]
    return Given(seed, {"objects": objects, "arrivals": [(at_ms, _pod(name, found)) for at_ms, name, found in later], **said})


def words(where: str, text: object, known: tuple[str, ...]) -> dict[str, str]:
    """The words of one line.

    >>> words("node.n1", "cpu=4 zone=a", OF_NODE)
    {'cpu': '4', 'zone': 'a'}

    Raises:
        RunError: a word that is not known, or that says nothing.
    """
    found = dict(part.partition("=")[::2] for part in str(text).split())
    for name, value in found.items():
        if name not in known or not value:
            raise RunError(f"{where} says {name + '=' + value!r}, expected {'=…, '.join(known)}=…")
    return found


def _node(name: str, found: dict[str, str]) -> Node:
    label = dict([found.pop("label").partition("=")[::2]]) if "label" in found else {}
    taints = found.pop("taints").split("/") if "taints" in found else ()
    sizes: dict[str, Any] = {**found, **({"pods": int(found["pods"])} if "pods" in found else {})}
    return sketch.node(name, labels=label, taints=taints, **sizes)


SPEC: Mapping[str, Callable[[str], dict[str, Any]]] = {
    "priority": lambda text: {"priority": int(text)},
    "gates": lambda text: {"schedulingGates": [{"name": gate} for gate in text.split("/")]},
    "grace_s": lambda text: {"terminationGracePeriodSeconds": int(text)},
    "policy": lambda text: {"preemptionPolicy": text},
}
"""Word → the part of a pod's spec that it says."""


def _pod(name: str, found: Mapping[str, str]) -> Pod:
    spec = {key: value for word, say in SPEC.items() if word in found for key, value in say(found[word]).items()}
    labels = {"app": found["app"]} if "app" in found else {}
    tolerations = found["tolerations"].split("/") if "tolerations" in found else ()
    where: dict[str, Any] = {word: found.get(word, "") for word in ("cpu", "memory", "node")}
    made = sketch.pod(name, labels=labels, tolerations=tolerations, **where, **spec)
    meta = made.metadata.evolve(annotations={RUNS_MS: found["runs_ms"]} if "runs_ms" in found else {})
    if found.get("owned"):
        owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": name, "uid": name, "controller": True}
        meta = Pod.of({"metadata": {**meta.document(), "ownerReferences": [owner]}}).metadata
    return made.evolve(metadata=meta)

"""Clusters that are drawn for a student: everybody has other names, teams and sizes, and everybody has the same mistakes to find.

>>> scene = pending(seed=1)
>>> sorted(scene), len(scene["nodes"])
(['manifest', 'nodes', 'owner'], 8)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from k8sedu.kube.scheduler.sketch import ZONE

TEAMS = ("atlas", "basil", "cedar", "delta", "ember", "fjord")
DISKS = (("disk", "disktype"), ("storage", "storage-class"), ("drive", "drive-type"), ("volume", "volumes"))
"""A label's key on the nodes, and how the manifest has it."""
REGIONS = ("oslo", "porto", "quito", "riga", "sofia", "turin")
APPS = ("api", "cart", "feed", "mail", "shop", "wiki")


def pending(*, seed: int) -> dict[str, Any]:
    """A pod that fits nowhere, the manifest that somebody wrote, and the eight nodes of which one is meant.

    The manifest has the label's key wrong and the taint's value wrong. `owner` is the team whose nodes it may use.
    """
    random = Random(seed)
    owner, other = random.sample(TEAMS, 2)
    key, wrong = random.choice(DISKS)
    gib = random.choice([2, 4, 6])
    mine, theirs = _taint("dedicated", owner), _taint("dedicated", other)
    fast, slow, maintenance = {key: "ssd"}, {key: "hdd"}, _taint("maintenance", "planned", "NoExecute")
    kinds: list[tuple[Mapping[str, str], list[dict[str, str]], int, bool]] = [
        (fast, [mine], 2, False), (fast, [theirs], 0, False), (fast, [maintenance], 0, False), (fast, [mine], 8, False),
        (slow, [mine], 0, False), (fast, [mine], 0, True), (slow, [], 0, False), ({}, [mine], 0, False),
    ]  # fmt: skip
    random.shuffle(kinds)
    names = random.sample(range(10, 100), len(kinds))
    nodes = [
        _node(f"node-{name}", labels, taints=taints, memory=8 * gib * 1024, held=held * gib * 1024, cordoned=cordoned)
        for name, (labels, taints, held, cordoned) in zip(names, kinds, strict=True)
    ]
    text = PENDING.format(app=_app(random), key=wrong, value=f"team-{owner}", gib=gib)
    return {"owner": owner, "nodes": nodes, "manifest": text}


PENDING = """\
apiVersion: v1
kind: Pod
metadata:
  name: {app}
  namespace: default
  labels:
    app: {app}
spec:
  nodeSelector:
    {key}: ssd
  tolerations:
  - key: dedicated
    operator: Equal
    value: {value}
    effect: NoSchedule
  containers:
  - name: main
    image: registry.example/{app}:1
    resources:
      requests:
        cpu: 500m
        memory: {gib}Gi
"""


def spreading(*, seed: int) -> dict[str, Any]:
    """A Deployment without a wish, and nine nodes in three zones, of which one zone is far emptier than the others."""
    random = Random(seed)
    region, app = random.choice(REGIONS), _app(random)
    zones = [f"{region}-{letter}" for letter in random.sample("abc", 3)]
    nodes = _zoned(random, zones, held=(0, 12_000, 12_000), each=3)
    return {"app": app, "nodes": nodes, "manifest": SPREADING.format(app=app, replicas=6)}


SPREADING = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  namespace: default
spec:
  replicas: {replicas}
  selector:
    matchLabels:
      app: {app}
  template:
    metadata:
      labels:
        app: {app}
        tier: web
    spec:
      containers:
      - name: main
        image: registry.example/{app}:1
        resources:
          requests:
            cpu: 500m
"""


def following(*, seed: int) -> dict[str, Any]:
    """A Deployment that shall run in the zones of its cache and off spot machines, and whose manifest says something else."""
    random = Random(seed)
    region, app = random.choice(REGIONS), _app(random)
    zones = [f"{region}-{letter}" for letter in random.sample("abc", 3)]
    cache = f"{app}-cache"
    nodes = _zoned(random, zones, held=(0, 0, 0), each=3)
    for place, node in enumerate(nodes):
        is_spot, held = place % 3 == 0, (0, 8_000, 16_000)[place % 3]  # a zone has an empty spot machine, one with room, and a full one
        node["labels"]["lifecycle"] = "spot" if is_spot else "reserved"
        node["requested"] = {"cpu": held, "memory": 0, "pods": 1 if held else 0}
    for node in (nodes[2], nodes[5]):
        node["running"] = [{"app": cache}]
    text = FOLLOWING.format(app=app, cache=f"{app}-cach")
    return {"app": app, "cache": cache, "nodes": nodes, "manifest": text}


FOLLOWING = """\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {app}
  namespace: default
spec:
  replicas: 4
  selector:
    matchLabels:
      app: {app}
  template:
    metadata:
      labels:
        app: {app}
    spec:
      affinity:
        nodeAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
            nodeSelectorTerms:
            - matchExpressions:
              - key: lifecycle
                operator: In
                values: [spot]
        podAffinity:
          requiredDuringSchedulingIgnoredDuringExecution:
          - topologyKey: kubernetes.io/hostname
            labelSelector:
              matchLabels:
                app: {cache}
      containers:
      - name: main
        image: registry.example/{app}:1
        resources:
          requests:
            cpu: 500m
"""


def nodes_in(zones: Sequence[str], *, each: int = 1, full: Sequence[str] = ()) -> list[dict[str, Any]]:
    """A cluster that a student has not seen: so many nodes in each zone; in some zones there is no room.

    >>> [node["name"] for node in nodes_in(["a", "b"], full=["b"])]
    ['a-1', 'b-1']
    """
    places = [(zone, number) for zone in zones for number in range(1, each + 1)]
    return [_node(f"{zone}-{number}", {ZONE: zone}, held_cpu=16_000 if zone in full else 0) for zone, number in places]


def _app(random: Random) -> str:
    """A name that hardly anybody else has, so that a neighbour's manifest is seen to be one."""
    return f"{random.choice(APPS)}-{random.randrange(10, 100)}"


def _zoned(random: Random, zones: Sequence[str], *, held: Sequence[int], each: int) -> list[dict[str, Any]]:
    """So many nodes in each zone, whose cores are held as said, zone by zone."""
    names = random.sample(range(10, 100), len(zones) * each)
    places = [(zone, cpu) for zone, cpu in zip(zones, held, strict=True) for _ in range(each)]
    return [_node(f"node-{name}", {ZONE: zone}, held_cpu=cpu) for name, (zone, cpu) in zip(names, places, strict=True)]


def _node(
    name: str, labels: Mapping[str, str], *, taints: Sequence[Mapping[str, str]] = (), memory: int = 65_536, held: int = 0,
    held_cpu: int = 0, cordoned: bool = False,
) -> dict[str, Any]:  # fmt: skip
    return {
        "name": name, "labels": dict(labels), "taints": [dict(taint) for taint in taints], "unschedulable": cordoned,
        "allocatable": {"cpu": 16_000, "memory": memory, "pods": 110},
        "requested": {"cpu": held_cpu, "memory": held, "pods": 1 if held or held_cpu else 0},
    }  # fmt: skip


def _taint(key: str, value: str, effect: str = "NoSchedule") -> dict[str, str]:
    return {"key": key, "value": value, "effect": effect}

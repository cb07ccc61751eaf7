"""The pictures of Kubernetes: the architecture of the course notes, and the scheduler at work; all of the latter from the model."""

from __future__ import annotations

from functools import partial

from k8sedu.course.figures import Draw, titled
from k8sedu.kube import scheduler
from k8sedu.kube.scheduler import sketch
from k8sedu.kube.scheduler.views import cycle_film, preemption_film
from k8sedu.kube.views import architecture_film
from k8sedu.stage.svg import still


def architecture(language: str) -> str:
    """The whole way of a Deployment, with the number of each step."""
    film = architecture_film(language=language)
    return still(film.frames[-1].scene, title=film.title, language=language)


def cell() -> scheduler.Cluster:
    """Six nodes in three zones: one cordoned, one tainted, one full."""
    taints = {"n4": ["gpu=yes:NoSchedule"]}
    nodes = [sketch.node(f"n{n}", zone="aabbcc"[n - 1], taints=taints.get(f"n{n}", ()), unschedulable=n == 2) for n in range(1, 7)]
    running = [
        ("db-0", "n1", "1500m", "5Gi", 500), ("batch-0", "n3", "3", "1Gi", 0), ("web-8", "n5", "1", "3Gi", 100),
        ("web-9", "n6", "2", "1Gi", 100), ("batch-1", "n5", "500m", "1Gi", 0), ("train-0", "n4", "1", "1Gi", 0),
    ]  # fmt: skip
    pods = [
        sketch.pod(name, node=node, cpu=cpu, memory=memory, priority=priority, labels={"app": name.partition("-")[0]}, started_ms=1_000 * n)
        for n, (name, node, cpu, memory, priority) in enumerate(running)
    ]
    return scheduler.Cluster([*nodes, *pods, sketch.budget("keep-web", {"app": "web"}, allowed=0)])


def cycle(language: str) -> str:
    """Three nodes are out, three are scored, and one of them is taken."""
    mine = {"matchLabels": {"app": "web"}}
    spread = {"maxSkew": 1, "topologyKey": sketch.ZONE, "whenUnsatisfiable": "ScheduleAnyway", "labelSelector": mine}
    web = sketch.pod("web-1", cpu="1500m", memory="1Gi", labels={"app": "web"}, topologySpreadConstraints=[spread])
    film = cycle_film(scheduler.explain(web, cell()), language=language)
    frame = next(frame for frame in film.frames if frame.kind == "select_host")
    return still(frame.scene, title=film.title, language=language)


def preemption(language: str) -> str:
    """Who would have to go on each node, and which question leaves one of them."""
    cluster = cell()
    found = scheduler.make_room(sketch.pod("api", cpu="3", memory="1Gi", priority=1_000), cluster)
    film = preemption_film(found, cluster, language=language)
    frame = [frame for frame in film.frames if frame.kind == "choose"][-2]
    return still(frame.scene, title=film.title, language=language)


FIGURES: dict[str, Draw] = {
    "kube-architecture.svg": titled("Kubernetes: all speak with the API server, and only it speaks with etcd", partial(architecture, "en")),
    "kube-architecture-zh.svg": titled("Kubernetes 架构：所有组件只和 API server 打交道，只有它访问 etcd", partial(architecture, "zh")),
    "kube-cycle.svg": titled("A pod's scheduling cycle: filters take nodes out, scores stack up, one is taken", partial(cycle, "en")),
    "kube-cycle-zh.svg": titled("一个 Pod 的调度：过滤淘汰节点，得分逐项累加，选中其一", partial(cycle, "zh")),
    "kube-preemption.svg": titled("Preemption: who would have to go on each node, and which node pays", partial(preemption, "en")),
    "kube-preemption-zh.svg": titled("抢占：每个节点上谁要离开，由哪个节点付出代价", partial(preemption, "zh")),
}
"""File name → figure."""

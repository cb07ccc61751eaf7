"""Kubernetes beside Borg: what of Borg became what, and what was made differently on purpose. A line of code on either side.

Kubernetes was begun by people who had run Borg for ten years. Some things they took over, some they were happy to leave behind: a job as
the only way to group tasks, one address for a whole machine, a language of thousands of switches for experts. Each row of the table has a
line that runs on the model of Borg and one that runs on the model of Kubernetes, or of what it is made of.

The lines are texts, since Borg knows nothing of Kubernetes: `SETUP` is what they need before, and whoever shows the table runs them.

Source: Verma et al., EuroSys 2015, section 8 (lessons); Burns et al., "Borg, Omega, and Kubernetes", ACM Queue 2016.
Left out: Omega.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words


class Row(NamedTuple):
    """One thing of Borg and what it is in Kubernetes, why, and a line of code for each of the two."""

    borg: str
    kubernetes: str
    why: Words
    borg_line: str
    kubernetes_line: str


SETUP = '''
from random import Random
from k8sedu import borg, docker, kube
from k8sedu.borg import borglet, feasibility, jobs, link_shards, names
from k8sedu.workload import Machine, Resources

web = borg.BorgJob("web", "ann", Resources.of(cpu="1", memory="1Gi"), tasks=3, priority=200)
four = Resources.of(cpu="4", memory="8Gi")
cell = borg.Cell([Machine("m1", four, {"ssd": "yes"}), Machine("m2", four)], ports=2)
pod, service = kube.manifest.load("""
apiVersion: v1
kind: Pod
metadata: {name: web-0, labels: {app: web, tier: front}}
spec:
  containers:
  - {name: server, image: nginx, resources: {requests: {cpu: "1", memory: 1Gi}, limits: {cpu: "2", memory: 1Gi}}}
  - {name: logsaver, image: saver, resources: {requests: {cpu: 100m, memory: 128Mi}}}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80}]}
""")
server = kube.ApiServer(Random(7))
'''
"""What the lines need: a job, a cell and a pod."""

ROWS = (
    Row(
        "alloc", "pod",
        Words("room for helpers that belong together; a pod also shares one address", "给相互配合的进程一起预留资源；pod 还共用一个地址"),
        'borg.Task(borg.BorgJob("web", "ann", Resources.of(cpu="1100m", memory="1152Mi"), is_alloc_set=True), 0).limit[:2]',
        "kube.requests.pod_requests(pod)",
    ),
    Row(
        "job", "labels and selectors",
        Words("a task belongs to one job; a pod has any labels, anybody may select", "任务只属于一个作业；pod 可带任意标签，谁都能选"),
        "[task.name for task in jobs.tasks_of(web)]",
        'kube.selectors.parse("app=web, tier in (front, back)").matches(pod.labels)',
    ),
    Row(
        "BNS", "Service",
        Words("a name for each task to look up; one name and address for all", "每个任务一个名字供查询；所有 pod 共用一个名字与地址"),
        'names.dns_name("cc", "ubar", "jfoo", 50)',
        "(service.metadata.name, dict(service.spec.selector))",
    ),
    Row(
        "one IP per machine", "one IP per pod",
        Words("ports are a resource that is scheduled; every pod may have port 80", "端口是要调度的资源；每个 pod 都可以用 80 端口"),
        'feasibility.reasons(cell, borg.Task(web._replace(ports=3), 0))',
        '[docker.Host(subnet=f"10.244.{node}.0/24").run(image="nginx", name="web").address for node in (1, 2)]',
    ),
    Row(
        "priority band", "PriorityClass",
        Words("a number with a meaning; a name for a number", "有含义的数字；给数字起名字"),
        "borg.band_of(200).name",
        'server.get("priorityclasses", "system-cluster-critical").value',
    ),
    Row(
        "hard constraint", "node selector, affinity",
        Words("which machines may be used at all", "究竟哪些机器可用"),
        'feasibility.reasons(cell, borg.Task(web._replace(hard=(borg.Constraint("ssd", "yes"),)), 0))',
        'kube.selectors.parse("ssd=yes").matches({"ssd": "no"})',
    ),
    Row(
        "limit and reservation", "limits and requests",
        Words("Borg estimates what is used; in Kubernetes the user says both", "Borg 估算实际用量；Kubernetes 由用户给出两者"),
        "borg.Task(web, 0).limit[:2]",
        "(kube.requests.qos_class(pod.spec), pod.spec.containers[0].resources.limits)",
    ),
    Row(
        "Borgmaster", "API server and etcd",
        Words("one program with its state inside; a server without state above a store", "一个自带状态的程序；无状态的服务加存储"),
        "borg.CellState([Machine('m1', Resources.of(cpu='1'))]).changes",
        "server.resource_version",
    ),
    Row(
        "link shard", "watch",
        Words("differences of what was asked for; changes for whoever wants them", "对询问结果只转发差异；谁想知道就把变化推给谁"),
        'link_shards.difference(borglet.Report("m1", {}), borglet.Report("m1", {"web/0": borglet.Running()})).items',
        '(server.watch("pods"), server.create(pod, now_ms=0))[0].receive()[0].type',
    ),
    Row(
        "borglet", "kubelet",
        Words("the agent of a machine: one is asked, the other calls", "机器上的代理：borglet 等人来问，kubelet 主动上报"),
        '(lambda one: (one.start("web/0"), one.report().items)[1])(borglet.Borglet("m1"))',
        "pod.evolve(status=pod.status.evolve(phase='Running')).status.phase",
    ),
)  # fmt: skip
"""The table; every line runs."""


def lines() -> list[tuple[str, str]]:
    """Every line of code, with what it is about."""
    return [(f"{row.borg} → {row.kubernetes}", line) for row in ROWS for line in (row.borg_line, row.kubernetes_line)]

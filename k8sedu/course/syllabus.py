"""The course as one table: which lesson comes after which, and where it stands.

The README's table, the tour in `notebooks/00_map.ipynb` and the tests of the notebooks all read this table, so they cannot disagree. A
planned lesson is listed too: a lecturer who plans a term sees the whole way, and which part of it can be walked today.

A system is complete with model, views, laboratory, lesson, deck and homework. What it still lacks of the last four is a cell of its rows
that stays empty; a homework may be about several systems, and then stands where the last of them was taught.

Left out: dates. The order is the order in which the course notes ask their questions.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words


class Lesson(NamedTuple):
    """One lesson: a notebook, and the laboratory in which its reader breaks things."""

    number: int
    name: str
    title: Words
    system: str
    laboratory: str
    ready: bool

    @property
    def file(self) -> str:
        """The notebook's file name.

        >>> LESSONS[1].file
        '01_raft_election.ipynb'
        """
        return f"{self.number:02d}_{self.name}.ipynb"


_LAB = "kube.scheduler.lab"

LESSONS = (
    Lesson(0, "map", Words("The map", "总览"), "", "", ready=True),
    Lesson(1, "raft_election", Words("Raft: electing a leader", "Raft：选出领导者"), "raft", "raft.lab", ready=True),
    Lesson(2, "raft_log", Words("Raft: one log for all", "Raft：所有成员共有一份日志"), "raft", "raft.lab", ready=True),
    Lesson(3, "break_raft", Words("Break Raft", "亲手弄坏 Raft"), "raft", "raft.find_violation", ready=True),
    Lesson(4, "term_and_revision", Words("etcd: term and revision", "etcd：任期与版本号"), "etcd", "", ready=True),
    Lesson(5, "two_trees", Words("etcd: two trees, and a past", "etcd：两棵树与历史版本"), "etcd", "etcd.lab", ready=True),
    Lesson(6, "watch_and_txn", Words("etcd: watches and transactions", "etcd：监听与事务"), "etcd", "etcd.lab", ready=True),
    Lesson(7, "lease", Words("etcd: leases", "etcd：租约"), "etcd", "etcd.lease_lab", ready=True),
    Lesson(8, "wal_and_snapshot", Words("etcd: a log that survives", "etcd：预写日志与快照"), "etcd", "", ready=True),
    Lesson(9, "a_real_etcd", Words("A real etcd, opened", "打开一个真实的 etcd"), "etcd", "", ready=True),
    Lesson(10, "one_host_many_ports", Words("Docker: one host, many ports", "Docker：一机多端口"), "docker", "docker.lab", ready=True),
    Lesson(11, "mesos_offers", Words("Mesos: offers", "Mesos：资源邀约"), "mesos", "mesos.lab", ready=True),
    Lesson(12, "swarm", Words("Swarm: spread and binpack", "Swarm：分散与装箱"), "swarm", "swarm.lab", ready=True),
    Lesson(13, "borg", Words("Borg: one cell, many priorities", "Borg：一个单元，多种优先级"), "borg", "borg.lab", ready=True),
    Lesson(14, "one_workload_many_managers", Words("One workload, many managers", "同一份负载，多种调度系统"), "workload", "", ready=True),
    Lesson(15, "objects_and_api", Words("Kubernetes: objects and the API", "Kubernetes：对象与 API"), "kube", "", ready=True),
    Lesson(16, "kube_scheduler", Words("Kubernetes: filter, score, bind", "Kubernetes：过滤、打分、绑定"), "kube", _LAB, ready=True),
    Lesson(17, "write_a_plugin", Words("Write a scheduler plugin", "自己写一个调度插件"), "kube", _LAB, ready=True),
    Lesson(18, "preemption", Words("Kubernetes: preemption", "Kubernetes：抢占"), "kube", _LAB, ready=True),
    Lesson(19, "service_and_endpoints", Words("Service and endpoints", "Service 与端点"), "kube", "", ready=True),
    Lesson(20, "kube_proxy_modes", Words("kube-proxy in four modes", "kube-proxy 的四种模式"), "kube", "kube.proxy.lab", ready=True),
    Lesson(21, "from_port_mapping_to_services", Words("From port mapping to Services", "从端口映射到 Service"), "kube", "", ready=True),
)
"""All lessons in the order of the course."""


LECTURES = {"raft_election": "raft", "two_trees": "etcd", "kube_scheduler": "scheduler", "kube_proxy_modes": "services"}
"""Lesson → the finished lecture of an hour about it: `k8sedu slides raft`. Every other lesson builds as a deck of its own."""

HOMEWORK = {
    "break_raft": "raft", "wal_and_snapshot": "etcd", "one_workload_many_managers": "managers", "write_a_plugin": "scheduler",
    "kube_proxy_modes": "services",
}  # fmt: skip
"""Lesson → the homework that can be given out after it: `k8sedu homework release raft`."""


def systems() -> tuple[str, ...]:
    """The systems of the course, in the order in which their first lessons come.

    >>> systems()[:2]
    ('raft', 'etcd')
    """
    return tuple(dict.fromkeys(lesson.system for lesson in LESSONS if lesson.system))


def course_table(language: str = "en", *, folder: str = "notebooks") -> str:
    r"""The course as a Markdown table, one row per lesson: topic, lesson, laboratory, slides, homework.

    Args:
        language: "en" or "zh".
        folder: where the links lead; the tour, which lies beside the lessons, passes ".".

    >>> print("\n".join(course_table().splitlines()[:4]))
    | | topic | lesson | laboratory | slides | homework |
    |---|---|---|---|---|---|
    | 0 | The map | [`00_map`](notebooks/00_map.ipynb) | | deck | |
    | 1 | Raft: electing a leader | [`01_raft_election`](notebooks/01_raft_election.ipynb) | `raft.lab` | `raft` | |
    """
    english, chinese = "| | topic | lesson | laboratory | slides | homework |", "| | 主题 | 课程 | 实验室 | 幻灯片 | 作业 |"
    rows = (_row(lesson, language, folder) for lesson in LESSONS)
    return "\n".join([Words(english, chinese).in_(language), "|---|---|---|---|---|---|", *rows])


def _row(lesson: Lesson, language: str, folder: str) -> str:
    """One lesson as a row; a planned one has no link and names nothing else, because nothing of it exists."""
    stem = lesson.file.removesuffix(".ipynb")
    link = f"[`{stem}`]({folder}/{lesson.file})" if lesson.ready else Words("planned", "筹备中").in_(language)
    laboratory = f"`{lesson.laboratory}` " if lesson.ready and lesson.laboratory else ""
    homework = f"`{HOMEWORK[lesson.name]}` " if lesson.ready and lesson.name in HOMEWORK else ""
    deck = Words("deck ", "有 ").in_(language) if lesson.ready else ""
    if lesson.name in LECTURES:
        deck = f"`{LECTURES[lesson.name]}` "
    return f"| {lesson.number} | {lesson.title.in_(language)} | {link} | {laboratory}| {deck}| {homework}|"

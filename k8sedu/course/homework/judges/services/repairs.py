"""A Service that answers nothing: the repaired manifest is put into the cluster, and packets say who answers.

Source: `k8sedu.kube.proxy`. Left out: DNS; the packets go to the Service's address.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache
from html import escape
from random import Random
from typing import NamedTuple

from k8sedu.course.homework.judges.manifests import Manifest
from k8sedu.course.homework.judging import Judge
from k8sedu.kube import manifest
from k8sedu.kube.objects import Pod
from k8sedu.kube.objects.meta import ApiObject
from k8sedu.kube.proxy.cluster import ProxyCluster
from k8sedu.kube.proxy.node import MODES, route
from k8sedu.kube.proxy.packet import Packet, Walk
from k8sedu.language import Words

MAY_CHANGE = ("spec.selector", "spec.ports[].targetPort")
PACKETS = 60
"""So many connections are tried in each mode; that one of four pods is never met by chance happens once in ten million times."""


def selects_only(given: str) -> Judge:
    """It is a Service, and only selector and target port are changed: says that the form is right, not the answer."""
    return Manifest(given, MAY_CHANGE)


def answers(
    given: str, around: str, *, modes: Sequence[str] = ("iptables",), all_of: Collection[str] = (), none_of: Collection[str] = (),
) -> Judge:  # fmt: skip
    """The Service answers every connection, in each of these modes.

    Args:
        given: the Service that the student was given.
        around: the manifests of all else in the cluster.
        modes: of kube-proxy.
        all_of: applications (label `app`, and `track` behind a slash where there is one) of which each pod answers now and then.
        none_of: applications whose pods never do.
    """

    def question(found: ApiObject) -> str:
        return next(filter(None, (_fault(found, around, mode, all_of, none_of) for mode in modes)), "")

    return Manifest(given, MAY_CHANGE, question, lambda found: drawn(found, around))


def _fault(found: ApiObject, around: str, mode: str, all_of: Collection[str], none_of: Collection[str]) -> str:
    cluster, walks = tried(manifest.to_yaml(found), around, mode)
    lost = next((walk for walk in walks if not walk.is_answered), None)
    if lost is not None:
        head = Words(f"is not answered in mode {mode}: ", f"在 {mode} 模式下没有应答：")
        return f"{head.in_()}{lost.reason.in_() or lost.outcome}"
    silent = _silent(cluster, [walk for walk in walks if not _is_served(cluster, walk)])
    if silent:
        return Words(f"sends packets to {silent}, where nobody listens", f"把数据包送到没人监听的 {silent}").in_()
    names = {_owner(cluster, walk) for walk in walks}
    wanted = {name: [pod for pod in cluster.pods.values() if _name(pod.labels) == name] for name in all_of}
    met = {walk.endpoint.rpartition(":")[0] for walk in walks}
    missing = sorted(pod.name for pods in wanted.values() for pod in pods if pod.status.pod_ip not in met)
    if missing:
        return Words(f"never reaches {', '.join(missing)}", f"从不到达 {'、'.join(missing)}").in_()
    strangers = sorted(names & set(none_of))
    return Words(f"reaches {', '.join(strangers)}, too", f"也到达了 {'、'.join(strangers)}").in_() if strangers else ""


class Trial(NamedTuple):
    """A cluster with the Service in it, and what became of the connections."""

    cluster: ProxyCluster
    walks: tuple[Walk, ...]


@lru_cache(maxsize=32)  # several checks ask about the same Service
def tried(service: str, around: str, mode: str) -> Trial:
    """Connections from a client beside the pods of the first node, each from another port."""
    (found,) = manifest.load(service)
    cluster = ProxyCluster((*manifest.load(around), found))
    name = next(iter(cluster.machines))
    node, rng = cluster.node(name, (mode,)), Random(1)  # type: ignore[arg-type]  # one of four names
    made = cluster.services["default", found.name]
    client = cluster.machines[name].pod_cidr.rpartition(".")[0] + ".250"
    packets = (Packet(client, 30_000 + number, made.spec.cluster_ip, made.spec.ports[0].port) for number in range(PACKETS))
    return Trial(cluster, tuple(route(packet, node, mode, rng=rng) for packet in packets))


def _is_served(cluster: ProxyCluster, walk: Walk) -> bool:
    """Does a container of the pod say that it listens there?"""
    ip, _, port = walk.endpoint.rpartition(":")
    pod = cluster.pod_at(ip)
    return pod is not None and any(str(each.container_port) == port for container in pod.spec.containers for each in container.ports)


def _silent(cluster: ProxyCluster, walks: Sequence[Walk]) -> str:
    return ", ".join(sorted({f"{pod.name}:{walk.endpoint.rpartition(':')[2]}" for walk in walks if (pod := _pod(cluster, walk))}))


def _pod(cluster: ProxyCluster, walk: Walk) -> Pod | None:
    return cluster.pod_at(walk.endpoint.rpartition(":")[0])


def _owner(cluster: ProxyCluster, walk: Walk) -> str:
    pod = _pod(cluster, walk)
    return "" if pod is None else _name(pod.labels)


def _name(labels: Mapping[str, str]) -> str:
    return "/".join(filter(None, (labels.get("app", ""), labels.get("track", ""))))


def drawn(found: ApiObject, around: str) -> str:
    """Who was met how often, pod by pod, in each mode: a table of plain HTML."""
    text = manifest.to_yaml(found)
    cluster, counts = tried(text, around, "iptables").cluster, {mode: _met(*tried(text, around, mode)) for mode in MODES}
    head = "".join(f"<th>{escape(text)}</th>" for text in (Words("pod", "Pod").in_(), "app", *MODES))
    rows = "".join(_row(pod, [counts[mode].get(pod.status.pod_ip, 0) for mode in MODES]) for pod in cluster.pods.values())
    said = Words(f"{PACKETS} connections in each mode: who answers how often.", f"每种模式 {PACKETS} 个连接：谁应答了多少次。").in_()
    return f"<p>{said}</p><table><tr>{head}</tr>{rows}</table>"


def _row(pod: Pod, counts: Sequence[int]) -> str:
    cells = (pod.name, _name(pod.labels), *(str(count or "") for count in counts))
    return f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>"


def _met(cluster: ProxyCluster, walks: Sequence[Walk]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for walk in walks:
        if walk.is_answered and _is_served(cluster, walk):
            ip = walk.endpoint.rpartition(":")[0]
            counts[ip] = counts.get(ip, 0) + 1
    return counts

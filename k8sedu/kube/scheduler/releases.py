"""Which release of Kubernetes is meant, where releases differ: `release="1.35"`.

A cluster of 2022 and one of 2026 place the same pods differently, and explain it in other words. Every such difference that is modelled has
a name in `CHANGES`; whoever decides asks `has(release, name)`.

Source: `pkg/scheduler` and `pkg/features/kube_features.go` of Kubernetes 1.22 to 1.35; a feature counts from the release in which it is on
without being asked for.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words

OLDEST, NEWEST = "1.22", "1.35"
_FORM = re.compile(r"v?1\.(\d{1,3})(\.\d+)?")


class ReleaseError(K8sEduError, ValueError):
    """A release that is not modelled."""


class Change(NamedTuple):
    """Something that a release brought."""

    since: str
    what: Words


CHANGES = {
    "weights_of_today": Change(
        "1.23",
        Words("taints count 3 and affinities 2, not 1 each", "污点权重为 3、亲和性权重为 2，此前均为 1")),
    "min_domains": Change("1.25", Words("spread constraints know minDomains", "拓扑分布约束支持 minDomains")),
    "rounded_spread": Change("1.24", Words("spread scores are rounded, not cut", "拓扑分布分数四舍五入，不再截断")),
    "untolerated_taint": Change("1.24",
        Words('the reason reads "untolerated taint {key: value}"', "原因写作 untolerated taint {key: value}")),
    "node_inclusion": Change("1.26",
        Words("nodeAffinityPolicy and nodeTaintsPolicy choose the nodes that count", "两项 policy 决定哪些节点计入")),
    "disruption_target": Change("1.26",
        Words("only victims keep a nominated pod from preempting again", "只有被抢占的 Pod 会阻止再次抢占")),
    "scheduling_gates": Change("1.27",
        Words("pods with scheduling gates wait outside of the queue", "带调度门（scheduling gate）的 Pod 在队列外等待")),
    "spread_label_keys": Change("1.27",
        Words("matchLabelKeys join the selector of a spread constraint", "matchLabelKeys 并入拓扑分布约束的选择器")),
    "images_of_init_containers": Change("1.30", Words("images of init containers count", "init 容器的镜像也计分")),
    "affinity_label_keys": Change("1.31",
        Words("matchLabelKeys join the selector of a pod affinity term", "matchLabelKeys 并入 Pod 亲和性的选择器")),
    "one_volume_limit": Change("1.31",
        Words("the limits of the clouds' disks are CSI limits", "云盘数量限制统一为 CSI 限制")),
    "balanced_skips_best_effort": Change("1.33",
        Words("balance skips pods that ask for nothing", "均衡打分跳过不请求资源的 Pod")),
    "queueing_hints": Change("1.32",
        Words("an event wakes only the pods that it may help", "事件只唤醒可能受益的 Pod")),
    "pop_from_backoff": Change("1.33",
        Words("an idle scheduler does not wait for the end of a backoff", "空闲的调度器不再等退避结束")),
    "async_preemption": Change("1.33",
        Words("victims are deleted beside the scheduling cycle", "抢占的删除在调度周期之外进行")),
    "rejections_counted": Change("1.34",
        Words("backoff counts rejections, not attempts", "退避按被拒次数计算，而非尝试次数")),
    "single_full_stop": Change("1.30", Words("what preemption says ends with one full stop", "抢占说明只以一个句号结尾")),
    "unresolvable_fit": Change("1.34",
        Words("a node that is too small even when empty is no place for preemption", "空节点也放不下时，抢占不再考虑")),
    "dynamic_resources": Change("1.34",
        Words("claims of devices are a plugin of the default profile", "设备申领（DRA）进入默认配置")),
    "taints_unnamed": Change("1.35",
        Words('the reason reads "untolerated taint(s)"', "原因写作 untolerated taint(s)")),
    "ties_by_heap": Change("1.35", Words("of equal nodes the heap decides, not chance", "同分节点由堆的次序决定，不再随机")),
    "volume_affinity_reason": Change("1.33",
        Words("the reason for an unreachable volume names its node affinity", "存储卷不可达的原因写作 node affinity")),
}  # fmt: skip
"""Name → the release that brought it."""


def minor(release: str) -> int:
    """The number that is compared: 35 of "1.35", "v1.35" and "1.35.4".

    >>> minor("1.35") >= minor("1.24"), minor("v1.35.4")
    (True, 35)

    Raises:
        ReleaseError: no release, or one that is older or newer than those that are known here.
    """
    found = _FORM.fullmatch(release)
    if found is None or not _minor(OLDEST) <= int(found[1]) <= _minor(NEWEST):
        raise ReleaseError(f"met the release {release!r}, expected one from {OLDEST} to {NEWEST}")
    return int(found[1])


@lru_cache(maxsize=1024)
def has(release: str, change: str) -> bool:
    """Does this release have a change?

    >>> has("1.34", "unresolvable_fit"), has("1.33", "unresolvable_fit")
    (True, False)
    """
    return minor(release) >= _minor(CHANGES[change].since)


def _minor(release: str) -> int:
    return int(release.partition(".")[2])

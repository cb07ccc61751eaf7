"""What plugins and reasons look like in a picture: a colour for each scorer, a short name, a short sentence for each reason.

The full sentence of a reason is the system's own and stands in the captions, in English in both languages, because that is what `kubectl
describe` prints. In a row of a picture there is room for a few words, and those are in the reader's language.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from k8sedu.language import Words

COLOURS = {
    "TaintToleration": "orange",
    "NodeAffinity": "purple",
    "NodeResourcesFit": "blue",
    "PodTopologySpread": "green",
    "InterPodAffinity": "vermillion",
    "NodeResourcesBalancedAllocation": "sky",
    "ImageLocality": "yellow",
}
"""Scorer → role. A plugin that somebody has written is grey."""

LONG = "NodeResources"


def colour_of(plugin: str) -> str:
    """The role of a scorer.

    >>> colour_of("NodeResourcesFit"), colour_of("FewestPods")
    ('blue', 'grey')
    """
    return COLOURS.get(plugin, "grey")


def short_name(plugin: str) -> str:
    """A plugin's name where there is little room.

    >>> short_name("NodeResourcesBalancedAllocation"), short_name("NodeName")
    ('BalancedAllocation', 'NodeName')
    """
    return plugin.removeprefix(LONG) if plugin.startswith(LONG) else plugin


REASONS = {
    "node(s) were unschedulable": Words("cordoned", "已封锁（cordon）"),
    "node(s) didn't match the requested node name": Words("another node is named", "指定了别的节点"),
    "node(s) had untolerated taint(s)": Words("a taint it does not tolerate", "有不能容忍的污点"),
    "node(s) didn't match Pod's node affinity/selector": Words("affinity or selector says no", "不符合节点亲和性或选择器"),
    "node(s) didn't have free ports for the requested pod ports": Words("its port is taken", "端口已被占用"),
    "Too many pods": Words("too many pods", "Pod 数已满"),
    "node(s) didn't match pod topology spread constraints": Words("spread would be too uneven", "分布会太不均匀"),
    "node(s) didn't match pod topology spread constraints (missing required label)": Words("no label to spread over", "缺少分布所需的标签"),
    "node(s) didn't match pod affinity rules": Words("no pod there that it wants near", "没有要靠近的 Pod"),
    "node(s) didn't match pod anti-affinity rules": Words("a pod there that it avoids", "有要避开的 Pod"),
    "node(s) didn't satisfy existing pods anti-affinity rules": Words("a pod there avoids it", "那里的 Pod 要避开它"),
    "node(s) exceed max volume count": Words("too many volumes", "卷数已满"),
    "node(s) had volume node affinity conflict": Words("its volume is elsewhere", "它的卷在别处"),
    "node(s) didn't match PersistentVolume's node affinity": Words("its volume is elsewhere", "它的卷在别处"),
    "node(s) had no available volume zone": Words("its volume is in another zone", "它的卷在别的区"),
    "node(s) didn't find available persistent volumes to bind": Words("no volume to bind", "没有可绑定的卷"),
}
"""The system's sentence → a few words."""


def said(reasons: tuple[str, ...]) -> Words:
    """Reasons as a few words.

    >>> said(("Insufficient cpu", "Insufficient memory"))
    Words(en='too little cpu, memory', zh='cpu、memory 不足')
    """
    short = [name for name in (re.fullmatch(r"Insufficient (.+)", reason) for reason in reasons) if name]
    if short and len(short) == len(reasons):
        names = [match[1] for match in short]
        return Words(f"too little {', '.join(names)}", f"{'、'.join(names)} 不足")
    parts = [_one(reason) for reason in reasons]
    return Words(", ".join(part.en for part in parts), "，".join(part.zh for part in parts))


BRIEF = {
    "unschedulable": Words("cordoned", "已封锁"),
    "requested node name": Words("named", "指定节点"),
    "taint": Words("taint", "污点"),
    "node affinity": Words("node affinity", "节点亲和"),
    "free ports": Words("port", "端口"),
    "Too many pods": Words("too many", "Pod 已满"),
    "topology spread": Words("spread", "分布"),
    "anti-affinity": Words("anti-affinity", "反亲和"),
    "pod affinity": Words("affinity", "亲和"),
    "volume": Words("volume", "卷"),
    "Volume": Words("volume", "卷"),
    "Insufficient": Words("no room", "资源不足"),
}
"""A part of the system's sentence → one word, for a picture of many small boxes."""


def brief(reasons: tuple[str, ...]) -> Words:
    """The first reason as one word.

    >>> brief(("node(s) had untolerated taint(s)",)), brief(("a plugin's own",)).en
    (Words(en='taint', zh='污点'), "a plugin's own")
    """
    found = next((words for part, words in BRIEF.items() if part in reasons[0]), None)
    return found or Words(reasons[0], reasons[0])


def _one(reason: str) -> Words:
    """One reason; a taint that is named in older releases is named here, too."""
    if reason in REASONS:
        return REASONS[reason]
    if match := re.fullmatch(r"Insufficient (.+)", reason):
        return Words(f"too little {match[1]}", f"{match[1]} 不足")
    if match := re.search(r"taint \{(.+)\}", reason):
        return Words(f"taint {match[1]}", f"污点 {match[1]}")
    if reason.startswith("persistentvolumeclaim ") and reason.endswith("not found"):
        return Words("its volume claim is not there", "它的卷声明不存在")
    if match := re.search(r"satisfy plugin(?:\(s\))? \[?([\w ]+)\]?", reason):
        return Words(f"not among those of {match[1]}", f"不在 {match[1]} 选出的节点之中")
    return Words(reason, reason)


def amount(resource: str, value: int) -> str:
    """An amount of a resource as manifests write it.

    >>> amount("cpu", 1500), amount("cpu", 250), amount("memory", 3 * 1024**3), amount("pods", 4)
    ('1.5', '250m', '3Gi', '4')
    """
    if resource == "cpu":
        return f"{value}m" if 0 < value < 1000 or value % 100 else f"{value / 1000:g}"
    if resource == "memory" or resource.startswith(("ephemeral", "hugepages")):
        return _bytes(value)
    return str(value)


def asked(requests: Mapping[str, int]) -> list[str]:
    """What a pod asks for, cpu and memory first.

    >>> asked({"memory": 1024**3, "cpu": 250, "pods": 0})
    ['cpu 250m', 'memory 1Gi']
    """
    first = {"cpu": 0, "memory": 1}
    names = sorted(requests, key=lambda name: (first.get(name, 2), name))
    return [f"{name} {amount(name, requests[name])}" for name in names if requests[name]]


def _bytes(value: int) -> str:
    for name, unit in (("Ti", 1024**4), ("Gi", 1024**3), ("Mi", 1024**2), ("Ki", 1024)):
        if value >= unit:
            return f"{value / unit:.3g}{name}"
    return str(value)

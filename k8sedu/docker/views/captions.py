"""One sentence for every step of a Docker host."""

from __future__ import annotations

from k8sedu.language import Words
from k8sedu.trace import Step


def caption(step: Step) -> Words:
    """Why this step happened.

    >>> from k8sedu.trace import Frozen
    >>> caption(Step(0, 0, "crash", "web", Frozen(address="172.17.0.2", restart_us=None), None)).en
    '**web crashes:** its address 172.17.0.2 and its ports are free for whoever comes next. Nobody starts it again.'
    """
    detail = step.detail
    if "packet" in detail:
        return _hop(step)
    if step.kind == "crash":
        return _crash(step)
    if step.kind == "error":
        return Words(f"**Refused:** {detail.text}", f"**被拒绝：** {detail.text}")
    ports = ", ".join(detail.get("ports", ()))
    english, chinese = PLAIN[step.kind]
    words = {**detail, "name": step.actor, "told": _told(ports), "told_zh": _told_zh(ports)}
    words["count"] = len(detail.get("containers", ()))
    return Words(english.format(**words), chinese.format(**words))


def _told(ports: str) -> str:
    return f"Published: {ports}." if ports else "No port is published, so nobody outside can reach it."


def _told_zh(ports: str) -> str:
    return f"已发布：{ports}。" if ports else "没有发布端口，外部无法访问它。"


def _hop(step: Step) -> Words:
    detail = step.detail
    english, chinese = detail.says
    verdict = VERDICTS.get(step.kind)
    if verdict is not None:
        return Words(f"**{verdict.en}:** {english}.", f"**{verdict.zh}：** {chinese}。")
    what = Words("Answer", "回应") if step.kind in {"answer", "answered"} else Words("Packet", "数据包")
    place = {"host": "eth0", "sender": detail.origin}.get(detail.place, detail.place)
    here = PLACES.get(place, Words(f"at {place}", f"在 {place}"))
    return Words(f"**{what.en} {here.en}:** {english}.", f"**{what.zh}{here.zh}：** {chinese}。")


def _crash(step: Step) -> Words:
    address, wait_us = step.detail.address, step.detail.restart_us
    english = f"**{step.actor} crashes:** its address {address} and its ports are free for whoever comes next."
    chinese = f"**{step.actor} 崩溃：** 它的地址 {address} 和端口空了出来，谁先来归谁。"
    if wait_us is None:
        return Words(f"{english} Nobody starts it again.", f"{chinese}没有谁会重新启动它。")
    wait_ms = wait_us // 1000
    return Words(f"{english} Its policy starts it again in {wait_ms} ms.", f"{chinese}按重启策略，{wait_ms} 毫秒后重新启动。")


VERDICTS = {
    "delivered": Words("Delivered", "送达"),
    "refused": Words("Refused", "连接被拒绝"),
    "dropped": Words("Lost", "丢失"),
}
PLACES = {
    "outside": Words("outside", "在外部"),
    "host": Words("at the host", "在宿主机"),
    "process": Words("from a program on the host", "来自宿主机上的程序"),
    "network": Words("on the network", "在网络中"),
}
PLAIN = {
    "boot": Words(
        "**A host with Docker:** the bridge docker0 has {bridge}, and no container yet.",
        "**一台装有 Docker 的宿主机：** 网桥 docker0 的地址是 {bridge}，还没有容器。",
    ),
    "run": Words(
        "**{name} starts at {address}.** {told}",
        "**{name} 启动，地址 {address}。** {told_zh}",
    ),
    "start": Words(
        "**{name} starts again, now at {address}.** {told}",
        "**{name} 重新启动，现在的地址是 {address}。** {told_zh}",
    ),
    "stop": Words(
        "**{name} stops:** its address {address} and its ports are given back, its name is not.",
        "**{name} 停止：** 归还地址 {address} 和端口，名字仍然保留。",
    ),
    "remove": Words(
        "**{name} is removed:** name, address and ports are free.",
        "**{name} 被删除：** 名字、地址和端口都空了出来。",
    ),
    "conflict": Words(
        "**Conflict:** {text}. Every port of the host can be given away once.",
        "**冲突：** {text}。宿主机的每个端口只能分配一次。",
    ),
    "host_down": Words(
        "**The host fails, and {count} containers with it.** Nobody starts them anywhere else.",
        "**宿主机失效，{count} 个容器随之消失。** 没有谁会在别处启动它们。",
    ),
    "host_up": Words(
        "**The host is back.** Containers with a restart policy start, in whatever order.",
        "**宿主机恢复。** 设有重启策略的容器启动，顺序不定。",
    ),
    "end": Words(
        "**The end of the run.**",
        "**运行结束。**",
    ),
}

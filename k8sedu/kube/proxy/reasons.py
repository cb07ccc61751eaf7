"""Why a walk ended as it did, in one sentence of either language.

All modes share these sentences, so that a difference between two modes' walks is a difference of what happened.
"""

from __future__ import annotations

from k8sedu.kube.proxy.packet import Packet, Step, socket_text
from k8sedu.language import Words


def delivered(service: str, endpoint: str, packet: Packet, arrived: Packet) -> Words:
    """An endpoint has got it."""
    if arrived.source == packet.source:
        return Words(
            f"{endpoint} answers for {service}, and sees the client {packet.source}",
            f"{endpoint} 代表 {service} 应答，看到的客户端是 {packet.source}",
        )
    return Words(
        f"{endpoint} answers for {service}; it sees the sender {arrived.source} instead of the client {packet.source}",
        f"{endpoint} 代表 {service} 应答；它看到的来源是 {arrived.source}，而不是客户端 {packet.source}",
    )


def unserved(packet: Packet) -> Words:
    """No Service was meant."""
    place = socket_text(packet.destination, packet.destination_port)
    return Words(f"no rule is about {place}: the packet goes on unchanged", f"没有规则涉及 {place}：数据包原样继续前行")


def rejected(service: str, step: Step) -> Words:
    """It was refused, and the client is told at once."""
    return Words(
        f"{service} has no endpoints: chain {step.chain} rejects the packet, and the client is told at once",
        f"{service} 没有端点（endpoint）：链 {step.chain} 拒绝该数据包，客户端立即得知",
    ) if "has no endpoints" in step.rule else Words(
        f"chain {step.chain} of table {step.table} rejects the packet, and the client is told at once",
        f"{step.table} 表的链 {step.chain} 拒绝该数据包，客户端立即得知",
    )  # fmt: skip


def dropped(service: str, step: Step) -> Words:
    """It was dropped, and the client waits in vain."""
    if "has no local endpoints" in step.rule:
        return Words(
            f"{service} has endpoints on other nodes only, and its policy is Local: the packet is dropped, and the client waits",
            f"{service} 只在其他节点上有端点（endpoint），而策略为 Local：数据包被丢弃，客户端只能等待",
        )
    if "not accepted by" in step.rule:
        return Words(
            f"the client is outside of the load balancer source ranges of {service}: the packet is dropped, and the client waits",
            f"客户端不在 {service} 的 loadBalancerSourceRanges 之内：数据包被丢弃，客户端只能等待",
        )
    return Words(
        f"chain {step.chain} of table {step.table} drops the packet, and the client waits in vain",
        f"{step.table} 表的链 {step.chain} 丢弃该数据包，客户端徒劳等待",
    )


def unanswered(packet: Packet, answer: Packet) -> Words:
    """The answer does not come from where the client has asked."""
    asked, came = socket_text(packet.destination, packet.destination_port), socket_text(answer.source, answer.source_port)
    return Words(
        f"the answer does not pass this node again: it comes from {came}, the client has asked {asked} and throws it away",
        f"应答不再经过本节点：它来自 {came}，而客户端询问的是 {asked}，于是把它丢弃",
    )

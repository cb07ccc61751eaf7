"""One sentence for every moment of a packet's way."""

from __future__ import annotations

import re
from typing import Any

from k8sedu.kube.proxy.packet import Packet, Step, Walk, socket_text
from k8sedu.kube.proxy.views.course import Moment
from k8sedu.kube.proxy.views.rule_words import short_chain
from k8sedu.language import Words


def caption(moment: Moment, walk: Walk, node: Any = None) -> Words:
    """Why the packet is where it is."""
    if moment.kind == "ask":
        return asked(walk, node)
    if moment.kind == "arrive":
        return arrived(walk)
    if moment.kind == "end" or moment.step is None:
        return ended(walk)
    return stepped(moment.step, _misses(moment, walk))


def asked(walk: Walk, node: Any = None) -> Words:
    """What the client does not know."""
    meant = socket_text(walk.packet.destination, walk.packet.destination_port)
    if not walk.service_port:
        return Words(f"**Somebody sends a packet to {meant}.**", f"**有人向 {meant} 发包。**")
    count = len(backends_of(walk, node))
    pods = "one pod" if count == 1 else f"one of {count} pods"
    return Words(
        f"**The client asks {meant}, Service {walk.service_port}.** Rules of its own node lead it to {pods}.",
        f"**客户端访问 {meant}，即 Service {walk.service_port}。** 本节点的规则把它引向 {count} 个 Pod 之一。",
    )


def backends_of(walk: Walk, node: Any) -> tuple[Any, ...]:
    """The endpoints of the Service port that was meant, as the node knows them."""
    if node is None:
        return ()
    return next((found for name, found in node.tracker.backends.items() if str(name) == walk.service_port), ())


def arrived(walk: Walk) -> Words:
    """The pod has it."""
    assert walk.arrived is not None
    source = walk.arrived.source
    if walk.is_masqueraded:
        said = Words(f"It sees the sender {source}, not the client.", f"它看到的来源是 {source}，而不是客户端。")
    else:
        said = Words(f"It sees the client itself, {source}.", f"它看到的来源就是客户端 {source}。")
    return Words(
        f"**The pod at {walk.endpoint} has the packet,** after {walk.rules_asked} questions. {said.en}",
        f"**{walk.endpoint} 的 Pod 收到数据包，** 共比较了 {walk.rules_asked} 次。{said.zh}",
    )


def ended(walk: Walk) -> Words:
    """How it ended."""
    title = ENDS[walk.outcome]
    if walk.is_answered:
        back = socket_text(walk.packet.destination, walk.packet.destination_port)
        return Words(
            f"**The answer comes from {back},** where the client has asked; it never learns which pod it was.",
            f"**应答来自 {back}，** 正是客户端访问的地址；它不知道是哪个 Pod 应答的。",
        )
    return Words(f"**{title.en}:** {_sentence(walk.reason.en)}.", f"**{title.zh}：** {walk.reason.zh}。")


ENDS = {
    "delivered": Words("Delivered", "已送达"), "rejected": Words("Rejected", "被拒绝"), "dropped": Words("Dropped", "被丢弃"),
    "unserved": Words("No Service was meant", "与 Service 无关"), "refused": Words("Nobody listens there", "无人监听"),
}  # fmt: skip


def _sentence(text: str) -> str:
    return text.rstrip(".")


def stepped(step: Step, misses: int) -> Words:
    """One rule has matched, or one thing was done."""
    chain, before = short_chain(step), _before(misses)
    for pattern, said in SAID:
        found = re.match(pattern, step.verdict)
        if found is not None:
            words = {"x": found[1] if found.groups() else "", "chain": chain.en, "n": step.number, **_ends(step.packet)}
            english, chinese = said.en.format(**words), said.zh.format(**words | {"chain": chain.zh})
            why = _why(step.why)
            return Words(english + why.en + before.en, chinese + why.zh + before.zh)
    verdict = f"{chain.en}: {step.verdict or step.rule}"
    return Words(f"**{verdict}.**{before.en}", f"**{chain.zh}：{step.verdict or step.rule}。**{before.zh}")


def _ends(packet: Packet) -> dict[str, str]:
    return {"to": socket_text(packet.destination, packet.destination_port), "from": socket_text(packet.source, packet.source_port)}


def _before(misses: int) -> Words:
    if not misses:
        return Words("", "")
    rules = "One rule" if misses == 1 else f"{misses} rules"
    return Words(f" {rules} before it did not match.", f"此前有 {misses} 条规则不匹配。")


def _why(why: str) -> Words:
    """What was drawn, or who was next."""
    if not why:
        return Words("", "")
    chinese = why
    for pattern, said in CHOICES:
        chinese = re.sub(pattern, said, chinese)
    return Words(f" It {why}." if why.startswith("drew") else f" ({why})", f"（{chinese}）")


CHOICES = (
    (r"drew (\S+), below (\S+)", r"抽到 \1，小于 \2"), (r"drew (\S+) of (\S+) to (\S+)", r"从 \2 到 \3 中抽到 \1"),
    (r"(\w+) over (\d+) servers chose (\S+)", r"\1 在 \2 台服务器中选了 \3"), ("the answer of a known connection", "已知连接的应答"),
    (r"(.+) is in (@\S+)", r"\1 在 \2 中"),
)  # fmt: skip

SAID: tuple[tuple[str, Words], ...] = (
    (r"(?:jump|goto) KUBE-MARK-MASQ", Words(
        "**It will need another source address:** chain {chain} sends it to be marked for masquerading.",
        "**它稍后需要换源地址：** 链 {chain} 让它去打上伪装标记。")),
    (r"(?:jump|goto) (\S+)", Words("**{chain}, rule {n} matches** and leads to {x}.", "**{chain} 的第 {n} 条规则匹配，** 转到 {x}。")),
    (r"DNAT to (\S+)", Words("**The destination is rewritten:** from now on the packet goes to {x}.",
                             "**改写目的地址：** 从此数据包去往 {x}。")),
    (r"REDIRECT to (\S+)", Words(
        "**The packet is turned to {x}, a port of this node:** there the program kube-proxy listens.",
        "**数据包被转到本机端口 {x}：** 在那里监听的是 kube-proxy 程序。")),
    (r"MARK", Words("**The packet is marked:** on its way out its source will be rewritten.",
                    "**打上标记：** 离开节点时会改写它的源地址。")),
    (r"RETURN", Words("**{chain}, rule {n}: return.** Nothing is to be done here.",
                      "**{chain} 的第 {n} 条规则：返回。** 这里不用做什么。")),
    (r"ACCEPT", Words("**{chain}, rule {n}: accepted.** No further rule of this hook is asked.",
                      "**{chain} 的第 {n} 条规则：接受。** 这个钩子不再问别的规则。")),
    (r"REJECT", Words("**{chain}, rule {n} rejects it:** the client is told at once.",
                      "**{chain} 的第 {n} 条规则拒绝它：** 客户端马上得知。")),
    (r"DROP", Words("**{chain}, rule {n} drops it:** nobody is told.", "**{chain} 的第 {n} 条规则丢弃它：** 没有人会被告知。")),
    (r"out by (\S+)", Words("**The route is looked up:** {to} is reached through {x}.", "**查路由：** {to} 经 {x} 可达。")),
    (r"rewritten from (\S+)", Words(
        "**Conntrack turns the rewriting back:** the answer now comes from {x}, where the client had asked.",
        "**conntrack 还原地址：** 应答现在来自 {x}，正是客户端访问的地址。")),
    (r"known", Words("**Conntrack knows this connection,** so no rule has to choose.", "**conntrack 认得这个连接，** 不必再由规则选择。")),
    (r"accepts", Words("**The program kube-proxy accepts the connection:** in this mode somebody listens indeed.",
                       "**kube-proxy 程序接受连接：** 在这种模式下确实有人监听。")),
    (r"connects to (\S+)", Words("**kube-proxy opens a second connection, to {x},** and copies bytes from one to the other.",
                                 "**kube-proxy 另开一个连接到 {x}，** 在两个连接之间搬运字节。")),
    (r"copies it", Words("**kube-proxy copies the answer into the client's connection.**", "**kube-proxy 把应答抄到客户端的连接里。**")),
    (r"MASQUERADE(.*)", Words("**The source is rewritten** to {from}: so the answer comes back through this node.",
                              "**改写源地址** 为 {from}：这样应答会回到本节点。")),
    (r"SNAT(.*)", Words("**The source is rewritten** to {from}.", "**改写源地址** 为 {from}。")),
)  # fmt: skip
"""How a verdict begins → what is said of it."""


def _misses(moment: Moment, walk: Walk) -> int:
    """The rules that were asked in vain since the last match of the same chain."""
    steps = walk.back if moment.is_back else walk.steps
    count = 0
    for step in reversed(steps[: moment.number]):
        if step.is_match or step.chain != steps[moment.number].chain:
            break
        count += 1
    return count

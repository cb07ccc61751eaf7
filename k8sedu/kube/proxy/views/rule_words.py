"""A rule in few words: what is left of `-A KUBE-SVC-… -m statistic --mode random --probability 0.5 -j KUBE-SEP-…` on a slide.

The whole text stands in the panel of the clicked row and in `walk_table`; in a row of a picture there is room for the conditions that
differ from rule to rule, and for where it leads. Technical words stay as the tools print them, so only the few words between them differ
from language to language.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping

from k8sedu.kube.proxy.packet import Step
from k8sedu.language import Words

SILENT = frozenset(("-m", "--mode", "-p", "--comment", "-A"))
"""Options whose value says nothing that the picture does not say otherwise."""
NOTHING = frozenset(("tcp", "udp", "sctp"))
TARGETS = {"KUBE-MARK-MASQ": Words("mark", "打标记"), "KUBE-MARK-DROP": Words("mark for drop", "标记为丢弃")}


def short_rule(step: Step) -> Words:
    """A step's rule in few words.

    >>> from k8sedu.kube.proxy.packet import Packet
    >>> packet = Packet("10.244.1.9", 40001, "10.96.0.7", 80)
    >>> rule = '-A KUBE-SVC-X --comment "default/web -> 10.244.1.3:8080" -m statistic --mode random --probability 0.5 -j KUBE-SEP-Y'
    >>> short_rule(Step("PREROUTING", "nat", "KUBE-SVC-X", 2, rule, True, "jump KUBE-SEP-Y", packet)).en
    'p = 0.5 → 10.244.1.3:8080'
    """
    return short_text(step.rule, step.table)


def short_text(rule: str, table: str = "nat") -> Words:
    """The same of a rule's text."""
    if rule.startswith("-A ") and table != "ipvs":
        return _iptables(rule)
    if table == "ipvs":
        return _ipvs(rule)
    return _program(rule) if table == "kube-proxy" else _nft(rule)


def done(verdict: str) -> Words:
    """What conntrack or the routing table did, in few words.

    >>> done("rewritten from 10.96.0.7:80").zh, done("out by cbr0").en
    ('还原为 10.96.0.7:80', 'out by cbr0')
    """
    for pattern, english, chinese in DONE:
        if re.match(pattern, verdict):
            return Words(re.sub(pattern, english, verdict), re.sub(pattern, chinese, verdict))
    return Words(verdict, verdict)


DONE = (
    (r"^rewritten from (.+)", r"again from \1", r"还原为 \1"), (r"^known$", "known connection", "已知的连接"),
    (r"^out by (.+)", r"out by \1", r"经 \1 发出"),
)  # fmt: skip
PROGRAM = (
    (r"^listens on port (\d+)", r"监听端口 \1"), (r"^try (\d+): (\S+) is next", r"第 \1 次：轮到 \2"),
    (r"^the endpoint's answer", "端点的应答"),
)  # fmt: skip


def _program(rule: str) -> Words:
    """What the program kube-proxy does, in userspace mode."""
    chinese = rule
    for pattern, said in PROGRAM:
        chinese = re.sub(pattern, said, chinese)
    return Words(rule, chinese)


def short_chain(step: Step) -> Words:
    """What a chain is called above its rows.

    >>> from k8sedu.kube.proxy.packet import Packet
    >>> short_chain(Step("FORWARD", "routing", "", 0, "to 10.244.1.3", True, "out by cbr0", Packet("10.0.0.1", 1, "10.0.0.2", 2))).zh
    '路由'
    """
    if not step.chain:
        return PLACES.get(step.table, Words(step.table, step.table))
    if step.table == "ipvs":
        return Words(f"virtual server {step.chain}", f"虚拟服务器 {step.chain}")
    if step.table == "kube-proxy":
        return Words(f"program kube-proxy: {step.chain}", f"kube-proxy 程序：{step.chain}")
    return Words(step.chain, step.chain)


PLACES: Mapping[str, Words] = {
    "routing": Words("routing", "路由"), "conntrack": Words("conntrack", "连接跟踪（conntrack）"), "ipvs": Words("IPVS", "IPVS"),
    "kube-proxy": Words("program kube-proxy", "kube-proxy 程序"),
}  # fmt: skip


# -- iptables ----------------------------------------------------------------------------------------------------------------------------


def _iptables(rule: str) -> Words:
    options = [each for each in _options(_tokens(rule)) if not (each[0] in {"-d", "--dport"} and rule.startswith(OWN))]
    comment = next((value for name, value, _ in options if name == "--comment"), "")
    conditions = [found for name, value, is_not in options if (found := _condition(name, value, is_not, options)) is not None]
    target = _target(next((value for name, value, _ in options if name in {"-j", "-g"}), ""), comment, options)
    said = [Words(", ".join(each.en for each in conditions), "，".join(each.zh for each in conditions)), target]
    if not conditions and "-> " in comment:
        said[0] = Words("otherwise", "否则")
    if conditions and PORTAL.match(comment) and target.en.startswith(CHAINS):
        name = comment.partition(" ")[0]
        return Words(*(f"{name}  {each.removeprefix('to ').removeprefix('去往 ')}" for each in said[0]))
    return Words(*(" → ".join(filter(None, parts)) for parts in zip(*said, strict=True)))


OWN = ("-A KUBE-SVC-", "-A KUBE-SVL-", "-A KUBE-SEP-", "-A KUBE-EXT-", "-A KUBE-FW-")
"""Chains of one Service: what they say of its own address says nothing."""
CHAINS = ("KUBE-SVC-", "KUBE-EXT-", "KUBE-SVL-", "KUBE-FW-")
PORTAL = re.compile(r"\S+/\S+( |$)")


def _tokens(rule: str) -> list[str]:
    try:
        return shlex.split(rule)
    except ValueError:
        return rule.split()


def _options(words: list[str]) -> Iterator[tuple[str, str, bool]]:
    """(option, its value, whether a `!` stands before it)."""
    place, is_not = 0, False
    while place < len(words):
        word, is_option = words[place], words[place].startswith("-")
        if word == "!":
            is_not = True
        elif is_option:
            until = place + 1
            while until < len(words) and not words[until].startswith("-") and words[until] != "!":
                until += 1
            yield word, " ".join(words[place + 1 : until]), is_not
            place, is_not = until - 1, False
        place += 1


def _condition(name: str, value: str, is_not: bool, options: list[tuple[str, str, bool]]) -> Words | None:  # noqa: FBT001 (a row)
    if name in SILENT and not (name == "-p" and value.lower() not in NOTHING):
        return None
    said = CONDITIONS.get(name)
    if said is None:
        return None
    if name == "-d":
        port = next((number for option, number, _ in options if option == "--dport"), "")
        value = value.removesuffix("/32") + (f":{port}" if port else "")
    if name == "--dport" and any(option == "-d" for option, *_ in options):
        return None
    english, chinese = said(value)
    return Words(("not " if is_not else "") + english, ("非" if is_not else "") + chinese)


def _pair(english: str, chinese: str) -> Callable[[str], tuple[str, str]]:
    return lambda value: (english.format(value), chinese.format(value))


CONDITIONS: Mapping[str, Callable[[str], tuple[str, str]]] = {
    "-d": _pair("to {}", "去往 {}"), "-s": _pair("from {}", "来自 {}"), "--dport": _pair("port {}", "端口 {}"),
    "--probability": lambda value: (text := f"p = {float(value):.5g}", text),
    "--ctstate": _pair("{}", "{}"), "--mark": _pair("marked",
        "有标记"), "--match-set": lambda value: (f"in {value.partition(' ')[0]}", f"在 {value.partition(' ')[0]} 中"),
    "--dst-type": _pair("to {}", "目的 {}"), "--src-type": _pair("from {}", "来源 {}"), "--seconds": _pair("seen in {} s", "{} 秒内来过"),
    "--vport": _pair("port {}", "端口 {}"), "-i": _pair("in by {}", "入 {}"), "-o": _pair("out by {}", "出 {}"),
}  # fmt: skip


def _target(target: str, comment: str, options: list[tuple[str, str, bool]]) -> Words:
    if target in TARGETS:
        return TARGETS[target]
    if target == "DNAT":
        goal = next((value for name, value, _ in options if name == "--to-destination"), "")
        return Words(f"DNAT to {goal}", f"DNAT 到 {goal}")
    if target == "REDIRECT":
        port = next((value for name, value, _ in options if name == "--to-ports"), "")
        return Words(f"port {port} of the node", f"本机端口 {port}")
    goal = comment.rpartition("-> ")[2] if "-> " in comment else ""
    return Words(goal or target, goal or target)


# -- the others --------------------------------------------------------------------------------------------------------------------------


def _ipvs(rule: str) -> Words:
    scheduler = re.search(r"-s (\w+)", rule)
    if scheduler is None:
        return Words(rule, "已知的连接" if rule == "a known connection" else rule)
    return Words(f"scheduler {scheduler[1]}", f"调度算法 {scheduler[1]}")


def _nft(rule: str) -> Words:
    """An nft rule without its key's parts and without the list of its verdicts."""
    text = re.sub(r"^ip6? daddr \. meta l4proto \. th dport ", "", rule)
    text = re.sub(r"^ip6? daddr \S+ \w+ dport \d+ (?=ip6? saddr)|^meta l4proto \w+ (?=dnat)", "", text)
    text = text.replace("jump mark-for-masquerade", "→ mark")
    text = re.sub(r' comment "[^"]*"', "", text)
    found = re.match(r"(numgen \w+ mod (\d+)) vmap \{", text)
    if found is not None:
        return Words(f"{found[1]} → one of {found[2]}", f"{found[1]} → {found[2]} 选 1")
    text = re.sub(r"endpoint-\w+-\S*?__(\S+)/(\d+)", r"\1:\2", text)
    return Words(text, text.replace("→ mark", "→ 打标记"))

"""Rules as `iptables-save` prints them: what the kernel has kept of what kube-proxy wrote.

The two differ more than one expects, and who compares a real dump with the text that kube-proxy restored stumbles over it: addresses have
gained `/32`, the protocol stands before the comment, marks are set by one operation instead of three, probabilities are multiples of 2⁻³¹.

Source: iptables 1.8, iptables/iptables.c (save_rule4), extensions/libxt_*.c (the `save` functions), libxtables/xtables.c.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from k8sedu.kube.proxy.iptables.probability import shown
from k8sedu.kube.proxy.iptables.syntax import Module, Option, Parts, take_apart

PLAIN = re.compile(r"[A-Za-z0-9_-]+")
ORDER = ("-s", "-d", "-i", "-o", "-p")
STATES = ("INVALID", "NEW", "RELATED", "ESTABLISHED", "UNTRACKED", "SNAT", "DNAT")


def saved(line: str, *, is_ipv6: bool = False) -> str:
    """A rule as `iptables-save` prints it, or `ip6tables-save`.

    >>> saved('-A KUBE-SERVICES -m comment --comment "ns1/svc1 cluster IP" -m tcp -p tcp -d 172.30.1.1 --dport 80 -j KUBE-SVC-X')
    '-A KUBE-SERVICES -d 172.30.1.1/32 -p tcp -m comment --comment "ns1/svc1 cluster IP" -m tcp --dport 80 -j KUBE-SVC-X'
    >>> saved("-A KUBE-MARK-MASQ -j MARK --or-mark 0x00004000")
    '-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000'
    """
    parts = take_apart(line)
    head = sorted(parts.head, key=lambda option: ORDER.index(option.name))
    words = [f"-A {parts.chain}", *map(_head, head)]
    words += [_module(module, is_ipv6=is_ipv6) for module in parts.modules]
    return " ".join([*words, *_target(parts, is_ipv6=is_ipv6)])


def _negation(option: Option) -> str:
    return "! " if option.is_negated else ""


def _head(option: Option) -> str:
    value = option.value
    if option.name in {"-s", "-d"} and "/" not in value:
        value += "/128" if ":" in value else "/32"
    return f"{_negation(option)}{option.name} {value}"


def _module(module: Module, *, is_ipv6: bool) -> str:
    if module.name in MODULES:
        return MODULES[module.name](module, is_ipv6)
    return " ".join([f"-m {module.name}", *map(_option, module.options)])


def _option(option: Option) -> str:
    return " ".join([f"{_negation(option)}{option.name}", *map(_quoted, option.values)])


def _quoted(text: str) -> str:
    return text if PLAIN.fullmatch(text) or text[:1].isdigit() or "," in text else f'"{text}"' if " " in text or "/" in text else text


def _comment(module: Module, _: bool) -> str:  # noqa: FBT001 (all printers of modules are called alike)
    text = module.value("--comment")
    quoted = text if PLAIN.fullmatch(text) else '"' + text.replace('"', '\\"') + '"'
    return f"-m comment --comment {quoted}"


def _statistic(module: Module, _: bool) -> str:  # noqa: FBT001 (as above)
    if module.value("--mode") != "random":
        return " ".join(["-m statistic", *map(_option, module.options)])
    return f"-m statistic --mode random --probability {shown(module.value('--probability'))}"


def _recent(module: Module, is_ipv6: bool) -> str:  # noqa: FBT001 (as above)
    verb = next(option for option in module.options if option.name in {"--set", "--rcheck", "--update", "--remove"})
    seconds = module.option("--seconds")
    words = ["-m recent", f"{_negation(verb)}{verb.name}"]
    words += [f"--seconds {seconds.value}"] if seconds is not None else []
    words += ["--reap"] if module.option("--reap") is not None else []
    mask = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" if is_ipv6 else "255.255.255.255"
    return " ".join([*words, f"--name {module.value('--name')}", f"--mask {module.value('--mask', default=mask)}", "--rsource"])


def _conntrack(module: Module, _: bool) -> str:  # noqa: FBT001 (as above)
    found = module.option("--ctstate")
    if found is None:
        return " ".join(["-m conntrack", *map(_option, module.options)])
    wanted = found.value.split(",")
    return f"-m conntrack {_negation(found)}--ctstate {','.join(state for state in STATES if state in wanted)}"


def _mark(module: Module, _: bool) -> str:  # noqa: FBT001 (as above)
    found = module.option("--mark")
    assert found is not None, module
    value, mask = found.value.partition("/")[::2]
    return f"-m mark {_negation(found)}--mark {_hex(value)}" + (f"/{_hex(mask)}" if mask else "")


MODULES: dict[str, Callable[[Module, bool], str]] = {
    "comment": _comment, "statistic": _statistic, "recent": _recent, "conntrack": _conntrack, "mark": _mark,
}  # fmt: skip


def _hex(text: str) -> str:
    return f"{int(text, 0):#x}"


def _target(parts: Parts, *, is_ipv6: bool) -> Iterator[str]:
    if not parts.target:
        return
    yield f"{'-g' if parts.is_goto else '-j'} {parts.target}"
    if parts.target == "MARK" and parts.options and parts.options[0].name != "--set-xmark":
        yield f"--set-xmark {_xmark(parts.options[0])}"
        return
    if parts.target == "REJECT" and not parts.options:
        yield f"--reject-with {'icmp6' if is_ipv6 else 'icmp'}-port-unreachable"
        return
    yield from (" ".join([f"{option.name}", *option.values]) for option in parts.options)


def _xmark(option: Option) -> str:
    """Value and mask of the one operation that the kernel has: clear the mask's bits, then flip the value's."""
    value, _, mask = option.value.partition("/")
    number = int(value, 0)
    pairs = {
        "--or-mark": (number, number), "--xor-mark": (number, 0), "--and-mark": (0, ~number & 0xFFFFFFFF),
        "--set-mark": (number, int(mask or "0xffffffff", 0) | number),
    }  # fmt: skip
    flips, clears = pairs[option.name]
    return f"{flips:#x}/{clears:#x}"

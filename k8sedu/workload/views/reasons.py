"""Why a machine is out, in both languages: managers give reasons as short English texts, and pictures say them in the reader's own.

A reason that is not known here is said as it stands: a manager's own words are better than none.
"""

from __future__ import annotations

from k8sedu.language import Words

LACKS = "too little "
KNOWN = {
    "down": Words("down", "已宕机"),
    "unreachable": Words("unreachable", "不可达"),
    "crashed here": Words("crashed here", "曾在此崩溃"),
}
RESOURCES = {"cpu": "CPU", "memory": "内存", "disk": "磁盘", "gpu": "GPU", "ports": "端口"}


def reason_words(reason: str) -> Words:
    """A reason as a sentence would say it.

    >>> reason_words("too little cpu and memory").zh, reason_words("is not zone=a").en
    ('CPU、内存不足', 'is not zone=a')
    """
    if reason in KNOWN:
        return KNOWN[reason]
    if reason.startswith(LACKS):
        lacking = reason.removeprefix(LACKS).split(" and ")
        return Words(reason, "、".join(RESOURCES.get(name, name) for name in lacking) + "不足")
    if reason.startswith("is not "):
        return Words(reason, f"不满足 {reason.removeprefix('is not ')}")
    return Words(reason, reason)


def short_reason(reason: str) -> Words:
    """The same where there is little room: what is lacking, without the words "too little"."""
    whole = reason_words(reason)
    return Words(whole.en.removeprefix(LACKS), whole.zh)

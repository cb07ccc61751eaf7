"""What the laboratory of leases offers, in words: ready plans, menus of clocks, clients and members, and the controls below the player.

What an action means for the run is decided by the laboratory; here are only the lines that a client is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from k8sedu.etcd.commands import words_of
from k8sedu.language import Words
from k8sedu.stage.document import Action, Button, Choice, Control, Slider

CLIENTS = ("c1", "c2")
KEYS = ("/nodes/a", "/nodes/a/ip", "/nodes/b", "/svc/web", "/locks/cron")
LEASES = (7, 8, 9)

SCENES: dict[str, tuple[Words, tuple[str, ...]]] = {
    "own": (Words("your own run", "自己的操作"), ()),
    "silence": (
        Words("a client falls silent", "客户端不再续约"),
        (
            'at 800 request "grant 7 4" to c1', 'at 1400 request "put /nodes/a up lease 7" to c1',
            'at 2200 request "put /nodes/a/ip 10.0.0.1 lease 7" to c1', 'at 3000 request "keep 7" to c1', "at 7000 crash c1",
        ),
    ),
    "leader": (
        Words("the leader dies with its clocks", "leader 带着时钟崩溃"),
        (
            'at 800 request "grant 7 4" to c1', 'at 1400 request "put /nodes/a up lease 7" to c1', 'at 2000 request "keep 7" to c1',
            'at 2200 request "grant 8 3" to c2', 'at 2800 request "put /locks/cron c2 lease 8" to c2', "at 4500 crash n1",
        ),
    ),
    "move": (
        Words("a key moves to another lease", "键换到另一个租约"),
        (
            'at 800 request "grant 7 3" to c1', 'at 1600 request "put /svc/web v1 lease 7" to c1',
            'at 1800 request "grant 8 9" to c2', 'at 2600 request "put /svc/web v2 lease 8" to c2',
        ),
    ),
    "cut": (
        Words("a client is cut off and comes back too late", "客户端被隔离，回来时已太迟"),
        (
            'at 800 request "grant 7 3" to c1', 'at 1600 request "put /nodes/a up lease 7" to c1', 'at 2200 request "keep 7" to c1',
            "at 4000 partition c1 | n1 n2 n3 c2 until 9000",
        ),
    ),
}  # fmt: skip
"""Ready plans by name."""


def controls(picks: Mapping[str, Any]) -> tuple[Control, ...]:
    """The controls, showing what is picked."""
    return (
        Choice("client", Words("client", "客户端"), tuple((name, name) for name in CLIENTS), picks["client"]),
        Choice("lease", Words("lease", "租约"), tuple((str(lease), str(lease)) for lease in LEASES), picks["lease"]),
        Slider("ttl_s", "TTL", 2, 15, 1, picks["ttl_s"], "{} s"),
        Button("grant", Words("grant lease", "申请租约")),
        Choice("key", Words("key", "键"), tuple((key, key) for key in KEYS), picks["key"]),
        Button("attach", Words("put key with lease", "带租约写入键")),
        Button("keep", Words("send keep-alives", "开始续约")),
        Button("leave", Words("stop keep-alives", "停止续约")),
        Button("revoke", Words("revoke lease", "撤销租约")),
        Button("crash", Words("crash client", "客户端崩溃")),
        Button("crash_leader", Words("crash leader", "leader 崩溃")),
        Button("restart_all", Words("restart all", "全部重启")),
        Button("longer", Words("run on 8 s", "再运行 8 秒")),
        Button("undo", Words("undo", "撤销操作")),
        Choice("scene", Words("plan", "场景"), tuple((name, words) for name, (words, _) in SCENES.items()), picks["scene"]),
    )


COMMANDS: dict[str, Callable[[str, dict[str, Any]], str]] = {
    "grant": lambda lease, picks: words_of("grant", lease, picks["ttl_s"]),
    "attach": lambda lease, picks: words_of("put", picks["key"], "up", "lease", lease),
    "keep": lambda lease, _: words_of("keep", lease),
    "leave": lambda lease, _: words_of("leave", lease),
    "revoke": lambda lease, _: words_of("revoke", lease),
}
"""What a client is told when the reader wishes something of a lease."""

_ACTIONS = {
    "attach": Words("hang the picked key on it", "挂上所选的键"),
    "keep": Words("send keep-alives", "开始续约"),
    "leave": Words("stop keep-alives", "停止续约"),
    "revoke": Words("revoke", "撤销"),
    "crash": Words("stop (crash)", "停止（崩溃）"),
    "restart": Words("start again", "重新启动"),
}

MENUS = {
    "lease": tuple(Action(name, _ACTIONS[name]) for name in ("attach", "keep", "leave", "revoke")),
    "client": (Action("crash", _ACTIONS["crash"]),),
    "stopped-client": (Action("restart", _ACTIONS["restart"]),),
    "member": (Action("crash", _ACTIONS["crash"]),),
    "stopped-member": (Action("restart", _ACTIONS["restart"]),),
}
"""Menu of a shape → what can be done to it."""

"""What a reader of the live laboratory may do, in words: menus of servers and messages, and the controls below the player.

Here are only names and words; what they mean for a run is decided by the laboratory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from k8sedu.language import Words
from k8sedu.stage.document import Action, Button, Choice, Control, Slider, Toggle

_ACTIONS = {
    "stop": Words("stop (crash)", "停止（崩溃）"),
    "restart": Words("start again", "重新启动"),
    "pause": Words("pause", "暂停"),
    "resume": Words("go on", "恢复运行"),
    "timeout": Words("time out now", "立刻超时"),
    "isolate": Words("cut off from all others", "与其他节点隔离"),
    "request": Words("send a request", "发送请求"),
    "snapshot": Words("take a snapshot", "做快照"),
    "transfer": Words("transfer leadership to it", "把 leader 转让给它"),
    "join": Words("let it join as voter", "加入集群（有投票权）"),
    "learn": Words("make it a learner", "设为 learner（学习者）"),
    "leave": Words("remove from the group", "移出集群"),
    "drop": Words("drop", "丢弃"),
    "delay": Words("delay by 20 ms", "推迟 20 ms"),
}


def _menu(*names: str) -> tuple[Action, ...]:
    return tuple(Action(name, _ACTIONS[name]) for name in names)


MENUS: Mapping[str, tuple[Action, ...]] = {
    "node-up": _menu("stop", "pause", "isolate", "timeout", "request", "transfer", "snapshot", "learn", "leave"),
    "node-leader": _menu("stop", "pause", "isolate", "request", "snapshot", "leave"),
    "node-outside": _menu("join", "learn", "stop"),
    "node-learner": _menu("stop", "pause", "isolate", "join", "snapshot", "leave"),
    "node-stopped": _menu("restart"),
    "node-paused": _menu("resume", "stop"),
    "message": _menu("drop", "delay"),
}
"""Menu of a shape → what can be done to it."""


def controls(parameters: Mapping[str, Any], scenes: Mapping[str, Words], *, loss: float = 0.0) -> tuple[Control, ...]:
    """The controls, showing the settings of the present run."""
    config, network = parameters["config"], parameters["network"]
    shortest = config["election_ticks_min"]
    delay_ms = network["delay_ms"]
    longest = delay_ms[1] if isinstance(delay_ms, list | tuple) else delay_ms
    options = (("free", Words("your own run", "自己的运行")), *scenes.items())
    buttons = [
        Button("request", Words("client request", "客户端请求")),
        Button("spread", Words("spread timers", "拉开定时器")),
        Button("align", Words("align timers", "对齐定时器")),
        Button("heal", Words("heal network", "恢复网络")),
        Button("seed", Words("new seed", "换种子")),
        Button("undo", Words("undo", "撤销")),
        Button("longer", Words("run 2 s longer", "再运行 2 秒")),
    ]
    return (
        Choice("scene", Words("scene", "场景"), tuple(options), "free"),
        *buttons,
        Slider("size", Words("servers", "节点数"), 1, 9, 1, parameters["size"]),
        Slider("spares", Words("servers outside", "组外节点"), 0, 3, 1, parameters["spares"]),
        Slider("loss", Words("loss from now on", "从现在起的丢失率"), 0, 60, 5, round(100 * loss), "{} %"),
        Slider("delay", Words("delay up to", "最大延迟"), 1, 60, 1, longest, "{} ms"),
        Slider("timeout", Words("shortest timeout", "最短选举超时"), 50, 600, 10, shortest, "{} ms"),
        Slider("range", Words("its random range", "随机范围"), 0, 300, 10, config["election_ticks_max"] - shortest, "{} ms"),
        Toggle("pre_vote", Words("PreVote", "PreVote 预投票"), config["pre_vote"]),
        Toggle("check_quorum", Words("CheckQuorum", "CheckQuorum 多数检查"), config["check_quorum"]),
        Toggle("clients", Words("clients", "客户端"), parameters["clients"]["count"] > 0),
    )  # fmt: skip

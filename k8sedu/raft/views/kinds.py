"""The letter and the colour of each kind of message: one key for the player, the charts and the help box.

A request and its answer share both; the answer is a ring and carries + or − instead of the letter.
"""

from __future__ import annotations

from typing import NamedTuple

from k8sedu.language import Words


class Look(NamedTuple):
    """How one kind of message is shown."""

    letter: str
    role: str
    """Its colour, as a role of the theme."""
    words: Words


LOOKS = {
    "request_vote": Look("V", "orange", Words("RequestVote", "请求投票 RequestVote")),
    "pre_vote": Look("P", "yellow", Words("PreVote", "预投票 PreVote")),
    "append_entries": Look("A", "blue", Words("AppendEntries", "追加日志 AppendEntries")),
    "heartbeat": Look("H", "sky", Words("heartbeat", "心跳 heartbeat")),
    "install_snapshot": Look("S", "purple", Words("InstallSnapshot", "安装快照 InstallSnapshot")),
    "timeout_now": Look("T", "vermillion", Words("TimeoutNow", "立即参选 TimeoutNow")),
    "transfer_leadership": Look("L", "vermillion", Words("TransferLeader", "移交领导权 TransferLeader")),
    "read_index": Look("R", "green", Words("ReadIndex", "读确认 ReadIndex")),
    "propose": Look("F", "grey", Words("forwarded proposal", "转发的提案")),
    "client_request": Look("C", "grey", Words("client request", "客户端请求")),
}
"""Every kind of request; a reply looks up the request that it answers."""


def look(kind: str) -> Look:
    """How a kind of message, request or reply, is shown.

    >>> look("request_vote_reply").letter
    'V'
    """
    return LOOKS[kind if kind in LOOKS else "client_request" if kind == "client_reply" else kind.removesuffix("_reply")]

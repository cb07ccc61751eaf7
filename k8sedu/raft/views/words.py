"""The words of Raft's pictures, in English and in Chinese.

Technical names (leader, term, log) stay in Chinese sentences as the field writes them; where a role is named for its own sake the Chinese
word stands beside it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from k8sedu.language import Words
from k8sedu.raft.roles import ROLE_WORDS

__all__ = ["MESSAGE_LETTERS", "MESSAGE_WORDS", "ROLE_WORDS", "STATUS_WORDS", "command", "joined", "plural", "say"]

MESSAGE_WORDS = {
    "request_vote": Words("RequestVote", "RequestVote（请求投票）"),
    "request_vote_reply": Words("vote", "投票答复"),
    "pre_vote": Words("PreVote", "PreVote（预投票）"),
    "pre_vote_reply": Words("PreVote answer", "PreVote 答复"),
    "append_entries": Words("AppendEntries", "AppendEntries（追加日志）"),
    "append_entries_reply": Words("AppendEntries answer", "AppendEntries 答复"),
    "heartbeat": Words("heartbeat", "heartbeat（心跳）"),
    "heartbeat_reply": Words("heartbeat answer", "心跳答复"),
    "install_snapshot": Words("InstallSnapshot", "InstallSnapshot（发送快照）"),
    "timeout_now": Words("TimeoutNow", "TimeoutNow（立即竞选）"),
    "transfer_leadership": Words("TransferLeadership", "TransferLeadership（转让 leader）"),
    "read_index": Words("ReadIndex", "ReadIndex（确认读）"),
    "read_index_reply": Words("ReadIndex answer", "ReadIndex 答复"),
    "propose": Words("proposal", "提案"),
    "client_request": Words("client request", "客户端请求"),
    "client_reply": Words("answer to client", "给客户端的答复"),
}
"""What a kind of message is called."""

MESSAGE_LETTERS = {
    "request_vote": "V",
    "pre_vote": "P",
    "append_entries": "A",
    "heartbeat": "H",
    "install_snapshot": "S",
    "timeout_now": "T",
    "transfer_leadership": "T",
    "read_index": "I",
    "propose": "R",
    "client_request": "R",
}
"""The letter on a request's dot; answers carry + or −."""

STATUS_WORDS = {
    "up": Words("running", "运行中"),
    "stopped": Words("stopped", "已停止"),
    "paused": Words("paused", "已暂停"),
}

_GAP = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
"""A blank between two Chinese characters, where a name was expected and a word came."""

_SESSION = re.compile(r"[^\s:]+:\d+ ")


def say(en: str, zh: str, /, **values: object) -> Words:
    """A sentence in both languages, with numbers, names and other `Words` put in.

    >>> say("{who} leads term {term}", "{who} 是 term {term} 的 leader", who="n1", term=3)
    Words(en='n1 leads term 3', zh='n1 是 term 3 的 leader')
    """
    mine = {name: value.en if isinstance(value, Words) else value for name, value in values.items()}
    theirs = {name: value.zh if isinstance(value, Words) else value for name, value in values.items()}
    return Words(en.format(**mine).rstrip(), _GAP.sub("", zh.format(**theirs)))


def joined(names: Iterable[object]) -> Words:
    """Names as one enumerates them.

    >>> joined(("n1", "n2", "n3"))
    Words(en='n1, n2 and n3', zh='n1、n2、n3')
    """
    listed = [str(name) for name in names]
    if len(listed) < 2:
        return Words("".join(listed), "".join(listed))
    return Words(f"{', '.join(listed[:-1])} and {listed[-1]}", "、".join(listed))


def plural(count: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "entry", "entries"), plural(3, "server")
    ('1 entry', '3 servers')
    """
    return f"{count} {one if count == 1 else many or one + 's'}"


def command(data: str) -> str:
    """A client's command without its session.

    >>> command("c1:3 x=4"), command("x=4")
    ('x=4', 'x=4')
    """
    return _SESSION.sub("", data, count=1) if _SESSION.match(data) else data

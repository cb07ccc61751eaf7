"""Requests as short lines of words, after `etcdctl`, for scenarios, laboratories and captions.

    put a 1                put a 1 lease 7          get a                 get /pods/ prefix at 5
    delete a               delete /pods/ prefix     compact 12            txn if mod a = 5 then put a 6 else get a
    grant 7 5              revoke 7                 keep_alive 7          watch /pods/ prefix from 3

A word with blanks stands in double quotes, as in JSON. In a transaction `and` stands between conditions and between operations.

Source: etcd 3.5, etcdctl README (the words); the order of words is ours, because a line has to be read aloud.
Left out: the options that lessons do not need; Python has them all (`k8sedu.etcd.api`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import (
    CompactionRequest,
    Compare,
    DeleteRangeRequest,
    LeaseGrantRequest,
    LeaseKeepAliveRequest,
    LeaseRevokeRequest,
    LeaseTimeToLiveRequest,
    PutRequest,
    RangeRequest,
    TxnRequest,
    WatchCreateRequest,
    prefix_end,
    to_bytes,
)

FORMS = {
    "put": "put KEY VALUE [lease ID]",
    "get": "get KEY [prefix | to END] [at REVISION] [serializable]",
    "delete": "delete KEY [prefix | to END]",
    "txn": "txn if mod|create|version|value|lease KEY =|!=|>|< OPERAND [and …] then OPERATION [and …] [else OPERATION [and …]]",
    "compact": "compact REVISION",
    "grant": "grant ID TTL_S",
    "revoke": "revoke ID",
    "keep_alive": "keep_alive ID",
    "time_to_live": "time_to_live ID",
    "watch": "watch KEY [prefix | to END] [from REVISION]",
}
"""Every command and its form."""

_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|[^\s"]+')
_SIGNS = {"=": "EQUAL", "!=": "NOT_EQUAL", ">": "GREATER", "<": "LESS"}
_TARGETS = {"mod": "mod_revision", "create": "create_revision", "version": "version", "value": "value", "lease": "lease"}


class CommandError(K8sEduError, ValueError):
    """A line that is no request."""


@lru_cache(maxsize=4096)  # the same line is read by the client, by its member, and once more when it is told
def parse(line: str) -> Any:
    """The request that a line says.

    >>> parse("put a 1 lease 7")
    PutRequest(key=b'a', value=b'1', lease=7, prev_kv=False, ignore_value=False, ignore_lease=False)
    >>> parse("put a")
    Traceback (most recent call last):
        ...
    k8sedu.etcd.commands.CommandError: met the command 'put a', expected 'put KEY VALUE [lease ID]'.

    Raises:
        CommandError: it has none of the forms of `FORMS`.
    """
    words = _WORD.findall(line)
    verb = words.pop(0) if words else ""
    if verb not in FORMS:
        raise CommandError(f"met the command {line!r}, expected one that begins with {', '.join(FORMS)}.")
    try:
        request = _READERS[verb](words)
    except (IndexError, ValueError):
        words = ["too", "much"]
    if words:
        raise CommandError(f"met the command {line!r}, expected {FORMS[verb]!r}.")
    return request


def words_of(*words: object) -> str:
    """A command from its words, quoted where that is needed.

    >>> words_of("put", "a", "two words")
    'put a "two words"'
    """
    return " ".join(_quoted(str(word)) for word in words)


def _quoted(word: str) -> str:
    return word if re.fullmatch(r'[^\s"\x00-\x1f]+', word) else json.dumps(word, ensure_ascii=False)


def _text(words: list[str]) -> bytes:
    word = words.pop(0)
    return to_bytes(json.loads(word) if word.startswith('"') else word)


def _option(words: list[str], name: str) -> int:
    """The number behind a keyword, 0 when the keyword does not stand here."""
    if words[:1] != [name]:
        return 0
    del words[0]
    return int(words.pop(0))


def _flag(words: list[str], name: str) -> bool:
    is_there = words[:1] == [name]
    del words[: int(is_there)]
    return is_there


def _keys(words: list[str]) -> tuple[bytes, bytes]:
    """A key and its range end, for one key, a prefix or a range."""
    key = _text(words)
    if _flag(words, "prefix"):
        return key, prefix_end(key)
    return key, _text(words) if _flag(words, "to") else b""


def _put(words: list[str]) -> PutRequest:
    return PutRequest(_text(words), _text(words), _option(words, "lease"))


def _get(words: list[str]) -> RangeRequest:
    return RangeRequest(*_keys(words), revision=_option(words, "at"), serializable=_flag(words, "serializable"))


def _delete(words: list[str]) -> DeleteRangeRequest:
    return DeleteRangeRequest(*_keys(words))


def _watch(words: list[str]) -> WatchCreateRequest:
    return WatchCreateRequest(*_keys(words), start_revision=_option(words, "from"))


def _txn(words: list[str]) -> TxnRequest:
    compare: list[Compare] = []
    if _flag(words, "if"):
        compare.append(_compare(words))
        while _flag(words, "and"):
            compare.append(_compare(words))
    if not _flag(words, "then"):
        raise ValueError("then is missing")
    success = _operations(words)
    failure = _operations(words) if _flag(words, "else") else ()
    return TxnRequest(tuple(compare), success, failure)


def _compare(words: list[str]) -> Compare:
    target, key, sign = words.pop(0), _text(words), words.pop(0)
    field = _TARGETS.get(target, "")
    if not field or sign not in _SIGNS:
        raise ValueError("no comparison")
    operand: dict[str, Any] = {field: _text(words) if field == "value" else int(words.pop(0))}
    return Compare(key, target.upper(), _SIGNS[sign], **operand)  # type: ignore[arg-type]  # looked up in the two tables above


def _operations(words: list[str]) -> tuple[Any, ...]:
    found = []
    while words and words[0] != "else":
        verb = words.pop(0)
        if verb not in ("put", "get", "delete", "txn"):
            raise ValueError("no operation")
        found.append(_READERS[verb](words))
        if not _flag(words, "and"):
            break
    return tuple(found)


_READERS: dict[str, Callable[[list[str]], Any]] = {
    "put": _put,
    "get": _get,
    "delete": _delete,
    "txn": _txn,
    "watch": _watch,
    "compact": lambda words: CompactionRequest(int(words.pop(0))),
    "grant": lambda words: LeaseGrantRequest(ID=int(words.pop(0)), TTL=int(words.pop(0))),
    "revoke": lambda words: LeaseRevokeRequest(int(words.pop(0))),
    "keep_alive": lambda words: LeaseKeepAliveRequest(int(words.pop(0))),
    "time_to_live": lambda words: LeaseTimeToLiveRequest(int(words.pop(0)), keys=True),
}

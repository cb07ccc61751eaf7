r"""Judges for etcd: commands are carried out by the model's store, and what it then holds and answers decides.

A student's answer is one command or several, in the words of `k8sedu.etcd.commands`, or one line more: `wait 3000` lets so many
milliseconds pass, so that leases can end. Each judge asks one thing of the run.

>>> holds({"a": "2"}).fault("put a 1\nput a 2"), holds({"a": None}).fault("put a 1")
('', 'leaves a = "1", expected no key a')

Source: `k8sedu.etcd.server`, whose answers are held to those of a real etcd.
Left out: clusters. What a store answers does not depend on how many members hold it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from k8sedu import etcd
from k8sedu.course.homework.judging import Judge, shown, told
from k8sedu.errors import K8sEduError
from k8sedu.etcd.api import (
    CompactionRequest,
    DeleteRangeRequest,
    KeyValue,
    LeaseGrantRequest,
    LeaseRevokeRequest,
    PutRequest,
    RangeRequest,
    RangeResponse,
    TxnRequest,
    TxnResponse,
)
from k8sedu.etcd.commands import parse
from k8sedu.etcd.errors import EtcdError
from k8sedu.etcd.server import Server
from k8sedu.language import Words

LINES_MAX = 100
CHARACTERS_MAX = 10_000
WAIT = re.compile(r"wait (\d{1,9})")
KINDS: dict[str, type] = {
    "put": PutRequest, "get": RangeRequest, "delete": DeleteRangeRequest, "txn": TxnRequest, "compact": CompactionRequest,
    "grant": LeaseGrantRequest, "revoke": LeaseRevokeRequest,
}  # fmt: skip


class Step(NamedTuple):
    """One command, what was answered or refused, and the store's revision after it."""

    line: str
    request: Any
    response: Any
    refusal: str
    revision: int


class Story(NamedTuple):
    """A run of commands on a fresh store."""

    steps: tuple[Step, ...]
    server: Server

    def kvs(self) -> list[KeyValue]:
        """All keys at the end, in order."""
        return self.server.store.find(b"\0", b"\0")

    def value(self, key: str) -> KeyValue | None:
        """A key as it is at the end."""
        return self.server.store.get(key)


def carry_out(lines: Iterable[str]) -> Story:
    """Carry commands out on a fresh store; a refusal is part of the story.

    >>> story = carry_out(["put a 1", "get b at 9", "grant 7 5", "put a 2 lease 7", "wait 6000"])
    >>> [step.refusal[-15:] for step in story.steps if step.refusal], story.value("a"), story.steps[-1].revision
    (['future revision'], None, 4)

    Raises:
        CommandError: a line is no command.
    """
    server, now_ms = Server(), 0
    steps = []
    for line in (line.strip() for line in lines):
        request, response, refusal = None, None, ""
        wait = WAIT.fullmatch(line)
        if wait:
            now_ms += int(wait[1])
            server.expire(now_ms=now_ms)
        elif line:
            request = parse(line)
            try:
                response = server.do(request, now_ms=now_ms)
            except EtcdError as error:
                refusal = str(error)
        if line:
            steps.append(Step(line, request, response, refusal, server.store.revision))
    return Story(tuple(steps), server)


@lru_cache(maxsize=256)  # several judges ask about the same commands
def _story(text: str, before: tuple[str, ...], after: tuple[str, ...]) -> Story | Words:
    if len(text) > CHARACTERS_MAX or text.count("\n") > LINES_MAX:
        english = f"is longer than {LINES_MAX} lines, expected commands that a person can follow"
        return Words(english, f"超过 {LINES_MAX} 行，应为人能看懂的命令")
    try:
        return carry_out((*before, *text.split("\n"), *after))
    except (K8sEduError, ValueError, RecursionError) as error:
        return Words(f"cannot be carried out: {error}", f"无法执行：{error}")


class Commands(Judge):
    """Asks one question of what commands did; `before` and `after` are commands that others send."""

    def __init__(self, question: Callable[[Story], str], *, before: Iterable[str] = (), after: Iterable[str] = ()) -> None:
        self.question, self.before, self.after = question, tuple(before), tuple(after)

    def fault(self, value: Any) -> str:
        """Carry them out, then ask."""
        story = self._of(value)
        return story.in_() if isinstance(story, Words) else self.question(story)

    def picture(self, value: Any) -> str:
        """A transaction as its if, then and else; other commands as their way through the two trees."""
        story = self._of(value)
        if isinstance(story, Words):
            return ""
        view: Literal["txn", "trees"] = "txn" if any(isinstance(step.request, TxnRequest) for step in story.steps) else "trees"
        lines = (line.strip() for line in (*self.before, *_text(value).split("\n"), *self.after))
        forms, _ = etcd.views.play(etcd.tell([line for line in lines if line and not WAIT.fullmatch(line)]), view)._repr_mimebundle_()
        return str(forms["text/html"])

    def _of(self, value: Any) -> Story | Words:
        if not (type(value) is str or (type(value) is list and all(type(line) is str for line in value))):
            return Words(f"is {shown(value)}, expected commands as text, one per line", f"是 {shown(value)}，应为文本形式的命令，每行一条")
        if not _text(value).strip():
            return Words("is empty, expected a command", "是空的，应为一条命令")
        return _story(_text(value), self.before, self.after)


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "\n".join(value)


def holds(
    keys: Mapping[str, str | None], *, before: Iterable[str] = (), after: Iterable[str] = (), revision: int | None = None
) -> Judge:  # fmt: skip
    """After the commands the store holds these values (None for no such key), perhaps at this revision."""

    def question(story: Story) -> str:
        for key, wanted in keys.items():
            found = story.value(key)
            met = None if found is None else found.value.decode("utf-8", "replace")
            if met != wanted:
                left, right = _held(key, met), _held(key, wanted)
                return told(f"leaves {left.en}, expected {right.en}", f"最后是 {left.zh}，应为 {right.zh}")
        now = story.server.store.revision
        if revision is not None and now != revision:
            return told(f"ends at revision {now}, expected {revision}", f"结束于修订号 {now}，应为 {revision}")
        return ""

    return Commands(question, before=before, after=after)


def _held(key: str, value: str | None) -> Words:
    text = f"{key} = {shown(value)}"
    return Words(f"no key {key}", f"没有键 {key}") if value is None else Words(text, text)


def has(key: str, *, before: Iterable[str] = (), **fields: int) -> Judge:
    """After the commands a key has these numbers: version, create_revision, mod_revision, lease."""

    def question(story: Story) -> str:
        found = story.value(key)
        if found is None:
            return told(f"leaves no key {key}, expected one", f"最后没有键 {key}，应当有")
        for name in (name for name, wanted in fields.items() if getattr(found, name) != wanted):
            met, wanted = getattr(found, name), fields[name]
            return told(f"leaves {key} with {name} {met}, expected {wanted}", f"{key} 的 {name} 最后是 {met}，应为 {wanted}")
        return ""

    return Commands(question, before=before)


def is_one(kind: str, *, before: Iterable[str] = ()) -> Judge:
    """The answer is a single command of this kind, and the store does not refuse it."""
    skipped = len(tuple(before))

    def question(story: Story) -> str:
        own = story.steps[skipped:]
        if len(own) != 1 or not isinstance(own[0].request, KINDS[kind]):
            english = f"is {len(own)} commands, the first {own[0].line!r}, expected a single {kind}"
            return told(english, f"是 {len(own)} 条命令，第一条 {own[0].line!r}，应为单独一条 {kind}")
        return told(f"is refused: {own[0].refusal}", f"被拒绝：{own[0].refusal}") if own[0].refusal else ""

    return Commands(question, before=tuple(before))


def refuses_none(*, before: Iterable[str] = ()) -> Judge:
    """The store refuses none of the commands."""

    def question(story: Story) -> str:
        refused = [step for step in story.steps if step.refusal]
        if not refused:
            return ""
        line, why = refused[0].line, refused[0].refusal
        return told(f"has {line!r}, which is refused: {why}", f"其中 {line!r} 被拒绝：{why}")

    return Commands(question, before=before)


def learns(key: str, value: str, *, before: Iterable[str] = ()) -> Judge:
    """The last command's answer tells the value of a key, in whichever branch."""

    def question(story: Story) -> str:
        known = {kv.key.decode(): kv.value.decode("utf-8", "replace") for kv in _told(story.steps[-1].response)}
        silent = told(f"does not tell {key} = {shown(value)} in its answer", f"应答里没有 {key} = {shown(value)}")
        return "" if known.get(key) == value else silent

    return Commands(question, before=before)


def _told(response: Any) -> tuple[KeyValue, ...]:
    if isinstance(response, TxnResponse):
        return tuple(kv for inner in response.responses for kv in _told(inner))
    return response.kvs if isinstance(response, RangeResponse) else ()


class Revision(Judge):
    """A revision, whichever: says that the form is right, not the answer."""

    def fault(self, value: Any) -> str:
        """Is it a whole number above 0?"""
        wrong = told(f"is {shown(value)}, expected a whole number above 0", f"是 {shown(value)}，应为大于 0 的整数")
        return "" if type(value) is int and value > 0 else wrong


def revision() -> Judge:
    """A whole number above 0, whichever."""
    return Revision()


def numbers_after(lines: Iterable[str]) -> dict[str, list[int]]:
    """What the model's store says after commands: key → [create_revision, mod_revision, version].

    >>> numbers_after(["put a 1", "put a 2"])
    {'a': [2, 3, 2]}
    """
    return {kv.key.decode(): [kv.create_revision, kv.mod_revision, kv.version] for kv in carry_out(lines).kvs()}


def keys_after(lines: Iterable[str]) -> list[str]:
    """Which keys the model's store holds after commands.

    >>> keys_after(["grant 7 5", "put a 1 lease 7", "put b 1", "wait 6000"])
    ['b']
    """
    return [kv.key.decode() for kv in carry_out(lines).kvs()]

"""The state machine above the log: a few keys and values, and the sessions that make retries harmless.

A client that gets no answer sends its request again, perhaps to another server, and the log may then hold it twice. Each request
therefore carries the client's name and a serial number; the machine remembers the last answer per client and does not execute a serial
number twice.

Commands are short texts: `x=4` sets, `x+=1` adds, `x?` reads. In the log they are prefixed with the session, `c1:3 x=4`.

Source: raft.pdf §8; thesis §6.3.
Left out: expiry of sessions.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import NamedTuple

from k8sedu.errors import K8sEduError

_COMMAND = re.compile(r"(?:(?P<client>[^\s:]+):(?P<serial>\d+) )?(?P<key>\w+)(?:(?P<verb>\+=|=)(?P<value>.*)|\?)", re.DOTALL)


class CommandError(K8sEduError, ValueError):
    """A command that the machine does not understand."""


class Command(NamedTuple):
    """A parsed command.

    >>> Command.parse("c1:3 x+=1")
    Command(key='x', verb='+=', value='1', client='c1', serial=3)
    """

    key: str
    verb: str
    value: str = ""
    client: str = ""
    serial: int = 0

    @classmethod
    @lru_cache(maxsize=4096)  # every server of a group parses the same command
    def parse(cls, text: str) -> Command:
        """Read `x=4`, `x+=1` or `x?`, with or without a session in front.

        Raises:
            CommandError: it is none of these, or adds something that is no whole number.
        """
        match = _COMMAND.fullmatch(text)
        if not match:
            raise CommandError(f"met the command {text!r}, expected 'key=value', 'key+=number' or 'key?'.")
        verb, value = match["verb"] or "?", match["value"] or ""
        if verb == "+=" and not re.fullmatch(r"-?\d+", value):
            raise CommandError(f"met the command {text!r}, expected a whole number after '+='.")
        return cls(match["key"], verb, value, match["client"] or "", int(match["serial"] or 0))

    @property
    def is_read(self) -> bool:
        """True for `x?`."""
        return self.verb == "?"


class Machine:
    """A replicated key-value store of texts.

    >>> machine = Machine()
    >>> machine.apply("c1:1 x=4"), machine.apply("c1:2 x+=1"), machine.apply("c1:2 x+=1")
    ('4', '5', '5')
    """

    __slots__ = ("remembers_sessions", "sessions", "values")

    def __init__(self, *, remembers_sessions: bool = True) -> None:
        self.values: dict[str, str] = {}
        self.sessions: dict[str, tuple[int, str]] = {}
        self.remembers_sessions = remembers_sessions

    def apply(self, text: str) -> str:
        """Execute a command once and return its answer; a repeated serial number returns the old answer."""
        command = Command.parse(text)
        if not command.client:
            return self._execute(command)
        serial, answer = self.sessions.get(command.client, (0, ""))
        if command.serial > serial or not self.remembers_sessions:
            answer = self._execute(command)
            self.sessions[command.client] = (command.serial, answer)
        return answer

    def read(self, key: str) -> str:
        """The value of a key, empty if it was never set."""
        return self.values.get(key, "")

    def _execute(self, command: Command) -> str:
        old = self.values.get(command.key, "")
        if command.is_read:
            return old
        value = str(_number(old) + int(command.value)) if command.verb == "+=" else command.value
        self.values[command.key] = value
        return value

    def dump(self) -> str:
        """The whole state as text, for a snapshot."""
        return json.dumps({"values": self.values, "sessions": self.sessions}, sort_keys=True)

    def load(self, text: str) -> None:
        """Take over the state of a snapshot; empty text is the empty machine."""
        state = json.loads(text) if text else {"values": {}, "sessions": {}}
        self.values = dict(state["values"])
        self.sessions = {client: (serial, answer) for client, (serial, answer) in state["sessions"].items()}


def _number(text: str) -> int:
    return int(text) if text.removeprefix("-").isdecimal() else 0

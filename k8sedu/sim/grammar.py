"""How faults are written, one per line, so that tests, notebooks and slides can share them.

A line is words with blanks between; a word with blanks or odd signs in it stands in double quotes, as in JSON. Each kind of fault
has one form, listed in `FORMS`: reading, writing and the sentence of an error all follow that table. Times are milliseconds with at most
three decimals, because the simulation counts whole microseconds and nothing may be lost between text and value.

Left out: comments and names of files; they belong to `k8sedu.sim.scenario`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.trace import Frozen


class FaultError(K8sEduError, ValueError):
    """A fault that makes no sense: its text, its time or its names."""


class Part(NamedTuple):
    """One argument of a fault: its name, how it is written, and the word before it if there is one."""

    field: str
    form: str
    keyword: str = ""
    optional: bool = False

    def usage(self) -> str:
        """This argument as the sentence of an error shows it."""
        text = f"{self.keyword} {_SHOWN[self.form]}".strip()
        return f"[{text}]" if self.optional else text


_SHOWN = {"name": "NAME", "names": "NAME …", "groups": "NAME … | NAME …", "number": "NUMBER", "ms": "MS", "text": "TEXT",
          "ratio": "RATIO", "ppm": "PPM", "switch": "on|off"}  # fmt: skip
_NODE, _MESSAGE, _UNTIL = Part("node", "name"), Part("message", "number"), Part("until_us", "ms", "until", optional=True)
_RATIO = Part("ratio", "ratio")
_SENDER_TO_RECEIVER = Part("sender", "name"), Part("receiver", "name", "to")

FORMS: Mapping[str, tuple[Part, ...]] = {
    "crash": (_NODE,),
    "restart": (_NODE,),
    "pause": (_NODE, _UNTIL),
    "resume": (_NODE,),
    "partition": (Part("groups", "groups"), _UNTIL),
    "block": (*_SENDER_TO_RECEIVER, _UNTIL),
    "heal": (),
    "drop": (_MESSAGE,),
    "drop_next": (Part("message_kind", "name"), Part("sender", "name", "from"), Part("receiver", "name", "to")),
    "delay_message": (_MESSAGE, Part("by_us", "ms", "by")),
    "timeout": (_NODE,),
    "set_timer": (_NODE, Part("in_us", "ms", "in")),
    "spread_timers": (),
    "align_timers": (),
    "request": (Part("data", "text"), Part("node", "name", "to", optional=True)),
    "transfer": (Part("to", "name", "to"),),
    "change": (Part("voters", "names"), Part("learners", "names", "learners", optional=True)),
    "snapshot": (_NODE,),
    "slow_disk": (_NODE, Part("write_us", "ms", "takes"), _UNTIL),
    "clock_drift": (_NODE, Part("ppm", "ppm")),
    "loss": (_RATIO, _UNTIL),
    "duplication": (_RATIO, _UNTIL),
    "reordering": (Part("on", "switch"),),
}
"""Every kind of fault and its arguments, in the order in which they are written."""

RESERVED = frozenset({"at", "by", "from", "in", "learners", "takes", "to", "until"})
"""Words with a meaning in a line; no node may be called so."""

_NAME = re.compile(r"[^\W\d][\w.-]*")
_BARE = re.compile(r'[^\s"#|,]+')
_WORD = re.compile(r'\s*("(?:[^"\\]|\\.)*"(?=\s|$)|[^\s"]+(?=\s|$))')
_MS = re.compile(r"[0-9]+(?:\.[0-9]{1,3})?")


def usage(kind: str) -> str:
    """The form of one kind of fault, for people.

    >>> usage("pause")
    'at MS pause NAME [until MS]'
    """
    return " ".join(["at MS", kind, *(part.usage() for part in FORMS[kind])])


def words(line: str) -> list[str]:
    """The words of a line, quotes kept, so that a quoted word is never taken for a keyword.

    >>> words('at 900 request "x = 4" to n1')
    ['at', '900', 'request', '"x = 4"', 'to', 'n1']
    """
    found, position, line = [], 0, line.rstrip()
    while position < len(line):
        match = _WORD.match(line, position)
        if match is None:
            raise FaultError(f'{line[position:].strip()!r} has a quotation mark that is not closed, expected words or "quoted words"')
        found.append(match[1])
        position = match.end()
    return found


def quote(text: str) -> str:
    """A text as one word of a line.

    >>> quote("x=4"), quote("two words")
    ('x=4', '"two words"')
    """
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def unquote(word: str) -> str:
    """The text that one word of a line stands for."""
    if not word.startswith('"'):
        return word
    try:
        return str(json.loads(word))
    except ValueError:
        raise FaultError(f"{word} is not a quoted text, expected the escapes of JSON") from None


def format_ms(time_us: int) -> str:
    """Microseconds as the shortest exact number of milliseconds.

    >>> format_ms(900_000), format_ms(1_500), format_ms(7)
    ('900', '1.5', '0.007')
    """
    whole, rest = divmod(time_us, 1000)
    return f"{whole}.{rest:03}".rstrip("0").rstrip(".")


def parse_ms(word: str) -> int:
    """The microseconds that a number of milliseconds stands for, exactly.

    >>> parse_ms("0.5")
    500
    """
    if not _MS.fullmatch(word):
        raise FaultError(f"the time is {word!r}, expected milliseconds from 0 on with at most three decimals")
    whole, _, rest = word.partition(".")
    return int(whole) * 1000 + int(f"{rest:0<3}")


def parse_fault(line: str) -> tuple[str, int, Frozen]:
    """The kind, the time in microseconds and the arguments of one line.

    >>> parse_fault("at 900 pause n1 until 950.5")
    ('pause', 900000, Frozen(node='n1', until_us=950500))

    Raises:
        FaultError: the line does not have the form of a fault.
    """
    left = words(line)
    if len(left) < 3 or left[0] != "at":
        raise FaultError(f"{line.strip()!r} is not a fault, expected 'at MS KIND …'")
    at_us, kind, left = parse_ms(left[1]), known_kind(left[2]), left[3:]
    try:
        arguments = {part.field: _take(part, left, stops={later.keyword for later in FORMS[kind]}) for part in FORMS[kind]}
        if left:
            raise FaultError(f"{' '.join(left)!r} is too much")
    except FaultError as error:
        raise FaultError(f"{line.strip()!r}: {error}, expected {usage(kind)!r}") from None
    return kind, at_us, Frozen(arguments)


def format_fault(kind: str, at_us: int, arguments: Frozen) -> str:
    """The line that `parse_fault` reads back to the same values."""
    given = ((part, arguments[part.field]) for part in FORMS[kind])
    said = (f"{part.keyword} {_written(part.form, value)}".strip() for part, value in given if value not in (None, ()))
    return " ".join(["at", format_ms(at_us), kind, *said])


def known_kind(kind: str) -> str:
    """The kind itself, if it is one.

    Raises:
        FaultError: no fault is called so.
    """
    if kind not in FORMS:
        raise FaultError(f"no fault is called {kind!r}, expected one of {', '.join(FORMS)}")
    return kind


def known_name(name: object) -> str:
    """The name itself, if a node may be called so and a line can be read back.

    Raises:
        FaultError: it has odd signs in it, or is a keyword.
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name in RESERVED:
        raise FaultError(f"the name is {name!r}, expected a letter followed by letters, digits or one of . _ -, and no keyword")
    return name


def _take(part: Part, left: list[str], *, stops: set[str]) -> Any:
    """The value of one argument; the words that say it are removed from those left."""
    if part.keyword:
        if left[:1] != [part.keyword]:
            if part.optional:
                return () if part.form == "names" else None
            raise FaultError(f"{part.usage()!r} is missing")
        del left[0]
    count = 1
    if part.form in {"names", "groups"}:
        count = next((at for at, word in enumerate(left) if word in stops), len(left))
    taken = left[:count]
    del left[:count]
    if not taken:
        raise FaultError(f"{part.usage()!r} is missing")
    return _read(part.form, taken)


def _read(form: str, taken: list[str]) -> Any:
    if form == "names":
        return tuple(known_name(name) for name in taken)
    if form == "groups":
        groups = " ".join(taken).split("|")
        return tuple(tuple(known_name(name) for name in group.split()) for group in groups)
    return _READERS[form](taken[0])


def _written(form: str, value: Any) -> str:
    if form == "names":
        return " ".join(value)
    if form == "groups":
        return " | ".join(" ".join(group) for group in value)
    return str(_WRITERS[form](value))


def _number(word: str) -> int:
    if not (word.isascii() and word.isdigit()):
        raise FaultError(f"{word!r} is not a whole number from 0 on")
    return int(word)


def _ratio(word: str) -> float:
    try:
        ratio = float(word)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise FaultError(f"{word!r} is not a ratio from 0 to 1")
    return ratio


def _ppm(word: str) -> int:
    if not re.fullmatch(r"[+-]?[0-9]{1,6}", word):
        raise FaultError(f"{word!r} is not a whole number of parts per million between -999999 and 999999")
    return int(word)


def _switch(word: str) -> bool:
    if word not in ("on", "off"):
        raise FaultError(f"{word!r} is neither 'on' nor 'off'")
    return word == "on"


_READERS: Mapping[str, Callable[[str], Any]] = {
    "name": known_name, "number": _number, "ms": parse_ms, "text": unquote, "ratio": _ratio, "ppm": _ppm, "switch": _switch,
}  # fmt: skip
_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "name": str, "number": str, "ms": format_ms, "text": quote, "ratio": repr, "ppm": str, "switch": lambda on: "on" if on else "off",
}  # fmt: skip

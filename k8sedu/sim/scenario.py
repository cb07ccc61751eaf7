"""An experiment as a short text file that tests, notebooks and slides share.

    # The majority elects a new leader; the old one learns of it when the wall falls.
    system raft
    title.en A leader alone
    title.zh 孤立的 leader
    size 5
    seed 7
    duration_ms 3000
    delay_ms 0.5, 6
    drift.n1 1.02

    at 900 partition n1 n2 | n3 n4 n5 until 2000
    at 1500 request x=4        # asked of the majority

A line is a parameter, a title or a fault (`k8sedu.sim.grammar` has their forms). A value with a comma is a list, a name with a dot
belongs to a group. A file says what to do and not what comes out of it, so it survives a change of the model; what came out is a `Trace`.

Left out: loops and variables. A family of experiments is a loop in Python over `Scenario`s.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from k8sedu.errors import K8sEduError
from k8sedu.language import Words
from k8sedu.sim.faults import Fault
from k8sedu.sim.grammar import FaultError, quote, unquote
from k8sedu.trace import Frozen, freeze

_LINE = re.compile(r'((?:"(?:[^"\\]|\\.)*"|[^"#]|(?<=\S)#)*)(?:#.*)?', re.DOTALL)
_PIECE = re.compile(r'(?:"(?:[^"\\]|\\.)*"|[^",])+')
_KEY = re.compile(r"[^\W\d]\w*(\.[^\W\d][\w-]*)?")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?")
_PLAIN_TITLE = re.compile(r'[^\s"#]([^"#\x00-\x1f]*[^\s"#])?')
_LITERALS = {"true": True, "false": False, "none": None}
_TAKEN = ("at", "system", "title")


class ScenarioError(K8sEduError, ValueError):
    """A scenario that cannot be read or written; the sentence names the file and the line."""


class Scenario(NamedTuple):
    r"""One experiment: which system, with which parameters, and what happens to it.

    >>> scenario = parse("system raft\nsize 3\nat 900 crash n1\n", where="demo.scenario")
    >>> scenario.parameters, scenario.faults[0].kind
    (Frozen(size=3), 'crash')
    >>> print(scenario.format())
    system raft
    size 3
    <BLANKLINE>
    at 900 crash n1
    <BLANKLINE>
    """

    system: str
    parameters: Frozen
    faults: tuple[Fault, ...] = ()
    name: str = "scenario"
    title: Words = Words("", "")

    def format(self) -> str:
        """The text of this scenario; `parse` gives an equal one back.

        Raises:
            ScenarioError: a parameter has a value that a line cannot hold.
        """
        titles = (f"title.{code} {_title(self.title.in_(code))}" for code in ("en", "zh") if any(self.title))
        parameters = (f"{key} {_value_text(key, value)}" for key, value in _flat(self.parameters))
        faults = (fault.format() for fault in self.faults)
        return "\n".join([f"system {self.system}", *titles, *parameters, "", *faults, ""])


def read(path: str | os.PathLike[str]) -> Scenario:
    """The scenario in a file, called like the file.

    Raises:
        ScenarioError: a line is wrong; the sentence names the file, the line and what was expected.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path.name} is not a text in UTF-8, expected a scenario") from None
    return parse(text, where=path.name)


def parse(text: str, *, where: str = "scenario") -> Scenario:
    r"""The scenario in a text; `where` is the file's name for errors, and without its ending the scenario's name.

    >>> parse("system raft\nat 900 crash\n", where="split.scenario")
    Traceback (most recent call last):
    k8sedu.sim.scenario.ScenarioError: split.scenario, line 2: 'at 900 crash': 'NAME' is missing, expected 'at MS crash NAME'

    Raises:
        ScenarioError: a line is wrong; the sentence names the file, the line and what was expected.
    """
    said: dict[str, Any] = {}
    faults: list[Fault] = []
    for number, line in enumerate(map(_without_comment, text.split("\n")), 1):
        try:
            if line.split(maxsplit=1)[:1] == ["at"]:
                faults.append(Fault.parse(line))
            elif line:
                _put(said, line)
        except (FaultError, ScenarioError) as error:
            raise ScenarioError(f"{where}, line {number}: {error}") from None
    return _assembled(said, tuple(faults), where)


def _put(said: dict[str, Any], line: str) -> None:
    """Note what one line says; a dotted name goes into the group before the dot."""
    key, *rest = line.split(maxsplit=1)
    value = "".join(rest)
    if not _KEY.fullmatch(key) or not value:
        raise ScenarioError(f"{line!r} is neither a parameter nor a fault, expected 'NAME VALUE' or 'at MS KIND …'")
    group, _, member = key.partition(".")
    place = said.setdefault(group, {}) if member else said
    if not isinstance(place, dict) or (member or group) in place:
        raise ScenarioError(f"{key!r} is said twice, expected one value")
    place[member or group] = _title_value(value) if group == "title" else _value(value)


def _assembled(said: dict[str, Any], faults: tuple[Fault, ...], where: str) -> Scenario:
    name = where.rsplit(".", 1)[0]
    system, title = said.pop("system", None), said.pop("title", {})
    if not isinstance(system, str):
        raise ScenarioError(f"{where}: no line says which system this is for, expected one like 'system raft'")
    if not isinstance(title, dict) or not title.keys() <= {"en", "zh"}:
        raise ScenarioError(f"{where}: the title is {title!r}, expected 'title.en TEXT' and 'title.zh TEXT'")
    first = next(iter(title.values()), "")
    words = Words(title.get("en", first), title.get("zh", first))
    return Scenario(system, freeze(said), faults, name=name, title=words)


def _without_comment(line: str) -> str:
    match = _LINE.fullmatch(line)
    return (line if match is None else match[1]).strip()


def _title(text: str) -> str:
    return text if _PLAIN_TITLE.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def _title_value(text: str) -> str:
    return unquote(text) if text.startswith('"') else text


def _flat(parameters: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for key, value in parameters.items():
        if key in _TAKEN:
            raise ScenarioError(f"a parameter is called {key!r}, expected a name other than {', '.join(_TAKEN)}")
        if isinstance(value, dict) and value:
            yield from ((f"{key}.{member}", inner) for member, inner in value.items())
        else:
            yield key, value


def _value_text(key: str, value: Any) -> str:
    if not _KEY.fullmatch(key) or isinstance(value, dict):
        raise ScenarioError(f"the parameter is {key!r} with {value!r}, expected a name, at most one dot, and a plain value or a list")
    if isinstance(value, tuple | list):
        items = ", ".join(_item_text(key, item) for item in value)
        return items if len(value) > 1 else f"{items},"
    return _item_text(key, value)


def _item_text(key: str, item: Any) -> str:
    if isinstance(item, str):
        return json.dumps(item, ensure_ascii=False) if item in _LITERALS or _NUMBER.fullmatch(item) else quote(item)
    if item is None or isinstance(item, bool):
        return str(item).lower()
    if isinstance(item, int) or (isinstance(item, float) and math.isfinite(item)):
        return repr(item)
    raise ScenarioError(f"the parameter {key!r} holds {item!r}, expected a number, a text, true, false, none, or a list of those")


def _value(text: str) -> Any:
    """One value, or a tuple when there is a comma."""
    comma = "," if text.endswith(",") else ""
    pieces = _PIECE.findall(text)
    if ",".join(pieces) + comma != text or not all(map(str.strip, pieces)):
        raise ScenarioError(f"the value is {text!r}, expected texts or numbers with single commas between them, quotes closed")
    values = tuple(_item(piece.strip()) for piece in pieces)
    return values if comma or len(values) > 1 else values[0]


def _item(word: str) -> Any:
    if word in _LITERALS:
        return _LITERALS[word]
    if _NUMBER.fullmatch(word):
        return float(word) if "." in word or "e" in word else int(word)
    return unquote(word)

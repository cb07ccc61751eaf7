"""YAML as Kubernetes reads it: which word is a text, a number or a truth, and on which line it stood.

`port: 22:22` is a text here and a number of seconds in YAML 1.1; `on` is true, `0644` is 420, `1e3` is a thousand, and a date is just a
text. So PyYAML is asked for the structure only (which it knows better than anybody should have to), and the meaning of plain words is
decided here, by the rules of the parser that kubectl uses.

Source: sigs.k8s.io/yaml (goyaml.v2, resolve.go); YAML 1.1.
Left out: binary values and tags of one's own; they are told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from k8sedu.errors import K8sEduError

if TYPE_CHECKING:
    from yaml import Node

WORDS: dict[str, Any] = dict.fromkeys(("", "~", "null", "Null", "NULL"))
WORDS |= {form: value for word, value in (("true", True), ("yes", True), ("on", True), ("false", False), ("no", False), ("off", False))
          for form in (word, word.capitalize(), word.upper())}  # fmt: skip
WORDS |= {"y": True, "Y": True, "n": False, "N": False}
PLAIN = "plain"
NUMBERS = {f"tag:yaml.org,2002:{name}" for name in ("int", "float", "bool", "null")}
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
WHOLE = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o[0-7]+|0[0-7_]*|[1-9][0-9_]*)")
SPECIAL = {".inf": float("inf"), "+.inf": float("inf"), "-.inf": float("-inf"), ".nan": float("nan")}


class YamlError(K8sEduError, ValueError):
    """A text that is no YAML, with the line where that shows."""

    def __init__(self, line: int, problem: str) -> None:
        self.line, self.problem = line, problem
        super().__init__(f"line {line}: {problem}")

    def __reduce__(self) -> tuple[type[YamlError], tuple[int, str]]:
        return YamlError, (self.line, self.problem)


class Document(NamedTuple):
    """One document of a file: its value, and its structure, from which the line of each part can be told."""

    value: Any
    node: Node


def documents(text: str) -> Iterator[Document]:
    r"""The documents of a text, empty ones left out.

    >>> [found.value for found in documents("a: 1e3\n---\n---\n- 0644\n- 22:22\n- 2026-01-01\n- 'yes'\n- no\n")]
    [{'a': 1000.0}, [420, '22:22', '2026-01-01', 'yes', False]]

    Raises:
        YamlError: no YAML.
    """
    import yaml

    try:
        for node in yaml.compose_all(text, Loader=_loader()):
            value = _Builder(10 * len(text) + 100).build(node)
            if value is not None:
                yield Document(value, node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise YamlError(mark.line + 1 if mark else 1, f"no YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, max(error.position, 0)) + 1
        raise YamlError(line, f"no YAML: the character {error.character!r} may not be there") from None


@cache
def _loader() -> Any:
    """A loader of structure that notes which words stood there without quotes and without a tag."""
    import yaml

    base: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)

    class Loader(base):  # type: ignore[misc]  # which of the two it is, is known when it runs
        """Plain words get a tag of their own."""

        def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
            """Tag a word that has no tag."""
            return PLAIN if kind is yaml.ScalarNode and implicit[0] else super().resolve(kind, value, implicit)

    return Loader


def line_of(node: Node, path: str) -> int:
    r"""The line where the part at a path stands, or as much of the path as there is.

    >>> document = next(documents("spec:\n  containers:\n  - name: c\n    image: 3\n"))
    >>> line_of(document.node, "spec.containers[0].image"), line_of(document.node, "spec.containers[0].command")
    (4, 3)
    """
    while path:
        found = _step(node, path)
        if found is None:
            break
        node, path = found
    return int(node.start_mark.line) + 1


def _step(node: Node, path: str) -> tuple[Node, str] | None:
    place = re.match(r"\[(\d+)\]\.?", path)
    if node.id == "sequence":
        return (node.value[int(place[1])], path[place.end() :]) if place and int(place[1]) < len(node.value) else None
    if node.id != "mapping":
        return None
    names = [(key.value, value) for key, value in node.value if path == key.value or path.startswith((f"{key.value}.", f"{key.value}["))]
    if not names:
        return None
    name, found = max(names, key=lambda pair: len(pair[0]))
    return found, path[len(name) :].removeprefix(".")


class _Builder:
    """Values from the structure of one document."""

    def __init__(self, most: int) -> None:
        self.left = most  # without anchors a text has at most as many parts as letters; with them, a few lines could mean millions
        self.open: list[Node] = []

    def build(self, node: Node) -> Any:
        self.left -= 1
        if self.left < 0 or any(each is node for each in self.open):
            raise YamlError(node.start_mark.line + 1, "an anchor that contains itself or multiplies without end, expected a finite text")
        if isinstance(node.value, str):
            return scalar(node)
        self.open.append(node)
        value = self._mapping(node) if node.id == "mapping" else [self.build(each) for each in node.value]
        self.open.pop()
        return value

    def _mapping(self, node: Node) -> dict[str, Any]:
        made: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key, value in node.value:
            if key.value == "<<" and key.tag == PLAIN:
                merged |= self._merged(value)
                continue
            name = _key(key)
            if name in made:
                raise YamlError(key.start_mark.line + 1, f'the key "{name}" stands twice in one mapping, expected once')
            made[name] = self.build(value)
        return merged | made

    def _merged(self, node: Node) -> dict[str, Any]:
        built = self.build(node)
        parts = built if isinstance(built, list) else [built]
        if not all(isinstance(part, dict) for part in parts):
            raise YamlError(node.start_mark.line + 1, "<< is followed by something else than mappings, expected an anchored mapping")
        return {name: value for part in reversed(parts) for name, value in part.items()}


def scalar(node: Node) -> Any:
    """What one word means: quoted or tagged, a text; plain, whatever it looks like."""
    if node.tag == "tag:yaml.org,2002:binary":
        raise YamlError(node.start_mark.line + 1, "a binary value, expected a text in Base64")
    return plain_word(node.value) if node.tag == PLAIN or node.tag in NUMBERS else node.value


def plain_word(word: str) -> Any:
    """The meaning of a word without quotes.

    >>> [plain_word(word) for word in ("80", "0644", "0x1F", "1e3", "1.5", "on", "~", "08", "1:30", "-", "1_000", "v1")]
    [80, 420, 31, 1000.0, 1.5, True, None, 8.0, '1:30', '-', 1000, 'v1']
    """
    if word in WORDS:
        return WORDS[word]
    if WHOLE.fullmatch(word):
        digits = word.replace("_", "")
        bare = digits.lstrip("+-")
        octal = bare.startswith("0") and bare[1:].isdigit()
        number = int(bare, 8) if octal else int(bare, 0)
        return -number if digits.startswith("-") else number
    if FLOAT.fullmatch(word):
        return float(word)
    return SPECIAL.get(word.lower(), word)


def _key(node: Node) -> str:
    if not isinstance(node.value, str):
        raise YamlError(node.start_mark.line + 1, "a key that is a list or mapping, expected a text")
    found = scalar(node)
    if isinstance(found, bool):
        return "true" if found else "false"
    return node.value if found is None or isinstance(found, str) else str(found)


# -- writing ------------------------------------------------------------------------------------------------------------------------------


def to_text(value: Any) -> str:
    r"""Plain data as kubectl prints it: keys in order, lists not indented, quotes around each text that would be read as something else.

    >>> print(to_text({"b": ["1e3", "on", "v1"], "a": "2026-01-01T00:00:00Z", "c": "two\nlines\n"}), end="")
    a: "2026-01-01T00:00:00Z"
    b:
    - "1e3"
    - "on"
    - v1
    c: |
      two
      lines
    """
    import yaml

    text: str = yaml.dump(value, Dumper=_dumper(), sort_keys=True, allow_unicode=True, width=10_000)
    return text


@cache
def _dumper() -> Any:
    import yaml

    base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)

    class Dumper(base):  # type: ignore[misc]  # which of the two it is, is known when it runs
        """Quotes what kubectl quotes."""

        def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 (the parser's name and form)
            """Write everything out: kubectl uses no anchors."""
            return True

    def text(dumper: Any, found: str) -> Any:
        resolved = dumper.resolve(yaml.ScalarNode, found, (True, False)) if found else None
        meant_else = resolved != "tag:yaml.org,2002:str" or not isinstance(plain_word(found), str)
        style = "|" if "\n" in found.strip("\n") or (found.endswith("\n") and found.strip()) else '"' if meant_else else None
        return dumper.represent_scalar("tag:yaml.org,2002:str", found, style=style)

    Dumper.add_representer(str, text)
    return Dumper
